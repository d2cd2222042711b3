"""`jejak import-units FILE`: everything, or nothing and every reason why."""

import os
import pty

import pytest
from openpyxl import Workbook

from jejak.domain.tables.unit import Unit
from tests.cli.process import until
from tests.refusals import unchanged

HEADER = ("code", "name", "kind", "parent_code", "timezone")
ROWS = [
    ("MALANG", "UP3 Malang", "UP3", "JATIM", "Asia/Jakarta"),
    ("BATU", "ULP Batu", "ULP", "MALANG", "Asia/Jakarta"),
]
CSV = "\n".join(",".join(row) for row in (HEADER, *ROWS))
WRONG = """code,name,kind,parent_code,timezone
MALANG,UP3 Malang,UP3,JATIM,Asia/Jakarta
BATU,,ULP,MALANG,Asia/Nowhere
KEDIRI,UP3 Kediri,RAYON,JATIM,Asia/Jakarta
"""


@pytest.fixture
def file(shell):
    def write(name: str):
        path = shell.folder / name
        if name.endswith(".csv"):
            path.write_text(CSV)
        else:
            book = Workbook()
            for row in (HEADER, *ROWS):
                book.active.append(row)
            book.save(path)
        return path

    return write


@pytest.mark.parametrize("name", ["units.csv", "units.xlsx"])
async def test_a_good_file_is_loaded(shell, file, database, database_url, name):
    said = shell.well("import-units", file(name), DATABASE_URL=database_url)
    assert said == "2 created, 0 updated, 0 moved, 0 unchanged\n"
    found = await Unit.objects().where(Unit.code.is_in(["MALANG", "BATU"])).order_by(Unit.path)
    assert [unit.path for unit in found] == ["HQ/JATIM/MALANG/", "HQ/JATIM/MALANG/BATU/"]


async def test_a_file_with_problems_names_them_all_and_writes_nothing(shell, database, database_url):
    (shell.folder / "units.csv").write_text(WRONG)
    async with unchanged():
        ended = shell.run("import-units", "units.csv", DATABASE_URL=database_url)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.splitlines() == [
        "row 3 name: This is required.",
        "row 3 timezone: Unknown time zone; for example Asia/Jakarta.",
        "row 4 kind: The kind of this unit must be HQ / UID / UIW / UP3 / ULP.",
        "Error: 3 problem(s) in units.csv; nothing was written",
    ]


def test_a_file_of_no_known_kind_is_refused_before_a_server_is_started(shell):
    (shell.folder / "units.pdf").write_bytes(b"%PDF")
    ended = shell.run("import-units", "units.pdf")
    assert ended.code == 1
    assert ended.err.splitlines() == [
        "The file cannot be read; send CSV (UTF-8) or XLSX.",
        "Error: 1 problem(s) in units.pdf; nothing was written",
    ]
    assert not (shell.folder / "jejak-data").exists()


def test_it_runs_beside_up_on_the_same_folder(shell, file, an_up):
    said = shell.well("import-units", file("units.csv"), "--data", an_up.prepared.data)
    assert said.startswith("2 created")
    assert {"MALANG", "BATU"} <= set(an_up.site.units())
    again = shell.well("import-units", file("units.csv"), "--data", an_up.prepared.data)
    assert again == "0 created, 0 updated, 0 moved, 2 unchanged\n"


def test_on_a_terminal_it_shows_how_far_it_is(shell, file, database_url):
    ours, theirs = pty.openpty()
    with shell.started(
        "import-units", file("units.csv"), terminal=theirs, DATABASE_URL=database_url, TERM="xterm"
    ) as process:
        os.close(theirs)
        until(lambda: process.ended, "it ends")
        shown = os.read(ours, 65536).decode()
        os.close(ours)
        assert process.stop().code == 0
        assert "\x1b[" in shown
        assert "units" in shown
        assert process.out == "2 created, 0 updated, 0 moved, 0 unchanged\n"
