"""R12: many people with their roles, brought in at once. They get no password by it: they are invited."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from jejak.domain import bulk, change, clock, db, event, person
from jejak.domain.access import Right, Viewer
from jejak.domain.bulk import Done, Rows, Unread
from jejak.domain.checks import TITLE, Checks, storable
from jejak.domain.errors import Code, Path, Refused
from jejak.domain.event import Happened
from jejak.domain.person import Granted
from jejak.domain.tables.person import Membership, Person
from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import ErrorPolicy, Language, Role, RowOutcome

_WRITTEN_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class PersonRow:
    """The unit by its id or its code; where both are given they must name the same one."""

    email: str
    name: str
    role: Role
    language: Language = Language.ID
    unit_id: UUID | None = None
    unit_code: str | None = None
    ranger: bool = False


@dataclass(frozen=True, slots=True)
class ImportPeople:
    rows: list[PersonRow | Unread]
    error_policy: ErrorPolicy = ErrorPolicy.REJECT_EVERYTHING
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Imported:
    """What a row comes to. In a dry run there are no rows of what is new."""

    person: Person
    role: Granted
    created: Happened | None

    @property
    def outcome(self) -> RowOutcome:
        if self.created:
            return RowOutcome.CREATED
        return RowOutcome.CHANGED if self.role.happened else RowOutcome.UNCHANGED


async def import_people(viewer: Viewer, wanted: ImportPeople) -> Done[Imported]:
    """As `load`, for a call from outside. Refuses TOO_MANY beyond 1,000 rows."""
    bulk.check_number(wanted.rows, "rows", bulk.MOST_IMPORTED)
    return await load(viewer, wanted)


async def load(
    viewer: Viewer, wanted: ImportPeople, progress: Callable[[int, int], None] | None = None
) -> Done[Imported]:
    """Creates who is new, and gives who is known the role of the row: name and language of theirs stay as they are.

    Several rows may give one person several roles. A second import of the same rows changes nothing. Each row refuses
    what `person.create` refuses, and TAKEN for an address of somebody whom the viewer does not see.
    `progress` hears how many rows are done, of how many; what is done is not yet committed.
    """
    async with db.transaction():
        await db.lock(db.Lock.PEOPLE)
        known = await _known(viewer, [row for row in wanted.rows if isinstance(row, PersonRow)])
        rows = Rows[Imported]()
        for n, (row, at) in enumerate(bulk.placed(wanted.rows, "rows")):
            with rows.row():
                rows.good[n] = _judged(viewer, bulk.read(row), known, at)
        problems = rows.settle(wanted.error_policy)
        if not wanted.dry_run:
            await _write(list(rows.good.values()), progress)
    return Done(rows.good, problems)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the rows name, as it is, and as the rows before the one at hand leave it."""

    units: dict[UUID, Unit]
    codes: dict[str, UUID]
    people: dict[str, Person]
    seen: set[UUID]
    held: dict[tuple[UUID, UUID, str], Membership] = field(default_factory=dict)

    def unit(self, row: PersonRow) -> Unit | None:
        by_code = self.codes.get(row.unit_code.strip().upper()) if row.unit_code else None
        key = row.unit_id or by_code
        if key is None or (row.unit_code and key != by_code):
            return None
        return self.units.get(key)


async def _known(viewer: Viewer, rows: Sequence[PersonRow]) -> _Known:
    codes = {row.unit_code.strip().upper() for row in rows if row.unit_code and storable(row.unit_code)}
    by_code = await Unit.select(Unit.id, Unit.code).where(Unit.code.is_in(list(codes))) if codes else []
    ids = {row["code"]: row["id"] for row in by_code}
    units = await change.units([*ids.values(), *(row.unit_id for row in rows if row.unit_id)])
    asked = [row.email.strip().lower() for row in rows]
    found = await db.fetch(
        "select id from person where email = any($1::text[])", [e for e in asked if storable(e)]
    )
    # Locked by id, as whatever else changes a person's roles locks them.
    people = await change.find_all(Person, [row["id"] for row in found])
    held = []
    if people:
        in_force = Membership.person_id.is_in(list(people)) & Membership.revoked_at.is_null()
        held = await Membership.objects().where(in_force)
    return _Known(
        units=units,
        codes=ids,
        people={one.email: one for one in people.values()},
        seen=await person.seen(viewer, people),
        held={(one.person_id, one.unit_id, one.role): one for one in held},
    )


def _judged(viewer: Viewer, row: PersonRow, known: _Known, at: Path) -> Imported:
    with Checks(at) as checks:
        email = checks.email(row.email, "email")
        name = checks.text(row.name, "name", most=TITLE)
        if row.unit_id is None and row.unit_code is None:
            checks.refuse(Code.REQUIRED, "unit_code")
        if row.unit_code is not None:
            checks.code(row.unit_code, "unit_code")
    named = "unit_id" if row.unit_id else "unit_code"
    unit, by = change.admit(viewer, Right.PEOPLE, known.unit(row), *at, named)
    person.check_role(unit, row.role, *at, ranger=row.ranger)
    who, created = known.people.get(email), None
    if who is None:
        who = Person(
            email=email,
            name=name,
            language=row.language,
            created_at=clock.now(),
        )
        known.people[email] = who
        known.seen.add(who.id)
        created = person.created(by, who, unit)
    elif who.id not in known.seen:
        raise Refused(Code.TAKEN, *at, "email")
    held = known.held.get((who.id, unit.id, row.role))
    role = person.granted(by, who.id, unit, row.role, held, ranger=row.ranger)
    known.held[who.id, unit.id, row.role] = role.membership
    return Imported(who, role, created)


async def _write(rows: Sequence[Imported], progress: Callable[[int, int], None] | None) -> None:
    for start in range(0, len(rows), _WRITTEN_AT_ONCE):
        part = rows[start : start + _WRITTEN_AT_ONCE]
        new = [one for one in part if one.created]
        if new:
            await Person.insert(*(one.person for one in new))
            await event.append_all([one.created for one in new if one.created])
        await person.write_granted([one.role for one in part])
        if progress is not None:
            progress(start + len(part), len(rows))
