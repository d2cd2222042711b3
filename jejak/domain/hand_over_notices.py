"""R6: whoever is handed tasks is told of each, once, and gets what was said about them and was not read."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from jejak.domain import access, clock, db, feed, task_rules
from jejak.domain.access import Right
from jejak.domain.reminder_run import SAID

BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Move:
    """`tasks`, which are the other's by now, and the units at which the roles were taken over."""

    from_id: UUID
    to_id: UUID
    tasks: Sequence[UUID]
    units: Collection[UUID]


async def move(of: Move) -> list[UUID]:
    """Moves what is unread and is the other's to do now; the notices' ids. In the open transaction.

    What a delivery under way would have said by this is said by one to the other, and by none if it comes back.
    """
    rows = await db.fetch(
        _MOVE,
        of.from_id,
        of.to_id,
        list(of.tasks),
        list(of.units),
        clock.now(),
        access.roles_with(Right.PROGRESS),
    )
    return [UUID(str(row["id"])) for row in rows]


async def expect(of: Move) -> None:
    """In the open transaction: the other is to be told of the tasks, when they are at work."""
    await db.execute(
        """
        insert into hand_over_call (id, task_id, person_id, occasion)
        select gen_random_uuid(), t.id, $1, t.version from task t where t.id = any($2::uuid[]) order by t.id
        on conflict (task_id) do update set person_id = excluded.person_id, occasion = excluded.occasion
        """,
        of.to_id,
        list(of.tasks),
    )


async def say(now: datetime, at_work: Sequence[UUID]) -> int:
    """Tells whoever is at work now, by the calendars that are open; returns how many notices it wrote.

    Part of a run of the reminders, whose digests these notices are in.
    """
    told, taken = 0, BATCH
    while taken == BATCH:
        async with db.transaction():
            await db.lock(db.Lock.REMINDERS)
            done = await db.fetchrow(_TELL, now, list(at_work), BATCH, access.roles_with(Right.PROGRESS))
            if done is None:
                raise RuntimeError("the statement answers one row")
            await feed.noticed(done["noted"])
        taken, told = done["taken"], told + len(done["noted"])
    return told


# Of tasks that go along: what their owner was told. Of the roles: what was told by them about others' tasks, units and
# e-mail, but for what the other could not answer, as the task is theirs, or they handed it in.
_MOVE = f"""
with unread as materialized (
    select n.id, coalesce(case when t.id = any($3::uuid[]) then {access.works_from("$2", "u.path", "$6::text[]")} end, n.unit_id)
        as place_id
    from notice n left join task t on t.id = n.task_id left join unit u on u.id = t.unit_id
    where n.person_id = $1 and n.read_at is null
      and case
        when n.kind in ('DUE_SOON', 'DUE_TODAY', 'OVERDUE') then t.id = any($3::uuid[])
        when n.kind in ('ESCALATED', 'BLOCKED') then n.unit_id = any($4::uuid[]) and t.owner_id <> $2
        when n.kind = 'AWAITING_VERIFICATION' then n.unit_id = any($4::uuid[])
            and t.owner_id <> $2 and t.submitted_by is distinct from $2
        when n.kind in ('NO_MANAGER', 'CHANNEL_PAUSED', 'ALERT') then n.unit_id = any($4::uuid[]) and n.endpoint_id is null
        else false end
      -- What both were told stays with each.
      and not exists (select from notice told where told.reminder_id = n.reminder_id and told.person_id = $2)
      and not exists (select from notice told where told.vacancy_id = n.vacancy_id and told.person_id = $2)
      and not exists (select from notice told where told.alert_id = n.alert_id and told.person_id = $2)
      and not exists (
        select from notice told
        where told.task_id = n.task_id and told.kind = n.kind and told.occasion = n.occasion and told.person_id = $2)
      and not exists (
        select from notice told
        where told.person_id = $2 and told.channel = n.channel and told.created_at = n.created_at)
    order by n.id for update of n
), bundled as (
    insert into digest (id, person_id, created_at)
    select gen_random_uuid(), $2, $5 where exists (select from unread) returning id
), waiting as materialized (
    -- Whoever sends one just now has it said.
    select d.id from delivery d where d.person_id = $1 and d.state = 'PENDING' and d.claim is null
    for update skip locked
), unsaid as (
    delete from delivery_notice l using waiting, unread where l.delivery_id = waiting.id and l.notice_id = unread.id
)
update notice set person_id = $2, digest_id = bundled.id, unit_id = unread.place_id from bundled, unread
where notice.id = unread.id returning notice.id
"""

# Whoever does not hold the task any more, or no role by which they could work on it, is told nothing.
_TELL = f"""
with picked as materialized (
    select c.id as call_id, c.task_id, c.person_id, c.occasion, t.due_on, place.id as unit_id,
        t.owner_id = c.person_id and t.status in {task_rules.in_sql(task_rules.OPEN)} and place.id is not null as theirs
    from hand_over_call c join task t on t.id = c.task_id join unit u on u.id = t.unit_id
    left join unit place on place.id = {access.works_from("c.person_id", "u.path", "$4::text[]")}
    where place.calendar_id = any($2::uuid[]) or place.id is null
      or t.owner_id <> c.person_id or t.status not in {task_rules.in_sql(task_rules.OPEN)}
    limit $3 for update of c skip locked
), answered as (
    delete from hand_over_call c using picked where c.id = picked.call_id
), chosen as materialized (
    select task_id, person_id, unit_id, 'HANDED_OVER' as kind, occasion, due_on, null::uuid as reminder_id,
        null::uuid as vacancy_id
    from picked where theirs
), {SAID}
select (select count(*) from picked) as taken, array(select id from noted) as noted
"""
