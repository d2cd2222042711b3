"""R6, pure: from a ladder and a due date to the days on which somebody is reminded."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from jejak.domain import calendar
from jejak.domain.vocabulary import Audience

# Working days around the due date on which the owner is reminded, until headquarters changes the ladder.
DEFAULT_OWNER_OFFSETS = (-7, -3, -1, 0, 1)


@dataclass(frozen=True, slots=True)
class Due:
    """A rung of the ladder on its day."""

    offset_days: int
    audience: Audience
    remind_on: date


def planned(rungs: Iterable[tuple[int, Audience]], due_on: date, set_on: date) -> list[Due]:
    """The rungs that lie ahead of a due date set on `set_on`; those whose day had passed by then never were due."""
    steps = (Due(offset, audience, calendar.shift(due_on, offset)) for offset, audience in rungs)
    return [step for step in steps if step.remind_on >= set_on]
