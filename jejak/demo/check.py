"""R5 once more, in plain Python over the raw rows: what the printed figures are checked against.

Shares nothing with `domain.completion` but the rule's text.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg


@dataclass(frozen=True, slots=True)
class Figures:
    reported: str | None
    verified: str | None
    target_units: int
    units_started: int
    tasks: int
    overdue: int
    verified_tasks: int


@dataclass(frozen=True, slots=True)
class Raw:
    """The rows that completion follows from, read once."""

    units: dict[Any, Any]
    steps: list[Any]
    initiatives: list[Any]
    tasks: list[Any]

    @classmethod
    async def read(cls, database_url: str) -> "Raw":
        connection = await asyncpg.connect(dsn=database_url)
        try:
            units = await connection.fetch("select id, code, kind, parent_id, timezone, closed_at from unit")
            return cls(
                units={unit["id"]: unit for unit in units},
                steps=await connection.fetch("select id, number, weight from step order by number"),
                initiatives=await connection.fetch("select id, step_id, weight, scope from initiative"),
                tasks=await connection.fetch(
                    "select initiative_id, unit_id, weight, progress, status, blocked_from, due_on from task "
                    "where status <> 'CANCELLED'"
                ),
            )
        finally:
            await connection.close()

    def subtree(self, code: str) -> set[Any]:
        inside = {key for key, unit in self.units.items() if unit["code"] == code}
        while True:
            more = {key for key, unit in self.units.items() if unit["parent_id"] in inside} - inside
            if not more:
                return inside
            inside |= more

    def figures(self, code: str, step_id: Any, now: datetime) -> Figures:
        """Of one step for the unit `code` and everything below it."""
        subtree = self.subtree(code)
        weighted: list[tuple[int, Fraction, Fraction]] = []
        targets: set[Any] = set()
        counted: list[Any] = []
        for initiative in (i for i in self.initiatives if i["step_id"] == step_id):
            own = [task for task in self.tasks if task["initiative_id"] == initiative["id"]]
            here = {
                key
                for key, unit in self.units.items()
                if unit["kind"] in initiative["scope"] and unit["closed_at"] is None
            } | {task["unit_id"] for task in own}
            here &= subtree
            targets |= here
            counted += [task for task in own if task["unit_id"] in here]
            if here:
                values = [_unit_values([task for task in own if task["unit_id"] == key]) for key in here]
                reported = sum((value[0] for value in values), Fraction(0)) / len(here)
                verified = sum((value[1] for value in values), Fraction(0)) / len(here)
                weighted.append((initiative["weight"], reported, verified))
        whole = sum(weight for weight, _, _ in weighted)
        return Figures(
            reported=_percent(sum((w * r for w, r, _ in weighted), Fraction(0)) / whole) if whole else None,
            verified=_percent(sum((w * v for w, _, v in weighted), Fraction(0)) / whole) if whole else None,
            target_units=len(targets),
            units_started=len({task["unit_id"] for task in counted if _begun(task)}),
            tasks=len(counted),
            overdue=sum(self._overdue(task, now) for task in counted),
            verified_tasks=sum(task["status"] == "VERIFIED" for task in counted),
        )

    def _overdue(self, task: Any, now: datetime) -> bool:
        today = now.astimezone(ZoneInfo(self.units[task["unit_id"]]["timezone"])).date()
        return task["status"] in {"PLANNED", "IN_PROGRESS", "RETURNED", "BLOCKED"} and task["due_on"] < today


def _begun(task: Any) -> bool:
    """A task that was blocked before it began has not."""
    return bool((task["blocked_from"] or task["status"]) != "PLANNED" or task["progress"] > 0)


def _unit_values(tasks: list[Any]) -> tuple[Fraction, Fraction]:
    weight = sum(task["weight"] for task in tasks)
    if not weight:
        return Fraction(0), Fraction(0)
    reported = sum((Fraction(task["weight"] * task["progress"], 100) for task in tasks), Fraction(0))
    verified = sum(task["weight"] for task in tasks if task["status"] == "VERIFIED")
    return reported / weight, Fraction(verified, weight)


def _percent(value: Fraction) -> str:
    exact = value * 100
    # Half up in exact integers first, so that no division is rounded before the last digit shown.
    hundredths = (exact.numerator * 200 + exact.denominator) // (2 * exact.denominator)
    return str((Decimal(hundredths) / 100).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP))
