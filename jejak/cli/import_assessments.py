"""The commands that bring files of mystery shopping into the database."""

from pathlib import Path

import click

from jejak import running
from jejak.cli.importing import database, dry_run_option, file_argument, problems, progress, say
from jejak.cli.start import data_option, run
from jejak.domain import assessment_file, assessment_import, wave, wave_result
from jejak.domain.access import SYSTEM
from jejak.domain.assessment_content import items_of
from jejak.domain.assessment_import import ImportAssessments
from jejak.domain.tables.assessment import Wave
from jejak.domain.wave_result import ImportWaveResults
from jejak.settings import Settings

wave_option = click.option("--wave", "named", required=True, help="Which wave: YEAR/NUMBER, as 2025/1.")
template_option = click.option(
    "--template", help="The code of its template, where waves of several have that number."
)


@click.command("import-assessments")
@file_argument
@wave_option
@template_option
@dry_run_option
@data_option
def import_assessments(file: Path, data: Path, named: str, template: str | None, *, dry_run: bool) -> None:
    """Load mystery shoppers' assessments, CSV or XLSX.

    \b
    The first row names the columns, in any order; those of the items are called by their codes:
      unit_code,visited_on,A1,A2,B,note
      BATU,2025-01-31,100,50,0,Datang terlambat
      KEPANJEN,31/01/2025,80,NA,,

    NA does not apply; an empty cell, or a column that is missing, is not known. A second import changes what has
    changed. Where anything is wrong every problem is named with its row, and nothing is written. May run beside
    `jejak up` on the same --data.
    """  # noqa: D301 -- click's mark for lines that stay as they are
    content = file.read_bytes()

    async def work(settings: Settings) -> None:
        async with database(settings, data):
            of = await _wave(named, template)
            codes = list(await items_of(of.template_id))
            numbers: list[int] = []
            with problems(file, numbers):
                places, rows = assessment_file.read(content, file.name, codes)
                numbers += places
                with progress("assessments", len(rows)) as told:
                    wanted = ImportAssessments(of.id, rows, dry_run=dry_run)
                    done = await assessment_import.load(SYSTEM, wanted, told)
        say("assessments", [one.outcome for one in done.made.values()], dry_run=dry_run)

    run(work)


@click.command("import-results")
@file_argument
@wave_option
@template_option
@dry_run_option
@data_option
def import_results(file: Path, data: Path, named: str, template: str | None, *, dry_run: bool) -> None:
    """Load published scores of a wave, CSV or XLSX.

    \b
    The first row names the columns, in any order; without a dimension a score is of the whole:
      unit_code,score,dimension_code
      BALI,75.04,
      HQ,15.3,B

    These scores are shown beside what is computed from assessments, and enter no figure. May run beside `jejak up`
    on the same --data.
    """  # noqa: D301 -- click's mark for lines that stay as they are
    content = file.read_bytes()

    async def work(settings: Settings) -> None:
        async with database(settings, data):
            of = await _wave(named, template)
            numbers: list[int] = []
            with problems(file, numbers):
                places, rows = assessment_file.read_results(content, file.name)
                numbers += places
                done = await wave_result.load(SYSTEM, ImportWaveResults(of.id, rows, dry_run=dry_run))
        say("scores", [one.outcome for one in done.made.values()], dry_run=dry_run)

    run(work)


async def _wave(named: str, template: str | None) -> Wave:
    year, _, number = named.partition("/")
    if not (year.isdecimal() and number.isdecimal() and len(named) < 12):
        raise running.CannotRun("a wave is named by its year and its number, as 2025/1")
    found = await wave.named(int(year), int(number), template)
    if len(found) != 1:
        why = "several templates have one: name its --template" if found else "there is none"
        raise running.CannotRun(f"wave {named}: {why}")
    return found[0]
