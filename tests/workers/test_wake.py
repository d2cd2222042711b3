"""A wake-up follows a commit, and losing it loses nothing."""

import asyncio
import logging

import pytest
from arq.connections import ArqRedis

from jejak import running
from jejak.api import wake
from jejak.api.wake import waking
from jejak.domain import access, db, event
from jejak.settings import Settings
from jejak.workers import jobs, main
from tests.factories import a_task, a_unit
from tests.figures import figures_of
from tests.workers.conftest import background, becomes, pending


async def waiting(queue: ArqRedis) -> list[str]:
    return [job.function for job in await queue.queued_jobs()]


async def happens() -> None:
    """An event, inside the open transaction."""
    await event.append(access.SERVICE, "unit.created", ("unit", db.new_id()), None)


async def settled() -> None:
    """Time for a wake-up to arrive that should not."""
    await asyncio.sleep(0.2)


async def test_it_comes_after_the_commit_and_not_before(queue, redis_url):
    async with waking(redis_url):
        async with db.transaction():
            await happens()
            await settled()
            assert await waiting(queue) == []
        await becomes(lambda: _are_waiting(queue, 1))
        assert await waiting(queue) == ["relay"]


async def test_it_does_not_come_after_a_rollback_nor_without_an_event(queue, redis_url):
    async with waking(redis_url):
        with pytest.raises(LookupError):
            async with db.transaction():
                await happens()
                raise LookupError
        async with db.transaction():
            await db.execute("select 1")
        await settled()
        assert await waiting(queue) == []
    assert await pending() == 0


async def test_a_burst_is_one_wake_up_and_the_last_change_is_never_without(queue, redis_url, monkeypatch):
    # Given a wake-up that is on its way
    gate, real, started = asyncio.Event(), ArqRedis.enqueue_job, asyncio.Event()

    async def slow(*args, **options):
        started.set()
        await gate.wait()
        return await real(*args, **options)

    monkeypatch.setattr(ArqRedis, "enqueue_job", slow)
    async with waking(redis_url):
        await a_unit()
        await started.wait()
        # When many changes are committed meanwhile
        for _ in range(10):
            await a_unit()
        gate.set()
        await becomes(lambda: _are_waiting(queue, 2))
        await settled()
        # Then they share one, which follows them all
        assert await waiting(queue) == ["relay", "relay"]


async def _are_waiting(queue: ArqRedis, count: int) -> bool:
    return len(await waiting(queue)) >= count


async def test_without_a_worker_the_queue_does_not_grow_for_ever(queue, redis_url, monkeypatch):
    monkeypatch.setattr(wake, "MOST_WAITING", 3)
    async with waking(redis_url):
        for n in range(8):
            async with db.transaction():
                await happens()
            # One by one: a burst is one wake-up
            await becomes(lambda wanted=min(n + 1, 3): _are_waiting(queue, wanted))
        await settled()
    assert await waiting(queue) == ["relay"] * 3


async def test_without_valkey_every_change_is_made_and_the_log_is_not_flooded(caplog, monkeypatch):
    monkeypatch.setattr(wake, "RETRY_SECONDS", 60)
    async with waking("redis://127.0.0.1:1"):
        async with asyncio.timeout(20):
            for _ in range(10):
                await a_unit()
        await becomes(lambda: _warned(caplog))
    assert await pending() >= 10
    (warned,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert "the worker finds what happened by itself" in warned.getMessage()


async def test_a_valkey_that_is_silent_delays_nothing_but_the_wake_up(caplog, monkeypatch):
    monkeypatch.setattr(wake, "SILENCE_SECONDS", 0.1)

    async def is_silent(_reader, writer):
        await asyncio.sleep(1)
        writer.close()

    async with await asyncio.start_server(is_silent, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with waking(f"redis://127.0.0.1:{port}"):
            async with asyncio.timeout(1):
                await a_unit()
            await becomes(lambda: _warned(caplog))


async def _warned(caplog) -> bool:
    return "no wake-up" in caplog.text


async def test_stopping_takes_no_time_whatever_it_is_doing(redis_url):
    """A cancellation that is swallowed would leave `jejak up` hanging."""
    for step in range(30):
        async with asyncio.timeout(5), running.worker(redis_url, Settings()), waking(redis_url):
            async with db.transaction():
                await happens()
            await asyncio.sleep(step / 1_000)


async def test_a_wake_up_that_was_lost_is_made_up_for_by_the_sweep(redis_url, monkeypatch):
    monkeypatch.setattr(jobs, "SWEEP_SECONDS", 1)
    async with background(main.work(redis_url)):
        # Given a worker that has nothing to do
        await a_unit()
        await becomes(_nothing_waits)
        # When something happens and nobody tells it
        ulp = await a_unit()
        await a_task(ulp)
        # Then it finds it
        await becomes(_nothing_waits)
    assert (await figures_of(ulp.path))["tasks"] == 1


async def _nothing_waits() -> bool:
    return await pending() == 0


async def test_woken_it_does_not_wait_for_the_sweep(redis_url, monkeypatch):
    monkeypatch.setattr(jobs, "SWEEP_SECONDS", 60)
    async with background(main.work(redis_url)), waking(redis_url):
        await a_unit()
        await becomes(_nothing_waits)
        for _ in range(3):
            ulp = await a_unit()
            await a_task(ulp)
            await becomes(_nothing_waits)
    assert (await figures_of(ulp.path))["tasks"] == 1


async def test_the_job_that_wakes_is_one_that_the_worker_knows(queue):
    assert wake.JOB in main.worker(queue).functions


async def test_a_password_with_escapes_is_read_alike_by_both_ends(redis_url, monkeypatch):
    """As arq reads a URL it does not undo them, and the worker alone would be kept out."""
    seen = []
    monkeypatch.setattr(main, "worker", lambda redis: seen.append(redis) or pytest.fail("enough"))
    with pytest.raises(pytest.fail.Exception):
        await main.work("redis://:p%40ss%2Fword@127.0.0.1:1/3")
    options = seen[0].connection_pool.connection_kwargs
    assert (options["password"], options["db"]) == ("p@ss/word", 3)
