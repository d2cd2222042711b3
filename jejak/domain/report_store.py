"""R11: the rating in the app's store (R8), of the whole of PLN, by the days at headquarters."""

from typing import Any

from jejak.domain import db, review_figures
from jejak.domain.report_scope import Scope
from jejak.domain.vocabulary import UnitKind

_SQL = f"""
select f.reviews as n, f.mean, f.share as negative, f.low, f.high, f.indicative
from {review_figures.period("$1::date", "$2::date")} f
"""


async def figures(scope: Scope) -> dict[str, Any] | None:
    """In headquarters' report alone: whoever has a role there sees reviews."""
    if scope.unit.kind != UnitKind.HQ:
        return None
    row = await db.fetchrow(_SQL, scope.period.month, scope.period.last)
    return None if row is None else dict(row)
