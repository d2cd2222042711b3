"""How the service itself is, for headquarters."""

from datetime import datetime
from typing import Any

from jejak.domain import access, channel
from jejak.domain import operations as known
from jejak.domain.access import Right, Sight
from jejak.domain.migrations import run
from jejak.graphql.context import Context
from jejak.graphql.reading import Field, Statement, column, entity, everyone, expression, many, one
from jejak.graphql.vocabulary import Channel, ChannelCondition, Trouble


def _seen(statement: Statement, _alias: str) -> Sight:
    paths = statement.of_viewer(lambda viewer: access.paths_with(viewer, Right.OPERATE), "text[]")
    return access.operated(paths)


@entity(
    "worker",
    everyone,
    "A worker process. One that ends takes its line away; one that is killed leaves it for an hour.",
)
class Worker:
    host: str = column("The machine that it runs on.")
    pid: int = column("Its process id there.")
    version: str = column("Its version of Jejak.")
    started_at: datetime = column("When it began.")
    seen_at: datetime = column("When it last told that it lives, as it does every five seconds.")
    alive: bool = expression("{t}.alive", "Whether it has told so within half a minute.")


@entity("job_run", everyone, "A step that the workers run by the clock, and what became of its last run.")
class WorkStep:
    name: str = column("Its name.")
    every_seconds: int = column("How many seconds lie between two runs.")
    started_at: datetime | None = column("When it was last begun; null where it never was.")
    ended_at: datetime | None = column("When a run of it last ended, well or not; null where none has.")
    succeeded_at: datetime | None = column("When a run of it last ended well; null where none has.")
    milliseconds: int | None = column("How long the run took that ended last.")
    running: bool = expression(
        "{t}.running", "Whether its last run has begun and not yet ended; or it died half-way."
    )
    late: bool = expression(
        "{t}.late", "Whether no run has ended well for twice `everySeconds`, and a minute."
    )
    failures: int = column(
        "How many runs have failed, one after the other, up to the last; 0 where that was well."
    )
    error: str | None = expression(
        "split_part({t}.error, ':', 1)",
        "What kind of error the last run ended with; `jejak status` tells more. Null where it was well.",
    )


@entity(
    "channel_state",
    everyone,
    "How a way out of the house is for everybody: e-mail, and each webhook that was out of reach.",
)
class ChannelState:
    channel: Channel = column("Which channel.")
    state: ChannelCondition = column("How it is.")
    since: datetime = column("Since when.")
    until: datetime | None = column("When it is looked for again; null where it is not paused.")
    waiting: int = expression("{t}.waiting", "Deliveries that are still to go out by it.")


@entity("job_run", _seen, "How the service itself is. For who has the right `OPERATE` at headquarters.")
class Operations:
    troubles: list[Trouble] = expression(
        "array_to_json({t}.troubles)", "What keeps the service from being well; empty where it is."
    )
    pending_events: int = expression("{t}.pending", "Things that have happened and wait for a worker.")
    oldest_pending_at: datetime | None = expression(
        "{t}.oldest_pending_at", "When the oldest of them happened; null where there is none."
    )
    first_event_at: datetime | None = expression(
        "{t}.first_event_at", "When the first thing happened that history knows of."
    )
    queue_length: int | None = expression(
        "{t}.queue",
        "Jobs that wait for a worker, those of the clock among them; null where Valkey is out of reach.",
    )
    postgresql: str = expression("{t}.postgresql", "The version of the database's server.")
    database_megabytes: int = expression("{t}.megabytes", "How large the database is.")
    missing_migrations: list[str] = expression(
        "array_to_json({t}.missing_migrations)", "Migrations of this version that the database lacks."
    )
    deliveries_waiting: int = expression("{t}.deliveries_waiting", "Deliveries that are still to go out.")
    deliveries_due: int = expression(
        "{t}.deliveries_due",
        "Those of them whose next attempt is due, at work or where the channel is in reach again.",
    )
    deliveries_dead: int = expression(
        "{t}.deliveries_dead", "Deliveries that were given up; `deliveries` lists them by their state."
    )
    channels: list[ChannelState] = many(
        "true",
        "{u}.channel, {u}.state desc, {u}.since, {u}.id",
        "E-mail, where a worker was ever started, and webhooks that were out of reach. Why: `jejak status` tells.",
        rows=lambda _: channel.conditions(),
    )
    workers: list[Worker] = many(
        "true",
        "{u}.started_at, {u}.id",
        "The worker processes, the oldest first.",
        rows=lambda field: known.workers(now=field.statement.now),
    )
    steps: list[WorkStep] = many(
        "true",
        "{u}.name",
        "What the workers run by the clock.",
        rows=lambda field: known.steps(now=field.statement.now),
    )


def _rows(field: Field) -> str:
    statement = field.statement
    queue = statement.param(statement.outside, "integer")
    migrations = statement.param(run.known(), "text[]")
    return known.facts(now=field.statement.now, queue=queue, migrations=migrations)


async def _queue_length(context: Context) -> int | None:
    return await context.queue_length()


def operations() -> Any:
    return one(
        "true",
        "How the service itself is; null for whoever does not look after it at headquarters.",
        rows=_rows,
        outside=_queue_length,
    )
