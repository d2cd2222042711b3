"""R8 in the API: what single customers answered, and where the figures of them all begin."""

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from jejak.domain import access
from jejak.domain.access import Right, Sight
from jejak.graphql.filters import any_of, given, holds, is_it, moments, under
from jejak.graphql.kpi_target import KpiTarget, targets
from jejak.graphql.node import Node, global_id
from jejak.graphql.rating_metric import (
    RatingFigures,
    Staff,
    StaffFigures,
    metrics_of_a_unit,
    staff_metrics,
    staff_of_a_rating,
)
from jejak.graphql.rating_vocabulary import RatingAspect, RatingChannel
from jejak.graphql.reading import Connection, Field, Key, Statement, column, entity, expression, one, page
from jejak.graphql.vocabulary import Service, enum

if TYPE_CHECKING:
    from jejak.graphql.unit import Unit


def _seen(statement: Statement, alias: str) -> Sight:
    reads = statement.of_viewer(lambda viewer: access.paths_with(viewer, Right.ANSWERS), "text[]")
    return access.answers_seen(f"{alias}.unit_id", reads)


@entity("rating", _seen, "What one customer answered; for who is MANAGER there or above, and PROGRAMME.")
class Rating(Node):
    id: strawberry.ID = global_id("Rating")
    service: Service = column("About which service.")
    feature: str | None = expression("nullif({t}.feature, '')", "About which feature of it.")
    channel: RatingChannel = column("Where the customer was asked.")
    csat: int | None = column("How satisfied they are, 1 to 5.")
    overall: int | None = column("How they find it overall, 1 to 5.")
    ces: int | None = column("How easy it was, 1 to 7.")
    nps: int | None = column("How likely they recommend PLN, 0 to 10.")
    aspects: list[RatingAspect] = column("What they found good.")
    comment: str | None = column("In their words.")
    answered_at: datetime = column("When they answered.")
    received_at: datetime = column("When it was brought in.")
    source: str = column("From which system.")
    unit: Annotated["Unit", strawberry.lazy("jejak.graphql.unit")] = one(
        "{u}.id = {t}.unit_id", "Which unit they met."
    )
    staff: Staff | None = staff_of_a_rating()


class RatingOrder(Enum):
    NEWEST_FIRST = (
        Key("{u}.answered_at", "timestamptz", descending=True),
        Key("{u}.id", "uuid", descending=True),
    )
    OLDEST_FIRST = (Key("{u}.answered_at", "timestamptz"), Key("{u}.id", "uuid"))


enum(
    RatingOrder,
    "Order of ratings.",
    NEWEST_FIRST="The latest answer first.",
    OLDEST_FIRST="The earliest answer first.",
)


@strawberry.input(description="Which ratings.")
class RatingFilter:
    unit_id: strawberry.ID | None = given("Of this unit and everything below it.")
    services: list[Service] | None = given("About these services.")
    channels: list[RatingChannel] | None = given("Asked by these channels.")
    answered_from: datetime | None = given("Answered at this moment or later.")
    answered_to: datetime | None = given("Answered before this moment.")
    csat_at_most: int | None = given("Whose CSAT is this or lower.")
    nps_at_most: int | None = given("Whose NPS score is this or lower.")
    commented: bool | None = given("Only those with (or without) a comment.")
    text: str | None = given("Whose comment holds this.")

    def where(self, field: Field) -> list[str]:
        return [
            *under(field, "unit_id", self.unit_id),
            *any_of(field, self, services="{u}.service", channels="{u}.channel"),
            *moments(field, "answered_at", self.answered_from, self.answered_to),
            *(
                f"{field.u}.{name} <= {field.statement.param(most, 'integer')}"
                for name, most in (("csat", self.csat_at_most), ("nps", self.nps_at_most))
                if most is not None
            ),
            *is_it(f"{field.u}.comment is not null", wanted=self.commented),
            *holds(field, ("comment",), self.text),
        ]


@strawberry.type
class Ratings:
    ratings: Connection[Rating] = page(
        "true",
        "What customers answered, one by one: at the units where the viewer is MANAGER, or everywhere for PROGRAMME, and below.",
        order=RatingOrder,
        filters=RatingFilter,
    )
    rating_metrics: list[RatingFigures] = metrics_of_a_unit()
    staff_metrics: list[StaffFigures] = staff_metrics()
    kpi_targets: list[KpiTarget] = targets()
