"""The kernel of every update: find the row in the viewer's scope, lock it, check its version, change it, record it."""

from typing import Any, TypeVar
from uuid import UUID

from piccolo.table import Table

from jejak.domain import access, clock, event
from jejak.domain.access import Allowed, Right, Viewer
from jejak.domain.errors import Code, Refused
from jejak.domain.tables.unit import Unit

T = TypeVar("T", bound=Table)


async def unit(
    viewer: Viewer, right: Right, unit_id: UUID, *at: str | int, open_only: bool = True
) -> tuple[Unit, Allowed]:
    """The unit, if the viewer has `right` there, and that they have it. Refuses NOT_FOUND, FORBIDDEN, UNIT_CLOSED."""
    query = Unit.objects().where(Unit.id == unit_id)
    # Shared with other work at the unit, but not with closing or moving it, until the transaction ends.
    rows = await (query.lock_rows("SHARE") if open_only else query)
    if not rows:
        raise Refused(Code.NOT_FOUND, *at)
    found = rows[0]
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
    row = await find(table, row_id, *at)
    owner = row if isinstance(row, Unit) else await Unit.objects().get(Unit.id == row.unit_id)  # type: ignore[attr-defined]
    assert isinstance(owner, Unit)  # noqa: S101 -- the foreign key says so
    allowed = (access.require_regional if regional else access.require)(viewer, right, owner, *at)
    if version is not None and row.version != version:  # type: ignore[attr-defined]
        raise Refused(Code.STALE, "expected_version")
    return row, owner, allowed


async def again(table: type[T], viewer: Viewer, row_id: UUID) -> T:
    """The first result of a create that is retried, for who may still see it."""
    row, _, _ = await take(table, viewer, Right.SEE, row_id, None, "client_mutation_id")
    return row


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
    key = table._meta.primary_key  # noqa: SLF001 -- Piccolo's own way to the key
    # Not FOR UPDATE: rows that refer to this one may still be written meanwhile.
    rows = await table.objects().where(key == row_id).lock_rows("NO KEY UPDATE")
    if not rows:
        raise Refused(Code.NOT_FOUND, *at)
    return rows[0]


Told = tuple[dict[str, Any], dict[str, Any]]


async def apply(
    by: Allowed, kind: str, row: Table, unit_id: UUID | None, /, *, told: Told = ({}, {}), **values: Any
) -> None:
    """Sets `values` on a taken row, counts its version up and records what changed.

    `told`: what else the event says of before and after, beyond the row itself.
    """
    table = type(row)
    before = {name: getattr(row, name) for name, value in values.items() if getattr(row, name) != value}
    after = {name: values[name] for name in before}
    values["version"] = row.version + 1  # type: ignore[attr-defined]
    if hasattr(row, "updated_at"):
        values["updated_at"] = clock.now()
    for name, value in values.items():
        setattr(row, name, value)
    key, name = table._meta.primary_key, table._meta.tablename  # noqa: SLF001
    row_id: UUID = row.id  # type: ignore[attr-defined]
    await table.update(values).where(key == row_id)  # type: ignore[arg-type]
    await event.append(by, kind, (name, row_id), unit_id, before=before | told[0], after=after | told[1])
