"""Invitations: people set their own first password, or a new one for one that they have lost, by a token used once.

Nobody else ever knows it, and nobody gets at somebody whose roles reach further than their own right to manage people.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from jejak.domain import (
    access,
    change,
    clock,
    db,
    event,
    password,
    person,
    secret,
    sign_in,
    throttle,
    vouching,
)
from jejak.domain.access import SYSTEM, Allowed, Grant, Right, Viewer
from jejak.domain.checks import Checks
from jejak.domain.errors import Code, Refused
from jejak.domain.event_kind import EventKind
from jejak.domain.secret import Kind
from jejak.domain.session import NOWHERE, Origin
from jejak.domain.tables.person import Person
from jejak.domain.tables.sign_in import Invitation
from jejak.domain.vocabulary import Language, Role, UnitKind

LIFETIME = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class InvitePerson:
    person_id: UUID


@dataclass(frozen=True, slots=True)
class AcceptInvitation:
    token: str
    new_password: str


@dataclass(frozen=True, slots=True)
class Invited:
    """`token` is shown once."""

    person_id: UUID
    token: str
    expires_at: datetime


async def invite(viewer: Viewer, wanted: InvitePerson) -> Invited:
    """Replaces an invitation that is open. Refuses NOT_FOUND; FORBIDDEN where the person holds a role at a unit whose
    people the viewer does not manage, for oneself, and to API tokens.
    """
    access.account(viewer)
    token = secret.new(Kind.INVITATION)
    now = clock.now()
    async with db.transaction():
        invited = await change.find(Person, wanted.person_id, "person_id")
        if not await person.is_seen(viewer, invited.id):
            raise Refused(Code.NOT_FOUND, "person_id")
        by = await _required(viewer, invited.id)
        await db.execute("delete from invitation where person_id = $1", invited.id)
        made = Invitation(
            person_id=invited.id,
            token_hash=secret.digest(token),
            invited_by=viewer.person_id,
            created_at=now,
            expires_at=now + LIFETIME,
        )
        await made.save()
        after = {"expires_at": made.expires_at}
        await event.append(by, EventKind.PERSON_INVITED, ("person", invited.id), None, after=after)
    return Invited(invited.id, token, made.expires_at)


async def accept(wanted: AcceptInvitation, origin: Origin = NOWHERE) -> Person:
    """Sets the password and ends every session; signing in is the person's next step, and shows that they know it.

    Refuses INVITATION_ENDED for every token that is not, or no longer, good; TOO_MANY_ATTEMPTS; what `password.check`
    refuses. Who has been given a role since, or whose inviter has lost theirs, so that the one could not invite the
    other now, needs a new invitation.
    """
    hashed_token = secret.digest(wanted.token)
    async with throttle.attempt(throttle.of_invitations(origin.address), "token"):
        invited = await Person.objects().get(Person.id == (await _open(hashed_token)).person_id)
    assert invited is not None  # noqa: S101 -- the foreign key says so
    with Checks() as checks:
        await password.check(checks, wanted.new_password, "new_password", [invited.name, invited.email])
    hashed = await password.hashed(wanted.new_password)
    async with db.transaction():
        invited = await change.find(Person, invited.id)
        # Again, now that the person is held: of two uses at once one finds it gone.
        invitation = await _open(hashed_token)
        inviter = await _inviter(invitation.invited_by)
        try:
            await _required(inviter, invited.id)
        except Refused:
            raise Refused(Code.INVITATION_ENDED, "token") from None
        themself = Viewer(invited.id, Language(invited.language), ())
        await sign_in.set_password(access.account(themself), invited, hashed)
        await vouching.vouch(inviter, invited.id)
    return invited


async def _open(token_hash: str) -> Invitation:
    found = await Invitation.objects().get(
        (Invitation.token_hash == token_hash) & (Invitation.expires_at > clock.now())
    )
    if found is None:
        raise Refused(Code.INVITATION_ENDED, "token")
    return found


async def _required(viewer: Viewer, person_id: UUID) -> Allowed:
    """At all units where the person holds a role, or held one where they hold none; and never for oneself."""
    if person_id == viewer.person_id:
        raise Refused(Code.FORBIDDEN, "person_id")
    rows = await db.fetch(
        """
        select u.path from membership m join unit u on u.id = m.unit_id where m.person_id = $1 and (
            m.revoked_at is null
            or not exists (select from membership n where n.person_id = $1 and n.revoked_at is null)
        )
        """,
        person_id,
    )
    return access.require_everywhere(viewer, Right.PEOPLE, [row["path"] for row in rows], "person_id")


async def _inviter(person_id: UUID | None) -> Viewer:
    """Whoever invited, with the roles that they hold now."""
    if person_id is None:
        return SYSTEM
    rows = await db.fetch(
        "select u.path, u.kind, m.role from membership m join unit u on u.id = m.unit_id where m.person_id = $1 and m.revoked_at is null",
        person_id,
    )
    grants = tuple(Grant(row["path"], UnitKind(row["kind"]), Role(row["role"])) for row in rows)
    return Viewer(person_id, Language.ID, grants)
