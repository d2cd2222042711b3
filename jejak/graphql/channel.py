"""R6 in the API: a person's channels, webhooks and calendar link."""

from datetime import datetime
from typing import Any

import strawberry

from jejak.domain.delivery_rules import CEILING
from jejak.graphql.node import Node, global_id
from jejak.graphql.reading import Field, column, entity, expression, many, one
from jejak.graphql.session import account
from jejak.graphql.vocabulary import Channel, ChannelCondition


def _choices(field: Field) -> str:
    """A row for each channel, be anything chosen or not."""
    viewer = field.statement.person
    return f"""(
        select {viewer} as person_id, ways.channel, ways.nth, coalesce(c.enabled, true) as enabled,
            coalesce(c.ceiling, {CEILING})::integer as ceiling, coalesce(s.state, ways.otherwise) as state
        from (values ('EMAIL', 1, 'OFF'), ('WEBHOOK', 2, 'OPEN')) ways (channel, nth, otherwise)
        left join channel_choice c on c.person_id = {viewer} and c.channel = ways.channel
        left join channel_state s on s.channel = ways.channel and s.endpoint_id is null
    )"""


@entity(
    "channel_choice",
    lambda statement, alias: account(statement, f"{alias}.person_id"),
    "How a channel speaks to the viewer.",
)
class NotificationPreference:
    channel: Channel = column("Which channel.")
    enabled: bool = column("Whether anything is sent by it.")
    ceiling: int = column(
        "How many deliveries a day it sends at most; what comes meanwhile waits for the next."
    )
    state: ChannelCondition = column("How the channel is for everybody; each webhook has a state of its own.")


def preferences() -> Any:
    return many("true", "{u}.nth", "How each channel speaks to the viewer.", rows=_choices)


def _of_state(column_: str, otherwise: str) -> str:
    return f"coalesce((select s.{column_} from channel_state s where s.endpoint_id = {{t}}.id), {otherwise})"


@entity(
    "webhook_endpoint",
    lambda statement, alias: account(statement, f"{alias}.person_id"),
    "Where the viewer's digests are posted, signed by Standard Webhooks. Nobody else sees it.",
)
class Webhook(Node):
    id: strawberry.ID = global_id("Webhook")
    url: str = column("The address.")
    created_at: datetime = column("When it was registered.")
    rotated_at: datetime | None = column("When it got its present secret; null while it has its first.")
    previous_secret_until: datetime | None = expression(
        lambda field: (
            f"case when {field.t}.previous_until > {field.statement.now} then {field.t}.previous_until end"
        ),
        "Until when deliveries are signed by the secret before as well; null where they are not.",
    )
    removed_at: datetime | None = column("When it was removed; null while it is not.")
    state: ChannelCondition = expression(_of_state("state", "'OPEN'"), "Whether it is in reach.")
    paused_until: datetime | None = expression(
        _of_state("until", "null"), "When it is looked for again; null while it is in reach."
    )
    paused_because: str | None = expression(
        _of_state("reason", "''").join(("nullif(", ", '')")), "Why it is out of reach; null while it is not."
    )


@entity(
    "calendar_feed",
    lambda statement, alias: account(statement, f"{alias}.person_id"),
    "A secret link by which the viewer's calendar program reads the due dates of their tasks.",
)
class CalendarFeed(Node):
    id: strawberry.ID = global_id("CalendarFeed")
    created_at: datetime = column("When it was made.")
    last_used_at: datetime | None = expression(
        "{t}.used_at", "When it was last read, to a quarter of an hour; null where it never was."
    )
    revoked_at: datetime | None = column("When it was ended; null while it holds.")


def webhooks() -> Any:
    return many(
        "{u}.person_id = {t}.id and {u}.removed_at is null",
        "{u}.created_at, {u}.id",
        "Where their digests are posted; for a program with an API token empty.",
    )


def calendar_feed() -> Any:
    return one(
        "{u}.person_id = {t}.id and {u}.revoked_at is null",
        "Their calendar link, if there is one that holds.",
    )
