from piccolo.columns import JSONB, UUID, Date, ForeignKey, Integer, Text, Timestamptz
from piccolo.table import Table

from jejak.domain.db import DB, new_id
from jejak.domain.tables.person import Person
from jejak.domain.tables.unit import Unit


class Report(Table, db=DB, tablename="report"):
    """R11: a unit's month. What is published never changes: a trigger refuses it.

    `month`: its first day. `digest`: SHA-256 of the canonical content. `publisher`: the name of who published it, then.
    """

    id = UUID(primary_key=True, default=new_id)
    unit_id = ForeignKey(Unit, null=False)
    month = Date()
    state = Text()
    content = JSONB()
    formula_version = Integer()
    digest = Text()
    computed_at = Timestamptz()
    published_at = Timestamptz(null=True, default=None)
    published_by = ForeignKey(Person, null=True)
    publisher = Text(null=True, default=None)
    version = Integer(default=1)
    created_at = Timestamptz()
