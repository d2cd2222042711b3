"""R4: a unit's follow-up, always under one initiative, often for one pain point."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from jejak.domain import change, clock, db, event, idempotency, journey, person, reminder, task_rules
from jejak.domain.access import Allowed, Right, Viewer
from jejak.domain.checks import BODY, REASON, TITLE, Checks
from jejak.domain.errors import Code, Problem, Refused
from jejak.domain.tables.journey import PainPoint
from jejak.domain.tables.programme import Initiative
from jejak.domain.tables.task import Evidence, Task
from jejak.domain.tables.unit import Unit
from jejak.domain.task_rules import TaskAction
from jejak.domain.vocabulary import EventKind, TaskStatus

MOST_WEIGHT = 1_000
MOST_EVIDENCE = 20  # a call
MOST_EVIDENCE_IN_ALL = 200
MOST_TASKS = 100  # a call


@dataclass(frozen=True, slots=True)
class NewTask:
    """`owner_id` None: the unit's PIC Ranger. `weight` from 1 to 1000: the task's share in completion."""

    initiative_id: UUID
    title: str
    due_on: date
    unit_id: UUID | None = None
    description: str = ""
    owner_id: UUID | None = None
    weight: int = 1


@dataclass(frozen=True, slots=True)
class CreateTask:
    task: NewTask
    pain_point_id: UUID | None = None
    client_mutation_id: str | None = None


@dataclass(frozen=True, slots=True)
class AssignPainPoint:
    """A task without a unit goes to the pain point's own unit."""

    pain_point_id: UUID
    tasks: list[NewTask]
    client_mutation_id: str | None = None


@dataclass(frozen=True, slots=True)
class UpdateTask:
    """None leaves a field as it is."""

    task_id: UUID
    expected_version: int
    title: str | None = None
    description: str | None = None
    owner_id: UUID | None = None
    due_on: date | None = None
    weight: int | None = None


@dataclass(frozen=True, slots=True)
class NewEvidence:
    note: str = ""
    url: str | None = None


@dataclass(frozen=True, slots=True)
class ReportProgress:
    """`progress` from 0 to 100."""

    task_id: UUID
    expected_version: int
    progress: int
    note: str = ""
    evidence: list[NewEvidence] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class SubmitTask:
    task_id: UUID
    expected_version: int
    evidence: list[NewEvidence] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ChangeTask:
    """`reason` is asked for where a task is returned, blocked or cancelled."""

    task_id: UUID
    expected_version: int
    reason: str | None = None


async def create(viewer: Viewer, wanted: CreateTask) -> Task:
    """Refuses NO_OWNER, NOT_STAFF (owner), PAST_DATE, NOT_ACCEPTED, UNIT_CLOSED and malformed input."""
    async with db.transaction():
        (new_id,), fresh = await idempotency.claim(viewer, "createTask", wanted.client_mutation_id, wanted)
        if not fresh:
            return await change.again(Task, viewer, new_id)
        named = await _open_pain_point(viewer, wanted.pain_point_id) if wanted.pain_point_id else None
        task = await _create(viewer, new_id, wanted.task, named[0] if named else None)
        if named:
            await _told_assigned(*named)
    return task


async def assign(viewer: Viewer, wanted: AssignPainPoint) -> list[Task]:
    """One or several tasks for a pain point: all of them or, with every problem named, none."""
    with Checks() as checks:
        checks.at_most(len(wanted.tasks), MOST_TASKS, "tasks")
        if not wanted.tasks:
            checks.refuse(Code.REQUIRED, "tasks")
    async with db.transaction():
        ids, fresh = await idempotency.claim(
            viewer, "assignPainPoint", wanted.client_mutation_id, wanted, len(wanted.tasks)
        )
        if not fresh:
            return [await change.again(Task, viewer, known) for known in ids]
        point, by = await _open_pain_point(viewer, wanted.pain_point_id)
        made: list[Task] = []
        problems: list[Problem] = []
        for position, (new_id, task) in enumerate(zip(ids, wanted.tasks, strict=True)):
            try:
                made.append(await _create(viewer, new_id, task, point, "tasks", position))
            except Refused as refused:
                problems += refused.problems
        if problems:
            raise Refused.because(problems)
        await _told_assigned(point, by)
    return made


async def _told_assigned(point: PainPoint, by: Allowed) -> None:
    # Not which tasks: who sees the pain point need not see every unit that works on it.
    await event.append(by, EventKind.PAIN_POINT_ASSIGNED, ("pain_point", point.id), point.unit_id)


async def _open_pain_point(viewer: Viewer, pain_point_id: UUID) -> tuple[PainPoint, Allowed]:
    """Locked, so that it is not closed or dismissed while it gets tasks."""
    point, _, by = await change.take(PainPoint, viewer, Right.ASSIGN, pain_point_id, None, "pain_point_id")
    if point.decision is not None:
        raise Refused(Code.WRONG_STATUS, "pain_point_id", status=point.decision)
    await journey.require_accepted(point.journey_id, "pain_point_id")
    return point, by


