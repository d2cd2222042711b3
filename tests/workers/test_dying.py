"""A job that dies half-way leaves everything for the next: by an error, by a stop, by kill -9."""

import asyncio
import logging
from contextlib import asynccontextmanager
from datetime import timedelta

import asyncpg
import pytest

from jejak.domain import clock, completion, db, recurrence, reminder
from jejak.domain.tables.notice import Notice
from jejak.domain.tables.rollout import Rollout
from jejak.domain.tables.task import Task
from jejak.domain.vocabulary import Role, UnitKind
from jejak.workers import main
from tests.cli.conftest import _pycache, shell  # noqa: F401 -- fixtures
from tests.factories import a_person, a_recurrence, a_task, a_unit
from tests.figures import figures_of
from tests.moments import MONDAY, go_to
from tests.refusals import unchanged
from tests.sql import waiting
from tests.workers.conftest import background, becomes, pending

MOST_CONNECTIONS = 20  # of the fixture `database`


@asynccontextmanager
async def completion_locked(url: str):
    """Whoever recomputes completion now waits in the middle of its transaction."""
    connection = await asyncpg.connect(dsn=url)
    try:
        await connection.execute("select pg_advisory_lock($1)", int(db.Lock.COMPLETION))
        yield
    finally:
        await connection.close()


async def somebody_waits() -> bool:
    return await waiting(db.Lock.COMPLETION) > 0


async def test_relay_that_fails_in_the_middle_is_logged_and_done_by_the_next(
    queue, burst, monkeypatch, caplog
):
    ulp = await a_unit()
    await a_task(ulp)
    real, left = completion.recompute, [OSError("the disk is full")]

    async def fails_once(*args):
        await real(*args)
        if left:
            raise left.pop()

    monkeypatch.setattr(completion, "recompute", fails_once)
    await queue.enqueue_job("relay")
    async with unchanged():
        assert await burst() == 1
    assert "the disk is full" in caplog.text
    await queue.enqueue_job("relay")
    assert await burst() == 0
    assert await pending() == 0
    assert (await figures_of(ulp.path))["tasks"] == 1


async def test_connections_that_are_cut_in_the_middle_do_not_use_up_the_pool(queue, burst, monkeypatch):
    """As when the database is started anew under load."""
    ulp = await a_unit()
    await a_task(ulp)
    real = completion.recompute

    async def is_cut_off(*args):
        await db.execute("select pg_terminate_backend(pg_backend_pid())")

    monkeypatch.setattr(completion, "recompute", is_cut_off)
    for _ in range(40):  # some of them find that another holds all there is
        await queue.enqueue_job("relay")
    assert await burst() > MOST_CONNECTIONS
    monkeypatch.setattr(completion, "recompute", real)
    await queue.enqueue_job("relay")
    async with asyncio.timeout(5):
        assert await burst() == 0
    assert (await figures_of(ulp.path))["tasks"] == 1


async def test_a_connection_that_is_cut_while_valkey_is_away_is_no_end(monkeypatch):
    """One task does everything then, the next time too."""
    monkeypatch.setattr(main, "RETRY_SECONDS", 0.05)
    ulp = await a_unit()
    await a_task(ulp)
    real, left = completion.recompute, [True]

    async def is_cut_off_once(*args):
        if left:
            left.clear()
            await db.execute("select pg_terminate_backend(pg_backend_pid())")
        await real(*args)

    monkeypatch.setattr(completion, "recompute", is_cut_off_once)
    async with background(main.work("redis://127.0.0.1:1")):
        await becomes(_nothing_waits)
    assert (await figures_of(ulp.path))["tasks"] == 1


async def test_minute_that_fails_before_its_end_is_made_up_for(queue, burst, monkeypatch):
    # Given a task whose reminder is due
    go_to(MONDAY)
    ulp = await a_unit()
    await a_task(ulp, due_on=MONDAY + timedelta(days=1))
    real = reminder.run

    async def fails():
        await real()
        raise OSError

    # When the job fails after its last step, and is run again
    monkeypatch.setattr(reminder, "run", fails)
    await queue.enqueue_job("minute")
    assert await burst() == 1
    monkeypatch.setattr(reminder, "run", real)
    await queue.enqueue_job("minute")
    assert await burst() == 0
    # Then nothing is missing and nothing is said twice
    assert await Notice.count() == 1
    assert (await figures_of(ulp.path))["tasks"] == 1


