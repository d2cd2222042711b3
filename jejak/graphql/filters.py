"""Conditions that the lists' filters share."""

from collections.abc import Callable, Sequence
from typing import Any

import strawberry

from jejak.domain import access
from jejak.domain.errors import Code, Refused
from jejak.graphql import ids
from jejak.graphql.reading import Field, Statement

MOST_VALUES = 100
MOST_TEXT = 200


def given(description: str, name: str | None = None) -> Any:
    """An optional field of an input."""
    return strawberry.field(description=description, default=strawberry.UNSET, name=name)


def key_param(statement: Statement, value: Any, type_name: str, *at: str) -> str:
    """The placeholder for the key in a global id. Refuses INVALID_ID where it is no `type_name`'s."""
    return statement.param(value, "uuid", convert=lambda given: ids.decode(given, type_name, at))


def key_of(field: Field, argument: str, type_name: str) -> str:
    """As `key_param`, of an argument."""
    return key_param(field.statement, field.args[argument], type_name, argument)


def under(field: Field, column: str, unit_id: str | None, *at: str) -> list[str]:
    """Rows of a unit and everything below it; none where the viewer does not see the unit.

    `column` may be an expression, too. `at` is where the id stands, by default the filter's `unitId`.
    """
    if unit_id is None:
        return []
    key = key_param(field.statement, unit_id, "Unit", *(at or ("filter", "unit_id")))
    return [access.below(column, _column(field, column), key, field.statement.paths)]


def one_of(field: Field, column: str, values: Sequence[Any] | None, *at: str) -> list[str]:
    """Rows whose column (or expression over `{u}`) is one of these enum values; no row for no value."""
    if values is None:
        return []

    def told(chosen: Sequence[Any]) -> list[str]:
        if len(chosen) > MOST_VALUES:
            raise Refused(Code.TOO_MANY, *at, most=MOST_VALUES)
        return [str(value.value) for value in chosen]

    return [f"{_column(field, column)} = any({field.statement.param(values, 'text[]', convert=told)})"]


def any_of(field: Field, filled: Any, **columns: str) -> list[str]:
    """As `one_of`, for the values that the filter's field of that name holds."""
    return [
        condition
        for name, column in columns.items()
        for condition in one_of(field, column, getattr(filled, name), "filter", name)
    ]


def where_any(joined: str, *conditions: list[str]) -> list[str]:
    """Rows with a further row: `joined` is its `from` and `where`; nothing where none of the conditions is asked for."""
    asked = [condition for several in conditions for condition in several]
    return [f"exists (select from {' and '.join([joined, *asked])})"] if asked else []


def is_it(condition: str | Callable[[], str], *, wanted: bool | None) -> list[str]:
    """Rows for which a condition is (or is not) true; a function, where making it takes parameters."""
    if wanted is None:
        return []
    return [f"{'' if wanted else 'not '}({condition() if callable(condition) else condition})"]


def _column(field: Field, column: str) -> str:
    """A column of the row's own by its bare name, anything else as an expression over `{u}`."""
    return f"{field.u}.{column}" if column.isidentifier() else column.format(u=field.u)


def is_key(
    field: Field,
    column: str,
    type_name: str,
    value: str | None,
    *,
    within: str | None = None,
    name: str | None = None,
) -> list[str]:
    """Rows whose foreign key is the global id's; none where that names a row of the table `within` that is not seen.

    `name` is the filter's field, where that is not the column's name.
    """
    if value is None:
        return []
    key = key_param(field.statement, value, type_name, "filter", name or column)
    conditions = [f"{_column(field, column)} = {key}"]
    if within is not None:
        scope = access.seen("named.unit_id", field.statement.paths)
        conditions.append(f"exists (select from {within} named where named.id = {key} and {scope})")
    return conditions


def holds(field: Field, columns: Sequence[str], text: str | None) -> list[str]:
    """Rows in one of whose columns the text stands, in any case of letters."""
    if text is None:
        return []
    pattern = field.statement.param(text, "text", "filter", "text", convert=_anywhere)
    return ["(" + " or ".join(f"{field.u}.{column} ilike {pattern}" for column in columns) + ")"]


def _anywhere(text: str) -> str:
    if len(text) > MOST_TEXT:
        raise Refused(Code.TOO_LONG, "filter", "text", most=MOST_TEXT)
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def between(field: Field, column: str, least: Any, most: Any) -> list[str]:
    """Rows whose date lies between the two, both included, either left open."""
    ends = [(">=", least), ("<=", most)]
    return [
        f"{field.u}.{column} {sign} {field.statement.param(end, 'date')}"
        for sign, end in ends
        if end is not None
    ]


def moments(field: Field, column: str, start: Any, end: Any) -> list[str]:
    """Rows whose moment lies at `start` or later and before `end`, either left open."""
    ends = [(">=", start), ("<", end)]
    return [
        f"{field.u}.{column} {sign} {field.statement.param(moment, 'timestamptz')}"
        for sign, moment in ends
        if moment is not None
    ]
