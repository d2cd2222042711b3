"""The command that brings an export of the app store's reviews into the database."""

from pathlib import Path

import click

from jejak.cli.importing import database, dry_run_option, file_argument, problems, progress, say
from jejak.cli.start import data_option, run
from jejak.domain import store_review, store_review_file
from jejak.domain.access import SYSTEM
from jejak.domain.store_review import ImportStoreReviews
from jejak.settings import Settings


@click.command("import-store-reviews")
@file_argument
@dry_run_option
@data_option
def import_store_reviews(file: Path, data: Path, *, dry_run: bool) -> None:
    """Load reviews of the app from a Play Console file.

    That is `reviews_<package>_<yyyymm>.csv`, as Google writes it. New reviews are added; of known ones what was written,
    or answered, since. Importing the file again changes nothing. Where anything is wrong every problem is named with its
    row, and nothing is written. May run beside `jejak up` on the same --data.
    """
    content = file.read_bytes()

    async def work(settings: Settings) -> None:
        numbers: list[int] = []
        with problems(file, numbers):
            places, rows = store_review_file.read(content, file.name)
            numbers += places
            async with database(settings, data):
                with progress("reviews", len(rows)) as told:
                    wanted = ImportStoreReviews(rows, dry_run=dry_run)
                    done = await store_review.load(SYSTEM, wanted, told)
        say("reviews", [one.outcome for one in done.made.values()], dry_run=dry_run)

    run(work)
