"""R1: the tree of units as a file has it, brought into the database: all of it, or nothing and every reason why."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from jejak.domain import access, bulk, calendar, change, db
from jejak.domain import unit as tree
from jejak.domain.access import Allowed, Right, Viewer
from jejak.domain.bulk import Done
from jejak.domain.checks import TITLE, Checks
from jejak.domain.errors import Code, Problem, Refused
from jejak.domain.event_kind import EventKind
from jejak.domain.tables.unit import Unit
from jejak.domain.unit_file import COLUMNS, Row
from jejak.domain.vocabulary import ErrorPolicy, RowOutcome, UnitKind

Progress = Callable[[int, int], None]
_WRITTEN_AT_ONCE = 500
_LEVEL = {kind: level for level, kind in enumerate(UnitKind)}


@dataclass(frozen=True, slots=True)
class UnitRow:
    """`parent_code` is empty for headquarters."""

    code: str
    name: str
    kind: UnitKind
    timezone: str
    parent_code: str = ""


@dataclass(frozen=True, slots=True)
class ImportUnits:
    rows: list[UnitRow]
    error_policy: ErrorPolicy = ErrorPolicy.REJECT_EVERYTHING
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Imported:
    """What a row comes to. After a dry run there is no such unit where it is `created`."""

    unit: Unit
    created: bool
    updated: bool
    moved: bool

    @property
    def outcome(self) -> RowOutcome:
        if self.created:
            return RowOutcome.CREATED
        return RowOutcome.CHANGED if self.updated or self.moved else RowOutcome.UNCHANGED


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many units were what. A unit that was both updated and moved counts in both."""

    created: int
    updated: int
    moved: int
    unchanged: int

    @classmethod
    def of(cls, rows: Iterable[Imported]) -> Self:
        every = list(rows)
        return cls(
            created=sum(one.created for one in every),
            updated=sum(one.updated for one in every),
            moved=sum(one.moved for one in every),
            unchanged=sum(one.outcome is RowOutcome.UNCHANGED for one in every),
        )


async def import_units(viewer: Viewer, wanted: ImportUnits) -> Done[Imported]:
    """As `load`, for a call from outside. With REJECT_FAILED_ROWS a row whose parent's row failed is PARENT_REFUSED.

    Refuses TOO_MANY beyond 1,000 rows.
    """
    bulk.check_number(wanted.rows, "rows", bulk.MOST_IMPORTED)
    rows = [
        Row(n, row.code, row.name, row.kind, row.parent_code, row.timezone)
        for n, row in enumerate(wanted.rows)
    ]
    return await _load(viewer, rows, wanted.error_policy, dry_run=wanted.dry_run)


async def load(viewer: Viewer, rows: list[Row], progress: Progress = lambda _done, _of: None) -> Loaded:
    """Creates the units that are new, and gives the others the name, time zone and parent of their row.

    `progress` hears how many rows are done, of how many; what is done is not yet committed. Refuses with every
    problem there is, at `("rows", number, column)`: REQUIRED, INVALID_CODE, TOO_LONG, INVALID_TEXT, INVALID_KIND
    (unknown, or not the existing unit's), INVALID_TIMEZONE, TAKEN (a code that an earlier row or a unit out of the
    viewer's sight has; the kind HQ), NOT_FOUND (parent), WRONG_KIND, TREE_CYCLE, UNIT_CLOSED, FORBIDDEN.
    """
    done = await _load(viewer, rows, ErrorPolicy.REJECT_EVERYTHING, told=progress)
    return Loaded.of(done.made.values())


