"""R10: what is open after a run is what another database finds in the single answers, at every unit and service."""

import random
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from jejak.domain import alert, db, rating_tally
from jejak.domain.rating import Answer
from jejak.domain.vocabulary import AlertKind, AlertPeriod, RatingChannel, RatingMetric, Service, UnitKind
from tests import factories as f
from tests.alerts import a_rule, only
from tests.moments import MONDAY, go_to
from tests.ratings import a_rating, added, export

TODAY = MONDAY
GOOD = {"CSAT": "csat >= 4", "NPS": "nps >= 9", "CES": "ces >= 5"}
BAD = {"CSAT": "false", "NPS": "nps <= 6", "CES": "false"}


async def some_answers(rng: random.Random) -> None:
    """Of units in three zones, whose customers become less content at different times."""
    ratings = []
    for zone in ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"):
        up3 = await f.a_unit(UnitKind.UP3, timezone=zone)
        places = [up3, *[await f.a_unit(UnitKind.ULP, up3, timezone=zone) for _ in range(2)]]
        for place in places:
            turning, worse = rng.choice([7, 14, 28]), rng.random() * 0.7
            for _ in range(220):
                ago = rng.randint(0, 130)
                content = rng.random() > (0.1 + worse if ago < turning else 0.1)
                at = datetime.combine(
                    TODAY - timedelta(days=ago), time(rng.randint(0, 23), 30), ZoneInfo(zone)
                )
                ratings.append(
                    a_rating(
                        place,
                        service=rng.choice([Service.PB_PD, Service.SPKLU, Service.PREPAID]),
                        channel=rng.choice(list(RatingChannel)),
                        answered_at=min(at, datetime(2027, 3, 1, 3, tzinfo=UTC)).astimezone(UTC),
                        answer=Answer(
                            csat=rng.choice([4, 5] if content else [1, 2, 3]),
                            nps=rng.choice([9, 10] if content else [0, 3, 6, 7]),
                            ces=rng.choice([5, 6, 7] if content else [1, 2, 4])
                            if rng.random() < 0.7
                            else None,
                        ),
                    )
                )
    await added(ratings)
    await rating_tally.drain()


def interval(metric: str, n: str, good: str, bad: str) -> tuple[str, str, str]:
    """In DuckDB's doubles, not rounded: the value and both ends."""
    if metric == "NPS":
        value = f"100.0 * ({good} - {bad}) / {n}"
        half = f"196 * sqrt((1.0 * {good} / {n} + 1.0 * {bad} / {n} - (1.0 * ({good} - {bad}) / {n}) ** 2) / {n})"
        return value, f"greatest(-100, {value} - {half})", f"least(100, {value} + {half})"
    p, spread = f"(1.0 * {good} / {n})", f"(1.96 ** 2 / {n})"
    half = f"1.96 * sqrt({p} * (1 - {p}) / {n} + {spread} / (4 * {n}))"
    return (
        f"100 * {p}",
        *(f"100 * ({p} + {spread} / 2 {sign} {half}) / (1 + {spread})" for sign in "-+"),
    )


def counted(metric: str, first: date, last: date, name: str) -> str:
    days = f"r.{metric.lower()} is not null and r.day between '{first}' and '{last}'"
    return f"""count(*) filter (where {days}) as {name}_n,
        count(*) filter (where {days} and r.{GOOD[metric]}) as {name}_good,
        count(*) filter (where {days} and {BAD[metric] if metric != "NPS" else "r." + BAD[metric]}) as {name}_bad"""


async def expected(duck, rule) -> dict[tuple, tuple]:
    """By unit and service: value, n, low, high and what it is held against."""
    days, metric = {"WEEK": 7, "MONTH": 28}[rule.period], rule.metric
    first, last = TODAY - timedelta(days=days), TODAY - timedelta(days=1)
    service = "r.service" if rule.by_service else "null"
    now = interval(metric, "now_n", "now_good", "now_bad")
    before = interval(metric, "was_n", "was_good", "was_bad")
    fires = f"now_n >= {rule.least_n} and "
    if rule.kind == AlertKind.METRIC_FLOOR:
        fires += f"round(now_high, 2) < {rule.threshold}"
    else:
        fires += f"was_n >= {rule.least_n} and round(now_high, 2) < round(was_low, 2) and round(was, 2) - round(now, 2) >= {rule.threshold}"
    kinds = ", ".join(f"'{kind}'" for kind in rule.kinds)
    rows = duck.execute(
        f"""
        with counted as (
            select top.code, {service} as service, {counted(metric, first, last, "now")},
                {counted(metric, first - timedelta(days=3 * days), first - timedelta(days=1), "was")}
            from unit top join unit here on starts_with(here.path, top.path) join rating r on r.unit_id = here.id
            where top.kind in ({kinds}) group by 1, 2
        ), figured as (
            select code, service, now_n, was_n, {now[0]} as now, {now[1]} as now_low, {now[2]} as now_high,
                {before[0]} as was, {before[1]} as was_low, {before[2]} as was_high
            from counted where now_n > 0 and (was_n > 0 or {rule.kind == AlertKind.METRIC_FLOOR})
        )
        select code, service, now, now_n, now_low, now_high, was, was_n, was_low, was_high
        from figured where {fires}
        """
    ).fetchall()
    return {(row[0], row[1]): row[2:] for row in rows}


async def test_what_fires_is_what_another_database_finds_in_the_single_answers():
    # given
    go_to(TODAY)
    await some_answers(random.Random(7))  # noqa: S311 -- the same answers each time
    kinds = list(UnitKind)
    floor = {"kind": AlertKind.METRIC_FLOOR, "kinds": kinds}
    drop = {"kind": AlertKind.METRIC_DROP, "kinds": kinds}
    rules = [
        await only(**floor, metric=RatingMetric.CSAT, threshold=Decimal(80), period=AlertPeriod.MONTH),
        await a_rule(
            **floor,
            metric=RatingMetric.NPS,
            threshold=Decimal(60),
            period=AlertPeriod.MONTH,
            by_service=True,
            least_n=12,
        ),
        await a_rule(
            **floor, metric=RatingMetric.CES, threshold=Decimal(85), period=AlertPeriod.WEEK, least_n=10
        ),
        await a_rule(**drop, metric=RatingMetric.CSAT, threshold=Decimal(5), period=AlertPeriod.WEEK),
        await a_rule(
            **drop,
            metric=RatingMetric.NPS,
            threshold=Decimal(0),
            period=AlertPeriod.MONTH,
            by_service=True,
            least_n=5,
        ),
    ]
    # when
    await alert.run()
    # then
    duck = await export()
    for rule in rules:
        wanted = await expected(duck, rule)
        rows = await db.fetch(
            """select u.code, a.service, e.value, e.n, e.low, e.high, e.base, e.base_n, e.base_low, e.base_high
            from alert a join unit u on u.id = a.unit_id join alert_evidence e on e.alert_id = a.id and e.moment = 'OPENED'
            where a.rule_id = $1""",
            rule.id,
        )
        found = {(row["code"], row["service"]): tuple(row)[2:] for row in rows}
        assert found.keys() == wanted.keys(), rule.kind
        assert len(found) > 2, (rule.kind, rule.metric)
        for key, figures in found.items():
            many = 4 if rule.kind == AlertKind.METRIC_FLOOR else 8
            for one, other in zip(figures[:many], wanted[key][:many], strict=True):
                assert abs(float(one) - float(other)) < 0.00501, (rule.kind, key, figures, wanted[key])
