"""R2: journeys are captured whole, submitted, accepted or returned, and archived."""

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from jejak.domain import change, clock, db, event, idempotency, journey_rules
from jejak.domain.access import Right, Viewer
from jejak.domain.checks import BODY, REASON, TITLE, Checks
from jejak.domain.errors import Code, Refused
from jejak.domain.journey_rules import JourneyAction
from jejak.domain.tables.journey import Journey, PainPoint, Stage
from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import Category, JourneyStatus, Parameter, Service, Touchpoint

MOST_STAGES = 50
MOST_PAIN_POINTS = 20  # a stage
MOST_MINUTES = 525_600  # a year


@dataclass(frozen=True, slots=True)
class NewPainPoint:
    """`severity` and `reach` from 1 to 5."""

    description: str
    category: Category
    parameter: Parameter
    severity: int
    reach: int


@dataclass(frozen=True, slots=True)
class NewStage:
    """`emotion` from -2 to +2; times in minutes."""

    name: str
    touchpoint: Touchpoint
    emotion: int
    customer_did: str = ""
    customer_said: str = ""
    target_minutes: int | None = None
    actual_minutes: int | None = None
    pain_points: list[NewPainPoint] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class CaptureJourney:
    """`recaptures_id` names the earlier journey that this one is the after-picture of."""

    unit_id: UUID
    service: Service
    title: str
    occurred_on: date
    narrative: str = ""
    stages: list[NewStage] = field(default_factory=list)
    recaptures_id: UUID | None = None
    submit: bool = False
    client_mutation_id: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeJourney:
    """`reason` is asked for where a journey is returned."""

    journey_id: UUID
    expected_version: int
    reason: str | None = None


async def capture(viewer: Viewer, wanted: CaptureJourney) -> Journey:
    """The whole journey in one transaction; `submit` hands it in at once (which needs a stage)."""
    async with db.transaction():
        (new_id,), fresh = await idempotency.claim(
            viewer, "captureJourney", wanted.client_mutation_id, wanted
        )
        if not fresh:
            return await change.find(Journey, new_id)
        unit = await change.unit(viewer, Right.CAPTURE, wanted.unit_id, "unit_id")
        journey, stages, pain_points = _checked(viewer, wanted, unit, new_id)
        if wanted.recaptures_id is not None:
            earlier, _ = await change.take(
                Journey, viewer, Right.SEE, wanted.recaptures_id, None, "recaptures_id"
            )
            journey.recaptures_id = earlier.id
        await journey.save()
        if stages:
            await Stage.insert(*stages)
        if pain_points:
            await PainPoint.insert(*pain_points)
        after = {"title": journey.title, "service": journey.service, "status": journey.status}
        await event.append(viewer, "journey.captured", ("journey", journey.id), unit.id, after=after)
        for point in pain_points:
            recorded = {"description": point.description, "severity": point.severity, "reach": point.reach}
            await event.append(
                viewer, "pain_point.recorded", ("pain_point", point.id), unit.id, after=recorded
            )
    return journey


def _checked(
    viewer: Viewer, wanted: CaptureJourney, unit: Unit, new_id: UUID
) -> tuple[Journey, list[Stage], list[PainPoint]]:
    now = clock.now()
    stages: list[Stage] = []
    pain_points: list[PainPoint] = []
    with Checks() as checks:
        checks.not_future(wanted.occurred_on, unit.timezone, "occurred_on")
        checks.at_most(len(wanted.stages), MOST_STAGES, "stages")
        if wanted.submit and not wanted.stages:
            checks.refuse(Code.REQUIRED, "stages")
        journey = Journey(
            id=new_id,
            unit_id=unit.id,
            service=wanted.service,
            title=checks.text(wanted.title, "title", most=TITLE),
            narrative=checks.text(wanted.narrative, "narrative", most=BODY, required=False),
            occurred_on=wanted.occurred_on,
            status=JourneyStatus.SUBMITTED if wanted.submit else JourneyStatus.DRAFT,
            captured_by=viewer.person,
            created_at=now,
            updated_at=now,
        )
        for position, given in enumerate(wanted.stages[:MOST_STAGES]):
            inside = checks.at("stages", position)
            stage = _stage(inside, given, position, new_id)
            stages.append(stage)
            inside.at_most(len(given.pain_points), MOST_PAIN_POINTS, "pain_points")
            for n, point in enumerate(given.pain_points[:MOST_PAIN_POINTS]):
                pain_points.append(_pain_point(inside.at("pain_points", n), point, stage, unit))
    return journey, stages, pain_points


def _stage(checks: Checks, given: NewStage, position: int, journey_id: UUID) -> Stage:
    checks.between(given.emotion, -2, 2, "emotion")
    checks.between(given.target_minutes, 0, MOST_MINUTES, "target_minutes")
    checks.between(given.actual_minutes, 0, MOST_MINUTES, "actual_minutes")
    return Stage(
        journey_id=journey_id,
        position=position + 1,
        name=checks.text(given.name, "name", most=TITLE),
        touchpoint=given.touchpoint,
        emotion=given.emotion,
        customer_did=checks.text(given.customer_did, "customer_did", most=BODY, required=False),
        customer_said=checks.text(given.customer_said, "customer_said", most=BODY, required=False),
        target_minutes=given.target_minutes,
        actual_minutes=given.actual_minutes,
    )


def _pain_point(checks: Checks, given: NewPainPoint, stage: Stage, unit: Unit) -> PainPoint:
    checks.between(given.severity, 1, 5, "severity")
    checks.between(given.reach, 1, 5, "reach")
    return PainPoint(
        unit_id=unit.id,
        journey_id=stage.journey_id,
        stage_id=stage.id,
        description=checks.text(given.description, "description", most=BODY),
        category=given.category,
        parameter=given.parameter,
        severity=given.severity,
        reach=given.reach,
        created_at=clock.now(),
    )


async def submit(viewer: Viewer, wanted: ChangeJourney) -> Journey:
    """Hands a draft or a returned journey in. Refuses REQUIRED for a journey without stages."""
    return await _advance(viewer, wanted, JourneyAction.SUBMIT, Right.CAPTURE)


async def accept(viewer: Viewer, wanted: ChangeJourney) -> Journey:
    return await _advance(viewer, wanted, JourneyAction.ACCEPT, Right.REVIEW)


async def return_(viewer: Viewer, wanted: ChangeJourney) -> Journey:
    """Gives a journey back with a reason."""
    return await _advance(viewer, wanted, JourneyAction.RETURN, Right.REVIEW)


async def archive(viewer: Viewer, wanted: ChangeJourney) -> Journey:
    return await _advance(viewer, wanted, JourneyAction.ARCHIVE, Right.REVIEW)


async def _advance(viewer: Viewer, wanted: ChangeJourney, action: JourneyAction, right: Right) -> Journey:
    reason = None
    if action is JourneyAction.RETURN:
        with Checks() as checks:
            reason = checks.text(wanted.reason, "reason", most=REASON)
    async with db.transaction():
        journey, unit = await change.take(
            Journey, viewer, right, wanted.journey_id, wanted.expected_version, "journey_id"
        )
        status = journey_rules.after(action, journey.status)
        if action is JourneyAction.SUBMIT and not await Stage.exists().where(Stage.journey_id == journey.id):
            raise Refused(Code.REQUIRED, "stages")
        await change.apply(viewer, action, journey, unit.id, status=status, return_reason=reason)
    return journey
