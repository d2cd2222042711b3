"""Long answers travel compressed. Streams do not: what is compressed is kept back until there is enough of it."""

import zlib
from collections.abc import Iterable

from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPResponseStartEvent, Message, Receive, Scope, Send

from jejak.api.auth import by_quality

MINIMUM_BYTES = 1_000
# It makes 9.5 kB of 50 in 0.3 ms, the best level 8.4 kB in 1.3 ms; and nobody else is served meanwhile.
_LEVEL = 4
_GZIP = zlib.MAX_WBITS | 16


def compressed(app: ASGIApp) -> ASGIApp:
    """The middleware."""

    async def compressing(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or not _taken(scope):
            await app(scope, receive, send)
            return
        head: HTTPResponseStartEvent | None = None

        async def sending(message: Message) -> None:
            nonlocal head
            if message["type"] == "http.response.start":
                # What it says depends on what follows.
                head = message
                return
            if head is not None:
                begun, head = head, None
                if message["type"] == "http.response.body" and not message.get("more_body"):
                    body = message["body"]
                    if len(body) >= MINIMUM_BYTES:
                        message["body"] = zlib.compress(body, _LEVEL, _GZIP)
                        begun["headers"] = _of_compressed(begun["headers"], len(message["body"]))
                await send(begun)
            await send(message)

        await app(scope, receive, sending)

    return compressing


def _taken(scope: Scope) -> bool:
    return "gzip" in by_quality(Headers.from_scope(scope).get("accept-encoding", ""))


def _of_compressed(headers: Iterable[tuple[bytes, bytes]], length: int) -> list[tuple[bytes, bytes]]:
    kept = [(name, value) for name, value in headers if name != b"content-length"]
    return [
        *kept,
        (b"content-encoding", b"gzip"),
        (b"content-length", str(length).encode()),
        (b"vary", b"Accept-Encoding"),
    ]
