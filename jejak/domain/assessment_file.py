"""A file of assessments, or of what was published of them, CSV or XLSX, as rows of an import."""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

from jejak.domain import row_file
from jejak.domain.assessment_content import NewScore, is_score
from jejak.domain.assessment_import import AssessmentRow
from jejak.domain.bulk import Unread
from jejak.domain.checks import Checks
from jejak.domain.errors import Code
from jejak.domain.row_file import Layout
from jejak.domain.wave_result import ResultRow

_UNIT = {"unit": "unit_code", "ulp": "unit_code", "kodeunit": "unit_code", "kodeulp": "unit_code"}
_ASSESSMENT = {"tanggal": "visited_on", "tanggalkunjungan": "visited_on", "catatan": "note"}
_RESULTS = Layout(
    ("unit_code", "score", "dimension_code"),
    _UNIT | {"nilai": "score", "dimensi": "dimension_code", "dimension": "dimension_code"},
    optional=frozenset({"dimension_code"}),
)
_NOT_APPLICABLE = frozenset({"NA", "N/A", "TB", "TIDAK BERLAKU", "-"})
_DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")


def read(
    content: bytes, filename: str, codes: Sequence[str]
) -> tuple[list[int], list[AssessmentRow | Unread]]:
    """The assessments of a file that has a column for each of the items that are known of, by their `codes`, and where
    each stands in it: in a spreadsheet the header is row 1. An empty cell is left out, NA does not apply.

    A row with a date or score that is none is there as unread. Refuses as `row_file.read`.
    """
    items = {re.sub(r"[\s_-]+", "", code).casefold(): code for code in codes}
    layout = Layout(
        ("unit_code", "visited_on", "note", *codes),
        _UNIT | _ASSESSMENT | items,
        optional=frozenset({"note", *codes}),
    )
    lines = row_file.read(content, filename, layout)
    return [number for number, _ in lines], [_row(at, cells, codes) for at, (_, cells) in enumerate(lines)]


def read_results(content: bytes, filename: str) -> tuple[list[int], list[ResultRow | Unread]]:
    """The published scores of a file, in the same way; without a dimension a row is of the whole."""
    lines = row_file.read(content, filename, _RESULTS)
    return [number for number, _ in lines], [_result(at, cells) for at, (_, cells) in enumerate(lines)]


def _row(position: int, cells: dict[str, str], codes: Sequence[str]) -> AssessmentRow | Unread:
    checks = Checks(("rows", position))
    day = _day(checks, cells["visited_on"])
    scores = []
    for code in codes:
        if cells[code].upper() in _NOT_APPLICABLE:
            scores.append(NewScore(code, not_applicable=True))
        elif cells[code]:
            scores.append(NewScore(code, _number(checks, cells[code], code)))
    if checks.problems or day is None:
        return Unread(tuple(checks.problems))
    return AssessmentRow(cells["unit_code"], day, scores, cells["note"])


def _result(position: int, cells: dict[str, str]) -> ResultRow | Unread:
    checks = Checks(("rows", position))
    score = _number(checks, cells["score"], "score")
    if checks.problems:
        return Unread(tuple(checks.problems))
    return ResultRow(cells["unit_code"], score, cells["dimension_code"] or None)


def _number(checks: Checks, text: str, column: str) -> Decimal:
    """Refuses INVALID_SCORE for what is no score: what an import says of one names no column."""
    try:
        number = Decimal(text.removesuffix("%").strip().replace(",", "."))
    except InvalidOperation:
        number = Decimal("nan")
    if not is_score(number):
        checks.refuse(Code.INVALID_SCORE, column)
        return Decimal(0)
    return number


def _day(checks: Checks, text: str) -> date | None:
    """ISO, as spreadsheets store it with a time, or day first, as it is written in Indonesia."""
    try:
        if found := _DAY_FIRST.fullmatch(text):
            day, month, year = (int(part) for part in found.groups())
            return date(year, month, day)
        return date.fromisoformat(text[:10])
    except ValueError:
        checks.refuse(Code.INVALID_DATE, "visited_on")
        return None
