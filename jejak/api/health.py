"""Whether the process lives, and whether it can serve."""

import logging

from litestar import HttpMethod, Response, route

from jejak.domain import db
from jejak.domain.migrations.run import missing

_log = logging.getLogger(__name__)
_READ = [HttpMethod.GET, HttpMethod.HEAD]


@route("/health/live", http_method=_READ, status_code=200)
async def live() -> dict[str, str]:
    return {"status": "ok"}


@route("/health/ready", http_method=_READ, status_code=200)
async def ready() -> Response[dict[str, str]]:
    """503 while the database is out of reach or behind this version."""
    try:
        behind = await missing()
        prepared = not behind and await db.fetchval("select exists (select from reference_load)")
    except Exception:  # noqa: BLE001 -- whatever it is, the answer is 503
        _log.exception("the database is out of reach")
        return Response({"status": "database out of reach"}, status_code=503)
    if not prepared:
        return Response({"status": "run jejak migrate"}, status_code=503)
    return Response({"status": "ok"})
