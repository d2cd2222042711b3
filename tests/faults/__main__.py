"""`python -m tests.faults --seed 7 --seconds 60`; exit code 1 on any difference."""

import asyncio
import random
import sys
import time
from pathlib import Path

import click

from tests.faults.run import run

MOST_SHOWN = 20


@click.command()
@click.option("--seed", type=int, help="Of what goes wrong and when; any where left out. It is printed.")
@click.option(
    "--seconds", type=click.FloatRange(1), default=60.0, show_default=True, help="How long people work."
)
@click.option(
    "--every", type=click.FloatRange(0.1), default=3.0, show_default=True, help="Seconds between two faults."
)
@click.option(
    "--rounds", type=click.IntRange(1), default=1, show_default=True, help="Runs, with seeds that follow."
)
@click.option(
    "--keep", type=click.Path(path_type=Path), help="Keep what processes and servers said in this folder."
)
def main(seed: int | None, seconds: float, every: float, rounds: int, keep: Path | None) -> None:
    """Kill servers and processes under load, and compare what is left with what was acknowledged."""
    first = random.SystemRandom().randrange(1_000_000) if seed is None else seed
    wrong = 0
    for number in range(first, first + rounds):
        click.echo(f"seed {number}, {seconds:g} seconds, a fault every {every:g}")
        begun = time.monotonic()
        outcome = asyncio.run(run(number, seconds, every, click.echo, keep=keep and keep / str(number)))
        for name, count in outcome.counts.items():
            click.echo(f"  {name:<40} {count}")
        for difference in outcome.differences[:MOST_SHOWN]:
            click.echo(f"DIFFERENCE  {difference}")
        wrong += len(outcome.differences)
        click.echo(
            f"seed {number}: {len(outcome.differences)} differences in {time.monotonic() - begun:.0f} s\n"
        )
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
