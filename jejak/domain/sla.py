"""R7: the clocks of pain points and tasks. Where they stand is said in SQL here, for whoever reads.

A pain point's clock runs from its journey's acceptance until it is resolved, closed or dismissed, and stands while it
is paused. A task's runs while the owner has it to do, and stands while it is blocked or handed in. Working time that
passes meanwhile moves the deadline; what is breached when the clock stops stays so.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from jejak.domain import clock, db, pain_point_rules, task_rules
from jejak.domain.tables.task import Task
from jejak.domain.vocabulary import TaskStatus


def task_ran_until(task: str, now: str) -> str:
    """SQL: the moment at which a task's clock stood still, or now."""
    return f"coalesce({task}.stopped_at, {now})"


def task_breached(task: str, now: str) -> str:
    """SQL: the deadline passed while the clock ran. Never null."""
    return f"coalesce({task}.status <> 'CANCELLED' and {task}.due_at < {task_ran_until(task, now)}, false)"


def task_paused(task: str) -> str:
    """SQL: the clock stands, and may yet run on."""
    return f"({task}.status in {task_rules.in_sql(task_rules.OPEN - task_rules.AT_WORK)})"


def point_ended_at(point: str) -> str:
    """SQL: when a pain point was resolved (its last task verified), or decided on without that; null where it is open."""
    last = "case when bool_and(live.status = 'VERIFIED') then max(live.verified_at) end"
    return f"least({point}.decided_at, {pain_point_rules.over_tasks(point, last)})"


def point_ran_until(point: str, now: str) -> str:
    """SQL: the moment at which a pain point's clock stood still or ended, or now."""
    return f"least({point}.paused_at, {point_ended_at(point)}, {now})"


def point_breached(point: str, now: str) -> str:
    """SQL: the deadline passed while the clock ran. Never null."""
    return f"coalesce({point}.due_at < {point_ran_until(point, now)}, false)"


def point_paused(point: str) -> str:
    """SQL: the clock stands, and may yet run on."""
    return f"({point}.paused_at is not null and {point_ended_at(point)} is null)"


async def start(journey_id: UUID) -> None:
    """Starts the clocks of a journey's pain points that do not run yet, inside the transaction that accepts it.

    The unit's row is locked, so that its calendar does not change meanwhile.
    """
    await db.execute(
        f"""
        update pain_point p set sla_started_at = $2, sla_version = policy.version,
            due_at = fix_due(u.calendar_id, $2, sla_days(policy.version, {pain_point_rules.priority("p")}), 0)
        from unit u, sla_policy policy where p.journey_id = $1 and u.id = p.unit_id and p.sla_started_at is null
        """,
        journey_id,
        clock.now(),
    )


async def set_due(task_ids: Sequence[UUID]) -> None:
    """Starts the clocks of tasks anew, inside the transaction that sets their due dates."""
    if not task_ids:
        return
    await db.execute(
        """
        update task t set due_at = task_due(u.calendar_id, t.due_on, $2, 0), stopped_seconds = 0,
            stopped_at = case when t.stopped_at is not null then $2 end
        from unit u where u.id = t.unit_id and t.id = any($1)
        """,
        list(task_ids),
        clock.now(),
    )


async def clock_of(task: Task, status: TaskStatus) -> dict[str, Any]:
    """What becomes of a locked task's clock where its status becomes `status`: new values of the task."""
    values: dict[str, Any] = {}
    if status in task_rules.AT_WORK:
        if task.stopped_at is not None:
            values |= {"stopped_at": None}
            due, seconds = await moved(task.unit_id, task.due_at, task.stopped_at)
            if seconds:
                values |= {"due_at": due, "stopped_seconds": task.stopped_seconds + seconds}
    elif task.stopped_at is None:
        values["stopped_at"] = clock.now()
    if status is TaskStatus.VERIFIED:
        values["verified_at"] = clock.now()
    return values


async def moved(unit_id: UUID, due_at: datetime | None, stopped_at: datetime) -> tuple[datetime | None, int]:
    """A deadline once its clock runs on, and the working seconds for which it stood; no more is added once it is breached."""
    if due_at is None or due_at < stopped_at:
        return due_at, 0
    row = await db.fetchrow(
        """
        select moved_by(u.calendar_id, $2, stood.seconds) as due_at, stood.seconds from unit u cross join lateral (
            select greatest(0, working_seconds(u.calendar_id, $4) - working_seconds(u.calendar_id, $3)) as seconds) stood
        where u.id = $1 and u.calendar_id is not null
        """,
        unit_id,
        due_at,
        stopped_at,
        clock.now(),
    )
    return (row["due_at"], row["seconds"]) if row else (due_at, 0)
