from typing import Any

from piccolo.columns import UUID, ForeignKey, Text, Timestamptz
from piccolo.columns.base import Column
from piccolo.table import Table

from jejak.domain.db import DB
from jejak.domain.tables.unit import Unit


class TsVector(Column):
    """PostgreSQL's type for the words of a text; written and read inside the database only."""

    value_type = str

    def __init__(self, **options: Any) -> None:
        super().__init__(default=None, **options)

    @property
    def column_type(self) -> str:
        return "TSVECTOR"


class SearchEntry(Table, db=DB, tablename="search_entry"):
    """What is found by its words: under the id of the journey, pain point or task. Triggers write it."""

    id = UUID(primary_key=True)
    kind = Text()
    unit_id = ForeignKey(Unit, null=False)
    created_at = Timestamptz()
    words = TsVector()
