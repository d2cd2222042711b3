from piccolo.columns import UUID, Array, Boolean, Date, ForeignKey, Integer, Text, Timestamptz
from piccolo.table import Table

from jejak.domain.db import DB


class Programme(Table, db=DB, tablename="programme"):
    id = UUID(primary_key=True)
    code = Text()
    title_id = Text()
    title_en = Text()
    ends_on = Date(null=True, default=None)
    version = Integer(default=1)


class Step(Table, db=DB, tablename="step"):
    id = UUID(primary_key=True)
    programme_id = ForeignKey(Programme, null=False)
    number = Integer()
    title_id = Text()
    title_en = Text()
    aligned_with = Array(base_column=Text())
    weight = Integer(default=1)


class Measure(Table, db=DB, tablename="measure"):
    id = UUID(primary_key=True)
    step_id = ForeignKey(Step, null=False)
    position = Integer()
    title_id = Text()
    title_en = Text()


class Initiative(Table, db=DB, tablename="initiative"):
    """`scope`: the kinds of unit that carry it out (R5, target units)."""

    id = UUID(primary_key=True)
    step_id = ForeignKey(Step, null=False)
    code = Text()
    position = Integer()
    title_id = Text()
    title_en = Text()
    weight = Integer(default=1)
    scope = Array(base_column=Text())
    evidence_required = Boolean()


class ReferenceLoad(Table, db=DB, tablename="reference_load"):
    """Which version of a reference file the database holds."""

    name = Text(primary_key=True)
    version = Integer()
    digest = Text()
    loaded_at = Timestamptz()
