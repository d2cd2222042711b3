"""The commands that bring a file of units, people or ratings into the database: all of it, or nothing and every reason why."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress

from jejak import running
from jejak.cli.start import data_option, must_be_migrated, run
from jejak.domain import (
    calendar_change,
    person_file,
    person_import,
    programme,
    rating_import,
    unit_file,
    unit_import,
)
from jejak.domain.access import SYSTEM
from jejak.domain.bulk import MOST_IMPORTED
from jejak.domain.calendar_change import ImportSpecialDays
from jejak.domain.errors import Problem, Refused
from jejak.domain.person_import import ImportPeople
from jejak.domain.rating_import import ImportRatings
from jejak.domain.texts import message
from jejak.domain.vocabulary import Language, RowOutcome, SpecialDayKind
from jejak.settings import Settings

file_argument = click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))


@click.command("import-units")
@file_argument
@data_option
def import_units(file: Path, data: Path) -> None:
    """Load units from a CSV or XLSX file.

    \b
    The first row names the columns, in any order:
      code,name,kind,parent_code,timezone
      MALANG,UP3 Malang,UP3,JATIM,Asia/Jakarta
      BATU,ULP Batu,ULP,MALANG,Asia/Jakarta

    A kind is UID, UIW, UP3 or ULP; a parent is of the next kind up. A second import updates by code. Where
    anything is wrong every problem is named with its row, and nothing is written. May run beside `jejak up`
    on the same --data.
    """  # noqa: D301 -- click's mark for lines that stay as they are
    content = file.read_bytes()

    async def work(settings: Settings) -> None:
        with _problems(file):
            rows = unit_file.read(content, file.name)
            async with _database(settings, data):
                with _progress("units", len(rows)) as progress:
                    loaded = await unit_import.load(SYSTEM, rows, progress)
        click.echo(
            f"{loaded.created} created, {loaded.updated} updated, {loaded.moved} moved, {loaded.unchanged} unchanged"
        )

    run(work)


@click.command("import-people")
@file_argument
@data_option
def import_people(file: Path, data: Path) -> None:
    """Load people and their roles from a CSV or XLSX file.

    \b
    The first row names the columns, in any order; the last two may be missing:
      email,name,unit_code,role,ranger,language
      sri@pln.example,Sri Wahyuni,MALANG,CONTRIBUTOR,yes,id
      sri@pln.example,Sri Wahyuni,BATU,MANAGER,,

    A role is VIEWER, CONTRIBUTOR, MANAGER, ADMIN or, at headquarters, PROGRAMME. Who is known by the e-mail
    address gets the role, and keeps name and language. Nobody gets a password: they are invited, or given one by
    `jejak reset-password`. Where anything is wrong every problem is named with its row, and nothing is written.
    May run beside `jejak up` on the same --data.
    """  # noqa: D301 -- as above
    content = file.read_bytes()

    async def work(settings: Settings) -> None:
        numbers: list[int] = []
        with _problems(file, numbers):
            places, rows = person_file.read(content, file.name)
            numbers += places
            async with _database(settings, data):
                with _progress("people", len(rows)) as progress:
                    done = await person_import.load(SYSTEM, ImportPeople(rows), progress)
        outcomes = [one.outcome for one in done.made.values()]
        created, changed, unchanged = (outcomes.count(outcome) for outcome in RowOutcome)
        click.echo(f"{created} people created, {changed} roles given, {unchanged} unchanged")

    run(work)


@click.command("import-holidays")
@file_argument
@click.option("--joint-leave", is_flag=True, help="The days are joint leave, not holidays.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@data_option
def import_holidays(file: Path, data: Path, *, joint_leave: bool, dry_run: bool) -> None:
    """Load holidays of all units from an iCalendar file (.ics).

    Events are of whole days, once or every year. A day that is there already is changed; importing the file again
    changes nothing. Where anything is wrong every problem is named with its event, and nothing is written. May run
    beside `jejak up` on the same --data.
    """
    content = file.read_bytes().decode("utf-8-sig", errors="replace")
    kind = SpecialDayKind.JOINT_LEAVE if joint_leave else SpecialDayKind.HOLIDAY

    async def work(settings: Settings) -> None:
        with _problems(file, range(1, MOST_IMPORTED + 1), what="event"):
            async with _database(settings, data):
                headquarters = programme.reference_id("unit", "HQ")
                wanted = ImportSpecialDays(headquarters, content, kind, dry_run)
                done = await calendar_change.import_special_days(SYSTEM, wanted)
        click.echo(
            f"{len(done.created)} days created, {len(done.changed)} changed, {len(done.unchanged)} unchanged"
        )

    run(work)


@click.command("import-ratings")
@file_argument
@click.option(
    "--source",
    required=True,
    help="A code for the system that the file comes from, as PLN_MOBILE: the same for ever.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@data_option
def import_ratings(file: Path, source: str, data: Path, *, dry_run: bool) -> None:
    """Load what customers answered from a CSV or XLSX file.

    \b
    The first row names the columns, in any order; those after answered_at may be missing:
      external_id,unit_code,service,channel,answered_at,feature,csat,overall,ces,nps,aspects,comment,
      staff_code,staff_name,staff_kind
      a-1,BATU,PREPAID,PLN_MOBILE,2026-11-24 09:00,TOKEN,5,4,6,9,POLITE FAST,Cepat,A-17,Dewi,AGENT

    A moment without an offset is one on the unit's own clocks. What its source has sent before, under the same
    external_id, counts once and stays as it is. Where anything is wrong every problem is named with its row, and
    nothing is written. May run beside `jejak up` on the same --data.
    """  # noqa: D301 -- as above
    content = file.read_bytes()

    async def work(settings: Settings) -> None:
        with _problems(file):
            async with _database(settings, data):
                with _progress("ratings", 1) as progress:
                    done = await rating_import.load(
                        SYSTEM,
                        ImportRatings(content, file.name, source, dry_run),
                        progress,
                    )
        would = "would be " if dry_run else ""
        click.echo(f"{done.submitted} ratings {would}submitted, {done.already_there} already there")

    run(work)


@asynccontextmanager
async def _database(settings: Settings, data: Path) -> Any:
    async with running.servers(settings, data, valkey=False) as own, running.database(own.database_url):
        await must_be_migrated()
        yield


@contextmanager
def _progress(what: str, total: int) -> Iterator[Callable[[int, int], None]]:
    """A bar for a person at a terminal; nothing for a file or a pipe."""
    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done, of: bar.update(task, completed=done, total=of)


@contextmanager
def _problems(file: Path, numbers: Sequence[int] = (), what: str = "row") -> Iterator[None]:
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
        if part not in {"rows", "ics", "ratings"}:
            yield numbers[part] if isinstance(part, int) and numbers else part
