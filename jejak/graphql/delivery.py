"""R6 in the API: what was sent to whom, with every attempt; the dead-letter list is that of the dead."""

from datetime import datetime
from enum import Enum

import strawberry

from jejak.domain import access, delivery_rules
from jejak.domain.access import Right, Sight
from jejak.graphql.channel import Webhook
from jejak.graphql.filters import any_of, given, is_it, is_key, moments
from jejak.graphql.node import Node, global_id
from jejak.graphql.person import Person
from jejak.graphql.reading import Field, Key, Statement, column, entity, everyone, expression, many, one
from jejak.graphql.vocabulary import Channel, DeliveryState, Outcome, enum


def _seen(statement: Statement, alias: str) -> Sight:
    return access.delivery_seen(
        f"{alias}.person_id",
        statement.person,
        statement.of_viewer(lambda viewer: viewer.integration, "boolean"),
        statement.of_viewer(lambda viewer: access.at_headquarters(viewer, Right.PEOPLE), "boolean"),
    )


def _answer(field: Field) -> str:
    own = f"exists (select from delivery d where d.id = {field.t}.delivery_id and d.person_id = {field.statement.person})"
    return f"case when {own} then {field.t}.answer end"


# Enough to tell two apart by, not enough to write to.
_MASKED = """
    case {t}.channel
        when 'EMAIL' then (select regexp_replace(p.email, '^(.).*(@.*)$', '\\1***\\2') from person p where p.id = {t}.person_id)
        else (select regexp_replace(e.url, '^([a-z]+://[^/]+).*$', '\\1/***') from webhook_endpoint e where e.id = {t}.endpoint_id)
    end
"""


@entity("delivery_attempt", everyone, "One attempt at a delivery.")
class DeliveryAttempt:
    nth: int = column("1 for the first.")
    at: datetime = column("When it ended.")
    milliseconds: int = column("How long it took.")
    outcome: Outcome = column("How it went.")
    said: str = column("What the receiver's server said, in one line, or what went wrong.")
    answer: str | None = expression(
        _answer, "The beginning of what a webhook's receiver answered; for whose delivery it is, else null."
    )


@entity(
    "delivery",
    _seen,
    "What one person was sent at once by one channel. Whose it is sees it, and who is ADMIN at headquarters.",
)
class Delivery(Node):
    id: strawberry.ID = global_id("Delivery")
    reference: str = expression(
        "{t}.id::text", "What the receiver knows it by on every attempt: `webhook-id`, and in `Message-ID`."
    )
    person: Person = one("{u}.id = {t}.person_id", "For whom it is.", sees=everyone)
    channel: Channel = column("By which channel.")
    address: str = expression(_MASKED, "Where it goes, masked.")
    webhook: Webhook | None = one(
        "{u}.id = {t}.endpoint_id", "To which webhook; null for e-mail, and for others than whose it is."
    )
    test: bool = column("Whether it only tries the channel.")
    state: DeliveryState = column("What became of it.")
    notices: int = expression(
        "(select count(*) from delivery_notice n where n.delivery_id = {t}.id)",
        "How many notices were bundled.",
    )
    attempts_left: int = expression(
        f"case {{t}}.state when 'PENDING' then greatest({delivery_rules.MOST_ATTEMPTS} - {{t}}.attempts, 0) else 0 end",
        "How often it is still tried; those that found the channel out of reach do not count.",
    )
    next_attempt_at: datetime | None = expression(
        "case when {t}.state = 'PENDING' then {t}.next_attempt_at end",
        "Not before when it is tried next; null where it is not.",
    )
    created_at: datetime = column("When it was made.")
    settled_at: datetime | None = column("When it ended, well or not.")
    attempts: list[DeliveryAttempt] = many(
        "{u}.delivery_id = {t}.id", "{u}.nth", "Every attempt, the first one first."
    )


class DeliveryOrder(Enum):
    NEWEST_FIRST = (
        Key("{u}.created_at", "timestamptz", descending=True),
        Key("{u}.id", "uuid", descending=True),
    )
    OLDEST_FIRST = (Key("{u}.created_at", "timestamptz"), Key("{u}.id", "uuid"))


enum(DeliveryOrder, "Order of deliveries.", NEWEST_FIRST="Latest first.", OLDEST_FIRST="Earliest first.")


@strawberry.input(description="Which deliveries.")
class DeliveryFilter:
    states: list[DeliveryState] | None = given("In these states; `[DEAD]` is the dead-letter list.")
    channels: list[Channel] | None = given("By these channels.")
    mine: bool | None = given("Only those that are (or are not) for the viewer.")
    person_id: strawberry.ID | None = given("For this person.")
    webhook_id: strawberry.ID | None = given("To this webhook of the viewer's.")
    created_from: datetime | None = given("Made at this moment or later.")
    created_to: datetime | None = given("Made before this moment.")

    def where(self, field: Field) -> list[str]:
        webhook = is_key(field, "endpoint_id", "Webhook", self.webhook_id, name="webhook_id")
        own = [f"{field.u}.person_id = {field.statement.person}"] if webhook else []
        return [
            *any_of(field, self, states="{u}.state", channels="{u}.channel"),
            *is_it(lambda: f"{field.u}.person_id = {field.statement.person}", wanted=self.mine),
            *is_key(field, "person_id", "Person", self.person_id),
            *webhook,
            *own,
            *moments(field, "created_at", self.created_from, self.created_to),
        ]
