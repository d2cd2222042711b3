"""Working calendars in the database: which holds where, and that SQL reckons as the pure rules do."""

from datetime import UTC, date, datetime, timedelta

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from jejak.domain import calendar, clock, db, unit, working_time
from jejak.domain.access import SYSTEM
from jejak.domain.tables.calendar import SpecialDay, WorkingWeek
from jejak.domain.tables.unit import Calendar, Unit
from jejak.domain.unit import MoveUnit
from jejak.domain.vocabulary import UnitKind
from tests.domain.test_working_time import RULES, ZONES
from tests.factories import a_unit, reference_unit
from tests.refusals import unchanged


async def settle() -> list[Unit]:
    async with db.transaction():
        await db.lock(db.Lock.UNIT_TREE)
        return await calendar.settle()


async def calendar_of(one: Unit):
    return await db.fetchval("select calendar_id from unit where id = $1", one.id)


async def a_special_day(one: Unit, day: date, hours: list[list[str]]) -> None:
    await SpecialDay(
        unit_id=one.id, day=day, kind="CLOSURE", name="Banjir", hours=hours, updated_at=clock.now()
    ).save()


async def test_every_unit_has_a_calendar_and_units_with_equal_rules_share_it():
    first, second = await a_unit(), await a_unit()
    assert await calendar_of(first) == await calendar_of(second) is not None
    elsewhere = await a_unit(timezone="Asia/Jayapura")
    assert await calendar_of(elsewhere) != await calendar_of(first)
    assert await db.fetchval("select count(*) from unit where calendar_id is null") == 0
    assert await db.fetchval("select count(distinct zone) from calendar") == await Calendar.count()


async def test_what_a_unit_says_holds_below_it_until_a_unit_there_says_otherwise():
    # Given a region with a closure, and one of its ULP that works that day
    region = await a_unit(UnitKind.UID)
    up3 = await a_unit(UnitKind.UP3, region)
    ulp, other, outside = await a_unit(parent=up3), await a_unit(parent=up3), await a_unit()
    day = date(2027, 3, 3)
    await a_special_day(region, day, [])
    await a_special_day(ulp, day, [["10:00", "12:00"]])
    # When calendars are settled
    await settle()
    # Then each has what the nearest unit says
    assert (await calendar.rules(other.id)).on(day) == ()
    assert (await calendar.rules(ulp.id)).on(day) == (working_time.hours("10:00", "12:00"),)
    assert (await calendar.rules(outside.id)).on(day) == working_time.DEFAULT_WEEK[3]
    assert await calendar_of(other) == await calendar_of(up3) != await calendar_of(outside)
    # And a unit that moves there follows, too
    elsewhere = await a_unit(UnitKind.UP3)
    await unit.move(SYSTEM, MoveUnit(elsewhere.id, region.id, elsewhere.version))
    assert await calendar_of(elsewhere) == await calendar_of(up3)


async def test_a_week_of_ones_own_replaces_the_one_above():
    up3 = await a_unit(UnitKind.UP3)
    ulp = await a_unit(parent=up3)
    week = {"6": [["08:00", "12:00"]]}
    await WorkingWeek(unit_id=up3.id, hours=week, updated_at=clock.now()).save()
    await settle()
    rules = await calendar.rules(ulp.id)
    assert rules.week == {6: (working_time.hours("08:00", "12:00"),)}
    assert working_time.shift(rules, date(2027, 3, 3), 1) == date(2027, 3, 6)


async def test_settling_again_changes_nothing():
    await a_unit(timezone="Asia/Makassar")
    async with unchanged():
        assert await settle() == []
        await calendar.ensure()


async def test_a_calendar_grows_with_the_years_and_goes_on_counting():
    one = await a_unit(timezone="Asia/Makassar")
    before = await calendar_of(one)
    clock.shift(timedelta(days=5 * 366))
    await settle()
    assert await calendar_of(one) == before
    last = await db.fetchrow(
        "select day, nth from working_day where calendar_id = $1 order by nth desc limit 1", before
    )
    rules = await calendar.rules(one.id)
    worked = [day for day in working_time.days(calendar.BEGINS, last["day"]) if rules.works(day)]
    assert tuple(last) == (worked[-1], len(worked))
    assert last["day"] >= calendar.horizon()
    end = datetime(clock.now().year + 5, 1, 1, tzinfo=UTC)
    begin = datetime(2025, 1, 1, tzinfo=UTC)
    seconds = await db.fetchval("select working_seconds($1, $2)", before, end)
    assert timedelta(seconds=seconds) == working_time.between(rules, begin, end)


MOMENTS = st.datetimes(datetime(2027, 3, 1), datetime(2027, 4, 20)).map(  # noqa: DTZ001 -- given a zone right here
    lambda at: at.replace(microsecond=0, tzinfo=UTC)
)


@settings(max_examples=15)
@given(
    rules=RULES.filter(lambda rules: any(rules.week.values())),
    moments=st.lists(MOMENTS, min_size=2, max_size=2).map(sorted),
    offset=st.integers(-12, 12),
    amount=st.integers(1, 40 * 3600),
)
async def test_sql_reckons_as_the_pure_rules_do(clean, rules, moments, offset, amount):
    await clean()
    one = await a_unit(timezone=rules.zone)
    written = orjson.loads(orjson.dumps(calendar.written_week(rules.week)))
    await WorkingWeek(unit_id=one.id, hours=written, updated_at=clock.now()).save()
    for day, hours in rules.special.items():
        await a_special_day(one, day, calendar.written_day(hours))
    await settle()
    start, end = moments
    found = await db.fetchrow(
        """
        select open_at(c, $2) as open, working_seconds(c, $3) - working_seconds(c, $2) as worked,
            working_moment(c, working_seconds(c, $2) + $4) as deadline, working_day_from(c, $5, $6) as day
        from (select calendar_id as c from unit where id = $1) of_unit
        """,
        one.id,
        start,
        end,
        amount,
        end.date(),
        offset,
    )
    assert tuple(found) == (
        working_time.is_open(rules, start),
        working_time.between(rules, start, end).total_seconds(),
        working_time.deadline(rules, start, timedelta(seconds=amount)),
        working_time.shift(rules, end.date(), offset),
    )


async def test_the_zones_of_the_tests_are_zones():
    assert all([await a_unit(timezone=zone) for zone in ZONES])
    assert (await calendar.rules((await reference_unit("HQ")).id)).zone == "Asia/Jakarta"
