"""R9: a finding of an assessment becomes a pain point, in the stage of the journey that its item belongs to.

The first one makes a journey of the assessment, accepted, since the assessment was handed in by somebody sent for it: so
that its pain points have their deadline (R7) and can get tasks like any other.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from jejak.domain import assessment, assessment_rules, change, clock, db, event, idempotency, sla
from jejak.domain.access import Allowed, Right, Viewer
from jejak.domain.checks import BODY, Checks, storable
from jejak.domain.errors import Code, Refused
from jejak.domain.event import Happened
from jejak.domain.event_kind import EventKind
from jejak.domain.tables.assessment import Assessment, AssessmentItem, AssessmentScore
from jejak.domain.tables.journey import Journey, PainPoint, Stage
from jejak.domain.vocabulary import AssessmentStatus, Category, JourneyStatus, Parameter


@dataclass(frozen=True, slots=True)
class CreatePainPointFromFinding:
    """`severity` and `reach` from 1 to 5. Without a category or parameter it has those of the item."""

    assessment_id: UUID
    item_code: str
    description: str
    severity: int
    reach: int
    category: Category | None = None
    parameter: Parameter | None = None
    client_mutation_id: str | None = None


async def create(viewer: Viewer, wanted: CreatePainPointFromFinding) -> PainPoint:
    """By who has the right ASSIGN at the unit: it gives the unit a deadline, which is not the assessor's to do.

    Refuses NOT_FOUND (no such assessment that is handed in; the item has no score), TAKEN (it is one already),
    UNIT_CLOSED, WRONG_STATUS (its journey was archived) and malformed input.
    """
    async with db.transaction():
        (new_id,), fresh = await idempotency.claim(
            viewer, "createPainPointFromFinding", wanted.client_mutation_id, wanted
        )
        if not fresh:
            return await change.again(PainPoint, viewer, new_id)
        # Held, so that of two first findings one makes the journey.
        found, _, _ = await assessment.take(viewer, Right.ASSIGN, wanted.assessment_id, None)
        if found.status != AssessmentStatus.SUBMITTED:
            raise Refused(Code.NOT_FOUND, "assessment_id")
        unit, by = await change.unit(viewer, Right.ASSIGN, found.unit_id, "assessment_id")
        item, score = await _scored(found, wanted.item_code)
        values = _checked(wanted, item)
        happened: list[Happened] = []
        journey = await Journey.objects().get(Journey.assessment_id == found.id)
        if journey is None:
            journey = await _begin(by, found, happened)
        if journey.status != JourneyStatus.ACCEPTED:
            raise Refused(Code.WRONG_STATUS, status=journey.status)
        stage_id = await db.fetchval(
            """select s.id from stage s join assessment_dimension d on d.position = s.position
            where s.journey_id = $1 and d.id = $2""",
            journey.id,
            item.dimension_id,
        )
        point = PainPoint(
            id=new_id,
            unit_id=unit.id,
            journey_id=journey.id,
            stage_id=stage_id,
            assessment_score_id=score.id,
            created_at=clock.now(),
            **values,
        )
        await change.insert([point])
        after: dict[str, Any] = {name: values[name] for name in ("description", "severity", "reach")}
        after |= {"assessment_id": found.id, "item": item.code}
        subject = "pain_point", point.id
        happened.append(Happened(by, EventKind.PAIN_POINT_RECORDED, subject, unit.id, None, after))
        await event.append_all(happened)
        await sla.start(journey.id)
    return point


async def _scored(found: Assessment, code: str) -> tuple[AssessmentItem, AssessmentScore]:
    row = storable(code) and await db.fetchrow(
        """select s.id, s.item_id from assessment_score s join assessment_item i on i.id = s.item_id
        where s.assessment_id = $1 and i.code = $2 and s.score is not null""",
        found.id,
        code.strip().upper(),
    )
    if not row:
        raise Refused(Code.NOT_FOUND, "item_code")
    score = await AssessmentScore.objects().get(AssessmentScore.id == row["id"])
    item = await AssessmentItem.objects().get(AssessmentItem.id == row["item_id"])
    if score is None or item is None:
        raise Refused(Code.NOT_FOUND, "item_code")
    if await PainPoint.exists().where(PainPoint.assessment_score_id == score.id):
        raise Refused(Code.TAKEN, "item_code")
    return item, score


def _checked(wanted: CreatePainPointFromFinding, item: AssessmentItem) -> dict[str, Any]:
    with Checks() as checks:
        description = checks.text(wanted.description, "description", most=BODY)
        checks.between(wanted.severity, 1, 5, "severity")
        checks.between(wanted.reach, 1, 5, "reach")
    return {
        "description": description,
        "category": wanted.category or item.category,
        "parameter": wanted.parameter or item.parameter,
        "severity": wanted.severity,
        "reach": wanted.reach,
    }


async def _begin(by: Allowed, found: Assessment, happened: list[Happened]) -> Journey:
    """The journey of an assessment: its stages are the template's dimensions."""
    now = clock.now()
    wave = await db.fetchrow(
        """select w.name, t.service, t.title_id from wave w join assessment_template t on t.id = w.template_id
        where w.id = $1""",
        found.wave_id,
    )
    if wave is None:
        raise RuntimeError("an assessment without its wave")
    told: dict[str, Any] = {
        "service": wave["service"],
        "title": f"{wave['title_id']} - {wave['name']}"[:200],
        "occurred_on": found.visited_on,
        "assessment_id": found.id,
    }
    journey = Journey(
        unit_id=found.unit_id,
        narrative=found.note,
        status=JourneyStatus.ACCEPTED,
        recaptures_id=None,
        captured_by=by.viewer.person,
        created_at=now,
        updated_at=now,
        **told,
    )
    stages = await _stages(journey, found)
    await change.insert([journey])
    await change.insert(stages)
    names = [{"name": stage.name, "touchpoint": stage.touchpoint} for stage in stages]
    subject = "journey", journey.id
    captured = told | {"status": JourneyStatus.DRAFT, "unit_id": found.unit_id, "stages": names}
    accepted = {"status": JourneyStatus.DRAFT}, {"status": JourneyStatus.ACCEPTED}
    happened += [
        Happened(by, EventKind.JOURNEY_CAPTURED, subject, found.unit_id, None, captured),
        Happened(by, EventKind.JOURNEY_ACCEPTED, subject, found.unit_id, *accepted),
    ]
    return journey