async def _load(
    viewer: Viewer,
    rows: list[Row],
    policy: ErrorPolicy,
    *,
    dry_run: bool = False,
    told: Progress = lambda _done, _of: None,
) -> Done[Imported]:
    async with db.transaction():
        await db.lock(db.Lock.UNIT_TREE)
        units = {unit.code: unit for unit in await Unit.objects().lock_rows("NO KEY UPDATE")}
        wanted, problems = _accepted(viewer, rows, units, policy)
        # New units from the root down, so that each finds its parent. Then the others from the leaves up: whatever
        # moves takes along what was moved before it, and no path in `units` is out of date when it is read.
        new = sorted((row for row in wanted if row.code not in units), key=_level)
        known = sorted((row for row in wanted if row.code in units), key=_level, reverse=True)
        made: dict[int, Imported] = {}
        for start in range(0, len(new), _WRITTEN_AT_ONCE):
            part = new[start : start + _WRITTEN_AT_ONCE]
            added = {row.number: _new(viewer, row, units) for row in part}
            if not dry_run:
                await tree.add(list(added.values()))
            for number, (_, unit) in added.items():
                made[number] = Imported(unit, created=True, updated=False, moved=False)
                told(len(made), len(wanted))
        for row in known:
            made[row.number] = await _change(viewer, row, units, dry_run=dry_run)
            told(len(made), len(wanted))
        if wanted and not dry_run:
            await calendar.settle()
    return Done(made, problems)


def _new(viewer: Viewer, row: Row, units: dict[str, Unit]) -> tuple[Allowed, Unit]:
    parent, kind = units[row.parent_code], UnitKind(row.kind)
    by = access.require(viewer, Right.UNITS, parent, "rows", row.number)
    unit = tree.below(parent, db.new_id(), code=row.code, name=row.name, kind=kind, timezone=row.timezone)
    units[row.code] = unit
    return by, unit


async def _change(viewer: Viewer, row: Row, units: Mapping[str, Unit], *, dry_run: bool) -> Imported:
    unit, parent = units[row.code], units.get(row.parent_code)
    by = access.require(viewer, Right.UNITS, unit, "rows", row.number)
    moves = _moves(unit, parent)
    renamed = (unit.name, unit.timezone) != (row.name, row.timezone)
    if renamed and not dry_run:
        await change.apply(by, EventKind.UNIT_UPDATED, unit, unit.id, name=row.name, timezone=row.timezone)
    if parent is not None and moves and not dry_run:
        await tree.reparent(by, unit, parent)
    return Imported(unit, created=False, updated=renamed, moved=moves)


def _level(row: Row) -> int:
    return _LEVEL[UnitKind(row.kind)]


def _moves(unit: Unit | None, parent: Unit | None) -> bool:
    return parent is not None and (unit is None or unit.parent_id != parent.id)


def _accepted(
    viewer: Viewer, rows: list[Row], units: Mapping[str, Unit], policy: ErrorPolicy
) -> tuple[list[Row], list[Problem]]:
    """The rows as they are to be written, and the problems of those that are left out. Refuses what `policy` does not leave out."""
    problems: list[Problem] = []
    lost: set[str] = set()
    while True:
        wanted, found = _checked(viewer, rows, units, lost)
        problems += found
        bad = {problem.path[1] for problem in found}
        wanted = [row for row in wanted if row.number not in bad]
        if problems and (policy is ErrorPolicy.REJECT_EVERYTHING or not wanted):
            raise Refused.because(sorted(problems, key=_number))
        if not bad:
            return wanted, sorted(problems, key=_number)
        # What is left may have hung on what is gone.
        lost |= {row.code.strip().upper() for row in rows if row.number in bad}
        rows = wanted


def _number(problem: Problem) -> int:
    return int(problem.path[1])


