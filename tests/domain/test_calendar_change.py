"""R6: working weeks and special days are set, removed and imported; who may, and what is refused."""

from datetime import date, timedelta

import pytest

from jejak.domain import calendar, calendar_change, db, special_day_file, working_time
from jejak.domain.access import SYSTEM
from jejak.domain.calendar_change import (
    HoursOfWeekday,
    ImportSpecialDays,
    OpenHours,
    RemoveSpecialDays,
    SetSpecialDays,
    SetWorkingWeek,
    SpecialDayRow,
)
from jejak.domain.errors import Code, Refused
from jejak.domain.tables.calendar import SpecialDay, WorkingWeek
from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import Role, SpecialDayKind, UnitKind
from tests.factories import a_unit, a_viewer, reference_unit
from tests.graphql.world import an_ics
from tests.refusals import events_of, refused, unchanged

DAY = date(2027, 3, 3)  # a Wednesday
HOLIDAY, JOINT_LEAVE, CLOSURE, SPECIAL_HOURS = SpecialDayKind
MORNING = [OpenHours("08:00", "12:00")]


def a_closure(day: date = DAY, **more) -> SpecialDayRow:
    return SpecialDayRow(**{"day": day, "kind": CLOSURE, "name": "Banjir"} | more)


async def at(unit: Unit):
    return await calendar.rules(unit.id)


async def set_days(unit: Unit, *rows: SpecialDayRow, viewer=SYSTEM) -> Unit:
    return await calendar_change.set_special_days(viewer, SetSpecialDays(unit.id, list(rows)))


async def set_week(unit: Unit, days: list[HoursOfWeekday] | None, viewer=SYSTEM) -> Unit:
    now = await Unit.objects().get(Unit.id == unit.id)
    return await calendar_change.set_week(viewer, SetWorkingWeek(unit.id, now.version, days))


async def test_a_week_holds_below_until_it_is_inherited_again():
    up3 = await a_unit(UnitKind.UP3)
    ulp = await a_unit(parent=up3)
    # When the UP3 works on Saturdays, in two parts
    parts = [OpenHours("08:00", "12:00"), OpenHours("13:00", "24:00")]
    await set_week(up3, [HoursOfWeekday(6, parts), HoursOfWeekday(7)])
    # Then so does what lies below
    saturday = (working_time.hours("08:00", "12:00"), working_time.hours("13:00", "24:00"))
    assert (await at(ulp)).week == {6: saturday, 7: ()}
    # And no more when it is taken back
    await set_week(up3, None)
    assert (await at(ulp)).week == working_time.DEFAULT_WEEK
    assert (await events_of(up3.id))[-2:] == ["unit.working_week_set"] * 2
    assert await WorkingWeek.count() == 1
    # And the same again is no change
    async with unchanged():
        await set_week(up3, None)


WRONG_WEEKS = [
    ([], Code.REQUIRED, ("days",)),
    ([HoursOfWeekday(1)], Code.REQUIRED, ("days",)),
    ([HoursOfWeekday(0, MORNING)], Code.OUT_OF_RANGE, ("days", 0, "weekday")),
    ([HoursOfWeekday(1, MORNING), HoursOfWeekday(1)], Code.TAKEN, ("days", 1, "weekday")),
    ([HoursOfWeekday(1, MORNING)] * 8, None, None),
    (
        [HoursOfWeekday(1, [OpenHours("17:00", "09:00")])],
        Code.INVALID_HOURS,
        ("days", 0, "hours", 0, "closes"),
    ),
    (
        [HoursOfWeekday(1, [OpenHours("9:00", "17:00")])],
        Code.INVALID_HOURS,
        ("days", 0, "hours", 0, "opens"),
    ),
    (
        [HoursOfWeekday(1, [OpenHours("09:00", "24:01")])],
        Code.INVALID_HOURS,
        ("days", 0, "hours", 0, "closes"),
    ),
    (
        [HoursOfWeekday(1, [OpenHours("09:00", "12:00"), OpenHours("11:59", "13:00")])],
        Code.INVALID_HOURS,
        ("days", 0, "hours", 1, "opens"),
    ),
    (
        [HoursOfWeekday(1, [OpenHours(f"{n:02}:00", f"{n:02}:30") for n in range(7)])],
        Code.TOO_MANY,
        ("days", 0, "hours"),
    ),
]


