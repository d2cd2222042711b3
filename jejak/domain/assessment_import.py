"""R9: assessments of earlier waves, brought in at once by who has them in a file."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from jejak.domain import access, bulk, change, clock, db, event
from jejak.domain.access import Allowed, Viewer
from jejak.domain.assessment_content import Content, NewScore, items_of, replace_scores, scores, told
from jejak.domain.bulk import Done, Rows, Unread
from jejak.domain.checks import BODY, Checks, storable
from jejak.domain.errors import Code, Path, Refused
from jejak.domain.event import Happened
from jejak.domain.event_kind import EventKind
from jejak.domain.tables.assessment import Assessment, AssessmentItem, Wave
from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import AssessmentSource, AssessmentStatus, ErrorPolicy, RowOutcome, UnitKind
from jejak.domain.wave import check_open

_WRITTEN_AT_ONCE = 1_000
_VALUES = ("visited_on", "note")


@dataclass(frozen=True, slots=True)
class AssessmentRow:
    """Of a ULP, by its code. What is not known of its items is left out."""

    unit_code: str
    visited_on: date
    scores: list[NewScore] = field(default_factory=list)
    note: str = ""


@dataclass(frozen=True, slots=True)
class ImportAssessments:
    wave_id: UUID
    rows: list[AssessmentRow | Unread]
    error_policy: ErrorPolicy = ErrorPolicy.REJECT_EVERYTHING
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Imported:
    """What a row comes to. In a dry run there are no rows of what is new."""

    assessment: Assessment
    content: Content
    happened: Happened | None

    @property
    def outcome(self) -> RowOutcome:
        if self.happened is None:
            return RowOutcome.UNCHANGED
        return RowOutcome.CREATED if self.happened.before is None else RowOutcome.CHANGED


async def import_assessments(viewer: Viewer, wanted: ImportAssessments) -> Done[Imported]:
    """As `load`, for a call from outside. Refuses TOO_MANY beyond 1,000 rows."""
    bulk.check_number(wanted.rows, "rows", bulk.MOST_IMPORTED)
    return await load(viewer, wanted)


async def load(
    viewer: Viewer, wanted: ImportAssessments, progress: Callable[[int, int], None] | None = None
) -> Done[Imported]:
    """They count like those that are handed in. A second import changes what has changed, and nothing else.

    Refuses FORBIDDEN, NOT_FOUND and WRONG_STATUS (the wave is closed); a row NOT_FOUND (unit, item), INVALID_KIND,
    TAKEN (a unit twice, or visited in this wave), REQUIRED (no score at all), INVALID_SCORE and malformed input.
    `progress` hears how many rows are done, of how many; what is done is not yet committed.
    """
    async with db.transaction():
        wave = await change.find(Wave, wanted.wave_id, "wave_id")
        by = access.require_keeper(viewer, "wave_id")
        check_open(wave)
        known = await _known(wave, [row for row in wanted.rows if isinstance(row, AssessmentRow)])
        rows = Rows[Imported]()
        for n, (row, at) in enumerate(bulk.placed(wanted.rows, "rows")):
            with rows.row():
                rows.good[n] = _judged(by, wave, bulk.read(row), known, at)
        problems = rows.settle(wanted.error_policy)
        if not wanted.dry_run:
            await _write(list(rows.good.values()), progress)
    return Done(rows.good, problems)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the rows name, as it is; `named`: the units of the rows before the one at hand."""

    units: dict[str, Unit]
    items: Mapping[str, AssessmentItem]
    there: dict[UUID, Assessment]
    told: dict[UUID, list[dict[str, Any]]]
    named: set[UUID]


