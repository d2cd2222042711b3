from piccolo.columns import UUID, Array, Date, ForeignKey, Integer, SmallInt, Text, Timestamptz
from piccolo.table import Table

from jejak.domain.db import DB, new_id
from jejak.domain.tables.issue import Issue
from jejak.domain.tables.person import Person
from jejak.domain.tables.programme import Initiative
from jejak.domain.tables.unit import Unit


class Recurrence(Table, db=DB, tablename="recurrence"):
    """A rollout that comes again, by an RFC 5545 rule.

    `unit_id`: below which it lies. The scope: open units of `kinds` at and below `top_id`, and `unit_ids` besides.
    `upcoming`: its next days, of which none has been made or skipped. `skipped`: those that were over before they
    could be made.
    """

    id = UUID(primary_key=True, default=new_id)
    initiative_id = ForeignKey(Initiative, null=False)
    unit_id = ForeignKey(Unit, null=False)
    top_id = ForeignKey(Unit, null=True, default=None)
    kinds = Array(base_column=Text())
    unit_ids = Array(base_column=UUID())
    title = Text()
    description = Text()
    weight = Integer(default=1)
    rule = Text()
    start_on = Date()
    lead_days = SmallInt()
    upcoming = Array(base_column=Date())
    skipped = Integer(default=0)
    ended_at = Timestamptz(null=True, default=None)
    created_by = ForeignKey(Person, null=False)
    version = Integer(default=1)
    created_at = Timestamptz()
    updated_at = Timestamptz()


class Rollout(Table, db=DB, tablename="rollout"):
    """One initiative given to many units: one task each. `unit_id` and the scope as in `Recurrence`.

    Due: in each unit the last working day up to `due_on`, or `due_in_days` working days after it is given.
    `issue_id`: of which issue it is a fix.
    """

    id = UUID(primary_key=True, default=new_id)
    initiative_id = ForeignKey(Initiative, null=False)
    unit_id = ForeignKey(Unit, null=False)
    top_id = ForeignKey(Unit, null=True, default=None)
    kinds = Array(base_column=Text())
    unit_ids = Array(base_column=UUID())
    title = Text()
    description = Text()
    weight = Integer(default=1)
    due_on = Date(null=True, default=None)
    due_in_days = SmallInt(null=True, default=None)
    recurrence_id = ForeignKey(Recurrence, null=True, default=None)
    occurs_on = Date(null=True, default=None)
    cancelled_at = Timestamptz(null=True, default=None)
    cancel_reason = Text(null=True, default=None)
    created_by = ForeignKey(Person, null=True, default=None)
    version = Integer(default=1)
    created_at = Timestamptz()
    updated_at = Timestamptz()
    issue_id = ForeignKey(Issue, null=True, default=None)
