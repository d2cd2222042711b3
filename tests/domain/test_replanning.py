"""R6, R7: after a change of calendars what lies ahead is reckoned anew; none twice, none lost, no past fact changed."""

import asyncio
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from jejak.domain import (
    calendar,
    calendar_change,
    clock,
    db,
    escalation,
    pain_point,
    reminder,
    replanning,
    sla_rules,
    snooze,
    task,
    unit,
    working_time,
)
from jejak.domain.access import SYSTEM
from jejak.domain.calendar_change import (
    HoursOfWeekday,
    OpenHours,
    RemoveSpecialDays,
    SetSpecialDays,
    SetWorkingWeek,
    SpecialDayRow,
)
from jejak.domain.escalation import AcknowledgeEscalation
from jejak.domain.migrations.jejak_0008_sla import SO_FAR
from jejak.domain.pain_point import ClosePainPoint, DismissPainPoint, PausePainPoint
from jejak.domain.snooze import SnoozeReminders
from jejak.domain.tables.journey import PainPoint
from jejak.domain.tables.notice import Notice, Reminder
from jejak.domain.tables.task import Task
from jejak.domain.tables.unit import Unit
from jejak.domain.task import ChangeTask, UpdateTask
from jejak.domain.unit import MoveUnit
from jejak.domain.unit_file import Row
from jejak.domain.unit_import import load
from jejak.domain.vocabulary import Role, SpecialDayKind, TaskStatus, UnitKind
from tests.factories import (
    a_journey,
    a_pain_point,
    a_person,
    a_rollout,
    a_task,
    a_unit,
    a_viewer,
    reference_unit,
    viewer_for,
)
from tests.moments import MONDAY, go_to
from tests.refusals import unchanged

TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (MONDAY + timedelta(days=n) for n in range(1, 5))
NEXT = MONDAY + timedelta(days=7)
OFFSETS = (-7, -3, -1, 0, 1, 3, 7, 14)
LATER = {3: 3, 7: 9, 14: 18}  # days after a Monday, of the rungs that go up the line


def local(day: date, at: str, zone: str = "Asia/Jakarta") -> datetime:
    return datetime.fromisoformat(f"{day}T{at}").replace(tzinfo=ZoneInfo(zone))


async def close(one: Unit, *days: date) -> None:
    rows = [SpecialDayRow(day, SpecialDayKind.HOLIDAY, "Libur") for day in days]
    await calendar_change.set_special_days(SYSTEM, SetSpecialDays(one.id, rows))


async def planned(task_id) -> dict[int, date]:
    """By offset: rungs for several audiences that lie equally far from the due date have the same day."""
    rows = await Reminder.objects().where(Reminder.task_id == task_id)
    days = {row.offset_days: row.remind_on for row in rows}
    assert all(days[row.offset_days] == row.remind_on for row in rows)
    return days


def after(monday: date, *, moved: int = 0) -> dict[int, date]:
    """The days of the rungs up the line; `moved`: by so many working days, none of which ends a week but the last."""
    days = {n: monday + timedelta(days=later + moved) for n, later in LATER.items()}
    return {
        n: day + timedelta(days=(7 - day.weekday()) if day.weekday() > 4 else 0) for n, day in days.items()
    }


async def due(table, row_id) -> datetime:
    row = await table.objects().get(table.id == row_id)
    return row.due_at


async def test_a_holiday_declared_late_moves_what_lies_ahead_and_nothing_that_is_past():
    # Given a task whose first rungs have spoken, one that is late, and a pain point
    go_to(MONDAY)
    await replanning.run()
    root, ulp = await reference_unit("HQ"), await a_unit()
    ahead = await a_task(ulp, due_on=NEXT)
    late = await a_task(ulp, due_on=MONDAY)
    point = await a_pain_point(ulp, severity=5, reach=5)
    go_to(WEDNESDAY)
    await reminder.run()
    before = await planned(ahead.id)
    assert before == {-3: WEDNESDAY, -1: FRIDAY, 0: NEXT, 1: NEXT + timedelta(days=1)} | after(NEXT)
    notices = await Notice.count()
    # When Thursday and the day after the due date become holidays
    await close(root, THURSDAY, NEXT + timedelta(days=1))
    await replanning.run()
    # Then what has spoken stays, and what lies ahead moves
    assert await planned(ahead.id) == before | {1: NEXT + timedelta(days=2)} | after(NEXT, moved=1)
    assert await due(Task, ahead.id) == local(NEXT, "17:00")
    assert await due(Task, late.id) == local(MONDAY, "17:00")
    assert await due(PainPoint, point.id) == local(FRIDAY, "17:00")
    assert await Notice.count() == notices
    # And again nothing
    async with unchanged():
        assert await replanning.run() == 0


