"""`jejak report UNIT YYYY-MM -o FILE`: a monthly report as a file, for operators."""

import io

import openpyxl
import pypdf
import pytest

from jejak.domain import clock
from tests.factories import a_unit


@pytest.fixture
async def month(database):
    await a_unit(code="BATU", name="ULP Batu")
    return f"{clock.now():%Y-%m}"


async def test_a_preview_is_written_as_pdf_and_as_a_workbook(shell, month, database_url):
    said = shell.well("report", "BATU", month, "-o", "batu.pdf", DATABASE_URL=database_url)
    file = (shell.folder / "batu.pdf").read_bytes()
    assert said == f"batu.pdf: a preview, computed now, {len(file)} bytes\n"
    assert "ULP Batu" in pypdf.PdfReader(io.BytesIO(file)).pages[0].extract_text()
    shell.well("report", "BATU", month, "-o", "batu.xlsx", "--lang", "en", DATABASE_URL=database_url)
    assert openpyxl.load_workbook(shell.folder / "batu.xlsx").sheetnames[1] == "The ten steps"


async def test_what_cannot_be_is_said_in_one_line(shell, month, database_url):
    for words, said in (
        (("NOWHERE", month, "-o", "x.pdf"), "no unit has the code NOWHERE"),
        (("BATU", "2099-01", "-o", "x.pdf"), "date"),
        (("BATU", "2026-13", "-o", "x.pdf"), "no month"),
        (("BATU", month, "-o", "x.docx"), ".pdf or .xlsx"),
    ):
        ended = shell.run("report", *words, DATABASE_URL=database_url)
        assert ended.code != 0
        assert said in ended.err
        assert "Traceback" not in ended.err
    assert not list(shell.folder.glob("x.*"))
