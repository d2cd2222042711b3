"""R11: which units and which moments a month's figures speak of."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from jejak.domain import db
from jejak.domain.report_rules import Period
from jejak.domain.tables.unit import Unit


@dataclass(frozen=True, slots=True)
class Scope:
    """`kept_on`: the last day of an ended month whose figures were kept; None where none were. `running`: the month has
    not ended, and the figures are those of now.

    `units`: the unit and all below it, as the tree stood on that day (R1); where none was kept, as it stands. `moved`: those
    are others now.
    """

    unit: Unit
    period: Period
    running: bool
    kept_on: date | None
    units: list[UUID]
    moved: bool = False


async def of(unit: Unit, period: Period, now: datetime) -> Scope:
    """To be called inside `db.snapshot()`, as whatever reads by it."""
    running = now < period.end
    kept_on = (
        None
        if running
        else await db.fetchval(
            "select max(day) from unit_snapshot where day between $1 and $2", period.month, period.last
        )
    )
    now_below = await db.fetch("select id from unit where path ^@ $1 order by path", unit.path)
    if kept_on is None:
        rows = now_below
    else:
        rows = await db.fetch(
            """
            select at.unit_id as id from unit_snapshot top
            join unit_snapshot at on at.day = top.day and at.path ^@ top.path
            where top.day = $1 and top.unit_id = $2 order by at.path
            """,
            kept_on,
            unit.id,
        )
    units = [row["id"] for row in rows]
    moved = set(units) != {row["id"] for row in now_below}
    return Scope(unit, period, running, kept_on, units, moved)