async def test_a_due_day_that_becomes_a_holiday_is_not_late_by_that():
    # Given a task that is due today
    go_to(MONDAY)
    ulp = await a_unit()
    one = await a_task(ulp, due_on=WEDNESDAY)
    go_to(WEDNESDAY, 10)
    # When today becomes a holiday
    await close(ulp, WEDNESDAY)
    await replanning.run()
    # Then it is due by the end of the day, and not by yesterday's
    assert await due(Task, one.id) == local(THURSDAY, "00:00")
    assert (await planned(one.id))[0] == TUESDAY
    # And what speaks next speaks once, in working time
    assert await reminder.run() == 0
    go_to(THURSDAY)
    assert await reminder.run() == 1
    assert await reminder.run() == 0


async def test_a_unit_that_moves_or_gets_another_zone_is_planned_anew():
    # Given a task, below a region with a holiday of its own
    go_to(MONDAY)
    region = await a_unit(UnitKind.UID, timezone="Asia/Makassar")
    elsewhere = await a_unit(UnitKind.UP3, region)
    up3 = await a_unit(UnitKind.UP3)
    ulp = await a_unit(parent=up3)
    one = await a_task(ulp, due_on=NEXT)
    await close(region, FRIDAY)
    await replanning.run()
    assert (await planned(one.id))[-1] == FRIDAY
    # When its unit moves there
    await unit.move(SYSTEM, MoveUnit(ulp.id, elsewhere.id, ulp.version))
    await replanning.run()
    # Then it follows that region's days
    assert (await planned(one.id))[-1] == THURSDAY
    assert await due(Task, one.id) == local(NEXT, "17:00")
    # And its zone's hours
    await load(SYSTEM, [Row(2, ulp.code, ulp.name, "ULP", elsewhere.code, "Asia/Jayapura")])
    await replanning.run()
    assert await due(Task, one.id) == local(NEXT, "17:00", "Asia/Jayapura")


async def test_every_rung_up_the_line_follows_and_what_was_put_off_or_acknowledged_stays():
    # Given a late task, whose owner puts off its reminders and whose unit's manager takes care of it
    go_to(MONDAY)
    up3 = await a_unit(UnitKind.UP3)
    ulp = await a_unit(parent=up3)
    manager, above, owner = (
        await a_person(Role.MANAGER, ulp),
        await a_person(Role.MANAGER, up3),
        await a_person(unit=ulp),
    )
    one = await a_task(ulp, owner=owner, viewer=await viewer_for(manager), due_on=MONDAY)
    await snooze.snooze(await viewer_for(owner), SnoozeReminders(one.id, WEDNESDAY))
    go_to(THURSDAY)
    await reminder.run()
    notice = await Notice.objects().get((Notice.person_id == manager.id) & (Notice.kind == "ESCALATED"))
    await escalation.acknowledge(await viewer_for(manager), AcknowledgeEscalation(notice.id, "Saya urus"))
    kept = [await db.fetch(f"select * from {table}") for table in ("snooze", "acknowledgement", "notice")]
    settled = await db.fetch("select * from reminder where outcome is not null order by id")
    # When the next two days at work become holidays
    await close(await reference_unit("HQ"), FRIDAY, NEXT)
    await replanning.run()
    # Then what is to come moves, and no fact does
    rules = await calendar.rules(ulp.id)
    days = {n: working_time.shift(rules, MONDAY, n) for n in (7, 14)}
    assert days == {7: NEXT + timedelta(days=4), 14: NEXT + timedelta(days=15)}
    assert {n: day for n, day in (await planned(one.id)).items() if n > 3} == days
    assert kept == [
        await db.fetch(f"select * from {table}") for table in ("snooze", "acknowledgement", "notice")
    ]
    assert settled == await db.fetch("select * from reminder where outcome is not null order by id")
    assert {row.person_id for row in await Notice.objects().where(Notice.kind == "ESCALATED")} == {
        manager.id,
        above.id,
    }


