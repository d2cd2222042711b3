"""The Litestar application."""

from litestar import Litestar
from litestar.config.compression import CompressionConfig
from litestar.exceptions import HTTPException

from jejak.api import trusted
from jejak.api.endpoint import Endpoint
from jejak.api.errors import failed, refused
from jejak.api.guard import Guard
from jejak.api.health import live, ready
from jejak.api.load import Load
from jejak.api.origin import Origins
from jejak.api.rate import Rate
from jejak.graphql.schema import build_schema
from jejak.settings import Settings


def create_app(settings: Settings, rate: Rate | None = None) -> Litestar:
    """The database must be connected, and `api.wake.waking` open, for as long as the app serves.

    Without `rate` requests are counted by this app alone. Refuses, by SettingsError, a file of trusted documents
    that cannot be used.
    """
    limits = settings.limits
    schema = build_schema(limits, introspection=settings.introspection)
    file = settings.trusted_documents
    documents = None if file is None else trusted.load(file, schema, limits)
    guard = Guard(settings, Origins.of(settings), rate or Rate(limits))
    endpoint = Endpoint(schema, limits, guard, Load(limits), documents)
    return Litestar(
        route_handlers=[*endpoint.routes(), live, ready],
        middleware=[guard.checked],
        before_send=[guard.finish],
        exception_handlers={HTTPException: refused, Exception: failed},
        compression_config=CompressionConfig(backend="gzip", minimum_size=1_000),
        openapi_config=None,
        logging_config=None,
    )
