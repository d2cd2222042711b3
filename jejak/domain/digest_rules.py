"""R6, pure: under which heading a notice stands in a digest, by what is true of its task by then."""

from enum import StrEnum

from jejak.domain.task_rules import AWAITED, OPEN
from jejak.domain.vocabulary import TaskStatus


class Section(StrEnum):
    """In the order in which they stand."""

    OVERDUE = "OVERDUE"
    DUE = "DUE"
    BLOCKED = "BLOCKED"
    TO_VERIFY = "TO_VERIFY"
    ESCALATED = "ESCALATED"
    ALERTS = "ALERTS"
    OTHER = "OTHER"


# Of notices that ask for something while a task is in one of these states, and for nothing afterwards.
_WHILE: dict[str, tuple[frozenset[TaskStatus], Section | None]] = {
    "DUE_SOON": (AWAITED, None),
    "DUE_TODAY": (AWAITED, None),
    "OVERDUE": (AWAITED, None),
    "ESCALATED": (AWAITED, Section.ESCALATED),
    "BLOCKED": (frozenset({TaskStatus.BLOCKED}), Section.BLOCKED),
    "AWAITING_VERIFICATION": (frozenset({TaskStatus.SUBMITTED}), Section.TO_VERIFY),
    "HANDED_OVER": (OPEN, Section.OTHER),
}


def section_of(kind: str, status: str | None, *, overdue: bool) -> Section | None:
    """None where nothing is to be done any more: the task was handed in, given up, or goes on. `status` is None for
    notices without a task.
    """
    if kind == "ALERT":
        return Section.ALERTS
    if kind not in _WHILE:
        return Section.OTHER
    statuses, section = _WHILE[kind]
    if status not in statuses:
        return None
    return section or (Section.OVERDUE if overdue else Section.DUE)