async def _create(
    viewer: Viewer, new_id: UUID, wanted: NewTask, point: PainPoint | None, *at: str | int
) -> Task:
    unit_id = wanted.unit_id or (point.unit_id if point else None)
    if unit_id is None:
        raise Refused(Code.REQUIRED, *at, "unit_id")
    unit, by = await change.unit(viewer, Right.ASSIGN, unit_id, *at, "unit_id")
    if not await Initiative.exists().where(Initiative.id == wanted.initiative_id):
        raise Refused(Code.NOT_FOUND, *at, "initiative_id")
    with Checks(at) as checks:
        title = checks.text(wanted.title, "title", most=TITLE)
        description = checks.text(wanted.description, "description", most=BODY, required=False)
        checks.between(wanted.weight, 1, MOST_WEIGHT, "weight")
        checks.not_past(wanted.due_on, unit.timezone, "due_on")
    task = Task(
        id=new_id,
        initiative_id=wanted.initiative_id,
        unit_id=unit.id,
        pain_point_id=point.id if point else None,
        title=title,
        description=description,
        owner_id=await _owner(viewer, wanted.owner_id, unit, *at),
        weight=wanted.weight,
        due_on=wanted.due_on,
        status=TaskStatus.PLANNED,
        created_at=clock.now(),
        updated_at=clock.now(),
    )
    await task.save()
    await reminder.plan(task, unit)
    told = (
        "title",
        "description",
        "status",
        "initiative_id",
        "pain_point_id",
        "owner_id",
        "due_on",
        "weight",
    )
    after = {name: getattr(task, name) for name in told}
    await event.append(by, EventKind.TASK_CREATED, ("task", task.id), unit.id, after=after)
    return task


async def _owner(viewer: Viewer, wanted: UUID | None, unit: Unit, *at: str | int) -> UUID:
    owner = wanted or await person.ranger_of(unit)
    if owner is None:
        raise Refused(Code.NO_OWNER, *at, "owner_id")
    if not await person.works_at(owner, unit):
        code = Code.NOT_STAFF if await person.is_seen(viewer, owner) else Code.NOT_FOUND
        raise Refused(code, *at, "owner_id")
    return owner


async def update(viewer: Viewer, wanted: UpdateTask) -> Task:
    """A new due date starts the reminder ladder anew (R6). Refuses as `create`, and STALE, WRONG_STATUS."""
    async with db.transaction():
        task, unit, by = await change.take(
            Task, viewer, Right.ASSIGN, wanted.task_id, wanted.expected_version, "task_id"
        )
        task_rules.after(TaskAction.UPDATE, task.status)
        values: dict[str, Any] = {}
        with Checks() as checks:
            if wanted.title is not None:
                values["title"] = checks.text(wanted.title, "title", most=TITLE)
            if wanted.description is not None:
                values["description"] = checks.text(
                    wanted.description, "description", most=BODY, required=False
                )
            if wanted.weight is not None:
                checks.between(wanted.weight, 1, MOST_WEIGHT, "weight")
                values["weight"] = wanted.weight
            if wanted.due_on is not None and wanted.due_on != task.due_on:
                checks.not_past(wanted.due_on, unit.timezone, "due_on")
                values["due_on"] = wanted.due_on
        if wanted.owner_id is not None and wanted.owner_id != task.owner_id:
            if task.status == TaskStatus.SUBMITTED:
                raise Refused(Code.WRONG_STATUS, "owner_id", status=task.status)
            values["owner_id"] = await _owner(viewer, wanted.owner_id, unit)
        if all(getattr(task, name) == value for name, value in values.items()):
            return task
        await change.apply(by, TaskAction.UPDATE, task, unit.id, **values)
        if "due_on" in values:
            await reminder.plan(task, unit)
    return task


async def report(viewer: Viewer, wanted: ReportProgress) -> Task:
    """Progress from the owner or a colleague at the unit. Refuses OUT_OF_RANGE, STALE, WRONG_STATUS."""
    with Checks() as checks:
        checks.between(wanted.progress, 0, 100, "progress")
        note = checks.text(wanted.note, "note", most=BODY, required=False)
    async with db.transaction():
        task, unit, by = await change.take(
            Task, viewer, Right.PROGRESS, wanted.task_id, wanted.expected_version, "task_id"
        )
        status = task_rules.after(TaskAction.REPORT, task.status)
        await _attach(by, task, unit, wanted.evidence)
        await change.apply(
            by,
            TaskAction.REPORT,
            task,
            unit.id,
            status=status,
            progress=wanted.progress,
            status_reason=None,
        )
        if note:
            await event.append(by, EventKind.TASK_NOTED, ("task", task.id), unit.id, after={"note": note})
    return task


