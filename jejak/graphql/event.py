"""R13 in the API: the history of a thing."""

from collections.abc import Callable
from datetime import datetime
from enum import Enum
from typing import Any

from jejak.domain import access
from jejak.graphql.person import Person
from jejak.graphql.reading import Field, Key, column, entity, everyone, expression, one, page
from jejak.graphql.scalars import JSON
from jejak.graphql.vocabulary import EventKind, enum


def _seen_in(column: str) -> Callable[[Field], str]:
    """R12: a unit's path names everything above it, and where it lies is for those who see the unit above.

    A pain point is named to those who see it.
    """

    def sql(field: Field) -> str:
        values = f"{field.t}.{column}::jsonb - 'path' - 'recaptures_id'"
        parent, point = (f"({field.t}.{column} ->> '{key}')::uuid" for key in ("parent_id", "pain_point_id"))
        point_unit = f"(select p.unit_id from pain_point p where p.id = {point})"
        for key, value, unit in (("parent_id", parent, parent), ("pain_point_id", point, point_unit)):
            hidden = f"{value} is not null and not {access.seen(unit, field.statement.paths)}"
            values = f"({values}) - case when {hidden} then '{key}' else '' end"
        return values

    return sql


@entity("event", everyone, "A change: who did what, when, and what it was before and after.")
class HistoryEntry:
    at: datetime = column("When.")
    kind: EventKind = column("What happened.")
    actor: Person | None = one(
        "{u}.id = {t}.actor_id", "Who did it; null for the service itself.", sees=everyone
    )
    before: JSON | None = expression(_seen_in("before"), "What changed, before: columns and their values.")
    after: JSON | None = expression(_seen_in("after"), "What changed, after: columns and their values.")


class HistoryOrder(Enum):
    OLDEST_FIRST = (Key("{u}.nth", "integer"),)
    NEWEST_FIRST = (Key("{u}.nth", "integer", descending=True),)


enum(HistoryOrder, "Order of a history.", OLDEST_FIRST="As it happened.", NEWEST_FIRST="The latest first.")


def history() -> Any:
    """Whoever sees a thing sees its history."""
    return page("{u}.subject_id = {t}.id", "What happened to it.", order=HistoryOrder)
