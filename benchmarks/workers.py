"""`make bench-workers`: the workers' jobs beside the bare statements that do the same, on servers of its own."""

import asyncio
import contextlib
import tempfile
from datetime import datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.table import Table

from benchmarks import completion, digests, ladder, organisation, rollouts
from benchmarks.measure import Result, peak
from jejak import running
from jejak.domain import calendar, clock, programme, working_time
from jejak.settings import Settings

PARTS = ("rollout", "completion", "digests", "ladder")
FEWER = 120_000  # open tasks, under all but the ladder: as many as the organisation is to have


@click.command()
@click.option("--tasks", default=1_200_000, show_default=True, help="Open tasks under the ladder.")
@click.option("--digests", "mails", default=10_000, show_default=True, help="Digests to send.")
@click.option("--rounds", default=3, show_default=True, help="Runs of each contender.")
@click.option("--only", type=click.Choice(PARTS), multiple=True, help="Not all of them.")
def main(tasks: int, mails: int, rounds: int, only: tuple[str, ...]) -> None:
    """Prints, for each job, both medians, their ratio and the memory; ends well whatever they are."""
    asyncio.run(_run(tasks, mails, rounds, only))


async def _run(tasks: int, mails: int, rounds: int, only: tuple[str, ...]) -> None:
    console = Console()
    results: list[Result] = []
    async with contextlib.AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="jejak-bench-"))
        servers = await stack.enter_async_context(
            running.servers(Settings(), Path(folder), alone=True, valkey=False)
        )
        await stack.enter_async_context(running.database(servers.database_url))
        await running.prepare("bench@pln.example")
        await _to_a_working_morning()
        await organisation.build()
        await organisation.give_tasks(min(tasks, FEWER), ladder.DUE_WITHIN)
        for name in PARTS:
            if not only or name in only:
                with console.status(f"{name} ..."):
                    results += await _part(name, tasks, mails, rounds)
    _show(console, results)


async def _part(name: str, tasks: int, mails: int, rounds: int) -> list[Result]:
    match name:
        case "rollout":
            return await rollouts.measure(rounds)
        case "completion":
            return await completion.measure(rounds)
        case "digests":
            await digests.build(mails)
            return await digests.measure(rounds)
        case _:
            await organisation.give_tasks(tasks - min(tasks, FEWER), ladder.DUE_WITHIN)
            await ladder.build()
            return await ladder.measure(rounds)


async def _to_a_working_morning() -> None:
    """10:00 in Jakarta on the first day from today on that is worked: all three zones are at work then."""
    rules = await calendar.rules(programme.reference_id("unit", "HQ"))
    day = working_time.shift(rules, clock.today(rules.zone), 1)
    clock.shift(datetime.combine(day, time(10), ZoneInfo(rules.zone)) - clock.now())


def _show(console: Console, results: list[Result]) -> None:
    table = Table("job", "things", "jejak s", "bare s", "ratio", "grew by MiB")
    for one in results:
        table.add_row(
            one.title,
            f"{one.things:,}",
            f"{one.ours.median:.3f}",
            f"{one.bare.median:.3f}",
            f"{one.ratio:.2f}",
            f"{one.ours.grown / 2**20:.0f} / {one.bare.grown / 2**20:.0f}",
        )
    console.print(table)
    console.print(f"most memory of the process: {peak() / 2**20:.0f} MiB")


if __name__ == "__main__":
    main()
