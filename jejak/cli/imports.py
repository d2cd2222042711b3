"""The commands that bring a file of units, people or holidays into the database."""

from pathlib import Path

import click

from jejak.cli.importing import database, dry_run_option, file_argument, problems, progress
from jejak.cli.start import data_option, run
from jejak.domain import calendar_change, person_file, person_import, programme, unit_file, unit_import
from jejak.domain.access import SYSTEM
from jejak.domain.bulk import MOST_IMPORTED
from jejak.domain.calendar_change import ImportSpecialDays
from jejak.domain.person_import import ImportPeople
from jejak.domain.vocabulary import RowOutcome, SpecialDayKind
from jejak.settings import Settings


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
        with problems(file):
            rows = unit_file.read(content, file.name)
            async with database(settings, data):
                with progress("units", len(rows)) as told:
                    loaded = await unit_import.load(SYSTEM, rows, told)
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
        with problems(file, numbers):
            places, rows = person_file.read(content, file.name)
            numbers += places
            async with database(settings, data):
                with progress("people", len(rows)) as told:
                    done = await person_import.load(SYSTEM, ImportPeople(rows), told)
        outcomes = [one.outcome for one in done.made.values()]
        created, changed, unchanged = (outcomes.count(outcome) for outcome in RowOutcome)
        click.echo(f"{created} people created, {changed} roles given, {unchanged} unchanged")

    run(work)


@click.command("import-holidays")
@file_argument
@click.option("--joint-leave", is_flag=True, help="The days are joint leave, not holidays.")
@dry_run_option
@data_option
def import_holidays(file: Path, data: Path, *, joint_leave: bool, dry_run: bool) -> None:
    """Load all units' holidays from an iCalendar file.

    Events are of whole days, once or every year. A day that is there already is changed; importing the file again
    changes nothing. Where anything is wrong every problem is named with its event, and nothing is written. May run
    beside `jejak up` on the same --data.
    """
    content = file.read_bytes().decode("utf-8-sig", errors="replace")
    kind = SpecialDayKind.JOINT_LEAVE if joint_leave else SpecialDayKind.HOLIDAY

    async def work(settings: Settings) -> None:
        with problems(file, range(1, MOST_IMPORTED + 1), what="event"):
            async with database(settings, data):
                headquarters = programme.reference_id("unit", "HQ")
                wanted = ImportSpecialDays(headquarters, content, kind, dry_run)
                done = await calendar_change.import_special_days(SYSTEM, wanted)
        click.echo(
            f"{len(done.created)} days created, {len(done.changed)} changed, {len(done.unchanged)} unchanged"
        )

    run(work)
