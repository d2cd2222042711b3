"""R6: national holidays and joint leave at headquarters, once for every year."""

import asyncio
from datetime import UTC, date, datetime

from jejak.domain import calendar, calendar_change, clock, db, holiday
from jejak.domain.access import SYSTEM
from jejak.domain.calendar_change import RemoveSpecialDays, SetSpecialDays, SpecialDayRow
from jejak.domain.tables.calendar import SpecialDay
from jejak.domain.vocabulary import SpecialDayKind
from tests.factories import a_unit, reference_unit
from tests.refusals import events_of, unchanged

NEW_YEAR, IDUL_FITRI, JOINT = date(2027, 1, 1), date(2027, 3, 10), date(2027, 3, 9)


def go_to_year(year: int) -> None:
    clock.shift(datetime(year, 6, 1, 3, tzinfo=UTC) - clock.now())


async def named() -> dict[date, tuple[str, str]]:
    return {row.day: (row.kind, row.name) for row in await SpecialDay.objects()}


async def test_this_year_and_the_next_are_known_in_indonesian_estimates_as_such():
    go_to_year(2026)
    assert await holiday.seed() == [2026, 2027]
    found = await named()
    assert found[NEW_YEAR] == ("HOLIDAY", "Tahun Baru Masehi")
    assert found[IDUL_FITRI] == ("HOLIDAY", "Hari Raya Idul Fitri (perkiraan)")
    assert found[JOINT] == ("JOINT_LEAVE", "Cuti Bersama Hari Raya Idul Fitri")
    assert {day.year for day in found} == {2026, 2027}
    # and nobody works then, in any zone
    for zone in ("Asia/Jakarta", "Asia/Jayapura"):
        rules = await calendar.rules((await a_unit(timezone=zone)).id)
        assert not any(rules.works(day) for day in found)
    root = await reference_unit("HQ")
    assert (await events_of(root.id))[-2:] == ["unit.special_days_set"] * 2


async def test_what_headquarters_corrected_or_removed_does_not_come_back():
    go_to_year(2026)
    root = await reference_unit("HQ")
    # Given a day that headquarters had named before, one that it corrects and one that it removes
    before = SpecialDayRow(NEW_YEAR, SpecialDayKind.HOLIDAY, "Tahun baru 2027")
    await calendar_change.set_special_days(SYSTEM, SetSpecialDays(root.id, [before]))
    await holiday.seed()
    moved = SpecialDayRow(date(2027, 3, 12), SpecialDayKind.HOLIDAY, "Idul Fitri (SKB)")
    await calendar_change.set_special_days(SYSTEM, SetSpecialDays(root.id, [moved]))
    await calendar_change.remove_special_days(SYSTEM, RemoveSpecialDays(root.id, [IDUL_FITRI]))
    # When it is looked at again, and again a year later
    async with unchanged():
        assert await holiday.seed() == []
    go_to_year(2027)
    assert await holiday.seed() == [2028]
    # Then the days are headquarters'
    found = await named()
    assert found[NEW_YEAR] == ("HOLIDAY", "Tahun baru 2027")
    assert found[date(2027, 3, 12)] == ("HOLIDAY", "Idul Fitri (SKB)")
    assert IDUL_FITRI not in found


async def test_several_workers_at_once_write_a_year_once():
    go_to_year(2026)
    written = await asyncio.gather(*(holiday.seed() for _ in range(4)))
    assert sorted(map(len, written)) == [0, 0, 0, 2]
    assert await db.fetchval("select count(*) from reference_load where name like 'holidays-%'") == 2
