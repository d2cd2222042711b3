"""People and their roles (R12)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from jejak.domain import access, change, clock, db, event, idempotency, password, vouching
from jejak.domain.access import RIGHTS, Allowed, Right, Viewer
from jejak.domain.checks import TITLE, Checks
from jejak.domain.errors import Code, Refused
from jejak.domain.event import Happened
from jejak.domain.event_kind import EventKind
from jejak.domain.tables.person import Membership, Person
from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import Language, OwnerRule, Role, UnitKind


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
class SetLanguage:
    language: Language


@dataclass(frozen=True, slots=True)
class RevokeRole:
    membership_id: UUID


async def create(viewer: Viewer, wanted: CreatePerson) -> Person:
    """A person with a first role. Refuses TAKEN (e-mail) and what `password.check` and `grant` refuse."""
    # Asked here as well, so that only who may create people can make the service compute what is costly.
    await change.unit(viewer, Right.PEOPLE, wanted.unit_id, "unit_id")
    with Checks() as checks:
        email = checks.email(wanted.email, "email")
        name = checks.text(wanted.name, "name", most=TITLE)
        if wanted.password is not None:
            await password.check(checks, wanted.password, "password", [name, email])
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
            vouched_at=await vouching.reach(viewer),
            created_at=clock.now(),
        )
        await person.save()
        await event.append_all([created(by, person, unit)])
        await _add(by, person, unit, wanted.role, ranger=wanted.ranger)
    return person


def created(by: Allowed, person: Person, unit: Unit) -> Happened:
    """`unit`: where they begin."""
    after = {"email": person.email, "name": person.name, "language": person.language}
    return Happened(by, EventKind.PERSON_CREATED, ("person", person.id), unit.id, after=after)


async def grant(viewer: Viewer, wanted: GrantRole) -> Membership:
    """Granting a role that is held already changes its ranger mark only. Refuses INVALID_KIND for PROGRAMME below headquarters.

    An administrator gives roles in their own subtree, to people whom they see. A password that nobody stands for
    there ends.
    """
    async with db.transaction():
        unit, by = await change.unit(viewer, Right.PEOPLE, wanted.unit_id, "unit_id")
        person = await change.find(Person, wanted.person_id, "person_id")
        if not await is_seen(viewer, person.id):
            raise Refused(Code.NOT_FOUND, "person_id")
        return await _add(by, person, unit, wanted.role, ranger=wanted.ranger)


async def _same_person(person_id: UUID, secret: str | None) -> Person:
    person = await change.find(Person, person_id)
    # One that the person has chosen since is nobody's to guess at here, where no attempt is counted.
    asked = secret is not None and not await _chose_another(person_id)
    if asked and not await password.matches(secret or "", person.password_hash):
        raise Refused(Code.CLIENT_ID_REUSED, "client_mutation_id")
    return person


async def _chose_another(person_id: UUID) -> bool:
    return bool(
        await db.fetchval(
            "select exists (select from event where subject_id = $1 and kind = $2)",
            person_id,
            EventKind.PERSON_PASSWORD_CHANGED.value,
        )
    )


def check_role(unit: Unit, role: Role, *at: str | int, ranger: bool) -> None:
    """Refuses INVALID_KIND for PROGRAMME below headquarters, NOT_STAFF for a ranger who could not carry out tasks."""
    if role is Role.PROGRAMME and unit.kind != UnitKind.HQ:
        raise Refused(Code.INVALID_KIND, *at, "role", kind=UnitKind.HQ)
    if ranger and Right.PROGRESS not in RIGHTS[role]:
        raise Refused(Code.NOT_STAFF, *at, "ranger")


@dataclass(frozen=True, slots=True)
class Granted:
    """A role as it is to be, still to be written; `happened` is None where it is held like this already."""

    membership: Membership
    new: bool
    happened: Happened | None


def granted(
    by: Allowed, person_id: UUID, unit: Unit, role: Role, held: Membership | None, *, ranger: bool
) -> Granted:
    """`held`: the person's membership of this role there, if it is in force. `check_role` is the caller's to ask."""
    before = None
    if held is None:
        membership = Membership(
            person_id=person_id, unit_id=unit.id, role=role, ranger=ranger, granted_at=clock.now()
        )
    elif held.ranger == ranger:
        return Granted(held, new=False, happened=None)
    else:
        before = {"role": role, "ranger": held.ranger}
        membership = held
        membership.ranger = ranger
    after = {"role": role, "ranger": ranger, "unit_id": unit.id}
    happened = Happened(by, EventKind.PERSON_ROLE_GRANTED, ("person", person_id), unit.id, before, after)
    return Granted(membership, new=held is None, happened=happened)


async def write_granted(roles: Sequence[Granted]) -> None:
    """Inside the open transaction, with their events."""
    new = {one.membership.id: one.membership for one in roles if one.new}
    if new:
        await Membership.insert(*new.values())
    for one in roles:
        if one.happened and one.membership.id not in new:
            mark: dict[Any, bool] = {Membership.ranger: one.membership.ranger}
            await Membership.update(mark).where(Membership.id == one.membership.id)
    happened = [one.happened for one in roles if one.happened]
    await event.append_all(happened)
    if happened:
        await vouching.end_doubtful(happened[0].by, [one.person_id for one in new.values()])


async def _add(by: Allowed, person: Person, unit: Unit, role: Role, *, ranger: bool) -> Membership:
    """The person's row is locked: all that changes their roles goes through here, the import and `revoke`, one after the other."""
    check_role(unit, role, ranger=ranger)
    held = await Membership.objects().get(
        (Membership.person_id == person.id)
        & (Membership.unit_id == unit.id)
        & (Membership.role == role)
        & Membership.revoked_at.is_null()
    )
    given = granted(by, person.id, unit, role, held, ranger=ranger)
    await write_granted([given])
    return given.membership


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
        await write_revoked([(by, membership)])
    return membership


