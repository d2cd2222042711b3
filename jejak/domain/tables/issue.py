from piccolo.columns import UUID, ForeignKey, Integer, Text, Timestamptz
from piccolo.table import Table

from jejak.domain.db import DB, new_id
from jejak.domain.tables.person import Person


class Issue(Table, db=DB, tablename="issue"):
    """R3: pain points of many units that are the same problem. Which they are stands at each of them."""

    id = UUID(primary_key=True, default=new_id)
    title = Text()
    description = Text()
    category = Text()
    status = Text()
    close_reason = Text(null=True, default=None)
    closed_at = Timestamptz(null=True, default=None)
    created_by = ForeignKey(Person, null=True, default=None)
    version = Integer(default=1)
    created_at = Timestamptz()
    updated_at = Timestamptz()
