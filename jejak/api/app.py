"""The Litestar application."""

import logging
import secrets
from typing import Any

from litestar import Litestar, Response
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.types import Message, Scope

from jejak.api import stream, websocket
from jejak.api.auth import HttpRequest, preferred
from jejak.api.endpoint import routes
from jejak.api.health import live, ready
from jejak.domain import texts
from jejak.domain.errors import Code, Problem
from jejak.domain.tail import Tail
from jejak.graphql.schema import build_schema

_log = logging.getLogger(__name__)
_CODES = {401: Code.UNAUTHENTICATED, 404: Code.NOT_FOUND, 413: Code.TOO_LARGE}


async def _name_request(request: HttpRequest) -> None:
    request.scope["state"]["request_id"] = secrets.token_hex(8)


async def _tell_request_id(message: Message, scope: Scope) -> None:
    if message["type"] == "http.response.start":
        # Named here where no handler was found, so that nobody had named it before.
        request_id: str = scope["state"].setdefault("request_id", secrets.token_hex(8))
        message["headers"] = [*message.get("headers", ()), (b"x-request-id", request_id.encode())]


def _refused(request: HttpRequest, error: HTTPException) -> Response[dict[str, Any]]:
    code = _CODES.get(error.status_code, Code.BAD_REQUEST)
    said = texts.message(Problem(code), preferred(request.headers.get("accept-language", "")))
    message = error.detail if code is Code.BAD_REQUEST else said
    headers = {"WWW-Authenticate": "Bearer"} if error.status_code == 401 else error.headers
    return Response(
        {"errors": [{"message": message, "extensions": {"code": code}}]},
        status_code=error.status_code,
        headers=headers,
    )


def _failed(request: HttpRequest, error: Exception) -> Response[dict[str, Any]]:
    request_id = request.scope["state"].get("request_id", "")
    _log.error("request %s failed", request_id, exc_info=error)
    problem = Problem(Code.INTERNAL, values={"request_id": request_id})
    message = texts.message(problem, preferred(request.headers.get("accept-language", "")))
    return Response(
        {"errors": [{"message": message, "extensions": {"code": Code.INTERNAL, "requestId": request_id}}]},
        status_code=500,
    )


def create_app() -> Litestar:
    """The database must be connected, and `api.wake.waking` open, for as long as the app serves."""
    schema, tail = build_schema(), Tail()
    return Litestar(
        route_handlers=[*routes(schema, tail), websocket.route(schema, tail), live, ready],
        lifespan=[lambda _: tail.running()],
        state=State({"tail": tail}),
        before_request=_name_request,
        before_send=[_tell_request_id],
        exception_handlers={HTTPException: _refused, Exception: _failed},
        compression_config=CompressionConfig(
            backend="gzip", minimum_size=1_000, middleware_class=stream.Compression
        ),
        openapi_config=None,
        logging_config=None,
    )
