"""R11: the top three issues of a month (R3), by the pain points that were recorded in it."""

from typing import Any

from jejak.domain import access, db, issue_figures
from jejak.domain.report_scope import Scope

_CONDITIONS = " and ".join(
    (
        "p.unit_id = any($1::uuid[])",
        issue_figures.recorded("p", "u", ">=", "$2::date"),
        issue_figures.recorded("p", "u", "<=", "$3::date"),
    )
)


async def figures(scope: Scope) -> list[dict[str, Any]]:
    """The largest first. Whoever sees the unit sees all below it, and so these pain points; their words are not in it."""
    top = issue_figures.top(
        "''", lambda unit: access.seen(unit, access.EVERYWHERE), _CONDITIONS, str(issue_figures.TOP)
    )
    rows = await db.fetch(
        f"""
        select i.title, i.category, t.priorities, t.pain_points, t.units
        from {top} t join issue i on i.id = t.id order by t.rank
        """,
        scope.units,
        scope.period.month,
        scope.period.last,
    )
    return [dict(row) for row in rows]
