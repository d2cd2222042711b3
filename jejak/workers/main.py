"""The arq worker: wake-ups come through Valkey, the truth is in PostgreSQL."""

import asyncio
import contextlib
import logging
from datetime import UTC

from arq import cron, func
from arq.connections import RedisSettings
from arq.worker import Worker
from redis.exceptions import RedisError

from jejak.workers import jobs

_log = logging.getLogger(__name__)
SWEEP_SECONDS = 5
RETRY_SECONDS = 2


def worker(redis_url: str) -> Worker:
    """The database must be connected for as long as it runs."""
    return Worker(
        functions=[func(jobs.relay, name="relay", keep_result=0, max_tries=1)],
        cron_jobs=[
            cron(
                jobs.sweep, name="sweep", second=set(range(0, 60, SWEEP_SECONDS)), keep_result=0, max_tries=1
            ),
            cron(
                jobs.minute,
                name="minute",
                second=0,
                run_at_startup=True,
                keep_result=0,
                max_tries=1,
                timeout=300,
            ),
        ],
        redis_settings=RedisSettings.from_dsn(redis_url),
        handle_signals=False,
        poll_delay=0.1,
        timezone=UTC,
        log_results=False,
    )


async def work(redis_url: str) -> None:
    """Works until cancelled. While Valkey is away it waits for it; nothing is lost by that but time."""
    while True:
        running = worker(redis_url)
        try:
            await running.async_run()
        except (RedisError, OSError) as error:
            _log.warning("Valkey is out of reach, trying again in %s s: %s", RETRY_SECONDS, error)
        finally:
            with contextlib.suppress(RedisError, OSError):
                await running.close()
        await asyncio.sleep(RETRY_SECONDS)
