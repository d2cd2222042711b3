"""R11: the sections of a report, from its content. What was never computed for it is left out, what is unknown stays empty."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from jejak.documents import report_texts
from jejak.documents.report_view import (
    Bar,
    Bars,
    Chart,
    Column,
    Interval,
    Intervals,
    Kind,
    Section,
    Share,
    Shares,
    Table,
    Value,
)
from jejak.domain import digest_texts, metric_rules, report_rules
from jejak.domain.vocabulary import Language, RatingMetric

_ON_A_HUNDRED = (RatingMetric.CSAT, RatingMetric.CES, RatingMetric.OVERALL)


@dataclass(frozen=True, slots=True)
class Reading:
    """A month's figures beside those of the one before, in a language."""

    now: dict[str, Any]
    before: dict[str, Any]
    language: Language

    def word(self, of: str, /, **values: object) -> str:
        return report_texts.word(of, self.language, **values)

    def titled(self, row: Mapping[str, Any]) -> str:
        """In the reader's language, of what is stored in both."""
        return str(row["title_en" if self.language is Language.EN else "title_id"])


def decimal(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)


def _whole(change: Decimal | None) -> int | None:
    return None if change is None else int(change)


def steps(r: Reading) -> Section:
    now, before = r.now["steps"], r.before["steps"]
    earlier = {row["number"]: row for row in before["steps"]}
    columns = [
        Column(r.word("rank"), Kind.COUNT),
        Column(r.word("step")),
        Column("%", Kind.FIGURE, r.word("reported")),
        Column("±", Kind.CHANGE, r.word("reported")),
        Column("%", Kind.FIGURE, r.word("verified")),
        Column("±", Kind.CHANGE, r.word("verified")),
        Column(r.word("targets"), Kind.COUNT, r.word("affected")),
        Column(r.word("started"), Kind.COUNT, r.word("affected")),
        Column(r.word("all"), Kind.COUNT, r.word("tasks")),
        Column(r.word("verified_short"), Kind.COUNT, r.word("tasks")),
        Column(r.word("overdue"), Kind.COUNT, r.word("tasks")),
    ]

    def row(one: Mapping[str, Any], then: Mapping[str, Any], number: int | None, title: str) -> list[Value]:
        return [
            number,
            title,
            decimal(one["reported"]),
            report_rules.change(one["reported"], then.get("reported")),
            decimal(one["verified"]),
            report_rules.change(one["verified"], then.get("verified")),
            *(one[name] for name in ("target_units", "units_started", "tasks", "verified_tasks", "overdue")),
        ]

    rows = [row(one, earlier.get(one["number"], {}), one["number"], r.titled(one)) for one in now["steps"]]
    rows.append(row(now["programme"], before["programme"], None, r.word("programme")))
    bars = [
        Bar(f"{one['number']}. {r.titled(one)}", decimal(one["verified"]), decimal(one["reported"]))
        for one in now["steps"]
    ]
    chart = Bars("", bars, (r.word("verified"), r.word("reported")))
    return Section(
        "steps",
        r.word("steps"),
        [Table("", columns, rows, total=True, plotted=(2, 4))],
        [chart],
        [_as_of(r, now["as_of"])],
    )


def _as_of(r: Reading, day: str | None) -> str:
    if day is not None:
        return r.word("steps_as_of", day=digest_texts.day(date.fromisoformat(day), r.language))
    return r.word("steps_now" if r.now["running"] else "steps_unknown")


def journeys(r: Reading) -> Section:
    now, before = r.now["journeys"], r.before["journeys"]
    earlier = {row["service"]: row for row in before["by_service"]}
    later = {row["service"]: row for row in now["by_service"]}
    columns = [Column(r.word("service"))]
    for name in ("captured", "accepted"):
        columns += [
            Column(r.word("this_month"), Kind.COUNT, r.word(name)),
            Column(r.word("before"), Kind.COUNT, r.word(name)),
            Column(r.word("change"), Kind.COUNT_CHANGE, r.word(name)),
        ]

    def row(title: str, one: Mapping[str, Any], then: Mapping[str, Any]) -> list[Value]:
        values: list[Value] = [title]
        for name in ("captured", "accepted"):
            values += [one.get(name, 0), then.get(name, 0), one.get(name, 0) - then.get(name, 0)]
        return values

    rows = [
        row(report_texts.service(of, r.language), later.get(of, {}), earlier.get(of, {}))
        for of in sorted({*earlier, *later})
    ]
    rows.append(row(r.word("all"), now, before))
    table = Table("", columns, rows, total=True, plotted=(1, 2))
    return Section("journeys", r.word("journeys"), [table])


def tasks(r: Reading) -> Section:
    now, before = r.now["tasks"], r.before["tasks"]
    columns = _compared(r, r.word("figure"))
    overdue = "tasks_overdue_now" if r.now["running"] else "tasks_overdue"
    rows = [
        _counted(r.word(title), now[name], before[name])
        for title, name in (
            ("tasks_total", "tasks"),
            ("tasks_open", "open"),
            (overdue, "overdue"),
            ("tasks_verified", "verified"),
            ("tasks_verified_in_month", "verified_in_month"),
            ("tasks_escalated", "escalated"),
        )
    ]
    levels = [
        _counted(report_texts.level(level, r.language), now["escalated_to"][level], earlier)
        for level, earlier in before["escalated_to"].items()
    ]
    told = Table(r.word("escalated_to"), _compared(r, r.word("escalated_to")), levels)
    return Section("tasks", r.word("task_section"), [Table("", columns, rows), told])


