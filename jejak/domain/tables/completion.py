from piccolo.columns import UUID, BigInt, Boolean, Date, ForeignKey, Integer, Text, Timestamptz
from piccolo.table import Table

from jejak.domain.db import DB, new_id
from jejak.domain.tables.programme import Initiative, Step
from jejak.domain.tables.unit import Unit


class Completion(Table, db=DB, tablename="completion"):
    """R5: one row per initiative and target unit, exact integer sums over its tasks that are not cancelled."""

    id = UUID(primary_key=True, default=new_id)
    initiative_id = ForeignKey(Initiative, null=False)
    unit_id = ForeignKey(Unit, null=False)
    weight_sum = BigInt()
    progress_sum = BigInt()
    verified_sum = BigInt()
    tasks = Integer()
    verified = Integer()
    overdue = Integer()
    started = Boolean()


class UnitSnapshot(Table, db=DB, tablename="unit_snapshot"):
    """The tree as it stood at a day's end, so that a unit that moves changes no closed month."""

    id = UUID(primary_key=True, default=new_id)
    day = Date()
    unit_id = ForeignKey(Unit, null=False)
    path = Text()


class CompletionSnapshot(Table, db=DB, tablename="completion_snapshot"):
    """A day's rows, with the weights as they stood."""

    id = UUID(primary_key=True, default=new_id)
    day = Date()
    initiative_id = ForeignKey(Initiative, null=False)
    unit_id = ForeignKey(Unit, null=False)
    step_id = ForeignKey(Step, null=False)
    initiative_weight = Integer()
    step_weight = Integer()
    weight_sum = BigInt()
    progress_sum = BigInt()
    verified_sum = BigInt()
    tasks = Integer()
    verified = Integer()
    overdue = Integer()
    started = Boolean()
    taken_at = Timestamptz()
