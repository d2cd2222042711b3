"""R6: what a run settles and says, as statements: each finds in the tables what is still to be said, and says it once.

They take the moment ($1) and the calendars that are open then ($2); who is told is told in their own working time.
`RUNGS` and `CALLS` look at so many ($3) from where the last batch ended, and tell where they did: what cannot be said
yet is looked at once a run.
"""

from jejak.domain import task_rules


def said(*more: str) -> str:
    """The rows of a CTE `chosen` as notices, in the digest that is open for their person; `more`: further columns."""
    return f"""
opened as (
    insert into digest (id, person_id, open, created_at)
    select gen_random_uuid(), person_id, true, $1 from (select distinct person_id from chosen) people
    on conflict (person_id) where open do nothing
    returning id, person_id
), bundled as (
    select id, person_id from opened
    union all
    select d.id, d.person_id from digest d where d.open and d.person_id in (select person_id from chosen)
), noted as (
    insert into notice
        (id, person_id, digest_id, unit_id, kind, task_id, reminder_id, occasion, vacancy_id, due_on, {"".join(f"{name}, " for name in more)}created_at)
    select gen_random_uuid(), c.person_id, bundled.id, c.unit_id, c.kind, c.task_id, c.reminder_id, c.occasion,
        c.vacancy_id, c.due_on, {"".join(f"c.{name}, " for name in more)}$1
    from chosen c join bundled on bundled.person_id = c.person_id
    on conflict do nothing
    returning id
)
"""


SAID = said()

# Whoever is told for the units of a CTE `asked` (unit_id, reach, others), from a level up, other than some: those who
# hold MANAGER at the nearest unit of its line at which anybody else does; at headquarters without one, those who hold
# PROGRAMME. Worked out once for all that ask the same, and not for each task.
ABOVE = """
line as (
    select u.id as unit_id, u.id as place_id, u.parent_id, u.kind, u.calendar_id, 0 as nth
    from unit u where u.id in (select unit_id from whose)
    union all
    select line.unit_id, above.id, above.parent_id, above.kind, above.calendar_id, line.nth + 1
    from line join unit above on above.id = line.parent_id
), step as materialized (
    select unit_id, place_id, kind, nth, level_of(kind) as level, calendar_id = any($2::uuid[]) as open from line
), held as materialized (
    select unit_id as place_id, person_id, role from membership where role in ('MANAGER', 'PROGRAMME') and revoked_at is null
), above as materialized (
    select unit_id, reach, others, person_id, place_id, open from (
        select asked.*, held.person_id, step.place_id, step.open, rank() over (
            partition by asked.unit_id, reach, others order by step.nth, held.role = 'PROGRAMME') as nearest
        from asked join step on step.unit_id = asked.unit_id and step.level >= reach
        join held on held.place_id = step.place_id and (held.role = 'MANAGER' or step.kind = 'HQ')
        where held.person_id <> all(others)
    ) line where nearest = 1
)
"""

# Units that were passed over on the way there, since nobody at all holds MANAGER at them; `passing` is one row for each
# unit and level.
PASSED = """
passed as (
    insert into vacancy (id, unit_id, opened_at)
    select gen_random_uuid(), place_id, $1 from (
        select distinct place_id from (
            select step.place_id, step.kind, bool_or(managed.place_id is not null) over (
                partition by passing.unit_id, reach order by step.nth) as found
            from (select distinct unit_id, reach from passing) passing
            join step on step.unit_id = passing.unit_id and step.level >= reach
            left join (select distinct place_id from held where role = 'MANAGER') managed using (place_id)
        ) way where not found and kind <> 'HQ'
    ) places
    on conflict (unit_id) where closed_at is null do nothing
)
"""

