"""R7, pure: until when a pain point is to be fixed and a task handed in. Migration 0008 says the same in SQL.

A pain point of 3 working days whose journey is accepted on Friday at 16:30 is due on Wednesday at 17:00;
paused from that Friday 16:30 until Monday 09:30 (an hour of working time), on Thursday at 10:00.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from jejak.domain import working_time
from jejak.domain.working_time import DAY, Rules

# Working days by priority, from each of these up to the next.
DEFAULT_DAYS: Mapping[int, int] = {20: 3, 12: 7, 6: 14, 1: 30}
LEAST_PRIORITY, MOST_PRIORITY = 1, 25
MOST_DAYS = 250  # a year's


def days_of(bands: Mapping[int, int], priority: int) -> int:
    return bands[max(start for start in bands if start <= priority)]


def closing_by(rules: Rules, day: date) -> datetime:
    """When the last working time ends that begins on `day` or before it."""
    while not (intervals := rules.intervals(day)):
        day -= DAY
    return intervals[-1][1]


def moved_by(rules: Rules, due: datetime, pauses: Iterable[timedelta]) -> datetime:
    """A deadline moved by the working time of each pause."""
    for paused in pauses:
        due = working_time.deadline(rules, due, paused) if paused else due
    return due


def fix_due(rules: Rules, started: datetime, days: int, pauses: Iterable[timedelta] = ()) -> datetime:
    """The end of the `days`-th working day after the one on which the clock started, and the working time paused."""
    start = started.astimezone(ZoneInfo(rules.zone)).date()
    return moved_by(rules, closing_by(rules, working_time.shift(rules, start, days)), pauses)


def task_due(rules: Rules, due_on: date, at: datetime, stops: Iterable[timedelta] = ()) -> datetime:
    """The end of the due day's working time, and the working time for which the task stood still.

    What is due on a Sunday is due by Friday's closing, as it is spoken of on Friday (R6). Where nothing of that is
    left when the date is set, `at`, it is due by the end of the day itself.
    """
    closing = closing_by(rules, due_on)
    if closing <= at:
        closing = datetime.combine(due_on + DAY, datetime.min.time(), ZoneInfo(rules.zone))
    return moved_by(rules, closing, stops)
