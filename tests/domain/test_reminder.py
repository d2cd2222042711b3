"""R6: reminders to owners, by example. (Escalation: test_escalation.py.)"""

import asyncio
from datetime import date, timedelta

import asyncpg
import pytest

from jejak.domain import db, feed, ladder, person, reminder, task
from jejak.domain.access import SYSTEM
from jejak.domain.ladder import NewRung, UpdateReminderRules
from jejak.domain.person import RevokeRole
from jejak.domain.tables.notice import Digest, Ladder, Notice, Reminder, Rung
from jejak.domain.tables.person import Membership
from jejak.domain.task import ChangeTask, ReportProgress, UpdateTask
from jejak.domain.vocabulary import Audience, Role, TaskStatus, UnitKind
from tests.factories import a_person, a_role, a_task, a_unit, a_viewer, bring, reference_unit, viewer_for
from tests.moments import MONDAY, go_to
from tests.refusals import dump, unchanged

FRIDAY = MONDAY + timedelta(days=4)
NEXT_MONDAY = MONDAY + timedelta(days=7)


async def told() -> list[tuple[str, date, int]]:
    """Kind, due date and rung of every notice to an owner there is, in the order of rungs."""
    rows = await db.fetch(
        """select n.kind, n.due_on, r.offset_days from notice n join reminder r on r.id = n.reminder_id
        where r.audience = 'OWNER' order by n.due_on, r.offset_days"""
    )
    return [tuple(row) for row in rows]


async def outcomes(task_id) -> dict[int, str | None]:
    rows = await Reminder.objects().where((Reminder.task_id == task_id) & (Reminder.audience == "OWNER"))
    return {row.offset_days: row.outcome for row in rows}


async def test_the_owner_is_reminded_on_every_rung_in_words_true_on_the_day():
    go_to(MONDAY)
    given = await a_task(due_on=MONDAY + timedelta(days=14))
    days = []
    for day in range(17):
        go_to(MONDAY + timedelta(days=day))
        days += [MONDAY + timedelta(days=day)] * await reminder.run()
    due = given.due_on
    assert await told() == [
        ("DUE_SOON", due, -7),
        ("DUE_SOON", due, -3),
        ("DUE_SOON", due, -1),
        ("DUE_TODAY", due, 0),
        ("OVERDUE", due, 1),
    ]
    assert days == [
        date(2027, 3, 4),
        date(2027, 3, 10),
        date(2027, 3, 12),
        date(2027, 3, 15),
        date(2027, 3, 16),
    ]
    assert {row.person_id for row in await Notice.objects()} == {given.owner_id}


@pytest.mark.parametrize("zone", ["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"])
async def test_nothing_is_said_outside_working_time_of_the_unit(zone):
    go_to(MONDAY, zone=zone)
    await a_task(
        await a_unit(timezone=zone), due_on=MONDAY + timedelta(days=6)
    )  # a Sunday: spoken of on Friday
    go_to(FRIDAY, 8, 59, zone)
    async with unchanged():
        assert await reminder.run() == 0
    go_to(FRIDAY, 9, 0, zone)
    assert await reminder.run() == 1
    go_to(NEXT_MONDAY - timedelta(days=1), 12, zone=zone)
    async with unchanged():
        assert await reminder.run() == 0
    go_to(NEXT_MONDAY, 17, 0, zone)
    async with unchanged():
        assert await reminder.run() == 0
    go_to(NEXT_MONDAY, 16, 59, zone)
    assert await reminder.run() == 1


async def test_what_a_downtime_left_is_folded_into_one_notice():
    go_to(MONDAY)
    given = await a_task(due_on=MONDAY + timedelta(days=14))
    go_to(given.due_on + timedelta(days=30))
    await reminder.run()
    assert await Notice.count().where(Notice.person_id == given.owner_id) == 1
    assert await told() == [("OVERDUE", given.due_on, 1)]
    assert await outcomes(given.id) == {-7: "FOLDED", -3: "FOLDED", -1: "FOLDED", 0: "FOLDED", 1: "SENT"}


