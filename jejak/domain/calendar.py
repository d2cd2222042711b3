"""R6: which working calendar holds at which unit, and the calendars spelled out for SQL to reckon with.

A unit has the zone of its own, the week of the nearest unit above it that has one, and of each special day what the
nearest unit says of it. Units for which the same comes out share a calendar. The SQL functions `working_day_from`,
`open_at`, `working_seconds` and `working_moment` read the spelled-out days and intervals.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from jejak.domain import checks, clock, db, working_time
from jejak.domain.tables.unit import Calendar
from jejak.domain.working_time import Day, Rules, Week

BEGINS = working_time.BEGINS
_SPARE_YEARS = 3


def horizon() -> date:
    """As far as calendars must reach: beyond the latest due date there may be, and the rungs after it."""
    return date(clock.now().year + checks.MOST_YEARS_AHEAD + 1, 12, 31)


def written_day(day: Day) -> list[list[str]]:
    return [[working_time.said(one.opens), working_time.said(one.closes)] for one in day]


def written_week(week: Week) -> dict[str, list[list[str]]]:
    return {str(n): written_day(day) for n, day in sorted(week.items())}


def read_day(written: Iterable[tuple[str, str]]) -> Day:
    return tuple(working_time.hours(opens, closes) for opens, closes in written)


async def rules(unit_id: UUID) -> Rules:
    """What holds at a unit."""
    (found,) = await _effective([unit_id])
    return found.rules


async def settle(units: Iterable[UUID] | None = None) -> list[UUID]:
    """Gives `units`, or all units, the calendar that now holds there, inside the open transaction; which got another.

    The caller holds the lock UNIT_TREE. Calendars that end before the horizon are made longer.
    """
    wanted = await _effective(None if units is None else list(units))
    by_digest = {one.digest: one.rules for one in wanted}
    known = {
        row["digest"]: (UUID(str(row["id"])), row["until"])
        for row in await db.fetch(
            "select id, digest, until from calendar where digest = any($1)", list(by_digest)
        )
    }
    for digest, of in by_digest.items():
        if digest not in known:
            made = Calendar(digest=digest, zone=of.zone, until=BEGINS - working_time.DAY)
            await made.save()
            known[digest] = made.id, made.until
        if known[digest][1] < horizon():
            await _spell_out(*known[digest], of)
    changed = {one.unit_id: key for one in wanted if (key := known[one.digest][0]) != one.calendar_id}
    if changed:
        # By id, as whoever shares several units with other work locks them.
        await db.execute("select from unit where id = any($1) order by id for no key update", list(changed))
        await db.execute(
            """
            update unit set calendar_id = given.calendar_id
            from unnest($1::uuid[], $2::uuid[]) given (unit_id, calendar_id) where unit.id = given.unit_id
            """,
            list(changed),
            list(changed.values()),
        )
    return list(changed)


async def ensure() -> None:
    """Gives headquarters the usual week where it has none, and every unit its calendar. Safe to repeat."""
    async with db.transaction():
        await db.lock(db.Lock.UNIT_TREE)
        await db.execute(
            """
            insert into working_week (id, unit_id, hours, version, updated_at)
            select gen_random_uuid(), id, $1::jsonb, 1, $2 from unit where kind = 'HQ'
            on conflict do nothing
            """,
            orjson.dumps(written_week(working_time.DEFAULT_WEEK)).decode(),
            clock.now(),
        )
        await settle()


async def settle_below(path: str) -> None:
    """As `settle`, for a unit and everything below it."""
    rows = await db.fetch("select id from unit where path ^@ $1", path)
    await settle(UUID(str(row["id"])) for row in rows)


async def keep_up() -> None:
    """Lets calendars grow with the years, and forgets those that nothing is reckoned by any more. Safe to repeat."""
    async with db.transaction():
        await db.lock(db.Lock.UNIT_TREE)
        await settle()
        await db.execute(
            """
            delete from calendar c where not exists (
                select from unit u where u.calendar_id = c.id or u.planned_calendar_id = c.id)
            """
        )


@dataclass(frozen=True, slots=True)
class _Effective:
    unit_id: UUID
    calendar_id: UUID | None
    rules: Rules
    digest: str


async def _effective(units: list[UUID] | None) -> list[_Effective]:
    rows = await db.fetch(
        """
        select u.id, u.timezone, u.calendar_id, (
            select w.hours from working_week w join unit above on above.id = w.unit_id
            where u.path ^@ above.path order by length(above.path) desc limit 1
        ) as week, (
            select array_agg(above.id order by length(above.path)) from unit above
            where u.path ^@ above.path and exists (select from special_day s where s.unit_id = above.id)
        ) as special_by
        from unit u where $1::uuid[] is null or u.id = any($1)
        """,
        units,
    )
    special = await _special({key for row in rows for key in row["special_by"] or ()})
    made: dict[tuple[Any, ...], tuple[Rules, str]] = {}
    found = []
    for row in rows:
        by = tuple(row["special_by"] or ())
        key = (row["timezone"], row["week"], by)
        if key not in made:
            made[key] = _rules(row, [special[unit] for unit in by])
        found.append(_Effective(UUID(str(row["id"])), row["calendar_id"], *made[key]))
    return found


async def _special(units: Iterable[UUID]) -> dict[UUID, dict[date, Day]]:
    found: dict[UUID, dict[date, Day]] = {}
    days = await db.fetch("select unit_id, day, hours from special_day where unit_id = any($1)", list(units))
    for row in days:
        found.setdefault(row["unit_id"], {})[row["day"]] = read_day(orjson.loads(row["hours"]))
    return found


def _rules(row: asyncpg.Record, special: list[dict[date, Day]]) -> tuple[Rules, str]:
    week = (
        {int(n): read_day(day) for n, day in orjson.loads(row["week"]).items()}
        if row["week"]
        else working_time.DEFAULT_WEEK
    )
    days = {day: on for of_unit in special for day, on in of_unit.items()}
    # A special day on which the week holds anyway makes no other calendar.
    days = {day: on for day, on in sorted(days.items()) if on != week.get(day.isoweekday(), ())}
    told = [row["timezone"], written_week(week), {str(day): written_day(on) for day, on in days.items()}]
    return Rules(row["timezone"], week, days), hashlib.sha256(orjson.dumps(told)).hexdigest()


async def _spell_out(calendar_id: UUID, until: date, rules: Rules) -> None:
    """Adds the days after `until`, some years more than needed, so that it is seldom done."""
    last = horizon().replace(year=horizon().year + _SPARE_YEARS)
    days = list(working_time.days(until + working_time.DAY, last))
    await db.execute("update calendar set until = $2 where id = $1", calendar_id, last)
    await db.execute(
        """
        insert into working_day (calendar_id, day, nth)
        select $1, day, coalesce((select max(nth) from working_day where calendar_id = $1), 0) + place
        from unnest($2::date[]) with ordinality told (day, place)
        """,
        calendar_id,
        [day for day in days if rules.works(day)],
    )
    intervals = [one for day in days for one in rules.intervals(day)]
    await db.execute(
        """
        with told as (
            select opens, closes, extract(epoch from closes - opens)::bigint as seconds
            from unnest($2::timestamptz[], $3::timestamptz[]) told (opens, closes)
        ), before as (
            select coalesce(max(seconds_before + extract(epoch from closes - opens)::bigint), 0) as seconds
            from open_interval where calendar_id = $1
        )
        insert into open_interval (calendar_id, opens, closes, seconds_before)
        select $1, opens, closes, before.seconds + sum(told.seconds) over (order by opens) - told.seconds
        from told cross join before
        """,
        calendar_id,
        [opens for opens, _ in intervals],
        [closes for _, closes in intervals],
    )
