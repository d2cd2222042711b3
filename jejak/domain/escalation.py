"""R6: whoever was told of an escalated task takes care of it, and the rungs above wait."""

from dataclasses import dataclass
from uuid import UUID

from jejak.domain import change, clock, db, event, ladder, task_rules
from jejak.domain.access import Right, Viewer
from jejak.domain.checks import REASON, Checks
from jejak.domain.errors import Code, Refused
from jejak.domain.event_kind import EventKind
from jejak.domain.tables.notice import Acknowledgement, Notice, Reminder
from jejak.domain.tables.task import Task
from jejak.domain.vocabulary import NoticeKind


@dataclass(frozen=True, slots=True)
class AcknowledgeEscalation:
    notice_id: UUID
    note: str = ""


async def acknowledge(viewer: Viewer, wanted: AcknowledgeEscalation) -> Task:
    """Holds the rungs above for some working days of the task's unit; a rung is acknowledged once, by one of those it told.

    Refuses NOT_FOUND for what is no notice of the viewer's, NOT_ESCALATED for one of another kind, ESCALATION_ENDED where
    the task was handed in, ended or got another due date, ALREADY_ACKNOWLEDGED where a colleague did. Repeating it
    changes nothing.
    """
    with Checks() as checks:
        note = checks.text(wanted.note, "note", most=REASON, required=False)
    async with db.transaction():
        notice = await Notice.objects().get(
            (Notice.id == wanted.notice_id) & (Notice.person_id == viewer.person)
        )
        if notice is None:
            raise Refused(Code.NOT_FOUND, "notice_id")
        rung = await Reminder.objects().get(Reminder.id == notice.reminder_id)
        if notice.kind != NoticeKind.ESCALATED or rung is None:
            raise Refused(Code.NOT_ESCALATED, "notice_id")
        task, unit, by = await change.take(Task, viewer, Right.SEE, notice.task_id, None, "notice_id")
        known = await Acknowledgement.objects().get(Acknowledgement.reminder_id == rung.id)
        if known is not None and known.acknowledged_by == viewer.person_id:
            return task
        if task.due_on != rung.due_on or task.status not in task_rules.AWAITED:
            raise Refused(Code.ESCALATION_ENDED, "notice_id")
        if known is not None:
            raise Refused(Code.ALREADY_ACKNOWLEDGED, "notice_id")
        _, days = await ladder.limits(task.id, task.due_on, unit.id)
        until = await db.fetchval(
            "select coalesce(working_day_from($1, $2, $3), $2 + $3)",
            unit.calendar_id,
            clock.today(unit.timezone),
            days,
        )
        await Acknowledgement(
            task_id=task.id,
            due_on=task.due_on,
            reminder_id=rung.id,
            offset_days=rung.offset_days,
            audience=rung.audience,
            acknowledged_by=viewer.person,
            at=clock.now(),
            until=until,
            note=note,
        ).save()
        await event.append(
            by,
            EventKind.TASK_ESCALATION_ACKNOWLEDGED,
            ("task", task.id),
            unit.id,
            after={"level": rung.audience, "until": until, "note": note},
        )
    return task