async def test_rungs_whose_day_had_passed_when_the_date_was_set_never_were_due():
    go_to(MONDAY)
    given = await a_task(due_on=MONDAY + timedelta(days=2))
    assert set(await outcomes(given.id)) == {-1, 0, 1}
    async with unchanged():
        assert await reminder.run() == 0


async def test_one_person_gets_one_digest_a_run():
    go_to(MONDAY)
    unit = await a_unit()
    busy, other = await a_person(Role.CONTRIBUTOR, unit), await a_person(Role.CONTRIBUTOR, unit)
    for owner, count in ((busy, 7), (other, 1)):
        for _ in range(count):
            await a_task(unit, owner=owner, due_on=MONDAY + timedelta(days=1))
    assert await reminder.run() == 8
    assert sorted(d.person_id for d in await Digest.objects()) == sorted([busy.id, other.id])
    assert {n.person_id for n in await Notice.objects()} == {busy.id, other.id}
    assert (
        await db.fetchval(
            "select count(*) from notice n join digest d on d.id = n.digest_id where d.person_id <> n.person_id"
        )
        == 0
    )


async def test_tasks_in_two_zones_at_work_make_one_digest():
    go_to(MONDAY)
    region = await a_unit(UnitKind.UID)
    owner = await a_person(Role.CONTRIBUTOR, region)
    up3 = await a_unit(UnitKind.UP3, region)
    for zone in ("Asia/Jakarta", "Asia/Jayapura"):
        await a_task(
            await a_unit(UnitKind.ULP, up3, timezone=zone), owner=owner, due_on=MONDAY + timedelta(days=1)
        )
    assert await reminder.run() == 2
    assert await Digest.count() == 1


@pytest.mark.parametrize("status", [s for s in TaskStatus if s not in {"PLANNED", "IN_PROGRESS", "RETURNED"}])
async def test_who_has_nothing_to_do_is_not_reminded(status):
    go_to(MONDAY)
    given = await a_task(due_on=MONDAY + timedelta(days=1), status=status)
    for day in range(2):
        go_to(MONDAY + timedelta(days=day))
        await reminder.run()
    assert await told() == []
    # And of a task that is over nothing is kept for later
    over = status in {TaskStatus.VERIFIED, TaskStatus.CANCELLED}
    kept = {-1: "DROPPED", 0: "DROPPED", 1: None} if over else dict.fromkeys((-1, 0, 1))
    assert await outcomes(given.id) == kept
    async with unchanged():
        assert await reminder.run() == 0


async def test_a_block_pauses_and_the_end_of_it_catches_up_once():
    go_to(MONDAY)
    unit = await a_unit()
    owner = await a_person(Role.CONTRIBUTOR, unit)
    viewer = await viewer_for(owner)
    given = await a_task(unit, owner=owner, due_on=MONDAY + timedelta(days=4))
    given = await task.block(viewer, ChangeTask(given.id, given.version, "Menunggu material"))
    for day in range(4):
        go_to(MONDAY + timedelta(days=day))
        await reminder.run()
        assert await told() == []
    await task.unblock(viewer, ChangeTask(given.id, given.version))
    assert await reminder.run() == 1
    assert await reminder.run() == 0
    assert await told() == [("DUE_SOON", given.due_on, -1)]


async def test_a_new_due_date_starts_the_ladder_anew_and_the_old_one_falls_silent():
    go_to(MONDAY)
    unit = await a_unit()
    manager, given = await a_viewer(Role.MANAGER, unit), await a_task(unit, due_on=MONDAY + timedelta(days=1))
    assert await reminder.run() == 1
    await task.update(manager, UpdateTask(given.id, given.version, due_on=FRIDAY))
    for day in range(8):
        go_to(MONDAY + timedelta(days=day))
        await reminder.run()
    assert await told() == [
        ("DUE_SOON", MONDAY + timedelta(days=1), -1),
        ("DUE_SOON", FRIDAY, -3),
        ("DUE_SOON", FRIDAY, -1),
        ("DUE_TODAY", FRIDAY, 0),
        ("OVERDUE", FRIDAY, 1),
    ]


