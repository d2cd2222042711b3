"""R6: the ladder as data: versions, a region's own, and which due dates follow which."""

import asyncio
from datetime import timedelta

import orjson
import pytest

from jejak.domain import db, ladder, task
from jejak.domain.access import SYSTEM
from jejak.domain.errors import Code, Refused
from jejak.domain.event_kind import EventKind
from jejak.domain.ladder import NewRung, UpdateReminderRules
from jejak.domain.tables.event import Event
from jejak.domain.tables.notice import Ladder, Reminder, Rung
from jejak.domain.task import UpdateTask
from jejak.domain.vocabulary import Audience, Role, UnitKind
from tests.factories import a_task, a_unit, a_viewer, reference_unit
from tests.moments import MONDAY, go_to
from tests.refusals import refused, unchanged
from tests.sql import waiting

DUE = MONDAY + timedelta(days=14)
OWN = [NewRung(-2, Audience.OWNER), NewRung(2, Audience.UNIT)]
ANOTHER = [NewRung(1, Audience.HEADQUARTERS)]


async def planned(unit) -> set[tuple[int, str]]:
    """For a task that is new."""
    made = await a_task(unit, due_on=DUE)
    rows = await Reminder.objects().where(Reminder.task_id == made.id)
    return {(row.offset_days, row.audience) for row in rows}


DEFAULT = {
    *((n, "OWNER") for n in (-7, -3, -1, 0, 1)),
    (3, "UNIT"), (3, "UP3"), (7, "REGION"), (14, "HEADQUARTERS"),
}  # fmt: skip


async def test_a_regions_own_rules_hold_there_and_below_and_nowhere_else():
    go_to(MONDAY)
    region = await reference_unit("JATIM")
    await ladder.update(SYSTEM, UpdateReminderRules(region.id, 1, OWN))
    ulp = await a_unit()
    beside = await a_unit(UnitKind.UP3, await reference_unit("BALI"))
    assert await planned(region) == await planned(ulp) == {(-2, "OWNER"), (2, "UNIT")}
    assert await planned(beside) == await planned(await reference_unit("HQ")) == DEFAULT
    # Whatever the whole programme has since
    await ladder.update(SYSTEM, UpdateReminderRules((await reference_unit("HQ")).id, 1, ANOTHER))
    assert await planned(ulp) == {(-2, "OWNER"), (2, "UNIT")}
    assert await planned(beside) == {(1, "HEADQUARTERS")}
    # Until the region gives them up
    await ladder.update(SYSTEM, UpdateReminderRules(region.id, 2, inherit=True))
    assert await planned(ulp) == {(1, "HEADQUARTERS")}
    # And every version is kept
    kept = [
        (row.version, row.unit_id, row.inherits) for row in await Ladder.objects().order_by(Ladder.version)
    ]
    assert kept == [(1, None, False), (2, region.id, False), (3, None, False), (4, region.id, True)]
    assert await Rung.count() == len(DEFAULT) + len(OWN) + len(ANOTHER)


async def test_a_task_follows_the_rules_as_they_stood_until_it_has_another_due_date():
    go_to(MONDAY)
    unit = await a_unit()
    given = await a_task(unit, due_on=DUE)
    await ladder.update(SYSTEM, UpdateReminderRules((await reference_unit("HQ")).id, 1, OWN, 9, 8))
    assert await Reminder.count().where(Reminder.task_id == given.id) == len(DEFAULT)
    assert await ladder.limits(given.id, DUE, unit.id) == (5, 3)
    manager = await a_viewer(Role.MANAGER, unit)
    later = DUE + timedelta(days=7)
    await task.update(manager, UpdateTask(given.id, given.version, due_on=later))
    assert await Reminder.count().where(Reminder.task_id == given.id) == len(OWN)
    assert await ladder.limits(given.id, later, unit.id) == (9, 8)


async def test_a_change_is_told_in_the_history_of_where_it_is_kept():
    manager = await a_viewer(Role.MANAGER, region := await reference_unit("JATIM"))
    await ladder.update(manager, UpdateReminderRules(region.id, 1, OWN, snooze_limit_days=2))
    (told,) = await Event.objects().where(Event.kind == EventKind.UNIT_REMINDER_RULES_UPDATED)
    assert (told.actor_id, told.subject_id, told.unit_id) == (manager.person_id, region.id, region.id)
    before, after = orjson.loads(told.before), orjson.loads(told.after)
    assert (before["version"], after["version"], len(before["rungs"])) == (1, 2, len(DEFAULT))
    assert after["rungs"] == [
        {"offset_days": -2, "audience": "OWNER"},
        {"offset_days": 2, "audience": "UNIT"},
    ]
    assert (after["snooze_limit_days"], after["acknowledge_days"]) == (2, 3)
    # What is no change leaves no version
    async with unchanged():
        await ladder.update(manager, UpdateReminderRules(region.id, 2, list(reversed(OWN))))


