"""R11: what customers said in a month (R8), of the unit and all below it.

A rating counts in the month of its day in its own unit's zone. Whatever no worker has counted yet is not in it.
"""

from collections.abc import Mapping
from typing import Any

from jejak.domain import db, kpi_target, metric_rules
from jejak.domain.metric_rules import SCALES
from jejak.domain.report_scope import Scope
from jejak.domain.vocabulary import KpiMetric, RatingMetric

_SUMS = ", ".join(
    f"coalesce(sum({column}), 0) as {column}" for scale in SCALES.values() for column in scale.columns
)
_SQL = f"""
select grouping(service) = 0 as of_service, grouping(channel) = 0 as of_channel, service, channel, {_SUMS}
from rating_tally where unit_id = $1 and monthly and by_feature and starts_on = $2
group by grouping sets ((), (service), (channel)) order by service, channel
"""
# Where the tree was another one at the month's end: histograms move with their units, so the answers themselves are
# counted, as far as a worker has counted them.
_COUNTS = ", ".join(
    f"count(*) filter (where r.{scale.name} = {score}) as {column}"
    for scale in SCALES.values()
    for score, column in zip(scale.scores, scale.columns, strict=True)
)
_AS_IT_WAS = f"""
select grouping(service) = 0 as of_service, grouping(channel) = 0 as of_channel, service, channel, {_COUNTS}
from rating r where r.unit_id = any($1::uuid[]) and r.day between $2::date and $3::date
    -- By the index; no zone is further from UTC.
    and r.answered_at between $2::date - interval '2 days' and $3::date + interval '3 days'
    and not exists (select from rating_pending p where p.rating_id = r.id)
group by grouping sets ((), (service), (channel)) order by service, channel
"""
_TARGETS = ", ".join(
    f"""{kpi_target.target("$1::uuid", f"'{metric}'", "$2::integer")} as {metric}""" for metric in KpiMetric
)


async def figures(scope: Scope) -> dict[str, Any]:
    if scope.moved:
        rows = await db.fetch(_AS_IT_WAS, scope.units, scope.period.month, scope.period.last)
    else:
        rows = await db.fetch(_SQL, scope.unit.id, scope.period.month)
    (whole,) = [row for row in rows if not row["of_service"] and not row["of_channel"]]
    return {
        "metrics": _metrics(whole),
        "by_service": [
            {"service": row["service"], "metrics": _metrics(row)} for row in rows if row["of_service"]
        ],
        "by_channel": [
            {"channel": row["channel"], "metrics": _metrics(row)} for row in rows if row["of_channel"]
        ],
    }


async def targets(scope: Scope) -> dict[str, str | None]:
    """What headquarters wants to reach in the month's year, by metric; None where it has said nothing."""
    row = await db.fetchrow(f"select {_TARGETS}", scope.unit.id, scope.period.month.year)
    assert row is not None  # noqa: S101 -- one row always
    return {metric.value: _text(row[metric.lower()]) for metric in KpiMetric}


def _metrics(row: Mapping[str, Any]) -> dict[str, Any]:
    return {metric.value: _metric(metric, row) for metric in RatingMetric}


def _metric(metric: RatingMetric, row: Mapping[str, Any]) -> dict[str, Any]:
    counts = [int(row[column]) for column in SCALES[metric].columns]
    made = metric_rules.figures(metric, counts)
    shown = {name: getattr(made, name) for name in ("value", "mean", "low", "high")}
    return {
        "n": made.n,
        **{name: _text(value) for name, value in shown.items()},
        "indicative": made.indicative,
        "counts": counts,
    }


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
