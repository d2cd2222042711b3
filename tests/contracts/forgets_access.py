"""Code that forgets to ask who may: none of it type-checks. Read by mypy, never run."""

from jejak.domain import change, event
from jejak.domain.access import SYSTEM, Allowed, Sight, Viewer
from jejak.domain.event_kind import EventKind
from jejak.domain.tables.task import Task
from jejak.graphql.reading import Statement, entity
from jejak.graphql.reading.compile import seen_rows
from jejak.graphql.reading.declare import Entity


async def records_without_asking(viewer: Viewer, task: Task) -> None:
    await event.append(viewer, EventKind.TASK_NOTED, ("task", task.id), task.unit_id)  # forgets
    await change.apply(viewer, EventKind.TASK_UPDATED, task, task.unit_id, title="x")  # forgets


async def records_for_nobody(task: Task) -> None:
    await event.append(SYSTEM, EventKind.TASK_NOTED, ("task", task.id), task.unit_id)  # forgets
    await event.append(None, EventKind.TASK_NOTED, ("task", task.id), task.unit_id)  # forgets


def everything(statement: Statement, alias: str) -> str:
    return "true"


def reads_without_sight(statement: Statement) -> None:
    seen_rows("task", "t1")  # forgets
    seen_rows("task", "t1", "true")  # forgets
    Entity("task", everything)  # forgets
    entity("task", everything, "A task that everybody sees.")  # forgets
    entity("task", description="A task of which nobody has said who sees it.")  # forgets


async def asks(by: Allowed, sight: Sight, task: Task) -> None:
    await event.append(by, EventKind.TASK_NOTED, ("task", task.id), task.unit_id)
    seen_rows("task", "t1", sight)
