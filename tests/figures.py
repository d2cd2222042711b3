"""The figures of R5 as the service shows them."""

from datetime import date
from typing import Any

from jejak.domain import completion, db


async def figures_of(
    path: str, *, initiative: str | None = None, step: int | None = None, on: date | None = None
) -> dict[str, Any]:
    """Of an initiative, a step or, where neither is named, the programme, for the subtree below `path`."""
    values: list[Any] = [path]
    chosen = "true"
    if initiative is not None:
        values.append(initiative)
        chosen = "i.id = (select chosen.id from initiative chosen where chosen.code = $2)"
    elif step is not None:
        values.append(step)
        chosen = "i.step_id = (select chosen.id from step chosen where chosen.number = $2)"
    if on is not None:
        values.append(on)
    sql = completion.figures(path="$1::text", chosen=chosen, on=f"${len(values)}::date" if on else None)
    row = await db.fetchrow(f"select figures.* from {sql} figures", *values)
    assert row is not None
    return dict(row)