async def write_revoked(roles: Sequence[tuple[Allowed, Membership]]) -> None:
    """Inside the open transaction, which holds the people, with their events."""
    now = clock.now()
    for _, membership in roles:
        membership.revoked_at = now
    await db.execute(
        "update membership set revoked_at = $2 where id = any($1)", [row.id for _, row in roles], now
    )
    await event.append_all([_revoked(by, row) for by, row in roles])


def _revoked(by: Allowed, row: Membership) -> Happened:
    before = {"role": row.role, "ranger": row.ranger, "unit_id": row.unit_id}
    kind = EventKind.PERSON_ROLE_REVOKED
    return Happened(by, kind, ("person", row.person_id), row.unit_id, before=before)


async def _is_last_administrator(headquarters: Unit) -> bool:
    held = Membership.count().where(
        (Membership.unit_id == headquarters.id)
        & (Membership.role == Role.ADMIN)
        & Membership.revoked_at.is_null()
    )
    return bool(await held <= 1)


async def set_language(viewer: Viewer, wanted: SetLanguage) -> Person:
    """In which language the viewer is spoken to from now on. Refuses FORBIDDEN to API tokens."""
    by = access.account(viewer)
    async with db.transaction():
        person = await change.find(Person, viewer.person)
        if person.language != wanted.language:
            await change.apply(by, EventKind.PERSON_UPDATED, person, None, language=wanted.language)
    return person


async def works_at(person_id: UUID, unit: Unit) -> bool:
    """Whether the person holds a role at the unit, or above it, that lets them carry out its tasks."""
    return bool(await staff([(person_id, unit)]))


async def staff(asked: Iterable[tuple[UUID, Unit]]) -> set[tuple[UUID, UUID]]:
    """Of these people and units, as ids, the pairs of which `works_at` holds."""
    pairs = {(person_id, unit.id): unit.path for person_id, unit in asked}
    if not pairs:
        return set()
    condition = access.works_at("asked.person_id", "asked.path", "$4::text[]")
    rows = await db.fetch(
        f"""
        select asked.person_id, asked.unit_id
        from unnest($1::uuid[], $2::uuid[], $3::text[]) asked (person_id, unit_id, path) where {condition}
        """,
        [person_id for person_id, _ in pairs],
        [unit_id for _, unit_id in pairs],
        list(pairs.values()),
        access.roles_with(Right.PROGRESS),
    )
    return {(UUID(str(row["person_id"])), UUID(str(row["unit_id"]))) for row in rows}


async def is_seen(viewer: Viewer, person_id: UUID) -> bool:
    """Whether the viewer sees the person: themself, or somebody with a role in their subtrees."""
    return bool(await seen(viewer, [person_id]))


async def seen(viewer: Viewer, people: Iterable[UUID]) -> set[UUID]:
    """Those of these people whom the viewer sees."""
    asked = set(people)
    if viewer is access.SYSTEM or not asked:
        return asked
    condition = access.person_seen("asked.id", "$2::text[]", "$3::uuid")
    rows = await db.fetch(
        f"select asked.id from unnest($1::uuid[]) asked (id) where {condition}",
        list(asked),
        viewer.paths,
        viewer.person_id,
    )
    return {UUID(str(row["id"])) for row in rows}


async def rangers_of(units: Iterable[UUID]) -> dict[UUID, UUID]:
    """By unit, its PIC Ranger of longest standing: the default owner of its tasks."""
    asked = set(units)
    if not asked:
        return {}
    rows = await db.fetch(
        """
        select distinct on (unit_id) unit_id, person_id from membership
        where unit_id = any($1::uuid[]) and ranger and revoked_at is null order by unit_id, granted_at, id
        """,
        list(asked),
    )
    return {UUID(str(row["unit_id"])): UUID(str(row["person_id"])) for row in rows}


async def owners_of(units: Iterable[UUID]) -> dict[UUID, tuple[UUID, OwnerRule]]:
    """By unit, who answers for what is rolled out to it: its PIC Ranger, else who holds MANAGER right there. Of several
    the one of longest standing.
    """
    rows = await db.fetch(
        """
        select distinct on (unit_id) unit_id, person_id, ranger from membership
        where unit_id = any($1::uuid[]) and (ranger or role = 'MANAGER') and revoked_at is null
        order by unit_id, ranger desc, granted_at, id
        """,
        sorted(set(units)),
    )
    return {
        UUID(str(row["unit_id"])): (
            UUID(str(row["person_id"])),
            OwnerRule.RANGER if row["ranger"] else OwnerRule.MANAGER,
        )
        for row in rows
    }


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
        await event.append_all([created(access.SERVICE, person, root)])
        for role in (Role.ADMIN, Role.PROGRAMME):
            await _add(access.SERVICE, person, root, role, ranger=False)
    return secret
