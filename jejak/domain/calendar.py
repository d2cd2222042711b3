"""Working time, as far as reminders need it: Monday to Friday, 09:00 to 17:00 in a unit's zone. Pure."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

OPENS = time(9)
CLOSES = time(17)
_SATURDAY = 5


def is_working_day(day: date) -> bool:
    return day.weekday() < _SATURDAY


def shift(day: date, working_days: int) -> date:
    """The day that lies `working_days` working days after `day` (before it, where negative).

    Zero gives `day` itself, or the working day before it: what is due on a Sunday is spoken of on Friday.
    """
    step = timedelta(days=1 if working_days > 0 else -1)
    left = abs(working_days)
    while left > 0 or not is_working_day(day):
        day += step
        if is_working_day(day):
            left -= 1
    return day


def is_open(at: datetime, zone: str) -> bool:
    """Half-open: 09:00 is inside, 17:00 is not."""
    local = at.astimezone(ZoneInfo(zone))
    return is_working_day(local.date()) and OPENS <= local.time() < CLOSES
