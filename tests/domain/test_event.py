"""R13: history."""

import asyncio

import asyncpg
import orjson
import pytest

from jejak.domain import clock, db, event, task
from jejak.domain.access import SERVICE
from jejak.domain.errors import Code
from jejak.domain.event_kind import EventKind
from jejak.domain.tables.event import Event, PendingEvent
from jejak.domain.task import ReportProgress, UpdateTask
from jejak.domain.vocabulary import Role
from tests.factories import a_task, a_unit, a_viewer, in_working_days
from tests.refusals import refused, unchanged


@pytest.mark.parametrize(
    "sql",
    ["update event set kind = 'other'", "delete from event", "update event set at = now() where id = 1"],
)
async def test_events_are_append_only(sql):
    await a_unit()
    await db.execute("delete from pending_event")
    async with unchanged():
        with pytest.raises(asyncpg.RaiseError, match="append-only"):
            await db.execute(
                sql
                if "where" not in sql
                else sql.replace("1", str(await db.fetchval("select max(id) from event")))
            )


async def test_an_event_says_who_when_what_before_and_after():
    unit = await a_unit()
    manager, given = await a_viewer(Role.MANAGER, unit), await a_task(unit, weight=1)
    due = in_working_days(unit, 20)
    before = clock.now()
    await task.update(manager, UpdateTask(given.id, given.version, weight=9, title=given.title, due_on=due))
    last = (
        await Event.objects().where(Event.subject_id == given.id).order_by(Event.id, ascending=False).first()
    )
    assert before <= last.at <= clock.now()
    assert (last.actor_id, last.kind, last.subject_type, last.unit_id) == (
        manager.person_id,
        "task.updated",
        "task",
        unit.id,
    )
    # Only what differs: the title was the same
    assert orjson.loads(last.before) == {"weight": 1, "due_on": given.due_on.isoformat()}
    assert orjson.loads(last.after) == {"weight": 9, "due_on": due.isoformat()}


async def test_an_event_waits_for_the_relay_from_its_own_commit_on():
    await a_unit()
    assert await PendingEvent.count() == await Event.count()


async def test_what_is_rolled_back_was_never_recorded_nor_announced():
    unit = await a_unit()
    heard = []
    event.on_commit(listener := lambda: heard.append(1))
    try:
        async with unchanged():
            with pytest.raises(RuntimeError, match="afterwards"):
                await _append_and_fail(unit)
        assert heard == []
    finally:
        event.forget(listener)


async def _append_and_fail(unit) -> None:
    async with db.transaction():
        await event.append(SERVICE, EventKind.UNIT_UPDATED, ("unit", unit.id), unit.id)
        raise RuntimeError("afterwards")


async def test_a_commit_wakes_once_however_many_events_it_held_and_only_after_it():
    unit = await a_unit()
    seen = []

    async def visible() -> int:
        return await db.fetchval("select count(*) from event where kind = 'unit.updated'")

    event.on_commit(listener := lambda: seen.append(asyncio.ensure_future(visible())))
    try:
        async with db.transaction():
            for _ in range(3):
                await event.append(SERVICE, EventKind.UNIT_UPDATED, ("unit", unit.id), unit.id)
            assert seen == []
        assert await asyncio.gather(*seen) == [3]
    finally:
        event.forget(listener)


async def test_a_listener_that_fails_harms_neither_the_change_nor_its_fellows(caplog):
    heard = []

    def fails() -> None:
        raise ConnectionError("Valkey is gone")

    event.on_commit(fails)
    event.on_commit(listener := lambda: heard.append(1))
    try:
        unit = await a_unit()
    finally:
        event.forget(fails)
        event.forget(listener)
    assert unit.version == 1
    assert heard
    assert "after-commit callback failed" in caplog.text


async def test_a_refused_change_wakes_nobody():
    unit = await a_unit()
    viewer, given = await a_viewer(Role.CONTRIBUTOR, unit), await a_task(unit)
    heard = []
    event.on_commit(listener := lambda: heard.append(1))
    try:
        async with refused(Code.STALE, "expected_version"):
            await task.report(viewer, ReportProgress(given.id, 7, 10))
    finally:
        event.forget(listener)
    assert heard == []
