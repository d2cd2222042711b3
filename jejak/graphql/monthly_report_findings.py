"""R11 in the API: what customers said, what hurt most and what mystery shoppers found, as a monthly report has it."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import strawberry

from jejak.domain import metric_rules, report_rules
from jejak.domain.vocabulary import RatingMetric
from jejak.graphql.rating_vocabulary import RatingChannel
from jejak.graphql.vocabulary import Category, Service


def decimal(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)


@strawberry.type(description="How often a score was given.")
class ReportScore:
    score: int = strawberry.field(description="The score.")
    count: int = strawberry.field(description="How often.")


@strawberry.type(description="What the answers to a question come to, beside those of the month before.")
class ReportMetric:
    n: int = strawberry.field(description="How many answered.")
    value: Decimal | None = strawberry.field(description="In percent, NPS from -100 to 100.")
    mean: Decimal | None = strawberry.field(description="The mean score.")
    low: Decimal | None = strawberry.field(description="The lower end of the 95 % interval.")
    high: Decimal | None = strawberry.field(description="Its upper end.")
    indicative: bool = strawberry.field(description="Whether fewer than 30 answered.")
    distribution: list[ReportScore] = strawberry.field(description="Every score of the scale.")
    before: Decimal | None = strawberry.field(description="Of the month before.")
    before_n: int = strawberry.field(description="How many answered then.")
    change: Decimal | None = strawberry.field(description="`value` less `before`, as they are shown.")
    clear: bool | None = strawberry.field(
        description="Whether the two intervals have no point in common; null where one of them is of nobody."
    )
    target: Decimal | None = strawberry.field(
        description="What is to be reached this year; null where nobody has said."
    )
    distance: Decimal | None = strawberry.field(description="`value` less `target`.")


@strawberry.type
class _Metrics:
    csat: ReportMetric = strawberry.field(description="How satisfied customers are.")
    nps: ReportMetric = strawberry.field(description="Whether customers recommend PLN.")
    ces: ReportMetric = strawberry.field(description="How easy it was.")
    overall: ReportMetric = strawberry.field(description="How customers find it overall.")


@strawberry.type(description="Of one service.")
class ReportServiceRatings(_Metrics):
    service: Service = strawberry.field(description="Which service.")


@strawberry.type(description="Of one channel.")
class ReportChannelRatings(_Metrics):
    channel: RatingChannel = strawberry.field(description="Which channel.")


@strawberry.type(description="What customers said in the month.")
class ReportRatings(_Metrics):
    by_service: list[ReportServiceRatings] = strawberry.field(
        description="Of each service with an answer in either month; targets are of all together."
    )
    by_channel: list[ReportChannelRatings] = strawberry.field(description="Of each channel likewise.")


@strawberry.type(description="The rating in the Play Store.")
class ReportStore:
    n: int = strawberry.field(description="How many reviews.")
    mean: Decimal | None = strawberry.field(description="The mean of 1 to 5.")
    negative: Decimal | None = strawberry.field(description="The share of 1 and 2, in percent.")
    low: Decimal | None = strawberry.field(description="The lower end of its 95 % interval.")
    high: Decimal | None = strawberry.field(description="Its upper end.")
    indicative: bool = strawberry.field(description="Whether there were fewer than 30.")
    mean_before: Decimal | None = strawberry.field(description="The mean of the month before.")
    negative_before: Decimal | None = strawberry.field(description="The share of 1 and 2 then.")


@strawberry.type(description="One of the issues with the largest sum of priorities.")
class ReportIssue:
    rank: int = strawberry.field(description="1 for the largest.")
    title: str = strawberry.field(description="What it was called.")
    category: Category = strawberry.field(description="Its category.")
    priorities: int = strawberry.field(
        description="The sum of the priorities of its pain points that were recorded in the month."
    )
    pain_points: int = strawberry.field(description="How many those are.")
    units: int = strawberry.field(description="Of how many units.")


@strawberry.type(description="A dimension of a wave.")
class ReportDimension:
    code: str = strawberry.field(description="Its code in the template.")
    title: str = strawberry.field(description="What it is called, in the viewer's language.")
    score: Decimal | None = strawberry.field(description="0 to 100; null where nothing applied.")
    n: int = strawberry.field(description="Of how many units.")
    before: Decimal | None = strawberry.field(
        description="What it had come to by the end of the month before."
    )


@strawberry.type(description="A region in a wave.")
class ReportRegion:
    rank: int = strawberry.field(description="1 for the best; equals share a rank.")
    code: str = strawberry.field(description="Its code.")
    name: str = strawberry.field(description="Its name.")
    score: Decimal | None = strawberry.field(description="The mean over its units that were assessed.")
    n: int = strawberry.field(description="How many those are.")


@strawberry.type(description="A wave of mystery shopping.")
class ReportWave:
    name: str = strawberry.field(description="Its name.")
    year: int = strawberry.field(description="Its year.")
    number: int = strawberry.field(description="Its number in the year.")
    score: Decimal | None = strawberry.field(description="0 to 100, of the units covered here.")
    before: Decimal | None = strawberry.field(
        description="What it had come to by the end of the month before."
    )
    assessed: int = strawberry.field(description="Units assessed by the month's end.")
    dimensions: list[ReportDimension] = strawberry.field(description="By dimension.")
    regions: list[ReportRegion] = strawberry.field(
        description="The regions, the best first; for headquarters only."
    )


_NONE: dict[str, Any] = {"n": 0, "value": None, "mean": None, "low": None, "high": None, "indicative": True}
_NOBODY: dict[str, Any] = {
    metric.value: _NONE | {"counts": [0] * len(scale.scores)} for metric, scale in metric_rules.SCALES.items()
}


def _metric(
    metric: RatingMetric, now: Mapping[str, Any], before: Mapping[str, Any], target: str | None
) -> ReportMetric:
    scores = metric_rules.SCALES[metric].scores
    return ReportMetric(
        n=now["n"],
        **{name: decimal(now[name]) for name in ("value", "mean", "low", "high")},
        indicative=now["indicative"],
        distribution=[
            ReportScore(score=score, count=count) for score, count in zip(scores, now["counts"], strict=True)
        ],
        before=decimal(before["value"]),
        before_n=before["n"],
        change=report_rules.change(now["value"], before["value"]),
        clear=report_rules.clear(now, before),
        target=decimal(target),
        distance=report_rules.change(now["value"], target),
    )


def _metrics(
    now: Mapping[str, Any], before: Mapping[str, Any], targets: Mapping[str, str | None]
) -> dict[str, ReportMetric]:
    """By the names of the fields."""
    return {
        metric.lower(): _metric(metric, now[metric], before[metric], targets.get(metric))
        for metric in RatingMetric
    }


def ratings_of(now: Mapping[str, Any], before: Mapping[str, Any]) -> ReportRatings:
    """Of a month's figures and those before."""
    ratings, then = now["ratings"], before["ratings"]

    def each(part: str, name: str) -> list[tuple[str, dict[str, ReportMetric]]]:
        later, earlier = ({row[name]: row["metrics"] for row in month[part]} for month in (ratings, then))
        return [
            (of, _metrics(later.get(of, _NOBODY), earlier.get(of, _NOBODY), {}))
            for of in sorted({*later, *earlier})
        ]

    return ReportRatings(
        **_metrics(ratings["metrics"], then["metrics"], now["targets"]),
        by_service=[
            ReportServiceRatings(service=Service(of), **metrics)
            for of, metrics in each("by_service", "service")
        ],
        by_channel=[
            ReportChannelRatings(channel=RatingChannel(of), **metrics)
            for of, metrics in each("by_channel", "channel")
        ],
    )


