"""The jobs: domain calls. Each may run twice, at once on several workers, or die half-way."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from jejak.channels import outbox
from jejak.domain import completion, housekeeping, recurrence, relay, reminder

Step = Callable[[], Awaitable[Any]]


async def carry_on(ctx: dict[Any, Any]) -> None:
    """Carries committed events on: woken after a commit, and by the sweep for what no wake-up announced."""
    await relay.drain()


async def minute(ctx: dict[Any, Any]) -> None:
    """What comes again; a full recomputation, which also sees due dates that passed; the day's snapshot; the ladder."""
    await _each(
        (
            recurrence.run,
            relay.drain,
            completion.recompute_all,
            completion.snapshot,
            reminder.run,
            outbox.make,
        )
    )


async def deliver(ctx: dict[Any, Any]) -> None:
    """Sends by e-mail and webhook what is due. By itself, since whom it waits for are strangers."""
    await outbox.send()


async def hour(ctx: dict[Any, Any]) -> None:
    """Forgets what has served its time."""
    await housekeeping.forget_old()


async def _each(steps: Sequence[Step]) -> None:
    """One step's failure does not keep the others from running."""
    failures: list[Exception] = []
    for step in steps:
        try:
            await step()
        except Exception as failure:  # noqa: BLE001 -- told below, with the others
            failures.append(failure)
    if failures:
        raise ExceptionGroup("some steps failed", failures)
