"""R11: journeys captured and accepted in a month, whatever became of them since; without those made of a mystery shopper's
findings.
"""

from typing import Any

from jejak.domain import db
from jejak.domain.event_kind import EventKind
from jejak.domain.report_scope import Scope

_SQL = f"""
with captured as (
    select j.service, count(*) as n from journey j
    where j.unit_id = any($1::uuid[]) and j.created_at >= $2 and j.created_at < $3 and j.assessment_id is null group by j.service
), accepted as (
    select j.service, count(*) as n from event e join journey j on j.id = e.subject_id
    where e.kind = '{EventKind.JOURNEY_ACCEPTED}' and e.at >= $2 and e.at < $3 and j.unit_id = any($1)
      and j.assessment_id is null group by j.service
)
select service, coalesce(captured.n, 0) as captured, coalesce(accepted.n, 0) as accepted
from captured full join accepted using (service) order by service
"""


async def figures(scope: Scope) -> dict[str, Any]:
    period = scope.period
    rows = [dict(row) for row in await db.fetch(_SQL, scope.units, period.start, period.end)]
    return {
        "captured": sum(row["captured"] for row in rows),
        "accepted": sum(row["accepted"] for row in rows),
        "by_service": rows,
    }
