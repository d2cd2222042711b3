"""Sign-in by e-mail and password, and the viewer that a bearer token stands for."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from jejak.domain import access, change, clock, db, event, password
from jejak.domain.access import Allowed, Grant, Viewer
from jejak.domain.checks import TITLE, Checks, storable
from jejak.domain.errors import Code, Refused
from jejak.domain.tables.person import Person, Session
from jejak.domain.vocabulary import EventKind, Language, Role, UnitKind

LIFETIME = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class SignIn:
    email: str
    password: str


@dataclass(frozen=True, slots=True)
class ChangePassword:
    current_password: str
    new_password: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """`token` is shown once; only its hash is kept."""

    token: str
    expires_at: datetime
    viewer: Viewer


async def sign_in(wanted: SignIn) -> SignedIn:
    """Refuses WRONG_CREDENTIALS, in the same words and time for an unknown e-mail as for a wrong password."""
    email = wanted.email.strip().lower()
    row = (
        await db.fetchrow("select id, password_hash from person where email = $1", email)
        if len(email) <= TITLE and storable(email)
        else None
    )
    secret = wanted.password if len(wanted.password) <= password.MOST else ""
    if not await password.matches(secret, row["password_hash"] if row else None) or row is None:
        raise Refused(Code.WRONG_CREDENTIALS, "password")
    token = f"jejak_{secrets.token_urlsafe(32)}"
    now = clock.now()
    async with db.transaction():
        await db.execute("delete from session where person_id = $1 and expires_at < $2", row["id"], now)
        await Session(
            person_id=UUID(str(row["id"])), token_hash=_hash(token), created_at=now, expires_at=now + LIFETIME
        ).save()
    viewer = await viewer_of(token)
    if viewer is None:
        raise RuntimeError("a new session is not valid")
    return SignedIn(token, now + LIFETIME, viewer)


async def change_password(viewer: Viewer, wanted: ChangePassword) -> Person:
    """Ends every sign-in of the person, this one too. Refuses WRONG_CREDENTIALS, WEAK_PASSWORD."""
    with Checks() as checks:
        password.check(checks, wanted.new_password, "new_password")
    person = await Person.objects().get(Person.id == viewer.person)
    if person is None or not await password.matches(wanted.current_password, person.password_hash):
        raise Refused(Code.WRONG_CREDENTIALS, "current_password")
    hashed = await password.hashed(wanted.new_password)
    async with db.transaction():
        current = await change.find(Person, person.id)
        if current.password_hash != person.password_hash:
            # Changed by somebody else while we computed: the one we were given is no longer the current one.
            raise Refused(Code.WRONG_CREDENTIALS, "current_password")
        await _set_password(access.oneself(viewer), current, hashed)
    return current


async def reset_password(email: str) -> str | None:
    """A new password for whoever has lost theirs, for the operator; None where there is no such person."""
    secret = password.generated()
    hashed = await password.hashed(secret)
    async with db.transaction():
        named = await Person.objects().get(Person.email == email.strip().lower())
        if named is None:
            return None
        person = await change.find(Person, named.id)
        await _set_password(access.SERVICE, person, hashed)
    return secret


async def _set_password(by: Allowed, person: Person, hashed: str) -> None:
    await Person.update({Person.password_hash: hashed}).where(Person.id == person.id)
    await db.execute("delete from session where person_id = $1", person.id)
    await event.append(by, EventKind.PERSON_PASSWORD_CHANGED, ("person", person.id), None)


async def viewer_of(token: str) -> Viewer | None:
    """Whom a bearer token stands for, with the roles in force now; None where it is unknown or has expired."""
    return await _viewer("s.token_hash = $1", _hash(token))


async def current(viewer: Viewer) -> Viewer | None:
    """The viewer with the roles in force now; None where the sign-in that they came by has ended."""
    return await _viewer("s.id = $1", viewer.credential)


async def _viewer(which: str, value: str | UUID | None) -> Viewer | None:
    rows = await db.fetch(
        f"""
        select s.id as credential, p.id, p.language, u.path, u.kind, m.role
        from session s
        join person p on p.id = s.person_id
        left join membership m on m.person_id = p.id and m.revoked_at is null
        left join unit u on u.id = m.unit_id
        where {which} and s.expires_at > $2
        """,
        value,
        clock.now(),
    )
    if not rows:
        return None
    grants = tuple(Grant(r["path"], UnitKind(r["kind"]), Role(r["role"])) for r in rows if r["role"])
    credential = UUID(str(rows[0]["credential"]))
    return Viewer(UUID(str(rows[0]["id"])), Language(rows[0]["language"]), grants, credential)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
