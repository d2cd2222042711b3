"""R6, pure: what a ladder is made of, and which one holds until headquarters changes it."""

from collections.abc import Sequence
from dataclasses import dataclass

from jejak.domain.checks import Checks
from jejak.domain.errors import Code
from jejak.domain.vocabulary import Audience

FARTHEST = 60
MOST_RUNGS = 30
MOST_SNOOZE_DAYS = 60
MOST_ACKNOWLEDGE_DAYS = 60
SNOOZE_LIMIT_DAYS = 5
ACKNOWLEDGE_DAYS = 3


@dataclass(frozen=True, slots=True)
class Step:
    """A rung: working days around the due date, negative before it, and who is told."""

    offset_days: int
    audience: Audience


DEFAULT = (
    *(Step(n, Audience.OWNER) for n in (-7, -3, -1, 0, 1)),
    Step(3, Audience.UNIT),
    Step(3, Audience.UP3),
    Step(7, Audience.REGION),
    Step(14, Audience.HEADQUARTERS),
)


def check(checks: Checks, rungs: Sequence[Step]) -> None:
    """Refuses REQUIRED, TOO_MANY, OUT_OF_RANGE (an escalation comes after the due date) and TAKEN for a rung that stands twice."""
    if not rungs:
        checks.refuse(Code.REQUIRED, "rungs")
    if len(rungs) > MOST_RUNGS:
        checks.refuse(Code.TOO_MANY, "rungs", most=MOST_RUNGS)
        return
    known: set[Step] = set()
    for position, step in enumerate(rungs):
        least = -FARTHEST if step.audience is Audience.OWNER else 1
        checks.at("rungs", position).between(step.offset_days, least, FARTHEST, "offset_days")
        if step in known:
            checks.refuse(Code.TAKEN, "rungs", position)
        known.add(step)
