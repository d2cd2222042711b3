"""People and their roles (R12)."""

from dataclasses import dataclass, replace
from uuid import UUID

from jejak.domain import access, change, clock, db, event, idempotency, password
from jejak.domain.access import RIGHTS, Right, Viewer
from jejak.domain.checks import TITLE, Checks
from jejak.domain.errors import Code, Refused
from jejak.domain.tables.person import Membership, Person
from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import Language, Role, UnitKind


@dataclass(frozen=True, slots=True)
class CreatePerson:
    """`unit_id`: where the person works; the right to manage people is needed there, and `role` is granted there."""

    email: str
    name: str
    password: str
    language: Language
    unit_id: UUID
    role: Role
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
    """A person with a first role. Refuses TAKEN (e-mail), WEAK_PASSWORD and what `grant` refuses."""
    with Checks() as checks:
        email = checks.email(wanted.email, "email")
        name = checks.text(wanted.name, "name", most=TITLE)
        password.check(checks, wanted.password, "password")
    hashed = await password.hashed(wanted.password)
    async with db.transaction():
        # The digest of the request is a quick hash: the password stays out of it.
        body = replace(wanted, password="")
        (new_id,), fresh = await idempotency.claim(viewer, "createPerson", wanted.client_mutation_id, body)
        if not fresh:
            return await change.find(Person, new_id)
        unit = await change.unit(viewer, Right.PEOPLE, wanted.unit_id, "unit_id")
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
        await event.append(viewer, "person.created", ("person", person.id), unit.id, after=after)
        await _add(viewer, person, unit, wanted.role, ranger=wanted.ranger)
    return person


async def grant(viewer: Viewer, wanted: GrantRole) -> Membership:
    """Granting a role that is held already changes its ranger mark only. Refuses WRONG_KIND for PROGRAMME below headquarters.

    Any administrator may give a role in their own subtree to anybody whom they can name by id.
    """
    async with db.transaction():
        unit = await change.unit(viewer, Right.PEOPLE, wanted.unit_id, "unit_id")
        person = await change.find(Person, wanted.person_id, "person_id")
        return await _add(viewer, person, unit, wanted.role, ranger=wanted.ranger)


async def _add(viewer: Viewer, person: Person, unit: Unit, role: Role, *, ranger: bool) -> Membership:
    if role is Role.PROGRAMME and unit.kind != UnitKind.HQ:
        raise Refused(Code.WRONG_KIND, "role", kind=role, parent=unit.kind)
    if ranger and Right.PROGRESS not in RIGHTS[role]:
        raise Refused(Code.NOT_STAFF, "ranger")
    held = await Membership.objects().where(
        (Membership.person_id == person.id)
        & (Membership.unit_id == unit.id)
        & (Membership.role == role)
        & Membership.revoked_at.is_null()
    )
    membership = (
        held[0]
        if held
        else Membership(person_id=person.id, unit_id=unit.id, role=role, granted_at=clock.now())
    )
    before = {"role": role, "ranger": membership.ranger} if held else None
    if held and membership.ranger == ranger:
        return membership
    membership.ranger = ranger
    await membership.save()
    after = {"role": role, "ranger": ranger, "unit_id": unit.id}
    await event.append(
        viewer, "person.role_granted", ("person", person.id), unit.id, before=before, after=after
    )
    return membership


async def revoke(viewer: Viewer, wanted: RevokeRole) -> Membership:
    """Takes effect with the person's next request. Revoking twice is no error."""
    async with db.transaction():
        membership = await change.find(Membership, wanted.membership_id, "membership_id")
        unit = await Unit.objects().get(Unit.id == membership.unit_id)
        assert unit is not None  # noqa: S101 -- the foreign key says so
        access.require(viewer, Right.PEOPLE, unit, "membership_id")
        if membership.revoked_at is None:
            membership.revoked_at = clock.now()
            await membership.save()
            before = {"role": membership.role, "ranger": membership.ranger, "unit_id": unit.id}
            await event.append(
                viewer, "person.role_revoked", ("person", membership.person_id), unit.id, before=before
            )
    return membership


async def works_at(person_id: UUID, unit: Unit) -> bool:
    """Whether the person holds a role at the unit, or above it, that lets them carry out its tasks."""
    roles = [role for role, rights in RIGHTS.items() if Right.PROGRESS in rights]
    return bool(
        await db.fetchval(
            """
            select exists (
                select from membership m join unit u on u.id = m.unit_id
                where m.person_id = $1 and m.revoked_at is null and m.role = any($2) and $3 ^@ u.path
            )
            """,
            person_id,
            roles,
            unit.path,
        )
    )


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
        await event.append(access.SYSTEM, "person.created", ("person", person.id), root.id, after=after)
        for role in (Role.ADMIN, Role.PROGRAMME):
            await _add(access.SYSTEM, person, root, role, ranger=False)
    return secret
