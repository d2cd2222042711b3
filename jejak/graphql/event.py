"""R13 in the API: the history of a thing."""

from collections.abc import Callable
from datetime import datetime
from enum import Enum
from typing import Any

import strawberry

from jejak.domain import access
from jejak.graphql import ids
from jejak.graphql.event_kind import EventKind
from jejak.graphql.filters import any_of, given, moments
from jejak.graphql.person import Person
from jejak.graphql.reading import Field, Key, column, entity, everyone, expression, one, page
from jejak.graphql.scalars import JSON
from jejak.graphql.vocabulary import enum

# What an id in an event names, and the column by which those see it who see the unit that it lies at; None for
# what everybody sees who sees the thing itself. An id that is not named here is not shown.
_NAMED: dict[str, tuple[str, str | None]] = {
    "unit_id": ("Unit", "id"),
    "parent_id": ("Unit", "id"),
    "journey_id": ("Journey", "unit_id"),
    "recaptures_id": ("Journey", "unit_id"),
    "pain_point_id": ("PainPoint", "unit_id"),
    "task_id": ("Task", "unit_id"),
    "initiative_id": ("Initiative", None),
    "assessment_id": ("Assessment", "unit_id"),
    "template_id": ("AssessmentTemplate", None),
    "wave_id": ("Wave", None),
    "rollout_id": ("Rollout", "unit_id"),
    "recurrence_id": ("Recurrence", None),
    "issue_id": ("Issue", "id"),
    "person_id": ("Person", None),
    "owner_id": ("Person", None),
    "captured_by": ("Person", None),
    "submitted_by": ("Person", None),
    "verified_by": ("Person", None),
    "assessor_id": ("Person", None),
    "published_by": ("Person", None),
    "endpoint_id": ("Webhook", None),
    "alert_id": ("Alert", "unit_id"),
    "acknowledged_by": ("Person", None),
    "delivery_id": ("Delivery", None),
}
_TABLES = {
    "Unit": "unit",
    "Journey": "journey",
    "PainPoint": "pain_point",
    "Task": "task",
    "Assessment": "assessment",
    "Alert": "alert",
    "Rollout": "rollout",
}


def _found(kind: str, place: str, key: str, paths: str) -> str:
    """SQL: the viewer sees the thing with this key."""
    if kind == "Issue":
        return access.issue_seen(key, paths)
    sight: str = access.seen(f"named.{place}", paths)
    if kind == "Rollout":
        sight = access.rollout_seen("named.id", "named.unit_id", paths)
    if kind == "Assessment":
        # What was given back to its assessor is not the unit's to know of.
        sight = f"named.status = 'SUBMITTED' and {sight}"
    return f"exists (select from {_TABLES[kind]} named where named.id = {key} and {sight})"


def _shown_of(side: str) -> Callable[[Field], str]:
    """R12: what an event holds of before or after, under the API's names, without what the viewer may not know of.

    A unit's path names everything above it, a scope units that may lie elsewhere, the published results of a wave units
    everywhere, and how many points an issue got counts those of others. An id is a global id, where the viewer sees what it names.
    """

    def sql(field: Field) -> str:
        key = "(told.value #>> '{}')::uuid"
        counted = str(field.statement.everywhere).lower()
        seen = [
            f"when 'path' then false when 'unit_ids' then false when 'points' then {counted} when 'results' then {counted}"
        ]
        values = []
        for name, (kind, place) in _NAMED.items():
            values.append(f"when '{name}' then to_jsonb({ids.encoded_in_sql(kind, key)})")
            if place is None:
                seen.append(f"when '{name}' then true")
                continue
            found = _found(kind, place, key, field.statement.paths)
            seen.append(f"when '{name}' then told.value = 'null' or {found}")
        return f"""case when {field.t}.{side} is not null then (
            select coalesce(jsonb_object_agg(
                camel_case(told.key), case told.key {" ".join(values)} else camel_keys(told.value) end), '{{}}')
            from jsonb_each({field.t}.{side}::jsonb) told
            where case told.key {" ".join(seen)} else told.key not like '%\\_id' end) end"""

    return sql


@entity("event", everyone, "A change: who did what, when, and what it was before and after.")
class HistoryEntry:
    at: datetime = column("When.")
    kind: EventKind = column("What happened.")
    actor: Person | None = one(
        "{u}.id = {t}.actor_id", "Who did it; null for the service itself.", sees=everyone
    )
    before: JSON | None = expression(
        _shown_of("before"),
        "What changed, before: names of fields and their values; things by their global ids.",
    )
    after: JSON | None = expression(
        _shown_of("after"),
        "What changed, after: names of fields and their values; things by their global ids.",
    )


class HistoryOrder(Enum):
    OLDEST_FIRST = (Key("{u}.nth", "integer"),)
    NEWEST_FIRST = (Key("{u}.nth", "integer", descending=True),)


enum(HistoryOrder, "Order of a history.", OLDEST_FIRST="As it happened.", NEWEST_FIRST="The latest first.")


@strawberry.input(description="Which changes.")
class HistoryFilter:
    kinds: list[EventKind] | None = given("Of these kinds.")
    start: datetime | None = given("At this moment or later.", name="from")
    end: datetime | None = given("Before this moment.", name="to")

    def where(self, field: Field) -> list[str]:
        return [*any_of(field, self, kinds="{u}.kind"), *moments(field, "at", self.start, self.end)]


def history() -> Any:
    """Whoever sees a thing sees its history."""
    return page("{u}.subject_id = {t}.id", "What happened to it.", order=HistoryOrder, filters=HistoryFilter)
