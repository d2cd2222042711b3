"""GraphQL over HTTP: POST for everything, GET for queries; one operation a request."""

from typing import Any

import orjson
import strawberry
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.graphql import OperationType

from jejak.api import stream
from jejak.api.asked import Asked, bad, read
from jejak.api.auth import HttpRequest, by_quality, context_of
from jejak.domain.tail import Tail

GRAPHQL_RESPONSE = "application/graphql-response+json"
JSON = "application/json"
MOST_BYTES = 16 * 2**20  # room for a field of 10 MB, which then is refused by its name


def _parsed(text: bytes | str, what: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise bad(f"{what} is not valid JSON") from None


_ALL = frozenset(OperationType)


def routes(schema: strawberry.Schema, tail: Tail) -> list[HTTPRouteHandler]:
    """The two handlers of `/graphql`."""

    @post("/graphql", status_code=200, request_max_body_size=MOST_BYTES)
    async def graphql_post(request: HttpRequest) -> Response[Any]:
        kind, parameters = request.content_type
        if kind != JSON or parameters.get("charset", "utf-8").lower() not in {"utf-8", "utf8"}:
            raise bad(f"the body must be {JSON} in UTF-8", 415)
        asked = read(_parsed(await request.body(), "the body"))
        if stream.wanted(request.headers):
            return await stream.respond(schema, request, asked, _ALL, tail)
        return await _execute(schema, request, asked, _ALL - {OperationType.SUBSCRIPTION})

    @get("/graphql")
    async def graphql_get(request: HttpRequest) -> Response[Any]:
        given: dict[str, Any] = dict(request.query_params)
        if given.get("variables"):
            given["variables"] = _parsed(given["variables"], "`variables`")
        if stream.wanted(request.headers):
            return await stream.respond(schema, request, read(given), _ALL - {OperationType.MUTATION}, tail)
        return await _execute(schema, request, read(given), frozenset({OperationType.QUERY}))

    return [graphql_post, graphql_get]


async def _execute(
    schema: strawberry.Schema, request: HttpRequest, asked: Asked, allowed: frozenset[OperationType]
) -> Response[Any]:
    answer_type = _answer_type(request.headers.get("accept", "*/*"))
    context = await context_of(request)
    try:
        result = await schema.execute(
            asked.query,
            variable_values=asked.variables,
            operation_name=asked.operation_name,
            context_value=context,
            allowed_operation_types=allowed,
        )
    except InvalidOperationTypeError as error:
        if error.operation_type is OperationType.SUBSCRIPTION:
            raise bad("subscriptions are answered as text/event-stream, or over WebSocket", 406) from None
        raise bad("GET takes queries only; send mutations by POST", 405, {"Allow": "POST"}) from None
    except CannotGetOperationTypeError:
        raise bad("`operationName` names no operation of the document") from None
    body: dict[str, Any] = {}
    if result.errors:
        body["errors"] = [error.formatted for error in result.errors]
    # A request error has no `data`; an execution error has, be it null.
    executed = not result.errors or any(error.path for error in result.errors)
    if executed:
        body["data"] = result.data
    if result.extensions:
        body["extensions"] = result.extensions
    status = 200 if executed or answer_type == JSON else 400
    return Response(orjson.dumps(body), status_code=status, media_type=f"{answer_type}; charset=utf-8")


def _answer_type(accept: str) -> str:
    """What the client prefers of our two; JSON for those who take anything."""
    for wanted in by_quality(accept):
        if wanted == GRAPHQL_RESPONSE:
            return GRAPHQL_RESPONSE
        if wanted in {JSON, "*/*", "application/*"}:
            return JSON
    raise bad(f"answers come as {GRAPHQL_RESPONSE} or {JSON}", 406)
