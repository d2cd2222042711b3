"""R9: who visits which unit in a wave; in a cross visit nobody who holds a role in its region."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from jejak.domain import access, bulk, change, clock, db, event
from jejak.domain.access import Allowed, Viewer
from jejak.domain.bulk import Done, Rows, Unread
from jejak.domain.checks import Checks, storable
from jejak.domain.errors import Code, Path, Refused
from jejak.domain.event import Happened
from jejak.domain.event_kind import EventKind
from jejak.domain.tables.assessment import PlannedVisit, Wave
from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import ErrorPolicy, RowOutcome, UnitKind
from jejak.domain.wave import check_open


@dataclass(frozen=True, slots=True)
class VisitRow:
    """The unit, a ULP, by its id or its code. A unit that is planned already is planned anew."""

    assessor_id: UUID
    due_on: date
    unit_id: UUID | None = None
    unit_code: str | None = None


@dataclass(frozen=True, slots=True)
class PlanVisits:
    wave_id: UUID
    visits: list[VisitRow | Unread]
    error_policy: ErrorPolicy = ErrorPolicy.REJECT_EVERYTHING


@dataclass(frozen=True, slots=True)
class Planned:
    visit: PlannedVisit
    happened: Happened | None

    @property
    def outcome(self) -> RowOutcome:
        if self.happened is None:
            return RowOutcome.UNCHANGED
        return RowOutcome.CREATED if self.happened.before is None else RowOutcome.CHANGED


async def plan(viewer: Viewer, wanted: PlanVisits) -> Done[Planned]:
    """A second call with the same rows changes nothing.

    Refuses FORBIDDEN, WRONG_STATUS (the wave is closed), TOO_MANY; a row NOT_FOUND (unit, assessor), INVALID_KIND,
    UNIT_CLOSED, OUT_OF_RANGE (a day outside of the wave), TAKEN (a unit twice; another has begun), OWN_REGION.
    """
    bulk.check_number(wanted.visits, "visits")
    async with db.transaction():
        wave = await change.find(Wave, wanted.wave_id, "wave_id")
        by = access.require_keeper(viewer, "wave_id")
        check_open(wave)
        known = await _known(wave, [row for row in wanted.visits if isinstance(row, VisitRow)])
        rows = Rows[Planned]()
        for n, (row, at) in enumerate(bulk.placed(wanted.visits, "visits")):
            with rows.row():
                rows.good[n] = _judged(by, wave, bulk.read(row), known, at)
        problems = rows.settle(wanted.error_policy)
        await _write([one for one in rows.good.values() if one.happened])
    return Done(rows.good, problems)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the rows name, as it is. `near`: who holds a role in the region of which unit; `begun`: whose visits these are."""

    units: dict[UUID, Unit]
    codes: dict[str, UUID]
    people: set[UUID]
    near: set[tuple[UUID, UUID]]
    visits: dict[UUID, PlannedVisit]
    begun: set[UUID]
    named: set[UUID]

    def unit(self, row: VisitRow) -> Unit | None:
        by_code = self.codes.get(row.unit_code.strip().upper()) if row.unit_code else None
        key = row.unit_id or by_code
        return None if key is None or (row.unit_code and key != by_code) else self.units.get(key)


async def _known(wave: Wave, rows: Sequence[VisitRow]) -> _Known:
    codes = {row.unit_code.strip().upper() for row in rows if row.unit_code and storable(row.unit_code)}
    by_code = await db.fetch("select id, code from unit where code = any($1)", list(codes))
    ids = {row["code"]: row["id"] for row in by_code}
    units = await change.units([*ids.values(), *(row.unit_id for row in rows if row.unit_id)])
    assessors = list({row.assessor_id for row in rows})
    people = await db.fetch("select id from person where id = any($1)", assessors)
    near = await db.fetch(
        f"""select who.id as person_id, u.id as unit_id from person who cross join unit u
        where who.id = any($1) and u.id = any($2) and {access.of_region("who.id", "u.path")}""",
        assessors,
        list(units),
    )
    planned = await PlannedVisit.objects().where(PlannedVisit.wave_id == wave.id)
    begun = await db.fetch("select unit_id from assessment where wave_id = $1", wave.id)
    return _Known(
        units,
        ids,
        {row["id"] for row in people},
        {(row["person_id"], row["unit_id"]) for row in near},
        {visit.unit_id: visit for visit in planned},
        {row["unit_id"] for row in begun},
        set(),
    )


def _judged(by: Allowed, wave: Wave, row: VisitRow, known: _Known, at: Path) -> Planned:
    with Checks(at) as checks:
        if row.unit_id is None and row.unit_code is None:
            checks.refuse(Code.REQUIRED, "unit_code")
        if row.unit_code is not None:
            checks.code(row.unit_code, "unit_code")
    named = "unit_id" if row.unit_id else "unit_code"
    unit = known.unit(row)
    if unit is None:
        raise Refused(Code.NOT_FOUND, *at, named)
    visit = known.visits.get(unit.id)
    with Checks(at) as checks:
        if unit.kind != UnitKind.ULP:
            checks.refuse(Code.INVALID_KIND, named, kind=UnitKind.ULP)
        if unit.closed_at is not None:
            checks.refuse(Code.UNIT_CLOSED, named)
        if unit.id in known.named or (
            unit.id in known.begun and (visit is None or visit.assessor_id != row.assessor_id)
        ):
            checks.refuse(Code.TAKEN, named)
        if not wave.starts_on <= row.due_on <= wave.ends_on:
            checks.refuse(Code.OUT_OF_RANGE, "due_on", least=wave.starts_on, most=wave.ends_on)
        if row.assessor_id not in known.people:
            checks.refuse(Code.NOT_FOUND, "assessor_id")
        elif wave.cross_visit and (row.assessor_id, unit.id) in known.near:
            checks.refuse(Code.OWN_REGION, "assessor_id")
    known.named.add(unit.id)
    return _planned(by, wave, unit, row, visit)


def _planned(by: Allowed, wave: Wave, unit: Unit, row: VisitRow, visit: PlannedVisit | None) -> Planned:
    given: dict[str, Any] = {"assessor_id": row.assessor_id, "due_on": row.due_on}
    now = clock.now()
    if visit is None:
        made = PlannedVisit(
            id=db.new_id(), wave_id=wave.id, unit_id=unit.id, created_at=now, updated_at=now, **given
        )
        subject = "planned_visit", made.id
        after = {"wave_id": wave.id, "unit_id": unit.id} | given
        return Planned(made, Happened(by, EventKind.VISIT_PLANNED, subject, unit.id, None, after))
    before = {name: getattr(visit, name) for name, value in given.items() if getattr(visit, name) != value}
    if not before:
        return Planned(visit, None)
    for name, value in given.items():
        setattr(visit, name, value)
    visit.version += 1
    visit.updated_at = now
    after = {name: given[name] for name in before}
    subject = "planned_visit", visit.id
    return Planned(visit, Happened(by, EventKind.VISIT_REPLANNED, subject, unit.id, before, after))


async def _write(rows: Sequence[Planned]) -> None:
    if not rows:
        return
    write = """
        insert into planned_visit
        select given.* from json_populate_recordset(null::planned_visit, $9::json) given
        on conflict (id) do update set assessor_id = excluded.assessor_id, due_on = excluded.due_on,
            version = excluded.version, updated_at = excluded.updated_at"""
    await event.append_all(
        [one.happened for one in rows if one.happened], (write, change.in_json([one.visit for one in rows]))
    )
