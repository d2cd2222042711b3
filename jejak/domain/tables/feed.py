from piccolo.columns import UUID, BigSerial, ForeignKey, Text, Timestamptz
from piccolo.table import Table

from jejak.domain.db import DB
from jejak.domain.tables.person import Person
from jejak.domain.tables.unit import Unit


class Feed(Table, db=DB, tablename="feed"):
    """What subscriptions follow. `position` orders it and would tell how much happens; `id` is what is shown."""

    position = BigSerial(primary_key=True)
    id = UUID(default=None)
    at = Timestamptz()
    topic = Text()
    kind = Text(null=True)
    subject_id = UUID(default=None)
    unit_id = ForeignKey(Unit, null=True)
    person_id = ForeignKey(Person, null=True)
