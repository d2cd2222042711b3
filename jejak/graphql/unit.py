"""Units of the organisation."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from jejak.graphql.calendar import Calendar, calendar
from jejak.graphql.completion import Completion, completion_here
from jejak.graphql.event import HistoryEntry, history
from jejak.graphql.filters import any_of, given, holds, is_it, under
from jejak.graphql.journey import Journey, JourneyFilter, JourneyOrder
from jejak.graphql.league import LeagueEntry, league
from jejak.graphql.node import Node, global_id
from jejak.graphql.pain_point import PainPoint, PainPointFilter, PainPointOrder
from jejak.graphql.person import Membership, MembershipFilter, MembershipOrder, Person
from jejak.graphql.rating_metric import RatingFigures, metrics_here
from jejak.graphql.reading import Connection, Field, Key, Statement, column, entity, many, one, page, within
from jejak.graphql.reminder import ReminderRules, rules_here
from jejak.graphql.sla import StageSla, stage_sla_of_unit
from jejak.graphql.task import Task, TaskFilter, TaskOrder
from jejak.graphql.vocabulary import UnitKind, enum

# What is asked for a unit covers its whole subtree (R1).
_HERE_AND_BELOW = "{u}.unit_id in (select below.id from unit below where below.path ^@ {t}.path)"


def _path_in_sight(statement: Statement, u: str) -> str:
    """The path from the viewer's own unit down: what lies above it is not for them."""
    above = "length(regexp_replace(root, '[^/]+/$', ''))"
    roots = f"from unnest({statement.roots}) root where {u}.path ^@ root order by length(root) limit 1"
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
    has_ranger: bool | None = given("Only those that have (or do not have) a PIC Ranger.")
    text: str | None = given("Whose code or name holds this.")

    def where(self, field: Field) -> list[str]:
        return [
            *under(field, "id", self.under_id, "filter", "under_id"),
            *any_of(field, self, kinds="{u}.kind"),
            *is_it(f"{field.u}.closed_at is not null", wanted=self.closed),
            *is_it(
                f"exists (select from membership m where m.unit_id = {field.u}.id and m.ranger and m.revoked_at is null)",
                wanted=self.has_ranger,
            ),
            *holds(field, ("code", "name"), self.text),
        ]


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
        "{u}.unit_id = {t}.id and {u}.revoked_at is null",
        "Who has a role here.",
        order=MembershipOrder,
        filters=MembershipFilter,
    )
    journeys: Connection[Journey] = page(
        _HERE_AND_BELOW, "Journeys here and below.", order=JourneyOrder, filters=JourneyFilter
    )
    pain_points: Connection[PainPoint] = page(
        _HERE_AND_BELOW, "Pain points here and below.", order=PainPointOrder, filters=PainPointFilter
    )
    tasks: Connection[Task] = page(
        _HERE_AND_BELOW, "Tasks here and below.", order=TaskOrder, filters=TaskFilter
    )
    completion: Completion = completion_here("How far the whole programme has come here and below.")
    league: list[LeagueEntry] = league()
    reminder_rules: ReminderRules = rules_here()
    calendar: Calendar | None = calendar()
    stage_sla: StageSla = stage_sla_of_unit()
    rating_metrics: list[RatingFigures] = metrics_here()
    history: Connection[HistoryEntry] = history()
