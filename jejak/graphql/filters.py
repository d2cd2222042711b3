"""Conditions that the lists' filters share."""

from collections.abc import Sequence
from typing import Any

import strawberry

from jejak.domain import access
from jejak.domain.errors import Code, Refused
from jejak.graphql import ids
from jejak.graphql.reading import Field

MOST_VALUES = 100
MOST_TEXT = 200


def given(description: str) -> Any:
    """An optional field of an input."""
    return strawberry.field(description=description, default=strawberry.UNSET)


def under(field: Field, column: str, unit_id: str | None, name: str = "unit_id") -> list[str]:
    """Rows of a unit and everything below it; none where the viewer does not see the unit."""
    if unit_id is None:
        return []
    key = field.statement.param(ids.decode(unit_id, "Unit", ("filter", name)), "uuid")
    scope = access.seen("top.id", field.statement.paths)
    below = f"select below.id from unit top join unit below on below.path ^@ top.path where top.id = {key} and {scope}"
    return [f"{field.u}.{column} in ({below})"]


def any_of(field: Field, filled: Any, **columns: str) -> list[str]:
    """Rows whose column (or expression over `{u}`) is one of the values that the filter's field of that name holds."""
    conditions = []
    for name, column in columns.items():
        values: Sequence[Any] | None = getattr(filled, name)
        if values is None:
            continue
        if len(values) > MOST_VALUES:
            raise Refused(Code.TOO_MANY, "filter", name, most=MOST_VALUES)
        wanted = field.statement.param([str(value.value) for value in values], "text[]")
        conditions.append(f"{column.format(u=field.u)} = any({wanted})")
    return conditions


def is_key(
    field: Field, column: str, type_name: str, value: str | None, *, within: str | None = None
) -> list[str]:
    """Rows whose foreign key is the global id's; none where that names a row of the table `within` that is not seen."""
    if value is None:
        return []
    key = field.statement.param(ids.decode(value, type_name, ("filter", column)), "uuid")
    conditions = [f"{field.u}.{column} = {key}"]
    if within is not None:
        scope = access.seen("named.unit_id", field.statement.paths)
        conditions.append(f"exists (select from {within} named where named.id = {key} and {scope})")
    return conditions


def holds(field: Field, columns: Sequence[str], text: str | None) -> list[str]:
    """Rows in one of whose columns the text stands, in any case of letters."""
    if text is None:
        return []
    if len(text) > MOST_TEXT:
        raise Refused(Code.TOO_LONG, "filter", "text", most=MOST_TEXT)
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    pattern = field.statement.param(f"%{escaped}%", "text", "filter", "text")
    return ["(" + " or ".join(f"{field.u}.{column} ilike {pattern}" for column in columns) + ")"]


def between(field: Field, column: str, least: Any, most: Any) -> list[str]:
    """Rows whose date lies between the two, both included, either left open."""
    ends = [(">=", least), ("<=", most)]
    return [
        f"{field.u}.{column} {sign} {field.statement.param(end, 'date')}"
        for sign, end in ends
        if end is not None
    ]
