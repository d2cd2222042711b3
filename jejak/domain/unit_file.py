"""A file of units, CSV or XLSX, as rows of text. What the cells must say is the import's to check."""

from dataclasses import dataclass

from jejak.domain import row_file
from jejak.domain.row_file import Layout

COLUMNS = ("code", "name", "kind", "parent_code", "timezone")
_LAYOUT = Layout(
    COLUMNS,
    {"kode": "code", "nama": "name", "jenis": "kind", "induk": "parent_code", "zonawaktu": "timezone"},
)


@dataclass(frozen=True, slots=True)
class Row:
    """A unit as the file has it. `number` says where it stands: in a spreadsheet the header is row 1."""

    number: int
    code: str
    name: str
    kind: str
    parent_code: str
    timezone: str


def read(content: bytes, filename: str) -> list[Row]:
    """The units of a file. Refuses as `row_file.read`."""
    return [Row(number, **cells) for number, cells in row_file.read(content, filename, _LAYOUT)]
