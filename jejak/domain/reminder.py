"""R6: the reminder ladder. A rung is planned with the due date, and settled once, for ever, by whichever worker comes first."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from jejak.domain import access, clock, db, feed, reminder_rules, task_rules
from jejak.domain.access import Right
from jejak.domain.tables.notice import Ladder, Rung
from jejak.domain.vocabulary import Audience


async def ensure_ladder() -> None:
    """Writes the default ladder where there is none."""
    async with db.transaction():
        await db.lock(db.Lock.REMINDERS)
        if await Ladder.exists():
            return
        ladder = Ladder(version=1, created_at=clock.now())
        await ladder.save()
        offsets = reminder_rules.DEFAULT_OWNER_OFFSETS
        await Rung.insert(
            *(Rung(ladder_id=ladder.id, offset_days=n, audience=Audience.OWNER) for n in offsets)
        )


async def plan(task_ids: Sequence[UUID]) -> None:
    """Plans the rungs of the newest ladder for the due date of each task, inside the transaction that sets it.

    Those that lie ahead: rungs whose day had passed when the date was set never were due. A due date that a task had
    before brings its settled rungs back as they are: none speaks twice.
    """
    if not task_ids:
        return
    values = [list(task_ids), clock.now()]
    # What was planned and never said belongs to a due date that is gone, or to days that have passed.
    await db.execute(
        """
        delete from reminder r using task t join unit u on u.id = t.unit_id
        where r.task_id = any($1) and t.id = r.task_id and r.outcome is null
          and (r.due_on <> t.due_on or r.remind_on < ($2::timestamptz at time zone u.timezone)::date)
        """,
        *values,
    )
    await db.execute(
        """
        insert into reminder (id, task_id, due_on, rung_id, offset_days, audience, remind_on)
        select gen_random_uuid(), t.id, t.due_on, g.id, g.offset_days, g.audience, step.remind_on
        from task t join unit u on u.id = t.unit_id
        join rung g on g.ladder_id = (select id from ladder order by version desc limit 1)
        cross join lateral (select working_day_from(u.calendar_id, t.due_on, g.offset_days) as remind_on) step
        where t.id = any($1) and step.remind_on >= ($2::timestamptz at time zone u.timezone)::date
        on conflict do nothing
        """,
        *values,
    )


async def run(now: datetime | None = None) -> int:
    """Settles every rung whose day has come in units that are at work now; returns how many notices it wrote.

    Of several rungs of one task that are due together (after a downtime, a weekend, a block) the latest speaks
    and the others are folded into it. One person gets one digest. Any number of workers may run this at once.
    """
    now = now or clock.now()
    at_work = await db.fetch("select id from calendar where open_at(id, $1)", now)
    if not at_work:
        return 0
    async with db.transaction():
        await db.lock(db.Lock.REMINDERS)
        noted = await db.fetch(
            _SETTLE, now, [row["id"] for row in at_work], access.roles_with(Right.PROGRESS)
        )
        await feed.noticed([UUID(str(row["id"])) for row in noted])
    return len(noted)


# The kind is what is true on the day it is said, which after a downtime may be later than the rung's day.
_SETTLE = f"""
with due as (
    select r.id, r.task_id, r.due_on, t.owner_id, (($1::timestamptz) at time zone u.timezone)::date as today,
        row_number() over (partition by r.task_id, r.audience order by r.remind_on desc, r.offset_days desc) as nth
    from reminder r
    join task t on t.id = r.task_id and t.due_on = r.due_on
    join unit u on u.id = t.unit_id
    -- Whoever has lost their role at the unit is told nothing of it any more.
    where {access.works_at("t.owner_id", "u.path", "$3::text[]")} and r.outcome is null and r.audience = 'OWNER' and t.status in {task_rules.in_sql(task_rules.AT_WORK)}
      and u.calendar_id = any($2::uuid[]) and r.remind_on <= (($1::timestamptz) at time zone u.timezone)::date
), settled as (
    update reminder r set outcome = case when due.nth = 1 then 'SENT' else 'FOLDED' end, settled_at = $1
    from due where due.id = r.id and r.outcome is null
    returning r.id, r.outcome
), told as (
    select due.* from due join settled on settled.id = due.id and settled.outcome = 'SENT'
), bundled as (
    insert into digest (id, person_id, created_at)
    select gen_random_uuid(), owner_id, $1 from (select distinct owner_id from told) owners
    returning id, person_id
), noted as (
    insert into notice (id, person_id, digest_id, kind, task_id, reminder_id, due_on, created_at)
    select gen_random_uuid(), told.owner_id, bundled.id,
        case when told.today < told.due_on then 'DUE_SOON' when told.today = told.due_on then 'DUE_TODAY' else 'OVERDUE' end,
        told.task_id, told.id, told.due_on, $1
    from told join bundled on bundled.person_id = told.owner_id
    on conflict do nothing
    returning id
)
select id from noted
"""
