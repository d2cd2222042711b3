"""R9: a wave: a round of mystery shopping by one version of a template, from a first to a last day."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from jejak.domain import access, change, clock, db, event, idempotency
from jejak.domain.access import Viewer
from jejak.domain.checks import EARLIEST_YEAR, MOST_YEARS_AHEAD, TITLE, Checks
from jejak.domain.errors import Code, Refused
from jejak.domain.event_kind import EventKind
from jejak.domain.tables.assessment import AssessmentTemplate, Wave

MOST_NUMBER = 100  # a year
CLOSED = "CLOSED"


@dataclass(frozen=True, slots=True)
class CreateWave:
    """`number` within the year, from 1. `cross_visit`: nobody visits a unit of a region in which they hold a role."""

    template_id: UUID
    name: str
    year: int
    number: int
    starts_on: date
    ends_on: date
    cross_visit: bool = True
    client_mutation_id: str | None = None


@dataclass(frozen=True, slots=True)
class UpdateWave:
    """None leaves a field as it is."""

    wave_id: UUID
    expected_version: int
    name: str | None = None
    starts_on: date | None = None
    ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class CloseWave:
    wave_id: UUID
    expected_version: int


async def create(viewer: Viewer, wanted: CreateWave) -> Wave:
    """Refuses FORBIDDEN, NOT_FOUND (template), TAKEN (the number in that year) and malformed input."""
    async with db.transaction():
        by = access.require_keeper(viewer, "template_id")
        (new_id,), fresh = await idempotency.claim(viewer, "createWave", wanted.client_mutation_id, wanted)
        if not fresh:
            return await change.find(Wave, new_id, "client_mutation_id")
        # Held, so that of two with the same number the second sees the first.
        template = await change.find(AssessmentTemplate, wanted.template_id, "template_id")
        with Checks() as checks:
            name = checks.text(wanted.name, "name", most=TITLE)
            checks.between(wanted.year, EARLIEST_YEAR, clock.now().year + MOST_YEARS_AHEAD, "year")
            checks.between(wanted.number, 1, MOST_NUMBER, "number")
            _check_days(checks, wanted.starts_on, wanted.ends_on)
            same = (Wave.template_id == template.id) & (Wave.year == wanted.year)
            if not checks.problems and await Wave.exists().where(same & (Wave.number == wanted.number)):
                checks.refuse(Code.TAKEN, "number")
        told: dict[str, Any] = {
            "name": name,
            "year": wanted.year,
            "number": wanted.number,
            "starts_on": wanted.starts_on,
            "ends_on": wanted.ends_on,
            "cross_visit": wanted.cross_visit,
            "template_id": template.id,
        }
        now = clock.now()
        row = Wave(id=new_id, created_by=viewer.person_id, created_at=now, updated_at=now, **told)
        await change.insert([row])
        await event.append(by, EventKind.WAVE_CREATED, ("wave", row.id), None, after=told)
    return row


async def update(viewer: Viewer, wanted: UpdateWave) -> Wave:
    """Refuses FORBIDDEN, STALE, WRONG_STATUS once it is closed, and malformed input."""
    async with db.transaction():
        row, by = await _take(viewer, wanted.wave_id, wanted.expected_version)
        values: dict[str, Any] = {}
        with Checks() as checks:
            if wanted.name is not None:
                values["name"] = checks.text(wanted.name, "name", most=TITLE)
            values["starts_on"] = wanted.starts_on or row.starts_on
            values["ends_on"] = wanted.ends_on or row.ends_on
            _check_days(checks, values["starts_on"], values["ends_on"])
        if any(getattr(row, name) != value for name, value in values.items()):
            await change.apply(by, EventKind.WAVE_UPDATED, row, None, **values)
    return row


async def close(viewer: Viewer, wanted: CloseWave) -> Wave:
    """Nothing is planned, recorded or imported for it any more. Refuses FORBIDDEN, STALE, WRONG_STATUS."""
    async with db.transaction():
        row, by = await _take(viewer, wanted.wave_id, wanted.expected_version)
        await change.apply(by, EventKind.WAVE_CLOSED, row, None, closed_at=clock.now())
    return row


async def _take(viewer: Viewer, wave_id: UUID, version: int) -> tuple[Wave, access.Allowed]:
    row = await change.find(Wave, wave_id, "wave_id")
    by = access.require_keeper(viewer, "wave_id")
    if row.version != version:
        raise Refused(Code.STALE, "expected_version")
    check_open(row)
    return row, by


async def held(wave_id: UUID, *at: str | int) -> Wave:
    """An open wave, for who adds to it: it is not closed until the transaction ends. Refuses NOT_FOUND, WRONG_STATUS."""
    await db.execute("select from wave where id = $1 for share", wave_id)
    row = await Wave.objects().get(Wave.id == wave_id)
    if row is None:
        raise Refused(Code.NOT_FOUND, *at)
    check_open(row)
    return row


async def named(year: int, number: int, template: str | None) -> list[Wave]:
    """Those with this number in that year: of a template by its code, or of all."""
    rows = await db.fetch(
        """select w.id from wave w join assessment_template t on t.id = w.template_id
        where w.year = $1 and w.number = $2 and ($3::text is null or t.code = $3)""",
        year,
        number,
        template and template.strip().upper(),
    )
    return await Wave.objects().where(Wave.id.is_in([row["id"] for row in rows])) if rows else []


def check_open(row: Wave) -> None:
    """Refuses WRONG_STATUS."""
    if row.closed_at is not None:
        raise Refused(Code.WRONG_STATUS, status=CLOSED)


def _check_days(checks: Checks, starts_on: date, ends_on: date) -> None:
    last = clock.now().year + MOST_YEARS_AHEAD
    for name, day in (("starts_on", starts_on), ("ends_on", ends_on)):
        checks.between(day.year, EARLIEST_YEAR, last, name)
    if ends_on < starts_on:
        checks.refuse(Code.OUT_OF_RANGE, "ends_on", least=starts_on, most=date(last, 12, 31))
