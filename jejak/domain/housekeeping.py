"""Forgets what has served its time."""

from datetime import timedelta

from jejak.domain import clock, db, delivery_making, feed, heartbeat, rating_link, signing, subject, throttle

# A phone that was away longer than this sends a capture anew under a new id.
CLIENT_MUTATIONS_KEPT = timedelta(days=90)


async def forget_old() -> None:
    """Sessions, invitations and sign-ins under way that have expired, old failures, what nobody catches up with any
    more, workers that were killed, what customers wrote long ago and how they were asked, keys that nothing needs,
    and results kept for retries that will not come.
    """
    now = clock.now()
    await db.execute("delete from session where expires_at < $1", now)
    await db.execute("delete from invitation where expires_at < $1", now)
    await db.execute("delete from provider_sign_in where expires_at < $1", now)
    await throttle.forget_old()
    await feed.forget()
    await delivery_making.forget()
    await heartbeat.forget_dead()
    await subject.forget_old()
    await rating_link.forget_old()
    await signing.renew()
    await db.execute("delete from client_mutation where created_at < $1", now - CLIENT_MUTATIONS_KEPT)
