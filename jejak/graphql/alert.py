"""R10 in the API: early warning. Rules that everybody sees, and alerts of the units that one sees."""

from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from jejak.domain import alert, alert_texts
from jejak.graphql.alert_vocabulary import (
    AlertClosed,
    AlertKind,
    AlertPeriod,
    AlertSeverity,
    AlertState,
    RatingMetric,
)
from jejak.graphql.event import HistoryEntry, history
from jejak.graphql.filters import any_of, given, is_key, key_of, moments, under
from jejak.graphql.node import Node, global_id
from jejak.graphql.person import Person
from jejak.graphql.reading import (
    Connection,
    Field,
    Key,
    column,
    entity,
    everyone,
    expression,
    many,
    one,
    page,
    within,
)
from jejak.graphql.reading.declare import REQUIRED
from jejak.graphql.vocabulary import Audience, Service, UnitKind, enum

if TYPE_CHECKING:
    from jejak.graphql.task import Task
    from jejak.graphql.unit import Unit

_SEVERITIES = "array_position(array['INFO', 'WARNING', 'CRITICAL'], {u}.severity)"


def _percent(name: str, description: str) -> Any:
    return expression(f"{{t}}.{name}::text", description)


@entity("alert_rule", everyone, "What is watched, at which units, and when an alert opens and closes.")
class AlertRule(Node):
    id: strawberry.ID = global_id("AlertRule")
    kind: AlertKind = column("What it looks for.")
    title: str = expression(lambda field: field.statement.title(field.t), "Title in the person's language.")
    title_id: str = column("Indonesian title.")
    title_en: str = column("English title.")
    metric: RatingMetric | None = column("Of a rule on a metric, which.")
    service: Service | None = column("Of this service; null for all of them.")
    by_service: bool = column("Whether each service is watched by itself, and not all of them together.")
    kinds: list[UnitKind] = expression("to_json({t}.kinds)", "The kinds of open units that it watches.")
    period: AlertPeriod | None = column("Of a rule on a metric, over which days.")
    threshold: Decimal = _percent(
        "threshold", "In percent; of METRIC_DROP and REVIEW_SPIKE the least difference in points."
    )
    clear_at: Decimal | None = _percent(
        "clear_at", "The figure at which an open alert closes; null where that follows from the intervals."
    )
    least_n: int = column("With fewer answers, tasks or reviews nothing opens.")
    severity: AlertSeverity = column("How bad it is. What is critical is told to the level above as well.")
    audience: Audience = column("Who is told: whoever manages at this level, or next above.")
    enabled: bool = column("Whether it is on.")
    version: int = column("To be named as `expectedVersion` by the next change.")
    updated_at: datetime = column("When it was last changed.")
    history: Connection[HistoryEntry] = history()


@entity("alert_evidence", everyone, "The figures that an alert rests on, in percent (NPS: points).")
class AlertEvidence:
    at: datetime = column("Since when they are so.")
    value: Decimal | None = _percent(
        "value",
        "The metric; the share of overdue tasks; completion at the programme's end by the present pace; the share of bad reviews. Null without any data.",
    )
    n: int = column("Answers, open tasks, tasks or reviews.")
    hits: int | None = column("How many of them are overdue, or bad.")
    low: Decimal | None = _percent(
        "low", "Lower end of the value's 95 % interval; null where all are counted and none is a sample."
    )
    high: Decimal | None = _percent("high", "Upper end.")
    reached: Decimal | None = _percent("reached", "Of a pace, what is verified by now.")
    from_on: date | None = column("The first day that they speak of.")
    to_on: date | None = column("The last one; of a pace the programme's end.")
    compared: Decimal | None = _percent(
        "base", "What the value is held against: the floor, threshold or target, or the periods before."
    )
    compared_n: int | None = expression("{t}.base_n", "Of the periods before, how many.")
    compared_low: Decimal | None = _percent("base_low", "Of the periods before, the interval's lower end.")
    compared_high: Decimal | None = _percent("base_high", "Upper end.")


def _evidence(moment: str, description: str) -> Any:
    return one(f"{{u}}.alert_id = {{t}}.id and {{u}}.moment = '{moment}'", description)


