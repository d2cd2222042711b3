"""The ladder over many open tasks: the first run of a morning, beside the bare statement that says the same.

The bare statement knows beforehand whom each unit's notices go to, and that nothing else runs; the service finds out.
"""

from benchmarks.measure import Result, compare
from benchmarks.organisation import patiently
from jejak.domain import clock, db, reminder

DUE_WITHIN = 180  # days around today


async def build() -> None:
    """All the rungs of all open tasks. What was due before today has been said."""
    await db.execute("truncate notice, delivery_notice, delivery_attempt, delivery, digest, reminder cascade")
    # Whatever they refer to is there: to look for it row by row would take most of the time.
    await patiently("alter table reminder disable trigger all")
    await patiently(_PLANNED, clock.now())
    await patiently("alter table reminder enable trigger all")
    await patiently(
        "create table bench_open as select id from reminder where outcome is null and remind_on <= $1",
        today(),
    )
    await patiently("create index on bench_open (id)")
    await patiently(_BARE_RECIPIENTS)
    await patiently("vacuum analyze")


def today() -> object:
    return clock.today("Asia/Jakarta")


async def measure(rounds: int) -> list[Result]:
    busy = await compare("ladder: the first run of a morning", reminder.run, _bare, _again, rounds)
    await reminder.run()

    async def nothing() -> None:
        return None

    idle = await compare("ladder: a run with nothing due", reminder.run, _bare, nothing, rounds * 3)
    return [busy, idle]


async def _again() -> None:
    await patiently("truncate notice, delivery_notice, digest, vacancy cascade")
    await patiently("delete from feed")
    await patiently(
        "update reminder r set outcome = null, settled_at = null from bench_open o where o.id = r.id and r.outcome is not null"
    )
    await patiently("vacuum analyze reminder")


async def _bare() -> int:
    """The least that must be written: settled rungs, digests, notices, and the feed's entries."""
    async with db.transaction():
        return int(await patiently(_BARE, clock.now()))


_PLANNED = """
with step as materialized (
    select place.calendar_id, day::date as due_on, g.*, working_day_from(place.calendar_id, day::date, g.offset_days) as remind_on
    from (select distinct calendar_id from unit) place
    cross join (select distinct due_on as day from task) days
    join rung g on g.ladder_id = (select id from ladder where unit_id is null order by version desc limit 1)
)
insert into reminder (id, task_id, due_on, rung_id, offset_days, audience, remind_on, outcome, settled_at)
select gen_random_uuid(), t.id, t.due_on, step.id, step.offset_days, step.audience, step.remind_on,
    case when step.remind_on < today.day then 'SENT' end, case when step.remind_on < today.day then $1 end
from task t join unit u on u.id = t.unit_id
join step on step.calendar_id = u.calendar_id and step.due_on = t.due_on
cross join lateral (select ($1::timestamptz at time zone u.timezone)::date as day) today
"""
# For every unit and audience, whom the notices go to: the nearest unit of its line from there up that has a manager.
_BARE_RECIPIENTS = """
create table bench_recipient as
select distinct on (u.id, a.audience) u.id as unit_id, a.audience, m.person_id, place.id as place_id
from unit u cross join (values ('UNIT', 0), ('UP3', 1), ('REGION', 2), ('HEADQUARTERS', 3)) a (audience, reach)
join unit place on u.path ^@ place.path
join membership m on m.unit_id = place.id and m.role = 'MANAGER' and m.revoked_at is null
where case place.kind when 'ULP' then 0 when 'UP3' then 1 when 'HQ' then 3 else 2 end >= a.reach
order by u.id, a.audience, length(place.path) desc
"""
_BARE = """
with ready as materialized (
    select r.id, r.task_id, r.due_on, r.audience, r.offset_days, t.owner_id, t.unit_id,
        ($1 at time zone u.timezone)::date as today,
        row_number() over (partition by r.task_id, r.audience order by r.remind_on desc, r.offset_days desc) as nth
    from reminder r join task t on t.id = r.task_id and t.due_on = r.due_on join unit u on u.id = t.unit_id
    where r.outcome is null and r.remind_on <= ($1 at time zone 'Asia/Jayapura')::date
      and r.remind_on <= ($1 at time zone u.timezone)::date
      and u.calendar_id = any(array(select id from calendar where open_at(id, $1)))
      and t.status in ('PLANNED', 'IN_PROGRESS', 'RETURNED')
), told as (
    select id, task_id, due_on, owner_id as person_id, unit_id as place_id, -1 as reach,
        case when today < due_on then 'DUE_SOON' when today = due_on then 'DUE_TODAY' else 'OVERDUE' end as kind
    from ready where nth = 1 and audience = 'OWNER'
    union all
    select id, task_id, due_on, person_id, place_id, array_position(array['UNIT', 'UP3', 'REGION', 'HEADQUARTERS'], audience), 'ESCALATED'
    from ready join bench_recipient using (unit_id, audience) where nth = 1
), chosen as materialized (
    select distinct on (task_id, person_id) * from told order by task_id, person_id, reach desc
), settled as (
    update reminder r set settled_at = $1,
        outcome = case when exists (select from chosen c where c.id = r.id) then 'SENT' else 'FOLDED' end
    from ready where ready.id = r.id
), bundled as (
    insert into digest (id, person_id, created_at)
    select gen_random_uuid(), person_id, $1 from (select distinct person_id from chosen) p returning id, person_id
), noted as (
    insert into notice (id, person_id, digest_id, unit_id, kind, task_id, reminder_id, due_on, created_at)
    select gen_random_uuid(), c.person_id, b.id, c.place_id, c.kind, c.task_id, c.id, c.due_on, $1
    from chosen c join bundled b using (person_id) returning id, person_id
), fed as (
    insert into feed (id, at, topic, subject_id, person_id) select gen_random_uuid(), $1, 'NOTICE', id, person_id from noted
)
select count(*) from noted
"""
