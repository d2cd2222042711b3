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
# Most work is done by then, and is cheaper if nobody listens.
LISTEN_AFTER_SECONDS = 0.05
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
        own = self._each.get(caller)
        if own is None:
            own = self._each[caller] = _Line(asyncio.Semaphore(self.limits.at_once_each))
        own.standing += 1
        try:
            await self._enter(own, Problem(Code.RATE_LIMITED, values={"seconds": RETRY_SECONDS}), 429)
            try:
                await self._enter(self._all, Problem(Code.BUSY), 503)
                try:
                    yield
                finally:
                    self._all.places.release()
            finally:
                own.places.release()
        finally:
            own.standing -= 1
            if not own.standing:
                del self._each[caller]

    async def _enter(self, line: _Line, problem: Problem, status: int) -> None:
        if not line.places.locked():
            # Without a clock: it does not wait.
            await line.places.acquire()
            return
        try:
            async with asyncio.timeout(self.limits.wait):
                await line.places.acquire()
        except TimeoutError:
            raise HttpRefused(problem, status, {"Retry-After": str(RETRY_SECONDS)}) from None


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
    listening: asyncio.Task[None] | None = None

    def listen() -> None:
        nonlocal listening
        listening = asyncio.create_task(_end_when_hung_up(receive, clock))

    try:
        async with asyncio.timeout(None) as clock:
            later = asyncio.get_running_loop().call_later(LISTEN_AFTER_SECONDS, listen)
            try:
                return await work
            finally:
                later.cancel()
                if listening is not None:
                    listening.cancel()
    except TimeoutError:
        if not clock.expired():
            raise
        raise Gone from None


async def _end_when_hung_up(receive: Receive, clock: asyncio.Timeout) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    clock.reschedule(0)
