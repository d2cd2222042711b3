from piccolo.columns import UUID, Date, ForeignKey, Integer, SmallInt, Text, Timestamptz
from piccolo.table import Table

from jejak.domain.db import DB, new_id
from jejak.domain.tables.channel import WebhookEndpoint
from jejak.domain.tables.person import Person
from jejak.domain.tables.task import Task
from jejak.domain.tables.unit import Unit


class Ladder(Table, db=DB, tablename="ladder"):
    """A version of the reminder ladder (R6); a task follows the one in force when its due date was set."""

    id = UUID(primary_key=True, default=new_id)
    version = Integer()
    created_at = Timestamptz()


class Rung(Table, db=DB, tablename="rung"):
    """`offset_days`: working days, negative before the due date, positive after it."""

    id = UUID(primary_key=True, default=new_id)
    ladder_id = ForeignKey(Ladder, null=False)
    offset_days = SmallInt()
    audience = Text()


class Reminder(Table, db=DB, tablename="reminder"):
    """The ledger of R6: a rung planned for a task's due date, and what became of it. Unique, for ever."""

    id = UUID(primary_key=True, default=new_id)
    task_id = ForeignKey(Task, null=False)
    due_on = Date()
    rung_id = ForeignKey(Rung, null=False)
    offset_days = SmallInt()
    audience = Text()
    remind_on = Date()
    outcome = Text(null=True, default=None)
    settled_at = Timestamptz(null=True, default=None)


class Digest(Table, db=DB, tablename="digest"):
    """What one person is told in one run; the unit that channels deliver."""

    id = UUID(primary_key=True, default=new_id)
    person_id = ForeignKey(Person, null=False)
    created_at = Timestamptz()


class Notice(Table, db=DB, tablename="notice"):
    """`unit_id`: where its person holds the role by which they are told. `channel`, `endpoint_id`: of CHANNEL_PAUSED."""

    id = UUID(primary_key=True, default=new_id)
    person_id = ForeignKey(Person, null=False)
    digest_id = ForeignKey(Digest, null=False)
    kind = Text()
    task_id = ForeignKey(Task, null=True)
    reminder_id = ForeignKey(Reminder, null=True)
    due_on = Date(null=True, default=None)
    unit_id = ForeignKey(Unit, null=True)
    channel = Text(null=True, default=None)
    endpoint_id = ForeignKey(WebhookEndpoint, null=True)
    created_at = Timestamptz()
    read_at = Timestamptz(null=True, default=None)
