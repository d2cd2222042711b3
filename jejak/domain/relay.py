"""R13's other end: carries committed events on to what follows from them.

A batch is taken, carried on and forgotten in one transaction: a worker that dies half-way leaves it for the next.
"""

from uuid import UUID

from jejak.domain import completion, db, feed
from jejak.domain.event_kind import EventKind

# Each batch recomputes the units that it concerns: many small ones would recompute all units again and again.
BATCH = 5_000


async def drain() -> int:
    """Carries on every event there is; returns how many."""
    carried = 0
    while taken := await _carry_on():
        carried += taken
    return carried


async def _carry_on() -> int:
    async with db.transaction():
        # One batch after the other, so that the feed tells things in the order in which they happened: a new role,
        # then what it lets a person see.
        await db.lock(db.Lock.RELAY)
        rows = await db.fetch(
            """
            -- Materialized: as a mere subselect it may be run, and give a batch, for each row of the table anew.
            with next as materialized (
                select event_id from pending_event order by event_id limit $1 for update skip locked
            ), taken as (
                delete from pending_event where event_id in (select event_id from next) returning event_id
            )
            select e.id, e.unit_id, e.kind from event e join taken on taken.event_id = e.id
            """,
            BATCH,
        )
        if rows:
            # A new set of initiatives concerns every unit; any other event the unit that it is about, if any.
            everywhere = any(row["kind"] == EventKind.PROGRAMME_LOADED for row in rows)
            units = {UUID(str(row["unit_id"])) for row in rows if row["unit_id"]}
            await completion.recompute(None if everywhere else sorted(units))
            await feed.carry([row["id"] for row in rows])
    return len(rows)
