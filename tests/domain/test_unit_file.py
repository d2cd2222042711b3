"""R1: what a file of units says."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jejak.domain import row_file, unit_file
from jejak.domain.errors import Code, Refused
from tests.domain.unit_files import EAST, JAVA, TREE, as_csv, as_xlsx, rewritten, rows


def file_problems(content: bytes, name: str) -> list[tuple]:
    with pytest.raises(Refused) as refusal:
        unit_file.read(content, name)
    return [(problem.code, *problem.path) for problem in refusal.value.problems]


class TestReadingAFile:
    @pytest.mark.parametrize(
        ("content", "name"),
        [
            (as_csv(TREE), "units.csv"),
            (as_csv(TREE, delimiter=";", encoding="utf-8-sig"), "Data Unit.CSV"),
            (as_csv(TREE, delimiter="\t"), "units.tsv"),
            (as_xlsx(TREE), "units.xlsx"),
        ],
    )
    def test_gives_the_same_rows_in_every_format(self, content, name):
        assert unit_file.read(content, name) == rows(*TREE)

    @pytest.mark.parametrize(
        "header",
        [
            ("CODE", "Name", "kind", "Parent_Code", "TimeZone"),
            (" Kode ", "NAMA", "Jenis", "induk", "Zona Waktu"),
            ("code", "nama", "kind", "parent-code", "zona_waktu"),
        ],
    )
    def test_knows_its_columns_by_many_names(self, header):
        assert unit_file.read(as_csv(TREE, header), "u.csv") == rows(*TREE)

    @pytest.mark.parametrize("write", [as_csv, as_xlsx])
    def test_takes_columns_in_any_order_and_leaves_out_what_is_not_ours(self, write):
        mixed = [(line[4], "12", line[1], line[3], line[0], line[2], "note") for line in TREE]
        content = write(mixed, ("time zone", "No.", "name", "parent code", "code", "kind", "remarks"))

        assert unit_file.read(content, "u.csv" if write is as_csv else "u.xlsx") == rows(*TREE)

    @pytest.mark.parametrize("write", [as_csv, as_xlsx])
    def test_counts_rows_as_a_spreadsheet_does(self, write):
        blank = ("", "", "", "", "")
        content = write([JAVA[0], blank, blank, JAVA[1]])

        found = unit_file.read(content, "u.csv" if write is as_csv else "u.xlsx")

        assert [(row.number, row.code) for row in found] == [(2, "MLG"), (5, "SBY")]

    def test_reads_a_cell_with_a_line_break_as_one_row(self):
        content = as_csv([("MLG", "UP3\nMalang", *JAVA[0][2:]), JAVA[1]])

        assert [(row.number, row.name) for row in unit_file.read(content, "u.csv")] == [
            (2, "UP3\nMalang"),
            (3, "UP3 Surabaya Selatan"),
        ]

    def test_reads_codes_that_are_numbers_to_the_spreadsheet(self):
        content = as_xlsx([(51501, "ULP Batu", "ULP", 515.0, " Asia/Jakarta ")])

        assert unit_file.read(content, "u.xlsx") == rows(("51501", "ULP Batu", "ULP", "515", "Asia/Jakarta"))

    def test_reads_a_sheet_that_lies_about_its_size(self):
        content = rewritten(as_xlsx(TREE), "xl/worksheets/sheet1.xml", rb'ref="A1:[A-Z0-9]+"', b'ref="A1"')

        assert unit_file.read(content, "u.xlsx") == rows(*TREE)

    def test_reads_what_a_spreadsheet_calls_unicode_text(self):
        assert unit_file.read(as_csv(TREE, encoding="utf-16"), "u.txt") == rows(*TREE)

    def test_fills_lines_that_are_short(self):
        assert unit_file.read(b"code,name,kind,parent code,time zone\nMLG,UP3 Malang\n", "u.csv") == rows(
            ("MLG", "UP3 Malang", "", "", "")
        )

    def test_refuses_missing_and_doubled_columns_at_the_header(self):
        content = as_csv([], ("code", "kode", "name", "zone"))

        assert file_problems(content, "u.csv") == [
            (Code.TAKEN, "rows", 1, "code"),
            (Code.REQUIRED, "rows", 1, "kind"),
            (Code.REQUIRED, "rows", 1, "parent_code"),
            (Code.REQUIRED, "rows", 1, "timezone"),
        ]

    @pytest.mark.parametrize("name", ["u.csv", "u.tsv"])
    def test_refuses_an_empty_file_by_its_missing_columns(self, name):
        assert len(file_problems(b"", name)) == 5

    @pytest.mark.parametrize(
        ("content", "name"),
        [
            (as_csv(TREE), "units"),
            (as_csv(TREE), "units.pdf"),
            (as_csv(TREE), "units.xlsx"),
            (as_xlsx(TREE), "units.xls"),
            (as_xlsx(TREE), "units.csv"),
            (as_xlsx(TREE)[:-400], "units.xlsx"),
            (b"", "units.xlsx"),
            ("kode;nama\nMLG;Pélabuhan".encode("cp1252"), "units.csv"),
        ],
    )
    def test_refuses_what_it_cannot_read(self, content, name):
        assert file_problems(content, name) == [(Code.UNREADABLE_FILE,)]

    def test_refuses_broken_sheets_whatever_is_broken(self):
        content = rewritten(as_xlsx(TREE), "xl/worksheets/sheet1.xml", rb"</row>", b"</wor>")

        assert file_problems(content, "u.xlsx") == [(Code.UNREADABLE_FILE,)]

    def test_tells_the_row_of_a_quote_left_open(self):
        content = as_csv(JAVA[:2]) + b'SBX,"UP3 Surabaya,UP3,JATIM,Asia/Jakarta\n' + as_csv(EAST)

        assert file_problems(content, "u.csv") == [(Code.UNREADABLE_FILE, "rows", 4)]

    def test_refuses_files_that_are_too_large_before_reading_them(self):
        assert file_problems(b"x" * (row_file.MOST_BYTES + 1), "u.csv") == [(Code.TOO_LARGE,)]

    def test_refuses_an_archive_that_hides_too_much(self):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/worksheets/sheet1.xml", bytes(6 * row_file.MOST_BYTES))

        assert len(out.getvalue()) < 1_000_000
        assert file_problems(out.getvalue(), "u.xlsx") == [(Code.TOO_LARGE,)]

    def test_refuses_more_rows_than_the_limit_and_takes_as_many(self):
        lines = [(str(n), "ULP", "ULP", "MLG", "Asia/Jakarta") for n in range(row_file.MOST_ROWS + 1)]

        assert len(unit_file.read(as_csv(lines[:-1]), "u.csv")) == row_file.MOST_ROWS
        assert file_problems(as_csv(lines), "u.csv") == [(Code.TOO_MANY, "rows")]

    @given(content=st.binary(max_size=200), name=st.sampled_from(["u.csv", "u.xlsx"]))
    def test_refuses_noise_and_never_fails(self, content, name):
        assert file_problems(content, name)
