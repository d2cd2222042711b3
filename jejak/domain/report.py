"""R11: the monthly report of a unit: computed at any time, kept as a draft once the month has ended, frozen when published.

What is published is the draft as it was read, by its version, and never changes again: there is no way back, and none to
correct it. Whoever finds a mistake says so in the next one.
"""

import contextlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from jejak.domain import access, change, clock, db, event, report_content, report_rules
from jejak.domain.access import Allowed, Right, Viewer
from jejak.domain.checks import storable
from jejak.domain.errors import Code, Refused
from jejak.domain.event_kind import EventKind
from jejak.domain.report_content import Computed
from jejak.domain.report_rules import FORMULA_VERSION, Period
from jejak.domain.tables.person import Person
from jejak.domain.tables.report import Report
from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import ReportState

# By then the snapshot of a month's last day is there, or never will be.
_SNAPSHOT_WITHIN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ReadReport:
    """`month`: any day of it. `live`: as it would be computed now, even where a draft is kept."""

    unit_id: UUID
    month: date
    live: bool = False


@dataclass(frozen=True, slots=True)
class RecomputeReport:
    """`month`: any day of it."""

    unit_id: UUID
    month: date


@dataclass(frozen=True, slots=True)
class PublishReport:
    report_id: UUID
    expected_version: int


@dataclass(frozen=True, slots=True)
class Shown:
    """A report to be read. `id` and what follows: of one that is kept, and published."""

    state: ReportState
    content: dict[str, Any]
    digest: str
    computed_at: datetime
    id: UUID | None = None
    published_at: datetime | None = None
    publisher: str | None = None


async def read(viewer: Viewer, wanted: ReadReport) -> Shown:
    """The published one, where there is one; else the draft; else what it would say now.

    Refuses NOT_FOUND, FUTURE_DATE, OUT_OF_RANGE.
    """
    unit, _ = await change.unit(viewer, Right.SEE, wanted.unit_id, "unit_id", open_only=False)
    month = _month(wanted.month, unit)
    kept = await _kept(unit.id, month)
    if kept is not None and (kept.state == ReportState.PUBLISHED or not wanted.live):
        return Shown(
            ReportState(kept.state),
            orjson.loads(kept.content),
            kept.digest,
            kept.computed_at,
            kept.id,
            kept.published_at,
            kept.publisher,
        )
    made = await report_content.compute(unit.id, month)
    return Shown(ReportState.PREVIEW, made.content, made.digest, made.at)


async def read_by_code(viewer: Viewer, code: str, month: date) -> Shown:
    """The same for a unit by its code."""
    known = storable(code)
    unit_id = await db.fetchval("select id from unit where code = $1", code) if known else None
    if unit_id is None:
        raise Refused(Code.NOT_FOUND, "unit_id")
    return await read(viewer, ReadReport(unit_id, month))


async def recompute(viewer: Viewer, wanted: RecomputeReport) -> Report:
    """Makes the draft of an ended month, or makes it anew. The same figures leave it as it is.

    Refuses NOT_FOUND, FORBIDDEN, NOT_ENDED, and WRONG_STATUS once it is published.
    """
    unit, _ = await change.unit(viewer, Right.SEE, wanted.unit_id, "unit_id", open_only=False)
    by = access.require_rules(viewer, unit, "unit_id")
    month = await _ended(unit, wanted.month)
    made = await report_content.compute(unit.id, month)
    async with db.transaction():
        return await _keep(by, unit, month, made)


async def publish(viewer: Viewer, wanted: PublishReport) -> Report:
    """Freezes the draft that was read.

    Refuses NOT_FOUND, FORBIDDEN, STALE, and WRONG_STATUS once it is published.
    """
    async with db.transaction():
        kept, unit, _ = await change.take(Report, viewer, Right.SEE, wanted.report_id, None, "report_id")
        by = access.require_rules(viewer, unit, "report_id")
        if kept.version != wanted.expected_version:
            raise Refused(Code.STALE, "expected_version")
        if kept.state == ReportState.PUBLISHED:
            raise Refused(Code.WRONG_STATUS, "report_id", status=kept.state)
        person = await change.find(Person, viewer.person)
        await change.apply(
            by,
            EventKind.REPORT_PUBLISHED,
            kept,
            unit.id,
            told=({}, {"month": kept.month, "digest": kept.digest}),
            state=ReportState.PUBLISHED,
            published_at=clock.now(),
            published_by=person.id,
            publisher=person.name,
        )
    return kept


