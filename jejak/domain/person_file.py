"""A file of people, CSV or XLSX, as rows of an import."""

from enum import StrEnum
from typing import TypeVar

from jejak.domain import row_file
from jejak.domain.bulk import Unread
from jejak.domain.checks import Checks
from jejak.domain.errors import Code
from jejak.domain.person_import import PersonRow
from jejak.domain.row_file import Layout
from jejak.domain.vocabulary import Language, Role

E = TypeVar("E", bound=StrEnum)
_LAYOUT = Layout(
    ("email", "name", "unit_code", "role", "ranger", "language"),
    {
        "surel": "email",
        "nama": "name",
        "unit": "unit_code",
        "kodeunit": "unit_code",
        "peran": "role",
        "picranger": "ranger",
        "bahasa": "language",
    },
    optional=frozenset({"ranger", "language"}),
)
_YES = frozenset({"YES", "YA", "Y", "TRUE", "1", "X"})
_NO = frozenset({"NO", "TIDAK", "N", "T", "FALSE", "0", "-", ""})


def read(content: bytes, filename: str) -> tuple[list[int], list[PersonRow | Unread]]:
    """The people of a file, and where each stands in it: in a spreadsheet the header is row 1.

    A row with INVALID_CHOICE is there as unread. Refuses as `row_file.read`.
    """
    lines = row_file.read(content, filename, _LAYOUT)
    return [number for number, _ in lines], [_row(at, cells) for at, (_, cells) in enumerate(lines)]


def _row(position: int, cells: dict[str, str]) -> PersonRow | Unread:
    checks = Checks(("rows", position))
    role = _choice(checks, cells, "role", Role)
    language = _choice(checks, cells | {"language": cells["language"] or Language.ID}, "language", Language)
    ranger = cells["ranger"].upper()
    if ranger not in _YES | _NO:
        checks.refuse(Code.INVALID_CHOICE, "ranger", choices="yes / no")
    if role is None or language is None or checks.problems:
        return Unread(tuple(checks.problems))
    return PersonRow(
        email=cells["email"],
        name=cells["name"],
        role=role,
        language=language,
        unit_code=cells["unit_code"],
        ranger=ranger in _YES,
    )


def _choice(checks: Checks, cells: dict[str, str], column: str, kind: type[E]) -> E | None:
    found = {one.upper(): one for one in kind}.get(cells[column].upper())
    if found is None:
        checks.refuse(Code.INVALID_CHOICE, column, choices=" / ".join(one.name for one in kind))
    return found
