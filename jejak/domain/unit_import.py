"""R1: the tree of units as a file has it, brought into the database: all of it, or nothing and every reason why."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from jejak.domain import access, change, db
from jejak.domain import unit as tree
from jejak.domain.access import Right, Viewer
from jejak.domain.checks import TITLE, Checks
from jejak.domain.errors import Code, Refused
from jejak.domain.tables.unit import Unit
from jejak.domain.unit_file import COLUMNS, Row
from jejak.domain.vocabulary import EventKind, UnitKind

_LEVEL = {kind: level for level, kind in enumerate(UnitKind)}


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many units were what. A unit that was both updated and moved counts in both."""

    created: int
    updated: int
    moved: int
    unchanged: int


async def load(viewer: Viewer, rows: list[Row], progress: Callable[[int, int], None] | None = None) -> Loaded:
    """Creates the units that are new, and gives the others the name, time zone and parent of their row.

    `progress` hears how many rows are done, of how many; what is done is not yet committed. Refuses with every
    problem there is, at `("rows", number, column)`: REQUIRED, INVALID_CODE, TOO_LONG, INVALID_TEXT, INVALID_KIND
    (unknown, or not the existing unit's), INVALID_TIMEZONE, TAKEN (a code that an earlier row or a unit out of the
    viewer's sight has; the kind HQ), NOT_FOUND (parent), WRONG_KIND, TREE_CYCLE, UNIT_CLOSED, FORBIDDEN.
    """
    async with db.transaction():
        await db.lock(db.Lock.UNIT_TREE)
        units = {unit.code: unit for unit in await Unit.objects().lock_rows("NO KEY UPDATE")}
        wanted = _checked(viewer, rows, units)
        # New units from the root down, so that each finds its parent. Then the others from the leaves up: whatever
        # moves takes along what was moved before it, and no path in `units` is out of date when it is read.
        new = sorted((row for row in wanted if row.code not in units), key=_level)
        known = sorted((row for row in wanted if row.code in units), key=_level, reverse=True)
        updated = moved = unchanged = 0
        for done, row in enumerate(new + known, 1):
            unit, parent = units.get(row.code), units.get(row.parent_code)
            if unit is None:
                units[row.code] = await _create(viewer, row, units[row.parent_code])
            else:
                by = access.require(viewer, Right.UNITS, unit, "rows", row.number)
                renamed, moves = (unit.name, unit.timezone) != (row.name, row.timezone), _moves(unit, parent)
                if renamed:
                    await change.apply(
                        by, EventKind.UNIT_UPDATED, unit, unit.id, name=row.name, timezone=row.timezone
                    )
                if parent is not None and moves:
                    await tree.reparent(by, unit, parent)
                updated, moved, unchanged = (
                    updated + renamed,
                    moved + moves,
                    unchanged + (not (renamed or moves)),
                )
            if progress is not None:
                progress(done, len(wanted))
    return Loaded(created=len(new), updated=updated, moved=moved, unchanged=unchanged)


async def _create(viewer: Viewer, row: Row, parent: Unit) -> Unit:
    kind = UnitKind(row.kind)
    by = access.require(viewer, Right.UNITS, parent, "rows", row.number)
    return await tree.add(
        by, db.new_id(), parent, code=row.code, name=row.name, kind=kind, timezone=row.timezone
    )


def _level(row: Row) -> int:
    return _LEVEL[UnitKind(row.kind)]


def _moves(unit: Unit | None, parent: Unit | None) -> bool:
    return parent is not None and (unit is None or unit.parent_id != parent.id)


def _checked(viewer: Viewer, rows: list[Row], units: Mapping[str, Unit]) -> list[Row]:
    """The rows as they are to be written, or Refused."""
    seen = {code: unit for code, unit in units.items() if access.may(viewer, Right.SEE, unit.path)}
    codes = {unit.id: code for code, unit in seen.items()}
    with Checks() as checks:
        wanted = [_cleaned(row, checks.at("rows", row.number)) for row in rows]
        first: dict[str, Row] = {}
        for row in wanted:
            if row.code:
                first.setdefault(row.code, row)
        kinds = {code: row.kind for code, row in first.items()} | {
            code: unit.kind for code, unit in seen.items()
        }
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
                _check_kinds(row, kinds, here)
            if parent is not None and _moves(unit, parent):
                _check_open(viewer, parent, "parent_code", here)
        checks.problems.sort(key=lambda problem: int(problem.path[1]))
    return wanted


def _cleaned(row: Row, here: Checks) -> Row:
    """The row as it would be written; a kind that there is not comes back empty."""
    kind = row.kind.upper() if row.kind.upper() in set(UnitKind) else ""
    if row.kind and not kind:
        here.refuse(Code.INVALID_KIND, "kind", kind=" / ".join(UnitKind))
    for column in COLUMNS:
        # The name is told by its own check, and the root has no parent.
        if (
            not getattr(row, column)
            and column != "name"
            and not (column == "parent_code" and kind == UnitKind.HQ)
        ):
            here.refuse(Code.REQUIRED, column)
    return Row(
        number=row.number,
        code=here.code(row.code, "code") if row.code else "",
        name=here.text(row.name, "name", most=TITLE),
        kind=kind,
        parent_code=here.code(row.parent_code, "parent_code") if row.parent_code else "",
        timezone=here.timezone(row.timezone, "timezone") if row.timezone else "",
    )


def _check_unit(viewer: Viewer, row: Row, unit: Unit | None, here: Checks) -> None:
    if unit is not None:
        _check_open(viewer, unit, "code", here)
        if row.kind and row.kind != unit.kind:
            here.refuse(Code.INVALID_KIND, "kind", kind=unit.kind)
    elif row.kind == UnitKind.HQ:
        here.refuse(Code.TAKEN, "kind")


def _check_kinds(row: Row, kinds: Mapping[str, str], here: Checks) -> None:
    """`kinds` has every unit of the file and the database; "" where the file has none that is known."""
    kind, parent_kind = kinds.get(row.code, row.kind), kinds.get(row.parent_code)
    if parent_kind is None:
        here.refuse(Code.NOT_FOUND, "parent_code")
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
