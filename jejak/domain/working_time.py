"""Working time (R6, R7), pure: from the rules of a place to its open intervals, and reckoning with them.

The same reckoning is done in SQL over expanded calendars (`calendar.py`); this is what that is tested against.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
BEGINS = date(2025, 1, 1)  # of all calendars
_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True, order=True)
class Hours:
    """Open from `opens` until just before `closes`: minutes after midnight, 0 to 1440."""

    opens: int
    closes: int


def hours(opens: str, closes: str) -> Hours:
    """From "09:00" and "17:00"; "24:00" is the end of the day. Refuses by ValueError what is no time or no interval."""
    found = Hours(minutes(opens), minutes(closes))
    if found.opens >= found.closes:
        raise ValueError(f"{opens} is not before {closes}")
    return found


def minutes(said: str) -> int:
    """After midnight. Refuses by ValueError what is no time of the form 09:00."""
    if said == "24:00":
        return _MINUTES
    read = time.fromisoformat(said)
    if read.tzinfo or said != f"{read:%H:%M}":
        raise ValueError(f"not a time of the form 09:00: {said}")
    return read.hour * 60 + read.minute


def said(at: int) -> str:
    """The other way round: 540 is "09:00"."""
    return f"{at // 60:02}:{at % 60:02}"


Day = tuple[Hours, ...]
"""The open hours of a day, in order and apart; none: closed."""

Week = Mapping[int, Day]
"""By ISO weekday, 1 (Monday) to 7; a day that is not named is closed."""

_USUAL = (hours("09:00", "17:00"),)
# Fridays leave time for the prayer.
DEFAULT_WEEK: Week = dict.fromkeys(range(1, 5), _USUAL) | {
    5: (hours("09:00", "11:30"), hours("13:00", "17:00"))
}


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds at a place. `special`: days on which the week does not hold, and what does."""

    zone: str
    week: Week = field(default_factory=lambda: DEFAULT_WEEK)
    special: Mapping[date, Day] = field(default_factory=dict)

    def on(self, day: date) -> Day:
        return self.special.get(day, self.week.get(day.isoweekday(), ()))

    def works(self, day: date) -> bool:
        return bool(self.on(day))

    def intervals(self, day: date) -> list[tuple[datetime, datetime]]:
        """The day's open intervals as instants, half-open."""
        zone = ZoneInfo(self.zone)
        return [
            (opens, closes)
            for one in self.on(day)
            # A clock that is put forward may leave nothing of an interval.
            if (opens := _at(day, one.opens, zone)) < (closes := _at(day, one.closes, zone))
        ]


def _at(day: date, at: int, zone: ZoneInfo) -> datetime:
    if at == _MINUTES:
        day, at = day + DAY, 0
    return datetime.combine(day, time(at // 60, at % 60), zone).astimezone(UTC)


def days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def shift(rules: Rules, day: date, working_days: int) -> date:
    """The day that lies `working_days` working days after `day` (before it, where negative).

    Zero gives `day` itself, or the working day before it: what is due on a Sunday is spoken of on Friday.
    """
    step = DAY if working_days > 0 else -DAY
    left = abs(working_days)
    while left > 0 or not rules.works(day):
        day += step
        if rules.works(day):
            left -= 1
    return day


def is_open(rules: Rules, at: datetime) -> bool:
    return any(opens <= at < closes for opens, closes in rules.intervals(_day(rules, at)))


def between(rules: Rules, start: datetime, end: datetime) -> timedelta:
    """The working time from `start` to `end`; zero where there is none."""
    worked = timedelta()
    for day in days(_day(rules, start), _day(rules, end)):
        for opens, closes in rules.intervals(day):
            worked += max(timedelta(), min(end, closes) - max(start, opens))
    return worked


def deadline(rules: Rules, start: datetime, amount: timedelta) -> datetime:
    """R7: when `amount` (positive) of working time has passed since `start`. Friday 16:30 and an hour is Monday 09:30."""
    day = _day(rules, start)
    while True:
        for opens, closes in rules.intervals(day):
            here = max(start, opens)
            if here < closes:
                if amount <= closes - here:
                    return here + amount
                amount -= closes - here
        day += DAY


def _day(rules: Rules, at: datetime) -> date:
    return at.astimezone(ZoneInfo(rules.zone)).date()
