"""R13's other end: what is committed is never lost, whatever dies."""

import asyncio

import pytest

from jejak.domain import completion, db, feed, relay
from jejak.domain.tables.event import PendingEvent
from jejak.domain.vocabulary import TaskStatus
from tests.factories import a_task, a_unit
from tests.figures import figures_of
from tests.refusals import dump, unchanged


async def test_every_event_is_carried_on_once():
    ulp = await a_unit()
    await a_task(ulp, status=TaskStatus.VERIFIED)
    pending = await PendingEvent.count()
    assert pending > 3
    assert await relay.drain() == pending
    assert await PendingEvent.count() == 0
    assert (await figures_of(ulp.path))["verified_tasks"] == 1
    async with unchanged():
        assert await relay.drain() == 0


async def test_more_than_a_batch_is_carried_on(monkeypatch):
    monkeypatch.setattr(relay, "BATCH", 2)
    ulp = await a_unit()
    await a_task(ulp)
    pending = await PendingEvent.count()
    assert await relay.drain() == pending > 2
    assert (await figures_of(ulp.path))["tasks"] == 1


async def test_a_batch_is_no_larger_however_the_statement_is_planned(database_url, monkeypatch):
    # given the plan that PostgreSQL takes where it believes the table to be next to empty
    await db.close()
    nested = ("hashjoin", "mergejoin", "hashagg", "sort", "material")
    await db.connect(
        database_url, server_settings={"timezone": "UTC"} | {f"enable_{name}": "off" for name in nested}
    )
    monkeypatch.setattr(relay, "BATCH", 2)
    await a_task(await a_unit())
    await db.execute("analyze pending_event")
    pending = await PendingEvent.count()
    taken, real = [], feed.carry

    async def told(event_ids):
        taken.append(len(event_ids))
        await real(event_ids)

    monkeypatch.setattr(feed, "carry", told)
    # when
    await relay.drain()
    # then
    assert sum(taken) == pending > 4
    assert max(taken) == 2


async def test_a_worker_that_dies_half_way_leaves_everything_for_the_next(monkeypatch):
    # Given a worker that dies after its batch was taken, before its commit
    ulp = await a_unit()
    await a_task(ulp)
    real, left = completion.recompute, [ConnectionError("killed")]

    async def dies_once(*args):
        await real(*args)
        if left:
            raise left.pop()

    monkeypatch.setattr(completion, "recompute", dies_once)
    async with unchanged():
        with pytest.raises(ConnectionError):
            await relay.drain()
    # When the next one comes, then nothing is missing
    await relay.drain()
    assert await PendingEvent.count() == 0
    assert (await figures_of(ulp.path))["tasks"] == 1


async def test_a_worker_that_dies_in_its_second_batch_has_kept_the_first(monkeypatch):
    monkeypatch.setattr(relay, "BATCH", 1)
    ulp = await a_unit()
    await a_task(ulp)
    pending = await PendingEvent.count()
    real, calls = completion.recompute, []

    async def dies_the_second_time(*args):
        calls.append(args)
        if len(calls) == 2:
            raise ConnectionError("killed")
        await real(*args)

    monkeypatch.setattr(completion, "recompute", dies_the_second_time)
    with pytest.raises(ConnectionError):
        await relay.drain()
    assert await PendingEvent.count() == pending - 1
    assert await relay.drain() == pending - 1
    assert (await figures_of(ulp.path))["tasks"] == 1


async def test_any_number_of_workers_carry_every_event_on_once():
    await completion.recompute_all()
    ulps = [await a_unit() for _ in range(4)]
    for ulp in ulps:
        await a_task(ulp, status=TaskStatus.VERIFIED)
    pending = await PendingEvent.count()
    carried = await asyncio.gather(*(relay.drain() for _ in range(6)))
    assert sum(carried) == pending
    found = await dump()
    await completion.recompute_all()
    assert await dump() == found
    assert (await figures_of("HQ/"))["verified_tasks"] == 4


async def test_an_event_that_is_not_yet_committed_is_not_passed_over():
    """An event with a lower number may commit after a higher one: a cursor would lose it."""
    early, late = await a_unit(), await a_unit()
    await relay.drain()
    inside, goes_on = asyncio.Event(), asyncio.Event()

    async def slowly():
        async with db.transaction():
            await db.execute(
                "with e as (insert into event (nth, at, kind, subject_type, subject_id, unit_id) values (99, now(), 'x', 'unit', $1, $1) returning id)"
                " insert into pending_event select id from e",
                early.id,
            )
            inside.set()
            await goes_on.wait()

    slow = asyncio.create_task(slowly())
    await asyncio.wait_for(inside.wait(), timeout=10)
    await a_task(late)
    assert await relay.drain() > 0
    goes_on.set()
    await slow
    assert await relay.drain() == 1
