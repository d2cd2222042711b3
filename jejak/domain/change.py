"""The kernel of every update: find the row in the viewer's scope, lock it, check its version, change it, record it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

import orjson
from piccolo.table import Table

from jejak.domain import access, clock, db, event
from jejak.domain.access import Allowed, Right, Viewer
from jejak.domain.errors import Code, Refused
from jejak.domain.event import Happened
from jejak.domain.tables.unit import Unit

T = TypeVar("T", bound=Table)
_OWNER = "unit__"  # before a unit's columns that stand beside those of its row


async def unit(
    viewer: Viewer, right: Right, unit_id: UUID, *at: str | int, open_only: bool = True
) -> tuple[Unit, Allowed]:
    """The unit, if the viewer has `right` there, and that they have it. Refuses NOT_FOUND, FORBIDDEN, UNIT_CLOSED."""
    found = await units([unit_id], lock=open_only)
    return admit(viewer, right, found.get(unit_id), *at, open_only=open_only)


async def units(ids: Iterable[UUID], *, lock: bool = True) -> dict[UUID, Unit]:
    """The units there are of `ids`, by id. Whether the viewer may do something there is `admit`'s to say."""
    wanted = set(ids)
    if not wanted:
        return {}
    # Shared with other work at the unit, but not with closing or moving it, until the transaction ends.
    return {row.id: row for row in await _rows(Unit, wanted, "for share" if lock else "")}


def admit(
    viewer: Viewer, right: Right, found: Unit | None, *at: str | int, open_only: bool = True
) -> tuple[Unit, Allowed]:
    """A unit of `units`, if the viewer has `right` there. Refuses NOT_FOUND, FORBIDDEN, UNIT_CLOSED."""
    if found is None:
        raise Refused(Code.NOT_FOUND, *at)
    allowed = access.require(viewer, right, found, *at)
    if open_only and found.closed_at is not None:
        raise Refused(Code.UNIT_CLOSED, *at)
    return found, allowed


async def take(
    table: type[T],
    viewer: Viewer,
    right: Right,
    row_id: UUID,
    version: int | None,
    *at: str | int,
    regional: bool = False,
) -> tuple[T, Unit, Allowed]:
    """A row with its unit, locked until the transaction ends. Refuses NOT_FOUND, FORBIDDEN and STALE.

    `version` is the one that the caller has read; None where the change does not depend on it.
    `regional`: by a role held at the region or at headquarters.
    """
    found = await locked(table, [row_id])
    return release(viewer, right, found.get(row_id), version, *at, regional=regional)


async def locked(table: type[T], ids: Iterable[UUID]) -> dict[UUID, tuple[T, Unit]]:
    """The rows there are of `ids`, with their units, locked until the transaction ends; `release` hands each out."""
    if issubclass(table, Unit):
        rows: dict[UUID, Any] = await find_all(table, ids)
        return {key: (row, row) for key, row in rows.items()}
    wanted = set(ids)
    if not wanted:
        return {}
    held = f"select * from {table._meta.tablename} where id = any($1) order by id for no key update"  # noqa: SLF001
    owner = ", ".join(f"u.{name} as {_OWNER}{name}" for name in _columns(Unit))
    found = await db.fetch(
        f"with held as materialized ({held}) select held.*, {owner} from held join unit u on u.id = held.unit_id",
        list(wanted),
    )
    mine = _columns(table)
    return {
        row["id"]: (
            table(_exists_in_db=True, **{name: row[name] for name in mine}),
            Unit(_exists_in_db=True, **{name: row[_OWNER + name] for name in _columns(Unit)}),
        )
        for row in found
    }


def release(
    viewer: Viewer,
    right: Right,
    found: tuple[T, Unit] | None,
    version: int | None,
    *at: str | int,
    regional: bool = False,
) -> tuple[T, Unit, Allowed]:
    """A row of `locked`, if the viewer may change it. Refuses as `take`."""
    if found is None:
        raise Refused(Code.NOT_FOUND, *at)
    row, owner = found
    allowed = (access.require_regional if regional else access.require)(viewer, right, owner, *at)
    if version is not None and row.version != version:  # type: ignore[attr-defined]
        raise Refused(Code.STALE, *at[:-1], "expected_version")
    return row, owner, allowed


async def again(table: type[T], viewer: Viewer, row_id: UUID) -> T:
    """The first result of a create that is retried, for who may still see it."""
    (row,) = await all_again(table, viewer, [row_id])
    return row


async def all_again(table: type[T], viewer: Viewer, ids: Sequence[UUID]) -> list[T]:
    """The same of a create that made several rows, in their order."""
    found = await locked(table, ids)
    return [release(viewer, Right.SEE, found.get(row_id), None, "client_mutation_id")[0] for row_id in ids]


