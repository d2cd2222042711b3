"""R11, pure: a month in a unit's zone, what has changed against the month before, and what a report's content is as bytes."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Self
from zoneinfo import ZoneInfo

import orjson

# What of the content is computed and how. A change of either is a new version; what was published keeps its own.
FORMULA_VERSION = 1
FIRST_YEAR = 2000


@dataclass(frozen=True, slots=True)
class Period:
    """A calendar month: from `start` up to, and without, `end`, both midnight in `zone`."""

    month: date
    zone: str

    @classmethod
    def of(cls, day: date, zone: str) -> Self:
        return cls(day.replace(day=1), zone)

    @property
    def start(self) -> datetime:
        return _midnight(self.month, self.zone)

    @property
    def end(self) -> datetime:
        return _midnight(self.last + timedelta(days=1), self.zone)

    @property
    def last(self) -> date:
        """Its last day."""
        return (self.month + timedelta(days=31)).replace(day=1) - timedelta(days=1)

    @property
    def before(self) -> "Period":
        return Period.of(self.month - timedelta(days=1), self.zone)


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))


def written(month: date) -> str:
    """As people and addresses name a month: 2026-10."""
    return f"{month:%Y-%m}"


def canonical(content: dict[str, Any]) -> bytes:
    """The same for the same content, whatever the order of its keys."""
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


def digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(canonical(content)).hexdigest()


def change(value: str | int | None, before: str | int | None) -> Decimal | None:
    """Between two figures as they are shown, so that a reader's own subtraction gives the same; None without both."""
    if value is None or before is None:
        return None
    return Decimal(value) - Decimal(before)


def clear(now: Mapping[str, Any], before: Mapping[str, Any]) -> bool | None:
    """Whether two figures differ by more than chance: their intervals, `low` to `high`, have no point in common; None
    where one of them is of nobody.
    """
    if None in {now["low"], before["low"]}:
        return None
    return Decimal(now["low"]) > Decimal(before["high"]) or Decimal(before["low"]) > Decimal(now["high"])
