"""R6, R7: what lies ahead is reckoned anew where a unit's calendar or the SLA policy has changed. What is past stays.

A unit says by which calendar its work was planned and a pain point by which version of the policy, so that a worker
that dies half-way leaves the rest for the next.
"""

from uuid import UUID

from jejak.domain import clock, db, pain_point_rules, sla, task_rules
from jejak.domain.reminder import rung_day

UNITS = 10
POINTS = 2_000

_OPEN = task_rules.in_sql(task_rules.OPEN)
# Of a pain point that is not breached, by the calendar and the policy that now hold. It never comes to lie in the past;
# what is reckoned for the first time, as after an upgrade, is as it was.
_POINT_DUE = f"""case when p.due_at is null then reckoned.due_at
    else greatest(reckoned.due_at, {sla.point_ran_until("p", "$2::timestamptz")}) end"""
_OPEN_POINT = f"""p.sla_started_at is not null
    and (p.due_at is null or p.due_at >= {sla.point_ran_until("p", "$2::timestamptz")} and {sla.point_ended_at("p")} is null)"""


async def run() -> int:
    """Returns for how many units, or batches of pain points, it reckoned. Any number of workers may run this at once."""
    done = 0
    while batch := await _units():
        done += batch
    while await _points():
        done += 1
    return done


async def _units() -> int:
    async with db.transaction():
        rows = await db.fetch(
            "select id from unit where planned_calendar_id is distinct from calendar_id order by id limit $1",
            UNITS,
        )
        units = [UUID(str(row["id"])) for row in rows]
        if units:
            await _replan(units)
    return len(units)


async def _replan(units: list[UUID]) -> None:
    now = clock.now()
    # With reminders no notice is written meanwhile. The others in the order in which giving a pain point tasks locks
    # them: pain points, then units. Whoever plans holds the unit or the task, and so has ended, or sees the new calendar.
    await db.lock(db.Lock.REMINDERS)
    await db.execute(
        "select from pain_point where unit_id = any($1) and sla_started_at is not null order by id for no key update",
        units,
    )
    await db.execute("select from unit where id = any($1) order by id for no key update", units)
    await db.execute(
        f"select from task where unit_id = any($1) and status in {_OPEN} order by id for no key update", units
    )
    await db.execute(_REMINDERS, units)
    await db.execute(_TASKS, units, now)
    await db.execute(_POINTS_OF_UNITS, units, now)
    await db.execute("update unit set planned_calendar_id = calendar_id where id = any($1)", units)


# Each day is reckoned once, however many reminders it is for.
_REMINDERS = f"""
with ahead as materialized (
    select r.id, u.calendar_id, r.due_on, r.offset_days
    from unit u join task t on t.unit_id = u.id join reminder r on r.task_id = t.id
    where u.id = any($1) and t.status in {_OPEN} and r.outcome is null
), reckoned as materialized (
    select calendar_id, due_on, offset_days, {rung_day("calendar_id", "due_on", "offset_days")} as remind_on
    from (select distinct calendar_id, due_on, offset_days from ahead) days
)
update reminder r set remind_on = reckoned.remind_on
from ahead join reckoned using (calendar_id, due_on, offset_days)
where r.id = ahead.id and r.outcome is null and r.remind_on <> reckoned.remind_on
"""
# A deadline never comes to lie in the past; what has none yet, as after an upgrade, gets it as it was.
_TASKS = f"""
update task t set due_at = reckoned.due_at
from (
    select t.id, case when t.due_at is null then task_due(u.calendar_id, t.due_on, t.created_at, t.stopped_seconds)
        else greatest(task_due(u.calendar_id, t.due_on, {sla.task_ran_until("t", "$2::timestamptz")}, t.stopped_seconds),
            {sla.task_ran_until("t", "$2::timestamptz")}) end as due_at
    from unit u join task t on t.unit_id = u.id
    where u.id = any($1)
      and (t.due_at is null or t.status in {_OPEN} and t.due_at >= {sla.task_ran_until("t", "$2::timestamptz")})
) reckoned
where t.id = reckoned.id and t.due_at is distinct from reckoned.due_at
"""
_POINTS_OF_UNITS = f"""
update pain_point p set due_at = {_POINT_DUE}
from (
    select p.id, fix_due(u.calendar_id, p.sla_started_at,
        sla_days(p.sla_version, {pain_point_rules.priority("p")}), p.paused_seconds) as due_at
    from unit u join pain_point p on p.unit_id = u.id where u.id = any($1) and {_OPEN_POINT}
) reckoned
where p.id = reckoned.id and p.due_at is distinct from {_POINT_DUE}
"""


async def _points() -> int:
    """A batch of the pain points that were reckoned by an earlier version of the policy."""
    async with db.transaction():
        version = await db.fetchval("select version from sla_policy")
        rows = await db.fetch(
            "select id from pain_point where sla_version < $1 order by id limit $2 for no key update",
            version,
            POINTS,
        )
        points = [row["id"] for row in rows]
        if points:
            await db.execute(_POINTS_OF_POLICY, points, clock.now(), version)
    return len(points)


# Those that are breached or at their end are looked at, too, and stay as they are.
_POINTS_OF_POLICY = f"""
update pain_point p set sla_version = $3, due_at = case when {_OPEN_POINT} then {_POINT_DUE} else p.due_at end
from (
    select p.id, fix_due(u.calendar_id, p.sla_started_at,
        sla_days($3, {pain_point_rules.priority("p")}), p.paused_seconds) as due_at
    from unit u join pain_point p on p.unit_id = u.id where p.id = any($1)
) reckoned
where p.id = reckoned.id
"""
