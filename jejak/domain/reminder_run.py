"""R6: what a run settles and says, as statements: each finds in the tables what is still to be said, and says it once.

They take the moment ($1) and the calendars that are open then ($2); who is told is told in their own working time.
"""

from jejak.domain import access, task_rules

# The rows of a CTE `chosen` as notices, in the digest that is open for their person.
SAID = """
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
        (id, person_id, digest_id, unit_id, kind, task_id, reminder_id, occasion, vacancy_id, due_on, created_at)
    select gen_random_uuid(), c.person_id, bundled.id, c.unit_id, c.kind, c.task_id, c.reminder_id, c.occasion,
        c.vacancy_id, c.due_on, $1
    from chosen c join bundled on bundled.person_id = c.person_id
    on conflict do nothing
    returning id
)
"""

# Units that were passed over on the way to who was told; `passing` is one row for each unit and level.
_PASSED = """
passed as (
    insert into vacancy (id, unit_id, opened_at)
    select gen_random_uuid(), place, $1
    from (select distinct passed_over(unit_id, reach) as place from (select distinct unit_id, reach from passing) p) places
    on conflict (unit_id) where closed_at is null do nothing
)
"""

_AT_PLACE = "exists (select from unit place where place.id = {place} and place.calendar_id = any($2::uuid[]))"
_OWNER_FROM = access.works_from("t.owner_id", "u.path", "$4::text[]")
_RUNG = """
{reminders} r
join task t on t.id = r.task_id and t.due_on = r.due_on
join unit u on u.id = t.unit_id
cross join lateral (select ($1::timestamptz at time zone u.timezone)::date as today) here
"""
# Of a task that is over nothing is said any more. Whoever has lost their role at the unit is told nothing of it.
_READY = f"""
r.outcome is null and r.remind_on <= $5::date and r.remind_on <= here.today and case
    when t.status in {task_rules.in_sql(task_rules.OVER)} then true
    when r.audience = 'OWNER' then t.status in {task_rules.in_sql(task_rules.AT_WORK)}
        and not exists (
            select from snooze s where s.task_id = r.task_id and s.due_on = r.due_on and s.until > here.today)
        and {_AT_PLACE.format(place=_OWNER_FROM)}
    else t.status in {task_rules.in_sql(task_rules.AWAITED)}
        and not exists (
            select from acknowledgement a
            where a.task_id = r.task_id and a.due_on = r.due_on and a.until > here.today
              and (a.offset_days, reach_of(a.audience)) < (r.offset_days, reach_of(r.audience)))
        and {_AT_PLACE.format(place="(select a.place_id from told_above(t.unit_id, reach_of(r.audience), array[t.owner_id]) a limit 1)")}
end
"""

# Whatever somebody else is just changing waits for the next run.
# $3: how many rungs at most find their tasks; of a task that is found all rungs are settled that can be.
# The kind is what is true on the day it is said, which after a downtime may be later than the rung's day.
RUNGS = f"""
with picked as materialized (
    select r.task_id from {_RUNG.format(reminders="reminder")} where {_READY} limit $3
    for update of r skip locked
), theirs as materialized (
    select r.* from reminder r where r.task_id in (select task_id from picked) and r.outcome is null
    for update of r skip locked
), ready as materialized (
    select r.id, r.task_id, r.due_on, r.offset_days, r.audience, reach_of(r.audience) as reach, here.today, t.owner_id,
        t.unit_id, u.path, t.status not in {task_rules.in_sql(task_rules.OVER)} as lives,
        row_number() over (partition by r.task_id, r.audience order by r.remind_on desc, r.offset_days desc) as nth
    from {_RUNG.format(reminders="theirs")} where {_READY}
), speaking as (
    select * from ready where lives and nth = 1
), told as (
    select s.id as reminder_id, s.task_id, s.due_on, s.owner_id as person_id, {access.works_from("s.owner_id", "s.path", "$4::text[]")} as unit_id, s.reach, s.offset_days,
        case when s.today < s.due_on then 'DUE_SOON' when s.today = s.due_on then 'DUE_TODAY' else 'OVERDUE' end as kind
    from speaking s where s.audience = 'OWNER'
    union all
    select s.id, s.task_id, s.due_on, above.person_id, above.place_id, s.reach, s.offset_days, 'ESCALATED'
    from speaking s cross join lateral told_above(s.unit_id, s.reach, array[s.owner_id]) above
    where s.audience <> 'OWNER'
), chosen as materialized (
    -- Whom several rungs reach, the highest speaks to.
    select distinct on (task_id, person_id) *, null::integer as occasion, null::uuid as vacancy_id
    from told order by task_id, person_id, reach desc, offset_days desc
), settled as (
    update reminder r set settled_at = $1, outcome = case
        when not ready.lives then 'DROPPED'
        when r.id in (select reminder_id from chosen) then 'SENT'
        else 'FOLDED' end
    from ready where ready.id = r.id
), passing as (
    select unit_id, reach from speaking where audience <> 'OWNER'
), {_PASSED}, {SAID}
select (select count(*) from picked) as taken, array(select id from noted) as noted
"""

# A task that is blocked needs help, one that is handed in somebody to verify it. Told once for each time: to the same
# line as an escalation, other than whoever cannot help or verify.
CALLS = f"""
with picked as materialized (
    select c.id as call_id, t.id, t.unit_id, t.due_on, t.status_nth, called.kind, called.but
    from task_call c join task t on t.id = c.task_id cross join lateral (
        select case t.status when 'BLOCKED' then 'BLOCKED' else 'AWAITING_VERIFICATION' end as kind,
            case t.status when 'BLOCKED' then array[t.owner_id] else array[t.owner_id, coalesce(t.submitted_by, t.owner_id)] end as but
    ) called
    where {_AT_PLACE.format(place="(select a.place_id from told_above(t.unit_id, 0, called.but) a limit 1)")}
    limit $3
    for update of c skip locked
), answered as (
    delete from task_call c using picked where c.id = picked.call_id
), chosen as materialized (
    select p.id as task_id, p.due_on, p.kind, p.status_nth as occasion, above.person_id, above.place_id as unit_id,
        null::uuid as reminder_id, null::uuid as vacancy_id
    from picked p cross join lateral told_above(p.unit_id, 0, p.but) above
), passing as (
    select unit_id, 0 as reach from picked
), {_PASSED}, {SAID}
select (select count(*) from picked) as taken, array(select id from noted) as noted
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
