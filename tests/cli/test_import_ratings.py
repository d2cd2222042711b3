"""`jejak import-ratings FILE`: all answers, or none and every reason why."""

from datetime import UTC, datetime

import pytest

from jejak.domain import clock, db, rating_import, rating_submission
from jejak.domain.access import SYSTEM
from jejak.domain.rating_import import ImportRatings
from jejak.domain.vocabulary import UnitKind
from tests.domain.unit_files import as_csv, as_xlsx
from tests.factories import a_unit
from tests.refusals import unchanged

HEADER = ("ID", "Unit", "Layanan", "Kanal", "Waktu", "Fitur", "csat", "NPS", "Aspek", "Ulasan", "Kode petugas", "Nama petugas", "Jenis petugas")  # fmt: skip


def a_line(key: str, **cells: str) -> tuple[str, ...]:
    day = clock.now().date().replace(day=1)
    given = {
        "unit": "JYP",
        "service": "prepaid",
        "channel": "CALL",
        "at": f"{day} 00:30",
        "feature": "token",
        "csat": "5",
        "nps": "",
    }
    more = {"aspects": "POLITE, FAST", "comment": "Cepat", "code": "A-1", "name": "Dewi", "kind": "agent"}
    return (key, *(given | more | cells).values())


GOOD = [
    a_line("a"),
    a_line("b", csat="", nps="0"),
    a_line("c", aspects="", comment="", code="", name="", kind=""),
]
WRONG = [
    a_line("a"),
    ("",) * len(HEADER),
    a_line("b", service="WATER", at="yesterday", csat="five", kind="BOSS", aspects="KIND"),
    a_line("c", unit="NOWHERE", nps="11"),
    a_line("d", csat=""),
    a_line("e", unit="NOWHERE"),
]


@pytest.fixture
async def _jayapura(database):
    await a_unit(UnitKind.UP3, code="JYP", timezone="Asia/Jayapura")


@pytest.mark.usefixtures("_jayapura")
@pytest.mark.parametrize(("write", "name"), [(as_csv, "ratings.csv"), (as_xlsx, "ratings.xlsx")])
async def test_a_good_file_is_loaded_and_again_counts_nothing_twice(shell, database_url, write, name):
    (shell.folder / name).write_bytes(write(GOOD, HEADER))
    command = ("import-ratings", name, "--source", "cc123")
    async with unchanged():
        tried = shell.well(*command, "--dry-run", DATABASE_URL=database_url)
    assert tried == "3 ratings would be submitted, 0 already there\n"
    assert shell.well(*command, DATABASE_URL=database_url) == "3 ratings submitted, 0 already there\n"
    async with unchanged():
        again = shell.well(*command, DATABASE_URL=database_url)
    assert again == "0 ratings submitted, 3 already there\n"
    rows = await db.fetch(
        "select csat, nps, aspects, feature, source, day, answered_at from rating order by external_id"
    )
    assert [tuple(row)[:5] for row in rows] == [
        (5, None, ["POLITE", "FAST"], "TOKEN", "CC123"),
        (None, 0, ["POLITE", "FAST"], "TOKEN", "CC123"),
        (5, None, [], "TOKEN", "CC123"),
    ]
    # Half past midnight on the unit's own clocks.
    first = clock.now().date().replace(day=1)
    assert {row["day"] for row in rows} == {first}
    assert {row["answered_at"].astimezone(UTC).hour for row in rows} == {15}
    assert await db.fetchval("select string_agg(code || name || kind, '') from staff") == "A-1DewiAGENT"


@pytest.mark.usefixtures("_jayapura")
async def test_a_file_with_problems_names_them_all_and_writes_nothing(shell, database_url):
    (shell.folder / "ratings.csv").write_bytes(as_csv(WRONG, HEADER))
    async with unchanged():
        ended = shell.run(
            "import-ratings", "ratings.csv", "--source", "CC123", "--dry-run", DATABASE_URL=database_url
        )
    assert (ended.code, ended.out) == (1, "")
    lines = ended.err.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "row 4 service",
        "row 4 staff_kind",
        "row 4 answered_at",
        "row 4 csat",
        "row 4 aspects",
        "row 5 unit_code",
        "row 6 csat",
        "row 7 unit_code",
        "Error",
    ]
    assert lines[-1] == "Error: 8 problem(s) in ratings.csv; nothing was written"


@pytest.mark.usefixtures("_jayapura")
async def test_a_file_of_several_batches_is_whole_or_not_at_all(monkeypatch):
    monkeypatch.setattr(rating_import, "MOST", 2)
    content = as_csv([*(a_line(str(n)) for n in range(5)), a_line("x", csat="9")], HEADER)
    async with unchanged():
        with pytest.raises(rating_submission.Refused) as refused:
            await rating_import.load(SYSTEM, ImportRatings(content, "r.csv", "CC123"))
    assert [problem.path for problem in refused.value.problems] == [("rows", 7, "csat")]
    told: list[tuple[int, int]] = []
    good = as_csv([a_line(str(n)) for n in range(5)], HEADER)
    done = await rating_import.load(
        SYSTEM, ImportRatings(good, "r.csv", "CC123"), lambda *of: told.append(of)
    )
    assert (done.submitted, done.already_there, told) == (5, 0, [(2, 5), (4, 5), (5, 5)])
    assert await db.fetchval("select count(*) from rating") == 5
    assert datetime.now(UTC) > await db.fetchval("select max(received_at) from rating")
