"""Whatever is not answered by GraphQL itself: refused before it, or failed around it. Always coded, never a page."""

import logging
from typing import Any

import orjson
from litestar import Response
from litestar.exceptions import HTTPException

from jejak.api.auth import HttpRequest, by_quality, preferred
from jejak.domain import db, texts
from jejak.domain.errors import Code, Problem, Refused

GRAPHQL_RESPONSE = "application/graphql-response+json"
JSON = "application/json"
_log = logging.getLogger(__name__)
RETRY_SECONDS = 2
_STATUS = {
    Code.WRONG_CSRF_TOKEN: 403,
    Code.NO_ACCOUNT: 403,
    Code.NOT_FOUND: 404,
    Code.EMAIL_NOT_VERIFIED: 403,
    Code.SIGN_IN_REFUSED: 403,
    Code.SIGN_IN_UNAVAILABLE: 502,
}
_CODES = {401: Code.UNAUTHENTICATED, 404: Code.NOT_FOUND, 413: Code.TOO_LARGE}


class HttpRefused(HTTPException):
    """A refusal with its status. `detail` is for the programmer whose request is broken, and replaces the words."""

    def __init__(
        self, problem: Problem, status: int, headers: dict[str, str] | None = None, detail: str = ""
    ) -> None:
        super().__init__(detail=detail, status_code=status, headers=headers)
        self.problem = problem


def bad(detail: str, status: int = 400, headers: dict[str, str] | None = None) -> HttpRefused:
    """BAD_REQUEST, saying what is wrong with it."""
    return HttpRefused(Problem(Code.BAD_REQUEST), status, headers, detail)


def answer_type(accept: str) -> str | None:
    """What the client prefers of our two; JSON for who takes anything, None for who takes neither."""
    for wanted in by_quality(accept):
        if wanted == GRAPHQL_RESPONSE:
            return GRAPHQL_RESPONSE
        if wanted in {JSON, "*/*", "application/*"}:
            return JSON
    return None


def told(request: HttpRequest, problem: Problem, **extensions: Any) -> dict[str, Any]:
    """The error as it stands in `errors`, in the language of the browser: who asks is not known here."""
    language = preferred(request.headers.get("accept-language", ""))
    return {
        "message": texts.message(problem, language),
        "extensions": {"code": problem.code.value} | extensions,
    }


def answer(
    request: HttpRequest, body: dict[str, Any], status: int, headers: dict[str, str] | None = None
) -> Response[bytes]:
    """`body` in the type that the client asks for."""
    kind = answer_type(request.headers.get("accept", "*/*")) or JSON
    return Response(
        orjson.dumps(body),
        status_code=status,
        headers={"Vary": "Accept"} | (headers or {}),
        media_type=f"{kind}; charset=utf-8",
    )


def refused(request: HttpRequest, error: HTTPException) -> Response[bytes]:
    """For `exception_handlers`: Litestar's own refusals, and ours."""
    if isinstance(error, HttpRefused):
        problem = error.problem
        if error.status_code >= 500:
            _log.warning("request %s: %s", request.scope["state"].get("request_id", ""), problem.code)
    else:
        problem = Problem(_CODES.get(error.status_code, Code.BAD_REQUEST))
    said = told(request, problem)
    if problem.code is Code.BAD_REQUEST and error.detail:
        said["message"] = error.detail
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    if "allow" in headers:
        # Litestar counts the WebSocket of a path among its methods.
        methods = (method.strip() for method in headers["allow"].split(","))
        headers["allow"] = ", ".join(method for method in methods if method != "websocket")
    if error.status_code == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return answer(request, {"errors": [said]}, error.status_code, headers)


def refused_by_rule(request: HttpRequest, error: Refused) -> Response[bytes]:
    """For `exception_handlers`: what the domain refuses outside of GraphQL. The status is for who knows no codes."""
    problem = error.problems[0]
    return answer(request, {"errors": [told(request, problem)]}, _STATUS.get(problem.code, 400))


def failed(request: HttpRequest, error: Exception) -> Response[bytes]:
    """For `exception_handlers`: the database is away; or a bug, masked under the request's id, which the log bears."""
    request_id = request.scope["state"].get("request_id", "")
    if db.is_away(error):
        _log.warning("request %s: the database is out of reach: %r", request_id, error)
        headers = {"Retry-After": str(RETRY_SECONDS)}
        return answer(request, {"errors": [told(request, Problem(Code.UNAVAILABLE))]}, 503, headers)
    _log.error("request %s failed", request_id, exc_info=db.without_rows(error))
    problem = Problem(Code.INTERNAL, values={"request_id": request_id})
    return answer(request, {"errors": [told(request, problem, requestId=request_id)]}, 500)
