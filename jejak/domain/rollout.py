"""A rollout: one initiative given to many units at once, one task each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from jejak.domain import (
    change,
    clock,
    db,
    event,
    idempotency,
    issue_scope,
    rollout_scope,
    task_creation,
    task_rules,
)
from jejak.domain.access import Allowed, Right, Viewer
from jejak.domain.change import Altered
from jejak.domain.checks import BODY, REASON, TITLE, Checks
from jejak.domain.errors import Code, Refused
from jejak.domain.event_kind import EventKind
from jejak.domain.rollout_scope import Area, Due, Place, Scope
from jejak.domain.tables.programme import Initiative
from jejak.domain.tables.rollout import Rollout
from jejak.domain.tables.task import Task
from jejak.domain.tables.unit import Unit
from jejak.domain.task_creation import MOST_WEIGHT, Judged
from jejak.domain.task_rules import TaskAction
from jejak.domain.vocabulary import TaskStatus, WhyNot, WithoutOwner


@dataclass(frozen=True, slots=True)
class Work:
    """What every unit is to do. `weight` from 1 to 1000: the task's share in completion."""

    initiative_id: UUID
    title: str
    description: str = ""
    weight: int = 1


@dataclass(frozen=True, slots=True)
class RolloutInitiative:
    work: Work
    scope: Scope
    due: Due
    without_owner: WithoutOwner = WithoutOwner.SKIP
    client_mutation_id: str | None = None


@dataclass(frozen=True, slots=True)
class ExtendRollout:
    """Without a new due date it is that of the rollout."""

    rollout_id: UUID
    expected_version: int
    due: Due


@dataclass(frozen=True, slots=True)
class CancelRollout:
    rollout_id: UUID
    expected_version: int
    reason: str


@dataclass(frozen=True, slots=True)
class Given:
    """A rollout as it is now, and to how many units it was given just then (or as how many tasks it was cancelled)."""

    rollout: Rollout
    count: int


async def create(viewer: Viewer, wanted: RolloutInitiative) -> Given:
    """Refuses NOT_FOUND and FORBIDDEN of any of the scope, UNIT_CLOSED, PAST_DATE, NO_UNITS, UNITS_WITHOUT_OWNER (by
    `without_owner`, and where nobody else is left), and malformed input.
    """
    async with db.transaction():
        (new_id,), fresh = await idempotency.claim(
            viewer, "rolloutInitiative", wanted.client_mutation_id, wanted
        )
        if not fresh:
            again = await change.again(Rollout, viewer, new_id)
            return Given(again, await Task.count().where(Task.rollout_id == new_id))
        area, by, work = await planned(viewer, wanted.work, wanted.scope, wanted.due)
        places = await rollout_scope.judge(area, wanted.due, work.initiative_id, named_too=True)
        closed = {place.unit.id for place in places if place.why_not is WhyNot.UNIT_CLOSED}
        for position, unit_id in enumerate(wanted.scope.unit_ids or ()):
            if unit_id in closed:
                raise Refused(Code.UNIT_CLOSED, "unit_ids", position)
        settle(places, wanted.without_owner, "unit_id" if area.top_id else "unit_ids")
        row = a_rollout(new_id, work, area, wanted.due, viewer.person_id)
        await change.insert([row])
        count = await begin(by, row, places)
    return Given(row, count)


async def preview(viewer: Viewer, wanted: RolloutInitiative) -> list[Place]:
    """What `create` would do, unit by unit. Refuses what is wrong with the input and with the scope as a whole."""
    async with db.transaction():
        area, _, work = await planned(viewer, wanted.work, wanted.scope, wanted.due)
        return await rollout_scope.judge(area, wanted.due, work.initiative_id, named_too=True)


async def planned(
    viewer: Viewer, work: Work, scope: Scope, due: Due | None = None
) -> tuple[Area, Allowed, Work]:
    """The scope, that the viewer may roll out to it, and the work as it is to be written."""
    initiative = await Initiative.objects().get(Initiative.id == work.initiative_id)
    area, by = await rollout_scope.look_at(viewer, scope, initiative.scope if initiative else ())
    if initiative is None:
        raise Refused(Code.NOT_FOUND, "initiative_id")
    with Checks() as checks:
        title = checks.text(work.title, "title", most=TITLE)
        description = checks.text(work.description, "description", most=BODY, required=False)
        checks.between(work.weight, 1, MOST_WEIGHT, "weight")
        if due is not None:
            rollout_scope.check_due(checks, due, area.lies_at.timezone)
    return area, by, Work(initiative.id, title, description, work.weight)