async def submit(viewer: Viewer, wanted: SubmitTask) -> Task:
    """Hands the task in as done (progress 100). Refuses EVIDENCE_REQUIRED where the initiative asks for it."""
    async with db.transaction():
        task, unit, by = await change.take(
            Task, viewer, Right.PROGRESS, wanted.task_id, wanted.expected_version, "task_id"
        )
        status = task_rules.after(TaskAction.SUBMIT, task.status)
        await _attach(by, task, unit, wanted.evidence)
        initiative = await Initiative.objects().get(Initiative.id == task.initiative_id)
        if (
            initiative
            and initiative.evidence_required
            and not await Evidence.exists().where(Evidence.task_id == task.id)
        ):
            raise Refused(Code.EVIDENCE_REQUIRED, "evidence")
        values: dict[str, Any] = {
            "status": status,
            "progress": 100,
            "progress_before": task.progress,
            "submitted_by": viewer.person,
            "status_reason": None,
        }
        await change.apply(by, TaskAction.SUBMIT, task, unit.id, **values)
    return task


async def _attach(by: Allowed, task: Task, unit: Unit, evidence: list[NewEvidence]) -> None:
    rows = []
    with Checks() as checks:
        checks.at_most(len(evidence), MOST_EVIDENCE, "evidence")
        for position, given in enumerate(evidence[:MOST_EVIDENCE]):
            inside = checks.at("evidence", position)
            note = inside.text(given.note, "note", most=BODY, required=given.url is None)
            url = inside.url(given.url, "url")
            rows.append(
                Evidence(task_id=task.id, note=note, url=url, added_by=by.viewer.person, added_at=clock.now())
            )
    if rows:
        if len(rows) + await Evidence.count().where(Evidence.task_id == task.id) > MOST_EVIDENCE_IN_ALL:
            raise Refused(Code.TOO_MANY, "evidence", most=MOST_EVIDENCE_IN_ALL)
        await Evidence.insert(*rows)
        after = {"evidence": [{"note": row.note, "url": row.url} for row in rows]}
        await event.append(by, EventKind.TASK_EVIDENCE_ADDED, ("task", task.id), unit.id, after=after)


async def verify(viewer: Viewer, wanted: ChangeTask) -> Task:
    """Four eyes: neither the owner nor whoever submitted it. Refuses FOUR_EYES, STALE, WRONG_STATUS."""
    async with db.transaction():
        task, unit, by = await change.take(
            Task, viewer, Right.VERIFY, wanted.task_id, wanted.expected_version, "task_id"
        )
        status = task_rules.after(TaskAction.VERIFY, task.status)
        if viewer.person in {task.owner_id, task.submitted_by}:
            raise Refused(Code.FOUR_EYES, "task_id")
        await change.apply(by, TaskAction.VERIFY, task, unit.id, status=status, verified_by=viewer.person)
    return task


async def return_(viewer: Viewer, wanted: ChangeTask) -> Task:
    return await _advance(viewer, wanted, TaskAction.RETURN, Right.VERIFY)


async def block(viewer: Viewer, wanted: ChangeTask) -> Task:
    """Pauses the owner's reminders until it is unblocked."""
    return await _advance(viewer, wanted, TaskAction.BLOCK, Right.PROGRESS)


async def unblock(viewer: Viewer, wanted: ChangeTask) -> Task:
    return await _advance(viewer, wanted, TaskAction.UNBLOCK, Right.PROGRESS)


async def cancel(viewer: Viewer, wanted: ChangeTask) -> Task:
    return await _advance(viewer, wanted, TaskAction.CANCEL, Right.ASSIGN)


async def _advance(viewer: Viewer, wanted: ChangeTask, action: TaskAction, right: Right) -> Task:
    reason = None
    if action is not TaskAction.UNBLOCK:
        with Checks() as checks:
            reason = checks.text(wanted.reason, "reason", most=REASON)
    async with db.transaction():
        task, unit, by = await change.take(
            Task, viewer, right, wanted.task_id, wanted.expected_version, "task_id"
        )
        status = task_rules.after(action, task.status, task.blocked_from)
        values: dict[str, Any] = {
            "status": status,
            "status_reason": reason,
            "blocked_from": None,
            "blocked_from_reason": None,
        }
        match action:
            case TaskAction.BLOCK:
                values |= {"blocked_from": task.status, "blocked_from_reason": task.status_reason}
            case TaskAction.UNBLOCK:
                values["status_reason"] = task.blocked_from_reason
            case TaskAction.RETURN:
                # What was handed in as done is not: the figure goes back to what was reported before.
                values["progress"] = task.progress_before
        await change.apply(by, action, task, unit.id, **values)
    return task
