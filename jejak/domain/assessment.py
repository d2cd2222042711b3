"""R9: what a mystery shopper found: recorded whole, like a journey, and final once it is handed in."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from jejak.domain import access, change, clock, db, event, idempotency, wave
from jejak.domain.access import Allowed, Right, Viewer
from jejak.domain.assessment_content import Content, NewScore, items_of, replace_content, scores, told
from jejak.domain.checks import BODY, REASON, Checks
from jejak.domain.errors import Code, Refused
from jejak.domain.event_kind import EventKind
from jejak.domain.tables.assessment import Assessment, PlannedVisit, Wave
from jejak.domain.tables.unit import Unit
from jejak.domain.task import NewEvidence
from jejak.domain.vocabulary import AssessmentSource, AssessmentStatus

MOST_HOURS = 24 * 14  # from the report to the arrival
_VALUES = ("visited_on", "reported_at", "arrived_at", "note")


@dataclass(frozen=True, slots=True)
class RecordAssessment:
    """With `expected_version` it replaces the draft that there is. `evidence` is of the visit as a whole."""

    planned_visit_id: UUID
    visited_on: date
    scores: list[NewScore] = field(default_factory=list)
    note: str = ""
    reported_at: datetime | None = None
    arrived_at: datetime | None = None
    evidence: list[NewEvidence] = field(default_factory=list)
    expected_version: int | None = None
    submit: bool = False
    client_mutation_id: str | None = None


@dataclass(frozen=True, slots=True)
class ReopenAssessment:
    assessment_id: UUID
    expected_version: int
    reason: str


async def record(viewer: Viewer, wanted: RecordAssessment) -> Assessment:
    """The whole assessment in one transaction; `submit` hands it in at once, for which every item needs a score or does
    not apply. For the assessor alone.

    Refuses NOT_FOUND, WRONG_STATUS (handed in; the wave is closed), UNIT_CLOSED, OWN_REGION (when it is handed in),
    MISSING_SCORES, for a draft REQUIRED without its version and STALE, and malformed input.
    """
    async with db.transaction():
        (new_id,), fresh = await idempotency.claim(
            viewer, "recordAssessment", wanted.client_mutation_id, wanted
        )
        # The visit is held: of two recordings the second finds the first.
        visit = await change.find(PlannedVisit, wanted.planned_visit_id, "planned_visit_id")
        by = access.require_planned(viewer, visit.assessor_id, "planned_visit_id")
        of_visit = (Assessment.wave_id == visit.wave_id) & (Assessment.unit_id == visit.unit_id)
        found = await Assessment.objects().where(of_visit).first()
        if not fresh and found is not None:
            return found
        of = await wave.held(visit.wave_id, "planned_visit_id")
        # An import of the wave, which this has waited for, may have brought it in.
        found = await Assessment.objects().where(of_visit).first()
        unit = (await change.units([visit.unit_id]))[visit.unit_id]
        if unit.closed_at is not None:
            raise Refused(Code.UNIT_CLOSED, "planned_visit_id")
        content = await _checked(wanted, of, unit, visit.assessor_id, found.id if found else new_id)
        if wanted.submit:
            await _refuse_own_region(visit, of, unit)
        if found is None and wanted.expected_version is not None:
            raise Refused(Code.STALE, "expected_version")
        if found is None:
            found = await _begin(by, visit, content, new_id)
        else:
            await _revise(by, found, content, wanted.expected_version)
        if wanted.submit:
            values = {"status": AssessmentStatus.SUBMITTED, "submitted_at": clock.now()}
            await change.apply(by, EventKind.ASSESSMENT_SUBMITTED, found, unit.id, **values)
    return found


async def reopen(viewer: Viewer, wanted: ReopenAssessment) -> Assessment:
    """Gives one that was handed in back to its assessor, to correct it; until then it counts in no figure.

    Refuses NOT_FOUND, FORBIDDEN, STALE, WRONG_STATUS (a draft; imported; the wave is closed).
    """
    with Checks() as checks:
        reason = checks.text(wanted.reason, "reason", most=REASON)
    async with db.transaction():
        row, unit, by = await take(viewer, Right.RULES, wanted.assessment_id, wanted.expected_version)
        if row.status != AssessmentStatus.SUBMITTED or row.source != AssessmentSource.VISIT:
            raise Refused(Code.WRONG_STATUS, status=row.status)
        await wave.held(row.wave_id, "assessment_id")
        values = {"status": AssessmentStatus.DRAFT, "submitted_at": None}
        kind = EventKind.ASSESSMENT_REOPENED
        await change.apply(by, kind, row, unit.id, told=({}, {"reason": reason}), **values)
    return row


async def take(
    viewer: Viewer, right: Right, assessment_id: UUID, version: int | None
) -> tuple[Assessment, Unit, Allowed]:
    """An assessment with its unit, locked. Refuses NOT_FOUND, which includes the drafts of others, FORBIDDEN and STALE."""
    found = await change.locked(Assessment, [assessment_id])
    draft = assessment_id in found and found[assessment_id][0].status == AssessmentStatus.DRAFT
    if draft and not access.keeps_rules(viewer):
        if found[assessment_id][0].assessor_id == viewer.person_id:
            raise Refused(Code.FORBIDDEN, "assessment_id")
        raise Refused(Code.NOT_FOUND, "assessment_id")
    return change.release(viewer, right, found.get(assessment_id), version, "assessment_id")


async def _refuse_own_region(visit: PlannedVisit, of: Wave, unit: Unit) -> None:
    """Roles may have changed since it was planned."""
    near = f"select {access.of_region('$1', '$2')}"
    if of.cross_visit and await db.fetchval(near, visit.assessor_id, unit.path):
        raise Refused(Code.OWN_REGION, "planned_visit_id")


async def _begin(by: Allowed, visit: PlannedVisit, content: Content, new_id: UUID) -> Assessment:
    now = clock.now()
    row = Assessment(
        id=new_id,
        wave_id=visit.wave_id,
        unit_id=visit.unit_id,
        source=AssessmentSource.VISIT,
        assessor_id=visit.assessor_id,
        recorded_by=by.viewer.person_id,
        status=AssessmentStatus.DRAFT,
        created_at=now,
        updated_at=now,
        **content.values,
    )
    await change.insert([row])
    await replace_content(row, content)
    after = {"status": row.status, "wave_id": row.wave_id, "unit_id": row.unit_id} | content.values
    subject = "assessment", row.id
    kind = EventKind.ASSESSMENT_RECORDED
    await event.append(by, kind, subject, row.unit_id, after=after | {"scores": content.told})
    return row


async def _revise(by: Allowed, row: Assessment, content: Content, version: int | None) -> None:
    if row.status != AssessmentStatus.DRAFT:
        raise Refused(Code.WRONG_STATUS, status=row.status)
    if version is None:
        raise Refused(Code.REQUIRED, "expected_version")
    if row.version != version:
        raise Refused(Code.STALE, "expected_version")
    before = await told([row.id])
    await replace_content(row, content)
    both = {"scores": before.get(row.id, [])}, {"scores": content.told}
    await change.apply(by, EventKind.ASSESSMENT_REVISED, row, row.unit_id, told=both, **content.values)


async def _checked(wanted: RecordAssessment, of: Wave, unit: Unit, by: UUID, assessment_id: UUID) -> Content:
    items = await items_of(of.template_id)
    with Checks() as checks:
        checks.not_future(wanted.visited_on, unit.timezone, "visited_on")
        if not of.starts_on <= wanted.visited_on <= of.ends_on and not checks.problems:
            checks.refuse(Code.OUT_OF_RANGE, "visited_on", least=of.starts_on, most=of.ends_on)
        _check_arrival(checks, wanted.reported_at, wanted.arrived_at)
        content = scores(checks, wanted.scores, items, assessment_id, by)
        content.values.update({name: getattr(wanted, name) for name in _VALUES})
        content.values["note"] = checks.text(wanted.note, "note", most=BODY, required=False)
        content.add_evidence(checks, wanted.evidence, None)
        missing = _missing(content, list(items))
        if wanted.submit and missing and not checks.problems:
            checks.refuse(Code.MISSING_SCORES, "scores", items=", ".join(missing))
    return content


def _missing(content: Content, codes: Sequence[str]) -> list[str]:
    there = {one["item"] for one in content.told}
    return [code for code in codes if code not in there]


def _check_arrival(checks: Checks, reported: datetime | None, arrived: datetime | None) -> None:
    moments: dict[str, Any] = {"reported_at": reported, "arrived_at": arrived}
    for name, moment in moments.items():
        if moment is not None and moment > clock.now():
            checks.refuse(Code.FUTURE_DATE, name)
    if reported and arrived and not 0 <= (arrived - reported).total_seconds() <= MOST_HOURS * 3600:
        checks.refuse(Code.OUT_OF_RANGE, "arrived_at", least=reported.isoformat(), most=f"+{MOST_HOURS} h")
