"""R6: working weeks and special days, as headquarters sets them; a region's managers close its units.

What is set at a unit holds there and below it, until a unit there says otherwise. What was planned by the calendars
as they were is reckoned anew by a worker (`replanning`).
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

import orjson

from jejak.domain import access, bulk, calendar, change, clock, db, event, special_day_file, working_time
from jejak.domain.access import Allowed, Right, Viewer
from jejak.domain.checks import MOST_YEARS_AHEAD, TITLE, Checks
from jejak.domain.errors import Code, Refused
from jejak.domain.event_kind import EventKind
from jejak.domain.tables.calendar import SpecialDay, WorkingWeek
from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import SpecialDayKind, UnitKind
from jejak.domain.working_time import BEGINS, Day

MOST_INTERVALS = 6
WEEKDAYS = 7
MOST_RANGE = 366
MOST_WRITTEN = 5_000  # days of a call
Written = list[list[str]]


@dataclass(frozen=True, slots=True)
class OpenHours:
    """As "09:00" and "17:00"."""

    opens: str
    closes: str


@dataclass(frozen=True, slots=True)
class HoursOfWeekday:
    """`weekday` from 1 (Monday) to 7; without hours: closed."""

    weekday: int
    hours: list[OpenHours] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class SetWorkingWeek:
    """A day that is not named is closed. `days` None: the week of the unit above holds again."""

    unit_id: UUID
    expected_version: int
    days: list[HoursOfWeekday] | None = None


@dataclass(frozen=True, slots=True)
class SpecialDayRow:
    """A day, or all days to `until`. Hours are for SPECIAL_HOURS alone."""

    day: date
    kind: SpecialDayKind
    name: str
    until: date | None = None
    hours: list[OpenHours] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class SetSpecialDays:
    unit_id: UUID
    rows: list[SpecialDayRow]


@dataclass(frozen=True, slots=True)
class RemoveSpecialDays:
    unit_id: UUID
    days: list[date]


@dataclass(frozen=True, slots=True)
class ImportSpecialDays:
    """`ics`: the text of an iCalendar file. Every day of its events becomes one of `kind`."""

    unit_id: UUID
    ics: str
    kind: SpecialDayKind = SpecialDayKind.HOLIDAY
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Imported:
    unit: Unit
    created: list[date]
    changed: list[date]
    unchanged: list[date]


@dataclass(frozen=True, slots=True)
class _Special:
    """A day as it is to be; `at`: the input that says so."""

    kind: SpecialDayKind
    name: str
    hours: Written
    at: tuple[str | int, ...]


async def set_week(viewer: Viewer, wanted: SetWorkingWeek) -> Unit:
    """Refuses STALE, UNIT_CLOSED, INVALID_HOURS, REQUIRED (a week without work; none at headquarters), TAKEN (a weekday twice)."""
    async with db.transaction():
        unit, by = await _unit(viewer, Right.CALENDAR, wanted.unit_id, wanted.expected_version)
        week = None if wanted.days is None else _week(wanted.days)
        if week is None and unit.kind == UnitKind.HQ:
            raise Refused(Code.REQUIRED, "days")
        found = await WorkingWeek.objects().get(WorkingWeek.unit_id == unit.id)
        before = orjson.loads(found.hours) if found else None
        if week != before:
            told = {"working_week": before}, {"working_week": week}
            await change.apply(by, EventKind.UNIT_WORKING_WEEK_SET, unit, unit.id, told=told)
            await _write_week(unit, week)
            await calendar.settle_below(unit.path)
    return unit


async def set_special_days(viewer: Viewer, wanted: SetSpecialDays) -> Unit:
    """All rows or, with every problem named, none. Setting a day again changes it.

    Refuses UNIT_CLOSED, TOO_MANY, REQUIRED, TOO_LONG, OUT_OF_RANGE, INVALID_HOURS, TAKEN (a day twice), and FORBIDDEN
    where a region's manager asks for more than a closure, or at the cost of more.
    """
    async with db.transaction():
        unit, by = await _unit(viewer, Right.CLOSURES, wanted.unit_id)
        await _put(unit, by, _days(wanted.rows))
    return unit


async def remove_special_days(viewer: Viewer, wanted: RemoveSpecialDays) -> Unit:
    """The week, or what a unit above says, holds again. Refuses NOT_FOUND for a day of which the unit itself says nothing."""
    async with db.transaction():
        unit, by = await _unit(viewer, Right.CLOSURES, wanted.unit_id)
        bulk.check_number(wanted.days, "days", bulk.MOST_IMPORTED)
        known = await _known(unit, wanted.days)
        with Checks() as checks:
            for number, day in enumerate(wanted.days):
                if day not in known:
                    checks.refuse(Code.NOT_FOUND, "days", number)
                elif not _may(by, unit, known[day].kind):
                    checks.refuse(Code.FORBIDDEN, "days", number)
        await SpecialDay.delete().where(SpecialDay.id.is_in([row.id for row in known.values()]))
        await event.append(
            by,
            EventKind.UNIT_SPECIAL_DAYS_REMOVED,
            ("unit", unit.id),
            unit.id,
            before={"special_days": [_told(day, known[day]) for day in sorted(known)]},
        )
        await calendar.settle_below(unit.path)
    return unit


async def import_special_days(viewer: Viewer, wanted: ImportSpecialDays) -> Imported:
    """The days of an iCalendar file; importing it again changes nothing. A dry run says what would be done.

    Refuses as `set_special_days`, and what `special_day_file.read` refuses.
    """
    with Checks() as checks:
        content = checks.text(wanted.ics, "ics", most=special_day_file.MOST_CHARACTERS)
        if wanted.kind is SpecialDayKind.SPECIAL_HOURS:
            checks.refuse(Code.INVALID_HOURS, "kind")
    # Reading a large file takes its time: it is done for who may import alone, and holds nobody else up.
    await _may_close(viewer, wanted.unit_id)
    read = await asyncio.to_thread(special_day_file.read, content, "ics")
    async with db.transaction():
        unit, by = await _unit(viewer, Right.CLOSURES, wanted.unit_id)
        given: dict[date, _Special] = {}
        for one in read:
            # Two events on one day are one day off, by both names.
            names = dict.fromkeys([*(given[one.day].name.split("; ") if one.day in given else ()), one.name])
            name = "; ".join(names)[:TITLE]
            given[one.day] = _Special(wanted.kind, name, [], ("ics", one.event))
        if len(given) > MOST_WRITTEN:
            raise Refused(Code.TOO_MANY, "ics", most=MOST_WRITTEN)
        return await _put(unit, by, given, dry_run=wanted.dry_run)


async def _may_close(viewer: Viewer, unit_id: UUID) -> None:
    """As `_unit` asks again, of the unit as it is then."""
    unit = await Unit.objects().get(Unit.id == unit_id)
    if unit is None:
        raise Refused(Code.NOT_FOUND, "unit_id")
    access.require_regional(viewer, Right.CLOSURES, unit, "unit_id")


async def _unit(
    viewer: Viewer, right: Right, unit_id: UUID, version: int | None = None
) -> tuple[Unit, Allowed]:
    # All changes of calendars one after the other, and none while the tree changes.
    await db.lock(db.Lock.UNIT_TREE)
    unit, _, by = await change.take(
        Unit, viewer, right, unit_id, version, "unit_id", regional=right is Right.CLOSURES
    )
    if unit.closed_at is not None:
        raise Refused(Code.UNIT_CLOSED, "unit_id")
    return unit, by


def _may(by: Allowed, unit: Unit, kind: str) -> bool:
    return kind == SpecialDayKind.CLOSURE or access.may(by.viewer, Right.CALENDAR, unit.path)


def _week(days: Sequence[HoursOfWeekday]) -> dict[str, Written]:
    week: dict[int, Day] = {}
    with Checks() as checks:
        checks.at_most(len(days), WEEKDAYS, "days")
        for number, given in enumerate(days[:WEEKDAYS]):
            here = checks.at("days", number)
            here.between(given.weekday, 1, WEEKDAYS, "weekday")
            if given.weekday in week:
                here.refuse(Code.TAKEN, "weekday")
            week[given.weekday] = _hours(given.hours, here)
        if not checks.problems and not any(week.values()):
            checks.refuse(Code.REQUIRED, "days")
    return calendar.written_week(week)


def _hours(given: Sequence[OpenHours], here: Checks) -> Day:
    """In order and apart, or every problem there is."""
    here.at_most(len(given), MOST_INTERVALS, "hours")
    found: list[working_time.Hours] = []
    for number, one in enumerate(given[:MOST_INTERVALS]):
        times = [_minutes(one.opens, here, number, "opens"), _minutes(one.closes, here, number, "closes")]
        opens, closes = times
        if opens is None or closes is None:
            continue
        if opens >= closes:
            here.refuse(Code.INVALID_HOURS, "hours", number, "closes")
        elif found and opens < found[-1].closes:
            here.refuse(Code.INVALID_HOURS, "hours", number, "opens")
        else:
            found.append(working_time.Hours(opens, closes))
    return tuple(found)


def _minutes(said: str, here: Checks, number: int, name: str) -> int | None:
    try:
        return working_time.minutes(said)
    except ValueError:
        here.refuse(Code.INVALID_HOURS, "hours", number, name)
        return None


def _days(rows: Sequence[SpecialDayRow]) -> dict[date, _Special]:
    bulk.check_number(rows, "rows", bulk.MOST_IMPORTED)
    found: dict[date, _Special] = {}
    last = clock.now().year + MOST_YEARS_AHEAD
    with Checks() as checks:
        for number, row in enumerate(rows):
            here = checks.at("rows", number)
            until = row.until or row.day
            here.between(row.day.year, BEGINS.year, last, "day")
            if row.until:
                here.between(until.year, BEGINS.year, last, "until")
            name = here.text(row.name, "name", most=TITLE)
            hours = calendar.written_day(_hours(row.hours, here))
            if bool(row.hours) != (row.kind is SpecialDayKind.SPECIAL_HOURS):
                here.refuse(Code.INVALID_HOURS, "hours")
            if not 0 <= (until - row.day).days < MOST_RANGE:
                here.refuse(Code.OUT_OF_RANGE, "until", least=row.day, most=_furthest(row.day))
                continue
            for day in working_time.days(row.day, until):
                if day in found:
                    here.refuse(Code.TAKEN, "day")
                    break
                found[day] = _Special(row.kind, name, hours, ("rows", number))
        checks.at_most(len(found), MOST_WRITTEN, "rows")
    return found


def _furthest(day: date) -> date:
    return date.fromordinal(min(day.toordinal() + MOST_RANGE - 1, date.max.toordinal()))


async def _known(unit: Unit, days: Sequence[date]) -> dict[date, SpecialDay]:
    rows = await SpecialDay.objects().where(
        (SpecialDay.unit_id == unit.id) & SpecialDay.day.is_in(list(days))
    )
    return {row.day: row for row in rows}


async def _put(unit: Unit, by: Allowed, given: dict[date, _Special], *, dry_run: bool = False) -> Imported:
    known = await _known(unit, list(given)) if given else {}
    with Checks() as checks:
        beyond = [
            one.at
            for day, one in given.items()
            if not _may(by, unit, one.kind) or (day in known and not _may(by, unit, known[day].kind))
        ]
        for at in dict.fromkeys(beyond):
            checks.refuse(Code.FORBIDDEN, *at)
    new = {
        day: one
        for day, one in sorted(given.items())
        if day not in known or _as_told(known[day]) != (one.kind, one.name, one.hours)
    }
    if new and not dry_run:
        await _write_days(unit, new)
        await event.append(
            by,
            EventKind.UNIT_SPECIAL_DAYS_SET,
            ("unit", unit.id),
            unit.id,
            before={"special_days": [_told(day, known[day]) for day in new if day in known]},
            after={"special_days": [_told(day, one) for day, one in new.items()]},
        )
        await calendar.settle_below(unit.path)
    return Imported(
        unit,
        created=[day for day in new if day not in known],
        changed=[day for day in new if day in known],
        unchanged=sorted(set(given) - set(new)),
    )


def _as_told(row: SpecialDay) -> tuple[str, str, Any]:
    return row.kind, row.name, orjson.loads(row.hours)


def _told(day: date, one: SpecialDay | _Special) -> dict[str, Any]:
    kind, name, hours = (one.kind, one.name, one.hours) if isinstance(one, _Special) else _as_told(one)
    return {"day": day, "kind": kind, "name": name, "hours": hours}


async def _write_week(unit: Unit, week: dict[str, Written] | None) -> None:
    if week is None:
        await WorkingWeek.delete().where(WorkingWeek.unit_id == unit.id)
        return
    await db.execute(
        """
        insert into working_week (id, unit_id, hours, version, updated_at) values ($1, $2, $3::jsonb, 1, $4)
        on conflict (unit_id) do update
        set hours = excluded.hours, version = working_week.version + 1, updated_at = excluded.updated_at
        """,
        db.new_id(),
        unit.id,
        orjson.dumps(week).decode(),
        clock.now(),
    )


async def _write_days(unit: Unit, days: dict[date, _Special]) -> None:
    await db.execute(
        """
        insert into special_day (id, unit_id, day, kind, name, hours, version, updated_at)
        select gen_random_uuid(), $1, given.day, given.kind, given.name, given.hours::jsonb, 1, $6
        from unnest($2::date[], $3::text[], $4::text[], $5::text[]) given (day, kind, name, hours)
        on conflict (unit_id, day) do update
        set kind = excluded.kind, name = excluded.name, hours = excluded.hours, version = special_day.version + 1,
            updated_at = excluded.updated_at
        """,
        unit.id,
        list(days),
        [one.kind.value for one in days.values()],
        [one.name for one in days.values()],
        [orjson.dumps(one.hours).decode() for one in days.values()],
        clock.now(),
    )