async def test_a_due_date_that_comes_back_says_nothing_twice():
    go_to(MONDAY)
    unit = await a_unit()
    manager, given = await a_viewer(Role.MANAGER, unit), await a_task(unit, due_on=FRIDAY)
    go_to(MONDAY + timedelta(days=1))
    assert await reminder.run() == 1  # three working days before
    away = await task.update(manager, UpdateTask(given.id, given.version, due_on=FRIDAY + timedelta(days=28)))
    await task.update(manager, UpdateTask(given.id, away.version, due_on=FRIDAY))
    async with unchanged():
        assert await reminder.run() == 0
    go_to(FRIDAY)
    assert await reminder.run() == 1
    assert await told() == [("DUE_SOON", FRIDAY, -3), ("DUE_TODAY", FRIDAY, 0)]


async def test_a_task_follows_the_ladder_as_it_stood_when_its_due_date_was_set():
    go_to(MONDAY)
    unit = await a_unit()
    manager, given = (
        await a_viewer(Role.MANAGER, unit),
        await a_task(unit, due_on=MONDAY + timedelta(days=14)),
    )
    headquarters = await reference_unit("HQ")
    rungs = [NewRung(-2, Audience.OWNER)]
    await ladder.update(SYSTEM, UpdateReminderRules(headquarters.id, 1, rungs))
    assert set(await outcomes(given.id)) == {-7, -3, -1, 0, 1}
    later = given.due_on + timedelta(days=7)
    await task.update(manager, UpdateTask(given.id, given.version, due_on=later))
    planned = await Reminder.objects().where((Reminder.task_id == given.id) & (Reminder.due_on == later))
    assert [row.offset_days for row in planned] == [-2]


async def test_the_new_owner_is_reminded_and_not_the_old_one():
    go_to(MONDAY)
    unit = await a_unit()
    manager, given = await a_viewer(Role.MANAGER, unit), await a_task(unit, due_on=MONDAY + timedelta(days=1))
    heir = await a_person(Role.CONTRIBUTOR, unit)
    await task.update(manager, UpdateTask(given.id, given.version, owner_id=heir.id))
    assert await reminder.run() == 1
    assert [row.person_id for row in await Notice.objects()] == [heir.id]


async def test_work_under_way_or_returned_is_still_reminded():
    go_to(MONDAY)
    unit = await a_unit()
    owner, manager = await a_viewer(Role.CONTRIBUTOR, unit), await a_viewer(Role.MANAGER, unit)
    due = MONDAY + timedelta(days=1)
    given = await a_task(unit, due_on=due)
    await task.report(owner, ReportProgress(given.id, given.version, 50))
    await bring(await a_task(unit, due_on=due), TaskStatus.RETURNED, owner=owner, manager=manager)
    assert await reminder.run() == 2


async def test_concurrent_runs_make_one_notice():
    go_to(MONDAY)
    unit = await a_unit()
    for _ in range(3):
        await a_task(unit, due_on=MONDAY + timedelta(days=1))
    made = await asyncio.gather(*(asyncio.create_task(reminder.run()) for _ in range(8)))
    assert sorted(made) == [0, 0, 0, 0, 0, 0, 0, 3]
    assert await Notice.count() == 3


async def test_what_somebody_is_just_changing_waits_for_the_next_run(database):
    # Given two tasks that are due, and a transaction that gives one of them another due date
    go_to(MONDAY)
    unit = await a_unit()
    changing, other = [await a_task(unit, due_on=MONDAY + timedelta(days=1)) for _ in range(2)]
    connection = await asyncpg.connect(dsn=database)
    try:
        async with connection.transaction():
            await connection.execute("delete from reminder where task_id = $1", changing.id)
            # When a worker runs meanwhile, it neither waits nor fails
            async with asyncio.timeout(5):
                assert await reminder.run() == 1
    finally:
        await connection.close()
    # Then nothing is said of what is gone
    assert await reminder.run() == 0
    assert [row.task_id for row in await Notice.objects()] == [other.id]


