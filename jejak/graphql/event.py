"""R13 in the API: the history of a thing."""

from datetime import datetime
from enum import Enum
from typing import Any

from jejak.graphql.person import Person
from jejak.graphql.reading import Key, column, entity, everyone, one, page
from jejak.graphql.scalars import JSON
from jejak.graphql.vocabulary import EventKind, enum


@entity("event", everyone, "A change: who did what, when, and what it was before and after.")
class HistoryEntry:
    at: datetime = column("When.")
    kind: EventKind = column("What happened.")
    actor: Person | None = one(
        "{u}.id = {t}.actor_id", "Who did it; null for the service itself.", scoped=False
    )
    before: JSON | None = column("What changed, before: columns and their values.")
    after: JSON | None = column("What changed, after: columns and their values.")


class HistoryOrder(Enum):
    OLDEST_FIRST = (Key("{u}.id", "bigint"),)
    NEWEST_FIRST = (Key("{u}.id", "bigint", descending=True),)


enum(HistoryOrder, "Order of a history.", OLDEST_FIRST="As it happened.", NEWEST_FIRST="The latest first.")


def history() -> Any:
    """Whoever sees a thing sees its history."""
    return page("{u}.subject_id = {t}.id", "What happened to it.", order=HistoryOrder)