@pytest.mark.parametrize(("days", "code", "path"), [case for case in WRONG_WEEKS if case[1]])
async def test_a_week_that_is_none_is_refused(days, code, path):
    ulp = await a_unit()
    async with refused(code, *path):
        await set_week(ulp, days)


async def test_headquarters_keeps_a_week_and_a_closed_unit_gets_none():
    root, closed = await reference_unit("HQ"), await a_unit(closed=True)
    async with refused(Code.REQUIRED, "days"):
        await set_week(root, None)
    async with refused(Code.UNIT_CLOSED, "unit_id"):
        await set_week(closed, [HoursOfWeekday(1, MORNING)])
    async with refused(Code.UNIT_CLOSED, "unit_id"):
        await set_days(closed, a_closure())


async def test_special_days_are_set_changed_and_removed():
    region = await a_unit(UnitKind.UID)
    ulp = await a_unit(parent=await a_unit(UnitKind.UP3, region))
    # When days of every kind are set, one of them a range
    await set_days(
        region,
        a_closure(until=DAY + timedelta(days=1)),
        SpecialDayRow(DAY + timedelta(days=3), SPECIAL_HOURS, "Sabtu kerja", hours=MORNING),
        SpecialDayRow(DAY + timedelta(days=5), HOLIDAY, "Nyepi"),
    )
    rules = await at(ulp)
    assert [rules.works(DAY + timedelta(days=n)) for n in range(7)] == [
        False, False, True, True, False, False, True,
    ]  # fmt: skip
    # And one of them is changed, and another removed
    await set_days(region, SpecialDayRow(DAY, SPECIAL_HOURS, "Setengah hari", hours=MORNING))
    await calendar_change.remove_special_days(SYSTEM, RemoveSpecialDays(region.id, [DAY + timedelta(days=5)]))
    # Then that holds
    rules = await at(ulp)
    assert rules.on(DAY) == (working_time.hours("08:00", "12:00"),)
    assert rules.works(DAY + timedelta(days=5))
    kept = await SpecialDay.objects().get((SpecialDay.unit_id == region.id) & (SpecialDay.day == DAY))
    assert (kept.version, kept.kind) == (2, "SPECIAL_HOURS")
    assert (await events_of(region.id))[1:] == [
        "unit.special_days_set",
        "unit.special_days_set",
        "unit.special_days_removed",
    ]
    # And setting it again changes nothing
    async with unchanged():
        await set_days(region, SpecialDayRow(DAY, SPECIAL_HOURS, "Setengah hari", hours=MORNING))


async def test_a_unit_may_say_otherwise_of_a_day_above():
    region = await a_unit(UnitKind.UID)
    ulp = await a_unit(parent=await a_unit(UnitKind.UP3, region))
    await set_days(region, SpecialDayRow(DAY, HOLIDAY, "Hari jadi"))
    await set_days(ulp, SpecialDayRow(DAY, SPECIAL_HOURS, "Piket", hours=MORNING))
    assert (await at(ulp)).works(DAY)
    await calendar_change.remove_special_days(SYSTEM, RemoveSpecialDays(ulp.id, [DAY]))
    assert not (await at(ulp)).works(DAY)


