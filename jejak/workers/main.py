"""The arq worker: wake-ups come through Valkey, the truth is in PostgreSQL."""

import asyncio
import contextlib
import logging
from datetime import UTC

from arq import cron, func
from arq.connections import ArqRedis
from arq.worker import Worker
from redis.exceptions import RedisError

from jejak.workers import jobs

_log = logging.getLogger(__name__)
SWEEP_SECONDS = 5
RETRY_SECONDS = 2


def worker(redis: ArqRedis) -> Worker:
    """The database must be connected for as long as it runs."""
    return Worker(
        functions=[func(jobs.relay, name="relay", keep_result=0)],
        cron_jobs=[
            cron(jobs.sweep, name="sweep", second=set(range(0, 60, SWEEP_SECONDS)), keep_result=0),
            cron(jobs.minute, name="minute", second=0, run_at_startup=True, keep_result=0, timeout=300),
        ],
        redis_pool=redis,
        handle_signals=False,
        poll_delay=0.1,
        keep_result=0,
        timezone=UTC,
        log_results=False,
    )


async def work(redis_url: str) -> None:
    """Works until cancelled. While Valkey is away it waits for it; nothing is lost by that but time."""
    while True:
        # By the URL as redis-py reads it: arq's own reading knows no escapes and no options. With a time-out, as a
        # server that vanished without a word would otherwise be waited for without end.
        redis = ArqRedis.from_url(redis_url, socket_connect_timeout=RETRY_SECONDS, socket_timeout=10)
        running = worker(redis)
        try:
            await running.async_run()
        except (RedisError, OSError) as error:
            _log.warning("Valkey is out of reach, trying again in %s s: %s", RETRY_SECONDS, error)
        except Exception:  # noqa: BLE001 -- whatever it is, work has to go on
            _log.exception("the worker failed, starting it again in %s s", RETRY_SECONDS)
        finally:
            with contextlib.suppress(RedisError, OSError):
                await running.close()
            await redis.aclose()
        await asyncio.sleep(RETRY_SECONDS)
