"""R11: how far the programme and its ten steps had come (R5): at the end of an ended month, as it was kept then; now in a
running one.
"""

from typing import Any

from jejak.domain import completion, db
from jejak.domain.report_scope import Scope

_FIGURES = ("reported", "verified")


async def figures(scope: Scope) -> dict[str, Any]:
    """`as_of`: the day at whose end, at headquarters, they stood so; None for those of now, and where none were kept."""
    none_kept = not scope.running and scope.kept_on is None
    values = [scope.unit.path, *([] if scope.running else [scope.kept_on])]
    on = None if scope.running else "$2::date"
    whole = completion.figures(path="$1::text", chosen="true", on=on)
    by_step = completion.figures_by("i.step_id", path="$1::text", on=on)
    rows = await db.fetch(
        f"""
        select s.number, s.title_id, s.title_en, f.* from step s left join {by_step} f on f.of_group = s.id
        union all
        select 0, p.title_id, p.title_en, null, f.* from programme p cross join {whole} f
        order by number
        """,
        *values,
    )
    programme, *steps = [_shown(row, none_kept=none_kept) for row in rows]
    as_of = None if scope.kept_on is None else scope.kept_on.isoformat()
    return {"as_of": as_of, "programme": programme, "steps": steps}


def _shown(row: Any, *, none_kept: bool) -> dict[str, Any]:
    """Where nothing was kept, nothing is known: null, and not 0."""
    shown = {name: row[name] for name in ("number", "title_id", "title_en")}
    shown |= {name: None if row[name] is None else str(row[name]) for name in _FIGURES}
    return shown | {name: None if none_kept else int(row[name] or 0) for name in completion.COUNTS}