async def test_of_two_at_once_the_second_is_stale():
    root = await reference_unit("HQ")
    done = await asyncio.gather(
        *(
            asyncio.create_task(ladder.update(SYSTEM, UpdateReminderRules(root.id, 1, OWN, n)))
            for n in range(3)
        ),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in done) == ["Refused", "Refused", "Unit"]
    assert {one.code for one in done if isinstance(one, Refused)} == {Code.STALE}
    assert await Ladder.count() == 2


async def test_while_units_are_planned_anew_a_change_waits_and_holds_nothing_that_planning_needs():
    root = await reference_unit("HQ")
    async with db.connection() as planning, planning.transaction():
        await planning.execute("select pg_advisory_xact_lock($1)", int(db.Lock.REMINDERS))
        changing = asyncio.create_task(ladder.update(SYSTEM, UpdateReminderRules(root.id, 1, OWN)))
        async with asyncio.timeout(10):
            while not await waiting():
                await asyncio.sleep(0.01)
        # Fails at once where it is held
        await planning.execute("select from unit where id = $1 for no key update nowait", root.id)
    await changing
    assert await Ladder.count() == 2


async def test_the_first_of_a_regions_own_names_the_programmes_version():
    region = await reference_unit("JATIM")
    await ladder.update(SYSTEM, UpdateReminderRules((await reference_unit("HQ")).id, 1, ANOTHER))
    async with refused(Code.STALE, "expected_version"):
        await ladder.update(SYSTEM, UpdateReminderRules(region.id, 1, OWN))
    await ladder.update(SYSTEM, UpdateReminderRules(region.id, 2, OWN))
    # To give up what one does not have is no change
    async with unchanged():
        other = await reference_unit("BALI")
        await ladder.update(SYSTEM, UpdateReminderRules(other.id, 2, inherit=True))


@pytest.mark.parametrize(
    ("rungs", "code", "path"),
    [
        ([], Code.REQUIRED, ("rungs",)),
        ([NewRung(n, Audience.OWNER) for n in range(31)], Code.TOO_MANY, ("rungs",)),
        ([NewRung(-61, Audience.OWNER)], Code.OUT_OF_RANGE, ("rungs", 0, "offset_days")),
        ([*OWN, NewRung(61, Audience.REGION)], Code.OUT_OF_RANGE, ("rungs", 2, "offset_days")),
        ([NewRung(0, Audience.UNIT)], Code.OUT_OF_RANGE, ("rungs", 0, "offset_days")),
        ([*OWN, NewRung(2, Audience.UNIT)], Code.TAKEN, ("rungs", 2)),
    ],
)
async def test_a_ladder_is_made_of_rungs_that_can_be(rungs, code, path):
    root = await reference_unit("HQ")
    async with refused(code, *path):
        await ladder.update(SYSTEM, UpdateReminderRules(root.id, 1, rungs))


async def test_rules_are_kept_at_headquarters_and_at_regions():
    root, up3 = await reference_unit("HQ"), await a_unit(UnitKind.UP3)
    async with refused(Code.INVALID_KIND, "unit_id"):
        await ladder.update(SYSTEM, UpdateReminderRules(up3.id, 1, OWN))
    async with refused(Code.INVALID_KIND, "inherit"):
        await ladder.update(SYSTEM, UpdateReminderRules(root.id, 1, inherit=True))
    async with refused(Code.OUT_OF_RANGE, "acknowledge_days"):
        await ladder.update(SYSTEM, UpdateReminderRules(root.id, 1, OWN, acknowledge_days=0))


async def test_as_many_rungs_as_there_may_be_hold():
    root = await reference_unit("HQ")
    most = [NewRung(n, Audience.OWNER) for n in (-60, *range(28), 60)]
    await ladder.update(SYSTEM, UpdateReminderRules(root.id, 1, most, 0, 60))
    found = await db.fetchrow("select snooze_limit_days, acknowledge_days from ladder where version = 2")
    assert tuple(found) == (0, 60)
