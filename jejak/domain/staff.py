"""Officers and agents whom customers meet, as the systems of their unit call them."""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

import orjson

from jejak.domain import clock, db
from jejak.domain.checks import TITLE, Checks
from jejak.domain.errors import Code
from jejak.domain.vocabulary import StaffKind

MOST_CODE = 64


class Met(NamedTuple):
    """Whom a customer met. `code`: the unit's own for them."""

    code: str
    name: str
    kind: StaffKind


def checked(checks: Checks, code: str | None, name: str | None, kind: StaffKind | None) -> Met | None:
    """All three or none: refuses REQUIRED for what is missing, TOO_LONG, INVALID_TEXT."""
    if code is None and name is None and kind is None:
        return None
    met = checks.text(code, "staff_code", most=MOST_CODE), checks.text(name, "staff_name", most=TITLE)
    if kind is None:
        checks.refuse(Code.REQUIRED, "staff_kind")
        return None
    return Met(*met, kind)


async def keys_of(met: Iterable[tuple[UUID, Met]]) -> dict[tuple[UUID, str], UUID]:
    """By unit and code, inside the open transaction. Who is new is made; who is called otherwise now is called so."""
    rows = {
        (unit_id, one.code): {"id": db.new_id(), "unit_id": unit_id, "created_at": clock.now()}
        | one._asdict()
        for unit_id, one in met
    }
    if not rows:
        return {}
    found = await db.fetch(_KEPT, orjson.dumps(list(rows.values()), default=str).decode())
    return {(UUID(str(row["unit_id"])), row["code"]): UUID(str(row["id"])) for row in found}


# By key, so that of two calls that name the same ones neither waits for the other while it is waited for.
_KEPT = """
insert into staff as kept (id, unit_id, kind, code, name, created_at)
select id, unit_id, kind, code, name, created_at from json_populate_recordset(null::staff, $1::json)
order by unit_id, code
on conflict (unit_id, code) do update set name = excluded.name, kind = excluded.kind
returning id, unit_id, code
"""
