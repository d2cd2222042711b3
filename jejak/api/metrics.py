"""What one process tells of itself at `/health/metrics`, in the text format of Prometheus."""

import time
from contextvars import ContextVar

from litestar import HttpMethod, Response, route
from litestar.enums import ScopeType
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

from jejak.api.health import OPEN
from jejak.domain import db
from jejak.graphql.context import Execution

_SECONDS = (0.005, 0.02, 0.1, 0.5, 2, 10)
_BEGAN = "began"
_here: ContextVar["Metrics | None"] = ContextVar("metrics", default=None)


def counted(execution: Execution) -> None:
    """Counts an operation of the request that is being answered: by which executor, and why so.

    Both are labels: each of few values, which are never a client's. `NOT_RUN`: the document was refused.
    """
    metrics = _here.get()
    if metrics is not None:
        ran = ("compiled", "") if execution.compiled else ("ordinary", execution.why or "NOT_RUN")
        metrics.operations.labels(*ran).inc()


class Metrics:
    """Of one application. `measured` is the middleware, `answered` the hook before an answer leaves."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._in_flight = 0
        self._seconds = Histogram(
            "jejak_request_seconds",
            "Requests by the class of their status, and the seconds until their answer begins",
            ["status"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._by_class = {n: self._seconds.labels(f"{n}xx") for n in range(2, 6)}
        self.rate_limited = Counter(
            "jejak_rate_limited", "Requests refused to callers who asked too often", registry=self.registry
        )
        self.operations = Counter(
            "jejak_operations",
            "GraphQL operations by how they were carried out, and why so",
            ["executor", "why"],
            registry=self.registry,
        )
        in_flight = Gauge(
            "jejak_requests_in_flight", "Requests under way, streams included", registry=self.registry
        )
        in_flight.set_function(lambda: self._in_flight)
        connections = Gauge(
            "jejak_database_connections",
            "Connections of the pool; most is how many there may be",
            ["state"],
            registry=self.registry,
        )
        connections.labels("in_use").set_function(lambda: db.connections().in_use)
        connections.labels("idle").set_function(lambda: db.connections().idle)
        connections.labels("most").set_function(lambda: db.connections().most)

    def measured(self, app: ASGIApp) -> ASGIApp:
        async def measuring(scope: Scope, receive: Receive, send: Send) -> None:
            token = _here.set(self)
            flies = scope["type"] == ScopeType.HTTP and not scope["path"].startswith(OPEN)
            self._in_flight += flies
            scope["state"][_BEGAN] = time.perf_counter()
            try:
                await app(scope, receive, send)
            finally:
                self._in_flight -= flies
                _here.reset(token)

        return measuring

    async def answered(self, message: Message, scope: Scope) -> None:
        if message["type"] == "http.response.start" and not scope["path"].startswith(OPEN):
            now = time.perf_counter()
            # Where no route was found it did not pass the middleware, and took no time.
            self._by_class[message["status"] // 100].observe(now - scope["state"].get(_BEGAN, now))

    def route(self) -> HTTPRouteHandler:
        @route("/health/metrics", http_method=[HttpMethod.GET, HttpMethod.HEAD], status_code=200)
        async def metrics() -> Response[bytes]:
            return Response(generate_latest(self.registry), media_type=CONTENT_TYPE_LATEST)

        return metrics
