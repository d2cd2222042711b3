from piccolo.columns import UUID, Array, Boolean, Date, ForeignKey, Integer, Numeric, Text, Timestamptz
from piccolo.table import Table

from jejak.domain.db import DB, new_id
from jejak.domain.tables.person import Person
from jejak.domain.tables.unit import Unit


class AlertRule(Table, db=DB, tablename="alert_rule"):
    """R10: what is watched at every open unit of some `kinds`. `service` null: all services taken together, or, with
    `by_service`, each by itself.

    `threshold` and `clear_at` are percent; of METRIC_DROP and REVIEW_SPIKE points by which it must differ, and no `clear_at`.
    """

    id = UUID(primary_key=True, default=new_id)
    kind = Text()
    title_id = Text()
    title_en = Text()
    metric = Text(null=True, default=None)
    service = Text(null=True, default=None)
    by_service = Boolean()
    kinds = Array(base_column=Text())
    period = Text(null=True, default=None)
    threshold = Numeric(digits=(6, 2))
    clear_at = Numeric(digits=(6, 2), null=True, default=None)
    least_n = Integer()
    severity = Text()
    audience = Text()
    enabled = Boolean()
    version = Integer(default=1)
    created_at = Timestamptz()
    updated_at = Timestamptz()


class Alert(Table, db=DB, tablename="alert"):
    """A rule that has fired at a unit. Of a rule, unit and service one is open at most. `severity`: as it was then."""

    id = UUID(primary_key=True, default=new_id)
    rule_id = ForeignKey(AlertRule, null=False)
    unit_id = ForeignKey(Unit, null=False)
    service = Text(null=True, default=None)
    severity = Text()
    opened_at = Timestamptz()
    acknowledged_at = Timestamptz(null=True, default=None)
    acknowledged_by = ForeignKey(Person, null=True)
    note = Text()
    closed_at = Timestamptz(null=True, default=None)
    closed_because = Text(null=True, default=None)
    version = Integer(default=1)


class AlertEvidence(Table, db=DB, tablename="alert_evidence"):
    """What an alert rests on, when it opened and at the latest; `alert_rules.Reading` says what the figures mean."""

    id = UUID(primary_key=True, default=new_id)
    alert_id = ForeignKey(Alert, null=False)
    moment = Text()
    at = Timestamptz()
    value = Numeric(digits=(6, 2), null=True, default=None)
    n = Integer()
    hits = Integer(null=True, default=None)
    low = Numeric(digits=(6, 2), null=True, default=None)
    high = Numeric(digits=(6, 2), null=True, default=None)
    reached = Numeric(digits=(6, 2), null=True, default=None)
    from_on = Date(null=True, default=None)
    to_on = Date(null=True, default=None)
    base = Numeric(digits=(6, 2), null=True, default=None)
    base_n = Integer(null=True, default=None)
    base_low = Numeric(digits=(6, 2), null=True, default=None)
    base_high = Numeric(digits=(6, 2), null=True, default=None)


class AlertCall(Table, db=DB, tablename="alert_call"):
    """That whoever manages from level `reach` up has not been told of an alert (0 the unit itself, 3 headquarters)."""

    id = UUID(primary_key=True, default=new_id)
    alert_id = ForeignKey(Alert, null=False)
    reach = Integer()
