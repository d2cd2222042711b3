"""Customers, of whom we keep nothing but a hash by a key of our own: whom not to ask, what to forget, and when (UU PDP 27/2022)."""

import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from jejak.domain import access, clock, db, event, signing
from jejak.domain.access import Right, Viewer
from jejak.domain.checks import Checks
from jejak.domain.event_kind import EventKind
from jejak.domain.signing import Keyring
from jejak.domain.vocabulary import UnitKind

MOST_REF = 100
RATING_TEXT_KEPT = timedelta(days=396)
"""13 months: a year's answers can be read against those of the year before. Then an answer is but a number."""
_BATCH = 10_000
# As in the index of what is to be forgotten one day.
PERSONAL = (
    "(comment is not null or subject_hash is not null or source = 'link' and external_id ^@ 'request:')"
)

# An answer that came by a request bears its id, by which whoever sent it finds the customer. The others bear one that
# leads to nobody, or that of another system, by which it is known that they have been counted.
_NAMELESS_ID = "case when source = 'link' and external_id ^@ 'request:' then 'erased:' || gen_random_uuid() else external_id end"
_ERASED = f"comment = null, subject_hash = null, staff_id = null, external_id = {_NAMELESS_ID}"


@dataclass(frozen=True, slots=True)
class EraseCustomer:
    customer_ref: str


@dataclass(frozen=True, slots=True)
class Erased:
    ratings: int
    requests: int


def checked(customer_ref: str, checks: Checks, name: str = "customer_ref") -> str:
    """As it is hashed: however it was typed, it is the same customer."""
    return unicodedata.normalize("NFKC", checks.text(customer_ref, name, most=MOST_REF)).casefold()


def hashed(keys: Keyring, customer_ref: str) -> str:
    """Of a reference as `checked` gives it."""
    return keys.hash_of(customer_ref)


async def hash_of(customer_ref: str) -> str:
    """By which a customer is known: the unit's systems know them by `customer_ref`, we do not. Refuses as `checked`."""
    with Checks() as checks:
        ref = checked(customer_ref, checks)
    return hashed(await signing.load(), ref)


async def erase(viewer: Viewer, wanted: EraseCustomer) -> Erased:
    """Deletion on request: what the customer wrote and by what they are known, in all their answers; and requests to them.

    Their answers stay as numbers. That they are not to be asked stays as well, else they would be asked again.
    Refuses FORBIDDEN, REQUIRED, TOO_LONG.
    """
    root = await db.fetchval("select path from unit where kind = $1", UnitKind.HQ)
    by = access.require_somewhere(viewer, Right.MEASURE, [root])
    subject = await hash_of(wanted.customer_ref)
    async with db.transaction():
        # First: whoever answers at this moment holds their request, and has written when it is gone.
        requests = await db.fetch("delete from rating_request where subject_hash = $1 returning id", subject)
        ratings = await db.fetch(f"update rating set {_ERASED} where subject_hash = $1 returning id", subject)
        done = Erased(len(ratings), len(requests))
        # Of nobody: an event is kept for ever.
        after = {"ratings": done.ratings, "requests": done.requests}
        await event.append(
            by, EventKind.CUSTOMER_ERASED, ("customer_erasure", db.new_id()), None, after=after
        )
    return done


async def erase_answer(rating_id: UUID) -> None:
    """The same for one answer, with the request that it came by. Repeating it changes nothing."""
    async with db.transaction():
        came_by = await db.fetchval(
            "select external_id from rating where id = $1 and source = 'link'", rating_id
        )
        if came_by is not None:
            kind, _, key = came_by.partition(":")
            if kind == "request":
                await db.execute("delete from rating_request where id = $1", UUID(key))
            await db.execute(f"update rating set {_ERASED} where id = $1", rating_id)


async def forget_old() -> None:
    """What customers wrote, and by what they are known, 13 months after it came."""
    before = clock.now() - RATING_TEXT_KEPT
    while True:
        rows = await db.fetch(
            f"""
            update rating set comment = null, subject_hash = null, external_id = {_NAMELESS_ID} where id in (
                select id from rating where received_at < $1 and {PERSONAL} limit $2 for update skip locked)
            returning id
            """,
            before,
            _BATCH,
        )
        if len(rows) < _BATCH:
            return
