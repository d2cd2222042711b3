"""R4, pure: the life of a task as a table, and what counts as overdue."""

from enum import StrEnum

from jejak.domain.errors import Code, Path, Refused
from jejak.domain.event_kind import EventKind
from jejak.domain.vocabulary import TaskStatus


class TaskAction(StrEnum):
    REPORT = EventKind.TASK_PROGRESS_REPORTED
    SUBMIT = EventKind.TASK_SUBMITTED
    VERIFY = EventKind.TASK_VERIFIED
    RETURN = EventKind.TASK_RETURNED
    BLOCK = EventKind.TASK_BLOCKED
    UNBLOCK = EventKind.TASK_UNBLOCKED
    CANCEL = EventKind.TASK_CANCELLED
    UPDATE = EventKind.TASK_UPDATED


_S = TaskStatus
AT_WORK = frozenset({_S.PLANNED, _S.IN_PROGRESS, _S.RETURNED})
OPEN = AT_WORK | {_S.SUBMITTED, _S.BLOCKED}
OVER = frozenset({_S.VERIFIED, _S.CANCELLED})
# Not handed in yet: what the due date, and so "overdue", speaks of.
AWAITED = AT_WORK | {_S.BLOCKED}

TRANSITIONS: dict[TaskAction, tuple[frozenset[TaskStatus], TaskStatus | None]] = {
    TaskAction.REPORT: (AT_WORK, _S.IN_PROGRESS),
    TaskAction.SUBMIT: (AT_WORK, _S.SUBMITTED),
    TaskAction.VERIFY: (frozenset({_S.SUBMITTED}), _S.VERIFIED),
    TaskAction.RETURN: (frozenset({_S.SUBMITTED}), _S.RETURNED),
    TaskAction.BLOCK: (AT_WORK, _S.BLOCKED),
    TaskAction.UNBLOCK: (frozenset({_S.BLOCKED}), None),  # back to where it was blocked
    TaskAction.CANCEL: (OPEN, _S.CANCELLED),
    TaskAction.UPDATE: (OPEN, None),  # stays as it is
}


def after(action: TaskAction, status: str, blocked_from: str | None = None, at: Path = ()) -> TaskStatus:
    """The status that follows. Refuses WRONG_STATUS."""
    allowed, to = TRANSITIONS[action]
    if status not in allowed:
        raise Refused(Code.WRONG_STATUS, *at, status=status)
    return to or TaskStatus((action is TaskAction.UNBLOCK and blocked_from) or status)


def begun(task: str) -> str:
    """SQL: work has begun. A task that was blocked before it began has not."""
    return f"(coalesce({task}.blocked_from, {task}.status) <> 'PLANNED' or {task}.progress > 0)"


def in_sql(statuses: frozenset[TaskStatus]) -> str:
    return "(" + ", ".join(f"'{status}'" for status in sorted(statuses)) + ")"


def overdue(task: str, unit: str, now: str) -> str:
    """SQL: not handed in, and the due day is over in the unit's zone. Takes aliases and an instant's expression."""
    return (
        f"({task}.status in {in_sql(AWAITED)} and {task}.due_on < ({now} at time zone {unit}.timezone)::date)"
    )
