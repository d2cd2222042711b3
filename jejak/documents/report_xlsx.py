"""R11: a report as a workbook, for who wants to reckon on: numbers are numbers, and texts never formulas.

The same report gives the same bytes.
"""

import io
import re
import zipfile
from collections.abc import Sequence
from datetime import datetime

from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.chart import BarChart, Reference
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.xml.functions import tostring

from jejak.documents import report_texts
from jejak.documents.report_view import Column, Document, Kind, Section, Table, Value
from jejak.domain.vocabulary import Language

# To be counted up with every change of the sheets, which caches elsewhere know them by.
TEMPLATE_VERSION = 1
_FORMATS = {
    Kind.COUNT: "#,##0",
    Kind.COUNT_CHANGE: "+#,##0;-#,##0;0",
    Kind.FIGURE: "0.00",
    Kind.LOW: "0.00",
    Kind.HIGH: "0.00",
    Kind.CHANGE: "+0.00;-0.00;0.00",
}
_TITLE, _HEAD, _BOLD = (
    Font(bold=True, size=14, color="12507B"),
    Font(bold=True, color="66717D"),
    Font(bold=True),
)
_LINE = Border(bottom=Side(style="thin", color="C3CCD4"))
_CHART_ROWS = 16
_LONGEST_NAME = 31
_NOT_IN_NAMES = re.compile(r"[\\/*?:\[\]]")
# What no XML may hold, and what a spreadsheet takes for a formula once somebody edits it.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_FORMULA = ("=", "+", "-", "@")
_EPOCH = (1980, 1, 1, 0, 0, 0)
_CORE = "docProps/core.xml"


def written(document: Document, language: Language, at: datetime) -> bytes:
    """The workbook. `at`: when it was computed or published, which the file bears as its date."""
    book = Workbook()
    first = book.active
    assert isinstance(first, Worksheet)  # noqa: S101 -- of a new workbook
    first.title = _name(report_texts.word("summary", language))
    _summary(first, document)
    for section in document.sections:
        _section(book.create_sheet(_name(section.title)), section)
    _definitions(book.create_sheet(_name(report_texts.word("definitions", language))), document, language)
    properties, moment = book.properties, at.replace(tzinfo=None, microsecond=0)
    properties.creator, properties.created = "Jejak", moment
    properties.title = _plain(f"{document.title} {document.month}, {document.unit}")
    made = io.BytesIO()
    book.save(made)
    # Saving has taken the clock's time.
    properties.modified = moment
    return _without_clock(made, tostring(properties.to_tree()))


