"""Sign-in, and the viewer that a token stands for."""

from dataclasses import dataclass
from uuid import UUID

import asyncpg

from jejak.domain import (
    access,
    api_token,
    change,
    clock,
    db,
    event,
    password,
    secret,
    session,
    standing,
    throttle,
    vouching,
)
from jejak.domain.access import SERVICE, SYSTEM, Allowed, Grant, Standing, Viewer
from jejak.domain.checks import TITLE, Checks, storable
from jejak.domain.errors import Code, Refused
from jejak.domain.event_kind import EventKind
from jejak.domain.secret import Kind
from jejak.domain.session import NOWHERE, Opened, Origin, RefreshSession
from jejak.domain.tables.person import Person
from jejak.domain.vocabulary import Language, Role, UnitKind


@dataclass(frozen=True, slots=True)
class SignIn:
    """`browser`: the token is for a cookie, and there is none to refresh it."""

    email: str
    password: str
    browser: bool = False


@dataclass(frozen=True, slots=True)
class ChangePassword:
    current_password: str
    new_password: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    opened: Opened
    viewer: Viewer

    @property
    def token(self) -> str:
        return self.opened.token


async def sign_in(wanted: SignIn, origin: Origin = NOWHERE) -> SignedIn:
    """Refuses WRONG_CREDENTIALS, in the same words and time for an unknown e-mail as for a wrong password, and for
    whoever has none; TOO_MANY_ATTEMPTS, for known and unknown e-mails alike.
    """
    email = wanted.email.strip().lower()
    async with throttle.attempt(throttle.of_account(email, origin.address), "password"):
        row = (
            await db.fetchrow("select id, password_hash from person where email = $1", email)
            if len(email) <= TITLE and storable(email)
            else None
        )
        if not await password.matches(wanted.password, row["password_hash"] if row else None) or row is None:
            raise Refused(Code.WRONG_CREDENTIALS, "password")
        async with db.transaction():
            person = await change.find(Person, row["id"])
            if person.password_hash != row["password_hash"]:
                # Changed while we computed, which ended every session but this one.
                raise Refused(Code.WRONG_CREDENTIALS, "password")
            opened = await session.begin(person, origin, browser=wanted.browser)
    return await _signed_in(opened)


async def sign_in_vouched(email: str, origin: Origin) -> SignedIn:
    """A browser's session for the person whose e-mail address an identity provider has verified. Refuses NO_ACCOUNT."""
    email = email.strip().lower()
    async with db.transaction():
        named = (
            await Person.objects().get(Person.email == email)
            if len(email) <= TITLE and storable(email)
            else None
        )
        if named is None:
            raise Refused(Code.NO_ACCOUNT)
        opened = await session.begin(await change.find(Person, named.id), origin, browser=True)
    return await _signed_in(opened)


async def refresh(wanted: RefreshSession) -> SignedIn:
    """As `session.refresh`, with the viewer."""
    return await _signed_in(await session.refresh(wanted))


async def _signed_in(opened: Opened) -> SignedIn:
    viewer = await _session_viewer("s.id = $1", opened.session_id)
    if viewer is None:
        # Signed out everywhere, in the moment between.
        raise Refused(Code.SESSION_ENDED)
    return SignedIn(opened, viewer)


async def change_password(viewer: Viewer, wanted: ChangePassword) -> Person:
    """Ends every sign-in of the person, this one too.

    Refuses WRONG_CREDENTIALS, TOO_MANY_ATTEMPTS, what `password.check` refuses, and FORBIDDEN to API tokens.
    """
    by = access.account(viewer)
    person = await Person.objects().get(Person.id == viewer.person)
    if person is None:
        raise Refused(Code.NOT_FOUND)
    with Checks() as checks:
        await password.check(checks, wanted.new_password, "new_password", [person.name, person.email])
    async with throttle.attempt(throttle.of_own_password(person.id), "current_password"):
        if not await password.matches(wanted.current_password, person.password_hash):
            raise Refused(Code.WRONG_CREDENTIALS, "current_password")
    hashed = await password.hashed(wanted.new_password)
    async with db.transaction():
        current = await change.find(Person, person.id)
        if current.password_hash != person.password_hash:
            # Changed by somebody else while we computed: the one we were given is no longer the current one.
            raise Refused(Code.WRONG_CREDENTIALS, "current_password")
        await set_password(by, current, hashed)
    return current


async def reset_password(email: str) -> str | None:
    """A new password for whoever has lost theirs, for the operator; None where there is no such person."""
    generated = password.generated()
    hashed = await password.hashed(generated)
    async with db.transaction():
        named = await Person.objects().get(Person.email == email.strip().lower())
        if named is None:
            return None
        person = await change.find(Person, named.id)
        await set_password(SERVICE, person, hashed)
        await vouching.vouch(SYSTEM, person.id)
    return generated


