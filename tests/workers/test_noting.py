"""What the workers note of themselves, and that noting it keeps nobody from working."""

import asyncio
import logging
from contextlib import asynccontextmanager

import asyncpg
import pytest

from jejak import __version__
from jejak.domain import completion, db, heartbeat, reminder
from jejak.workers import jobs, main, steps
from tests.cli.conftest import _pycache, shell  # noqa: F401 -- fixtures
from tests.factories import a_task, a_unit
from tests.figures import figures_of
from tests.workers.conftest import background, becomes, pending


async def workers() -> int:
    return await db.fetchval("select count(*) from worker")


async def a_row(name: str) -> asyncpg.Record:
    return await db.fetchrow("select * from job_run where name = $1", name)


@asynccontextmanager
async def locked(url: str, table: str):
    """Nobody writes the table."""
    connection = await asyncpg.connect(dsn=url)
    try:
        async with connection.transaction():
            await connection.execute(f"lock table {table} in exclusive mode")
            yield
    finally:
        await connection.close()


async def test_a_worker_is_known_while_it_runs_and_leaves_no_trace_at_its_end(redis_url):
    async with background(main.work(redis_url)):
        await becomes(_one_worker)
        row = await db.fetchrow("select * from worker")
        assert row["version"] == __version__
        await becomes(_all_steps_known)
        # and what the clock has set off is noted
        await becomes(_minute_done, 15)
    assert await workers() == 0


async def _one_worker() -> bool:
    return await workers() == 1


async def _all_steps_known() -> bool:
    rows = await db.fetch("select name, every_seconds from job_run")
    return {row["name"]: row["every_seconds"] for row in rows} == jobs.every_step()


async def _minute_done() -> bool:
    return bool((await a_row("ladder"))["succeeded_at"])


async def test_it_is_known_without_valkey_as_well(monkeypatch):
    monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 0.05)
    async with background(main.work("redis://127.0.0.1:1")):
        await becomes(_one_worker)
        first = await db.fetchval("select seen_at from worker")

        async def beats_on() -> bool:
            return await db.fetchval("select seen_at from worker") > first

        await becomes(beats_on)
        await becomes(_minute_done)
    assert await workers() == 0


async def test_one_that_is_killed_leaves_its_line(shell, database_url, redis_url):  # noqa: F811
    with shell.started("worker", DATABASE_URL=database_url, REDIS_URL=redis_url) as process:
        await becomes(_one_worker, 30)
        assert await db.fetchval("select pid from worker") == process.pid
        process.kill()
    assert await workers() == 1


async def test_a_heartbeat_that_cannot_be_written_stops_no_work(database_url, redis_url, monkeypatch, caplog):
    # given a worker that cannot write its line
    monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 0.02)
    real, left = heartbeat.beat, [OSError("nothing can be written"), OSError("still")]

    async def fails(who):
        if left:
            raise left.pop(0)
        await real(who)

    monkeypatch.setattr(heartbeat, "beat", fails)
    ulp = await a_unit()
    await a_task(ulp)
    # when it works
    async with background(main.work(redis_url)):
        await becomes(_nothing_waits)
        await becomes(_one_worker)
    # then it has said so once
    assert (await figures_of(ulp.path))["tasks"] == 1
    said = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert said == ["no heartbeat, the next is tried soon: OSError: nothing can be written"]


async def _nothing_waits() -> bool:
    return await pending() == 0


async def test_a_failed_step_is_noted_with_its_error_and_those_after_it_are_done(monkeypatch):
    async def fails():
        raise LookupError("no such day\nsecret detail")

    monkeypatch.setattr(completion, "snapshot", fails)
    with pytest.raises(ExceptionGroup):
        await jobs.minute({})
    failed, well = await a_row("snapshot"), await a_row("ladder")
    assert (failed["error"], failed["failures"], failed["succeeded_at"]) == (
        "LookupError: no such day",
        1,
        None,
    )
    assert failed["ended_at"] is not None
    assert (well["error"], well["failures"]) == (None, 0)
    assert well["succeeded_at"] is not None


async def test_a_step_that_is_stopped_half_way_has_not_ended(monkeypatch):
    begun = asyncio.Event()

    async def goes_on():
        begun.set()
        await asyncio.sleep(60)

    monkeypatch.setattr(reminder, "run", goes_on)
    async with background(jobs.minute({})):
        await begun.wait()
    row = await a_row("ladder")
    assert row["started_at"] is not None
    assert row["run_id"] is not None
    assert row["ended_at"] is None


async def test_where_nothing_can_be_noted_the_steps_are_done_all_the_same(database_url, monkeypatch, caplog):
    monkeypatch.setattr(steps, "NOTING_SECONDS", 0.1)
    ulp = await a_unit()
    await a_task(ulp)
    async with locked(database_url, "job_run"):
        await jobs.minute({})
        assert await pending() == 0
    assert (await figures_of(ulp.path))["tasks"] == 1
    assert "a run could not be noted: TimeoutError" in caplog.text
    assert await a_row("ladder") is None


async def test_a_wake_up_notes_nothing():
    await a_unit()
    await jobs.wake({})
    assert await pending() == 0
    assert await a_row("relay") is None
