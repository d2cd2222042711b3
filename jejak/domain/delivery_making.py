"""R6: digests for channels. What somebody has not been told by a channel becomes one delivery, inside working time.

The ledger holds a notice and a target once, for ever: whatever crashes or runs twice, none goes out in two deliveries.
"""

from datetime import datetime, timedelta

from jejak.domain import clock, db, delivery_rules
from jejak.domain.delivery_rules import CEILING

# What could not be told for so long, which includes the longest holidays, is left to the inbox.
REACH_BACK = delivery_rules.EXPIRES
# Between two of one person: a morning's notices do not use up the day.
GAP = timedelta(hours=1)
KEPT = timedelta(days=90)

# Units where people are at work at $1.
AT_WORK = """
    select u.id as unit_id, u.timezone from calendar c join unit u on u.calendar_id = c.id where open_at(c.id, $1)
"""


async def make(now: datetime | None = None) -> int:
    """Makes what is due, and gives up what could not be delivered for two weeks; returns how many it made.

    One person and channel has one delivery under way at a time, one an hour, and as many a day as they chose: what
    comes meanwhile waits for the next. What they have read in the inbox they are not told again.
    """
    now = now or clock.now()
    async with db.transaction():
        await db.lock(db.Lock.DELIVERIES)
        await db.execute(
            """
            update delivery set state = 'DEAD', settled_at = $1, claim = null, leased_until = null
            where state = 'PENDING' and expires_at <= $1 and (leased_until is null or leased_until <= $1)
            """,
            now,
        )
        return int(
            await db.fetchval(_MAKE, now, now - REACH_BACK, now - GAP, now + delivery_rules.EXPIRES, CEILING)
        )


async def forget() -> None:
    """Deliveries that went well, or had nothing to say, long after anybody asks for them."""
    await db.execute(
        """
        with old as (
            select id from delivery where settled_at < $1 and state in ('DELIVERED', 'WITHDRAWN') limit 20000
        ), attempts as (
            delete from delivery_attempt a using old where a.delivery_id = old.id
        ), notices as (
            delete from delivery_notice n using old where n.delivery_id = old.id
        )
        select 1
        """,
        clock.now() - KEPT,
    )
    await db.execute(
        """
        delete from delivery d where settled_at < $1 and state in ('DELIVERED', 'WITHDRAWN')
          and not exists (select from delivery_attempt a where a.delivery_id = d.id)
          and not exists (select from delivery_notice n where n.delivery_id = d.id)
        """,
        clock.now() - KEPT,
    )


_MAKE = f"""
with at_work as materialized ({AT_WORK}), targets as materialized (
    select p.id as person_id, 'EMAIL' as channel, null::uuid as endpoint_id, p.id as target,
        coalesce(c.ceiling, $5::smallint) as ceiling, greatest(s.began_at, c.since) as since
    from channel_state s cross join person p
    left join channel_choice c on c.person_id = p.id and c.channel = 'EMAIL'
    where s.channel = 'EMAIL' and s.state <> 'OFF' and coalesce(c.enabled, true)
    union all
    select e.person_id, 'WEBHOOK', e.id, e.id, coalesce(c.ceiling, $5::smallint), greatest(e.created_at, c.since)
    from webhook_endpoint e
    left join channel_choice c on c.person_id = e.person_id and c.channel = 'WEBHOOK'
    where e.removed_at is null and coalesce(c.enabled, true)
), untold as materialized (
    select t.*, n.id as notice_id, n.created_at, w.unit_id, w.timezone
    from notice n
    -- A run that is under way, or was cut off, may have more to say to them.
    join digest said on said.id = n.digest_id and not said.open
    join at_work w on w.unit_id = n.unit_id
    join targets t on t.person_id = n.person_id and n.created_at >= t.since
    where n.created_at > $2 and n.read_at is null
      and not exists (select from delivery_notice told where told.target = t.target and told.notice_id = n.id)
), due as (
    select distinct on (target) person_id, channel, endpoint_id, target, ceiling, unit_id,
        ($1::timestamptz at time zone timezone)::date as day
    from untold order by target, created_at desc, notice_id
), made as (
    insert into delivery (id, person_id, channel, endpoint_id, target, unit_id, day, test, state, attempts,
        next_attempt_at, expires_at, created_at)
    select gen_random_uuid(), person_id, channel, endpoint_id, target, unit_id, day, false, 'PENDING', 0, $1, $4, $1
    from due
    where not exists (
        select from delivery before where before.target = due.target and not before.test
          and (before.state = 'PENDING' or before.state <> 'WITHDRAWN' and before.created_at > $3)
    ) and (
        select count(*) from delivery before where before.target = due.target and not before.test
          and before.day = due.day and before.state <> 'WITHDRAWN'
    ) < due.ceiling
    returning id, target
), bundled as (
    insert into delivery_notice (id, delivery_id, target, notice_id)
    select gen_random_uuid(), made.id, untold.target, untold.notice_id from made join untold on untold.target = made.target
    on conflict do nothing
)
select count(*) from made
"""
