"""Early warning for tests: one rule instead of those that headquarters begins with, and answers in the histograms."""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from jejak.domain import alert_rule, change, clock, db
from jejak.domain.access import SYSTEM
from jejak.domain.alert_rule import CreateAlertRule
from jejak.domain.tables.alert import Alert, AlertEvidence, AlertRule
from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import AlertKind, AlertPeriod, RatingMetric, UnitKind

EVERY_KIND = list(UnitKind)
FLOOR = {"kind": AlertKind.METRIC_FLOOR, "metric": RatingMetric.CSAT, "period": AlertPeriod.MONTH}


async def only(**given: Any) -> AlertRule:
    """This rule alone is on; by default the CSAT of a month must not be below 80, at every unit."""
    await db.execute("update alert_rule set enabled = false")
    return await a_rule(**given)


async def a_rule(**given: Any) -> AlertRule:
    kind = given.get("kind", AlertKind.METRIC_FLOOR)
    measured = FLOOR if kind in alert_rule.METRICS else {"least_n": 1}
    values = {"title_id": "Aturan", "title_en": "A rule", "kinds": EVERY_KIND, "threshold": Decimal(80)}
    return await alert_rule.create(SYSTEM, CreateAlertRule(**values | measured | given))


async def answers(
    unit: Unit, days_ago: int | Iterable[int] = 1, service: str = "PB_PD", **counts: int
) -> None:
    """So many answers at the unit on each of these days, as `csat_5=40`, counted at it and at all above it."""
    names = list(counts)
    added = ", ".join(f"{name} = coalesce(rating_tally.{name}, 0) + excluded.{name}" for name in names)
    today = clock.today(unit.timezone)
    for days in [days_ago] if isinstance(days_ago, int) else days_ago:
        await db.execute(
            f"""
            insert into rating_tally
                (unit_id, monthly, by_feature, starts_on, service, channel, feature, {", ".join(names)})
            select id, false, by_feature, $2, $3, 'PLN_MOBILE', '', {", ".join(f"${n}" for n in range(4, 4 + len(names)))}
            from unit cross join (values (false), (true)) detail (by_feature)
            where $1 ^@ path and (by_feature or kind <> 'ULP')
            on conflict (unit_id, monthly, by_feature, starts_on, service, channel, feature) do update set {added}
            """,
            unit.path,
            today - timedelta(days=days),
            service,
            *counts.values(),
        )


async def forget_answers() -> None:
    await db.execute("delete from rating_tally")


async def open_alerts() -> list[Alert]:
    return await Alert.objects().where(Alert.closed_at.is_null()).order_by(Alert.id)


async def evidence(alert: Alert, moment: str = "LATEST") -> dict[str, Any]:
    row = await db.fetchrow(
        "select * from alert_evidence where alert_id = $1 and moment = $2", alert.id, moment
    )
    assert row is not None
    return dict(row)


async def low_csat(unit: Unit, **given: Any) -> None:
    """40 answers, half of them satisfied."""
    await answers(unit, csat_2=20, csat_5=20, **given)


async def a_bare_alert(unit: Unit, rule: AlertRule, **changes: Any) -> Alert:
    """As a run leaves it, with a figure in every column there is."""
    values = {"service": rule.service, "severity": rule.severity, "opened_at": clock.now(), "note": ""}
    row = Alert(id=db.new_id(), rule_id=rule.id, unit_id=unit.id, **values | changes)
    figures = {"value": 50, "n": 40, "hits": 20, "low": 35, "high": 65, "reached": 40} | {
        "base": 80,
        "base_n": 90,
        "base_low": 75,
        "base_high": 85,
    }
    today = clock.today(unit.timezone)
    await change.insert([row])
    await change.insert(
        [
            AlertEvidence(
                id=db.new_id(),
                alert_id=row.id,
                moment=moment,
                at=row.opened_at,
                from_on=today - timedelta(days=28),
                to_on=today - timedelta(days=1),
                **figures,
            )
            for moment in ("OPENED", "LATEST")
        ]
    )
    return row