# Whatever somebody else is just changing waits for the next run. Of a task all rungs are settled that can be.
# Of a task that is over nothing is said any more. Whoever has lost their role at the unit is told nothing of it.
# The kind is what is true on the day it is said, which after a downtime may be later than the rung's day.
# $5, $6: where the last batch ended; $7: no unit has a later day.
RUNGS = f"""
with recursive found as materialized (
    select remind_on, task_id from reminder
    where outcome is null and remind_on <= $7::date and (remind_on, task_id) > ($5::date, $6::uuid)
    order by remind_on, task_id limit $3
), whose as materialized (
    select t.id as task_id, t.due_on, t.status, t.unit_id, t.owner_id, array[t.owner_id] as others, here.today,
        t.status not in {task_rules.in_sql(task_rules.OVER)} as lives
    from task t join unit u on u.id = t.unit_id
    cross join lateral (select ($1::timestamptz at time zone u.timezone)::date as today) here
    where t.id = any(array(select task_id from found))
), due as materialized (
    select r.id, r.audience, r.offset_days, r.remind_on, reach_of(r.audience) as reach, whose.*
    from reminder r join whose on whose.task_id = r.task_id and whose.due_on = r.due_on
    where r.task_id = any(array(select task_id from found)) and r.outcome is null and r.remind_on <= today
      and case
        when not lives then true
        when r.audience = 'OWNER' then status in {task_rules.in_sql(task_rules.AT_WORK)} and not exists (
            select from snooze s where s.task_id = r.task_id and s.due_on = r.due_on and s.until > today)
        else status in {task_rules.in_sql(task_rules.AWAITED)} and not exists (
            select from acknowledgement a
            where a.task_id = r.task_id and a.due_on = r.due_on and a.until > today
              and (a.offset_days, reach_of(a.audience)) < (r.offset_days, reach_of(r.audience)))
      end
), asked as materialized (
    select distinct unit_id, reach, others from due where lives and audience <> 'OWNER'
), {ABOVE}, recipient as materialized (
    select * from above where open
    union all
    -- Owners, where they work from: the nearest unit at which they hold a role that lets them.
    select * from (
        select distinct on (due.unit_id, owner_id) due.unit_id, reach, others, owner_id, step.place_id, step.open
        from (select distinct unit_id, reach, others, owner_id from due where lives and audience = 'OWNER') due
        join membership m on m.person_id = owner_id and m.revoked_at is null and m.role = any($4::text[])
        join step on step.unit_id = due.unit_id and step.place_id = m.unit_id
        order by due.unit_id, owner_id, step.nth
    ) works where open
), taken as materialized (
    select id from reminder where outcome is null and id = any(array(
        select id from due
        where not lives or (unit_id, reach, others) in (select unit_id, reach, others from recipient)
    ))
    for update skip locked
), ready as materialized (
    select due.*, row_number() over (partition by task_id, audience order by remind_on desc, offset_days desc) as nth
    from due join taken using (id)
), speaking as (
    select * from ready where lives and nth = 1
), chosen as materialized (
    -- Whom several rungs reach, the highest speaks to.
    select distinct on (task_id, person_id) id as reminder_id, task_id, due_on, person_id, place_id as unit_id,
        case when audience <> 'OWNER' then 'ESCALATED' when today < due_on then 'DUE_SOON'
            when today = due_on then 'DUE_TODAY' else 'OVERDUE' end as kind,
        null::integer as occasion, null::uuid as vacancy_id
    from speaking join recipient using (unit_id, reach, others)
    order by task_id, person_id, reach desc, offset_days desc
), settled as (
    update reminder r set settled_at = $1, outcome = case
        when not ready.lives then 'DROPPED'
        when r.id in (select reminder_id from chosen) then 'SENT'
        else 'FOLDED' end
    from ready where ready.id = r.id and r.id = any(array(select id from ready))
), passing as (
    select unit_id, reach from speaking where audience <> 'OWNER'
), {PASSED}, {SAID}
select (select count(*) from found) as taken, array(select id from noted) as noted,
    (select row(remind_on, task_id) from found order by remind_on desc, task_id desc limit 1) as ended
"""

# A task that is blocked needs help, one that is handed in somebody to verify it. Told once for each time: to the same
# line as an escalation, other than whoever cannot help or verify.
# $4: where the last batch ended.
CALLS = f"""
with recursive found as materialized (
    select id, task_id from task_call where id > $4::uuid order by id limit $3
), whose as materialized (
    select found.id as call_id, t.id as task_id, t.due_on, t.unit_id, t.status_nth, 0 as reach,
        case t.status when 'BLOCKED' then 'BLOCKED' else 'AWAITING_VERIFICATION' end as kind,
        case t.status when 'BLOCKED' then array[t.owner_id]
            else array[t.owner_id, coalesce(t.submitted_by, t.owner_id)] end as others
    from task t join found on found.task_id = t.id where t.id = any(array(select task_id from found))
), asked as materialized (
    select distinct unit_id, reach, others from whose
), {ABOVE}, taken as materialized (
    select id from task_call where id = any(array(
        select call_id from whose
        where (unit_id, reach, others) in (select unit_id, reach, others from above where open)
    ))
    for update skip locked
), answered as (
    delete from task_call where id = any(array(select id from taken))
), ready as materialized (
    select whose.* from whose join taken on taken.id = call_id
), chosen as materialized (
    select task_id, due_on, kind, status_nth as occasion, person_id, place_id as unit_id,
        null::uuid as reminder_id, null::uuid as vacancy_id
    from ready join above using (unit_id, reach, others)
), passing as (
    select unit_id, reach from ready
), {PASSED}, {SAID}
select (select count(*) from found) as taken, array(select id from noted) as noted,
    (select row(id) from found order by id desc limit 1) as ended
"""

FILLED = """
update vacancy v set closed_at = $1 where v.closed_at is null and exists (
    select from membership m where m.unit_id = v.unit_id and m.role = 'MANAGER' and m.revoked_at is null)
"""

VACANCIES = f"""
with chosen as materialized (
    select distinct on (v.id, m.person_id) v.id as vacancy_id, m.person_id, hq.id as unit_id, 'NO_MANAGER' as kind,
        null::uuid as task_id, null::uuid as reminder_id, null::integer as occasion, null::date as due_on
    from vacancy v cross join unit hq join membership m on m.unit_id = hq.id and m.revoked_at is null
    where v.closed_at is null and hq.kind = 'HQ' and hq.calendar_id = any($2::uuid[])
      and m.role in ('MANAGER', 'PROGRAMME')
      and not exists (select from notice n where n.vacancy_id = v.id)
), {SAID}
select array(select id from noted)
"""
