"""`jejak import-store-reviews FILE`: all of an export, or nothing and every reason why."""

import pytest

from jejak.domain.tables.store_review import StoreReview
from tests.domain.test_store_review import LINES, a_file
from tests.refusals import unchanged


@pytest.mark.usefixtures("database")
async def test_an_export_is_loaded_and_again_changes_nothing(shell, database_url):
    (shell.folder / "reviews.csv").write_bytes(a_file())
    async with unchanged():
        said = shell.well("import-store-reviews", "reviews.csv", "--dry-run", DATABASE_URL=database_url)
    assert said == "2 reviews created, 0 changed, 0 unchanged (nothing was written)\n"
    done = shell.well("import-store-reviews", "reviews.csv", DATABASE_URL=database_url)
    assert done == "2 reviews created, 0 changed, 0 unchanged\n"
    assert await StoreReview.count() == 2
    async with unchanged():
        again = shell.well("import-store-reviews", "reviews.csv", DATABASE_URL=database_url)
    assert again == "0 reviews created, 0 changed, 2 unchanged\n"
    # and where anything is wrong nothing is written
    (shell.folder / "wrong.csv").write_bytes(a_file([LINES[0], LINES[1].replace(",5,", ",9,")]))
    async with unchanged():
        ended = shell.run("import-store-reviews", "wrong.csv", DATABASE_URL=database_url)
    assert ended.code == 1
    assert ended.err.splitlines()[-1] == "Error: 1 problem(s) in wrong.csv; nothing was written"
