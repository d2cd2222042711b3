from piccolo.columns import UUID, ForeignKey, Text, Timestamptz
from piccolo.table import Table

from jejak.domain.db import DB, new_id
from jejak.domain.tables.person import Person


class CalendarFeed(Table, db=DB, tablename="calendar_feed"):
    """A secret link by which a calendar program reads a person's due dates; revoked ones stay as history."""

    id = UUID(primary_key=True, default=new_id)
    person_id = ForeignKey(Person, null=False)
    token_hash = Text(secret=True)
    created_at = Timestamptz()
    used_at = Timestamptz(null=True, default=None)
    revoked_at = Timestamptz(null=True, default=None)
