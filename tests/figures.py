"""The figures of R5 as the service shows them."""

from datetime import date, datetime
from typing import Any

from jejak.domain import completion, db


async def figures_of(
    path: str, *, initiative: str | None = None, step: int | None = None, on: date | None = None
) -> dict[str, Any]:
    """Of an initiative, a step or, where neither is named, the programme, for the subtree below `path`."""
    values: list[Any] = []
    chosen = "true"
    if initiative is not None:
        values.append(initiative)
        chosen = "i.id = (select chosen.id from initiative chosen where chosen.code = $2)"
    elif step is not None:
        values.append(step)
        chosen = "i.step_id = (select chosen.id from step chosen where chosen.number = $2)"
    row = await _row(path, values, chosen, on)
    # Of when they were taken tells `taken_at`.
    return {name: value for name, value in row.items() if name != "taken_at"}


async def taken_at(path: str, on: date | None = None) -> datetime | None:
    """When the programme's figures of a past day were taken; None for those of now."""
    found: datetime | None = (await _row(path, [], "true", on))["taken_at"]
    return found


async def _row(path: str, values: list[Any], chosen: str, on: date | None) -> dict[str, Any]:
    values = [path, *values] if on is None else [path, *values, on]
    sql = completion.figures(path="$1::text", chosen=chosen, on=f"${len(values)}::date" if on else None)
    row = await db.fetchrow(f"select figures.* from {sql} figures", *values)
    assert row is not None
    return dict(row)
