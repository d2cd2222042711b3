"""Recurrence rules of RFC 5545, pure: which are taken, on which days they fall, and what a title says of a day.

Taken is what plans of months and weeks need: FREQ=DAILY, WEEKLY, MONTHLY or YEARLY, INTERVAL, COUNT or UNTIL, BYMONTH,
BYMONTHDAY, BYDAY, BYSETPOS and WKST. A start that the rule does not hit is no occurrence.

Expanded here and not by dateutil, which looks for the first day of a rule that has none up to the year 9999.
"""

import re
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count, islice
from typing import Any

from jejak.domain.errors import Code, Path, Refused

MOST_RULE = 200  # characters
MOST_COUNT = 1_000
MOST_INTERVAL = 99
DAY = timedelta(days=1)
# A rule without a day in so many years has none: the 29th of February may be eight years away.
_YEARS = 10
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_BY_DAY = re.compile(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)")
_MONTHS = (
    "Januari", "Februari", "Maret", "April", "Mei", "Juni",
    "Juli", "Agustus", "September", "Oktober", "November", "Desember",
)  # fmt: skip
_PLACE = re.compile(r"\{([^{}]*)\}")
PLACES = ("month", "year", "date", "week")
# The day of which the names are longest.
LONGEST = date(2027, 9, 30)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that has been read. `by_day`: numbers of weekdays from Monday, 0, each with its place in the month or 0."""

    frequency: str
    interval: int = 1
    count: int | None = None
    until: date | None = None
    by_month: Sequence[int] = ()
    by_month_day: Sequence[int] = ()
    by_day: Sequence[tuple[int, int]] = ()
    by_place: Sequence[int] = ()
    week_start: int = 0

    def days(self, start: date, last: date) -> Iterator[date]:
        """Its days from `start` on, up to `last`."""
        end = min(last, self.until) if self.until else last
        found = (
            day
            for period in self._periods(start, end)
            for day in self._of_period(period, start)
            if start <= day <= end
        )
        return islice(found, self.count)

    def after(self, start: date, day: date, most: int) -> list[date]:
        """The next days after `day`, up to `most` of them."""
        horizon = date(max(start, day).year + _YEARS, 12, 31)
        return list(islice((one for one in self.days(start, horizon) if one > day), most))

    def _periods(self, start: date, end: date) -> Iterator[list[date]]:
        """The days of every day, week, month or year that the rule looks at."""
        for n in count(step=self.interval):
            first, length = self._period(start, n)
            if first > end:
                return
            yield [first + DAY * k for k in range(length)]

    def _period(self, start: date, n: int) -> tuple[date, int]:
        """Where the `n`th one after that of `start` begins, and how many days it has."""
        match self.frequency:
            case "DAILY":
                return start + DAY * n, 1
            case "WEEKLY":
                return start - DAY * ((start.weekday() - self.week_start) % 7) + DAY * 7 * n, 7
            case "MONTHLY":
                years, month = divmod(start.month - 1 + n, 12)
                return date(start.year + years, month + 1, 1), monthrange(start.year + years, month + 1)[1]
        first = date(start.year + n, 1, 1)
        return first, (date(start.year + n, 12, 31) - first).days + 1

    def _of_period(self, period: list[date], start: date) -> list[date]:
        hit = [day for day in period if self._hits(day, start)]
        if not self.by_place:
            return hit
        places = {place - 1 if place > 0 else len(hit) + place for place in self.by_place}
        return [day for n, day in enumerate(hit) if n in places]

    def _hits(self, day: date, start: date) -> bool:
        """What a rule leaves open is as it is on the day of its start."""
        length = monthrange(day.year, day.month)[1]
        by_month = self.by_month
        by_month_day = self.by_month_day
        by_day = self.by_day
        if not by_month_day and not by_day:
            if self.frequency == "WEEKLY":
                by_day = [(start.weekday(), 0)]
            elif self.frequency != "DAILY":
                by_month_day = [start.day]
                by_month = by_month or ([start.month] if self.frequency == "YEARLY" else ())
        return (
            (not by_month or day.month in by_month)
            and (not by_month_day or bool({day.day, day.day - length - 1} & set(by_month_day)))
            and (not by_day or any(_is_that_day(day, length, *one) for one in by_day))
        )


def _is_that_day(day: date, length: int, weekday: int, place: int) -> bool:
    from_start, from_end = (day.day - 1) // 7 + 1, -((length - day.day) // 7 + 1)
    return day.weekday() == weekday and (place == 0 or place in {from_start, from_end})


def read(text: str, *at: str | int) -> Rule:
    """Refuses INVALID_RULE, naming the part that cannot be used."""
    if len(text) > MOST_RULE:
        raise _wrong(f"> {MOST_RULE}", at)
    values: dict[str, Any] = {}
    for part in text.strip().upper().removeprefix("RRULE:").split(";"):
        name, _, value = part.partition("=")
        if name not in _PARTS or _PARTS[name][0] in values:
            raise _wrong(part, at)
        try:
            values[_PARTS[name][0]] = _PARTS[name][1](value)
        except ValueError:
            raise _wrong(part, at) from None
    if "frequency" not in values:
        raise _wrong("FREQ", at)
    rule = Rule(**values)
    contradiction = _contradiction(rule)
    if contradiction:
        raise _wrong(contradiction, at)
    return rule


def _wrong(part: str, at: Path) -> Refused:
    shown = "".join(sign for sign in part[:40] if sign.isprintable())
    return Refused(Code.INVALID_RULE, *at, part=shown or "FREQ")


def _contradiction(rule: Rule) -> str | None:
    """Parts that do not go together, by the RFC or in what is taken of it."""
    if rule.count and rule.until:
        return "COUNT, UNTIL"
    if rule.frequency == "WEEKLY" and rule.by_month_day:
        return "FREQ=WEEKLY, BYMONTHDAY"
    # What MO beside 1MO would mean is read in two ways.
    if len({place == 0 for _, place in rule.by_day}) > 1:
        return "BYDAY"
    in_months = rule.frequency == "MONTHLY" or (rule.frequency == "YEARLY" and rule.by_month)
    if any(place for _, place in rule.by_day) and not in_months:
        return f"FREQ={rule.frequency}, BYDAY"
    if rule.by_place and not (rule.by_day or rule.by_month or rule.by_month_day):
        return "BYSETPOS"
    return None


def _frequency(value: str) -> str:
    if value not in {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}:
        raise ValueError(value)
    return value


def _number(least: int, most: int) -> Any:
    pattern = re.compile(r"[+-]?\d{1,4}" if least < 0 else r"\d{1,4}", re.ASCII)

    def read_number(value: str) -> int:
        number = int(value) if pattern.fullmatch(value) else 0
        if not least <= number <= most or number == 0:
            raise ValueError(value)
        return number

    return read_number


def _list_of(one: Any) -> Any:
    return lambda value: [one(part) for part in value.split(",")]


def _until(value: str) -> date:
    if not re.fullmatch(r"\d{8}", value, re.ASCII):
        raise ValueError(value)
    return date(int(value[:4]), int(value[4:6]), int(value[6:]))


def _by_day(value: str) -> tuple[int, int]:
    match = _BY_DAY.fullmatch(value)
    if match is None:
        raise ValueError(value)
    return _DAYS.index(match[2]), int(match[1] or 0)


_PARTS: dict[str, tuple[str, Any]] = {
    "FREQ": ("frequency", _frequency),
    "INTERVAL": ("interval", _number(1, MOST_INTERVAL)),
    "COUNT": ("count", _number(1, MOST_COUNT)),
    "UNTIL": ("until", _until),
    "BYMONTH": ("by_month", _list_of(_number(1, 12))),
    "BYMONTHDAY": ("by_month_day", _list_of(_number(-31, 31))),
    "BYDAY": ("by_day", _list_of(_by_day)),
    "BYSETPOS": ("by_place", _list_of(_number(-366, 366))),
    "WKST": ("week_start", _DAYS.index),
}


def unknown_place(text: str) -> str | None:
    """What stands in braces and is no place of a title."""
    return next((name for name in _PLACE.findall(text) if name not in PLACES), None)


def filled(text: str, day: date) -> str:
    """`{month}`, `{year}`, `{date}` and `{week}` of a day, as Indonesian writes them."""
    month = _MONTHS[day.month - 1]
    values = {
        "month": month,
        "year": str(day.year),
        "date": f"{day.day} {month} {day.year}",
        "week": str(day.isocalendar().week),
    }
    return _PLACE.sub(lambda place: values.get(place[1], place[0]), text)
