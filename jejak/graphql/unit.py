"""Units of the organisation."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from jejak.graphql.completion import Completion, completion_here
from jejak.graphql.event import HistoryEntry, history
from jejak.graphql.filters import any_of, given, holds, under
from jejak.graphql.node import Node, global_id
from jejak.graphql.person import Membership, MembershipOrder, Person
from jejak.graphql.reading import Connection, Field, Key, Statement, column, entity, many, one, page, within
from jejak.graphql.vocabulary import UnitKind, enum


def _path_in_sight(statement: Statement, u: str) -> str:
    """The path from the viewer's own unit down: what lies above it is not for them."""
    above = "length(regexp_replace(root, '[^/]+/$', ''))"
    roots = f"from unnest({statement.paths}) root where {u}.path ^@ root order by length(root) limit 1"
    return f"(select substr({u}.path, {above} + 1) {roots})"


class UnitOrder(Enum):
    BY_TREE = (Key(_path_in_sight, "text"), Key("{u}.id", "uuid"))
    BY_NAME = (Key("{u}.name", "text"), Key("{u}.id", "uuid"))


enum(UnitOrder, "Order of units.", BY_TREE="Each unit before those below it.", BY_NAME="By name.")


@strawberry.input(description="Which units.")
class UnitFilter:
    under_id: strawberry.ID | None = given("This unit and everything below it.")
    kinds: list[UnitKind] | None = given("Of these kinds.")
    closed: bool | None = given("Only those that are (or are not) closed.")
    text: str | None = given("Whose code or name holds this.")

    def where(self, field: Field) -> list[str]:
        conditions = [
            *under(field, "id", self.under_id, "under_id"),
            *any_of(field, self, kinds="{u}.kind"),
            *holds(field, ("code", "name"), self.text),
        ]
        if self.closed is not None:
            conditions.append(f"{field.u}.closed_at is {'not ' if self.closed else ''}null")
        return conditions


@entity("unit", within("id"), "A node of the organisation: headquarters, region, UP3 or ULP.")
class Unit(Node):
    id: strawberry.ID = global_id("Unit")
    code: str = column("Short, unique, for ever the same.")
    name: str = column("Name.")
    kind: UnitKind = column("Kind.")
    timezone: str = column("IANA zone, as `Asia/Jakarta`.")
    closed_at: datetime | None = column("When it was closed; null while it is open.")
    version: int = column("To be named as `expectedVersion` by the next change.")
    parent: Annotated["Unit", strawberry.lazy("jejak.graphql.unit")] | None = one(
        "{u}.id = {t}.parent_id", "The unit above; null where the viewer does not see it."
    )
    children: Connection[Annotated["Unit", strawberry.lazy("jejak.graphql.unit")]] = page(
        "{u}.parent_id = {t}.id", "The units directly below.", order=UnitOrder, filters=UnitFilter
    )
    rangers: list[Person] = many(
        "exists (select from membership m where m.person_id = {u}.id and m.unit_id = {t}.id and m.ranger and m.revoked_at is null)",
        "{u}.name, {u}.id",
        "Its PIC Rangers.",
    )
    memberships: Connection[Membership] = page(
        "{u}.unit_id = {t}.id and {u}.revoked_at is null", "Who has a role here.", order=MembershipOrder
    )
    completion: Completion = completion_here("How far the whole programme has come here and below.")
    history: Connection[HistoryEntry] = history()
