"""R6: an owner puts off the reminders of a task, within a limit. Never the escalation."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from jejak.domain import change, clock, db, event, ladder, task_rules
from jejak.domain.access import Right, Viewer
from jejak.domain.errors import Code, Refused
from jejak.domain.event_kind import EventKind
from jejak.domain.tables.notice import Snooze
from jejak.domain.tables.task import Task


@dataclass(frozen=True, slots=True)
class SnoozeReminders:
    """Until the day on which they speak again, in the unit's zone; today's ends a snooze."""

    task_id: UUID
    until: date


async def snooze(viewer: Viewer, wanted: SnoozeReminders) -> Task:
    """For the due date that the task has. Refuses FORBIDDEN to all but the owner, PAST_DATE, WRONG_STATUS, SNOOZE_LIMIT."""
    async with db.transaction():
        task, unit, by = await change.take(Task, viewer, Right.PROGRESS, wanted.task_id, None, "task_id")
        if task.owner_id != viewer.person_id:
            raise Refused(Code.FORBIDDEN, "task_id")
        if task.status not in task_rules.AWAITED:
            raise Refused(Code.WRONG_STATUS, "task_id", status=task.status)
        today = clock.today(unit.timezone)
        if wanted.until < today:
            raise Refused(Code.PAST_DATE, "until")
        known = await Snooze.objects().get((Snooze.task_id == task.id) & (Snooze.due_on == task.due_on))
        if (known.until if known else today) == wanted.until:
            return task
        spent = 0
        if known is not None:
            spent = known.spent_days + await _working_days(
                unit.calendar_id, known.set_on, min(known.until, today)
            )
        most, _ = await ladder.limits(task.id, task.due_on, unit.id)
        if spent + await _working_days(unit.calendar_id, today, wanted.until) > most:
            raise Refused(Code.SNOOZE_LIMIT, "until", most=most, left=max(0, most - spent))
        row = known or Snooze(task_id=task.id, due_on=task.due_on)
        before = {"snoozed_until": known.until if known else None}
        row.set_on, row.until, row.spent_days = today, wanted.until, spent
        await row.save()
        await event.append(
            by,
            EventKind.TASK_REMINDERS_SNOOZED,
            ("task", task.id),
            unit.id,
            before=before,
            after={"snoozed_until": wanted.until},
        )
    return task


async def _working_days(calendar_id: UUID, start: date, end: date) -> int:
    """From `start` on, `end` not included."""
    return int(
        await db.fetchval(
            "select count(*) from working_day where calendar_id = $1 and day >= $2 and day < $3",
            calendar_id,
            start,
            end,
        )
    )