@pytest.mark.parametrize(
    ("row", "code", "path"),
    [
        (a_closure(name=" "), Code.REQUIRED, ("name",)),
        (a_closure(hours=MORNING), Code.INVALID_HOURS, ("hours",)),
        (a_closure(kind=SPECIAL_HOURS), Code.INVALID_HOURS, ("hours",)),
        (a_closure(until=DAY - timedelta(days=1)), Code.OUT_OF_RANGE, ("until",)),
        (a_closure(until=DAY + timedelta(days=366)), Code.OUT_OF_RANGE, ("until",)),
        (a_closure(date(2024, 12, 31)), Code.OUT_OF_RANGE, ("day",)),
    ],
)
async def test_a_day_that_is_none_is_refused_with_its_row(row, code, path):
    ulp = await a_unit()
    async with refused(code, "rows", 1, *path):
        await set_days(ulp, a_closure(DAY - timedelta(days=9)), row)


async def test_how_far_a_range_may_go_is_said_as_a_day():
    with pytest.raises(Refused) as caught:
        await set_days(await a_unit(), a_closure(DAY, until=DAY + timedelta(days=366)))
    (problem,) = caught.value.problems
    assert problem.values == {"least": DAY, "most": DAY + timedelta(days=365)}


async def test_a_day_twice_none_and_too_many_are_refused():
    ulp = await a_unit()
    async with refused(Code.TAKEN, "rows", 1, "day"):
        await set_days(ulp, a_closure(until=DAY + timedelta(days=2)), a_closure(DAY + timedelta(days=1)))
    async with refused(Code.REQUIRED, "rows"):
        await set_days(ulp)
    async with refused(Code.TOO_MANY, "rows"):
        await set_days(ulp, *[a_closure()] * 1_001)
    async with refused(Code.NOT_FOUND, "days", 0):
        await calendar_change.remove_special_days(SYSTEM, RemoveSpecialDays(ulp.id, [DAY]))


async def test_a_region_closes_its_units_and_changes_nothing_else():
    # Given headquarters' holiday at a region's unit
    region = await a_unit(UnitKind.UID)
    up3 = await a_unit(UnitKind.UP3, region)
    manager = await a_viewer(Role.MANAGER, region)
    programme = await a_viewer(Role.PROGRAMME, await reference_unit("HQ"))
    await set_days(up3, SpecialDayRow(DAY, HOLIDAY, "Hari jadi"), viewer=programme)
    # Then the region closes other days there
    await set_days(up3, a_closure(DAY + timedelta(days=1)), viewer=manager)
    await calendar_change.remove_special_days(manager, RemoveSpecialDays(up3.id, [DAY + timedelta(days=1)]))
    # And says no more
    async with refused(Code.FORBIDDEN, "rows", 0):
        await set_days(up3, SpecialDayRow(DAY + timedelta(days=1), HOLIDAY, "Libur"), viewer=manager)
    async with refused(Code.FORBIDDEN, "rows", 0):
        await set_days(up3, a_closure(until=DAY + timedelta(days=4)), viewer=manager)
    async with refused(Code.FORBIDDEN, "days", 0):
        await calendar_change.remove_special_days(manager, RemoveSpecialDays(up3.id, [DAY]))
    async with refused(Code.FORBIDDEN, "ics", 0):
        wanted = ImportSpecialDays(up3.id, an_ics(DAY + timedelta(days=2)), HOLIDAY)
        await calendar_change.import_special_days(manager, wanted)
    async with refused(Code.FORBIDDEN, "unit_id"):
        await set_week(up3, [HoursOfWeekday(1, MORNING)], manager)
    # And not where it is not the region, nor by who manages less than one
    other = await a_unit(UnitKind.UID)
    async with refused(Code.NOT_FOUND, "unit_id"):
        await set_days(other, a_closure(), viewer=manager)
    lower = await a_viewer(Role.MANAGER, up3)
    async with refused(Code.FORBIDDEN, "unit_id"):
        await set_days(up3, a_closure(), viewer=lower)


