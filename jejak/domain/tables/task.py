from piccolo.columns import UUID, BigInt, Date, ForeignKey, Integer, SmallInt, Text, Timestamptz
from piccolo.table import Table

from jejak.domain.db import DB, new_id
from jejak.domain.tables.alert import Alert
from jejak.domain.tables.journey import PainPoint
from jejak.domain.tables.person import Person
from jejak.domain.tables.programme import Initiative
from jejak.domain.tables.rollout import Rollout
from jejak.domain.tables.unit import Unit


class Task(Table, db=DB, tablename="task"):
    """R4, and its clock (R7): `due_at` as far as it has been moved by `stopped_seconds` of working time; `stopped_at`
    while the task is with somebody else or done.
    """

    id = UUID(primary_key=True, default=new_id)
    initiative_id = ForeignKey(Initiative, null=False)
    unit_id = ForeignKey(Unit, null=False)
    region_id = ForeignKey(Unit, null=True)  # written by triggers
    pain_point_id = ForeignKey(PainPoint, null=True)
    rollout_id = ForeignKey(Rollout, null=True, default=None)
    alert_id = ForeignKey(Alert, null=True, default=None)
    title = Text()
    description = Text()
    owner_id = ForeignKey(Person, null=False)
    weight = Integer(default=1)
    due_on = Date()
    status = Text()
    progress = SmallInt(default=0)
    status_reason = Text(null=True, default=None)
    progress_before = SmallInt(null=True, default=None)
    blocked_from = Text(null=True, default=None)
    blocked_from_reason = Text(null=True, default=None)
    submitted_by = ForeignKey(Person, null=True)
    verified_by = ForeignKey(Person, null=True)
    status_nth = Integer(default=0)  # how often its status has changed, counted by a trigger
    verified_at = Timestamptz(null=True, default=None)
    due_at = Timestamptz(null=True, default=None)
    stopped_at = Timestamptz(null=True, default=None)
    stopped_seconds = BigInt(default=0)
    version = Integer(default=1)
    created_at = Timestamptz()
    updated_at = Timestamptz()


class Evidence(Table, db=DB, tablename="evidence"):
    """What shows that a task's work was done: a note, a link, or both."""

    id = UUID(primary_key=True, default=new_id)
    task_id = ForeignKey(Task, null=False)
    note = Text()
    url = Text(null=True, default=None)
    added_by = ForeignKey(Person, null=False)
    added_at = Timestamptz()