async def test_a_rung_whose_day_has_passed_by_a_change_speaks_at_the_next_run_folded():
    # Given holidays that put off every rung after the due date
    go_to(MONDAY)
    up3 = await a_unit(UnitKind.UP3)
    ulp = await a_unit(parent=up3)
    manager, above = await a_person(Role.MANAGER, ulp), await a_person(Role.MANAGER, up3)
    root = await reference_unit("HQ")
    await close(root, TUESDAY, WEDNESDAY)
    await replanning.run()
    one = await a_task(ulp, viewer=await viewer_for(manager), due_on=MONDAY)
    await reminder.run()
    assert (await planned(one.id))[1] == THURSDAY
    assert (await planned(one.id))[3] == NEXT
    # When on Friday they turn out to have been none
    go_to(FRIDAY, 10)
    await calendar_change.remove_special_days(SYSTEM, RemoveSpecialDays(root.id, [TUESDAY, WEDNESDAY]))
    await replanning.run()
    assert (await planned(one.id))[1] == TUESDAY
    assert (await planned(one.id))[3] == THURSDAY
    # Then the next run at work says it, once to each
    assert await reminder.run() == 3
    assert await reminder.run() == 0
    told = await Notice.objects().where(Notice.task_id == one.id)
    assert sorted(row.kind for row in told) == ["DUE_TODAY", "ESCALATED", "ESCALATED", "OVERDUE"]
    assert {row.person_id for row in told if row.kind == "ESCALATED"} == {manager.id, above.id}


async def test_a_rollouts_tasks_follow_a_holiday_declared_late_and_nobody_is_told_twice():
    # Given a rollout, of whose tasks a reminder has gone out
    go_to(MONDAY)
    up3 = await a_unit(UnitKind.UP3)
    units = [await a_unit(parent=up3) for _ in range(2)]
    for one in units:
        await a_person(unit=one, ranger=True)
    made = await a_rollout(up3, due_on=NEXT)
    tasks = await Task.objects().where(Task.rollout_id == made.id)
    go_to(WEDNESDAY)
    assert await reminder.run() == 2
    # When the day on which the next would come becomes a holiday, in one of the units after the other
    for one in units:
        await close(one, FRIDAY)
        await replanning.run()
        # Then it comes a day earlier, and what was said is not said again
        (task_,) = (task for task in tasks if task.unit_id == one.id)
        assert (await planned(task_.id))[-1] == THURSDAY
        assert await reminder.run() == 0
    go_to(THURSDAY)
    assert await reminder.run() == 2
    assert {row.due_on for row in await Task.objects().where(Task.rollout_id == made.id)} == {NEXT}
    go_to(FRIDAY)
    assert await reminder.run() == 0


async def test_time_that_was_stopped_or_paused_is_kept():
    go_to(MONDAY)
    ulp = await a_unit()
    headquarters = await a_viewer(Role.MANAGER, await reference_unit("HQ"))
    one = await a_task(ulp, due_on=FRIDAY, status=TaskStatus.BLOCKED)
    waiting = await a_pain_point(ulp, severity=5, reach=5)
    await pain_point.pause(headquarters, PausePainPoint(waiting.id, 1, "Menunggu"))
    go_to(MONDAY, 12)
    await task.unblock(headquarters, ChangeTask(one.id, one.version))
    assert await due(Task, one.id) == local(NEXT, "11:00")
    # When the hours change while one is paused
    rows = [HoursOfWeekday(n, [OpenHours("08:00", "16:00")]) for n in range(1, 6)]
    await calendar_change.set_week(SYSTEM, SetWorkingWeek(ulp.id, ulp.version, rows))
    await replanning.run()
    # Then two hours of working time are added to the new end of the day
    assert await due(Task, one.id) == local(NEXT, "10:00")
    assert await due(PainPoint, waiting.id) == local(THURSDAY, "16:00")