async def seen(table: type[T], viewer: Viewer, row_id: UUID, *at: str | int) -> T:
    """A row that the viewer sees, as it is, not locked. Refuses NOT_FOUND."""
    key = table._meta.primary_key  # noqa: SLF001
    row = await table.objects().get(key == row_id)
    unit_id = getattr(row, "unit_id", None)
    owner = await Unit.objects().get(Unit.id == unit_id) if unit_id else None
    if row is None or owner is None:
        raise Refused(Code.NOT_FOUND, *at)
    access.require(viewer, Right.SEE, owner, *at)
    return row


async def find(table: type[T], row_id: UUID, *at: str | int) -> T:
    """A row, locked until the transaction ends; access is the caller's to check."""
    found = await find_all(table, [row_id])
    if row_id not in found:
        raise Refused(Code.NOT_FOUND, *at)
    return found[row_id]


async def find_all(table: type[T], ids: Iterable[UUID]) -> dict[UUID, T]:
    """The rows there are of `ids`, by id, locked likewise."""
    wanted = set(ids)
    if not wanted:
        return {}
    # Not FOR UPDATE: rows that refer to these may still be written meanwhile.
    return {row.id: row for row in await _rows(table, wanted, "for no key update")}  # type: ignore[attr-defined]


async def _rows(table: type[T], ids: Iterable[UUID], locking: str) -> list[T]:
    """Said in SQL, since making a statement of Piccolo's anew takes longer than running it."""
    name, columns = table._meta.tablename, ", ".join(_columns(table))  # noqa: SLF001
    # By id, so that of two calls that lock the same rows neither waits for the other while it is waited for.
    found = await db.fetch(
        f"select {columns} from {name} where id = any($1) order by id {locking}", list(ids)
    )
    return [table(_exists_in_db=True, **row) for row in found]


@cache
def _columns(table: type[Table]) -> tuple[str, ...]:
    return tuple(column._meta.name for column in table._meta.columns)  # noqa: SLF001


async def insert(rows: Sequence[Table]) -> None:
    """Writes new rows of one table by one statement, however many: as values of their own some 1,500 tasks would be the end."""
    if not rows:
        return
    table = rows[0]._meta.tablename  # noqa: SLF001
    await db.execute(
        f"insert into {table} select given.* from json_populate_recordset(null::{table}, $1::json) given",
        in_json(rows),
    )


def in_json(rows: Sequence[Table]) -> str:
    """Rows of one table, for `json_populate_recordset`."""
    return orjson.dumps([row.to_dict() for row in rows], default=str).decode()


Told = tuple[dict[str, Any], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Altered:
    """A taken row that has its new values, still to be written: which they are, and what will have happened."""

    row: Table
    names: frozenset[str]
    happened: Happened


def alter(
    by: Allowed, kind: str, row: Table, unit_id: UUID | None, /, *, told: Told = ({}, {}), **values: Any
) -> Altered:
    """Sets `values` on a taken row and counts its version up; `write` is to follow in the same transaction.

    `told`: what else the event says of before and after, beyond the row itself.
    """
    before = {name: getattr(row, name) for name, value in values.items() if getattr(row, name) != value}
    after = {name: values[name] for name in before}
    values["version"] = row.version + 1  # type: ignore[attr-defined]
    if hasattr(row, "updated_at"):
        values["updated_at"] = clock.now()
    for name, value in values.items():
        setattr(row, name, value)
    subject = (type(row)._meta.tablename, row.id)  # type: ignore[attr-defined]  # noqa: SLF001
    happened = Happened(by, kind, subject, unit_id, before | told[0], after | told[1])
    return Altered(row, frozenset(values), happened)


async def write(altered: Sequence[Altered]) -> None:
    """Writes rows of one table as they now are, and what happened to them, by one statement however many they are."""
    if not altered:
        return
    rows = {one.happened.subject: one.row for one in altered}
    names = sorted(frozenset().union(*(one.names for one in altered)))
    as_json = [{name: getattr(row, name) for name in ("id", *names)} for row in rows.values()]
    table = altered[0].happened.subject[0]
    assigned = ", ".join(f"{name} = given.{name}" for name in names)
    source = f"json_populate_recordset(null::{table}, $9::json) given"
    update = f"update {table} set {assigned} from {source} where {table}.id = given.id"
    as_text = orjson.dumps(as_json, default=str).decode()
    await event.append_all([one.happened for one in altered], (update, as_text))


async def apply(
    by: Allowed, kind: str, row: Table, unit_id: UUID | None, /, *, told: Told = ({}, {}), **values: Any
) -> None:
    """Sets `values` on a taken row, counts its version up and records what changed."""
    await write([alter(by, kind, row, unit_id, told=told, **values)])
