"""R4: many tasks in one call and one transaction, each row judged as the single change would judge it."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from jejak.domain import bulk, change, db, event, idempotency, task, task_creation
from jejak.domain.access import Allowed, Viewer
from jejak.domain.bulk import Done, Rows, Unread
from jejak.domain.checks import Checks
from jejak.domain.errors import Path, Problem
from jejak.domain.tables.journey import PainPoint
from jejak.domain.tables.task import Task
from jejak.domain.task import Revised, UpdateTask
from jejak.domain.task_creation import Judged, NewTask, Wanted
from jejak.domain.vocabulary import ErrorPolicy


@dataclass(frozen=True, slots=True)
class TaskRow:
    task: NewTask
    pain_point_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class CreateTasks:
    tasks: list[TaskRow | Unread]
    error_policy: ErrorPolicy = ErrorPolicy.REJECT_EVERYTHING
    client_mutation_id: str | None = None


@dataclass(frozen=True, slots=True)
class UpdateTasks:
    tasks: list[UpdateTask | Unread]
    error_policy: ErrorPolicy = ErrorPolicy.REJECT_EVERYTHING


@dataclass(frozen=True, slots=True)
class AssignmentRow:
    """A task without a unit goes to the pain point's own unit."""

    pain_point_id: UUID
    tasks: list[NewTask]


@dataclass(frozen=True, slots=True)
class AssignPainPoints:
    assignments: list[AssignmentRow | Unread]
    error_policy: ErrorPolicy = ErrorPolicy.REJECT_EVERYTHING
    client_mutation_id: str | None = None


@dataclass(frozen=True, slots=True)
class _Asked:
    """A row: tasks that are made together or not at all, for one pain point or for none. `at`: where each stands."""

    row: Path
    tasks: list[NewTask]
    at: list[Path]
    point_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class _Made:
    """What a good row makes: its tasks, and that its pain point got them."""

    tasks: list[Judged]
    point: tuple[PainPoint, Allowed] | None = None


async def create(viewer: Viewer, wanted: CreateTasks) -> Done[list[Task]]:
    """One task a row. Every row refuses what `task_creation.create` refuses; a retry answers as the first call did."""
    bulk.check_number(wanted.tasks, "tasks")
    asked = [
        row if isinstance(row, Unread) else _Asked(at, [row.task], [at], row.pain_point_id)
        for row, at in bulk.placed(wanted.tasks, "tasks")
    ]
    return await _create(viewer, "createTasks", wanted, asked)


async def assign(viewer: Viewer, wanted: AssignPainPoints) -> Done[list[Task]]:
    """The tasks of a row all or none. Every row refuses what `task_creation.assign` refuses; a retry answers as the first call did."""
    bulk.check_number(wanted.assignments, "assignments")
    asked = [
        row
        if isinstance(row, Unread)
        else _Asked(at, row.tasks, [(*at, "tasks", n) for n in range(len(row.tasks))], row.pain_point_id)
        for row, at in bulk.placed(wanted.assignments, "assignments")
    ]
    with Checks() as checks:
        checks.at_most(_number(asked), bulk.MOST_ROWS, "assignments")
    return await _create(viewer, "assignPainPoints", wanted, asked)


async def _create(
    viewer: Viewer, mutation: str, wanted: CreateTasks | AssignPainPoints, asked: list[_Asked | Unread]
) -> Done[list[Task]]:
    claimed = (viewer, mutation, wanted.client_mutation_id)
    async with db.transaction():
        ids, fresh = await idempotency.claim(*claimed, wanted, _number(asked))
        if not fresh:
            return await _again(viewer, asked, ids, await idempotency.refused(*claimed))
        rows = await _judged(viewer, asked, ids)
        problems = rows.settle(wanted.error_policy)
        await task_creation.write([task for made in rows.good.values() for task in made.tasks])
        told = [task_creation.assigned(*made.point) for made in rows.good.values() if made.point]
        await event.append_all(told)
        await idempotency.keep_refused(*claimed, problems)
    return Done({n: [one.task for one in made.tasks] for n, made in rows.good.items()}, problems)


def _number(asked: Iterable[_Asked | Unread]) -> int:
    """Of tasks, and so of ids."""
    return sum(len(row.tasks) for row in asked if isinstance(row, _Asked))


async def _again(
    viewer: Viewer, asked: list[_Asked | Unread], ids: list[UUID], problems: list[Problem]
) -> Done[list[Task]]:
    """What the first call made, for who may still see it."""
    failed = {problem.path[1] for problem in problems}
    of_rows = {n: keys for n, keys in _ids_by_row(asked, ids).items() if n not in failed}
    made = iter(await change.all_again(Task, viewer, [key for keys in of_rows.values() for key in keys]))
    return Done({n: list(islice(made, len(keys))) for n, keys in of_rows.items()}, problems)


def _ids_by_row(asked: list[_Asked | Unread], ids: list[UUID]) -> dict[int, list[UUID]]:
    left = iter(ids)
    return {n: list(islice(left, len(row.tasks))) for n, row in enumerate(asked) if isinstance(row, _Asked)}


async def _judged(viewer: Viewer, asked: list[_Asked | Unread], ids: list[UUID]) -> Rows[_Made]:
    rows = Rows[_Made]()
    points = await task_creation.points(
        row.point_id for row in asked if isinstance(row, _Asked) and row.point_id
    )
    new_ids = _ids_by_row(asked, ids)
    wanted: dict[int, list[Wanted]] = {}
    named: dict[int, tuple[PainPoint, Allowed]] = {}
    for n, given in enumerate(asked):
        with rows.row():
            row = bulk.read(given)
            if row.point_id:
                task_creation.check_number(row.tasks, *row.row)
                at = (*row.row, "pain_point_id")
                named[n] = task_creation.open_point(viewer, points.get(row.point_id), *at)
            point = named[n][0] if n in named else None
            wanted[n] = [
                Wanted(new_id, new, point, at)
                for new_id, new, at in zip(new_ids[n], row.tasks, row.at, strict=True)
            ]
    every = [one for of_row in wanted.values() for one in of_row]
    verdicts = iter(await task_creation.judge(viewer, every))
    for n, of_row in wanted.items():
        with rows.row():
            rows.good[n] = _Made(
                task_creation.all_or_refused(list(islice(verdicts, len(of_row)))), named.get(n)
            )
    return rows


async def update(viewer: Viewer, wanted: UpdateTasks) -> Done[Task]:
    """Every row refuses what `task.update` refuses. Rows for one task follow each other: the second names the first's version."""
    bulk.check_number(wanted.tasks, "tasks")
    async with db.transaction():
        read = [row for row in wanted.tasks if isinstance(row, UpdateTask)]
        found = await change.locked(Task, [row.task_id for row in read])
        owners = await task.new_owners(viewer, read, found)
        rows = Rows[Revised]()
        for n, (row, at) in enumerate(bulk.placed(wanted.tasks, "tasks")):
            with rows.row():
                rows.good[n] = task.revise(viewer, bulk.read(row), found, owners, *at)
        problems = rows.settle(wanted.error_policy)
        await task.write(list(rows.good.values()))
    return Done({n: one.task for n, one in rows.good.items()}, problems)
