"""R6: webhooks of people: where their digests are posted, so that a gateway, as one to WhatsApp, can carry them on.

Signed by Standard Webhooks. The secret is shown once; a new one is used beside the old for a day.
"""

from base64 import b64encode
from dataclasses import dataclass
from datetime import timedelta
from secrets import token_bytes
from typing import Any
from uuid import UUID

from jejak.domain import access, change, clock, db, delivery, delivery_rules, event, webhook_target
from jejak.domain.access import Viewer
from jejak.domain.checks import Checks
from jejak.domain.errors import Code, Refused
from jejak.domain.event_kind import EventKind
from jejak.domain.tables.channel import WebhookEndpoint
from jejak.domain.tables.person import Person
from jejak.domain.vocabulary import Channel, DeliveryState

MOST = 5
OVERLAP = timedelta(days=1)
_PREFIX = "whsec_"


@dataclass(frozen=True, slots=True)
class RegisterWebhook:
    url: str


@dataclass(frozen=True, slots=True)
class ChangeWebhook:
    webhook_id: UUID


@dataclass(frozen=True, slots=True)
class Registered:
    """`secret` is shown once."""

    id: UUID
    secret: str


def _new_secret() -> str:
    return _PREFIX + b64encode(token_bytes(32)).decode()


async def register(viewer: Viewer, wanted: RegisterWebhook) -> Registered:
    """Refuses FORBIDDEN to API tokens, INVALID_URL and FORBIDDEN_URL for where no webhook may go, TOO_MANY beyond 5,
    TAKEN for one that is there.
    """
    by = access.account(viewer)
    with Checks() as checks:
        written = checks.text(wanted.url, "url", most=webhook_target.MOST_URL)
    url = webhook_target.well_formed(written)
    if url is None:
        raise Refused(Code.FORBIDDEN_URL if webhook_target.is_plain(written) else Code.INVALID_URL, "url")
    # Before the transaction: a name server may take its time.
    try:
        await webhook_target.check(url)
    except webhook_target.Forbidden:
        # In the same words whatever was found, or whoever asks learns of the network inside.
        raise Refused(Code.FORBIDDEN_URL, "url") from None
    async with db.transaction():
        person = await change.find(Person, viewer.person)
        there = await db.fetch(
            "select url from webhook_endpoint where person_id = $1 and removed_at is null", person.id
        )
        if any(row["url"] == url for row in there):
            raise Refused(Code.TAKEN, "url")
        if len(there) >= MOST:
            raise Refused(Code.TOO_MANY, most=MOST)
        made = WebhookEndpoint(person_id=person.id, url=url, secret=_new_secret(), created_at=clock.now())
        await made.save()
        after = {"endpoint_id": made.id, "url": url}
        await event.append(by, EventKind.PERSON_WEBHOOK_REGISTERED, ("person", person.id), None, after=after)
    return Registered(made.id, made.secret)


async def rotate(viewer: Viewer, wanted: ChangeWebhook) -> Registered:
    """A new secret; for a day every delivery is signed by both. Refuses NOT_FOUND, FORBIDDEN to API tokens."""
    by = access.account(viewer)
    now = clock.now()
    async with db.transaction():
        found = await _own(viewer, wanted)
        found.previous_secret, found.previous_until = found.secret, now + OVERLAP
        found.secret, found.rotated_at = _new_secret(), now
        await found.save()
        after = {"endpoint_id": found.id}
        await event.append(by, EventKind.PERSON_WEBHOOK_ROTATED, ("person", viewer.person), None, after=after)
    return Registered(found.id, found.secret)


async def remove(viewer: Viewer, wanted: ChangeWebhook) -> UUID:
    """Nothing more goes there; what is under way is withdrawn. Repeating it changes nothing."""
    by = access.account(viewer)
    async with db.transaction():
        found = await _own(viewer, wanted, removed=True)
        if found.removed_at is None:
            found.removed_at, found.secret = clock.now(), ""
            found.previous_secret = found.previous_until = None
            await found.save()
            await delivery.withdraw_all(viewer.person, Channel.WEBHOOK, found.id)
            before = {"endpoint_id": found.id, "url": found.url}
            await event.append(
                by, EventKind.PERSON_WEBHOOK_REMOVED, ("person", viewer.person), None, before=before
            )
    return wanted.webhook_id


async def test(viewer: Viewer, wanted: ChangeWebhook) -> UUID:
    """Has a delivery without notices sent there, at any hour; one that still waits is not doubled. Its id."""
    by = access.account(viewer)
    now = clock.now()
    async with db.transaction():
        found = await _own(viewer, wanted)
        waiting: Any = await db.fetchval(
            "select id from delivery where target = $1 and test and state = 'PENDING'", found.id
        )
        if waiting is not None:
            return UUID(str(waiting))
        made = db.new_id()
        await db.execute(
            """
            insert into delivery (id, person_id, channel, endpoint_id, target, day, test, state, attempts,
                next_attempt_at, expires_at, created_at)
            values ($1, $2, $3, $4, $4, $5, true, $6, 0, $7, $8, $7)
            """,
            made,
            viewer.person,
            Channel.WEBHOOK,
            found.id,
            now.date(),
            DeliveryState.PENDING,
            now,
            now + delivery_rules.EXPIRES,
        )
        after = {"endpoint_id": found.id}
        await event.append(by, EventKind.PERSON_WEBHOOK_TESTED, ("person", viewer.person), None, after=after)
    return made


async def _own(viewer: Viewer, wanted: ChangeWebhook, *, removed: bool = False) -> WebhookEndpoint:
    # The person first: their row is the lock of their account.
    await change.find(Person, viewer.person)
    found = await WebhookEndpoint.objects().get(
        (WebhookEndpoint.id == wanted.webhook_id) & (WebhookEndpoint.person_id == viewer.person)
    )
    if found is None or (found.removed_at is not None and not removed):
        raise Refused(Code.NOT_FOUND, "webhook_id")
    return found
