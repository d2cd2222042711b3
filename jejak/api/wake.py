"""Wakes a worker after a commit. Losing a wake-up is safe: the worker's sweep finds what nobody announced."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from arq.connections import ArqRedis
from redis.exceptions import RedisError

from jejak.domain import event

_log = logging.getLogger(__name__)
JOB = "relay"
RETRY_SECONDS = 1
SILENCE_SECONDS = 10
# As many as wait already will find everything there is. Without a worker the queue would grow for ever.
MOST_WAITING = 100


@contextlib.asynccontextmanager
async def waking(redis_url: str) -> AsyncIterator[None]:
    """While this is open, each commit that held events puts a job on the queue; bursts become one."""
    wanted = asyncio.Event()
    redis = ArqRedis.from_url(redis_url)
    task = asyncio.create_task(_wake(redis, wanted), name="wake")
    event.on_commit(wanted.set)
    try:
        yield
    finally:
        event.forget(wanted.set)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await redis.aclose()


async def _wake(redis: ArqRedis, wanted: asyncio.Event) -> None:
    while True:
        await wanted.wait()
        wanted.clear()
        try:
            # Not redis-py's own time-out, whose wait_for() now and then swallows a cancellation before Python 3.12.
            async with asyncio.timeout(SILENCE_SECONDS):
                if await redis.zcard(redis.default_queue_name) < MOST_WAITING:
                    # No job id: a fixed one is refused while the job runs and for as long as its result is kept.
                    await redis.enqueue_job(JOB)
        except (RedisError, OSError) as error:
            _log.warning("no wake-up, the worker finds what happened by itself: %s", error)
            await asyncio.sleep(RETRY_SECONDS)
