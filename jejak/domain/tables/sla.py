from piccolo.columns import UUID, ForeignKey, Integer, SmallInt, Timestamptz
from piccolo.table import Table

from jejak.domain.db import DB


class SlaPolicy(Table, db=DB, tablename="sla_policy"):
    """R7: in how many working days a pain point is to be fixed. There is one; `version` counts its changes."""

    id = UUID(primary_key=True)
    version = Integer()
    updated_at = Timestamptz()


class SlaBand(Table, db=DB, tablename="sla_band"):
    """The working days from a priority up to the next band's, in a version of the policy. Earlier versions stay."""

    id = UUID(primary_key=True)
    policy_id = ForeignKey(SlaPolicy, null=False)
    version = Integer()
    priority_from = SmallInt()
    days = SmallInt()