def _without_clock(made: io.BytesIO, core: bytes) -> bytes:
    again = io.BytesIO()
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(again, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            told = zipfile.ZipInfo(name, _EPOCH)
            told.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(told, core if name == _CORE else old.read(name))
    return again.getvalue()


def _summary(sheet: Worksheet, document: Document) -> None:
    row = _headed(sheet, f"{document.title} {document.month}")
    above = f"{document.above} / " if document.above else ""
    for text in (f"{above}{document.unit} ({document.code})", document.mark, document.warning):
        if text:
            _text(sheet, (row, 1), text, _BOLD)
            row += 1
    for label, value in document.facts:
        _text(sheet, (row, 1), label)
        _text(sheet, (row, 2), value)
        row += 1
    row += 1
    for place, column in enumerate(document.summary.columns, 1):
        _text(sheet, (row, place), column.title, _HEAD)
    for tile in document.tiles:
        row += 1
        _text(sheet, (row, 1), tile.label)
        _value(sheet, (row, 2), tile.value, tile.kind)
        _value(sheet, (row, 3), tile.change, tile.change_kind)
        _text(sheet, (row, 4), tile.note)
    _widths(sheet, (34, 24, 16, 40))


def _section(sheet: Worksheet, section: Section) -> None:
    row = _headed(sheet, section.title)
    for table in section.tables:
        row = _table(sheet, table, row, section.title)
    for note in section.notes:
        _text(sheet, (row, 1), note)
        row += 1
    columns = max((len(table.columns) for table in section.tables), default=1)
    texts = {
        place
        for table in section.tables
        for place, column in enumerate(table.columns)
        if column.kind is Kind.TEXT and not place > 2
    }
    _widths(sheet, [42 if place in texts else 12 for place in range(columns)])
    sheet.freeze_panes = "A3"


def _table(sheet: Worksheet, table: Table, row: int, name: str) -> int:
    """Writes it from `row` on, a chart of it below; the row after both."""
    if table.title:
        _text(sheet, (row, 1), table.title, _BOLD)
        row += 1
    for place, column in enumerate(table.columns, 1):
        head = _text(sheet, (row, place), _title(column), _HEAD)
        head.border, head.alignment = _LINE, Alignment(wrap_text=True, vertical="bottom")
    first = row + 1
    for number, values in enumerate(table.rows):
        row += 1
        for place, (value, column) in enumerate(zip(values, table.columns, strict=True), 1):
            cell = _value(sheet, (row, place), value, column.kind)
            if table.total and number == len(table.rows) - 1:
                cell.font = _BOLD
    last = row - (1 if table.total else 0)
    if table.plotted and last >= first:
        row = _plotted(sheet, table, (first, last), row + 2, table.title or name)
    return row + 2


def _plotted(sheet: Worksheet, table: Table, rows: tuple[int, int], at: int, title: str) -> int:
    chart = BarChart()
    chart.type, chart.title, chart.height, chart.width = "bar", _plain(title), 7.5, 22
    first, last = rows
    for place in table.plotted:
        values = Reference(sheet, min_col=place + 1, min_row=first - 1, max_row=last)
        chart.add_data(values, titles_from_data=True)
    label = next(place for place, column in enumerate(table.columns, 1) if column.kind is Kind.TEXT)
    chart.set_categories(Reference(sheet, min_col=label, min_row=first, max_row=last))
    chart.y_axis.delete = chart.x_axis.delete = False
    chart.x_axis.scaling.orientation = "maxMin"
    sheet.add_chart(chart, f"A{at}")
    return at + _CHART_ROWS


def _definitions(sheet: Worksheet, document: Document, language: Language) -> None:
    row = _headed(sheet, report_texts.word("definitions", language))
    for term, meaning in (*document.definitions, *document.closing):
        _text(sheet, (row, 1), term, _BOLD)
        _text(sheet, (row, 2), meaning).alignment = Alignment(wrap_text=True, vertical="top")
        row += 1
    _widths(sheet, (32, 110))


def _headed(sheet: Worksheet, title: str) -> int:
    _text(sheet, (1, 1), title, _TITLE)
    return 3


def _title(column: Column) -> str:
    return f"{column.group} {column.title}".strip()


def _value(sheet: Worksheet, at: tuple[int, int], value: Value, kind: Kind) -> Cell:
    if isinstance(value, str):
        return _text(sheet, at, value)
    cell = _cell(sheet, at)
    if value is not None:
        cell.value = value
        cell.number_format = _FORMATS[kind]
    return cell


def _text(sheet: Worksheet, at: tuple[int, int], text: str, font: Font | None = None) -> Cell:
    cell = _cell(sheet, at)
    cell.value = _plain(text)
    # Whatever it begins with.
    cell.data_type = "s"
    if text.startswith(_FORMULA):
        cell.quotePrefix = True
    if font is not None:
        cell.font = font
    return cell


def _cell(sheet: Worksheet, at: tuple[int, int]) -> Cell:
    cell = sheet.cell(*at)
    assert isinstance(cell, Cell)  # noqa: S101 -- nothing is merged
    return cell


def _plain(text: str) -> str:
    return _UNWRITABLE.sub("\ufffd", text)


def _name(title: str) -> str:
    return _NOT_IN_NAMES.sub(" ", title)[:_LONGEST_NAME]


def _widths(sheet: Worksheet, widths: Sequence[float]) -> None:
    for place, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(place)].width = width
