"""R10: every rule at every unit that it watches, judged by what was counted there, beside what is open already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from jejak.domain import alert_measure, alert_rules, db, review_figures
from jejak.domain.alert_rules import Answers, Judged, Pace, Rule
from jejak.domain.tables.alert import AlertRule
from jejak.domain.vocabulary import AlertClosed, AlertKind, AlertPeriod, RatingMetric, UnitKind


class Subject(NamedTuple):
    """Of which one alert is open at most."""

    rule_id: UUID
    unit_id: UUID
    service: str | None


@dataclass(frozen=True, slots=True)
class Open:
    """`base_low`: when it opened, the lower end of what it was held against."""

    id: UUID
    base_low: Decimal | None


@dataclass(frozen=True, slots=True)
class Found:
    """`rules` are all there are, `units` the kinds of those that are open."""

    rules: Mapping[UUID, AlertRule]
    units: Mapping[UUID, str]
    open: Mapping[Subject, Open]
    judged: Mapping[Subject, Judged]

    def why_unwatched(self, subject: Subject) -> AlertClosed:
        """Why something that is open was not judged."""
        rule, kind = self.rules[subject.rule_id], self.units.get(subject.unit_id)
        if kind is None:
            return AlertClosed.UNIT_CLOSED
        if not rule.enabled or kind not in rule.kinds:
            return AlertClosed.RULE_OFF
        return AlertClosed.NO_DATA


async def judge_all(now: datetime) -> Found:
    """In the open transaction. Nine statements at most, however many rules and units."""
    rows = await db.fetch(
        """
        select a.id, a.rule_id, a.unit_id, a.service, e.base_low from alert a
        join alert_evidence e on e.alert_id = a.id and e.moment = 'OPENED' where a.closed_at is null
        """
    )
    rules = {row.id: row for row in await AlertRule.objects()}
    units = {
        row["id"]: row["kind"] for row in await db.fetch("select id, kind from unit where closed_at is null")
    }
    judged = {}
    for statement, values, judge in (
        (alert_measure.METRICS, (now,), _metric),
        (alert_measure.OVERDUE, (), _overdue),
        (alert_measure.PACE, (now,), _pace),
    ):
        for row in await db.fetch(statement, *values):
            subject = Subject(row["rule_id"], row["unit_id"], row.get("service"))
            # A rule that was made since the others were read has its turn next time.
            if subject.rule_id in rules and subject.unit_id in units:
                judged[subject] = judge(rules[subject.rule_id], row)
    judged |= await _reviews([rule for rule in rules.values() if rule.kind == AlertKind.REVIEW_SPIKE])
    return Found(
        rules,
        units,
        {
            Subject(row["rule_id"], row["unit_id"], row["service"]): Open(row["id"], row["base_low"])
            for row in rows
        },
        judged,
    )


def _rule(row: AlertRule) -> Rule:
    return Rule(AlertKind(row.kind), row.threshold, row.least_n, row.clear_at)


def _metric(rule: AlertRule, row: Any) -> Judged:
    metric = RatingMetric(rule.metric)
    now = alert_rules.figure(metric, _answers(row))
    if rule.kind == AlertKind.METRIC_FLOOR:
        judged = alert_rules.below_floor(_rule(rule), now)
    else:
        before = alert_rules.figure(metric, _answers(row, "before_"))
        judged = alert_rules.dropped(_rule(rule), now, before)
    first, last = alert_rules.days(AlertPeriod(rule.period), row["today"])
    return replace(judged, reading=replace(judged.reading, from_on=first, to_on=last))


def _answers(row: Any, of: str = "") -> Answers:
    return Answers(*(int(row[of + name]) for name in ("n", "up", "down")))


def _overdue(rule: AlertRule, row: Any) -> Judged:
    return alert_rules.overdue(_rule(rule), int(row["open"]), int(row["overdue"]))


def _pace(rule: AlertRule, row: Any) -> Judged:
    pace = Pace(row["now"], int(row["tasks"]), row["first"], row["first_on"], row["last"], row["last_on"])
    return alert_rules.behind(_rule(rule), pace, row["today"], row["ends_on"])


async def _reviews(rules: Sequence[AlertRule]) -> dict[Subject, Judged]:
    """The last day of which there are reviews of the app, beside those before it, at headquarters."""
    watching = [rule for rule in rules if rule.enabled]
    top = await db.fetchval("select id from unit where kind = $1", UnitKind.HQ)
    day = await review_figures.last_day() if watching else None
    if top is None or day is None:
        return {}
    mine, theirs = (Answers(one.reviews, one.negative) for one in await review_figures.beside_before(day))
    return {
        Subject(rule.id, top, None): replace(judged, reading=replace(judged.reading, from_on=day, to_on=day))
        for rule in watching
        for judged in [alert_rules.spiked(_rule(rule), mine, theirs)]
    }
