"""How often a caller may ask. One bucket a caller, shared by all processes through Valkey; in memory while it is away.

GCRA: a bucket is the moment at which it will be full again. It lets `burst` requests through at once, and one
more for each 60 / `per_minute` seconds that have passed.
"""

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from jejak.settings import Limits

_log = logging.getLogger(__name__)
# What a request may lose to a Valkey that does not answer, before all go on without it.
PATIENCE_SECONDS = 0.1
LOOK_AGAIN_SECONDS = 1
MOST_REMEMBERED = 50_000
_AWAY = (RedisError, OSError, TimeoutError)

# Microseconds of Valkey's own clock, which is one for all processes. Answers: until it is full, until the next may.
_TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now) + ARGV[1]
local wait = full - ARGV[1] * ARGV[2] - now
if wait > 0 then return {full - ARGV[1] - now, wait} end
redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000))
return {full - now, 0}
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """`left` may follow at once; in `full_in` seconds all may again. `wait` is 0 where the request may go on."""

    left: int
    full_in: int
    wait: int


class Rate:
    """Of one process. `take` never fails, and never waits for a Valkey that is known to be away."""

    def __init__(self, limits: Limits) -> None:
        self._interval = max(round(60_000_000 / limits.per_minute), 1)
        self._burst = limits.burst
        self._remembered: dict[str, int] = {}
        self._valkey: Redis | None = None
        self._script: Any = None
        self._missed = asyncio.Event()

    @property
    def policy(self) -> str:
        """For `RateLimit-Policy`: so many requests in the seconds that an empty bucket takes to fill."""
        return f'"requests";q={self._burst};w={max(_seconds(self._interval * self._burst), 1)}'

    async def take(self, caller: str) -> Taken:
        """Counts one request of `caller`."""
        full_in, wait = await self._shared(caller) or self._by_memory(caller)
        left = 0 if wait else max((self._interval * self._burst - full_in) // self._interval, 0)
        return Taken(left, _seconds(full_in), _seconds(wait))

    async def _shared(self, caller: str) -> tuple[int, int] | None:
        if self._valkey is None or self._missed.is_set():
            return None
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                full_in, wait = await self._script(
                    keys=[f"jejak:rate:{caller}"], args=[self._interval, self._burst]
                )
        except _AWAY as error:
            if not self._missed.is_set():
                said = str(error) or f"no answer in {PATIENCE_SECONDS} s"
                _log.warning("Valkey is out of reach, requests are counted by each process alone: %s", said)
            self._missed.set()
            return None
        # Should it go away, nobody begins anew.
        self._remember(caller, time.monotonic_ns() // 1_000 + int(full_in))
        return int(full_in), int(wait)

    def _by_memory(self, caller: str) -> tuple[int, int]:
        now = time.monotonic_ns() // 1_000
        full = max(self._remembered.get(caller, 0), now) + self._interval
        wait = full - self._interval * self._burst - now
        if wait > 0:
            return full - self._interval - now, wait
        self._remember(caller, full)
        return full - now, 0

    def _remember(self, caller: str, full: int) -> None:
        if len(self._remembered) >= MOST_REMEMBERED:
            now = time.monotonic_ns() // 1_000
            self._remembered = {caller: full for caller, full in self._remembered.items() if full > now}
            if len(self._remembered) >= MOST_REMEMBERED:
                self._remembered.clear()
        self._remembered[caller] = full

    @contextlib.asynccontextmanager
    async def shared(self, redis_url: str) -> AsyncIterator[None]:
        """While this is open, buckets are those of every process on the same Valkey."""
        self._valkey = Redis.from_url(redis_url)
        self._script = self._valkey.register_script(_TAKE)
        watching = asyncio.create_task(self._look(self._valkey), name="rate")
        try:
            yield
        finally:
            valkey, self._valkey = self._valkey, None
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching
            await valkey.aclose()

    async def _look(self, valkey: Redis) -> None:
        while True:
            await self._missed.wait()
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
            with contextlib.suppress(*_AWAY):
                async with asyncio.timeout(LOOK_AGAIN_SECONDS):
                    await valkey.ping()
                self._missed.clear()
                _log.warning("Valkey is back, requests are counted together again")


def _seconds(microseconds: int) -> int:
    return math.ceil(microseconds / 1_000_000)
