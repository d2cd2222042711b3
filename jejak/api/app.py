"""The Litestar application."""

from litestar import Litestar
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler

from jejak.api import oidc, trusted, unsubscribe, websocket
from jejak.api.calendar_feed import calendar
from jejak.api.compression import compressed
from jejak.api.cookie import Cookies
from jejak.api.endpoint import Endpoint
from jejak.api.errors import failed, refused, refused_by_rule
from jejak.api.guard import Guard
from jejak.api.health import live, ready
from jejak.api.load import Load
from jejak.api.metrics import Metrics
from jejak.api.origin import Origins
from jejak.api.provider import Provider
from jejak.api.queue import Queue
from jejak.api.rate import Rate
from jejak.api.rating import RatingPages
from jejak.api.report import Reports
from jejak.domain.errors import Refused
from jejak.domain.tail import Tail
from jejak.graphql.schema import build_schema
from jejak.settings import Settings


def create_app(settings: Settings, rate: Rate | None = None, queue: Queue | None = None) -> Litestar:
    """The database must be connected, and `api.wake.waking` open, for as long as the app serves.

    Without `rate` requests are counted by this app alone; without `queue` it knows of no Valkey. Refuses, by SettingsError, a file of trusted documents
    that cannot be used.
    """
    limits = settings.limits
    schema = build_schema(limits, introspection=settings.introspection)
    file = settings.trusted_documents
    documents = None if file is None else trusted.load(file, schema, limits)
    metrics = Metrics()
    guard = Guard(settings, Origins.of(settings), rate or Rate(limits), metrics)
    tail = Tail()
    load = Load(limits)
    endpoint = Endpoint(schema, limits, guard, load, documents, tail, queue or Queue())
    return Litestar(
        route_handlers=[
            *endpoint.routes(),
            websocket.route(endpoint),
            Reports(limits, load).route(),
            *_at_provider(settings),
            *_open(),
            *RatingPages(limits, load).routes(),
            metrics.route(),
        ],
        state=State({"cookies": Cookies.of(settings), "tail": tail}),
        lifespan=[lambda _: tail.running()],
        middleware=[metrics.measured, guard.checked, compressed],
        before_send=[guard.finish, metrics.answered],
        exception_handlers={Refused: refused_by_rule, HTTPException: refused, Exception: failed},
        openapi_config=None,
        logging_config=None,
    )


def _open() -> list[HTTPRouteHandler]:
    """What is asked without signing in."""
    return [calendar, unsubscribe.ask, unsubscribe.end, live, ready]


def _at_provider(settings: Settings) -> list[HTTPRouteHandler]:
    """How people sign in at an identity provider, where there is one."""
    if settings.identity_provider is None:
        return []
    return oidc.routes(Provider(settings.identity_provider, f"{settings.public_url}{oidc.CALLBACK}"))