async def test_what_is_at_its_end_or_late_stays():
    go_to(MONDAY)
    ulp = await a_unit()
    done = await a_task(ulp, due_on=WEDNESDAY, status=TaskStatus.VERIFIED)
    gone = await a_task(ulp, due_on=WEDNESDAY, status=TaskStatus.CANCELLED)
    late = await a_task(ulp, due_on=MONDAY)
    handed_in = await a_task(ulp, due_on=WEDNESDAY, status=TaskStatus.SUBMITTED)
    resolved, missed = [await a_pain_point(ulp, severity=5, reach=5) for _ in range(2)]
    await a_task(ulp, pain_point=resolved, status=TaskStatus.VERIFIED)
    go_to(FRIDAY)
    everything = [(Task, done), (Task, gone), (Task, late), (PainPoint, resolved), (PainPoint, missed)]
    before = [await due(table, row.id) for table, row in everything]
    rows = [HoursOfWeekday(n, [OpenHours("08:00", "16:00")]) for n in range(1, 6)]
    await calendar_change.set_week(SYSTEM, SetWorkingWeek(ulp.id, ulp.version, rows))
    await replanning.run()
    assert [await due(table, row.id) for table, row in everything] == before
    # What was handed in in time may come back
    assert await due(Task, handed_in.id) == local(WEDNESDAY, "16:00")


async def test_what_there_was_before_deadlines_gets_them_as_they_were():
    # Given rows as an upgrade finds them
    go_to(MONDAY)
    ulp = await a_unit()
    old, done = await a_task(ulp, due_on=WEDNESDAY), await a_task(ulp, status=TaskStatus.VERIFIED)
    point = await a_pain_point(ulp, severity=5, reach=5)
    await db.execute("update task set due_at = null")
    await db.execute("update pain_point set due_at = null")
    await db.execute("update unit set planned_calendar_id = null")
    # When weeks have passed
    go_to(MONDAY + timedelta(days=21))
    await replanning.run()
    # Then they are late since then
    assert await due(Task, old.id) == local(WEDNESDAY, "17:00")
    assert await due(Task, done.id) is not None
    assert await due(PainPoint, point.id) == local(THURSDAY, "17:00")


async def test_an_upgrade_finds_in_the_events_when_clocks_started_and_stopped():
    # Given one of everything
    go_to(MONDAY)
    ulp = await a_unit()
    headquarters = await a_viewer(Role.MANAGER, await reference_unit("HQ"))
    tasks = [await a_task(ulp, status=status) for status in TaskStatus]
    points = [await a_pain_point(ulp) for _ in range(3)]
    await a_pain_point(journey=await a_journey(ulp))
    await a_task(ulp, pain_point=points[0], status=TaskStatus.VERIFIED)
    await pain_point.close(headquarters, ClosePainPoint(points[0].id, 1))
    await pain_point.dismiss(headquarters, DismissPainPoint(points[1].id, 1, "Bukan masalah"))
    await replanning.run()
    before = await clocks()
    # When it is as it was before there were clocks, and is upgraded weeks later
    await db.execute("update task set due_at = null, stopped_at = null, verified_at = null")
    await db.execute(
        "update pain_point set due_at = null, sla_started_at = null, sla_version = null, decided_at = null"
    )
    await db.execute("update unit set planned_calendar_id = null")
    go_to(MONDAY + timedelta(days=21))
    await db.execute(SO_FAR)
    await replanning.run()
    # Then it is as if there always had been
    after = await clocks()
    assert len(after) == len(before) == len(tasks) + 1 + len(points) + 1
    for (*facts, one), (*same, other) in zip(before, after, strict=True):
        assert facts == same
        assert [
            at and abs(at - again) < timedelta(seconds=5) for at, again in zip(one, other, strict=True)
        ] == [at and True for at in one]


async def clocks() -> list[tuple]:
    """What every clock says that is exact, and what may have been read a moment later."""
    found = await db.fetch(
        """
        select id, due_at, stopped_at is null, array[stopped_at, verified_at] from task
        union all
        select id, due_at, sla_version is null, array[sla_started_at, decided_at] from pain_point order by 1
        """
    )
    return [tuple(row) for row in found]


