"""R11: a report as PDF, for paper and for the board. The same report gives the same bytes.

What people have written is handed to the typesetter as data and never becomes part of its program. Only its own fonts are
used, so that every machine sets the same pages.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from importlib.resources import files
from typing import Any

import orjson
import typst

from jejak.documents import report_texts
from jejak.documents.report_view import (
    Bars,
    Chart,
    Column,
    Document,
    Intervals,
    Kind,
    Section,
    Shares,
    Table,
    Tile,
    Value,
)
from jejak.domain.vocabulary import Language

# To be counted up with every change of the pages, which caches elsewhere know them by.
TEMPLATE_VERSION = 1
_TEMPLATE = files("jejak.documents").joinpath("report.typ").read_bytes()
_SIGNED = frozenset({Kind.CHANGE, Kind.COUNT_CHANGE})
_NONE = "–"  # noqa: RUF001 -- a dash, as in tables
# A word that no line can hold is broken after so many letters.
_ENDLESS = re.compile(r"\S{24}(?=\S)")


def written(document: Document, language: Language, at: datetime) -> bytes:
    """The pages. `at`: when it was computed or published, which the file bears as its date. Takes a part of a second."""
    told = orjson.dumps(_told(document, language)).decode()
    pdf: bytes = typst.compile(
        _TEMPLATE,
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs={"document": told},
        timestamp=int(at.timestamp()),
    )
    return pdf


def _told(document: Document, language: Language) -> dict[str, Any]:
    words = ("page", "of", "summary", "definitions", "motto", "nothing")
    return {
        "language": language.value,
        "words": {name: report_texts.word(name, language) for name in words},
        **{name: _breakable(getattr(document, name)) for name in ("title", "month", "unit", "code", "above")},
        "mark": document.mark,
        "warning": document.warning,
        "facts": [[label, _breakable(value)] for label, value in document.facts],
        "tiles": [_tile(tile, language) for tile in document.tiles],
        "sections": [_section(section, language) for section in document.sections],
        "definitions": document.definitions,
        "closing": document.closing,
    }


def _tile(tile: Tile, language: Language) -> dict[str, str]:
    return {
        "label": tile.label,
        "value": _said(tile.value, tile.kind, language),
        "change": _said(tile.change, tile.change_kind, language),
        "note": tile.note,
    }


def _section(section: Section, language: Language) -> dict[str, Any]:
    return {
        "title": section.title,
        "notes": section.notes,
        "charts": [_chart(chart, language) for chart in section.charts],
        "tables": [_table(table, language) for table in section.tables],
    }


def _table(table: Table, language: Language) -> dict[str, Any]:
    columns = list(_joined_columns(table.columns, language))
    return {
        "title": _breakable(table.title),
        "columns": [
            {"title": column.title, "group": column.group, "text": column.kind is Kind.TEXT}
            for column in columns
        ],
        "rows": [list(_joined(row, table.columns, language)) for row in table.rows],
        "total": table.total,
    }


def _joined_columns(columns: Sequence[Column], language: Language) -> Iterator[Column]:
    for column in columns:
        if column.kind is Kind.LOW:
            yield Column(report_texts.word("interval", language), Kind.HIGH, column.group)
        elif column.kind not in {Kind.HIGH, Kind.MARK}:
            yield column


def _joined(row: Sequence[Value], columns: Sequence[Column], language: Language) -> Iterator[str]:
    """An interval is one column, and a mark an asterisk after what it marks."""
    cells = list(zip(row, columns, strict=True))
    for place, (value, column) in enumerate(cells):
        said = _said(value, column.kind, language)
        following = cells[place + 1] if place + 1 < len(cells) else None
        match column.kind:
            case Kind.LOW:
                assert following is not None  # noqa: S101 -- so intervals are declared
                high = _said(following[0], Kind.HIGH, language)
                yield _NONE if value is None else f"{said} … {high}"
            case Kind.HIGH | Kind.MARK:
                continue
            case _:
                marked = following is not None and following[1].kind is Kind.MARK and following[0]
                yield f"{said}*" if marked else said


def _said(value: Value, kind: Kind, language: Language) -> str:
    if value is None:
        return _NONE
    if isinstance(value, str):
        return _breakable(value)
    return report_texts.number(value, language, signed=kind in _SIGNED)


def _chart(chart: Chart, language: Language) -> dict[str, Any]:
    match chart:
        case Bars():
            bars = [
                {
                    "label": _breakable(bar.label),
                    "value": None if bar.value is None else float(bar.value),
                    "lighter": None if bar.lighter is None else float(bar.lighter),
                    "said": _said(bar.value, Kind.FIGURE, language),
                }
                for bar in chart.bars
            ]
            return {"kind": "bars", "title": _breakable(chart.title), "legend": chart.legend, "bars": bars}
        case Intervals():
            intervals = [
                {
                    "label": one.label,
                    "said": _said(one.value, Kind.FIGURE, language),
                    **{
                        name: None if (value := getattr(one, name)) is None else float(value)
                        for name in ("value", "low", "high", "before", "target")
                    },
                }
                for one in chart.intervals
            ]
            return {
                "kind": "intervals",
                "title": chart.title,
                "legend": chart.legend,
                "least": chart.least,
                "intervals": intervals,
            }
        case Shares():
            shares = [
                {"label": one.label, "counts": one.counts, "first": one.first_score} for one in chart.shares
            ]
            return {"kind": "shares", "title": chart.title, "shares": shares}


def _breakable(text: str) -> str:
    return _ENDLESS.sub(lambda found: found[0] + "\u200b", text)
