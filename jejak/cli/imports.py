"""The commands that bring a file of units or people into the database: all of it, or nothing and every reason why."""

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
    assessment_file,
    assessment_import,
    calendar_change,
    person_file,
    person_import,
    programme,
    store_review,
    store_review_file,
    unit_file,
    unit_import,
    wave,
    wave_result,
)
from jejak.domain.access import SYSTEM
from jejak.domain.assessment_content import items_of
from jejak.domain.assessment_import import ImportAssessments
from jejak.domain.bulk import MOST_IMPORTED
from jejak.domain.calendar_change import ImportSpecialDays
from jejak.domain.errors import Problem, Refused
from jejak.domain.person_import import ImportPeople
from jejak.domain.store_review import ImportStoreReviews
from jejak.domain.tables.assessment import Wave
from jejak.domain.texts import message
from jejak.domain.vocabulary import Language, RowOutcome, SpecialDayKind
from jejak.domain.wave_result import ImportWaveResults
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


wave_option = click.option("--wave", "named", required=True, help="Which wave: YEAR/NUMBER, as 2025/1.")
template_option = click.option(
    "--template", help="The code of its template, where waves of several have that number."
)


@click.command("import-assessments")
@file_argument
@wave_option
@template_option
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@data_option
def import_assessments(file: Path, data: Path, named: str, template: str | None, *, dry_run: bool) -> None:
    """Load assessments of a wave of mystery shopping from a CSV or XLSX file.

    \b
    The first row names the columns, in any order; those of the items are called by their codes:
      unit_code,visited_on,A1,A2,B,note
      BATU,2025-01-31,100,50,0,Datang terlambat
      KEPANJEN,31/01/2025,80,NA,,

    NA does not apply; an empty cell, or a column that is missing, is not known. A second import changes what has
    changed. Where anything is wrong every problem is named with its row, and nothing is written. May run beside
    `jejak up` on the same --data.
    """  # noqa: D301 -- as above
    content = file.read_bytes()

    async def work(settings: Settings) -> None:
        async with _database(settings, data):
            of = await _wave(named, template)
            codes = list(await items_of(of.template_id))
            numbers: list[int] = []
            with _problems(file, numbers):
                places, rows = assessment_file.read(content, file.name, codes)
                numbers += places
                with _progress("assessments", len(rows)) as progress:
                    wanted = ImportAssessments(of.id, rows, dry_run=dry_run)
                    done = await assessment_import.load(SYSTEM, wanted, progress)
        _say("assessments", [one.outcome for one in done.made.values()], dry_run=dry_run)


@click.command("import-store-reviews")
@file_argument
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@data_option
def import_store_reviews(file: Path, data: Path, *, dry_run: bool) -> None:
    """Load reviews of the app from an export of the Play Console.

    That is `reviews_<package>_<yyyymm>.csv`, as Google writes it. New reviews are added; of known ones what was written,
    or answered, since. Importing the file again changes nothing. Where anything is wrong every problem is named with its
    row, and nothing is written. May run beside `jejak up` on the same --data.
    """
    content = file.read_bytes()

    async def work(settings: Settings) -> None:
        numbers: list[int] = []
        with _problems(file, numbers):
            places, rows = store_review_file.read(content, file.name)
            numbers += places
            async with _database(settings, data):
                with _progress("reviews", len(rows)) as progress:
                    wanted = ImportStoreReviews(rows, dry_run=dry_run)
                    done = await store_review.load(SYSTEM, wanted, progress)
        outcomes = [one.outcome for one in done.made.values()]
        created, changed, unchanged = (outcomes.count(outcome) for outcome in RowOutcome)
        click.echo(f"{created} reviews created, {changed} changed, {unchanged} unchanged")

    run(work)


@click.command("import-wave-results")
@file_argument
@wave_option
@template_option
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@data_option
def import_wave_results(file: Path, data: Path, named: str, template: str | None, *, dry_run: bool) -> None:
    """Load what was published of a wave of mystery shopping from a CSV or XLSX file.

    \b
    The first row names the columns, in any order; without a dimension a score is of the whole:
      unit_code,score,dimension_code
      BALI,75.04,
      HQ,15.3,B

    These scores are shown beside what is computed from assessments, and enter no figure. May run beside `jejak up`
    on the same --data.
    """  # noqa: D301 -- as above
    content = file.read_bytes()

    async def work(settings: Settings) -> None:
        async with _database(settings, data):
            of = await _wave(named, template)
            numbers: list[int] = []
            with _problems(file, numbers):
                places, rows = assessment_file.read_results(content, file.name)
                numbers += places
                done = await wave_result.load(SYSTEM, ImportWaveResults(of.id, rows, dry_run=dry_run))
        _say("scores", [one.outcome for one in done.made.values()], dry_run=dry_run)

    run(work)


def _say(what: str, outcomes: Sequence[RowOutcome], *, dry_run: bool) -> None:
    created, changed, unchanged = (outcomes.count(outcome) for outcome in RowOutcome)
    said = f"{created} {what} created, {changed} changed, {unchanged} unchanged"
    click.echo(f"{said} (nothing was written)" if dry_run else said)


async def _wave(named: str, template: str | None) -> Wave:
    year, _, number = named.partition("/")
    if not (year.isdecimal() and number.isdecimal() and len(named) < 12):
        raise running.CannotRun("a wave is named by its year and its number, as 2025/1")
    found = await wave.named(int(year), int(number), template)
    if len(found) != 1:
        why = "several templates have one: name its --template" if found else "there is none"
        raise running.CannotRun(f"wave {named}: {why}")
    return found[0]


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
        if part not in {"rows", "ics"}:
            yield numbers[part] if isinstance(part, int) and numbers else part
