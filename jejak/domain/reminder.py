"""R6: the reminder ladder. A rung is planned with the due date, and settled once, for ever, by whichever worker comes first."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from jejak.domain import access, alert_notices, clock, db, feed, hand_over_notices, reminder_run
from jejak.domain.access import Right

# So many rungs, or so many tasks that wait for somebody, are looked at in a transaction.
BATCH = 20_000
# Wherever a unit is, its day has begun by then, seen from UTC.
_EARLIEST_ZONE = timedelta(hours=14)
_FIRST = UUID(int=0)  # comes before every key


def rung_day(calendar: str, due_on: str, offset: str) -> str:
    """SQL: the day of a rung. No closure, however long, keeps one back for more than a month: whoever is above works on."""
    counted = f"working_day_from({calendar}, {due_on}, {offset})"
    return f"""case when {offset} > 0 then least({counted}, {due_on} + 2 * {offset} + 30)
        else coalesce({counted}, {due_on} + {offset}) end"""


_PLAN = f"""
with planned as materialized (
    select t.id, t.due_on, u.calendar_id, ladder.id as ladder_id,
        ($2::timestamptz at time zone u.timezone)::date as today
    from task t join unit u on u.id = t.unit_id join (
        select unit_id, ladder_at(unit_id) as id from (select distinct unit_id from task where id = any($1)) units
    ) ladder on ladder.unit_id = u.id
    where t.id = any($1)
), step as materialized (
    -- Each day is reckoned once, however many tasks it is for.
    select calendar_id, due_on, g.*, {rung_day("calendar_id", "due_on", "g.offset_days")} as remind_on
    from (select distinct calendar_id, due_on, ladder_id from planned) days join rung g using (ladder_id)
)
insert into reminder (id, task_id, due_on, rung_id, offset_days, audience, remind_on)
select gen_random_uuid(), t.id, t.due_on, step.id, step.offset_days, step.audience, step.remind_on
from planned t join step using (calendar_id, due_on, ladder_id)
where step.remind_on >= t.today
on conflict do nothing
"""


async def plan(task_ids: Sequence[UUID]) -> None:
    """Plans the rungs of the ladder in force at the unit for the due date of each task, inside the transaction that sets it.

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
    await db.execute(_PLAN, *values)


async def run(now: datetime | None = None) -> int:
    """Settles every rung whose day has come for whoever is at work now, and tells of what waits for somebody; returns
    how many notices it wrote.

    Of several rungs for one audience of a task that are due together (after a downtime, a weekend, a block) the latest
    speaks and the others are folded into it. One person gets one digest, which is open until all is said. Any number of
    workers may run this at once, and die at any time: the next run says what is missing.
    """
    now = now or clock.now()
    at_work = [row["id"] for row in await db.fetch("select id from calendar where open_at(id, $1)", now)]
    if not at_work:
        return 0
    latest = (now + _EARLIEST_ZONE).date()
    roles = access.roles_with(Right.PROGRESS)
    rungs = await _say(reminder_run.RUNGS, (now, at_work, BATCH, roles), (date.min, _FIRST), (latest,))
    calls = await _say(reminder_run.CALLS, (now, at_work, BATCH), (_FIRST,))
    handed = await hand_over_notices.say(now, at_work)
    alerts = await _say(alert_notices.ALERTS, (now, at_work, BATCH), (_FIRST,))
    return rungs + calls + handed + alerts + await _finish(now, at_work)


async def _say(
    statement: str, before: tuple[Any, ...], ended: tuple[Any, ...], after: tuple[Any, ...] = ()
) -> int:
    """One transaction a batch, each from where the last one `ended`; returns how many notices they wrote."""
    told = 0
    while True:
        async with db.transaction():
            await db.lock(db.Lock.REMINDERS)
            # In the morning much is due of which the statistics of the evening know nothing: row by row through it
            # would take minutes.
            await db.execute("set local enable_nestloop = off")
            done = await db.fetchrow(statement, *before, *ended, *after)
            if done is None:
                raise RuntimeError("the statement answers one row")
            await feed.noticed(done["noted"])
        told += len(done["noted"])
        if done["taken"] < BATCH:
            return told
        ended = tuple(done["ended"])


async def _finish(now: datetime, at_work: list[UUID]) -> int:
    """Tells headquarters of units without a manager, and closes the digests."""
    async with db.transaction():
        await db.lock(db.Lock.REMINDERS)
        await db.execute(reminder_run.FILLED, now)
        noted = await db.fetchval(reminder_run.VACANCIES, now, at_work)
        await feed.noticed(noted)
        await db.execute("update digest set open = false where open")
    return len(noted)
