"""Sends what is due, by every channel that is set up. Any number of workers may do so at once."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from jejak.channels.mail import Post
from jejak.channels.webhook import Posts
from jejak.domain import channel, db, delivery, delivery_making, digest, webhook_target
from jejak.domain.delivery import Claimed
from jejak.domain.delivery_rules import Attempt
from jejak.domain.digest import Digest
from jejak.domain.vocabulary import Channel, Outcome
from jejak.settings import Mail, Settings

_log = logging.getLogger(__name__)
MAILS = 50
# So many at a time, that whatever happens all of them are over long before their lease is.
WEBHOOKS = 16
AT_ONCE = 8
# Mails go one after the other; what has not gone by then is given back before its lease is over.
BACK_AFTER = delivery.LEASE.total_seconds() - 60
# Of one run; what is left is the next one's.
SECONDS = 40.0
_How = Callable[[Digest], Awaitable[Attempt]]


@dataclass(frozen=True, slots=True)
class _Set:
    mail: Mail | None = None
    public_url: str | None = None


_set = _Set()


def configure(settings: Settings) -> None:
    """What this process sends by. Without it, and without a mail server, webhooks only."""
    global _set  # noqa: PLW0603 -- one outbox a process is the point
    _set = _Set(settings.mail, settings.public_url)
    webhook_target.allow(settings.webhooks)
    if settings.mail is None:
        _log.info("SMTP_URL is not set: no e-mail is sent")


async def make() -> int:
    """Makes the deliveries that are due, for the channels that there are; returns how many."""
    await channel.mail_is_set_up(able=_set.mail is not None)
    return await delivery_making.make()


async def send() -> int:
    """Sends what is due, for a while; returns how many attempts it made."""
    ends = asyncio.get_running_loop().time() + SECONDS

    async def all_of(some: Callable[[], Awaitable[int]]) -> int:
        made = 0
        while count := await some():
            made += count
            if asyncio.get_running_loop().time() > ends:
                break
        return made

    # Side by side: neither waits for the other's strangers.
    async with contextlib.AsyncExitStack() as stack, asyncio.TaskGroup() as group:
        posts = await stack.enter_async_context(Posts())
        tasks = [group.create_task(all_of(lambda: _webhooks(posts)))]
        if _set.mail is not None:
            post = await stack.enter_async_context(Post(_set.mail, _set.public_url))
            tasks.append(group.create_task(all_of(lambda: _mails(post))))
    return sum(task.result() for task in tasks)


async def _webhooks(posts: Posts) -> int:
    claimed = await delivery.claim(Channel.WEBHOOK, WEBHOOKS)
    if not claimed:
        return 0
    free = asyncio.Semaphore(AT_ONCE)
    digests = await _gathered(claimed)

    async def one(mine: Claimed) -> None:
        async with free:
            await _sent(mine, digests.get(mine.id), posts.post)

    async with asyncio.TaskGroup() as group:
        for mine in claimed:
            group.create_task(one(mine))
    return len(claimed)


async def _mails(post: Post) -> int:
    """One after the other, over one connection. When the server is out of reach the rest is not tried."""
    begun = asyncio.get_running_loop().time()
    claimed = await delivery.claim(Channel.EMAIL, MAILS)
    digests = await _gathered(claimed) if claimed else {}
    for n, mine in enumerate(claimed):
        if asyncio.get_running_loop().time() - begun > BACK_AFTER:
            await delivery.release(claimed[n:])
            return n
        attempt = await _sent(mine, digests.get(mine.id), post.send)
        if attempt is not None and attempt.outcome is Outcome.UNREACHABLE:
            await delivery.release(claimed[n + 1 :])
            return 0
    return len(claimed)


async def _gathered(claimed: Sequence[Claimed]) -> dict[UUID, Digest | Attempt]:
    """By delivery, what to send, or that it could not be gathered: a fault in one keeps no other from going out."""
    try:
        return {**await digest.gather(claimed)}
    except Exception as error:
        if db.is_away(error):
            raise
    found: dict[UUID, Digest | Attempt] = {}
    for mine in claimed:
        try:
            found |= await digest.gather([mine])
        except Exception as error:
            if db.is_away(error):
                raise
            found[mine.id] = _fault(mine.id)
    return found


async def _sent(mine: Claimed, found: Digest | Attempt | None, how: _How) -> Attempt | None:
    """Sends and settles one; None where there was nothing to say any more."""
    if found is None:
        await delivery.withdraw(mine)
        return None
    attempt = await _tried(how, found) if isinstance(found, Digest) else found
    await delivery.settle(mine, attempt)
    return attempt


async def _tried(how: _How, found: Digest) -> Attempt:
    """A bug in one digest keeps no other from going out."""
    try:
        return await how(found)
    except Exception:  # noqa: BLE001 -- whatever it is, it is told in the log
        return _fault(found.delivery_id)


def _fault(delivery_id: UUID) -> Attempt:
    _log.exception("the delivery %s could not be sent", delivery_id)
    return Attempt(Outcome.FAILED, "a fault of Jejak's, see its log")