async def run() -> int:
    """Drafts for headquarters and the regions of the month that has ended, made anew until they are published: answers
    and visits come in late. How many say something new.
    """
    made = 0
    rows = await db.fetch(
        "select id from unit where kind in ('HQ', 'UID', 'UIW') and closed_at is null order by path"
    )
    units = await change.units([row["id"] for row in rows], lock=False)
    for unit in units.values():
        month = Period.of(clock.today(unit.timezone), unit.timezone).before.month
        kept = await _kept(unit.id, month)
        published = kept is not None and kept.state == ReportState.PUBLISHED
        if published or not await _is_there(unit, month):
            continue
        computed = await report_content.compute(unit.id, month)
        # Of one that somebody publishes meanwhile nothing is left to do.
        with contextlib.suppress(Refused):
            async with db.transaction():
                drafted = await _keep(access.SERVICE, unit, month, computed)
                made += drafted.computed_at == computed.at
    return made


async def _keep(by: Allowed, unit: Unit, month: date, made: Computed) -> Report:
    """Writes a draft, inside the open transaction, also over one that is there and says something else."""
    told = {"month": month, "digest": made.digest}
    content = report_rules.canonical(made.content).decode()
    values = (content, FORMULA_VERSION, made.digest, made.at)
    # Whoever comes second waits here for the first one's end.
    inserted = await db.fetchval(
        """
        insert into report (id, unit_id, month, state, content, formula_version, digest, computed_at, version, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, 1, $8) on conflict (unit_id, month) do nothing returning id
        """,
        db.new_id(),
        unit.id,
        month,
        ReportState.DRAFT,
        *values,
    )
    if inserted:
        await event.append(by, EventKind.REPORT_DRAFTED, ("report", inserted), unit.id, after=told)
    kept = await _kept(unit.id, month, lock=True)
    assert kept is not None  # noqa: S101 -- nothing deletes a report
    if inserted:
        return kept
    if kept.state == ReportState.PUBLISHED:
        raise Refused(Code.WRONG_STATUS, "month", status=kept.state)
    if kept.digest == made.digest or kept.computed_at > made.at:
        return kept
    await db.execute(
        """
        update report set content = $2, formula_version = $3, digest = $4, computed_at = $5, version = version + 1
        where id = $1
        """,
        kept.id,
        *values,
    )
    before = {"month": month, "digest": kept.digest}
    subject = ("report", kept.id)
    await event.append(by, EventKind.REPORT_RECOMPUTED, subject, unit.id, before=before, after=told)
    again = await _kept(unit.id, month)
    assert again is not None  # noqa: S101 -- as above
    return again


async def _kept(unit_id: UUID, month: date, *, lock: bool = False) -> Report | None:
    row = await db.fetchrow(
        f"select * from report where unit_id = $1 and month = $2 {'for no key update' if lock else ''}",
        unit_id,
        month,
    )
    return None if row is None else Report(_exists_in_db=True, **row)


def _month(day: date, unit: Unit) -> date:
    today = clock.today(unit.timezone)
    if day.year < report_rules.FIRST_YEAR:
        raise Refused(Code.OUT_OF_RANGE, "month", least=report_rules.FIRST_YEAR, most=today.year)
    if day.replace(day=1) > today:
        raise Refused(Code.FUTURE_DATE, "month")
    return day.replace(day=1)


async def _ended(unit: Unit, day: date) -> date:
    """The month, once it has ended for the unit and its last figures are kept. Refuses NOT_ENDED, OUT_OF_RANGE."""
    if day.replace(day=1) > clock.today(unit.timezone):
        raise Refused(Code.NOT_ENDED, "month")
    month = _month(day, unit)
    if not await _is_there(unit, month):
        raise Refused(Code.NOT_ENDED, "month")
    return month


async def _is_there(unit: Unit, month: date) -> bool:
    period, now = Period.of(month, unit.timezone), clock.now()
    if now < period.end:
        return False
    if now >= period.end + _SNAPSHOT_WITHIN:
        return True
    found = await db.fetchval("select exists (select from unit_snapshot where day = $1)", period.last)
    return bool(found)
