"""Real arq workers on the worker's own database and queue."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from arq.connections import ArqRedis

from jejak.domain import db
from jejak.workers import main


@pytest.fixture(autouse=True)
async def _connected(database):
    """Every test starts from a clean database, connected, and whatever it cancelled has given its connection back."""
    yield
    pool = db.DB.pool
    try:
        await becomes(lambda: _is_idle(pool), 3)
    finally:
        # Where one is kept, close() would wait for it without end.
        if not await _is_idle(pool):
            pool.terminate()


async def _is_idle(pool) -> bool:
    return pool.get_size() == pool.get_idle_size()


@pytest.fixture
async def queue(redis_url) -> AsyncIterator[ArqRedis]:
    async with ArqRedis.from_url(redis_url) as redis:
        yield redis


@pytest.fixture
def burst(redis_url):
    """A function that lets a worker do everything on the queue; it returns how many of its jobs failed."""

    async def work() -> int:
        running = main.worker(ArqRedis.from_url(redis_url))
        running.burst = True
        # The jobs that a test asks for, and no others.
        running.cron_jobs = []
        try:
            await running.async_run()
        finally:
            await running.close()
        return running.jobs_failed

    return work


async def pending() -> int:
    return await db.fetchval("select count(*) from pending_event")


async def becomes(true, seconds: float = 10) -> None:
    """Waits until the coroutine function `true` says so."""
    async with asyncio.timeout(seconds):
        while not await true():
            await asyncio.sleep(0.02)


@asynccontextmanager
async def background(work) -> AsyncIterator[asyncio.Task]:
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            task.result()