def _compared(r: Reading, title: str) -> list[Column]:
    return [
        Column(title),
        Column(r.word("this_month"), Kind.COUNT),
        Column(r.word("before"), Kind.COUNT),
        Column(r.word("change"), Kind.COUNT_CHANGE),
    ]


def _counted(title: str, now: int | None, before: int | None) -> list[Value]:
    return [title, now, before, _whole(report_rules.change(now, before))]


def ratings(r: Reading) -> Section:
    now, before = r.now["ratings"], r.before["ratings"]
    answered = any(now["metrics"][metric]["n"] for metric in RatingMetric)
    charts: list[Chart] = [*_intervals(r), _distribution(r)] if answered else []
    tables = [_metrics(r)]
    for key, name, told in (
        ("by_service", "service", report_texts.service),
        ("by_channel", "channel", report_texts.channel),
    ):
        if now[key] or before[key]:
            tables.append(_broken_down(r, key, name, told))
    return Section("ratings", r.word("ratings"), tables, charts, [r.word("indicative_note")])


def _mark(r: Reading, one: Mapping[str, Any]) -> str | None:
    return r.word("indicative") if one["indicative"] and one["n"] else None


def _metrics(r: Reading) -> Table:
    columns = [
        Column(r.word("metric")),
        Column(r.word("n"), Kind.COUNT),
        Column(r.word("indicative"), Kind.MARK),
        Column(r.word("value"), Kind.FIGURE),
        Column(r.word("low"), Kind.LOW),
        Column(r.word("high"), Kind.HIGH),
        Column(r.word("mean"), Kind.FIGURE),
        Column(r.word("before"), Kind.FIGURE),
        Column(r.word("change"), Kind.CHANGE),
        Column(r.word("clear")),
        Column(r.word("target"), Kind.FIGURE),
        Column(r.word("distance"), Kind.CHANGE),
    ]
    rows: list[list[Value]] = []
    for metric in RatingMetric:
        one, then = r.now["ratings"]["metrics"][metric], r.before["ratings"]["metrics"][metric]
        target = r.now["targets"].get(metric)
        clear = report_rules.clear(one, then)
        rows.append(
            [
                report_texts.metric(metric, r.language),
                one["n"],
                _mark(r, one),
                decimal(one["value"]),
                decimal(one["low"]),
                decimal(one["high"]),
                # The mean of a scale from 0 to 10 is no figure of R8.
                None if metric is RatingMetric.NPS else decimal(one["mean"]),
                decimal(then["value"]),
                report_rules.change(one["value"], then["value"]),
                None if clear is None else r.word("yes" if clear else "no"),
                decimal(target),
                report_rules.change(one["value"], target),
            ]
        )
    return Table("", columns, rows, plotted=(3,))


def _broken_down(r: Reading, key: str, name: str, told: Callable[[str, Language], str]) -> Table:
    earlier = {row[name]: row["metrics"] for row in r.before["ratings"][key]}
    later = {row[name]: row["metrics"] for row in r.now["ratings"][key]}
    columns = [Column(r.word(name))]
    for metric in RatingMetric:
        title = report_texts.metric(metric, r.language)
        columns += [
            Column(r.word("n"), Kind.COUNT, title),
            Column(r.word("indicative"), Kind.MARK, title),
            Column(r.word("value"), Kind.FIGURE, title),
            Column("±", Kind.CHANGE, title),
        ]
    nobody = {metric.value: {"n": 0, "value": None, "indicative": True} for metric in RatingMetric}
    rows: list[list[Value]] = []
    for of in sorted({*earlier, *later}):
        row: list[Value] = [told(of, r.language)]
        for metric in RatingMetric:
            one, then = later.get(of, nobody)[metric], earlier.get(of, nobody)[metric]
            row += [
                one["n"],
                _mark(r, one),
                decimal(one["value"]),
                report_rules.change(one["value"], then["value"]),
            ]
        rows.append(row)
    return Table(r.word(key), columns, rows)


def _intervals(r: Reading) -> list[Intervals]:
    legend = (r.word("interval"), r.word("before"), r.word("target"))
    charts = []
    for metrics, least in ((_ON_A_HUNDRED, 0), ((RatingMetric.NPS,), -100)):
        found = [
            Interval(
                report_texts.metric(metric, r.language),
                Decimal(one["value"]),
                Decimal(one["low"]),
                Decimal(one["high"]),
                decimal(r.before["ratings"]["metrics"][metric]["value"]),
                decimal(r.now["targets"].get(metric)),
            )
            for metric in metrics
            if (one := r.now["ratings"]["metrics"][metric])["n"]
        ]
        if found:
            charts.append(Intervals("", found, least, legend))
    return charts


def _distribution(r: Reading) -> Shares:
    metrics = r.now["ratings"]["metrics"]
    shares = [
        Share(
            report_texts.metric(metric, r.language),
            metrics[metric]["counts"],
            metric_rules.SCALES[metric].least,
        )
        for metric in RatingMetric
        if metrics[metric]["n"]
    ]
    return Shares(r.word("distribution"), shares)
