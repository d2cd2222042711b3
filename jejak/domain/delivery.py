"""R6: deliveries under way. They are claimed for a while, sent outside of any transaction, and settled.

A worker that dies half-way leaves its deliveries to the next when its lease is over: at least once, under the same id.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from jejak.domain import access, channel, clock, db, delivery_rules, event
from jejak.domain.access import Viewer
from jejak.domain.delivery_making import AT_WORK
from jejak.domain.delivery_rules import Attempt
from jejak.domain.errors import Code, Refused
from jejak.domain.event_kind import EventKind
from jejak.domain.vocabulary import Channel, DeliveryState, Outcome

# Longer than whoever claims takes, whatever happens to them.
LEASE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that is ours to send, for a while. `probe`: it is to find out whether its channel is in reach again."""

    id: UUID
    channel: Channel
    endpoint_id: UUID | None
    claim: UUID
    probe: bool


@dataclass(frozen=True, slots=True)
class ResendDelivery:
    delivery_id: UUID


async def claim(of: Channel, most: int) -> list[Claimed]:
    """Up to `most` that are due, and one for each paused channel whose time has come. None of them twice at once."""
    now = clock.now()
    mine = db.new_id()
    values = (now, of, mine, now + LEASE)
    async with db.transaction():
        probes = await db.fetch(_PROBE, *values)
        rest = await db.fetch(_CLAIM, *values, most)
    return [
        Claimed(row["id"], of, row["endpoint_id"], mine, probe)
        for rows, probe in ((probes, True), (rest, False))
        for row in rows
    ]


_READY = """
    d.state = 'PENDING' and d.channel = $2 and (d.leased_until is null or d.leased_until <= $1)
    and (d.test or exists (select from at_work w where w.unit_id = d.unit_id))
"""
_TAKEN = "update delivery d set claim = $3, leased_until = $4 from ready where d.id = ready.id returning d.id, d.endpoint_id"
_CLAIM = f"""
with at_work as materialized ({AT_WORK}), ready as materialized (
    select d.id from delivery d
    where {_READY} and d.next_attempt_at <= $1 and not exists (
        select from channel_state s
        where s.channel = d.channel and s.endpoint_id is not distinct from d.endpoint_id and s.state <> 'OPEN'
    )
    order by d.next_attempt_at, d.id limit $5 for update skip locked
)
{_TAKEN}
"""
# `until` moves on, so that nobody else looks for the channel meanwhile.
_PROBE = f"""
with at_work as materialized ({AT_WORK}), paused as materialized (
    select s.id, s.endpoint_id from channel_state s
    where s.channel = $2 and s.state = 'PAUSED' and s.until <= $1 for update skip locked
), ready as materialized (
    select first.id, paused.id as state_id from paused cross join lateral (
        select d.id from delivery d where d.endpoint_id is not distinct from paused.endpoint_id and {_READY}
        order by d.next_attempt_at, d.id limit 1 for update skip locked
    ) first
), looking as (
    update channel_state s set until = $4 from ready where s.id = ready.state_id
)
{_TAKEN}
"""


async def settle(claimed: Claimed, attempt: Attempt) -> None:
    """Records an attempt. One that ended after its lease still counts if it went well, and else is only written down."""
    now = clock.now()
    async with db.transaction():
        row = await db.fetchrow(
            "select state, attempts, claim from delivery where id = $1 for update", claimed.id
        )
        if row is None:
            return
        await db.execute(
            """
            insert into delivery_attempt (id, delivery_id, nth, at, milliseconds, outcome, said, answer)
            select $1, $2, coalesce(max(nth), 0) + 1, $3, $4, $5, $6, $7 from delivery_attempt where delivery_id = $2
            """,
            db.new_id(),
            claimed.id,
            now,
            attempt.milliseconds,
            attempt.outcome,
            delivery_rules.shortened(attempt.said),
            delivery_rules.shortened(attempt.answer),
        )
        ours = row["claim"] == claimed.claim
        if row["state"] == DeliveryState.PENDING and (ours or attempt.outcome is Outcome.DELIVERED):
            jitter = random.random()  # noqa: S311 -- spreads load, hides nothing
            then = delivery_rules.after(attempt, row["attempts"], now, jitter)
            await db.execute(
                """
                update delivery set state = $2, attempts = $3, next_attempt_at = $4, claim = null, leased_until = null,
                    settled_at = case when $2 = 'PENDING' then null else $5::timestamptz end
                where id = $1
                """,
                claimed.id,
                then.state,
                then.attempts,
                then.next_attempt_at,
                now,
            )
        if attempt.outcome is Outcome.UNREACHABLE:
            reason = delivery_rules.shortened(attempt.said)
            await channel.unreachable(claimed.channel, claimed.endpoint_id, reason, probe=claimed.probe)
        else:
            await channel.reached(claimed.channel, claimed.endpoint_id)


