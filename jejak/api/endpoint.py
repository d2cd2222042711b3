"""GraphQL over HTTP, by the edition of September 2026: POST for everything, GET for queries, one operation a request.

Where that edition would answer 422, as for a document that is not valid, the answer is 400: so said every draft
before it, and so expects the conformance suite `graphql-http`.
"""

from dataclasses import dataclass, field
from typing import Any

import orjson
from litestar import HttpMethod, Response, post, route
from litestar.exceptions import NotAuthorizedException
from litestar.handlers import HTTPRouteHandler
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from jejak.api import stream
from jejak.api.answers import answer_of
from jejak.api.asked import Asked, execution_of, read
from jejak.api.auth import HttpRequest, RequestContext, context_of, who, who_of_late
from jejak.api.callers import Callers
from jejak.api.errors import GRAPHQL_RESPONSE, JSON, answer, answer_type, bad, told
from jejak.api.guard import GRAPHQL, Guard, by_address, caller, came_by_cookie
from jejak.api.load import Gone, Load, in_time, while_there
from jejak.api.metrics import counted
from jejak.api.queue import Queue
from jejak.api.trusted import Trusted, look_up
from jejak.domain.errors import Code, Refused
from jejak.domain.tail import Tail
from jejak.graphql.reading.plan import Lapsed
from jejak.graphql.schema import Schema
from jejak.settings import Limits

