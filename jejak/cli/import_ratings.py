"""The command that brings a file of ratings into the database."""

from pathlib import Path

import click

from jejak.cli.importing import database, dry_run_option, file_argument, problems, progress
from jejak.cli.start import data_option, run
from jejak.domain import rating_import
from jejak.domain.access import SYSTEM
from jejak.domain.rating_import import ImportRatings
from jejak.settings import Settings


@click.command("import-ratings")
@file_argument
@click.option(
    "--source",
    required=True,
    help="A code for the system that the file comes from, as PLN_MOBILE: the same for ever.",
)
@dry_run_option
@data_option
def import_ratings(file: Path, source: str, data: Path, *, dry_run: bool) -> None:
    """Load customers' answers from a CSV or XLSX file.

    \b
    The first row names the columns, in any order; those after answered_at may be missing:
      external_id,unit_code,service,channel,answered_at,feature,csat,overall,ces,nps,aspects,comment,
      staff_code,staff_name,staff_kind,customer_ref
      a-1,BATU,PREPAID,PLN_MOBILE,2026-11-24 09:00,TOKEN,5,4,6,9,POLITE FAST,Cepat,A-17,Dewi,AGENT,511234567890

    A moment without an offset is one on the unit's own clocks. What its source has sent before, under the same
    external_id, counts once and stays as it is. Where anything is wrong every problem is named with its row, and
    nothing is written. May run beside `jejak up` on the same --data.
    """  # noqa: D301 -- click's mark for lines that stay as they are
    content = file.read_bytes()

    async def work(settings: Settings) -> None:
        with problems(file):
            async with database(settings, data):
                with progress("ratings", 1) as told:
                    done = await rating_import.load(
                        SYSTEM,
                        ImportRatings(content, file.name, source, dry_run),
                        told,
                    )
        would = "would be " if dry_run else ""
        click.echo(f"{done.submitted} ratings {would}submitted, {done.already_there} already there")

    run(work)
