"""R1: the tree of units. The parent is the truth; paths are derived, under one lock for all changes of the tree."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from jejak.domain import calendar, change, clock, db, event, idempotency, task_rules
from jejak.domain.access import Allowed, Right, Viewer
from jejak.domain.checks import TITLE, Checks
from jejak.domain.errors import Code, Refused
from jejak.domain.event import Happened
from jejak.domain.event_kind import EventKind
from jejak.domain.tables.task import Task
from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import UnitKind

PARENT_KINDS: dict[UnitKind, frozenset[UnitKind]] = {
    UnitKind.HQ: frozenset(),
    UnitKind.UID: frozenset({UnitKind.HQ}),
    UnitKind.UIW: frozenset({UnitKind.HQ}),
    UnitKind.UP3: frozenset({UnitKind.UID, UnitKind.UIW}),
    UnitKind.ULP: frozenset({UnitKind.UP3}),
}


@dataclass(frozen=True, slots=True)
class CreateUnit:
    parent_id: UUID
    code: str
    name: str
    kind: UnitKind
    timezone: str
    client_mutation_id: str | None = None


@dataclass(frozen=True, slots=True)
class MoveUnit:
    unit_id: UUID
    parent_id: UUID
    expected_version: int


@dataclass(frozen=True, slots=True)
class CloseUnit:
    unit_id: UUID
    expected_version: int


def check_kind(kind: UnitKind, parent: UnitKind, *at: str | int) -> None:
    """Refuses a unit under a parent that is not of the next kind up."""
    if parent not in PARENT_KINDS[kind]:
        raise Refused(Code.WRONG_KIND, *at, kind=kind, parent=parent)


async def create(viewer: Viewer, wanted: CreateUnit) -> Unit:
    """Refuses WRONG_KIND, TAKEN (code), UNIT_CLOSED (parent) and malformed input."""
    with Checks() as checks:
        code = checks.code(wanted.code, "code")
        name = checks.text(wanted.name, "name", most=TITLE)
        timezone = checks.timezone(wanted.timezone, "timezone")
    async with db.transaction():
        await db.lock(db.Lock.UNIT_TREE)
        (new_id,), fresh = await idempotency.claim(viewer, "createUnit", wanted.client_mutation_id, wanted)
        if not fresh:
            return await change.again(Unit, viewer, new_id)
        parent, by = await change.unit(viewer, Right.UNITS, wanted.parent_id, "parent_id")
        check_kind(wanted.kind, UnitKind(parent.kind), "kind")
        if await Unit.exists().where(Unit.code == code):
            raise Refused(Code.TAKEN, "code")
        unit = below(parent, new_id, code=code, name=name, kind=wanted.kind, timezone=timezone)
        await add([(by, unit)])
        await calendar.settle([unit.id])
    return unit


def below(parent: Unit, new_id: UUID, *, code: str, name: str, kind: UnitKind, timezone: str) -> Unit:
    """A unit below `parent` as `add` is to write it; what it is made of is the caller's to check."""
    return Unit(
        id=new_id,
        code=code,
        name=name,
        kind=kind,
        parent_id=parent.id,
        path=f"{parent.path}{code}/",
        timezone=timezone,
        created_at=clock.now(),
    )


async def add(units: Sequence[tuple[Allowed, Unit]]) -> None:
    """Writes new units, inside the open transaction; each one's parent is there or among them, and calendars are the
    caller's to settle.
    """
    if not units:
        return
    await Unit.insert(*(unit for _, unit in units))
    await event.append_all([_created(by, unit) for by, unit in units])


def _created(by: Allowed, unit: Unit) -> Happened:
    after = {name: getattr(unit, name) for name in ("code", "name", "kind", "parent_id", "timezone")}
    return Happened(by, EventKind.UNIT_CREATED, ("unit", unit.id), unit.id, after=after)


async def move(viewer: Viewer, wanted: MoveUnit) -> Unit:
    """The unit takes its subtree and its history along. Refuses TREE_CYCLE, WRONG_KIND, STALE, UNIT_CLOSED."""
    async with db.transaction():
        await db.lock(db.Lock.UNIT_TREE)
        unit, _, by = await change.take(
            Unit, viewer, Right.UNITS, wanted.unit_id, wanted.expected_version, "unit_id"
        )
        parent, _ = await change.unit(viewer, Right.UNITS, wanted.parent_id, "parent_id")
        if parent.path.startswith(unit.path):
            raise Refused(Code.TREE_CYCLE, "parent_id")
        check_kind(UnitKind(unit.kind), UnitKind(parent.kind), "parent_id")
        if parent.id != unit.parent_id:
            await reparent(by, unit, parent)
            await calendar.settle()
    return unit


async def reparent(by: Allowed, unit: Unit, parent: Unit) -> None:
    """Moves `unit` below `parent` and derives the paths of its subtree anew, inside the open transaction; calendars are the caller's to settle."""
    old_path, new_path = unit.path, f"{parent.path}{unit.code}/"
    await change.apply(by, EventKind.UNIT_MOVED, unit, unit.id, parent_id=parent.id, path=new_path)
    await db.execute(
        "update unit set path = $2 || substr(path, length($1) + 1) where path ^@ $1 and path <> $1",
        old_path,
        new_path,
    )


async def close(viewer: Viewer, wanted: CloseUnit) -> Unit:
    """Closed units keep their history and take no new work. Refuses HAS_OPEN_UNITS, HAS_OPEN_TASKS, STALE."""
    async with db.transaction():
        await db.lock(db.Lock.UNIT_TREE)
        unit, _, by = await change.take(
            Unit, viewer, Right.UNITS, wanted.unit_id, wanted.expected_version, "unit_id"
        )
        if unit.closed_at is not None:
            raise Refused(Code.UNIT_CLOSED, "unit_id")
        if unit.kind == UnitKind.HQ:
            raise Refused(Code.FORBIDDEN, "unit_id")
        if await Task.exists().where((Task.unit_id == unit.id) & Task.status.is_in(list(task_rules.OPEN))):
            raise Refused(Code.HAS_OPEN_TASKS, "unit_id")
        below = Unit.exists().where((Unit.parent_id == unit.id) & Unit.closed_at.is_null())
        if await below:
            raise Refused(Code.HAS_OPEN_UNITS, "unit_id")
        await change.apply(by, EventKind.UNIT_CLOSED, unit, unit.id, closed_at=clock.now())
    return unit
