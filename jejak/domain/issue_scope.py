"""Which units an issue affects, and that what a rollout does about it is told at their pain points."""

from collections.abc import Collection
from uuid import UUID

from jejak.domain import db, event, pain_point
from jejak.domain.access import Allowed
from jejak.domain.event import Happened
from jejak.domain.event_kind import EventKind

# Neither resolved nor decided on.
AT_WORK = "('OPEN', 'ASSIGNED', 'IN_PROGRESS')"


def still_there(point: str) -> str:
    """SQL: a pain point that is neither resolved nor decided on. Takes an alias."""
    return f"{pain_point.state(point)} in {AT_WORK}"


async def affected(issue_id: UUID) -> list[UUID]:
    """Open units with a pain point of the issue that is still there. They are locked, so that none is dismissed while it
    gets a task.
    """
    await db.execute(
        "select from pain_point where issue_id = $1 and decision is null order by id for no key update",
        issue_id,
    )
    rows = await db.fetch(
        f"""
        select distinct p.unit_id from pain_point p join unit u on u.id = p.unit_id
        where p.issue_id = $1 and u.closed_at is null and {still_there("p")} order by p.unit_id
        """,
        issue_id,
    )
    return [row["unit_id"] for row in rows]


async def tell(by: Allowed, issue_id: UUID, unit_ids: Collection[UUID]) -> None:
    """That the issue's pain points at these units got a task, inside the transaction that gave it."""
    rows = await db.fetch(
        """
        select id, unit_id from pain_point where issue_id = $1 and unit_id = any($2) and decision is null order by id
        """,
        issue_id,
        list(unit_ids),
    )
    kind = EventKind.PAIN_POINT_ASSIGNED
    await event.append_all([Happened(by, kind, ("pain_point", row["id"]), row["unit_id"]) for row in rows])
