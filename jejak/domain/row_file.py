"""A file that people make, CSV or XLSX, as rows of text. What the cells must say is the import's to check."""

import codecs
import csv
import io
import re
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import PurePath
from typing import Any

from openpyxl import load_workbook

from jejak.domain.checks import Checks
from jejak.domain.errors import Code, Refused

MOST_BYTES = 20 * 1024 * 1024
MOST_ROWS = 20_000
# An XLSX is packed: a small one can hide gigabytes.
_MOST_UNPACKED = 5 * MOST_BYTES
# The last row that a spreadsheet can have, and more columns than a list of ours needs: openpyxl fills gaps with blanks.
_LAST_ROW, _LAST_COLUMN = 1_048_576, 100


# How Excel's "Unicode text" and Google's exports begin, which else are no text at all.
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a file. `also`: what people call them besides; `optional`: those that may be missing."""

    columns: tuple[str, ...]
    also: Mapping[str, str]
    optional: frozenset[str] = frozenset()

    def column(self, header: str) -> str:
        """Ours that a header cell names; "" for what is not ours."""
        names = {column.replace("_", ""): column for column in self.columns} | dict(self.also)
        return names.get(re.sub(r"[\s_-]+", "", header).casefold(), "")


# The row as people see it in a spreadsheet, where the header is row 1, and its cells by column, trimmed.
Line = tuple[int, dict[str, str]]


def read(content: bytes, filename: str, layout: Layout, most: int = MOST_ROWS) -> list[Line]:
    """The rows of the file that are not blank. Paths of problems are `("rows", number, column)`.

    Refuses TOO_LARGE, TOO_MANY (rows), UNREADABLE_FILE (or of an unknown type), and at the header REQUIRED for a
    missing column and TAKEN for one that is there twice.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl's, on styles and extensions that it does not keep
        lines = enumerate(_lines(content, filename), 1)
        _, header = next(lines, (1, []))
        columns = _columns(header, layout)
        rows: list[Line] = []
        for number, line in lines:
            cells = dict.fromkeys(layout.columns, "")
            cells |= dict(zip_longest(columns, line[: len(columns)], fillvalue=""))
            cells.pop("", None)
            if any(cells.values()):
                rows.append((number, cells))
            if len(rows) > most:
                raise Refused(Code.TOO_MANY, "rows", most=most)
    return rows


def _columns(header: list[str], layout: Layout) -> list[str]:
    columns = [layout.column(cell) for cell in header]
    with Checks(("rows", 1)) as checks:
        for column in layout.columns:
            if columns.count(column) > 1:
                checks.refuse(Code.TAKEN, column)
            elif column not in columns and column not in layout.optional:
                checks.refuse(Code.REQUIRED, column)
    return columns


def _lines(content: bytes, filename: str) -> Iterator[list[str]]:
    if len(content) > MOST_BYTES:
        raise Refused(Code.TOO_LARGE)
    match PurePath(filename).suffix.lower():
        case ".csv" | ".tsv" | ".txt":
            return _csv(content)
        case ".xlsx":
            return _xlsx(content)
    raise Refused(Code.UNREADABLE_FILE)


def _csv(content: bytes) -> Iterator[list[str]]:
    number = 0
    try:
        text = content.decode("utf-16" if content.startswith(_UTF_16) else "utf-8-sig")
        header = re.split(r"[\r\n]", text, maxsplit=1)[0]
        delimiter = max(",;\t", key=header.count)
        # Strict, since a quote left open would otherwise swallow the rest of the file.
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        for number, line in enumerate(lines, 1):  # noqa: B007 -- read where the next line fails
            yield [cell.strip() for cell in line]
    except UnicodeDecodeError:
        raise Refused(Code.UNREADABLE_FILE) from None
    except csv.Error:
        raise Refused(Code.UNREADABLE_FILE, "rows", number + 1) from None


def _xlsx(content: bytes) -> Iterator[list[str]]:
    try:
        for line in _sheet(content).iter_rows(max_row=_LAST_ROW, max_col=_LAST_COLUMN, values_only=True):
            yield [_text(value) for value in line] if any(line) else []
    except Refused:
        raise
    except Exception:  # noqa: BLE001 -- on a broken file openpyxl raises whatever its innards do
        raise Refused(Code.UNREADABLE_FILE) from None


def _sheet(content: bytes) -> Any:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(part.file_size for part in archive.infolist()) > _MOST_UNPACKED:
            raise Refused(Code.TOO_LARGE)
    sheet: Any = load_workbook(io.BytesIO(content), read_only=True, data_only=True).worksheets[0]
    sheet.reset_dimensions()  # what some programs write there is wrong, and rows would be missing
    return sheet


def _text(value: object) -> str:
    """A code of digits is a number to a spreadsheet."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value).strip()
