from piccolo.columns import UUID, Array, Date, ForeignKey, Integer, Numeric, SmallInt, Text, Timestamptz
from piccolo.table import Table

from jejak.domain.db import DB, new_id
from jejak.domain.tables.unit import Unit


class Staff(Table, db=DB, tablename="staff"):
    """An officer or agent whom customers meet. `code`: how the unit's systems call them."""

    id = UUID(primary_key=True, default=new_id)
    unit_id = ForeignKey(Unit, null=False)
    kind = Text()
    code = Text()
    name = Text()
    created_at = Timestamptz()


class Rating(Table, db=DB, tablename="rating"):
    """One answer of a customer (R8). CSAT and `overall` 1-5, CES 1-7, NPS 0-10; null where not answered.

    `day`: in the unit's zone. `external_id`: unique for ever for its `source`, so that nothing is counted twice.
    """

    id = UUID(primary_key=True, default=new_id)
    unit_id = ForeignKey(Unit, null=False)
    service = Text()
    feature = Text()
    channel = Text()
    staff_id = ForeignKey(Staff, null=True)
    csat = SmallInt(null=True, default=None)
    overall = SmallInt(null=True, default=None)
    ces = SmallInt(null=True, default=None)
    nps = SmallInt(null=True, default=None)
    aspects = Array(base_column=Text())
    comment = Text(null=True, default=None)
    answered_at = Timestamptz()
    day = Date()
    received_at = Timestamptz()
    source = Text()
    external_id = Text()
    subject_hash = Text(null=True, default=None)


class RatingPending(Table, db=DB, tablename="rating_pending"):
    """A rating that no histogram holds yet."""

    rating_id = UUID(primary_key=True)


class KpiTarget(Table, db=DB, tablename="kpi_target"):
    """What is to be reached in a year, in percent (NPS -100 to 100), in a region or, at headquarters, in all of PLN."""

    id = UUID(primary_key=True, default=new_id)
    unit_id = ForeignKey(Unit, null=False)
    year = Integer()
    metric = Text()
    target = Numeric(digits=(5, 2))
    version = Integer(default=1)
    created_at = Timestamptz()
    updated_at = Timestamptz()
