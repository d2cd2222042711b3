"""Sessions: a sign-in, and the tokens by which it is shown.

A program gets an access token for a quarter of an hour and a refresh token, each of which gives one new pair. One
that is presented twice was stolen, from its owner or by its owner's thief: the whole session ends. A browser gets
one token in a cookie for half a day. Whatever changes somebody's sessions holds the row of that person.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from uuid import UUID

from jejak.domain import access, change, clock, db, event, feed, secret
from jejak.domain.access import SERVICE, Viewer
from jejak.domain.errors import Code, Refused
from jejak.domain.event_kind import EventKind
from jejak.domain.secret import Kind
from jejak.domain.tables.person import Person
from jejak.domain.tables.sign_in import Session, SessionToken

ACCESS = timedelta(minutes=15)
IDLE = timedelta(days=7)
LONGEST = timedelta(days=30)
BROWSER = timedelta(hours=12)
AGENT = 120


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from: its network address and what the client calls itself."""

    address: str = ""
    agent: str = ""


NOWHERE = Origin()


@dataclass(frozen=True, slots=True)
class Opened:
    """The secrets of a session, shown once; a browser's has no refresh token. `expires_at` is `token`'s."""

    session_id: UUID
    token: str
    expires_at: datetime
    refresh_token: str | None = None
    refresh_expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RefreshSession:
    refresh_token: str


@dataclass(frozen=True, slots=True)
class SignOut:
    everywhere: bool = False


@dataclass(frozen=True, slots=True)
class EndSession:
    session_id: UUID


async def begin(person: Person, origin: Origin, *, browser: bool) -> Opened:
    """For a person whose row is held by the open transaction."""
    now = clock.now()
    await db.execute("delete from session where person_id = $1 and expires_at < $2", person.id, now)
    session = Session(
        person_id=person.id,
        browser=browser,
        address=_network(origin.address),
        agent="".join(c for c in origin.agent if c.isprintable())[:AGENT],
        created_at=now,
        used_at=now,
        expires_at=now + (BROWSER if browser else IDLE),
    )
    await session.save()
    if browser:
        token = await _token(session, Kind.BROWSER, session.expires_at)
        return Opened(session.id, token, session.expires_at)
    return await _pair(session)


async def refresh(wanted: RefreshSession) -> Opened:
    """A new pair for a refresh token that was not used before.

    Refuses SESSION_ENDED, in the same words for every refresh token that gives nothing; one that was used before
    ends its session. Of two uses at once one wins, and the session ends all the same.
    """
    hashed = secret.digest(wanted.refresh_token)
    async with db.transaction():
        opened = await _refreshed(hashed)
    if opened is None:
        raise Refused(Code.SESSION_ENDED, "refresh_token")
    return opened


async def _refreshed(hashed: str) -> Opened | None:
    person_id = await db.fetchval(
        "select s.person_id from session_token t join session s on s.id = t.session_id where t.token_hash = $1",
        hashed,
    )
    if person_id is None:
        return None
    await change.find(Person, person_id)
    # Read once the person is ours: whoever came first may have used the token, or ended the session.
    token = await SessionToken.objects().get(
        (SessionToken.token_hash == hashed) & (SessionToken.kind == Kind.REFRESH.name)
    )
    session = await Session.objects().get(Session.id == token.session_id) if token else None
    now = clock.now()
    if token is None or session is None or session.expires_at <= now:
        return None
    if token.used_at is not None:
        await _end([session.id])
        # Not the person: whoever presented it may be somebody else.
        await event.append(SERVICE, EventKind.PERSON_REFRESH_REUSED, ("person", session.person_id), None)
        return None
    await SessionToken.update({SessionToken.used_at: now}).where(SessionToken.id == token.id)
    await db.execute(
        "delete from session_token where session_id = $1 and kind = 'ACCESS' and expires_at < $2",
        session.id,
        now,
    )
    session.used_at = now
    session.expires_at = min(now + IDLE, session.created_at + LONGEST)
    await session.save(columns=[Session.used_at, Session.expires_at])
    return await _pair(session)


async def sign_out(viewer: Viewer, wanted: SignOut) -> None:
    """Ends the session that the viewer came by, or all of theirs. API tokens stay. Refuses FORBIDDEN to those."""
    by = access.account(viewer)
    async with db.transaction():
        person = await change.find(Person, viewer.person)
        if not wanted.everywhere:
            await _end([viewer.credential])
            await feed.sight_changed(person.id)
            return
        await end_all(person.id)
        await event.append(by, EventKind.PERSON_SIGNED_OUT_EVERYWHERE, ("person", person.id), None)


async def end(viewer: Viewer, wanted: EndSession) -> UUID:
    """Ends one of the viewer's own sessions. Refuses NOT_FOUND, FORBIDDEN to API tokens."""
    access.account(viewer)
    async with db.transaction():
        await change.find(Person, viewer.person)
        named = await Session.objects().get(
            (Session.id == wanted.session_id) & (Session.person_id == viewer.person)
        )
        if named is None:
            raise Refused(Code.NOT_FOUND, "session_id")
        await _end([named.id])
        await feed.sight_changed(viewer.person)
    return wanted.session_id


async def end_all(person_id: UUID) -> None:
    """In the open transaction, which holds the person."""
    await db.execute("delete from session where person_id = $1", person_id)


async def _end(sessions: list[UUID | None]) -> None:
    await db.execute("delete from session where id = any($1)", sessions)


async def _pair(session: Session) -> Opened:
    # No token outlives its session.
    expires_at = min(clock.now() + ACCESS, session.expires_at)
    return Opened(
        session.id,
        await _token(session, Kind.ACCESS, expires_at),
        expires_at,
        await _token(session, Kind.REFRESH, session.expires_at),
        session.expires_at,
    )


async def _token(session: Session, kind: Kind, expires_at: datetime) -> str:
    token = secret.new(kind)
    await SessionToken(
        session_id=session.id, kind=kind.name, token_hash=secret.digest(token), expires_at=expires_at
    ).save()
    return token


def _network(address: str) -> str:
    """Enough for people to know their own sign-ins by, too little to follow them about."""
    try:
        found = ip_address(address)
    except ValueError:
        return ""
    found = getattr(found, "ipv4_mapped", None) or found
    return str(ip_network((found, 24 if found.version == 4 else 48), strict=False))
