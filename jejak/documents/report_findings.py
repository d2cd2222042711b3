"""R11: what hurt most in a month, and what mystery shoppers found, as sections of a report."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from jejak.documents import report_texts
from jejak.documents.report_sections import Reading, decimal
from jejak.documents.report_view import Bar, Bars, Column, Kind, Section, Table, Value
from jejak.domain import report_rules


def issues(r: Reading) -> Section:
    columns = [
        Column(r.word("rank"), Kind.COUNT),
        Column(r.word("issue")),
        Column(r.word("category")),
        Column(r.word("priority"), Kind.COUNT),
        Column(r.word("pain_points"), Kind.COUNT),
        Column(r.word("affected"), Kind.COUNT),
    ]
    tables = [
        Table(
            "" if month is r.now else r.word("before"),
            columns,
            [
                [
                    number,
                    one["title"],
                    report_texts.category(one["category"], r.language),
                    one["priorities"],
                    one["pain_points"],
                    one["units"],
                ]
                for number, one in enumerate(month["issues"], 1)
            ],
        )
        for month in (r.now, r.before)
        if month["issues"]
    ]
    notes = [] if r.now["issues"] else [r.word("nothing")]
    return Section("issues", r.word("issues"), tables, notes=notes)


def assessments(r: Reading) -> Section:
    waves = r.now["assessments"]
    tables, charts = [], []
    for wave in waves:
        tables.append(_dimensions(r, wave))
        if wave["regions"]:
            tables.append(_ranking(r, wave))
        bars = [
            Bar(f"{one['code']} {r.titled(one)}", decimal(one["score"]))
            for one in wave["dimensions"]
            if one["score"] is not None
        ]
        charts.append(Bars(_named(wave), bars))
    notes = [] if waves else [r.word("nothing")]
    return Section("assessments", r.word("assessments"), tables, charts, notes)


def _named(wave: Mapping[str, Any]) -> str:
    return f"{wave['name']} ({wave['year']}/{wave['number']})"


def _dimensions(r: Reading, wave: Mapping[str, Any]) -> Table:
    """Beside what the same wave had come to by the end of the month before."""
    (earlier,) = [one for one in r.before["assessments"] if _named(one) == _named(wave)] or [None]
    scores = {} if earlier is None else {one["code"]: one["score"] for one in earlier["dimensions"]}
    columns = [
        Column(r.word("dimension")),
        Column(r.word("assessed"), Kind.COUNT),
        Column(r.word("score"), Kind.FIGURE),
        Column(r.word("before"), Kind.FIGURE),
        Column(r.word("change"), Kind.CHANGE),
    ]

    def row(title: str, one: Mapping[str, Any], n: int, before: str | None) -> list[Value]:
        return [title, n, decimal(one["score"]), decimal(before), report_rules.change(one["score"], before)]

    rows = [
        row(f"{one['code']} {r.titled(one)}", one, one["n"], scores.get(one["code"]))
        for one in wave["dimensions"]
    ]
    before = None if earlier is None else earlier["score"]
    rows.append(row(r.word("total_score"), wave, wave["assessed"], before))
    return Table(_named(wave), columns, rows, total=True, plotted=(2,))


def _ranking(r: Reading, wave: Mapping[str, Any]) -> Table:
    columns = [
        Column(r.word("rank"), Kind.COUNT),
        Column(r.word("region")),
        Column(r.word("assessed"), Kind.COUNT),
        Column(r.word("score"), Kind.FIGURE),
    ]
    rows = [[one["rank"], one["name"], one["n"], decimal(one["score"])] for one in wave["regions"]]
    return Table(f"{r.word('ranking')}, {_named(wave)}", columns, rows, plotted=(3,))


def store(r: Reading) -> Section | None:
    """Of the whole of PLN; None where it is another unit's report."""
    now, before = r.now["store"], r.before["store"]
    if now is None:
        return None
    before = before or {"n": 0, "mean": None, "negative": None, "low": None, "high": None}
    columns = [
        Column(r.word("figure")),
        Column(r.word("n"), Kind.COUNT),
        Column(r.word("indicative"), Kind.MARK),
        Column(r.word("value"), Kind.FIGURE),
        Column(r.word("low"), Kind.LOW),
        Column(r.word("high"), Kind.HIGH),
        Column(r.word("before"), Kind.FIGURE),
        Column(r.word("change"), Kind.CHANGE),
        Column(r.word("clear")),
    ]
    mark = r.word("indicative") if now["indicative"] and now["n"] else None
    clear = report_rules.clear(now, before)
    rows: list[list[Value]] = [
        [
            r.word(title),
            now["n"],
            mark,
            decimal(now[name]),
            *bounds,
            decimal(before[name]),
            report_rules.change(now[name], before[name]),
            said,
        ]
        for title, name, bounds, said in (
            ("store_mean", "mean", (None, None), None),
            (
                "store_negative",
                "negative",
                (decimal(now["low"]), decimal(now["high"])),
                None if clear is None else r.word("yes" if clear else "no"),
            ),
        )
    ]
    return Section("store", r.word("store"), [Table("", columns, rows)])


def best(waves: list[dict[str, Any]]) -> Decimal | None:
    """The score of the latest wave; None without any."""
    return decimal(waves[0]["score"]) if waves else None
