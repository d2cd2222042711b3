"""An end to the head of a request, and to what follows its body: uvicorn reads them for as long, and as much of them,
as a client cares to send.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_BYTES = 64 * 2**10
SECONDS = 20.0


class BoundedHeads(HttpToolsProtocol):
    """uvicorn's protocol, which answers 431 to a head that is too large and 408 to one that does not end.

    Trailers are kept as headers are; where they are too many the connection ends.
    """

    _reading = False
    _length = 0
    _moved_on = False
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._reading = True
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._read()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._moved_on = False
        super().data_received(data)
        self._length = 0 if self._moved_on else self._length + len(data)
        if self._length > MOST_BYTES:
            self._refuse("431 Request Header Fields Too Large")
        elif self._reading and self._timer is None:
            # Most heads come at once, and need none.
            self._wait()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if not self._reading:
            self._reading, self._length = True, 0

    def on_headers_complete(self) -> None:
        self._read()
        self._moved_on = True
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._moved_on = True
        super().on_body(body)

    def _wait(self) -> None:
        self._timer = self.loop.call_later(SECONDS, self._refuse, "408 Request Timeout")

    def _read(self) -> None:
        self._reading = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _refuse(self, status: str) -> None:
        self._read()
        under_way: Any = self.cycle
        if under_way is None or under_way.response_complete:
            self.transport.write(
                f"HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode()
            )
        self.transport.close()
