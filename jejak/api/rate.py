"""How often a caller may ask. One bucket a caller, shared by all processes through Valkey; in memory while it is away.

GCRA: a bucket is the moment at which it will be full again. It lets `burst` requests through at once, and one
more for each 60 / `per_minute` seconds that have passed.

Where a bucket holds plenty, a process lets requests through by what it knows of it, and tells Valkey of all callers'
together, `SETTLE_SECONDS` later. What it has not begun to tell is at most an eighth of what it knows to be left, so n
processes let at most n / 8 bursts through beyond the limit, once: it counts, and is waited for afterwards. With less
than eight left Valkey is asked for each request.
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

SETTLE_SECONDS = 0.05
# Nobody waits for what is settled.
SETTLE_PATIENCE_SECONDS = 1
# A request may be owed to Valkey for so many that are left.
LEFT_FOR_ONE_OWED = 8

# Microseconds of Valkey's own clock, which is one for all processes. For each key: how many were let through already,
# and how many (1 or 0) ask to be. Answers for each: until it is full, until the one that asked may.
_TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, most = ARGV[1], ARGV[1] * ARGV[2]
local answers = {}
for i, key in ipairs(KEYS) do
    local owed, asked = ARGV[2 * i + 1], ARGV[2 * i + 2]
    local full = math.max(tonumber(redis.call('GET', key) or 0), now) + interval * owed
    local wait = 0
    if asked == '1' then
        wait = math.max(full + interval - most - now, 0)
        if wait == 0 then full = full + interval end
    end
    if full > now and (wait == 0 or owed ~= '0') then
        redis.call('SET', key, string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000))
    end
    answers[2 * i - 1], answers[2 * i] = full - now, wait
end
return answers
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """`left` may follow at once; in `full_in` seconds all may again. `wait` is 0 where the request may go on."""

    left: int
    full_in: int
    wait: int


class Rate:
    """Of one process. `take` never fails, and never waits for a Valkey that is known to be away.

    `policy` is for `RateLimit-Policy`: so many requests in the seconds that an empty bucket takes to fill.
    """

    def __init__(self, limits: Limits) -> None:
        self._interval = max(round(60_000_000 / limits.per_minute), 1)
        self._burst = limits.burst
        self.policy = f'"requests";q={self._burst};w={max(_seconds(self._interval * self._burst), 1)}'
        self._remembered: dict[str, int] = {}
        self._owed: dict[str, int] = {}
        self._owing = asyncio.Event()
        self._valkey: Redis | None = None
        self._script: Any = None
        self._missed = asyncio.Event()

    async def take(self, caller: str) -> Taken:
        """Counts one request of `caller`."""
        if self._valkey is None or self._missed.is_set():
            return self._told(*self._by_memory(caller))
        owed = self._owed.get(caller, 0) + 1
        if owed * LEFT_FOR_ONE_OWED <= self._left(self._full_in(caller)):
            self._owed[caller] = owed
            self._owing.set()
            return self._told(*self._by_memory(caller))
        return self._told(*(await self._ask(caller) or self._by_memory(caller)))

    def _told(self, full_in: int, wait: int) -> Taken:
        return Taken(0 if wait else self._left(full_in), _seconds(full_in), _seconds(wait))

    def _left(self, full_in: int) -> int:
        return max((self._interval * self._burst - full_in) // self._interval, 0)

    def _full_in(self, caller: str) -> int:
        return max(self._remembered.get(caller, 0) - _now(), 0)

    async def _ask(self, caller: str) -> tuple[int, int] | None:
        answers = await self._tell({caller: self._owed.pop(caller, 0)}, asked=1)
        return None if answers is None else answers[caller]

    async def _tell(self, owed: dict[str, int], asked: int) -> dict[str, tuple[int, int]] | None:
        """What Valkey answers for each caller; None where it is away."""
        patience = PATIENCE_SECONDS if asked else SETTLE_PATIENCE_SECONDS
        counts = [number for each in owed.values() for number in (each, asked)]
        try:
            async with asyncio.timeout(patience):
                answers = await self._script(
                    keys=[f"jejak:rate:{caller}" for caller in owed],
                    args=[self._interval, self._burst, *counts],
                )
        except _AWAY as error:
            if not self._missed.is_set():
                said = str(error) or f"no answer in {patience} s"
                _log.warning("Valkey is out of reach, requests are counted by each process alone: %s", said)
            self._missed.set()
            return None
        found = {caller: (int(answers[2 * n]), int(answers[2 * n + 1])) for n, caller in enumerate(owed)}
        now = _now()
        for caller, (full_in, _) in found.items():
            # Also for the time when it may be away: nobody begins anew.
            self._remember(caller, now + full_in + self._owed.get(caller, 0) * self._interval)
        return found

    def _by_memory(self, caller: str) -> tuple[int, int]:
        now = _now()
        full = max(self._remembered.get(caller, 0), now) + self._interval
        wait = full - self._interval * self._burst - now
        if wait > 0:
            return full - self._interval - now, wait
        self._remember(caller, full)
        return full - now, 0

    def _remember(self, caller: str, full: int) -> None:
        if len(self._remembered) >= MOST_REMEMBERED:
            now = _now()
            self._remembered = {caller: full for caller, full in self._remembered.items() if full > now}
            if len(self._remembered) >= MOST_REMEMBERED:
                self._remembered.clear()
        self._remembered[caller] = full

    @contextlib.asynccontextmanager
    async def shared(self, redis_url: str) -> AsyncIterator[None]:
        """While this is open, buckets are those of every process on the same Valkey."""
        self._valkey = Redis.from_url(redis_url)
        self._script = self._valkey.register_script(_TAKE)
        watching = [
            asyncio.create_task(self._look(self._valkey), name="rate"),
            asyncio.create_task(self._settle(), name="rate settled"),
        ]
        try:
            yield
        finally:
            valkey, self._valkey = self._valkey, None
            for task in watching:
                task.cancel()
            await asyncio.gather(*watching, return_exceptions=True)
            if self._owed and not self._missed.is_set():
                await self._tell(self._all_owed(), asked=0)
            await valkey.aclose()

    async def _settle(self) -> None:
        while True:
            await self._owing.wait()
            await asyncio.sleep(SETTLE_SECONDS)
            self._owing.clear()
            owed = self._all_owed()
            if owed and not self._missed.is_set():
                await self._tell(owed, asked=0)

    def _all_owed(self) -> dict[str, int]:
        owed, self._owed = self._owed, {}
        return owed

    async def _look(self, valkey: Redis) -> None:
        while True:
            await self._missed.wait()
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
            with contextlib.suppress(*_AWAY):
                async with asyncio.timeout(LOOK_AGAIN_SECONDS):
                    await valkey.ping()
                self._missed.clear()
                _log.warning("Valkey is back, requests are counted together again")


def _now() -> int:
    """Microseconds."""
    return time.monotonic_ns() // 1_000


def _seconds(microseconds: int) -> int:
    return math.ceil(microseconds / 1_000_000)
