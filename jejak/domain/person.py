"""People and their roles (R12)."""

from dataclasses import dataclass, replace
from uuid import UUID

from jejak.domain import access, change, clock, db, event, idempotency, password
from jejak.domain.access import RIGHTS, Allowed, Right, Viewer
from jejak.domain.checks import TITLE, Checks
from jejak.domain.errors import Code, Refused
from jejak.domain.tables.person import Membership, Person
from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import EventKind, Language, Role, UnitKind


@dataclass(frozen=True, slots=True)
class CreatePerson:
    """`unit_id`: where the person works; the right to manage people is needed there, and `role` is granted there.

    Without a password the person cannot sign in by one until they accept an invitation.
    """

    email: str
    name: str
    language: Language
    unit_id: UUID
    role: Role
    password: str | None = None
    ranger: bool = False
    client_mutation_id: str | None = None


@dataclass(frozen=True, slots=True)
class GrantRole:
    person_id: UUID
    unit_id: UUID
    role: Role
    ranger: bool = False


@dataclass(frozen=True, slots=True)
class RevokeRole:
    membership_id: UUID


async def create(viewer: Viewer, wanted: CreatePerson) -> Person:
    """A person with a first role. Refuses TAKEN (e-mail) and what `password.check` and `grant` refuse."""
    with Checks() as checks:
        email = checks.email(wanted.email, "email")
        name = checks.text(wanted.name, "name", most=TITLE)
        if wanted.password is not None:
            await password.check(checks, wanted.password, "password", [name, email])
    # Asked before the costly hash as well, so that only who may create people can make the service compute it.
    await change.unit(viewer, Right.PEOPLE, wanted.unit_id, "unit_id")
    hashed = None if wanted.password is None else await password.hashed(wanted.password)
    async with db.transaction():
        unit, by = await change.unit(viewer, Right.PEOPLE, wanted.unit_id, "unit_id")
        # The digest of the request is a quick hash: the password stays out of it.
        body = replace(wanted, password=None if wanted.password is None else "")
        (new_id,), fresh = await idempotency.claim(viewer, "createPerson", wanted.client_mutation_id, body)
        if not fresh:
            return await _same_person(new_id, wanted.password)
        await db.lock(db.Lock.PEOPLE)
        if await Person.exists().where(Person.email == email):
            raise Refused(Code.TAKEN, "email")
        person = Person(
            id=new_id,
            email=email,
            name=name,
            language=wanted.language,
            password_hash=hashed,
            created_at=clock.now(),
        )
        await person.save()
        after = {"email": email, "name": name, "language": wanted.language}
        await event.append(by, EventKind.PERSON_CREATED, ("person", person.id), unit.id, after=after)
        await _add(by, person, unit, wanted.role, ranger=wanted.ranger)
    return person


async def grant(viewer: Viewer, wanted: GrantRole) -> Membership:
    """Granting a role that is held already changes its ranger mark only. Refuses WRONG_KIND for PROGRAMME below headquarters.

    An administrator gives roles in their own subtree, to people whom they see.
    """
    async with db.transaction():
        unit, by = await change.unit(viewer, Right.PEOPLE, wanted.unit_id, "unit_id")
        person = await change.find(Person, wanted.person_id, "person_id")
        if not await is_seen(viewer, person.id):
            raise Refused(Code.NOT_FOUND, "person_id")
        return await _add(by, person, unit, wanted.role, ranger=wanted.ranger)


async def _same_person(person_id: UUID, secret: str | None) -> Person:
    person = await change.find(Person, person_id)
    if secret is not None and not await password.matches(secret, person.password_hash):
        raise Refused(Code.CLIENT_ID_REUSED, "client_mutation_id")
    return person