def store_of(now: Mapping[str, Any] | None, before: Mapping[str, Any] | None) -> ReportStore | None:
    if now is None:
        return None
    then = before or {"mean": None, "negative": None}
    return ReportStore(
        n=now["n"],
        **{name: decimal(now[name]) for name in ("mean", "negative", "low", "high")},
        indicative=now["indicative"],
        mean_before=decimal(then["mean"]),
        negative_before=decimal(then["negative"]),
    )


def issues_of(found: Sequence[Mapping[str, Any]]) -> list[ReportIssue]:
    return [
        ReportIssue(
            rank=rank,
            title=one["title"],
            category=Category(one["category"]),
            priorities=one["priorities"],
            pain_points=one["pain_points"],
            units=one["units"],
        )
        for rank, one in enumerate(found, 1)
    ]


def waves_of(
    now: Sequence[Mapping[str, Any]], before: Sequence[Mapping[str, Any]], title: str
) -> list[ReportWave]:
    earlier = {(one["name"], one["year"], one["number"]): one for one in before}
    made = []
    for wave in now:
        then = earlier.get((wave["name"], wave["year"], wave["number"]))
        scores = {} if then is None else {one["code"]: one["score"] for one in then["dimensions"]}
        made.append(
            ReportWave(
                name=wave["name"],
                year=wave["year"],
                number=wave["number"],
                score=decimal(wave["score"]),
                before=None if then is None else decimal(then["score"]),
                assessed=wave["assessed"],
                dimensions=[
                    ReportDimension(
                        code=one["code"],
                        title=one[title],
                        score=decimal(one["score"]),
                        n=one["n"],
                        before=decimal(scores.get(one["code"])),
                    )
                    for one in wave["dimensions"]
                ],
                regions=[
                    ReportRegion(
                        rank=one["rank"],
                        code=one["code"],
                        name=one["name"],
                        score=decimal(one["score"]),
                        n=one["n"],
                    )
                    for one in wave["regions"]
                ],
            )
        )
    return made
