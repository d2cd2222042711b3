"""What all commands share that bring a file into the database: all of it, or nothing and every reason why."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress

from jejak import running
from jejak.cli.start import must_be_migrated
from jejak.domain.errors import Problem, Refused
from jejak.domain.texts import message
from jejak.domain.vocabulary import Language, RowOutcome
from jejak.settings import Settings

file_argument = click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
dry_run_option = click.option("--dry-run", is_flag=True, help="Only say what would be done.")


def say(what: str, outcomes: Sequence[RowOutcome], *, dry_run: bool) -> None:
    created, changed, unchanged = (outcomes.count(outcome) for outcome in RowOutcome)
    said = f"{created} {what} created, {changed} changed, {unchanged} unchanged"
    click.echo(f"{said} (nothing was written)" if dry_run else said)


@asynccontextmanager
async def database(settings: Settings, data: Path) -> Any:
    async with running.servers(settings, data, valkey=False) as own, running.database(own.database_url):
        await must_be_migrated()
        yield


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[int, int], None]]:
    """A bar for a person at a terminal; nothing for a file or a pipe."""
    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done, of: bar.update(task, completed=done, total=of)


@contextmanager
def problems(file: Path, numbers: Sequence[int] = (), what: str = "row") -> Iterator[None]:
    """Every problem by its row becomes a line. `numbers`: the rows' numbers in the file, where paths have their positions."""
    try:
        yield
    except Refused as refused:
        for problem in refused.problems:
            place = " ".join(str(part) for part in _place(problem, numbers))
            said = message(problem, Language.EN)
            click.echo(f"{what} {place}: {said}" if place else said, err=True)
        raise running.CannotRun(
            f"{len(refused.problems)} problem(s) in {file.name}; nothing was written"
        ) from None


def _place(problem: Problem, numbers: Sequence[int]) -> Iterator[str | int]:
    for part in problem.path:
        if part not in {"rows", "ics"}:
            yield numbers[part] if isinstance(part, int) and numbers else part