async def _stages(journey: Journey, found: Assessment) -> list[Stage]:
    """How a stage felt follows from its score: 0 is -2, 50 is 0, 100 is +2."""
    rows = await db.fetch(
        f"""
        select d.position, d.title_id, d.touchpoint, d.target_minutes,
            coalesce(round({assessment_rules.of_assessment("a", "d")} / 25) - 2, 0)::integer as emotion,
            (select string_agg(s.note, E'\\n' order by i.position) from assessment_score s
                join assessment_item i on i.id = s.item_id
                where s.assessment_id = a.id and i.dimension_id = d.id and s.note <> '') as notes
        from assessment a join wave w on w.id = a.wave_id join assessment_dimension d on d.template_id = w.template_id
        where a.id = $1 order by d.position
        """,
        found.id,
    )
    return [
        Stage(
            journey_id=journey.id,
            position=row["position"],
            name=row["title_id"],
            touchpoint=row["touchpoint"],
            emotion=row["emotion"],
            customer_did="",
            customer_said=(row["notes"] or "")[:BODY],
            target_minutes=row["target_minutes"],
            actual_minutes=minutes(found.reported_at, found.arrived_at) if row["target_minutes"] else None,
        )
        for row in rows
    ]


def minutes(reported: datetime | None, arrived: datetime | None) -> int | None:
    """Begun minutes from the report to the arrival; null where one is unknown."""
    if reported is None or arrived is None:
        return None
    return -int(-(arrived - reported).total_seconds() // 60)
