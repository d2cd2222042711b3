"""An iCalendar file of days on which nobody works, as other calendars export it. Knows no database."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from icalendar import Calendar, Event
from icalendar.prop import vDDDTypes, vRecur

from jejak.domain import bulk, clock, working_time
from jejak.domain.checks import MOST_YEARS_AHEAD, TITLE, Checks
from jejak.domain.errors import Code, Refused
from jejak.domain.working_time import BEGINS, DAY

MOST_CHARACTERS = 500_000
MOST_DAYS = 366  # of one event
MOST_NAMED = 50_000  # days of all events, years spelled out
# What a rule may say: every year, or every so many years, on the day of the event.
_EVERY_YEAR = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"}


@dataclass(frozen=True, slots=True)
class NamedDay:
    """`event`: the place of the event in the file that it comes from."""

    event: int
    day: date
    name: str


def read(content: str, *at: str) -> list[NamedDay]:
    """The days of all events, in the file's order, those before the calendars begin left out.

    What lies at every year's same day is spelled out as far ahead as a due date may lie. Refuses UNREADABLE_CALENDAR,
    TOO_MANY (events, or days), and with every problem there is, at the event's place: REQUIRED and TOO_LONG (its name),
    NOT_WHOLE_DAYS, OUT_OF_RANGE (too long, too far ahead), UNSUPPORTED_RECURRENCE.
    """
    try:
        events = [event for event in Calendar.from_ical(content).walk("VEVENT") if isinstance(event, Event)]
    except (ValueError, LookupError, TypeError, RecursionError):
        raise Refused(Code.UNREADABLE_CALENDAR, *at) from None
    if not events:
        raise Refused(Code.UNREADABLE_CALENDAR, *at)
    if len(events) > bulk.MOST_IMPORTED:
        raise Refused(Code.TOO_MANY, *at, most=bulk.MOST_IMPORTED)
    found: list[NamedDay] = []
    with Checks(at) as checks:
        for number, event in enumerate(events):
            if str(event.get("STATUS", "")).upper() != "CANCELLED":
                found += _days(number, event, checks.at(number))
            # While they are spelled out: a small file may hold years of days in every line.
            if len(found) > MOST_NAMED:
                raise Refused(Code.TOO_MANY, *at, most=MOST_NAMED)
    return found


def _days(number: int, event: Event, here: Checks) -> Iterator[NamedDay]:
    name = here.text(_text(event.get("SUMMARY")), "summary", most=TITLE)
    last = date(clock.now().year + MOST_YEARS_AHEAD, 12, 31)
    span = _span(event)
    if span is None:
        here.refuse(Code.NOT_WHOLE_DAYS)
        return
    start, length = span
    if length > MOST_DAYS or start > last:
        here.refuse(Code.OUT_OF_RANGE, least=BEGINS.year, most=last.year)
        return
    starts = _starts(event, start, last)
    if starts is None:
        here.refuse(Code.UNSUPPORTED_RECURRENCE)
        return
    for first in starts:
        for day in working_time.days(first, min(first + (length - 1) * DAY, last)):
            if day >= BEGINS:
                yield NamedDay(number, day, name)


def _text(value: Any) -> str:
    return str(value[0] if isinstance(value, list) else value or "")


def _span(event: Event) -> tuple[date, int] | None:
    """The first day and how many there are; None where the event is not of whole days."""
    start, end, length = (event.get(name) for name in ("DTSTART", "DTEND", "DURATION"))
    first = _value(start)
    if not _is_day(first):
        return None
    if end is not None:
        after = _value(end)
        if not _is_day(after) or after < first:
            return None
        return first, max(1, (after - first).days)
    if length is not None:
        lasts = _value(length)
        if not isinstance(lasts, timedelta) or lasts % DAY or lasts < DAY:
            return None
        return first, lasts.days
    return first, 1


def _value(given: Any) -> Any:
    return given.dt if isinstance(given, vDDDTypes) else None


def _is_day(value: Any) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)


def _starts(event: Event, start: date, last: date) -> list[date] | None:
    """The first days of the event's occurrences up to `last`; None where it recurs otherwise than every year."""
    if any(event.get(name) is not None for name in ("RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID")):
        return None
    rule = event.get("RRULE")
    if rule is None:
        return [start]
    if not isinstance(rule, vRecur) or set(rule) - _EVERY_YEAR or rule.get("FREQ") != ["YEARLY"]:
        return None
    if any(len(said) != 1 for said in rule.values()):
        return None
    (every,), (count,) = rule.get("INTERVAL", [1]), rule.get("COUNT", [None])
    (until,) = rule.get("UNTIL", [last])
    if isinstance(until, datetime):
        until = until.date()
    if not isinstance(until, date) or every < 1 or (count is not None and count < 1):
        return None
    occurrences = []
    for year in range(start.year, min(until, last).year + 1, every):
        # The 29th of February comes in leap years alone.
        day = _in_year(start, year)
        if day is not None and day <= min(until, last):
            occurrences.append(day)
    return occurrences[:count]


def _in_year(day: date, year: int) -> date | None:
    try:
        return day.replace(year=year)
    except ValueError:
        return None
