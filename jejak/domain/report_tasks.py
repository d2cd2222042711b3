"""R11: tasks at a month's end, and what became of them in it."""

from typing import Any

from jejak.domain import db
from jejak.domain.report_scope import Scope
from jejak.domain.vocabulary import Audience

# Up the tree.
LEVELS = (Audience.UNIT, Audience.UP3, Audience.REGION, Audience.HEADQUARTERS)
_SQL = f"""
with told as (
    select r.task_id, r.audience from reminder r join task t on t.id = r.task_id
    where r.outcome = 'SENT' and r.audience <> 'OWNER' and r.settled_at >= $2 and r.settled_at < $3
      and t.unit_id = any($1::uuid[])
)
select
    (select count(*) from task t
     where t.unit_id = any($1) and t.verified_at >= $2 and t.verified_at < $3) as verified_in_month,
    (select count(distinct task_id) from told) as escalated,
    {", ".join(f"(select count(distinct task_id) from told where audience = '{level}') as {level}" for level in LEVELS)}
"""


async def figures(scope: Scope, programme: dict[str, Any]) -> dict[str, Any]:
    """`programme`: the figures of the whole programme, whose counts of tasks are those at the month's end."""
    period = scope.period
    row = await db.fetchrow(_SQL, scope.units, period.start, period.end)
    assert row is not None  # noqa: S101 -- one row always
    tasks, verified = programme["tasks"], programme["verified_tasks"]
    return {
        "tasks": tasks,
        "open": None if tasks is None else tasks - verified,
        "overdue": programme["overdue"],
        "verified": verified,
        "verified_in_month": row["verified_in_month"],
        "escalated": row["escalated"],
        "escalated_to": {level.value: row[level.lower()] for level in LEVELS},
    }
