"""The feed: what is written to it, with what, and in which order it becomes visible."""

import asyncio
from contextvars import copy_context
from datetime import timedelta

import asyncpg
import pytest

from jejak.domain import completion, db, feed, person, relay, reminder, unit
from jejak.domain.access import SYSTEM
from jejak.domain.person import RevokeRole
from jejak.domain.tables.feed import Feed
from jejak.domain.tables.notice import Notice
from jejak.domain.tables.person import Membership
from jejak.domain.unit import MoveUnit
from jejak.domain.vocabulary import JourneyStatus, Role, TaskStatus, Topic, UnitKind
from tests.factories import a_journey, a_person, a_task, a_unit
from tests.moments import MONDAY, go_to
from tests.refusals import unchanged
from tests.sql import waiting


async def entries(topic=None) -> list[tuple[str, str | None]]:
    rows = await Feed.objects().order_by(Feed.position)
    return [(row.topic, row.kind) for row in rows if topic in {None, row.topic}]


async def test_each_event_of_a_task_is_an_entry_in_its_order():
    made = await a_task(status=TaskStatus.RETURNED)
    await relay.drain()
    assert await entries("TASK") == [
        ("TASK", "task.created"),
        ("TASK", "task.evidence_added"),
        ("TASK", "task.submitted"),
        ("TASK", "task.returned"),
    ]
    rows = await Feed.objects().where(Feed.topic == Topic.TASK)
    assert {(row.subject_id, row.unit_id) for row in rows} == {(made.id, made.unit_id)}


async def test_a_pain_point_is_an_entry_of_its_journey():
    made = await a_journey(status=JourneyStatus.SUBMITTED)
    await relay.drain()
    kinds = [kind for _, kind in await entries("JOURNEY")]
    assert sorted(kinds) == ["journey.captured", "journey.submitted", "pain_point.recorded"]
    rows = await Feed.objects().where(Feed.topic == Topic.JOURNEY)
    assert {row.subject_id for row in rows} == {made.id}


async def test_roles_and_moves_are_entries_for_those_who_look_on():
    who = await a_person(Role.VIEWER)
    held = await Membership.objects().get(Membership.person_id == who.id)
    await person.revoke(SYSTEM, RevokeRole(held.id))
    ulp, new = await a_unit(), await a_unit(UnitKind.UP3)
    await unit.move(SYSTEM, MoveUnit(ulp.id, new.id, ulp.version))
    await relay.drain()
    assert await entries("PERSON") == [("PERSON", "person.role_granted"), ("PERSON", "person.role_revoked")]
    assert await entries("UNIT") == [("UNIT", "unit.moved")]


async def test_only_units_whose_rows_change_are_told():
    await completion.recompute_all()
    await db.execute("delete from feed")
    one = await a_unit()
    await a_unit()
    await a_task(one)
    await relay.drain()
    await db.execute("delete from feed")
    await a_task(one)
    await relay.drain()
    rows = await Feed.objects().where(Feed.topic == Topic.COMPLETION)
    assert [row.unit_id for row in rows] == [one.id]
    async with unchanged():
        await completion.recompute_all()


async def test_rows_that_go_are_told():
    ulp = await a_unit()
    await relay.drain()
    await db.execute("delete from feed")
    await unit.close(SYSTEM, unit.CloseUnit(ulp.id, ulp.version))
    await relay.drain()
    rows = await Feed.objects().where(Feed.topic == Topic.COMPLETION)
    assert [row.unit_id for row in rows] == [ulp.id]


async def test_other_weights_are_told_for_every_unit():
    await relay.drain()
    await db.execute("delete from feed")
    async with db.transaction():
        await db.execute(
            "with e as (insert into event (nth, at, kind, subject_type, subject_id) select 99, now(), 'programme.loaded', 'programme', id from programme returning id)"
            " insert into pending_event select id from e"
        )
    await relay.drain()
    told = {row.unit_id for row in await Feed.objects().where(Feed.topic == Topic.COMPLETION)}
    assert told == {row.id for row in await unit.Unit.objects()}


async def test_each_notice_is_an_entry_for_its_person():
    go_to(MONDAY)
    await a_task(due_on=MONDAY + timedelta(days=1))
    assert await reminder.run() == 1
    notice = await Notice.objects().first()
    [entry] = await Feed.objects().where(Feed.topic == Topic.NOTICE)
    assert (entry.subject_id, entry.person_id, entry.unit_id) == (notice.id, notice.person_id, None)
    async with unchanged():
        assert await reminder.run() == 0