# Executed, with errors beside the data; only in GraphQL's own media type.
PARTIAL_SUCCESS = 294
# To nobody.
GONE = 499
ALLOWED = "GET, HEAD, OPTIONS, POST"
_QUERIES = frozenset({OperationType.QUERY})
_ALL = frozenset({OperationType.QUERY, OperationType.MUTATION})
_STREAMS = frozenset({OperationType.SUBSCRIPTION})


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What the handlers of `/graphql` share."""

    schema: Schema
    limits: Limits
    guard: Guard
    load: Load
    trusted: Trusted | None
    tail: Tail
    queue: Queue
    callers: Callers = field(default_factory=Callers)

    def routes(self) -> list[HTTPRouteHandler]:
        # Before the others: where it finds none, Litestar adds one to each of them that knows no other's methods.
        @route(GRAPHQL, http_method=HttpMethod.OPTIONS, status_code=204)
        async def graphql_options() -> Response[None]:
            return Response(None, headers={"Allow": ALLOWED})

        @post(GRAPHQL, status_code=200, request_max_body_size=self.limits.bytes)
        async def graphql_post(request: HttpRequest) -> Response[Any]:
            _must_be_acceptable(request)
            kind, parameters = request.content_type
            if kind != JSON or parameters.get("charset", "utf-8").lower() not in {"utf-8", "utf8"}:
                raise bad(f"the body must be {JSON} in UTF-8", 415)
            async with in_time(self.limits.seconds, 408):
                body = await request.body()
            given = read(_parsed(body, "the body"), self.limits)
            if stream.wanted(request.headers):
                return await self._follow(request, given, _ALL | _STREAMS)
            return await self._execute(request, given, _ALL)

        @route(GRAPHQL, http_method=[HttpMethod.GET, HttpMethod.HEAD], status_code=200)
        async def graphql_get(request: HttpRequest) -> Response[Any]:
            _must_be_acceptable(request)
            # An empty parameter is none.
            given: dict[str, Any] = {name: value for name, value in request.query_params.items() if value}
            for name in ("variables", "extensions"):
                if name in given:
                    given[name] = _parsed(given[name], f"`{name}`")
            if stream.wanted(request.headers):
                if request.method == HttpMethod.HEAD:
                    # It would be waited for without end.
                    raise bad("a stream has no head alone; ask by GET or POST", 405, {"Allow": "GET, POST"})
                return await self._follow(request, read(given, self.limits), _QUERIES | _STREAMS)
            return await self._execute(request, read(given, self.limits), _QUERIES)

        return [graphql_options, graphql_post, graphql_get]

    async def _execute(
        self, request: HttpRequest, given: Asked, allowed: frozenset[OperationType]
    ) -> Response[bytes]:
        try:
            asked = look_up(given, self.trusted)
        except Refused as refused:
            return _of_request(request, {"errors": [told(request, refused.problems[0])]})
        async with self.load.place(caller(request.scope)), in_time(self.limits.seconds, 504):
            work = self._executed(request, asked, allowed)
            try:
                # A change is made whoever waits for it; what only reads is for nobody when the client has gone.
                changes = "mutation" in asked.query
                context, result = await (work if changes else while_there(request.receive, work))
            except Gone:
                return Response(b"", status_code=GONE)
            except InvalidOperationTypeError as error:
                raise _not_here(error) from None
            except CannotGetOperationTypeError:
                raise bad("`operationName` names no operation of the document") from None
        counted(context.execution)
        answered = _answered(request, result)
        if context.set_cookie is not None:
            answered.set_cookie(context.set_cookie)
        return answered

    async def _executed(
        self, request: HttpRequest, asked: Asked, allowed: frozenset[OperationType]
    ) -> tuple[RequestContext, ExecutionResult]:
        # A change is for who is looked up now.
        came = who_of_late(request, self.callers) if self.schema.reads(asked.query) else None
        if came is not None:
            context = self._with(context_of(request, came), asked)
            known = await self._known(asked, context)
            if known is not None:
                return context, known
        context = await self._context(request, asked)
        known = await self._known(asked, context)
        return context, known or await self.schema.execute(
            asked.query,
            variable_values=asked.variables,
            operation_name=asked.operation_name,
            context_value=context,
            allowed_operation_types=allowed,
        )

    async def _known(self, asked: Asked, context: RequestContext) -> ExecutionResult | None:
        try:
            return await self.schema.execute_known(
                asked.query, asked.variables, asked.operation_name, context
            )
        except Lapsed:
            return None

    async def _follow(
        self, request: HttpRequest, given: Asked, allowed: frozenset[OperationType]
    ) -> Response[Any]:
        asked = look_up(given, self.trusted)
        async with self.load.place(caller(request.scope)), in_time(self.limits.seconds, 504):
            context = await self._context(request, asked)
            context.tail = self.tail
            # Its head goes before what it answers.
            context.cookies = None
            # Browsers send it by themselves when they come back; it acts as the argument `since`.
            context.event_id = request.headers.get("last-event-id") or None
            return await stream.respond(self.schema, context, asked, allowed)

    async def _context(self, request: HttpRequest, asked: Asked) -> RequestContext:
        try:
            came = await who(request, request.headers.get("authorization"))
        except NotAuthorizedException:
            # Else every made-up token would have a bucket of its own.
            await self.guard.count(request.scope, by_address(request.scope))
            raise
        if came.viewer is None and came_by_cookie(request.scope):
            # The same of what was sent for a cookie.
            await self.guard.count(request.scope, by_address(request.scope))
        if came.viewer is not None:
            self.callers.keep(came.viewer, browser=came.cookie is not None)
        return self._with(context_of(request, came), asked)

    def _with(self, context: RequestContext, asked: Asked) -> RequestContext:
        context.queue = self.queue
        context.execution = execution_of(asked)
        return context


def _not_here(error: InvalidOperationTypeError) -> Exception:
    if error.operation_type is OperationType.SUBSCRIPTION:
        return bad("subscriptions are answered as text/event-stream, or over WebSocket", 406)
    return bad("GET takes queries only; send mutations by POST", 405, {"Allow": "POST"})


def _must_be_acceptable(request: HttpRequest) -> None:
    if not stream.wanted(request.headers) and answer_type(request.headers.get("accept", "*/*")) is None:
        raise bad(f"answers come as {GRAPHQL_RESPONSE} or {JSON}", 406)


def _parsed(text: bytes | str, what: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise bad(f"{what} is not valid JSON") from None


def _answered(request: HttpRequest, result: ExecutionResult) -> Response[bytes]:
    given = answer_of(result)
    if given.refused:
        return _of_request(request, given.body)
    status = PARTIAL_SUCCESS if given.codes and _takes_statuses(request) else 200
    return answer(request, given.body, status)


def _of_request(request: HttpRequest, body: dict[str, Any]) -> Response[bytes]:
    """Clients of plain JSON take any other status for that of something between us and them."""
    bug = any(error["extensions"]["code"] == Code.INTERNAL for error in body["errors"])
    return answer(request, body, 500 if bug else 400 if _takes_statuses(request) else 200)


def _takes_statuses(request: HttpRequest) -> bool:
    return answer_type(request.headers.get("accept", "*/*")) == GRAPHQL_RESPONSE
