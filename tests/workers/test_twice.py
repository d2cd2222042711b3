"""Every job may run twice, or at once on several workers, and the outcome is the same."""

import asyncio
from collections import Counter
from datetime import timedelta

from jejak.domain import completion, db, relay
from jejak.domain.tables.notice import Digest
from jejak.domain.vocabulary import TaskStatus
from tests.factories import a_person, a_task, a_unit
from tests.figures import figures_of
from tests.moments import MONDAY, go_to
from tests.refusals import unchanged
from tests.workers.conftest import pending


async def a_unit_at_work():
    """A unit with a task of each kind, one of them overdue, on a Monday morning."""
    go_to(MONDAY)
    ulp = await a_unit()
    owner = await a_person(unit=ulp)
    await a_task(ulp, owner=owner, status=TaskStatus.VERIFIED)
    await a_task(ulp, owner=owner, status=TaskStatus.IN_PROGRESS, due_on=MONDAY + timedelta(days=2))
    await a_task(ulp, owner=owner, due_on=MONDAY + timedelta(days=3))
    go_to(MONDAY + timedelta(days=7))
    return ulp


async def told_in_digests() -> dict[int, int]:
    """How many digests hold so many notices: one with both of the owner's, and each manager's with what is escalated."""
    sizes = await db.fetch("select count(*) as size from notice group by digest_id")
    assert await Digest.count() == len(sizes)
    assert not await Digest.exists().where(Digest.open.eq(True))
    return dict(Counter(row["size"] for row in sizes))


async def test_relay_twice(queue, burst):
    ulp = await a_unit_at_work()
    for _ in range(2):
        await queue.enqueue_job("relay")
    assert await burst() == 0
    assert await pending() == 0
    figures = await figures_of(ulp.path)
    assert (figures["tasks"], figures["verified_tasks"], figures["overdue"]) == (3, 1, 2)
    await queue.enqueue_job("relay")
    async with unchanged():
        assert await burst() == 0


async def test_sweep_twice(queue, burst):
    ulp = await a_unit_at_work()
    await queue.enqueue_job("sweep")
    assert await burst() == 0
    assert (await figures_of(ulp.path))["tasks"] == 3
    await queue.enqueue_job("sweep")
    async with unchanged():
        assert await burst() == 0


async def test_minute_twice(queue, burst):
    ulp = await a_unit_at_work()
    await queue.enqueue_job("minute")
    assert await burst() == 0
    # Both overdue tasks are in the figures and in one digest, and the day before is kept
    assert await pending() == 0
    assert (await figures_of(ulp.path))["overdue"] == 2
    assert await told_in_digests() == {2: 1, 1: 3}
    yesterday = (MONDAY + timedelta(days=6),)
    assert [tuple(row) for row in await db.fetch("select distinct day from completion_snapshot")] == [
        yesterday
    ]
    await queue.enqueue_job("minute")
    async with unchanged():
        assert await burst() == 0


async def test_all_at_once_on_two_workers(queue, burst, monkeypatch):
    monkeypatch.setattr(relay, "BATCH", 2)
    ulp = await a_unit_at_work()
    for name in ("minute", "relay", "sweep") * 4:
        await queue.enqueue_job(name)
    assert await asyncio.gather(burst(), burst()) == [0, 0]
    assert await pending() == 0
    assert await told_in_digests() == {2: 1, 1: 3}
    figures = await figures_of(ulp.path)
    await completion.recompute_all()
    assert await figures_of(ulp.path) == figures
    assert (figures["tasks"], figures["verified_tasks"], figures["overdue"]) == (3, 1, 2)
    # What is left in Valkey are arq's marks of regular jobs, which pass
    assert await queue.zcard("arq:queue") == 0
    assert [key for key in await queue.keys() if key.startswith((b"arq:job:", b"arq:result:"))] == []


async def test_hour_twice(queue, burst):
    await a_unit_at_work()
    await queue.enqueue_job("hour")
    assert await burst() == 0
    await queue.enqueue_job("hour")
    async with unchanged():
        assert await burst() == 0
