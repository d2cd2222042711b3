"""How much one process carries out at a time, and for how long."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

from litestar.types import Receive

from jejak.api.errors import HttpRefused
from jejak.domain.errors import Code, Problem
from jejak.settings import Limits

RETRY_SECONDS = 1
T = TypeVar("T")


@dataclass(slots=True)
class _Line:
    places: asyncio.Semaphore
    standing: int = 0


@dataclass(slots=True)
class Load:
    """Of one process: a place for each request, and not all of them for one caller."""

    limits: Limits
    _all: _Line = field(init=False)
    _each: dict[str, _Line] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._all = _Line(asyncio.Semaphore(self.limits.at_once))

    @contextlib.asynccontextmanager
    async def place(self, caller: str) -> AsyncIterator[None]:
        """Waits a little for a free place. Refuses RATE_LIMITED (429) to a caller with too many, BUSY (503) to any."""
        own = self._each.setdefault(caller, _Line(asyncio.Semaphore(self.limits.at_once_each)))
        own.standing += 1
        retry = {"Retry-After": str(RETRY_SECONDS)}
        try:
            crowded = HttpRefused(Problem(Code.RATE_LIMITED, values={"seconds": RETRY_SECONDS}), 429, retry)
            async with (
                self._in(own, crowded),
                self._in(self._all, HttpRefused(Problem(Code.BUSY), 503, retry)),
            ):
                yield
        finally:
            own.standing -= 1
            if not own.standing:
                del self._each[caller]

    @contextlib.asynccontextmanager
    async def _in(self, line: _Line, full: HttpRefused) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self.limits.wait):
                await line.places.acquire()
        except TimeoutError:
            raise full from None
        try:
            yield
        finally:
            line.places.release()


@contextlib.asynccontextmanager
async def in_time(seconds: float, status: int) -> AsyncIterator[None]:
    """What runs inside is cancelled when time is up, and refused TIMED_OUT. A transaction in it is undone."""
    try:
        async with asyncio.timeout(seconds) as clock:
            yield
    except TimeoutError:
        if not clock.expired():
            raise
        raise HttpRefused(Problem(Code.TIMED_OUT), status) from None


class Gone(Exception):  # noqa: N818 -- nobody is there to be told
    """The client has hung up."""


async def while_there(receive: Receive, work: Coroutine[Any, Any, T]) -> T:
    """What `work` gives. Cancels it and raises Gone when the client hangs up. The body must have been read."""
    doing, leaving = asyncio.create_task(work), asyncio.create_task(_hung_up(receive))
    try:
        await asyncio.wait({doing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if doing.done():
            return doing.result()
        raise Gone
    finally:
        for task in (doing, leaving):
            task.cancel()
        # To the end, so that its connection is free again before its place is.
        await asyncio.gather(doing, leaving, return_exceptions=True)


async def _hung_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
