"""R4: a unit's follow-up, always under one initiative, often for one pain point."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from jejak.domain import change, clock, db, event, reminder, sla, task_rules
from jejak.domain.access import Allowed, Right, Viewer
from jejak.domain.change import Altered
from jejak.domain.checks import BODY, REASON, TITLE, Checks
from jejak.domain.errors import Code, Refused
from jejak.domain.event_kind import EventKind
from jejak.domain.tables.programme import Initiative
from jejak.domain.tables.task import Evidence, Task
from jejak.domain.tables.unit import Unit
from jejak.domain.task_creation import MOST_WEIGHT, Owners, owners
from jejak.domain.task_rules import TaskAction
from jejak.domain.vocabulary import TaskStatus

MOST_EVIDENCE = 20  # a call
MOST_EVIDENCE_IN_ALL = 200


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


async def update(viewer: Viewer, wanted: UpdateTask) -> Task:
    """A new due date starts the reminder ladder anew (R6). Refuses as `create`, and STALE, WRONG_STATUS."""
    async with db.transaction():
        found = await change.locked(Task, [wanted.task_id])
        revised = revise(viewer, wanted, found, await new_owners(viewer, [wanted], found))
        await write([revised])
    return revised.task


Found = Mapping[UUID, tuple[Task, Unit]]


@dataclass(frozen=True, slots=True)
class Revised:
    """A locked task as it is to be written; `altered` None where nothing is new. `due_anew`: its due date is."""

    task: Task
    unit: Unit
    altered: Altered | None
    due_anew: bool


async def new_owners(viewer: Viewer, wanted: Iterable[UpdateTask], found: Found) -> Owners:
    """Whoever the changes name as owners, to be judged by `revise`."""
    return await owners(
        viewer,
        [(one.owner_id, found[one.task_id][1]) for one in wanted if one.owner_id and one.task_id in found],
    )


def revise(viewer: Viewer, wanted: UpdateTask, found: Found, known: Owners, *at: str | int) -> Revised:
    """Changes a locked task as it stands in memory; `write` is to follow. Refuses before it changes anything."""
    task, unit, by = change.release(
        viewer, Right.ASSIGN, found.get(wanted.task_id), wanted.expected_version, *at, "task_id"
    )
    task_rules.after(TaskAction.UPDATE, task.status, at=at)
    values: dict[str, Any] = {}
    with Checks(at) as checks:
        if wanted.title is not None:
            values["title"] = checks.text(wanted.title, "title", most=TITLE)
        if wanted.description is not None:
            values["description"] = checks.text(wanted.description, "description", most=BODY, required=False)
        if wanted.weight is not None:
            checks.between(wanted.weight, 1, MOST_WEIGHT, "weight")
            values["weight"] = wanted.weight
        if wanted.due_on is not None and wanted.due_on != task.due_on:
            checks.not_past(wanted.due_on, unit.timezone, "due_on")
            values["due_on"] = wanted.due_on
    if wanted.owner_id is not None and wanted.owner_id != task.owner_id:
        if task.status == TaskStatus.SUBMITTED:
            raise Refused(Code.WRONG_STATUS, *at, "owner_id", status=task.status)
        values["owner_id"] = known.admit(wanted.owner_id, unit, *at)
    altered = None
    if any(getattr(task, name) != value for name, value in values.items()):
        altered = change.alter(by, TaskAction.UPDATE, task, unit.id, **values)
    return Revised(task, unit, altered, "due_on" in values)


async def write(revised: Sequence[Revised]) -> None:
    """Inside the open transaction, with their reminders (R6) and events."""
    await change.write([one.altered for one in revised if one.altered])
    due_anew = sorted({one.task.id for one in revised if one.due_anew})
    await reminder.plan(due_anew)
    await sla.set_due(due_anew)


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
        values |= await sla.clock_of(task, status)
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
        values: dict[str, Any] = {"status": status, "verified_by": viewer.person} | await sla.clock_of(
            task, status
        )
        await change.apply(by, TaskAction.VERIFY, task, unit.id, **values)
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
        values |= await sla.clock_of(task, status)
        await change.apply(by, action, task, unit.id, **values)
    return task
