"""The jobs: one domain call each. Each may run twice, at once on several workers, or die half-way."""

from typing import Any

from jejak.domain import completion, reminder
from jejak.domain import relay as events


async def relay(ctx: dict[Any, Any]) -> int:
    """Carries committed events on; woken after a commit, and by the sweep."""
    return await events.drain()


async def sweep(ctx: dict[Any, Any]) -> int:
    """Finds what no wake-up announced."""
    return await events.drain()


async def minute(ctx: dict[Any, Any]) -> None:
    """The ladder, the day's snapshot, and a full recomputation, which also sees due dates that passed."""
    await events.drain()
    await completion.recompute_all()
    await completion.snapshot()
    await reminder.run()
