"""A monthly report in which there is something of everything."""

from typing import Any

import orjson

from jejak.domain import db
from jejak.domain.metric_rules import SCALES, figures
from jejak.domain.report_rules import canonical, digest
from jejak.domain.tables.report import Report


def metrics(less: int) -> dict[str, Any]:
    """Of some answers to every question."""
    made = {}
    for metric, scale in SCALES.items():
        counts = [10 + (3 - less) * score for score in scale.scores]
        told = figures(metric, counts)
        shown = {name: str(getattr(told, name)) for name in ("value", "mean", "low", "high")}
        made[metric.value] = {"n": told.n, **shown, "indicative": told.indicative, "counts": counts}
    return made


def month(less: int) -> dict[str, Any]:
    """What of a month's figures the world has nothing of."""
    store = {
        "n": 90,
        "mean": "4.21",
        "negative": "14.30",
        "low": "8.52",
        "high": "22.98",
        "indicative": False,
    }
    dimension = {"code": "A", "title_id": "Penerimaan", "title_en": "Reception", "score": "71.20", "n": 3}
    region = {"rank": 1, "code": "JATIM", "name": "UID Jawa Timur", "score": "51.63", "n": 3}
    wave = {"name": "Gelombang 2", "year": 2026, "number": 2, "score": "51.63", "assessed": 3}
    issue = {"title": "Lama", "category": "SPEED", "priorities": 40 - less, "pain_points": 3, "units": 2}
    return {
        "ratings": {
            "metrics": metrics(less),
            "by_service": [{"service": "PB_PD", "metrics": metrics(less)}],
            "by_channel": [{"channel": "CALL", "metrics": metrics(less)}],
        },
        "targets": {"CSAT": "85.00", "NPS": "40.00", "COMPLETION": "30.00"},
        "issues": [issue],
        "store": store,
        "assessments": [wave | {"dimensions": [dimension], "regions": [region]}],
        "journeys": {
            "captured": 4 - less,
            "accepted": 2,
            "by_service": [{"service": "PB_PD", "captured": 4 - less, "accepted": 2}],
        },
        "tasks": {
            "tasks": 9,
            "open": 4,
            "overdue": 2 - less,
            "verified": 5,
            "verified_in_month": 3,
            "escalated": 2,
            "escalated_to": {"UNIT": 2, "UP3": 1, "REGION": 1, "HEADQUARTERS": 0},
        },
    }


def full(content: dict[str, Any]) -> dict[str, Any]:
    """A report's content, with something of everything in both months."""
    counts = {"target_units": 3, "units_started": 2, "tasks": 9, "overdue": 2, "verified_tasks": 5}
    for less, figures_ in enumerate((content["figures"], content["before"]["figures"])):
        told = month(less)
        steps = figures_["steps"]
        for step in (steps["programme"], *steps["steps"]):
            step.update(counts, reported="40.00", verified=f"{20 - less}.00")
        figures_.update(told, steps=steps | {"as_of": "2026-10-31"})
    return content


async def filled(report: Report) -> None:
    """Of a draft."""
    content = full(orjson.loads(report.content))
    # As of a month before that was published.
    content["before"]["digest"] = "00"
    await db.execute(
        "update report set content = $2, digest = $3 where id = $1",
        report.id,
        canonical(content).decode(),
        digest(content),
    )