async def test_what_cannot_be_said_yet_keeps_nothing_else_from_being_said(monkeypatch):
    # Given batches of one rung, and tasks that wait before and after those that are due
    monkeypatch.setattr(reminder, "BATCH", 1)
    go_to(MONDAY)
    unit = await a_unit()
    states = [TaskStatus.BLOCKED, TaskStatus.PLANNED] * 3 + [TaskStatus.SUBMITTED]
    tasks = [await a_task(unit, due_on=MONDAY + timedelta(days=1), status=status) for status in states]
    # When a worker runs, then it comes to an end, and has said all that can be said
    async with asyncio.timeout(20):
        await reminder.run()
    at_work = {one.id for one, status in zip(tasks, states, strict=True) if status is TaskStatus.PLANNED}
    said = await Notice.objects().where(Notice.kind == "DUE_SOON")
    assert sorted(row.task_id for row in said) == sorted(at_work)


async def test_a_run_that_dies_before_its_commit_has_said_nothing_and_the_next_says_all(monkeypatch):
    go_to(MONDAY)
    await a_task(due_on=MONDAY + timedelta(days=1))
    real = feed.noticed

    async def dies(notices):
        await real(notices)
        raise ConnectionError("killed")

    async with unchanged():
        monkeypatch.setattr(feed, "noticed", dies)
        with pytest.raises(ConnectionError):
            await reminder.run()
    monkeypatch.setattr(feed, "noticed", real)
    assert await reminder.run() == 1


async def test_the_default_ladder_is_written_once():
    before = await dump()
    await asyncio.gather(*(ladder.ensure() for _ in range(3)))
    assert await dump() == before
    await db.execute("delete from rung")
    await db.execute("delete from ladder")
    await asyncio.gather(*(ladder.ensure() for _ in range(3)))
    assert [row.version for row in await Ladder.objects()] == [1]
    rungs = [(row.offset_days, row.audience) for row in await Rung.objects()]
    assert sorted(rungs) == [
        (-7, "OWNER"),
        (-3, "OWNER"),
        (-1, "OWNER"),
        (0, "OWNER"),
        (1, "OWNER"),
        (3, "UNIT"),
        (3, "UP3"),
        (7, "REGION"),
        (14, "HEADQUARTERS"),
    ]


async def test_an_owner_who_no_longer_works_at_the_unit_is_told_nothing():
    # Given a task whose owner lost the role, and another role that does not let them work there
    go_to(MONDAY)
    unit = await a_unit()
    owner = await a_person(Role.CONTRIBUTOR, unit)
    given = await a_task(unit, owner=owner, due_on=MONDAY + timedelta(days=1))
    held = await Membership.objects().get(Membership.person_id == owner.id)
    await person.revoke(SYSTEM, RevokeRole(held.id))
    await a_role(owner, Role.VIEWER, unit)
    await a_role(owner, Role.CONTRIBUTOR, await a_unit())
    # When it is due, nothing is said, and nothing settled
    async with unchanged():
        assert await reminder.run() == 0
    # But with a role above the unit again, it is
    await a_role(owner, Role.MANAGER, await reference_unit("HQ"))
    assert await reminder.run() == 1
    assert [row.task_id for row in await Notice.objects()] == [given.id]


async def planned(task_id) -> list[tuple[date, int, str | None]]:
    rows = await Reminder.objects().where((Reminder.task_id == task_id) & (Reminder.audience == "OWNER"))
    return sorted((row.due_on, row.offset_days, row.outcome) for row in rows)


async def test_a_new_due_date_takes_what_was_never_said_of_the_old_one_away():
    # Given a task of which one rung has spoken
    go_to(MONDAY)
    unit = await a_unit()
    manager, given = await a_viewer(Role.MANAGER, unit), await a_task(unit, due_on=FRIDAY)
    go_to(MONDAY + timedelta(days=1))
    assert await reminder.run() == 1
    # When its due date goes to another day
    away = await task.update(manager, UpdateTask(given.id, given.version, due_on=NEXT_MONDAY))
    # Then of the old one only what was said is kept
    said = (FRIDAY, -3, "SENT")
    assert await planned(given.id) == [said, *[(NEXT_MONDAY, n, None) for n in (-3, -1, 0, 1)]]
    # And when it comes back two days later, it is planned from that day on
    go_to(MONDAY + timedelta(days=4))
    await task.update(manager, UpdateTask(given.id, away.version, due_on=FRIDAY))
    assert await planned(given.id) == [said, (FRIDAY, 0, None), (FRIDAY, 1, None)]