@entity("alert", within("unit_id"), "An early warning: a rule that has fired at a unit.")
class Alert(Node):
    id: strawberry.ID = global_id("Alert")
    rule: AlertRule = one("{u}.id = {t}.rule_id", "By which rule.")
    unit: Annotated["Unit", strawberry.lazy("jejak.graphql.unit")] = one(
        "{u}.id = {t}.unit_id", "At which unit, of whose subtree the figures are."
    )
    service: Service | None = column("Of which service; null for all of them.")
    severity: AlertSeverity = column("How bad it is.")
    state: AlertState = expression(alert.state("{t}"), "Where it stands.")
    text: str = expression(
        lambda field: alert_texts.sentence(field.t, field.statement.language),
        "Its latest figures in a sentence, in the person's language.",
    )
    opened_at: datetime = column("When.")
    at_opening: AlertEvidence = _evidence("OPENED", "The figures when it opened.")
    latest: AlertEvidence = _evidence("LATEST", "The figures now, or when it closed.")
    acknowledged_at: datetime | None = column("When somebody took it on; null where nobody has.")
    acknowledged_by: Person | None = one("{u}.id = {t}.acknowledged_by", "Who did.", sees=everyone)
    note: str | None = expression("nullif({t}.note, '')", "What they said.")
    closed_at: datetime | None = column("When it closed by itself; null while its cause lasts.")
    closed_because: AlertClosed | None = column("Why it closed.")
    version: int = column("Counts its changes.")
    tasks: list[Annotated["Task", strawberry.lazy("jejak.graphql.task")]] = many(
        "{u}.alert_id = {t}.id",
        "{u}.created_at, {u}.id",
        "What is done about it, where the viewer sees it.",
    )
    history: Connection[HistoryEntry] = history()


class AlertOrder(Enum):
    NEWEST_FIRST = (
        Key("{u}.opened_at", "timestamptz", descending=True),
        Key("{u}.id", "uuid", descending=True),
    )
    WORST_FIRST = (
        Key("(case when {u}.closed_at is null then 0 else 1 end)", "integer"),
        Key(_SEVERITIES, "integer", descending=True),
        Key("{u}.opened_at", "timestamptz", descending=True),
        Key("{u}.id", "uuid", descending=True),
    )


enum(
    AlertOrder,
    "Order of alerts.",
    NEWEST_FIRST="Latest first.",
    WORST_FIRST="Those that have not closed first, the most severe before the others, then the latest.",
)


@strawberry.input(description="Which alerts.")
class AlertFilter:
    unit_id: strawberry.ID | None = given("Of this unit and everything below it.")
    rule_id: strawberry.ID | None = given("By this rule.")
    kinds: list[AlertKind] | None = given("By rules of these kinds.")
    severities: list[AlertSeverity] | None = given("Of these severities.")
    states: list[AlertState] | None = given("In these states.")
    services: list[Service] | None = given("Of these services.")
    opened_from: datetime | None = given("Opened at this moment or later.")
    opened_to: datetime | None = given("Opened before this moment.")

    def where(self, field: Field) -> list[str]:
        return [
            *under(field, "unit_id", self.unit_id),
            *is_key(field, "rule_id", "AlertRule", self.rule_id),
            *any_of(
                field,
                self,
                kinds="(select r.kind from alert_rule r where r.id = {u}.rule_id)",
                severities="{u}.severity",
                states=f"({alert.state('{u}')})",
                services="{u}.service",
            ),
            *moments(field, "opened_at", self.opened_from, self.opened_to),
        ]


def alerts_below() -> Any:
    """Of a unit, which covers its whole subtree (R1)."""
    return page(
        "{u}.unit_id in (select below.id from unit below where below.path ^@ {t}.path)",
        "Early warnings here and below.",
        order=AlertOrder,
        filters=AlertFilter,
    )


@strawberry.type
class AlertQueries:
    alerts: Connection[Alert] = page(
        "true", "Early warnings at units that the viewer sees.", order=AlertOrder, filters=AlertFilter
    )
    alert: Alert | None = one(
        lambda field: f"{field.u}.id = {key_of(field, 'id', 'Alert')}",
        "An early warning; null where the viewer does not see it.",
        arguments={"id": (strawberry.ID, REQUIRED, "Its id.")},
    )
    alert_rules: list[AlertRule] = many(
        "true", "{u}.enabled desc, {u}.created_at, {u}.title_id, {u}.id", "All rules of early warning."
    )
