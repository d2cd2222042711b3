"""How long the workers' queue is, for whoever looks after the service."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from arq.constants import default_queue_name
from redis.asyncio import Redis
from redis.exceptions import RedisError

PATIENCE_SECONDS = 1


class Queue:
    """`length` never fails: where Valkey is out of reach, or not known, there is none."""

    def __init__(self) -> None:
        self._valkey: Redis | None = None

    @contextlib.asynccontextmanager
    async def on(self, redis_url: str) -> AsyncIterator["Queue"]:
        """While this is open, it looks at this Valkey."""
        self._valkey = Redis.from_url(redis_url)
        try:
            yield self
        finally:
            valkey, self._valkey = self._valkey, None
            with contextlib.suppress(RedisError, OSError):
                await valkey.aclose()

    async def length(self) -> int | None:
        """How many jobs wait for a worker or for their time."""
        if self._valkey is None:
            return None
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return int(await self._valkey.zcard(default_queue_name))
        except (RedisError, OSError, TimeoutError):
            return None