async def release(claimed: Sequence[Claimed]) -> None:
    """Gives back what was not tried."""
    await db.execute(
        """
        update delivery d set claim = null, leased_until = null
        from unnest($1::uuid[], $2::uuid[]) mine(id, claim) where d.id = mine.id and d.claim = mine.claim
        """,
        [one.id for one in claimed],
        [one.claim for one in claimed],
    )


async def withdraw(claimed: Claimed) -> None:
    """There is nothing to say any more. A paused channel is looked for by the next one."""
    now = clock.now()
    async with db.transaction():
        await db.execute(
            """
            update delivery set state = 'WITHDRAWN', settled_at = $3, claim = null, leased_until = null
            where id = $1 and claim = $2 and state = 'PENDING'
            """,
            claimed.id,
            claimed.claim,
            now,
        )
        if claimed.probe:
            await db.execute(
                """
                update channel_state set until = $3
                where channel = $1 and endpoint_id is not distinct from $2 and state = 'PAUSED'
                """,
                claimed.channel,
                claimed.endpoint_id,
                now,
            )


async def withdraw_all(person_id: UUID, of: Channel, endpoint_id: UUID | None = None) -> None:
    """In the open transaction: what is under way by a channel that somebody gave up, or by one webhook of it."""
    await db.execute(
        """
        update delivery set state = 'WITHDRAWN', settled_at = $4, claim = null, leased_until = null
        where person_id = $1 and channel = $2 and ($3::uuid is null or endpoint_id = $3) and state = 'PENDING'
        """,
        person_id,
        of,
        endpoint_id,
        clock.now(),
    )


async def resend(viewer: Viewer, wanted: ResendDelivery) -> UUID:
    """Has a dead one tried anew, under its id. Repeating it changes nothing.

    For whose it is, and for who is ADMIN at headquarters. Refuses NOT_FOUND, FORBIDDEN to API tokens, WRONG_STATUS for
    one that was withdrawn, or whose channel was given up.
    """
    access.account(viewer)
    now = clock.now()
    async with db.transaction():
        row = await db.fetchrow(
            """
            select d.person_id, d.state, e.removed_at is not null or not coalesce(c.enabled, true) as given_up
            from delivery d left join webhook_endpoint e on e.id = d.endpoint_id
            left join channel_choice c on c.person_id = d.person_id and c.channel = d.channel
            where d.id = $1 for update of d
            """,
            wanted.delivery_id,
        )
        if row is None:
            raise Refused(Code.NOT_FOUND, "delivery_id")
        by = access.require_delivery(viewer, row["person_id"], "delivery_id")
        if row["state"] == DeliveryState.WITHDRAWN or (
            row["given_up"] and row["state"] == DeliveryState.DEAD
        ):
            raise Refused(Code.WRONG_STATUS, "delivery_id", status=row["state"])
        if row["state"] == DeliveryState.DEAD:
            await db.execute(
                """
                update delivery set state = 'PENDING', attempts = 0, next_attempt_at = $2, expires_at = $3, settled_at = null
                where id = $1
                """,
                wanted.delivery_id,
                now,
                now + delivery_rules.EXPIRES,
            )
            # Of the person, whose row counts their events.
            await db.execute("select from person where id = $1 for no key update", row["person_id"])
            subject = ("person", row["person_id"])
            await event.append(
                by, EventKind.PERSON_DELIVERY_RESENT, subject, None, after={"delivery_id": wanted.delivery_id}
            )
    return wanted.delivery_id
