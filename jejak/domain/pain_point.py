"""R3: the state that follows from the tasks, and the two decisions that end a pain point. R7: its clock is paused."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from jejak.domain import change, clock, db, journey, pain_point_rules, sla, task_rules
from jejak.domain.access import Right, Viewer
from jejak.domain.checks import REASON, Checks
from jejak.domain.errors import Code, Refused
from jejak.domain.event_kind import EventKind
from jejak.domain.tables.journey import PainPoint
from jejak.domain.vocabulary import PainPointState

_AT_THEIR_END = frozenset({PainPointState.RESOLVED, PainPointState.CLOSED, PainPointState.DISMISSED})


@dataclass(frozen=True, slots=True)
class ClosePainPoint:
    pain_point_id: UUID
    expected_version: int


@dataclass(frozen=True, slots=True)
class DismissPainPoint:
    pain_point_id: UUID
    expected_version: int
    reason: str


@dataclass(frozen=True, slots=True)
class PausePainPoint:
    pain_point_id: UUID
    expected_version: int
    reason: str


@dataclass(frozen=True, slots=True)
class ResumePainPoint:
    pain_point_id: UUID
    expected_version: int


def state(alias: str) -> str:
    """SQL: the derived state. A cancelled task does not count."""
    follows = f"""case
        when count(*) = 0 then 'OPEN'
        when bool_and(live.status = 'VERIFIED') then 'RESOLVED'
        when bool_or({task_rules.begun("live")}) then 'IN_PROGRESS'
        else 'ASSIGNED' end"""
    return f"coalesce({alias}.decision, {pain_point_rules.over_tasks(alias, follows)})"


async def state_of(pain_point_id: UUID) -> PainPointState:
    return PainPointState(
        await db.fetchval(f"select {state('p')} from pain_point p where p.id = $1", pain_point_id)
    )


async def close(viewer: Viewer, wanted: ClosePainPoint) -> PainPoint:
    """Ends a resolved pain point; for the region or headquarters. Refuses WRONG_STATUS, STALE."""
    async with db.transaction():
        point, unit, by = await change.take(
            PainPoint,
            viewer,
            Right.ASSIGN,
            wanted.pain_point_id,
            wanted.expected_version,
            "pain_point_id",
            regional=True,
        )
        current = await state_of(point.id)
        if current is not PainPointState.RESOLVED:
            raise Refused(Code.WRONG_STATUS, status=current)
        values: dict[str, Any] = {"decision": PainPointState.CLOSED, "decided_at": clock.now()}
        await change.apply(by, EventKind.PAIN_POINT_CLOSED, point, unit.id, **values)
    return point


async def dismiss(viewer: Viewer, wanted: DismissPainPoint) -> PainPoint:
    """Ends a pain point that nobody will work on, with a reason. Refuses NOT_ACCEPTED, HAS_OPEN_TASKS, WRONG_STATUS, STALE."""
    with Checks() as checks:
        reason = checks.text(wanted.reason, "reason", most=REASON)
    async with db.transaction():
        point, unit, by = await change.take(
            PainPoint, viewer, Right.ASSIGN, wanted.pain_point_id, wanted.expected_version, "pain_point_id"
        )
        current = await state_of(point.id)
        if point.decision is not None:
            raise Refused(Code.WRONG_STATUS, status=current)
        await journey.require_accepted(point.journey_id, "pain_point_id")
        if current is not PainPointState.OPEN:
            raise Refused(Code.HAS_OPEN_TASKS, "pain_point_id")
        values = {
            "decision": PainPointState.DISMISSED,
            "decision_reason": reason,
            "decided_at": clock.now(),
        }
        await change.apply(by, EventKind.PAIN_POINT_DISMISSED, point, unit.id, **values)
    return point


async def pause(viewer: Viewer, wanted: PausePainPoint) -> PainPoint:
    """Stops the clock, with a reason. Refuses NOT_ACCEPTED, STALE, and WRONG_STATUS for one that is paused or at its end."""
    with Checks() as checks:
        reason = checks.text(wanted.reason, "reason", most=REASON)
    async with db.transaction():
        point, unit, by = await change.take(
            PainPoint, viewer, Right.ASSIGN, wanted.pain_point_id, wanted.expected_version, "pain_point_id"
        )
        if point.sla_started_at is None:
            raise Refused(Code.NOT_ACCEPTED, "pain_point_id")
        if point.paused_at is not None:
            raise Refused(Code.WRONG_STATUS, status="PAUSED")
        current = await state_of(point.id)
        if current in _AT_THEIR_END:
            raise Refused(Code.WRONG_STATUS, status=current)
        values = {"paused_at": clock.now(), "pause_reason": reason}
        await change.apply(by, EventKind.PAIN_POINT_PAUSED, point, unit.id, **values)
    return point


async def resume(viewer: Viewer, wanted: ResumePainPoint) -> PainPoint:
    """The clock runs on: the deadline moves by the working time paused. Refuses STALE, and WRONG_STATUS for one that is not paused."""
    async with db.transaction():
        point, unit, by = await change.take(
            PainPoint, viewer, Right.ASSIGN, wanted.pain_point_id, wanted.expected_version, "pain_point_id"
        )
        if point.paused_at is None or point.decision is not None:
            raise Refused(Code.WRONG_STATUS, status=await state_of(point.id))
        due, seconds = await sla.moved(unit.id, point.due_at, point.paused_at)
        values: dict[str, Any] = {"paused_at": None, "pause_reason": None}
        if seconds:
            values |= {"due_at": due, "paused_seconds": point.paused_seconds + seconds}
        await change.apply(by, EventKind.PAIN_POINT_RESUMED, point, unit.id, **values)
    return point