def _checked(
    viewer: Viewer, rows: list[Row], units: Mapping[str, Unit], lost: set[str]
) -> tuple[list[Row], list[Problem]]:
    """The rows cleaned, and every problem of them. `lost`: codes whose rows are left out."""
    seen = {code: unit for code, unit in units.items() if access.may(viewer, Right.SEE, unit.path)}
    codes = {unit.id: code for code, unit in seen.items()}
    checks = Checks()
    wanted = [_cleaned(row, checks.at("rows", row.number)) for row in rows]
    first: dict[str, Row] = {}
    for row in wanted:
        if row.code:
            first.setdefault(row.code, row)
    kinds = {code: row.kind for code, row in first.items()} | {code: unit.kind for code, unit in seen.items()}
    parents = {code: codes.get(unit.parent_id, "") for code, unit in seen.items()}
    loops = _loops(parents | {code: row.parent_code for code, row in first.items()})
    for row in wanted:
        here = checks.at("rows", row.number)
        if row.code and first[row.code] is not row:
            here.refuse(Code.TAKEN, "code", row=first[row.code].number)
            continue
        if row.code in units and row.code not in seen:
            here.refuse(Code.TAKEN, "code")
        unit, parent = seen.get(row.code), seen.get(row.parent_code)
        _check_unit(viewer, row, unit, here)
        if row.code in loops:
            here.refuse(Code.TREE_CYCLE, "parent_code")
        elif row.parent_code:
            _check_kinds(row, kinds, lost, here)
        if parent is not None and _moves(unit, parent):
            _check_open(viewer, parent, "parent_code", here)
    return wanted, sorted(checks.problems, key=_number)


def _cleaned(row: Row, here: Checks) -> Row:
    """The row as it would be written; a kind that there is not comes back empty."""
    kind = row.kind.upper() if row.kind.upper() in set(UnitKind) else ""
    if row.kind and not kind:
        here.refuse(Code.INVALID_KIND, "kind", kind=" / ".join(UnitKind))
    for column in COLUMNS:
        # The name is told by its own check, and the root has no parent.
        if (
            not getattr(row, column).strip()
            and column != "name"
            and not (column == "parent_code" and kind == UnitKind.HQ)
        ):
            here.refuse(Code.REQUIRED, column)
    return Row(
        number=row.number,
        code=here.code(row.code, "code") if row.code.strip() else "",
        name=here.text(row.name, "name", most=TITLE),
        kind=kind,
        parent_code=here.code(row.parent_code, "parent_code") if row.parent_code.strip() else "",
        timezone=here.timezone(row.timezone, "timezone") if row.timezone.strip() else "",
    )


def _check_unit(viewer: Viewer, row: Row, unit: Unit | None, here: Checks) -> None:
    if unit is not None:
        _check_open(viewer, unit, "code", here)
        if row.kind and row.kind != unit.kind:
            here.refuse(Code.INVALID_KIND, "kind", kind=unit.kind)
    elif row.kind == UnitKind.HQ:
        here.refuse(Code.TAKEN, "kind")


def _check_kinds(row: Row, kinds: Mapping[str, str], lost: set[str], here: Checks) -> None:
    """`kinds` has every unit of the file and the database; "" where the file has none that is known."""
    kind, parent_kind = kinds.get(row.code, row.kind), kinds.get(row.parent_code)
    if parent_kind is None:
        here.refuse(Code.PARENT_REFUSED if row.parent_code in lost else Code.NOT_FOUND, "parent_code")
    elif kind and parent_kind:
        try:
            tree.check_kind(UnitKind(kind), UnitKind(parent_kind), "rows", row.number, "parent_code")
        except Refused as refusal:
            here.problems.extend(refusal.problems)


def _check_open(viewer: Viewer, unit: Unit, column: str, here: Checks) -> None:
    if not access.may(viewer, Right.UNITS, unit.path):
        here.refuse(Code.FORBIDDEN, column)
    if unit.closed_at is not None:
        here.refuse(Code.UNIT_CLOSED, column)


def _loops(parents: Mapping[str, str]) -> set[str]:
    """The codes that lie below themselves. Looks at each code once, whatever the depth."""
    found: set[str] = set()
    settled: set[str] = set()
    for start in parents:
        code, trail = start, dict[str, int]()
        while code in parents and code not in settled and code not in trail:
            trail[code] = len(trail)
            code = parents[code]
        if code in trail:
            found.update(list(trail)[trail[code] :])
        settled.update(trail)
    return found
