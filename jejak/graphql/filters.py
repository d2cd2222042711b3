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


def under(field: Field, column: str, unit_id: str | None) -> list[str]:
    """Rows of a unit and everything below it; none where the viewer does not see the unit."""
    if unit_id is None:
        return []
    key = field.statement.param(ids.decode(unit_id, "Unit", ("filter", "unit_id")), "uuid")
    scope = access.seen("top.id", field.statement.paths)
    below = f"select below.id from unit top join unit below on below.path ^@ top.path where top.id = {key} and {scope}"
    return [f"{field.u}.{column} in ({below})"]


def any_of(field: Field, **wanted: Sequence[Any] | None) -> list[str]:
    """Rows whose expression (by argument's name, a column) is one of the values."""
    return [
        f"{field.u}.{column} = any({field.statement.param(_bounded(values, column), 'text[]')})"
        for column, values in wanted.items()
        if values is not None
    ]


def _bounded(values: Sequence[Any], name: str) -> list[str]:
    if len(values) > MOST_VALUES:
        raise Refused(Code.TOO_MANY, "filter", name, most=MOST_VALUES)
    return [str(value.value) for value in values]


def is_key(field: Field, column: str, type_name: str, value: str | None) -> list[str]:
    """Rows whose foreign key is the global id's."""
    if value is None:
        return []
    key = ids.decode(value, type_name, ("filter", column))
    return [f"{field.u}.{column} = {field.statement.param(key, 'uuid')}"]


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
