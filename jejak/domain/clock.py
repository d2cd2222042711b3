"""The service's clock. A process may run ahead or behind, to rehearse what a due date sets off."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_shift = timedelta()


def now() -> datetime:
    return datetime.now(UTC) + _shift


def today(zone: str) -> date:
    """The calendar day it is in an IANA zone."""
    return now().astimezone(ZoneInfo(zone)).date()


def shift(by: timedelta) -> None:
    """Moves this process's clock, from where it stands, by `by`."""
    global _shift  # noqa: PLW0603 -- one clock a process is the point
    _shift += by


def shifted() -> timedelta:
    return _shift
