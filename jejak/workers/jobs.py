"""The jobs: domain calls. Each may run twice, at once on several workers, or die half-way."""

import asyncio
from typing import Any

from jejak.channels import outbox
from jejak.domain import (
    alert,
    calendar,
    completion,
    holiday,
    housekeeping,
    rating_tally,
    recurrence,
    relay,
    reminder,
    replanning,
    report,
)
from jejak.workers import steps
from jejak.workers.steps import Step

SWEEP_SECONDS = 5
DELIVER_SECONDS = 20
ALERT_MINUTES = 5
_MINUTE = 60
_HOUR = 3600


def of_the_sweep() -> tuple[Step, ...]:
    """Finds what no wake-up announced; counts what customers have answered."""
    return (Step("relay", SWEEP_SECONDS, relay.drain), Step("ratings", SWEEP_SECONDS, rating_tally.keep_up))


def of_the_minute() -> tuple[Step, ...]:
    """What comes again; a full recomputation, which also sees due dates that passed; the day's snapshot; the ladder."""
    return (
        Step("recurrences", _MINUTE, recurrence.run),
        *of_the_sweep(),
        Step("completion", _MINUTE, completion.recompute_all),
        Step("snapshot", _MINUTE, completion.snapshot),
        Step("replanning", _MINUTE, replanning.run),
        Step("ladder", _MINUTE, reminder.run),
        Step("outbox", _MINUTE, outbox.make),
    )


def of_deliveries() -> tuple[Step, ...]:
    """Sends by e-mail and webhook what is due. By itself, since whom it waits for are strangers."""
    return (Step("deliveries", DELIVER_SECONDS, outbox.send),)


def of_alerts() -> tuple[Step, ...]:
    """What the rules of early warning watch changes by the day, or by some tasks."""
    return (Step("alerts", ALERT_MINUTES * _MINUTE, alert.run),)


def of_the_hour() -> tuple[Step, ...]:
    """Forgets what has served its time; calendars go on with the years; drafts of monthly reports."""
    return (
        Step("forgetting", _HOUR, housekeeping.forget_old),
        Step("holidays", _HOUR, holiday.seed),
        Step("calendars", _HOUR, calendar.keep_up),
        Step("reports", _HOUR, report.run),
    )


def every_step() -> dict[str, int]:
    """The name of each, and its seconds between two runs."""
    return {
        step.name: step.every for step in (*of_the_minute(), *of_deliveries(), *of_alerts(), *of_the_hour())
    }


async def wake(ctx: dict[Any, Any]) -> None:
    """Carries committed events on, after a commit. Nothing is noted of it: it may come as often as commits do."""
    await relay.drain()


async def sweep(ctx: dict[Any, Any]) -> None:
    await steps.run(of_the_sweep())


async def minute(ctx: dict[Any, Any]) -> None:
    await steps.run(of_the_minute())


async def deliver(ctx: dict[Any, Any]) -> None:
    """One at a time on a worker: strangers who are slow must not take up the places of all other jobs."""
    sending: asyncio.Lock = ctx["sending"]
    if sending.locked():
        return
    async with sending:
        await steps.run(of_deliveries())


async def alerts(ctx: dict[Any, Any]) -> None:
    await steps.run(of_alerts())


async def hour(ctx: dict[Any, Any]) -> None:
    await steps.run(of_the_hour())
