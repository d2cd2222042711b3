"""`make bench`: the service over HTTP beside PostGraphile and beside the same JSON written by hand, in one run."""

import contextlib
import tempfile
from functools import partial
from pathlib import Path

import click
import uvloop
from rich.console import Console

from benchmarks import postgraphile, report
from benchmarks.bench import Bench, Plan
from benchmarks.contenders import COMPILED, LIMIT, ORDINARY, DidNotStart
from benchmarks.dataset import Scale
from benchmarks.load import WrongAnswer
from benchmarks.report import Growth
from benchmarks.workloads import CHANGES, DOCUMENTS, READS
from jejak import running
from jejak.settings import Settings

_NAMES = {"compiled": COMPILED, "ordinary": ORDINARY, "postgraphile": postgraphile.NAME, "limit": LIMIT}
_SCALES = {scale.name.lower(): scale for scale in Scale}


@click.command()
@click.option("--seed", default=7, show_default=True, help="Of the data.")
@click.option(
    "--scale", type=click.Choice(list(_SCALES)), default="real", show_default=True, help="Size of the data."
)
@click.option(
    "--growth",
    is_flag=True,
    help="Reads on the large set, too (ten times the real one), and what they cost more.",
)
@click.option("--connections", type=int, multiple=True, default=(1, 16, 64), show_default=True)
@click.option("--seconds", default=3.0, show_default=True, help="Of a slice.")
@click.option("--rounds", default=3, show_default=True, help="Slices of each contender.")
@click.option("--only", type=click.Choice(list(DOCUMENTS)), multiple=True, help="Not all workloads.")
@click.option("--contender", type=click.Choice(list(_NAMES)), multiple=True, help="Not all contenders.")
@click.option(
    "--data", type=click.Path(path_type=Path), help="Folder in which built sets are kept for the next run."
)
@click.option("--cache", type=click.Path(path_type=Path), default=Path.home() / ".cache" / "jejak-bench",
              show_default=True, help="Folder in which PostGraphile is installed.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), help="File for the figures as JSON.")
def main(
    *,
    seed: int,
    scale: str,
    growth: bool,
    connections: tuple[int, ...],
    seconds: float,
    rounds: int,
    only: tuple[str, ...],
    contender: tuple[str, ...],
    data: Path | None,
    cache: Path,
    out: Path | None,
) -> None:
    """Asks all contenders the same, in short slices in alternation, and prints what they did and the ratios.

    Fails where an answer is not what was asked for; ends well whatever the figures are.
    """
    chosen = frozenset(_NAMES[name] for name in contender or _NAMES)
    workloads = frozenset(only or DOCUMENTS)
    plan = Plan(seed, _SCALES[scale], growth, connections, seconds, rounds, workloads, chosen)
    try:
        uvloop.run(_run(plan, data, cache, out))
    except (WrongAnswer, DidNotStart, running.CannotRun) as error:
        raise click.ClickException(str(error)) from None


async def _run(plan: Plan, data: Path | None, cache: Path, out: Path | None) -> None:
    console = Console()
    grown: list[Growth] = []
    async with contextlib.AsyncExitStack() as stack:
        folder = data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="jejak-bench-")))
        servers = await stack.enter_async_context(running.servers(Settings(), folder, alone=True))
        with console.status("") as status:
            bench = Bench(plan, servers, cache, partial(console.print, markup=False), status.update)
            field = await stack.enter_async_context(bench.field(plan.scale, plan.contenders))
            results = await bench.measure(field, READS)
            if plan.growth:
                grown = await bench.grown(field)
            # Last, since they change what is read.
            results += await bench.measure(field, CHANGES)
    report.show(console, results)
    if grown:
        report.show_growth(console, grown)
    aims = report.show_aims(console, results, grown)
    if out is not None:
        report.write(out, plan.told, results, grown, aims)


if __name__ == "__main__":
    main()
