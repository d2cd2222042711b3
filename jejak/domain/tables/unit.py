from typing import Any

from piccolo.columns import UUID, ForeignKey, Integer, Text, Timestamptz
from piccolo.table import Table

from jejak.domain.db import DB, new_id


class Unit(Table, db=DB, tablename="unit"):
    """R1. `parent_id` is the truth; `path` is derived from it: the codes from the root down, each with a `/`."""

    id = UUID(primary_key=True, default=new_id)
    code = Text()
    name = Text()
    kind = Text()
    parent_id: Any = ForeignKey("self", null=True)
    path = Text()
    timezone = Text()
    closed_at = Timestamptz(null=True, default=None)
    version = Integer(default=1)
    created_at = Timestamptz()