async def _known(wave: Wave, rows: Sequence[AssessmentRow]) -> _Known:
    codes = {row.unit_code.strip().upper() for row in rows if storable(row.unit_code)}
    by_code = await db.fetch("select id from unit where code = any($1)", list(codes))
    units = await change.units([row["id"] for row in by_code])
    keys = await db.fetch("select id from assessment where wave_id = $1", wave.id)
    there = await change.find_all(Assessment, [row["id"] for row in keys])
    return _Known(
        {unit.code: unit for unit in units.values()},
        await items_of(wave.template_id),
        {row.unit_id: row for row in there.values()},
        await told(there),
        set(),
    )


def _judged(by: Allowed, wave: Wave, row: AssessmentRow, known: _Known, at: Path) -> Imported:
    with Checks(at) as checks:
        code = checks.code(row.unit_code, "unit_code")
    unit = known.units.get(code)
    if unit is None:
        raise Refused(Code.NOT_FOUND, *at, "unit_code")
    there = known.there.get(unit.id)
    with Checks(at) as checks:
        if unit.kind != UnitKind.ULP:
            checks.refuse(Code.INVALID_KIND, "unit_code", kind=UnitKind.ULP)
        if unit.id in known.named or (there is not None and there.source != AssessmentSource.IMPORTED):
            checks.refuse(Code.TAKEN, "unit_code")
        checks.not_future(row.visited_on, unit.timezone, "visited_on")
        note = checks.text(row.note, "note", most=BODY, required=False)
        if not row.scores:
            checks.refuse(Code.REQUIRED, "scores")
        content = scores(checks, row.scores, known.items, there.id if there else db.new_id())
    known.named.add(unit.id)
    content.values.update(visited_on=row.visited_on, note=note)
    # In the template's order, as they are told of those that are there.
    order = list(known.items)
    content.told.sort(key=lambda one: order.index(one["item"]))
    return _imported(by, wave, unit, content, there, known)


def _imported(  # noqa: PLR0917 -- what it is made of
    by: Allowed, wave: Wave, unit: Unit, content: Content, there: Assessment | None, known: _Known
) -> Imported:
    now = clock.now()
    if there is None:
        made = Assessment(
            id=content.assessment_id,
            wave_id=wave.id,
            unit_id=unit.id,
            source=AssessmentSource.IMPORTED,
            recorded_by=by.viewer.person_id,
            status=AssessmentStatus.SUBMITTED,
            submitted_at=now,
            created_at=now,
            updated_at=now,
            **content.values,
        )
        after = {"status": made.status, "wave_id": wave.id, "unit_id": unit.id} | content.values
        after["scores"] = content.told
        subject = "assessment", made.id
        return Imported(
            made, content, Happened(by, EventKind.ASSESSMENT_IMPORTED, subject, unit.id, None, after)
        )
    was = {name: getattr(there, name) for name in _VALUES} | {"scores": known.told.get(there.id, [])}
    wanted = content.values | {"scores": content.told}
    before = {name: value for name, value in was.items() if wanted[name] != value}
    if not before:
        return Imported(there, content, None)
    for name in _VALUES:
        setattr(there, name, content.values[name])
    there.version += 1
    there.updated_at = now
    after = {name: wanted[name] for name in before}
    subject = "assessment", there.id
    return Imported(
        there, content, Happened(by, EventKind.ASSESSMENT_REVISED, subject, unit.id, before, after)
    )


async def _write(rows: Sequence[Imported], progress: Callable[[int, int], None] | None) -> None:
    write = """
        insert into assessment select given.* from json_populate_recordset(null::assessment, $9::json) given
        on conflict (id) do update set visited_on = excluded.visited_on, note = excluded.note,
            version = excluded.version, updated_at = excluded.updated_at"""
    for start in range(0, len(rows), _WRITTEN_AT_ONCE):
        part = rows[start : start + _WRITTEN_AT_ONCE]
        new = [one for one in part if one.happened]
        if new:
            as_json = change.in_json([one.assessment for one in new])
            await event.append_all([one.happened for one in new if one.happened], (write, as_json))
            every = [score for one in new for score in one.content.scores]
            await replace_scores([one.assessment.id for one in new], every)
        if progress is not None:
            progress(start + len(part), len(rows))
