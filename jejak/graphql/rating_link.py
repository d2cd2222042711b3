"""R8 in the API: the links by which anybody answers."""

from datetime import datetime
from enum import Enum

import strawberry

from jejak.domain import rating_link
from jejak.graphql.event import HistoryEntry, history
from jejak.graphql.filters import any_of, given, is_it, under
from jejak.graphql.node import Node, global_id
from jejak.graphql.person import Person
from jejak.graphql.rating_vocabulary import RatingChannel
from jejak.graphql.reading import (
    Connection,
    Field,
    Key,
    column,
    entity,
    everyone,
    expression,
    one,
    page,
    within,
)
from jejak.graphql.unit import Unit
from jejak.graphql.vocabulary import Service, enum

PATH = "After the service's own address; whoever opens it is asked, in Indonesian or English."


def _active(link: str, now: str) -> str:
    return f"({link}.revoked_at is null and {link}.expires_at > {now})"


@entity(
    "rating_link",
    within("unit_id"),
    "A link by which anybody answers, as in the bio of an account, in the app or on a poster.",
)
class RatingLink(Node):
    id: strawberry.ID = global_id("RatingLink")
    name: str = column("Where it stands.")
    service: Service = column("About which service.")
    feature: str | None = expression("nullif({t}.feature, '')", "About which feature of it.")
    channel: RatingChannel = column("Where customers are asked.")
    path: str = expression(f"'{rating_link.PATH}' || {{t}}.token", PATH)
    answered: int = column("How many answers came by it.")
    active: bool = expression(
        lambda field: _active(field.t, field.statement.now), "Whether it can be answered by."
    )
    created_at: datetime = column("When it was made.")
    expires_at: datetime = column("When it ends.")
    revoked_at: datetime | None = column("When it was ended before; null where it was not.")
    unit: Unit = one("{u}.id = {t}.unit_id", "Which unit is rated.")
    created_by: Person = one("{u}.id = {t}.created_by", "Who made it.", sees=everyone)
    history: Connection[HistoryEntry] = history()


class RatingLinkOrder(Enum):
    NEWEST_FIRST = (
        Key("{u}.created_at", "timestamptz", descending=True),
        Key("{u}.id", "uuid", descending=True),
    )
    OLDEST_FIRST = (Key("{u}.created_at", "timestamptz"), Key("{u}.id", "uuid"))


enum(
    RatingLinkOrder,
    "Order of rating links.",
    NEWEST_FIRST="The latest first.",
    OLDEST_FIRST="The earliest first.",
)


@strawberry.input(description="Which rating links.")
class RatingLinkFilter:
    unit_id: strawberry.ID | None = given("Of this unit and everything below it.")
    services: list[Service] | None = given("About these services.")
    channels: list[RatingChannel] | None = given("Asked by these channels.")
    active: bool | None = given("Only those that can (or cannot) be answered by.")

    def where(self, field: Field) -> list[str]:
        return [
            *under(field, "unit_id", self.unit_id),
            *any_of(field, self, services="{u}.service", channels="{u}.channel"),
            *is_it(lambda: _active(field.u, field.statement.now), wanted=self.active),
        ]


@strawberry.type
class RatingLinks:
    rating_links: Connection[RatingLink] = page(
        "true",
        "Links by which anybody answers, of units that the viewer sees.",
        order=RatingLinkOrder,
        filters=RatingLinkFilter,
    )
