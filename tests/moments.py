"""Moving the service's clock to where a test plays."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from jejak.domain import clock

JAKARTA = "Asia/Jakarta"
MONDAY = date(2027, 3, 1)  # and no daylight saving anywhere in Indonesia


def go_to(day: date, hour: int = 10, minute: int = 0, zone: str = JAKARTA) -> datetime:
    """The clock now stands at that local time, and runs on."""
    at = datetime.combine(day, time(hour, minute), ZoneInfo(zone)).astimezone(UTC)
    clock.shift(at - clock.now())
    return at
