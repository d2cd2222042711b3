"""GraphQL over HTTP: POST for everything, GET for queries; one operation a request."""

from dataclasses import dataclass
from typing import Any

import orjson
import strawberry
from litestar import Response, get, post
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.graphql import OperationType

from jejak.api.auth import HttpRequest, by_quality, context_of

GRAPHQL_RESPONSE = "application/graphql-response+json"
JSON = "application/json"
# Reading a document holds the event loop: 10 MB of it would take seconds. Its values belong into `variables`.
MOST_DOCUMENT = 100_000
MOST_BYTES = 16 * 2**20  # room for a field of 10 MB, which then is refused by its name


@dataclass(frozen=True, slots=True)
class Asked:
    """A GraphQL request as it came in."""

    query: str
    variables: dict[str, Any] | None
    operation_name: str | None


def _bad(detail: str, status: int = 400, headers: dict[str, str] | None = None) -> HTTPException:
    return HTTPException(detail=detail, status_code=status, headers=headers)


def _asked(given: Any) -> Asked:
    if not isinstance(given, dict):
        raise _bad("the body must be one JSON object with `query`; batches are not taken")
    query, variables, name = (given.get(key) for key in ("query", "variables", "operationName"))
    if not isinstance(query, str) or not query.strip():
        raise _bad("`query` must be the text of a GraphQL document")
    if len(query) > MOST_DOCUMENT:
        raise _bad("`query` is too long", 413)
    if variables is not None and not isinstance(variables, dict):
        raise _bad("`variables` must be a JSON object")
    if name is not None and not isinstance(name, str):
        raise _bad("`operationName` must be a text")
    return Asked(query, variables, name)


def _parsed(text: bytes | str, what: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise _bad(f"{what} is not valid JSON") from None


def routes(schema: strawberry.Schema) -> list[HTTPRouteHandler]:
    """The two handlers of `/graphql`."""

    @post("/graphql", status_code=200, request_max_body_size=MOST_BYTES)
    async def graphql_post(request: HttpRequest) -> Response[bytes]:
        kind, parameters = request.content_type
        if kind != JSON or parameters.get("charset", "utf-8").lower() not in {"utf-8", "utf8"}:
            raise _bad(f"the body must be {JSON} in UTF-8", 415)
        return await _execute(
            schema, request, _asked(_parsed(await request.body(), "the body")), frozenset(OperationType)
        )

    @get("/graphql")
    async def graphql_get(request: HttpRequest) -> Response[bytes]:
        given: dict[str, Any] = dict(request.query_params)
        if given.get("variables"):
            given["variables"] = _parsed(given["variables"], "`variables`")
        return await _execute(schema, request, _asked(given), frozenset({OperationType.QUERY}))

    return [graphql_post, graphql_get]


async def _execute(
    schema: strawberry.Schema, request: HttpRequest, asked: Asked, allowed: frozenset[OperationType]
) -> Response[bytes]:
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
    except InvalidOperationTypeError:
        raise _bad("GET takes queries only; send mutations by POST", 405, {"Allow": "POST"}) from None
    except CannotGetOperationTypeError:
        raise _bad("`operationName` names no operation of the document") from None
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
    answer = Response(orjson.dumps(body), status_code=status, media_type=f"{answer_type}; charset=utf-8")
    if context.set_cookie is not None:
        answer.set_cookie(context.set_cookie)
    return answer


def _answer_type(accept: str) -> str:
    """What the client prefers of our two; JSON for those who take anything."""
    for wanted in by_quality(accept):
        if wanted == GRAPHQL_RESPONSE:
            return GRAPHQL_RESPONSE
        if wanted in {JSON, "*/*", "application/*"}:
            return JSON
    raise _bad(f"answers come as {GRAPHQL_RESPONSE} or {JSON}", 406)