def settle(places: Sequence[Place], without_owner: WithoutOwner, at: str) -> None:
    """Refuses what is no rollout, and what whoever asked did not want. `at`: where the input says which units."""
    if not places:
        raise Refused(Code.NO_UNITS, at)
    if any(place.why_not is WhyNot.PAST_DATE for place in places):
        raise Refused(Code.PAST_DATE, "due_on")
    lacking = sum(place.why_not is WhyNot.NO_OWNER for place in places)
    if lacking and (without_owner is WithoutOwner.REFUSE or lacking == len(places)):
        raise Refused(Code.UNITS_WITHOUT_OWNER, at, count=lacking)


def a_rollout(  # noqa: PLR0917 -- what it is made of
    new_id: UUID,
    work: Work,
    area: Area,
    due: Due,
    by: UUID | None,
    occurs: tuple[UUID, date] | None = None,
    *,
    issue_id: UUID | None = None,
) -> Rollout:
    """`occurs`: of which recurrence it is an occurrence, and on which day. `issue_id`: which issue it fixes."""
    return Rollout(
        id=new_id,
        initiative_id=work.initiative_id,
        unit_id=area.lies_at.id,
        top_id=area.top_id,
        kinds=area.kinds,
        unit_ids=area.unit_ids,
        title=work.title,
        description=work.description,
        weight=work.weight,
        due_on=due.due_on,
        due_in_days=due.due_in_days,
        recurrence_id=occurs[0] if occurs else None,
        occurs_on=occurs[1] if occurs else None,
        issue_id=issue_id,
        created_by=by,
        created_at=clock.now(),
        updated_at=clock.now(),
    )


_TOLD = (
    "title",
    "description",
    "initiative_id",
    "weight",
    "due_on",
    "due_in_days",
    "recurrence_id",
    "issue_id",
)


async def begin(by: Allowed, row: Rollout, places: Sequence[Place]) -> int:
    """Records a new rollout and gives it to the units that can get it, inside the open transaction."""
    count = sum(place.why_not is None for place in places)
    after = {name: getattr(row, name) for name in _TOLD} | {"tasks": count}
    await event.append(by, EventKind.ROLLOUT_CREATED, ("rollout", row.id), row.unit_id, after=after)
    return await give(by, row, places)


async def give(by: Allowed, row: Rollout, places: Sequence[Place]) -> int:
    """The tasks, with their reminders and events, of all places where nothing speaks against it; how many there are."""
    judged = [
        Judged(_task(row, place, place.owner_id), place.unit, by)
        for place in places
        if place.why_not is None and place.owner_id
    ]
    await task_creation.write(judged)
    if row.issue_id is not None:
        await issue_scope.tell(by, row.issue_id, [one.unit.id for one in judged])
    return len(judged)


def _task(row: Rollout, place: Place, owner_id: UUID) -> Task:
    return Task(
        id=db.new_id(),
        initiative_id=row.initiative_id,
        unit_id=place.unit.id,
        pain_point_id=None,
        rollout_id=row.id,
        title=row.title,
        description=row.description,
        owner_id=owner_id,
        weight=row.weight,
        due_on=place.due_on,
        status=TaskStatus.PLANNED,
        created_at=clock.now(),
        updated_at=clock.now(),
    )


async def extend(viewer: Viewer, wanted: ExtendRollout) -> Given:
    """Gives it to units that have come into its scope, or have an owner now. Nothing to give is no error, and no change.

    Refuses STALE, WRONG_STATUS once it is cancelled, PAST_DATE.
    """
    async with db.transaction():
        row, by, places = await _extension(viewer, wanted)
        return Given(row, await grow(by, row, places))


async def preview_extension(viewer: Viewer, wanted: ExtendRollout) -> list[Place]:
    """What `extend` would do, unit by unit."""
    async with db.transaction():
        return (await _extension(viewer, wanted))[2]


