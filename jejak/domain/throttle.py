"""Guessing is slowed down, in the database: it outlasts a restart, and every process sees it.

An attempt is counted as failed before it is made and forgiven when it goes well, so that a thousand at once are
counted one by one. One that has to wait is refused untried, and counts for nothing.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from uuid import UUID

from jejak.domain import clock, db, secret
from jejak.domain.errors import Code, Refused
from jejak.domain.throttle_rules import (
    ACCOUNT,
    ACCOUNT_AT_ADDRESS,
    ADDRESS,
    ANSWERS,
    INVITATION,
    OWN_PASSWORD,
    Limit,
    one_more,
    remaining,
    seconds_until,
    wait,
)

VOUCHED = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Counter:
    """Attempts under one limit, by the hash of whatever is limited."""

    limit: Limit
    key: str


def of_account(email: str, address: str) -> list[Counter]:
    """For guesses at an account, whether there is such an account or not."""
    here = place(address)
    return [
        _counter(ACCOUNT_AT_ADDRESS, email, here),
        _counter(ACCOUNT, email),
        _counter(ADDRESS, here),
    ]


def of_own_password(person_id: UUID) -> list[Counter]:
    return [_counter(OWN_PASSWORD, str(person_id))]


def of_invitations(address: str) -> list[Counter]:
    return [_counter(INVITATION, place(address))]


async def count_answer(link_id: UUID, address: str) -> None:
    """One more answer by a link for everybody. Refuses TOO_MANY_ATTEMPTS where too many came from there of late."""
    await _count([_counter(ANSWERS, str(link_id), place(address))], ())


def _counter(limit: Limit, *parts: str) -> Counter:
    return Counter(limit, secret.digest("\0".join([limit.name, *parts])))


@lru_cache(maxsize=4_096)
def place(address: str) -> str:
    """The address, of IPv6 the network: a subscriber has all of its 2**64 addresses to come from."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or ip_network((found, 64), strict=False))
    return str(found)


@asynccontextmanager
async def attempt(counters: Sequence[Counter], *at: str | int) -> AsyncIterator[None]:
    """What raises inside has failed. Refuses TOO_MANY_ATTEMPTS, with `seconds`, where it is too early to try."""
    counted = await _count(counters, at)
    yield
    await _forgive(counted)


async def _count(counters: Sequence[Counter], at: tuple[str | int, ...]) -> list[Counter]:
    async with db.transaction():
        keys = sorted(counter.key for counter in counters)
        # In one order always, so that two attempts never wait for each other.
        await db.execute(
            "insert into throttle (key, failures, at) select key, 0, $2 from unnest($1::text[]) key on conflict do nothing",
            keys,
            clock.now(),
        )
        rows = await db.fetch(
            "select key, failures, at, until, succeeded_at from throttle where key = any($1) order by key for update",
            keys,
        )
        found = {row["key"]: row for row in rows}
        # Not sooner: whoever waited for the rows would else find them changed in the future.
        now = clock.now()

        def vouched(counter: Counter) -> bool:
            last = found[counter.key]["succeeded_at"]
            return counter.limit.vouches and last is not None and now - last < VOUCHED

        known = any(vouched(counter) for counter in counters)
        asked = [counter for counter in counters if not (known and counter.limit.waived)]
        seconds = max(seconds_until(found[counter.key]["until"], now) for counter in asked)
        if seconds:
            raise Refused(Code.TOO_MANY_ATTEMPTS, *at, seconds=seconds)
        for counter in asked:
            row = found[counter.key]
            failures = one_more(counter.limit, remaining(counter.limit, row["failures"], now - row["at"]))
            until = now + wait(counter.limit, failures) if wait(counter.limit, failures) else None
            await db.execute(
                "update throttle set failures = $2, at = $3, until = $4 where key = $1",
                counter.key,
                failures,
                now,
                until,
            )
    return asked


async def _forgive(counted: Sequence[Counter]) -> None:
    now = clock.now()
    async with db.transaction():
        for counter in sorted(counted, key=lambda one: one.key):
            if counter.limit.vouches:
                await db.execute(
                    "update throttle set failures = 0, until = null, succeeded_at = $2 where key = $1",
                    counter.key,
                    now,
                )
            else:
                await db.execute(
                    "update throttle set failures = greatest(failures - 1, 0), until = null where key = $1",
                    counter.key,
                )


async def forget_old() -> None:
    """What has decayed, and who has not been vouched for lately."""
    now = clock.now()
    await db.execute(
        "delete from throttle where at < $1 and coalesce(succeeded_at < $2, true)",
        now - timedelta(days=1),
        now - VOUCHED,
    )