async def test_several_workers_while_people_work_lose_nothing():
    """Tasks made, moved and pain points given tasks while calendars change and several workers plan."""
    go_to(MONDAY)
    units = [await a_unit() for _ in range(3)]
    headquarters = await a_viewer(Role.MANAGER, await reference_unit("HQ"))
    owners = [await a_person(Role.CONTRIBUTOR, one) for one in units]
    made = [
        await a_task(one, owner=owner, viewer=headquarters, due_on=NEXT)
        for one, owner in zip(units, owners, strict=True)
    ]
    points = [await a_pain_point(one, severity=5, reach=5) for one in units]

    async def work(n: int) -> None:
        for round_ in range(6):
            where, owner = units[(n + round_) % 3], owners[(n + round_) % 3]
            if n < 2:
                point = points[(n + round_) % 3] if round_ % 2 else None
                made.append(
                    await a_task(
                        where,
                        owner=owner,
                        viewer=headquarters,
                        due_on=NEXT + timedelta(days=round_),
                        pain_point=point,
                    )
                )
            elif n == 2:
                version = await db.fetchval("select version from task where id = $1", made[round_ % 3].id)
                wanted = UpdateTask(made[round_ % 3].id, version, due_on=NEXT + timedelta(days=round_ + 9))
                await _again(lambda wanted=wanted: task.update(headquarters, wanted))
            else:
                await close(where, NEXT - timedelta(days=round_))

    async def plan() -> None:
        for _ in range(8):
            await _again(replanning.run)
            await asyncio.sleep(0.01)

    await asyncio.gather(*(work(n) for n in range(4)), plan(), plan())
    await replanning.run()
    # Then every reminder and deadline is that of the calendar that now holds
    for one in made:
        now = await Task.objects().get(Task.id == one.id)
        rules = await calendar.rules(now.unit_id)
        days = {n: working_time.shift(rules, now.due_on, n) for n in OFFSETS}
        assert await planned(one.id) == {n: day for n, day in days.items() if n in await planned(one.id)}
        assert set(await planned(one.id)) >= {-1, 0, 1}
        assert now.due_at == sla_rules.task_due(rules, now.due_on, clock.now())
    for one in points:
        rules = await calendar.rules(one.unit_id)
        now = await PainPoint.objects().get(PainPoint.id == one.id)
        assert now.due_at == sla_rules.fix_due(rules, now.sla_started_at, 3)


async def _again(act):
    """As the API and the next minute do it."""
    for _ in range(5):
        try:
            return await act()
        except db.Deadlock:
            continue
    return await act()


DAYS_OFF = st.lists(
    st.tuples(
        st.integers(1, 30),  # hours that pass
        st.sampled_from(["close", "open", "plan", "run", "run"]),
        st.integers(-3, 12),  # the day
        st.integers(0, 2),  # where
    ),
    min_size=4,
    max_size=14,
)


@settings(max_examples=6)
@given(dues=st.lists(st.integers(1, 12), min_size=3, max_size=3), steps=DAYS_OFF)
async def test_whatever_is_declared_when_no_rung_speaks_twice_and_none_is_lost(clean, dues, steps):
    await clean()
    # Given tasks in three zones
    go_to(MONDAY, 8)
    root = await reference_unit("HQ")
    viewer = await a_viewer(Role.MANAGER, root)
    owner = await a_person(Role.CONTRIBUTOR, root)
    units = [await a_unit(timezone=zone) for zone in ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura")]
    tasks = [
        await a_task(one, owner=owner, viewer=viewer, due_on=MONDAY + timedelta(days=n))
        for one, n in zip(units, dues, strict=True)
    ]
    rungs = await Reminder.count()
    off: set[tuple[int, date]] = set()
    # When days off come and go while time passes
    for hours, step, n, which in steps:
        clock.shift(timedelta(hours=hours))
        day = clock.now().date() + timedelta(days=n)
        if step == "close":
            await close(units[which], day)
            off.add((which, day))
        elif step == "open" and (which, day) in off:
            await calendar_change.remove_special_days(SYSTEM, RemoveSpecialDays(units[which].id, [day]))
            off.discard((which, day))
        elif step == "plan":
            settled = await db.fetch("select * from reminder where outcome is not null order by id")
            await replanning.run()
            assert settled == await db.fetch("select * from reminder where outcome is not null order by id")
        elif step == "run":
            await reminder.run()
    # And all days are over
    await replanning.run()
    for one in tasks:
        rules = await calendar.rules(one.unit_id)
        rows = await Reminder.objects().where((Reminder.task_id == one.id) & Reminder.outcome.is_null())
        assert all(row.remind_on == working_time.shift(rules, one.due_on, row.offset_days) for row in rows)
    for _ in range(20):
        clock.shift(timedelta(hours=72) - timedelta(hours=clock.now().hour - 5))
        await reminder.run()
    # Then each rung is settled, once
    rows = await Reminder.objects()
    assert len(rows) == len({(row.task_id, row.offset_days, row.audience) for row in rows}) == rungs
    assert all(row.outcome for row in rows)
    # to one person, the owner or the only manager of the line
    told = [row.reminder_id for row in await Notice.objects() if row.reminder_id]
    assert sorted(told) == sorted(row.id for row in rows if row.outcome == "SENT")
