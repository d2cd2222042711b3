from typing import Any

from piccolo.columns import UUID, Date, ForeignKey, Integer, Text, Timestamptz
from piccolo.table import Table

from jejak.domain.db import DB, new_id


class Calendar(Table, db=DB, tablename="calendar"):
    """R6: working time spelled out, from 2025 to `until`. Units for which the same holds share one.

    `digest` is of what it was made from, which never changes; a change of rules gives units another calendar.
    """

    id = UUID(primary_key=True, default=new_id)
    digest = Text()
    zone = Text()
    until = Date()


class Unit(Table, db=DB, tablename="unit"):
    """R1. `parent_id` is the truth; `path` is derived from it: the codes from the root down, each with a `/`.

    `calendar_id` is derived, too, by `calendar.settle`; by `planned_calendar_id` its work is planned (`replanning`).
    """

    id = UUID(primary_key=True, default=new_id)
    code = Text()
    name = Text()
    kind = Text()
    parent_id: Any = ForeignKey("self", null=True)
    path = Text()
    timezone = Text()
    calendar_id = ForeignKey(Calendar, null=True)
    planned_calendar_id = ForeignKey(Calendar, null=True)
    closed_at = Timestamptz(null=True, default=None)
    version = Integer(default=1)
    created_at = Timestamptz()