async def test_importing_a_file_again_changes_nothing():
    root = await reference_unit("HQ")
    ics = an_ics(DAY, "Nyepi").replace(
        "END:VCALENDAR",
        f"BEGIN:VEVENT\nUID:2\nDTSTART;VALUE=DATE:{DAY:%Y%m%d}\nDTEND;VALUE=DATE:{DAY + timedelta(days=2):%Y%m%d}\n"
        "SUMMARY:Cuti\nEND:VEVENT\nEND:VCALENDAR",
    )
    next_day = DAY + timedelta(days=1)
    await set_days(root, SpecialDayRow(next_day, HOLIDAY, "Lain"))
    wanted = ImportSpecialDays(root.id, ics, HOLIDAY)
    # When it is tried, done, and done again
    async with unchanged():
        tried = await calendar_change.import_special_days(
            SYSTEM, ImportSpecialDays(root.id, ics, HOLIDAY, dry_run=True)
        )
    done = await calendar_change.import_special_days(SYSTEM, wanted)
    async with unchanged():
        again = await calendar_change.import_special_days(SYSTEM, wanted)
    # Then it is told beforehand and afterwards alike; two events on a day are one day by both names
    assert (tried.created, tried.changed, tried.unchanged) == ([DAY], [next_day], [])
    assert (done.created, done.changed, done.unchanged) == ([DAY], [next_day], [])
    assert (again.created, again.changed, again.unchanged) == ([], [], [DAY, next_day])
    assert {row.day: row.name for row in await SpecialDay.objects()} == {DAY: "Nyepi; Cuti", next_day: "Cuti"}
    assert not (await at(await a_unit())).works(DAY)


async def test_no_file_is_read_for_whoever_may_not_import_it(monkeypatch):
    def read(*_):
        pytest.fail("it was read")

    monkeypatch.setattr(special_day_file, "read", read)
    ulp = await a_unit()
    elsewhere = await a_viewer(Role.MANAGER, await a_unit())
    for viewer, code in (
        (await a_viewer(Role.CONTRIBUTOR, ulp), Code.FORBIDDEN),
        (await a_viewer(Role.MANAGER, ulp), Code.FORBIDDEN),
        (elsewhere, Code.NOT_FOUND),
    ):
        async with refused(code, "unit_id"):
            await calendar_change.import_special_days(viewer, ImportSpecialDays(ulp.id, an_ics(DAY)))


async def test_what_is_wrong_with_a_file_is_told_to_who_may_import_it():
    ulp = await a_unit()
    contributor = await a_viewer(Role.CONTRIBUTOR, ulp)
    for viewer, code, path in (
        (SYSTEM, Code.UNREADABLE_CALENDAR, ("ics",)),
        (contributor, Code.FORBIDDEN, ("unit_id",)),
    ):
        async with refused(code, *path):
            await calendar_change.import_special_days(viewer, ImportSpecialDays(ulp.id, "nonsense"))
    async with refused(Code.TOO_LONG, "ics"):
        await calendar_change.import_special_days(SYSTEM, ImportSpecialDays(ulp.id, "x" * 500_001))
    async with refused(Code.INVALID_HOURS, "kind"):
        await calendar_change.import_special_days(
            SYSTEM, ImportSpecialDays(ulp.id, an_ics(DAY), SPECIAL_HOURS)
        )


async def test_calendars_that_nothing_is_reckoned_by_are_forgotten():
    ulp = await a_unit()
    first = await db.fetchval("select calendar_id from unit where id = $1", ulp.id)
    await set_week(ulp, [HoursOfWeekday(1, MORNING)])
    own = await db.fetchval("select calendar_id from unit where id = $1", ulp.id)
    assert own != first
    await set_week(ulp, None)
    # Given one that plans go by still, as if a worker were about to look
    await db.execute("update unit set planned_calendar_id = $2 where id = $1", ulp.id, own)
    await calendar.keep_up()
    assert await db.fetchval("select count(*) from open_interval where calendar_id = $1", own) > 0
    # When nothing goes by it
    await db.execute("update unit set planned_calendar_id = calendar_id where id = $1", ulp.id)
    await calendar.keep_up()
    # Then it is gone, with its days, and the others are not
    assert await db.fetchval("select count(*) from open_interval where calendar_id = $1", own) == 0
    assert await db.fetchval("select count(*) from calendar where id = $1", first) == 1