async def set_password(by: Allowed, person: Person, hashed: str) -> None:
    """In the open transaction, which holds the person. Ends their sessions, and an invitation that is open."""
    await Person.update({Person.password_hash: hashed}).where(Person.id == person.id)
    await session.end_all(person.id)
    await db.execute("delete from invitation where person_id = $1", person.id)
    await event.append(by, EventKind.PERSON_PASSWORD_CHANGED, ("person", person.id), None)


async def viewer_of(token: str) -> Viewer | None:
    """Whom a bearer token stands for, with the roles in force now; None where it is none, has expired or has ended."""
    if token.startswith(Kind.API):
        token_hash = secret.digest(token)
        return await _api_viewer("k.token_hash = $1", token_hash, token_hash)
    return await _viewer_of(token, Kind.ACCESS)


async def viewer_of_browser(token: str) -> Viewer | None:
    """As `viewer_of`, for what a browser's cookie holds."""
    return await _viewer_of(token, Kind.BROWSER)


async def current(viewer: Viewer) -> Viewer | None:
    """The same credential with the roles in force now; None once it has ended.

    For what stays open: the end of an access token's quarter of an hour is not the end of its session.
    """
    if viewer.integration:
        return await _api_viewer("k.id = $1", viewer.credential)
    return await _session_viewer("s.id = $1", viewer.credential)


async def viewer_named(email: str) -> Viewer | None:
    """Somebody as they would be signed in, with the roles in force now, for the operator; None where nobody is."""
    return _viewer(await db.fetch(_NAMED, email.strip().lower()), None)


async def _viewer_of(token: str, kind: Kind) -> Viewer | None:
    condition = f"""s.id = (
        select t.session_id from session_token t
        where t.token_hash = $1 and t.kind = '{kind.name}' and t.expires_at > $2
    )"""
    token_hash = secret.digest(token)
    return await _session_viewer(condition, token_hash, token_hash)


async def _session_viewer(condition: str, value: object, token_hash: str | None = None) -> Viewer | None:
    return _viewer(await db.fetch(_SESSION.format(condition=condition), value, clock.now()), token_hash)


async def _api_viewer(condition: str, value: object, token_hash: str | None = None) -> Viewer | None:
    return _viewer(await db.fetch(_PROGRAM.format(condition=condition), value, clock.now()), token_hash)


def _viewer(rows: list[asyncpg.Record], token_hash: str | None) -> Viewer | None:
    if not rows:
        return None
    first = rows[0]
    grants = tuple(Grant(r["path"], UnitKind(r["kind"]), Role(r["role"])) for r in rows if r["role"])
    return Viewer(
        UUID(str(first["person_id"])),
        Language(first["language"]),
        grants,
        credential=UUID(str(first["credential"])),
        integration=first["integration"],
        standing=Standing(token_hash, first["standing"]) if token_hash else None,
    )


# When it was last used is noted at most once a minute, and left for the next time where the row is held by another.
_SESSION = f"""
with came as (
    select s.id, s.person_id, s.used_at from session s where {{condition}} and s.expires_at > $2
), noted as (
    update session set used_at = $2 where id in (
        select s.id from session s join came on came.id = s.id
        where came.used_at < $2 - interval '1 minute' for no key update of s skip locked
    )
)
select came.id as credential, false as integration, p.id as person_id, p.language, u.path, u.kind, m.role,
    {standing.of_session("p")} as standing
from came
join person p on p.id = came.person_id
left join membership m on m.person_id = p.id and m.revoked_at is null
left join unit u on u.id = m.unit_id
"""
_NAMED = f"""
select '{UUID(int=0)}'::uuid as credential, false as integration, p.id as person_id, p.language, u.path, u.kind, m.role
from person p
left join membership m on m.person_id = p.id and m.revoked_at is null
left join unit u on u.id = m.unit_id
where p.email = $1
"""
_PROGRAM = f"""
with came as (
    select k.id, k.membership_id, k.used_at from api_token k join membership m on m.id = k.membership_id
    where {{condition}} and {api_token.in_force("k", "m", "$2")}
), noted as (
    update api_token set used_at = $2 where id in (
        select k.id from api_token k join came on came.id = k.id
        where coalesce(came.used_at < $2 - interval '1 minute', true) for no key update of k skip locked
    )
)
select came.id as credential, true as integration, p.id as person_id, p.language, u.path, u.kind, m.role,
    {standing.of_program("p", "m", "u")} as standing
from came
join membership m on m.id = came.membership_id
join person p on p.id = m.person_id
join unit u on u.id = m.unit_id
"""
