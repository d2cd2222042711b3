"""The arq worker: wake-ups come through Valkey, the truth is in PostgreSQL."""

import asyncio
import contextlib
import logging
from datetime import UTC
from typing import Any

from arq import cron, func
from arq.connections import ArqRedis
from arq.worker import Worker
from redis.exceptions import RedisError

from jejak.workers import jobs
from jejak.workers.beating import beating

_log = logging.getLogger(__name__)
RETRY_SECONDS = 2
SILENCE_SECONDS = 10
PATIENCE_SECONDS = 5
# Of one job: being stopped or killed half-way costs one. A job that fails by itself is not tried again at once.
_TRIES = 5


def worker(redis: ArqRedis) -> Worker:
    """The database must be connected for as long as it runs."""
    return Worker(
        functions=[func(jobs.wake, name="relay", keep_result=0, max_tries=_TRIES)],
        cron_jobs=[
            cron(
                jobs.sweep,
                name="sweep",
                second=set(range(0, 60, jobs.SWEEP_SECONDS)),
                keep_result=0,
                max_tries=_TRIES,
            ),
            cron(
                jobs.minute,
                name="minute",
                second=0,
                run_at_startup=True,
                keep_result=0,
                max_tries=_TRIES,
                timeout=300,
            ),
            cron(
                jobs.deliver,
                name="deliver",
                second=set(range(5, 60, jobs.DELIVER_SECONDS)),
                keep_result=0,
                max_tries=_TRIES,
                timeout=400,
            ),
            cron(
                jobs.alerts,
                name="alerts",
                minute=set(range(2, 60, jobs.ALERT_MINUTES)),
                second=40,
                run_at_startup=True,
                keep_result=0,
                max_tries=_TRIES,
                timeout=300,
            ),
            cron(jobs.hour, name="hour", minute=7, second=30, keep_result=0, max_tries=_TRIES),
        ],
        ctx=context(),
        max_jobs=3,  # they wait for each other's locks more than they gain
        redis_pool=redis,
        handle_signals=False,
        poll_delay=0.1,
        keep_result=0,
        timezone=UTC,
        log_results=False,
    )


def context() -> dict[Any, Any]:
    """What the jobs of one worker share."""
    return {"sending": asyncio.Lock()}


async def work(redis_url: str) -> None:
    """Works until cancelled. While Valkey is away it does without wake-ups, and looks for it."""
    async with beating():
        await _work(redis_url)


async def _work(redis_url: str) -> None:
    by_hand = 0.0
    while True:
        # By the URL as redis-py reads it: arq's own reading knows no escapes and no options.
        redis = ArqRedis.from_url(redis_url, socket_connect_timeout=RETRY_SECONDS)
        running = worker(redis)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(running.async_run())
                group.create_task(_watch(redis))
        except* (RedisError, OSError) as failures:
            error = failures.exceptions[0]
            _log.warning(
                "Valkey is out of reach, trying again in %s s: %s", RETRY_SECONDS, str(error) or "silence"
            )
            by_hand = await _by_hand(by_hand)
        except* Exception:  # noqa: BLE001 -- whatever it is, work has to go on
            _log.exception("the worker failed, starting it again in %s s", RETRY_SECONDS)
        finally:
            # What has begun may end by itself; then what still runs is cancelled, and done by the next worker.
            if running.tasks:
                await asyncio.wait(running.tasks.values(), timeout=PATIENCE_SECONDS)
            with contextlib.suppress(RedisError, OSError):
                async with asyncio.timeout(RETRY_SECONDS):  # it says goodbye to Valkey, which may be silent
                    await running.close()
            await redis.aclose()
        await asyncio.sleep(RETRY_SECONDS)


async def _watch(redis: ArqRedis) -> None:
    """Raises when Valkey is silent, which arq would bear without end.

    Not redis-py's own time-out: before Python 3.12 its wait_for() now and then swallows a cancellation.
    """
    while True:
        async with asyncio.timeout(SILENCE_SECONDS):
            await redis.ping()
        await asyncio.sleep(RETRY_SECONDS)


async def _by_hand(minute_due: float) -> float:
    """What arq would have run meanwhile; when the next minute's job is due, by the loop's clock."""
    now = asyncio.get_running_loop().time()
    try:
        await jobs.sweep({})
        if now >= minute_due:
            await jobs.minute({})
            await jobs.deliver(context())
            await jobs.alerts({})
            return now + 60
    except Exception:  # noqa: BLE001 -- whatever it is, as a database that is away as well, work has to go on
        _log.exception("the worker failed without Valkey")
    return minute_due
