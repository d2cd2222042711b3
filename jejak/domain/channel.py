"""R6: channels as a whole. One that is out of reach is paused, said once, and looked for by one delivery at a time.

`conditions` is what whoever looks after the service reads (`operations.py`).
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from jejak.domain import clock, db, delivery_rules, feed
from jejak.domain.vocabulary import Channel, ChannelCondition, NoticeKind, Role, UnitKind

_log = logging.getLogger(__name__)
# That somebody can still send is written so often, and believed for so long.
_SAID_EVERY = timedelta(minutes=5)
_BELIEVED = timedelta(minutes=15)
# Whoever could not send for so long does not send what was said in between.
_FORGOTTEN = timedelta(days=1)
# A first failure may be nothing; people are told once the channel was looked for and not found.
_TOLD_AT = 2


@dataclass(frozen=True, slots=True)
class State:
    """`waiting`: deliveries that are still to go out; `endpoint_id` and `person_id` of a webhook, else None."""

    channel: Channel
    endpoint_id: UUID | None
    person_id: UUID | None
    state: ChannelCondition
    since: datetime
    until: datetime | None
    reason: str
    waiting: int


def conditions() -> str:
    """SQL for a row for e-mail, where anybody ever started a worker, and every webhook that was out of reach and is not
    removed.
    """
    return """(
        select s.*, e.person_id, (
            select count(*)::integer from delivery d where d.state = 'PENDING' and d.channel = s.channel
            and d.endpoint_id is not distinct from s.endpoint_id
        ) as waiting
        from channel_state s left join webhook_endpoint e on e.id = s.endpoint_id where e.removed_at is null)"""


async def states() -> list[State]:
    """The `conditions`, e-mail first."""
    rows = await db.fetch(f"select c.* from {conditions()} c order by c.channel, c.state desc, c.since, c.id")
    return [
        State(
            Channel(row["channel"]),
            row["endpoint_id"],
            row["person_id"],
            ChannelCondition(row["state"]),
            row["since"],
            row["until"],
            row["reason"],
            row["waiting"],
        )
        for row in rows
    ]


async def mail_is_set_up(*, able: bool) -> None:
    """What a worker knows of e-mail: whether it can send any. It is off when none could for a while."""
    now = clock.now()
    if able:
        await db.execute(
            """
            insert into channel_state (id, channel, state, failures, since, reason, able_at, began_at)
            values ($1, 'EMAIL', 'OPEN', 0, $2, '', $2, $2)
            on conflict (channel, endpoint_id) do update set
                able_at = $2,
                -- Where nobody worked at all it is still open, and what was said before and is said now goes out.
                began_at = case when channel_state.state = 'OFF'
                    and (channel_state.able_at is null or channel_state.able_at < $2 - $4::interval)
                    then $2 else channel_state.began_at end,
                since = case when channel_state.state = 'OFF' then $2 else channel_state.since end,
                reason = case when channel_state.state = 'OFF' then '' else channel_state.reason end,
                state = case when channel_state.state = 'OFF' then 'OPEN' else channel_state.state end
            where channel_state.state = 'OFF' or channel_state.able_at < $2 - $3::interval
            """,
            db.new_id(),
            now,
            _SAID_EVERY,
            _FORGOTTEN,
        )
        return
    await db.execute(
        """
        insert into channel_state (id, channel, state, failures, since, reason, began_at)
        values ($1, 'EMAIL', 'OFF', 0, $2, 'SMTP_URL is not set', $2)
        on conflict (channel, endpoint_id) do update set
            state = 'OFF', since = $2, failures = 0, until = null, reason = 'SMTP_URL is not set'
        where channel_state.state <> 'OFF' and channel_state.able_at < $2 - $3::interval
        """,
        db.new_id(),
        now,
        _BELIEVED,
    )


async def unreachable(channel: Channel, endpoint_id: UUID | None, reason: str, *, probe: bool) -> None:
    """In the open transaction: nothing went out. Pauses the channel; one that is paused longer, if it was looked for."""
    now = clock.now()
    first = await db.fetchval(
        """
        insert into channel_state (id, channel, endpoint_id, state, failures, since, until, reason, began_at)
        values ($1, $2, $3, 'PAUSED', 1, $4, $5, $6, $4)
        on conflict (channel, endpoint_id) do update
            set state = 'PAUSED', failures = 1, since = $4, until = $5, reason = $6
            where channel_state.state = 'OPEN'
        returning true
        """,
        db.new_id(),
        channel,
        endpoint_id,
        now,
        now + delivery_rules.pause(1),
        reason,
    )
    if first:
        which = "e-mail" if endpoint_id is None else f"the webhook {endpoint_id}"
        db.after_commit(lambda: _log.warning("%s is out of reach and paused: %s", which, reason))
        return
    if not probe:
        return
    row = await db.fetchrow(
        """
        select id, failures from channel_state
        where channel = $1 and endpoint_id is not distinct from $2 and state = 'PAUSED' for update
        """,
        channel,
        endpoint_id,
    )
    if row is None:
        return
    failures = row["failures"] + 1
    await db.execute(
        "update channel_state set failures = $2, until = $3, reason = $4 where id = $1",
        row["id"],
        failures,
        now + delivery_rules.pause(failures),
        reason,
    )
    if failures == _TOLD_AT:
        await _tell(channel, endpoint_id, now)


async def reached(channel: Channel, endpoint_id: UUID | None) -> None:
    """In the open transaction: whatever became of the delivery, somebody answered."""
    resumed = await db.fetchval(
        """
        update channel_state set state = 'OPEN', failures = 0, since = $3, until = null, reason = ''
        where channel = $1 and endpoint_id is not distinct from $2 and state = 'PAUSED' returning true
        """,
        channel,
        endpoint_id,
        clock.now(),
    )
    if resumed:
        which = "e-mail" if endpoint_id is None else f"the webhook {endpoint_id}"
        db.after_commit(lambda: _log.warning("%s is in reach again", which))


async def _tell(channel: Channel, endpoint_id: UUID | None, now: datetime) -> None:
    """The owner of a webhook; of e-mail the administrators at headquarters. In the inbox, so whatever else is down."""
    noted = await db.fetch(
        """
        with told as (
            select p.person_id, p.unit_id from (
                select m.person_id, m.unit_id, row_number() over (partition by m.person_id order by m.granted_at, m.id) as nth
                from membership m join unit u on u.id = m.unit_id
                where m.revoked_at is null and case when $2::uuid is null then m.role = $4 and u.kind = $5
                    else m.person_id = (select e.person_id from webhook_endpoint e where e.id = $2) end
            ) p where p.nth = 1
        ), bundled as (
            insert into digest (id, person_id, created_at) select gen_random_uuid(), person_id, $3 from told
            returning id, person_id
        )
        insert into notice (id, person_id, digest_id, kind, unit_id, channel, endpoint_id, created_at)
        select gen_random_uuid(), told.person_id, bundled.id, $6, told.unit_id, $1, $2, $3
        from told join bundled using (person_id) returning id
        """,
        channel,
        endpoint_id,
        now,
        Role.ADMIN,
        UnitKind.HQ,
        NoticeKind.CHANNEL_PAUSED,
    )
    await feed.noticed([row["id"] for row in noted])
