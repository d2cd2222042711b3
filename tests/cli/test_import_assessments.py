"""`jejak import-assessments FILE --wave` and `jejak import-results FILE --wave`."""

import pytest

from jejak.domain.tables.assessment import Assessment, WaveResult
from tests import factories as f
from tests import shopping as s
from tests.domain.unit_files import as_csv, as_xlsx
from tests.refusals import unchanged

HEADER = ("unit_code", "visited_on", "A1", "B", "note")


@pytest.fixture
async def wave(database):
    return await s.a_wave(year=2025, number=1)


@pytest.mark.parametrize(("write", "name"), [(as_csv, "nilai.csv"), (as_xlsx, "nilai.xlsx")])
async def test_a_good_file_is_loaded_after_a_dry_run(shell, database_url, wave, write, name):
    ulp = await f.a_unit(code="BATU")
    (shell.folder / name).write_bytes(write([("BATU", "2025-01-31", "80", "NA", "")], HEADER))
    async with unchanged():
        said = shell.well(
            "import-assessments", name, "--wave", "2025/1", "--dry-run", DATABASE_URL=database_url
        )
    assert said == "1 assessments created, 0 changed, 0 unchanged (nothing was written)\n"
    said = shell.well("import-assessments", name, "--wave", "2025/1", DATABASE_URL=database_url)
    assert said == "1 assessments created, 0 changed, 0 unchanged\n"
    made = await Assessment.objects().get(Assessment.unit_id == ulp.id)
    assert made is not None
    assert (made.wave_id, made.status, made.source) == (wave.id, "SUBMITTED", "IMPORTED")


async def test_a_file_with_problems_names_them_all_and_writes_nothing(shell, database_url, wave):
    wrong = [
        ("", "", "", "", ""),
        ("NOWHERE", "2025-01-31", "80", "", ""),
        ("BATU", "kemarin", "200", "x", ""),
    ]
    (shell.folder / "nilai.csv").write_bytes(as_csv(wrong, HEADER))
    async with unchanged():
        ended = shell.run("import-assessments", "nilai.csv", "--wave", "2025/1", DATABASE_URL=database_url)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.splitlines() == [
        "row 3 unit_code: Not found.",
        "row 4 visited_on: A date is written as 2026-01-31 or 31/01/2026.",
        "row 4 A1: A score is a number from 0 to 100 with at most two decimals.",
        "row 4 B: A score is a number from 0 to 100 with at most two decimals.",
        "Error: 4 problem(s) in nilai.csv; nothing was written",
    ]
    ended = shell.run("import-assessments", "nilai.csv", "--wave", "2025/2", DATABASE_URL=database_url)
    assert ended.err == "Error: wave 2025/2: there is none\n"


async def test_what_was_published_is_loaded(shell, database_url, wave):
    (shell.folder / "hasil.csv").write_bytes(
        as_csv([("BALI", "75.04", "")], ("unit_code", "score", "dimension_code"))
    )
    said = shell.well("import-results", "hasil.csv", "--wave", "2025/1", DATABASE_URL=database_url)
    assert said == "1 scores created, 0 changed, 0 unchanged\n"
    assert await WaveResult.count().where(WaveResult.wave_id == wave.id) == 1
