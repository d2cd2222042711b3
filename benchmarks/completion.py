"""Carrying 10,000 changes of tasks on to completion, beside one transaction of bare statements."""

from itertools import count

from benchmarks.measure import Result, compare
from jejak.domain import clock, completion, db, relay

CHANGES = 10_000
_progress = count(1)


async def measure(rounds: int) -> list[Result]:
    async def ours() -> int:
        return await relay.drain()

    async def bare() -> int:
        async with db.transaction():
            taken = await db.fetchval(_TAKEN, clock.now())
            # The statement itself is the rule (R5); what is compared is the way to it.
            changed = await db.fetch(completion._RECOMPUTE, None, clock.now())  # noqa: SLF001
            await db.execute(_FED, [row["unit_id"] for row in changed], clock.now())
        return int(taken)

    return [await compare("10,000 changes of tasks to completion", ours, bare, _again, rounds)]


async def _again() -> None:
    """Other progress for every twelfth task or so, and the events that say so."""
    await db.execute("truncate pending_event")
    await db.execute(_CHANGED, CHANGES, next(_progress) % 99, clock.now())
    await db.execute("vacuum analyze pending_event")


_CHANGED = """
with changed as (
    update task set progress = $2, status = 'IN_PROGRESS', version = version + 1
    where id in (select id from task where status in ('PLANNED', 'IN_PROGRESS') order by id limit $1) returning id, unit_id, version
), happened as (
    insert into event (nth, at, kind, subject_type, subject_id, unit_id, before, after)
    select version, $3, 'task.progress_reported', 'task', id, unit_id, '{}', json_build_object('progress', $2::integer)
    from changed returning id
)
insert into pending_event (event_id) select id from happened
"""
_TAKEN = """
with taken as (
    delete from pending_event returning event_id
), fed as (
    insert into feed (id, at, topic, kind, subject_id, unit_id)
    select gen_random_uuid(), $1, 'TASK', e.kind, e.subject_id, e.unit_id from event e join taken on taken.event_id = e.id
)
select count(*) from taken
"""
_FED = """
insert into feed (id, at, topic, subject_id, unit_id)
select gen_random_uuid(), $2, 'COMPLETION', unit_id, unit_id from unnest($1::uuid[]) changed (unit_id)
"""
