"""Journeys and their stages."""

from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from jejak.graphql.event import HistoryEntry, history
from jejak.graphql.filters import any_of, between, given, holds, is_key, under, where_any
from jejak.graphql.node import Node, global_id
from jejak.graphql.person import Person
from jejak.graphql.reading import (
    Connection,
    Field,
    Key,
    column,
    entity,
    everyone,
    expression,
    many,
    one,
    within,
)
from jejak.graphql.sla import StageSla, stage_sla_of_journey
from jejak.graphql.vocabulary import Category, JourneyStatus, Service, Touchpoint, enum

if TYPE_CHECKING:
    from jejak.graphql.assessment import Assessment
    from jejak.graphql.pain_point import PainPoint
    from jejak.graphql.unit import Unit


@entity("stage", everyone, "An ordered part of a journey.")
class Stage:
    position: int = column("1, 2, 3 ...")
    name: str = column("What happens here.")
    touchpoint: Touchpoint = column("Where the customer met PLN.")
    emotion: int = column("How it felt, -2 to +2.")
    customer_did: str = column("What the customer did.")
    customer_said: str = column("What the customer said.")
    target_minutes: int | None = column("How long it should take.")
    actual_minutes: int | None = column("How long it took.")
    inside_sla: bool | None = expression(
        "({t}.actual_minutes <= {t}.target_minutes)",
        "Whether it took no longer than it should; null where one is unknown.",
    )
    pain_points: list[Annotated["PainPoint", strawberry.lazy("jejak.graphql.pain_point")]] = many(
        "{u}.stage_id = {t}.id", "{u}.severity * {u}.reach desc, {u}.id", "What hurt here, the worst first."
    )


@entity(
    "journey", within("unit_id", region="region_id"), "A captured path of a customer through one service."
)
class Journey(Node):
    id: strawberry.ID = global_id("Journey")
    unit: Annotated["Unit", strawberry.lazy("jejak.graphql.unit")] = one(
        "{u}.id = {t}.unit_id", "Which unit it happened at."
    )
    service: Service = column("Which service.")
    title: str = column("In a few words.")
    narrative: str = column("In whole.")
    occurred_on: date = column("The day it happened, in the unit's zone.")
    status: JourneyStatus = column("Where it stands.")
    return_reason: str | None = column("Why it was returned.")
    captured_by: Person = one("{u}.id = {t}.captured_by", "Who captured it.", sees=everyone)
    version: int = column("To be named as `expectedVersion` by the next change.")
    created_at: datetime = column("When it was captured.")
    updated_at: datetime = column("When it was last changed.")
    stages: list[Stage] = many("{u}.journey_id = {t}.id", "{u}.position", "Its parts, in order.")
    stage_sla: StageSla = stage_sla_of_journey()
    recaptures: Annotated["Journey", strawberry.lazy("jejak.graphql.journey")] | None = one(
        "{u}.id = {t}.recaptures_id", "The earlier journey that this one is the after-picture of."
    )
    recaptured_by: list[Annotated["Journey", strawberry.lazy("jejak.graphql.journey")]] = many(
        "{u}.recaptures_id = {t}.id", "{u}.created_at, {u}.id", "Later captures of the same path."
    )
    assessment: Annotated["Assessment", strawberry.lazy("jejak.graphql.assessment")] | None = one(
        "{u}.id = {t}.assessment_id", "The assessment whose findings it holds."
    )
    history: Connection[HistoryEntry] = history()


class JourneyOrder(Enum):
    NEWEST_FIRST = (
        Key("{u}.created_at", "timestamptz", descending=True),
        Key("{u}.id", "uuid", descending=True),
    )
    OLDEST_FIRST = (Key("{u}.created_at", "timestamptz"), Key("{u}.id", "uuid"))


enum(
    JourneyOrder,
    "Order of journeys.",
    NEWEST_FIRST="Latest capture first.",
    OLDEST_FIRST="Earliest capture first.",
)


@strawberry.input(description="Which journeys.")
class JourneyFilter:
    unit_id: strawberry.ID | None = given("Of this unit and everything below it.")
    services: list[Service] | None = given("Of these services.")
    statuses: list[JourneyStatus] | None = given("In these states.")
    categories: list[Category] | None = given("With a pain point in one of these categories.")
    touchpoints: list[Touchpoint] | None = given("With a stage at one of these touchpoints.")
    captured_by_id: strawberry.ID | None = given("Captured by this person.")
    occurred_from: date | None = given("Which happened on this day or later.")
    occurred_to: date | None = given("Which happened on this day or earlier.")
    text: str | None = given("Whose title or narrative holds this.")

    def where(self, field: Field) -> list[str]:
        return [
            *under(field, "unit_id", self.unit_id),
            *any_of(field, self, services="{u}.service", statuses="{u}.status"),
            *where_any(
                f"pain_point p where p.journey_id = {field.u}.id",
                any_of(field, self, categories="p.category"),
            ),
            *where_any(
                f"stage s where s.journey_id = {field.u}.id", any_of(field, self, touchpoints="s.touchpoint")
            ),
            *is_key(field, "captured_by", "Person", self.captured_by_id, name="captured_by_id"),
            *between(field, "occurred_on", self.occurred_from, self.occurred_to),
            *holds(field, ("title", "narrative"), self.text),
        ]
