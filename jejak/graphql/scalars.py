"""Scalars whose values arrive from the reading module as text, and from clients as ISO 8601."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition


def _text(value: Any) -> str:
    return value if isinstance(value, str) else value.isoformat()


def _date(value: Any) -> date:
    if not isinstance(value, str):
        raise TypeError("a date is written as text: 2026-11-24")
    return date.fromisoformat(value)


def _datetime(value: Any) -> datetime:
    if not isinstance(value, str):
        raise TypeError("an instant is written as text: 2026-11-24T09:00:00+07:00")
    parsed = datetime.fromisoformat(value)
    if parsed.tzinfo is None:
        raise ValueError("an instant needs its offset: 2026-11-24T09:00:00+07:00")
    try:
        return parsed.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("an instant lies in the years 1 to 9999, in UTC") from error


JSON = NewType("JSON", object)

SCALARS: dict[object, ScalarDefinition] = {
    JSON: strawberry.scalar(
        name="JSON",
        description="Any JSON value.",
        serialize=lambda value: value,
        parse_value=lambda value: value,
    ),
    date: strawberry.scalar(
        name="Date", description="A calendar day, ISO 8601: 2026-11-24.", serialize=_text, parse_value=_date
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="An instant with its offset, ISO 8601: 2026-11-24T02:00:00+00:00.",
        serialize=_text,
        parse_value=_datetime,
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description='An exact decimal number, as text: "51.63".',
        serialize=str,
        parse_value=Decimal,
    ),
}
