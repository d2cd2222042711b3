"""R11: what a report says, computed: one JSON document of plain numbers, decimals as texts, and nothing else ever enters it.

All of it is read from one snapshot of the database: no figure is of another moment than the one beside it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

from jejak.domain import (
    change,
    clock,
    db,
    report_assessments,
    report_issues,
    report_journeys,
    report_ratings,
    report_rules,
    report_scope,
    report_steps,
    report_store,
    report_tasks,
)
from jejak.domain.report_rules import FORMULA_VERSION, Period
from jejak.domain.report_scope import Scope
from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import ReportState


@dataclass(frozen=True, slots=True)
class Computed:
    content: dict[str, Any]
    at: datetime

    @property
    def digest(self) -> str:
        return report_rules.digest(self.content)


async def compute(unit_id: UUID, month: date) -> Computed:
    """What the report of a unit for a month says now. Opens a transaction of its own, and writes nothing.

    Beside the month stand the figures of the one before: those that were published, where they were, else computed likewise.
    """
    async with db.snapshot():
        unit = (await change.units([unit_id], lock=False))[unit_id]
        period, now = Period.of(month, unit.timezone), clock.now()
        content = {
            "formula_version": FORMULA_VERSION,
            "unit": await _described(unit),
            "period": _told(period),
            "figures": await _figures(await report_scope.of(unit, period, now)),
            "before": await _before(unit, period.before, now),
        }
    # As it will be read back.
    return Computed(orjson.loads(report_rules.canonical(content)), now)


async def _figures(scope: Scope) -> dict[str, Any]:
    steps = await report_steps.figures(scope)
    return {
        "running": scope.running,
        "units": len(scope.units),
        "journeys": await report_journeys.figures(scope),
        "steps": steps,
        "tasks": await report_tasks.figures(scope, steps["programme"]),
        "ratings": await report_ratings.figures(scope),
        "targets": await report_ratings.targets(scope),
        "issues": await report_issues.figures(scope),
        "assessments": await report_assessments.figures(scope),
        "store": await report_store.figures(scope),
    }


async def _before(unit: Unit, period: Period, now: datetime) -> dict[str, Any]:
    published = await db.fetchrow(
        "select content, digest from report where unit_id = $1 and month = $2 and state = $3",
        unit.id,
        period.month,
        ReportState.PUBLISHED,
    )
    if published is None:
        figures = await _figures(await report_scope.of(unit, period, now))
        return _told(period) | {"digest": None, "formula_version": FORMULA_VERSION, "figures": figures}
    kept: dict[str, Any] = orjson.loads(published["content"])
    return {
        **kept["period"],
        "digest": published["digest"],
        "formula_version": kept["formula_version"],
        "figures": kept["figures"],
    }


async def _described(unit: Unit) -> dict[str, Any]:
    """The unit as it is called and where it lies now; with everything above it, from headquarters down."""
    above = await db.fetch(
        "select code, name from unit where $1 ^@ path and path <> $1 order by length(path)", unit.path
    )
    return {
        "code": unit.code,
        "name": unit.name,
        "kind": unit.kind,
        "above": [{"code": row["code"], "name": row["name"]} for row in above],
    }


def _told(period: Period) -> dict[str, Any]:
    return {
        "month": report_rules.written(period.month),
        "start": period.start.isoformat(),
        "end": period.end.isoformat(),
        "zone": period.zone,
    }
