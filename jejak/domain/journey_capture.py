"""R2: a journey is captured whole, and may be captured anew until it is accepted."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from jejak.domain import change, clock, db, event, idempotency, journey_rules
from jejak.domain.access import Allowed, Right, Viewer
from jejak.domain.checks import BODY, TITLE, Checks
from jejak.domain.errors import Code, Refused
from jejak.domain.event import Happened
from jejak.domain.event_kind import EventKind
from jejak.domain.journey_rules import JourneyAction
from jejak.domain.tables.journey import Journey, PainPoint, Stage
from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import Category, JourneyStatus, Parameter, Service, Touchpoint

MOST_STAGES = 50
MOST_PAIN_POINTS = 20  # a stage
MOST_MINUTES = 525_600  # a year
_STAGE = (
    "name",
    "touchpoint",
    "emotion",
    "customer_did",
    "customer_said",
    "target_minutes",
    "actual_minutes",
)
_PAIN_POINT = ("description", "category", "parameter", "severity", "reach")


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
    """`recaptures_id` names the earlier journey that this one is the after-picture of.

    With `journey_id` and `expected_version` it replaces the content of that draft or returned journey.
    """

    unit_id: UUID
    service: Service
    title: str
    occurred_on: date
    narrative: str = ""
    stages: list[NewStage] = field(default_factory=list)
    recaptures_id: UUID | None = None
    journey_id: UUID | None = None
    expected_version: int | None = None
    submit: bool = False
    client_mutation_id: str | None = None


@dataclass(frozen=True, slots=True)
class _Content:
    """What a capture says, checked."""

    values: dict[str, Any]
    stages: list[Stage]
    pain_points: list[PainPoint]


async def capture(viewer: Viewer, wanted: CaptureJourney) -> Journey:
    """The whole journey in one transaction; `submit` hands it in at once (which needs a stage).

    Refuses malformed input with every problem in it, UNIT_CLOSED, and for a replacement STALE and WRONG_STATUS.
    """
    async with db.transaction():
        (new_id,), fresh = await idempotency.claim(
            viewer, "captureJourney", wanted.client_mutation_id, wanted
        )
        journey_id = wanted.journey_id or new_id
        if not fresh:
            return await change.again(Journey, viewer, journey_id)
        unit, by = await change.unit(viewer, Right.CAPTURE, wanted.unit_id, "unit_id")
        content = _checked(wanted, unit, journey_id)
        content.values["recaptures_id"] = await _recaptured(viewer, wanted)
        happened: list[Happened] = []
        if wanted.journey_id is None:
            journey = await _begin(by, new_id, content)
            happened.append(_captured(by, journey, content))
        else:
            journey = await _replace(viewer, wanted.journey_id, wanted, content)
        await change.insert(content.stages)
        await change.insert(content.pain_points)
        await event.append_all([*happened, *(_recorded(by, point) for point in content.pain_points)])
        if wanted.submit:
            status = journey_rules.after(JourneyAction.SUBMIT, journey.status)
            await change.apply(by, JourneyAction.SUBMIT, journey, unit.id, status=status, return_reason=None)
    return journey


async def _recaptured(viewer: Viewer, wanted: CaptureJourney) -> UUID | None:
    """Refuses INVALID_ID for a journey that comes after this one itself."""
    if wanted.recaptures_id is None:
        return None
    earlier = await change.seen(Journey, viewer, wanted.recaptures_id, "recaptures_id")
    loops = wanted.journey_id is not None and await db.fetchval(
        """
        with recursive chain(id) as (
            select $1::uuid union select j.recaptures_id from journey j join chain on chain.id = j.id
        )
        select exists (select from chain where id = $2)
        """,
        earlier.id,
        wanted.journey_id,
    )
    if loops:
        raise Refused(Code.INVALID_ID, "recaptures_id")
    return earlier.id


def _recorded(by: Allowed, point: PainPoint) -> Happened:
    after = {"description": point.description, "severity": point.severity, "reach": point.reach}
    subject = "pain_point", point.id
    return Happened(by, EventKind.PAIN_POINT_RECORDED, subject, point.unit_id, None, after)


async def _begin(by: Allowed, new_id: UUID, content: _Content) -> Journey:
    now = clock.now()
    journey = Journey(
        id=new_id,
        status=JourneyStatus.DRAFT,
        captured_by=by.viewer.person,
        created_at=now,
        updated_at=now,
        **content.values,
    )
    await change.insert([journey])
    return journey


def _captured(by: Allowed, journey: Journey, content: _Content) -> Happened:
    after = {"status": journey.status, **content.values, **_told(content.stages, content.pain_points)}
    return Happened(by, EventKind.JOURNEY_CAPTURED, ("journey", journey.id), journey.unit_id, None, after)


async def _replace(viewer: Viewer, journey_id: UUID, wanted: CaptureJourney, content: _Content) -> Journey:
    """Its old pain points go: they had no tasks, since it was not accepted. The event keeps what they said."""
    if wanted.expected_version is None:
        raise Refused(Code.REQUIRED, "expected_version")
    journey, _, by = await change.take(
        Journey, viewer, Right.CAPTURE, journey_id, wanted.expected_version, "journey_id"
    )
    journey_rules.after(JourneyAction.REVISE, journey.status)
    before = _told(
        await Stage.objects().where(Stage.journey_id == journey_id).order_by(Stage.position),
        await PainPoint.objects().where(PainPoint.journey_id == journey_id).order_by(PainPoint.id),
    )
    await PainPoint.delete().where(PainPoint.journey_id == journey_id)
    await Stage.delete().where(Stage.journey_id == journey_id)
    after = _told(content.stages, content.pain_points)
    await change.apply(
        by, JourneyAction.REVISE, journey, wanted.unit_id, told=(before, after), **content.values
    )
    return journey


def _told(stages: list[Stage], pain_points: list[PainPoint]) -> dict[str, Any]:
    """Stages with their pain points, as history keeps them."""
    return {
        "stages": [
            {name: getattr(stage, name) for name in _STAGE}
            | {
                "pain_points": [
                    {name: getattr(point, name) for name in _PAIN_POINT}
                    for point in pain_points
                    if point.stage_id == stage.id
                ]
            }
            for stage in stages
        ]
    }


def _checked(wanted: CaptureJourney, unit: Unit, journey_id: UUID) -> _Content:
    stages: list[Stage] = []
    pain_points: list[PainPoint] = []
    with Checks() as checks:
        checks.not_future(wanted.occurred_on, unit.timezone, "occurred_on")
        checks.at_most(len(wanted.stages), MOST_STAGES, "stages")
        if wanted.submit and not wanted.stages:
            checks.refuse(Code.REQUIRED, "stages")
        values = {
            "unit_id": unit.id,
            "service": wanted.service,
            "title": checks.text(wanted.title, "title", most=TITLE),
            "narrative": checks.text(wanted.narrative, "narrative", most=BODY, required=False),
            "occurred_on": wanted.occurred_on,
        }
        for position, given in enumerate(wanted.stages[:MOST_STAGES]):
            inside = checks.at("stages", position)
            stage = _stage(inside, given, position, journey_id)
            stages.append(stage)
            inside.at_most(len(given.pain_points), MOST_PAIN_POINTS, "pain_points")
            for n, point in enumerate(given.pain_points[:MOST_PAIN_POINTS]):
                pain_points.append(_pain_point(inside.at("pain_points", n), point, stage, unit))
    return _Content(values, stages, pain_points)


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
