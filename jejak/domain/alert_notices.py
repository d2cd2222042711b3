"""R10: alerts are told by the run of the reminders (R6), in its digests, along the same line and in working time."""

from jejak.domain.reminder_run import ABOVE, PASSED, said

# Once for each alert, and each person once, however many levels they manage. As `reminder_run.CALLS`.
ALERTS = f"""
with recursive found as materialized (
    select id, alert_id, reach from alert_call where id > $4::uuid order by id limit $3
), whose as materialized (
    select found.id as call_id, found.reach, a.id as alert_id, a.unit_id, '{{}}'::uuid[] as others
    from found join alert a on a.id = found.alert_id
), asked as materialized (
    select distinct unit_id, reach, others from whose
), {ABOVE}, taken as materialized (
    select id from alert_call where id = any(array(
        select call_id from whose
        where (unit_id, reach, others) in (select unit_id, reach, others from above where open)
    ))
    for update skip locked
), answered as (
    delete from alert_call where id = any(array(select id from taken))
), ready as materialized (
    select whose.* from whose join taken on taken.id = call_id
), chosen as materialized (
    select distinct on (alert_id, person_id) alert_id, person_id, place_id as unit_id, 'ALERT' as kind,
        null::uuid as task_id, null::uuid as reminder_id, null::integer as occasion, null::uuid as vacancy_id,
        null::date as due_on
    from ready join above using (unit_id, reach, others) order by alert_id, person_id, reach
), passing as (
    select unit_id, reach from ready
), {PASSED}, {said("alert_id")}
select (select count(*) from found) as taken, array(select id from noted) as noted,
    (select row(id) from found order by id desc limit 1) as ended
"""