async def test_stopped_in_the_middle_it_is_done_by_the_next_without_a_warning(
    database_url, redis_url, monkeypatch, caplog
):
    # Given a worker in the middle of its work, which does not end soon
    monkeypatch.setattr(main, "PATIENCE_SECONDS", 0.1)
    ulp = await a_unit()
    await a_task(ulp)
    before = await pending()
    async with completion_locked(database_url):
        async with background(main.work(redis_url)):
            await becomes(somebody_waits)
        # When it is stopped, then nothing of it is done
        assert await pending() == before
    # And the next one does all of it
    async with background(main.work(redis_url)):
        await becomes(_nothing_waits)
    assert (await figures_of(ulp.path))["tasks"] == 1
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_killed_in_the_middle_everything_is_done_by_the_next(shell, database_url, redis_url):  # noqa: F811
    # Given a worker that has taken every event and not yet committed
    ulp = await a_unit()
    for _ in range(3):
        await a_task(ulp)
    before = await pending()
    urls = {"DATABASE_URL": database_url, "REDIS_URL": redis_url}
    async with completion_locked(database_url):
        with shell.started("worker", **urls) as process:
            await becomes(somebody_waits, 30)
            # When it is killed
            process.kill()
        assert await pending() == before
    # Then another has it done in no time
    with shell.started("worker", **urls) as process:
        await asyncio.to_thread(process.says, "(The worker is up)")
        await becomes(lambda: _done(ulp), 10)
        ended = await asyncio.to_thread(process.stop)
    assert (ended.code, ended.err) == (0, "")
    figures = await figures_of(ulp.path)
    await completion.recompute_all()
    assert await figures_of(ulp.path) == figures
    assert figures["tasks"] == 3


async def test_killed_while_it_makes_an_occurrence_the_next_makes_it_once(shell, database_url, redis_url):  # noqa: F811
    # Given a worker that has begun to make an occurrence, and waits for one of its units
    up3 = await a_unit(UnitKind.UP3)
    ulp = await a_unit(UnitKind.ULP, up3)
    await a_person(Role.CONTRIBUTOR, ulp, ranger=True)
    await a_recurrence(up3, rule="FREQ=DAILY;COUNT=1", start_on=clock.today(up3.timezone) + timedelta(days=5))
    urls = {"DATABASE_URL": database_url, "REDIS_URL": redis_url}
    async with db.connection() as other, other.transaction():
        await other.execute("select from unit where id = $1 for update", ulp.id)
        with shell.started("worker", **urls) as process:
            await becomes(_somebody_waits_for_a_row, 30)
            # When it is killed
            process.kill()
    # Then nothing of it is there
    assert await Rollout.count() == 0
    # And another makes it, once
    with shell.started("worker", **urls) as process:
        await becomes(_made_once, 30)
        assert (await asyncio.to_thread(process.stop)).code == 0
    await recurrence.run()
    assert (await Rollout.count(), await Task.count()) == (1, 1)


async def _somebody_waits_for_a_row() -> bool:
    return await waiting() > 0


async def _made_once() -> bool:
    return await Task.count() == 1


async def _done(unit) -> bool:
    return await pending() == 0 and (await figures_of(unit.path))["tasks"] == 3


async def test_a_worker_that_fails_itself_is_started_again(redis_url, monkeypatch, caplog):
    ulp = await a_unit()
    await a_task(ulp)
    real, left = main.worker, [LookupError("nobody foresaw this")]

    def fails_once(redis):
        made = real(redis)
        if left:

            async def breaks():
                raise left.pop()

            made.async_run = breaks
        return made

    monkeypatch.setattr(main, "worker", fails_once)
    monkeypatch.setattr(main, "RETRY_SECONDS", 0.1)
    async with background(main.work(redis_url)) as task:
        await becomes(_nothing_waits)
        assert not task.done()
    assert "nobody foresaw this" in caplog.text


async def _nothing_waits() -> bool:
    return await pending() == 0


@pytest.mark.parametrize("answer", ["closes", "is silent"])
async def test_a_valkey_that_does_not_answer_is_no_end(answer, monkeypatch, caplog):
    """As behind a proxy whose server is gone."""
    monkeypatch.setattr(main, "RETRY_SECONDS", 0.05)
    monkeypatch.setattr(main, "SILENCE_SECONDS", 0.1)

    async def serve(_reader, writer):
        if answer == "is silent":
            await asyncio.sleep(30)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with background(main.work(f"redis://127.0.0.1:{port}")) as task:
        await becomes(lambda: _warned_twice(caplog))
        assert not task.done()
    server.close()


async def _warned_twice(caplog) -> bool:
    return caplog.text.count("Valkey is out of reach") >= 2
