"""R8 in the API: a figure, with what it is made of and what it is held against."""

from decimal import Decimal
from typing import Any

from jejak.domain import kpi_target, metric
from jejak.domain.metric_rules import SCALES
from jejak.domain.vocabulary import KpiMetric, RatingMetric
from jejak.graphql.reading import Field, column, entity, everyone, expression, many, one

_KPIS = frozenset({RatingMetric.CSAT.value, RatingMetric.NPS.value}) & {kpi.value for kpi in KpiMetric}


@entity("rating_tally", everyone, "How often a score was given.")
class ScoreCount:
    score: int = column("The score.")
    count: int = column("How many customers gave it.")


@entity("rating_tally", everyone, "The same figure of the period before.")
class MetricBefore:
    n: int = column("How many customers answered.")
    value: Decimal | None = expression(f"{metric.shown('{t}.value')}::text", "Null where nobody answered.")
    low: Decimal | None = expression(f"{metric.shown('{t}.low')}::text", "Lower end of the 95 % interval.")
    high: Decimal | None = expression(f"{metric.shown('{t}.high')}::text", "Upper end of the 95 % interval.")


@entity(
    "rating_tally",
    everyone,
    "What customers' answers to a question come to, unanswered left out. In percent, two decimals.",
)
class Metric:
    n: int = column("How many customers answered.")
    value: Decimal | None = expression(
        f"{metric.shown('{t}.value')}::text",
        "CSAT and overall: the share of 4 and 5. CES: the share of 5 to 7. NPS: the share of 9 and 10 less that of 0 to 6, "
        "from -100 to 100. Null where nobody answered.",
    )
    mean: Decimal | None = expression(f"{metric.shown('{t}.mean')}::text", "The mean score.")
    low: Decimal | None = expression(
        f"{metric.shown('{t}.low')}::text",
        "Lower end of the value's 95 % interval: Wilson's of a share, 1.96 standard errors of NPS.",
    )
    high: Decimal | None = expression(f"{metric.shown('{t}.high')}::text", "Upper end.")
    indicative: bool = column("Whether fewer than 30 answered, so that it only points at something.")
    distribution: list[ScoreCount] = many(
        "true",
        "{u}.score",
        "Every score of the scale, and how often it was given.",
        rows=lambda field: (
            f"(select nth - 1 + {field.t}.least as score, count "
            f"from unnest({field.t}.counts) with ordinality given (count, nth))"
        ),
    )
    before: MetricBefore = one(
        "true",
        "The same figure of the period before.",
        rows=(
            "(select {t}.before_n as n, {t}.before_value as value, {t}.before_low as low, {t}.before_high as high)"
        ),
    )
    change: Decimal | None = expression(
        f"{metric.shown('({t}.value - {t}.before_value)')}::text",
        "The value less that of the period before, in percentage points; null where either is.",
    )
    overlaps: bool | None = expression(
        f"({metric.shown('{t}.low')} <= {metric.shown('{t}.before_high')} "
        f"and {metric.shown('{t}.before_low')} <= {metric.shown('{t}.high')})",
        "Whether the two intervals overlap: if so, the change may be chance. Null where nobody answered in either.",
    )
    target: Decimal | None = expression(
        "{t}.target::text",
        "What the region (or, at headquarters, all of PLN) is to reach in the year in which the period ends: CSAT and NPS. "
        "Null where headquarters has set none, and for officers and agents.",
    )
    distance: Decimal | None = expression(
        f"{metric.shown('({t}.value - {t}.target)')}::text",
        "The value less the target; null where either is.",
    )


def of_answers(of: RatingMetric, description: str, *, targets: bool = True) -> Any:
    """Over the row's arrays of counts: those of the period, named as the metric, and `..._before`. `targets`: the row's
    `unit_id` and `ends_on` say which holds.
    """
    return one("true", description, rows=lambda field: _rows(field, of, targets=targets))


def _rows(field: Field, of: RatingMetric, *, targets: bool) -> str:
    scale = SCALES[of]
    now, before = f"{field.t}.{scale.name}", f"{field.t}.{scale.name}_before"
    aim = "null::numeric"
    if targets and of.value in _KPIS:
        aim = kpi_target.target(
            f"{field.t}.unit_id", f"'{of.value}'", f"extract(year from {field.t}.ends_on)"
        )
    names = ("n", "value", "low", "high")
    return f"""(select now.*, {scale.least} as least, {now} as counts, {aim} as target,
        {", ".join(f"earlier.{name} as before_{name}" for name in names)}
        from (select {metric.figures(of, now)}) now cross join (select {metric.figures(of, before)}) earlier)"""
