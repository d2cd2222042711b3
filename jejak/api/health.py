"""Whether the process lives, and whether it can serve."""

import logging

from litestar import HttpMethod, Response, route

from jejak.domain import db
from jejak.domain.migrations.run import missing

# For whoever runs the service: asked by address, from inside, and often. Neither guarded nor measured.
OPEN = "/health/"
_log = logging.getLogger(__name__)
_READ = [HttpMethod.GET, HttpMethod.HEAD]


@route("/health/live", http_method=_READ, status_code=200)
async def live() -> dict[str, str]:
    return {"status": "ok"}


@route("/health/ready", http_method=_READ, status_code=200)
async def ready() -> Response[dict[str, str]]:
    """503 while the database is out of reach, behind this version, or fails otherwise, which the log tells."""
    try:
        behind = await missing()
        prepared = not behind and await db.fetchval("select exists (select from reference_load)")
    except db.OUT_OF_REACH as error:
        _log.warning("not ready, the database is out of reach: %s", error)
        return Response({"status": "database out of reach"}, status_code=503)
    except Exception:  # noqa: BLE001 -- whatever it is, the answer is 503
        _log.exception("not ready, asking the database failed")
        return Response({"status": "failed, see the log"}, status_code=503)
    if not prepared:
        return Response({"status": "run jejak migrate"}, status_code=503)
    return Response({"status": "ok"})
