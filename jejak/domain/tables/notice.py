from piccolo.columns import UUID, Boolean, Date, ForeignKey, Integer, SmallInt, Text, Timestamptz
from piccolo.table import Table

from jejak.domain.db import DB, new_id
from jejak.domain.tables.alert import Alert
from jejak.domain.tables.channel import WebhookEndpoint
from jejak.domain.tables.person import Person
from jejak.domain.tables.task import Task
from jejak.domain.tables.unit import Unit


class Ladder(Table, db=DB, tablename="ladder"):
    """A version of the reminder ladder (R6); a task follows the one in force when its due date was set.

    `unit_id`: the region whose own it is; null for the whole programme's. `inherits`: the region has the programme's
    again. Versions are counted over all of them. `snooze_limit_days`: working days in all by which an owner may put
    off the reminders of one due date; `acknowledge_days`: working days for which an acknowledgement holds the rungs above.
    """

    id = UUID(primary_key=True, default=new_id)
    version = Integer()
    unit_id = ForeignKey(Unit, null=True)
    created_by = ForeignKey(Person, null=True)
    inherits = Boolean(default=False)
    snooze_limit_days = SmallInt(default=5)
    acknowledge_days = SmallInt(default=3)
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
    """What one person is told in one run; the unit that channels deliver, once it is no longer `open`."""

    id = UUID(primary_key=True, default=new_id)
    person_id = ForeignKey(Person, null=False)
    open = Boolean(default=False)
    created_at = Timestamptz()


class Vacancy(Table, db=DB, tablename="vacancy"):
    """A unit that was passed over because nobody held MANAGER at it, until somebody does."""

    id = UUID(primary_key=True, default=new_id)
    unit_id = ForeignKey(Unit, null=False)
    opened_at = Timestamptz()
    closed_at = Timestamptz(null=True, default=None)


class Notice(Table, db=DB, tablename="notice"):
    """`unit_id`: the unit at which the person holds the role by which they are told; its working time is theirs.

    Unique, for ever, by what it is of: the reminder; the task and how many changes of status it had had (`occasion`),
    or, where it was handed over, the version that it got by that; the vacancy; the alert. `channel`, `endpoint_id`: of CHANNEL_PAUSED.
    """

    id = UUID(primary_key=True, default=new_id)
    person_id = ForeignKey(Person, null=False)
    digest_id = ForeignKey(Digest, null=False)
    unit_id = ForeignKey(Unit, null=False)
    kind = Text()
    task_id = ForeignKey(Task, null=True)
    reminder_id = ForeignKey(Reminder, null=True)
    occasion = Integer(null=True, default=None)
    vacancy_id = ForeignKey(Vacancy, null=True)
    due_on = Date(null=True, default=None)
    channel = Text(null=True, default=None)
    endpoint_id = ForeignKey(WebhookEndpoint, null=True)
    alert_id = ForeignKey(Alert, null=True)
    created_at = Timestamptz()
    read_at = Timestamptz(null=True, default=None)


class TaskCall(Table, db=DB, tablename="task_call"):
    """A task that is blocked or handed in, as long as nobody has been told; kept by a trigger."""

    id = UUID(primary_key=True)
    task_id = ForeignKey(Task, null=False)


class HandOverCall(Table, db=DB, tablename="hand_over_call"):
    """A task that was handed over to a person who has not been told. `occasion`: the version that it got by that."""

    id = UUID(primary_key=True, default=new_id)
    task_id = ForeignKey(Task, null=False)
    person_id = ForeignKey(Person, null=False)
    occasion = Integer()


class Snooze(Table, db=DB, tablename="snooze"):
    """That an owner put off the reminders of a due date, last on `set_on`; `spent_days`: working days until then."""

    id = UUID(primary_key=True, default=new_id)
    task_id = ForeignKey(Task, null=False)
    due_on = Date()
    set_on = Date()
    until = Date()
    spent_days = SmallInt()


class Acknowledgement(Table, db=DB, tablename="acknowledgement"):
    """That somebody takes care of an escalated task: the rungs above hold until `until`."""

    id = UUID(primary_key=True, default=new_id)
    task_id = ForeignKey(Task, null=False)
    due_on = Date()
    reminder_id = ForeignKey(Reminder, null=False)
    offset_days = SmallInt()
    audience = Text()
    acknowledged_by = ForeignKey(Person, null=False)
    at = Timestamptz()
    until = Date()
    note = Text()
