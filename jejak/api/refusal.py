"""What the domain refuses outside of GraphQL, as an answer of HTTP."""

from typing import Any

from litestar import Response

from jejak.api.auth import HttpRequest, preferred
from jejak.domain import texts
from jejak.domain.errors import Code, Refused

_STATUS = {
    Code.WRONG_CSRF_TOKEN: 403,
    Code.NO_ACCOUNT: 403,
    Code.EMAIL_NOT_VERIFIED: 403,
    Code.SIGN_IN_REFUSED: 403,
    Code.SIGN_IN_UNAVAILABLE: 502,
}


def refused(request: HttpRequest, error: Refused) -> Response[dict[str, Any]]:
    """For `exception_handlers`. The status is for programs that know no codes."""
    problem = error.problems[0]
    message = texts.message(problem, preferred(request.headers.get("accept-language", "")))
    return Response(
        {"errors": [{"message": message, "extensions": {"code": problem.code}}]},
        status_code=_STATUS.get(problem.code, 400),
    )
