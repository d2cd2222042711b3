"""A closed loop over HTTP with keep-alive, on bare sockets, so that asking costs little beside answering.

Each connection sends its next request when the last answer has come. What comes back is counted and its length looked
at, no more: whether it is right was found out before.
"""

import asyncio
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import cast

_PATIENCE = 60.0  # seconds for the last answers
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


class WrongAnswer(Exception):  # noqa: N818 -- said to a person, in one line
    """An answer that is not what was asked for: nothing is measured then."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request as bytes, and what is said of its answer's body: None where all is well, else what is not."""

    request: bytes
    wrong: Callable[[bytes], str | None]


def request(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """A POST of JSON. Keep-alive is what HTTP/1.1 means without a word."""
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Accept: application/json",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass(slots=True)
class Answers:
    """Seconds of each answer that came within the time, and for how long was asked."""

    seconds: float
    latencies: list[float] = field(default_factory=list)


class _Connection(asyncio.Protocol):
    def __init__(self, asks: Iterator[Ask], answers: Answers | None, until: float) -> None:
        self._asks, self._answers, self._until = asks, answers, until
        self._came = bytearray()
        self._expected = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._next()

    def _next(self) -> None:
        self._ask = next(self._asks)
        self._sent = time.perf_counter()
        self._transport.write(self._ask.request)

    def data_received(self, data: bytes) -> None:
        self._came += data
        if not self._expected:
            end = self._came.find(b"\r\n\r\n")
            if end < 0:
                return
            length = _LENGTH.search(self._came, 0, end + 2)
            if length is None or not self._came.startswith(b"HTTP/1.1 200 "):
                self._fail(f"answered: {bytes(self._came[:500])!r}")
                return
            self._body = end + 4
            self._expected = self._body + int(length[1])
        if len(self._came) >= self._expected:
            self._answered()

    def _answered(self) -> None:
        now = time.perf_counter()
        wrong = self._ask.wrong(bytes(self._came[self._body :]))
        if wrong is not None:
            self._fail(f"{wrong}: {bytes(self._came[self._body :][:500])!r}")
            return
        if self._answers is not None:
            self._answers.latencies.append(now - self._sent)
        self._came.clear()
        self._expected = 0
        if now < self._until:
            self._next()
        else:
            self._transport.close()
            self._finish()

    def connection_lost(self, _: Exception | None) -> None:
        self._fail("the connection was closed")

    def _fail(self, why: str) -> None:
        if not self.done.done():
            self.done.set_exception(WrongAnswer(why))
            self._transport.close()

    def _finish(self) -> None:
        if not self.done.done():
            self.done.set_result(None)


async def ask_for(port: int, asks: Iterator[Ask], connections: int, seconds: float) -> Answers:
    """Asks so long over so many connections. Requests under way at the end are waited for and counted.

    Refuses, by WrongAnswer, any answer that is not right, and by TimeoutError one that does not come.
    """
    loop = asyncio.get_running_loop()
    start = time.perf_counter()
    answers = Answers(seconds)
    async with asyncio.timeout(seconds + _PATIENCE):
        made = [
            await loop.create_connection(
                lambda: _Connection(asks, answers, start + seconds), "127.0.0.1", port
            )
            for _ in range(connections)
        ]
        await asyncio.gather(*(protocol.done for _, protocol in made))
    answers.seconds = time.perf_counter() - start
    return answers


async def ask_once(port: int, request: bytes) -> bytes:
    """The body of the answer to one request."""
    kept: list[bytes] = []
    # `append` says None, and so finds nothing wrong.
    await ask_for(port, iter([Ask(request, kept.append)]), 1, 0)
    return kept[0]
