"""R6: an owner puts off their reminders, for so long and no longer."""

from datetime import date, timedelta

import pytest

from jejak.domain import db, reminder, snooze, task
from jejak.domain.errors import Code
from jejak.domain.event_kind import EventKind
from jejak.domain.snooze import SnoozeReminders
from jejak.domain.tables.event import Event
from jejak.domain.task import UpdateTask
from jejak.domain.vocabulary import Role, TaskStatus
from tests.factories import a_person, a_task, a_unit, a_viewer, viewer_for
from tests.moments import MONDAY, go_to
from tests.refusals import refused, unchanged

DAY = timedelta(days=1)
FRIDAY = MONDAY + 4 * DAY


async def a_task_of_ones_own(due_on: date = FRIDAY, **of_task):
    go_to(MONDAY)
    unit = await a_unit()
    owner = await a_person(Role.CONTRIBUTOR, unit)
    return await a_task(unit, owner=owner, due_on=due_on, **of_task), await viewer_for(owner), unit


async def said() -> list[tuple[str, int, str]]:
    rows = await db.fetch(
        "select r.audience, r.offset_days, n.kind from notice n join reminder r on r.id = n.reminder_id order by 2, 1"
    )
    return [tuple(row) for row in rows]


async def run_on(*days: date) -> None:
    for day in days:
        go_to(day)
        await reminder.run()


async def test_the_owners_rungs_wait_until_the_day_and_are_folded():
    given, owner, _ = await a_task_of_ones_own()
    await snooze.snooze(owner, SnoozeReminders(given.id, FRIDAY))
    await run_on(*(MONDAY + n * DAY for n in range(4)))
    assert await said() == []
    await run_on(FRIDAY)
    assert await said() == [("OWNER", 0, "DUE_TODAY")]
    (told,) = await Event.objects().where(Event.kind == EventKind.TASK_REMINDERS_SNOOZED)
    assert (told.actor_id, told.subject_id, told.after) == (
        owner.person_id,
        given.id,
        f'{{"snoozed_until":"{FRIDAY}"}}',
    )


async def test_the_escalation_does_not_wait():
    given, owner, _ = await a_task_of_ones_own(MONDAY)
    await snooze.snooze(owner, SnoozeReminders(given.id, MONDAY + 7 * DAY))
    await run_on(MONDAY, MONDAY + 3 * DAY)
    assert await said() == [("UNIT", 3, "ESCALATED")]


async def test_the_working_days_of_all_snoozes_of_a_due_date_add_up():
    given, owner, _ = await a_task_of_ones_own(MONDAY + 30 * DAY)
    # Five working days are a week, whatever weekends lie between
    async with refused(Code.SNOOZE_LIMIT, "until"):
        await snooze.snooze(owner, SnoozeReminders(given.id, MONDAY + 8 * DAY))
    await snooze.snooze(owner, SnoozeReminders(given.id, MONDAY + 7 * DAY))
    # What is given back has not been spent
    go_to(MONDAY + DAY)
    await snooze.snooze(owner, SnoozeReminders(given.id, MONDAY + DAY))
    go_to(FRIDAY)
    async with refused(Code.SNOOZE_LIMIT, "until"):
        await snooze.snooze(owner, SnoozeReminders(given.id, FRIDAY + 7 * DAY))
    await snooze.snooze(owner, SnoozeReminders(given.id, FRIDAY + 6 * DAY))
    go_to(FRIDAY + 6 * DAY)
    async with refused(Code.SNOOZE_LIMIT, "until"):
        await snooze.snooze(owner, SnoozeReminders(given.id, FRIDAY + 7 * DAY))


async def test_another_due_date_has_its_own_days_and_is_not_put_off():
    given, owner, unit = await a_task_of_ones_own()
    await snooze.snooze(owner, SnoozeReminders(given.id, MONDAY + 7 * DAY))
    manager = await a_viewer(Role.MANAGER, unit)
    await task.update(manager, UpdateTask(given.id, given.version, due_on=MONDAY + DAY))
    await run_on(MONDAY)
    assert await said() == [("OWNER", -1, "DUE_SOON")]
    await snooze.snooze(owner, SnoozeReminders(given.id, MONDAY + 7 * DAY))


async def test_repeating_a_snooze_changes_nothing():
    given, owner, _ = await a_task_of_ones_own()
    await snooze.snooze(owner, SnoozeReminders(given.id, FRIDAY))
    async with unchanged():
        await snooze.snooze(owner, SnoozeReminders(given.id, FRIDAY))


async def test_only_the_owner_of_what_is_still_to_be_done_may_and_not_for_days_gone_by():
    given, owner, unit = await a_task_of_ones_own()
    manager, stranger = await a_viewer(Role.MANAGER, unit), await a_viewer(Role.MANAGER)
    async with refused(Code.FORBIDDEN, "task_id"):
        await snooze.snooze(manager, SnoozeReminders(given.id, FRIDAY))
    async with refused(Code.NOT_FOUND, "task_id"):
        await snooze.snooze(stranger, SnoozeReminders(given.id, FRIDAY))
    async with refused(Code.PAST_DATE, "until"):
        await snooze.snooze(owner, SnoozeReminders(given.id, MONDAY - DAY))
    async with refused(Code.SNOOZE_LIMIT, "until"):
        await snooze.snooze(owner, SnoozeReminders(given.id, date.max))


@pytest.mark.parametrize("status", [TaskStatus.SUBMITTED, TaskStatus.VERIFIED, TaskStatus.CANCELLED])
async def test_what_is_handed_in_or_over_has_nothing_to_put_off(status):
    given, owner, _ = await a_task_of_ones_own(status=status)
    async with refused(Code.WRONG_STATUS, "task_id"):
        await snooze.snooze(owner, SnoozeReminders(given.id, FRIDAY))