async def _extension(viewer: Viewer, wanted: ExtendRollout) -> tuple[Rollout, Allowed, list[Place]]:
    row, area, by = await _take(viewer, wanted.rollout_id, wanted.expected_version)
    if row.issue_id is not None:
        area.unit_ids[:] = sorted({*area.unit_ids, *await issue_scope.affected(row.issue_id)})
    due = wanted.due
    if due == Due():
        due = Due(row.due_on, row.due_in_days)
    else:
        with Checks() as checks:
            rollout_scope.check_due(checks, due, area.lies_at.timezone)
    return row, by, await rollout_scope.judge(area, due, row.initiative_id, row.id, named_too=True)


async def grow(by: Allowed, row: Rollout, places: Sequence[Place]) -> int:
    """Gives a taken rollout to further units, inside the open transaction; to how many."""
    count = sum(place.why_not is None for place in places)
    if count:
        told: change.Told = ({}, {"tasks": count})
        await change.apply(by, EventKind.ROLLOUT_EXTENDED, row, row.unit_id, told=told, **_grown(row, places))
        await give(by, row, places)
    return count


def _grown(row: Rollout, places: Sequence[Place]) -> dict[str, list[UUID]]:
    """The fix of an issue is for whichever units it has come to affect."""
    if row.issue_id is None:
        return {}
    return {"unit_ids": sorted({*row.unit_ids, *(place.unit.id for place in places)})}


async def cancel(viewer: Viewer, wanted: CancelRollout) -> Given:
    """As a whole: all of its open tasks are cancelled, verified ones stay. Refuses STALE, WRONG_STATUS."""
    with Checks() as checks:
        reason = checks.text(wanted.reason, "reason", most=REASON)
    async with db.transaction():
        row, _, by = await _take(viewer, wanted.rollout_id, wanted.expected_version)
        await change.apply(
            by,
            EventKind.ROLLOUT_CANCELLED,
            row,
            row.unit_id,
            cancelled_at=clock.now(),
            cancel_reason=reason,
        )
        open_tasks = await (
            Task.objects()
            .where((Task.rollout_id == row.id) & Task.status.is_in(list(task_rules.OPEN)))
            .order_by(Task.id)
            .lock_rows("NO KEY UPDATE")
        )
        units = await change.units({task.unit_id for task in open_tasks}, lock=False)
        altered = [_cancelled(_may(viewer, units[task.unit_id]), task, reason) for task in open_tasks]
        await change.write(altered)
    return Given(row, len(altered))


def _may(viewer: Viewer, unit: Unit) -> Allowed:
    """Also where the unit has moved out of the scope since."""
    return change.admit(viewer, Right.ROLL_OUT, unit, "rollout_id", open_only=False)[1]


def _cancelled(by: Allowed, task: Task, reason: str) -> Altered:
    return change.alter(
        by,
        TaskAction.CANCEL,
        task,
        task.unit_id,
        status=task_rules.after(TaskAction.CANCEL, task.status),
        status_reason=reason,
        blocked_from=None,
        blocked_from_reason=None,
        stopped_at=task.stopped_at or clock.now(),
    )


async def _take(viewer: Viewer, rollout_id: UUID, version: int) -> tuple[Rollout, Area, Allowed]:
    """Locked until the transaction ends. Refuses NOT_FOUND, FORBIDDEN, STALE, WRONG_STATUS once it is cancelled."""
    try:
        row, unit, by = await change.take(Rollout, viewer, Right.ROLL_OUT, rollout_id, version, "rollout_id")
    except Refused as refused:
        # Who sees one of its tasks sees the rollout, though not where it lies.
        if refused.code is Code.NOT_FOUND and await rollout_scope.sees_its_tasks(viewer, [rollout_id]):
            raise Refused(Code.FORBIDDEN, "rollout_id") from None
        raise
    if row.cancelled_at is not None:
        raise Refused(Code.WRONG_STATUS, "rollout_id", status=TaskStatus.CANCELLED)
    return row, Area(unit, row.top_id, list(row.kinds), list(row.unit_ids)), by
