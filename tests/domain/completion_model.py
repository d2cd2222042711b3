"""R5 once more, in plain fractions and written from its words: what the SQL is compared with."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any
from zoneinfo import ZoneInfo

from jejak.domain import clock, db


@dataclass(frozen=True)
class Model:
    units: dict[Any, Any]
    initiatives: list[Any]
    tasks: list[Any]
    now: datetime

    @classmethod
    async def read(cls) -> "Model":
        units = {row["id"]: row for row in await db.fetch("select * from unit")}
        initiatives = await db.fetch(
            "select i.id, i.code, i.weight, i.scope, s.number as step, s.weight as step_weight from initiative i join step s on s.id = i.step_id"
        )
        tasks = await db.fetch("select * from task where status <> 'CANCELLED'")
        return cls(units, initiatives, tasks, clock.now())

    def targets(self, initiative: Any) -> set[Any]:
        """T(i): the open units in scope, and every unit with a task that is not cancelled."""
        in_scope = {
            u["id"]
            for u in self.units.values()
            if u["closed_at"] is None and u["kind"] in initiative["scope"]
        }
        return in_scope | {t["unit_id"] for t in self.tasks if t["initiative_id"] == initiative["id"]}

    def subtree(self, path: str) -> set[Any]:
        return {u["id"] for u in self.units.values() if u["path"].startswith(path)}

    def at_unit(self, initiative: Any, unit_id: Any, value: Callable[[Any], Fraction]) -> Fraction:
        """c(i, v)"""
        tasks = [t for t in self.tasks if (t["initiative_id"], t["unit_id"]) == (initiative["id"], unit_id)]
        if not tasks:
            return Fraction(0)
        return Fraction(sum(t["weight"] * value(t) for t in tasks)) / sum(t["weight"] for t in tasks)

    def of_initiative(self, initiative: Any, path: str, value: Callable[[Any], Fraction]) -> Fraction | None:
        """c(i, u)"""
        units = self.targets(initiative) & self.subtree(path)
        return (
            sum((self.at_unit(initiative, v, value) for v in units), Fraction(0)) / len(units)
            if units
            else None
        )

    def of_step(self, initiatives: list[Any], path: str, value: Callable[[Any], Fraction]) -> Fraction | None:
        return weighted((i["weight"], self.of_initiative(i, path, value)) for i in initiatives)

    def of_all(self, initiatives: list[Any], path: str, value: Callable[[Any], Fraction]) -> Fraction | None:
        steps = {i["step"]: i["step_weight"] for i in initiatives}
        return weighted(
            (weight, self.of_step([i for i in initiatives if i["step"] == step], path, value))
            for step, weight in steps.items()
        )

    def figures(self, path: str, *, initiative: str | None = None, step: int | None = None) -> dict[str, Any]:
        chosen = [
            i for i in self.initiatives if initiative in (None, i["code"]) and step in (None, i["step"])
        ]
        meant = {i["id"] for i in chosen}
        units = self.subtree(path)
        tasks = [t for t in self.tasks if t["initiative_id"] in meant and t["unit_id"] in units]
        return {
            "reported": shown(self.of_all(chosen, path, lambda t: Fraction(t["progress"], 100))),
            "verified": shown(self.of_all(chosen, path, lambda t: Fraction(t["status"] == "VERIFIED"))),
            "target_units": len(set().union(*(self.targets(i) for i in chosen)) & units),
            "units_started": len(
                # What was blocked before it began has not begun.
                {
                    t["unit_id"]
                    for t in tasks
                    if (t["blocked_from"] or t["status"]) != "PLANNED" or t["progress"] > 0
                }
            ),
            "tasks": len(tasks),
            "overdue": sum(
                t["due_on"] < self.today(t) for t in tasks if t["status"] not in ("SUBMITTED", "VERIFIED")
            ),
            "verified_tasks": sum(t["status"] == "VERIFIED" for t in tasks),
        }

    def today(self, task: Any) -> date:
        return self.now.astimezone(ZoneInfo(self.units[task["unit_id"]]["timezone"])).date()


def weighted(parts: Iterable[tuple[int, Fraction | None]]) -> Fraction | None:
    defined = [(weight, value) for weight, value in parts if value is not None]
    return Fraction(sum(w * v for w, v in defined)) / sum(w for w, _ in defined) if defined else None


def shown(value: Fraction | None) -> Decimal | None:
    """Percent with two decimals, rounded once, a half up."""
    return None if value is None else Decimal(floor(value * 10_000 + Fraction(1, 2))) / 100