async def _add(by: Allowed, person: Person, unit: Unit, role: Role, *, ranger: bool) -> Membership:
    """The person's row is locked: all that changes their roles goes through here and `revoke`, one after the other."""
    if role is Role.PROGRAMME and unit.kind != UnitKind.HQ:
        raise Refused(Code.WRONG_KIND, "role", kind=role, parent=unit.kind)
    if ranger and Right.PROGRESS not in RIGHTS[role]:
        raise Refused(Code.NOT_STAFF, "ranger")
    membership = await Membership.objects().get(
        (Membership.person_id == person.id)
        & (Membership.unit_id == unit.id)
        & (Membership.role == role)
        & Membership.revoked_at.is_null()
    )
    before = None
    if membership is None:
        membership = Membership(
            person_id=person.id, unit_id=unit.id, role=role, ranger=ranger, granted_at=clock.now()
        )
        await membership.save()
    elif membership.ranger == ranger:
        return membership
    else:
        before = {"role": role, "ranger": membership.ranger}
        membership.ranger = ranger
        await membership.save(columns=[Membership.ranger])
    after = {"role": role, "ranger": ranger, "unit_id": unit.id}
    await event.append(
        by, EventKind.PERSON_ROLE_GRANTED, ("person", person.id), unit.id, before=before, after=after
    )
    return membership


async def revoke(viewer: Viewer, wanted: RevokeRole) -> Membership:
    """Takes effect with the person's next request. Revoking twice is no error. Refuses LAST_ADMINISTRATOR."""
    async with db.transaction():
        await db.lock(db.Lock.PEOPLE)
        named = await Membership.objects().get(Membership.id == wanted.membership_id)
        if named is None:
            raise Refused(Code.NOT_FOUND, "membership_id")
        await change.find(Person, named.person_id)
        membership = await change.find(Membership, wanted.membership_id)
        unit, by = await change.unit(
            viewer, Right.PEOPLE, membership.unit_id, "membership_id", open_only=False
        )
        if membership.revoked_at is not None:
            return membership
        if membership.role == Role.ADMIN and unit.kind == UnitKind.HQ and await _is_last_administrator(unit):
            raise Refused(Code.LAST_ADMINISTRATOR, "membership_id")
        membership.revoked_at = clock.now()
        await membership.save(columns=[Membership.revoked_at])
        before = {"role": membership.role, "ranger": membership.ranger, "unit_id": unit.id}
        await event.append(
            by, EventKind.PERSON_ROLE_REVOKED, ("person", membership.person_id), unit.id, before=before
        )
    return membership


async def _is_last_administrator(headquarters: Unit) -> bool:
    held = Membership.count().where(
        (Membership.unit_id == headquarters.id)
        & (Membership.role == Role.ADMIN)
        & Membership.revoked_at.is_null()
    )
    return bool(await held <= 1)


async def works_at(person_id: UUID, unit: Unit) -> bool:
    """Whether the person holds a role at the unit, or above it, that lets them carry out its tasks."""
    condition = access.works_at("$1::uuid", "$2::text", "$3::text[]")
    return bool(
        await db.fetchval(f"select {condition}", person_id, unit.path, access.roles_with(Right.PROGRESS))
    )


async def is_seen(viewer: Viewer, person_id: UUID) -> bool:
    """Whether the viewer sees the person: themself, or somebody with a role in their subtrees."""
    if viewer is access.SYSTEM:
        return True
    condition = access.person_seen("$1::uuid", "$2::text[]", "$3::uuid")
    return bool(await db.fetchval(f"select {condition}", person_id, viewer.paths, viewer.person_id))


async def ranger_of(unit: Unit) -> UUID | None:
    """The unit's PIC Ranger of longest standing: the default owner of its tasks."""
    found = await db.fetchval(
        "select person_id from membership where unit_id = $1 and ranger and revoked_at is null order by granted_at, id limit 1",
        unit.id,
    )
    return UUID(str(found)) if found else None


async def first_administrator(email: str) -> str | None:
    """On a database without people: creates the administrator of headquarters and returns the new password.

    None where there are people already. The password is not kept anywhere in the clear.
    """
    secret = password.generated()
    hashed = await password.hashed(secret)
    async with db.transaction():
        await db.lock(db.Lock.PEOPLE)
        if await Person.exists():
            return None
        root = await Unit.objects().get(Unit.kind == UnitKind.HQ)
        if root is None:
            raise RuntimeError("reference data is not loaded")
        person = Person(
            email=email,
            name="Administrator",
            language=Language.ID,
            password_hash=hashed,
            created_at=clock.now(),
        )
        await person.save()
        after = {"email": email, "name": person.name, "language": person.language}
        await event.append(
            access.SERVICE, EventKind.PERSON_CREATED, ("person", person.id), root.id, after=after
        )
        for role in (Role.ADMIN, Role.PROGRAMME):
            await _add(access.SERVICE, person, root, role, ranger=False)
    return secret