@pytest.mark.parametrize("dies", ["carry", "completion_changed"])
async def test_a_relay_that_dies_half_way_has_told_nothing_and_the_next_tells_once(monkeypatch, dies):
    await a_task()
    real = getattr(feed, dies)

    async def dying(about):
        await real(about)
        raise ConnectionError("killed")

    monkeypatch.setattr(feed, dies, dying)
    async with unchanged():
        with pytest.raises(ConnectionError):
            await relay.drain()
    monkeypatch.setattr(feed, dies, real)
    await relay.drain()
    assert await entries("TASK") == [("TASK", "task.created")]
    async with unchanged():
        await relay.drain()


async def test_any_number_of_relays_tell_everything_once():
    for _ in range(3):
        await a_task(status=TaskStatus.VERIFIED)
    await asyncio.gather(*(relay.drain() for _ in range(5)))
    assert len(await entries("TASK")) == await db.fetchval(
        "select count(*) from event where subject_type = 'task'"
    )


async def test_a_relay_that_is_slow_is_not_overtaken_by_another(monkeypatch):
    """A role that is granted is told before what happens next, whoever carries it on."""
    monkeypatch.setattr(relay, "BATCH", 1)
    unit_ = await a_unit()
    await relay.drain()
    await a_task(unit_)
    events = await db.fetchval("select count(*) from pending_event")
    real, others, outside = completion.recompute, [], copy_context()

    async def slow(*args):
        if not others:
            # Given a relay that has taken the first event, and another that comes meanwhile
            others.append(asyncio.create_task(relay.drain(), context=outside))
            async with asyncio.timeout(10):
                while not others[0].done() and not await waiting(db.Lock.RELAY):
                    await asyncio.sleep(0.01)
        await real(*args)

    monkeypatch.setattr(completion, "recompute", slow)
    carried = await relay.drain() + await others[0]
    assert carried == events
    told = await db.fetch("select kind from feed where kind is not null order by position")
    happened = await db.fetch("select kind from event where subject_type in ('task', 'person') order by id")
    assert [row["kind"] for row in told] == [row["kind"] for row in happened]


async def test_a_reader_between_two_writers_passes_nothing_over(database):
    """Positions become visible in their order, however long a writer takes to its commit."""
    people = [await a_person(None) for _ in range(2)]
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with db.transaction():
            await feed.sight_changed(people[0].id)
            inside.set()
            await go_on.wait()

    async def fast() -> None:
        await inside.wait()
        async with db.transaction():
            await feed.sight_changed(people[1].id)

    # Given a writer that has written and not committed, and another that comes after it
    writers = [asyncio.create_task(slow()), asyncio.create_task(fast())]
    await inside.wait()
    position = await feed.latest()
    seen = []
    async with asyncio.timeout(10):
        while not await waiting(db.Lock.FEED):
            seen += await feed.after(position)
    # Then the reader sees neither, and afterwards both in their order
    assert seen == []
    go_on.set()
    await asyncio.gather(*writers)
    found = await feed.after(position)
    assert [change.person_id for change in found] == [one.id for one in people]


async def test_a_reader_who_looks_all_the_time_misses_nothing():
    person_ = await a_person(None)

    async def write() -> None:
        for _ in range(20):
            async with db.transaction():
                await feed.sight_changed(person_.id)

    writers = asyncio.gather(*(write() for _ in range(6)))
    seen, position = [], 0
    while not (writers.done() and position == await feed.latest()):
        for change in await feed.after(position):
            seen.append(change.position)
            position = change.position
    await writers
    rows = await db.fetch("select position from feed order by position")
    assert seen == [row["position"] for row in rows]
    assert len(seen) == 120


async def test_a_notification_comes_with_the_commit_and_not_with_a_rollback(database):
    who = await a_person(None)
    heard = []
    listener = await asyncpg.connect(dsn=database)
    try:
        await listener.add_listener(feed.CHANNEL, lambda *_: heard.append(1))
        with pytest.raises(ZeroDivisionError):
            await _fail_after_telling(who)
        await listener.execute("select 1")
        assert heard == []
        async with db.transaction():
            await feed.sight_changed(who.id)
        async with asyncio.timeout(10):
            while not heard:
                await listener.execute("select 1")
    finally:
        await listener.close()


async def _fail_after_telling(who) -> None:
    async with db.transaction():
        await feed.sight_changed(who.id)
        raise ZeroDivisionError
