"""How a type is declared over its table: a field is a line."""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, TypeVar, dataclass_transform

import strawberry

from jejak.domain import access
from jejak.domain.access import Sight
from jejak.graphql.reading.statement import Field, Statement

C = TypeVar("C", bound=type)
Sql = str | Callable[[Field], str]
Sees = Callable[[Statement, str], Sight]
Outside = Callable[[Any], Awaitable[Any]]  # takes the request's context
READ = "read"


def render(sql: Sql, field: Field) -> str:
    """`{t}` stands for the row's alias and `{u}` for the related row's."""
    return sql(field) if callable(sql) else sql.format(t=field.t, u=field.u)


@dataclass(frozen=True, slots=True)
class Expression:
    """A value computed from the row."""

    sql: Sql


@dataclass(frozen=True, slots=True)
class Column:
    """The column of the field's own name."""


@dataclass(frozen=True, slots=True)
class Relation:
    """Rows of another type: `where` joins them. `rows` replaces the type's table where they are computed.

    `sees` replaces what the type says of who sees its rows. `outside`: what no table holds, asked for before the
    statement of a root field, which finds it as `statement.outside`. `length`: how many rows a list that is not short by
    its nature may have.
    """

    where: Sql
    order: str = ""
    rows: Sql | None = None
    sees: Sees | None = None
    outside: Outside | None = None
    length: Callable[[Field], int] | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A connection over the rows of another type. `rows` as in `Relation`; `order` is the first of its orders."""

    where: Sql
    rows: Sql | None
    order: Enum


@dataclass(frozen=True, slots=True)
class Held:
    """The row, or rows, whose keys the object itself holds."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Objects without a table, as many as an input has rows: whatever rows they hold are read together."""


@dataclass(frozen=True, slots=True)
class Named:
    """Things of any type by the global ids in an argument: one, or as many as are named."""

    argument: str


Spec = Expression | Column | Relation | Page | Held | Answers | Named


@dataclass(frozen=True, slots=True)
class Entity:
    """A type over a table. `sees`: which rows the viewer may see."""

    table: str
    sees: Sees


def everyone(_statement: Statement, _alias: str) -> Sight:
    """Whoever is signed in and came here sees every row."""
    return access.public()


@dataclass(frozen=True, slots=True)
class within:  # noqa: N801 -- read as a word in declarations
    """R12: rows whose unit, in `column`, lies in the viewer's subtrees. `region`: the column with that unit's region."""

    column: str
    region: str | None = None

    def __call__(self, statement: Statement, alias: str) -> Sight:
        return access.seen(f"{alias}.{self.column}", statement.paths)


def own(column: str) -> Sees:
    """The viewer's own rows."""
    return lambda statement, alias: access.own(f"{alias}.{column}", statement.person)


@dataclass_transform(kw_only_default=True)
def entity(table: str, sees: Sees, description: str) -> Callable[[C], C]:
    def declare(cls: C) -> C:
        decorated: Any = strawberry.type(cls, description=description)
        decorated.__read__ = Entity(table, sees)
        return decorated  # type: ignore[no-any-return]

    return declare


REQUIRED = inspect.Parameter.empty
# name -> (type, default, description); `from_` is called `from`
Arguments = dict[str, tuple[Any, Any, str]]


def _called(argument: str) -> str | None:
    """What a query calls an argument; None for its own name, as the API writes names."""
    return argument.removesuffix("_") if argument.endswith("_") else None


def _field(spec: Spec, description: str, arguments: Arguments | None = None) -> Any:
    if not arguments:
        return strawberry.field(description=description, metadata={READ: spec}, default=None)

    def declared() -> None:
        """Carries the arguments' signature; `bind` puts the reader in its place."""

    declared.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter(
                argument,
                inspect.Parameter.KEYWORD_ONLY,
                default=default,
                annotation=Annotated[kind, strawberry.argument(description=about, name=_called(argument))],
            )
            for argument, (kind, default, about) in arguments.items()
        ]
    )
    return strawberry.field(resolver=declared, description=description, metadata={READ: spec})


def column(description: str) -> Any:
    return _field(Column(), description)


def expression(sql: Sql, description: str) -> Any:
    return _field(Expression(sql), description)


def one(
    where: Sql,
    description: str,
    *,
    rows: Sql | None = None,
    sees: Sees | None = None,
    outside: Outside | None = None,
    arguments: Arguments | None = None,
) -> Any:
    """At most one row. `sees=everyone` where seeing this row includes seeing that one, as with the name of who acted."""
    return _field(Relation(where, rows=rows, sees=sees, outside=outside), description, arguments)


def many(
    where: Sql,
    order: str,
    description: str,
    *,
    rows: Sql | None = None,
    arguments: Arguments | None = None,
    length: Callable[[Field], int] | None = None,
) -> Any:
    """All rows, for relations that are short by their nature, or whose `length` is known before."""
    return _field(Relation(where, order=order, rows=rows, length=length), description, arguments)


def held(description: str) -> Any:
    return _field(Held(), description)


def named(argument: str, kind: Any, about: str, description: str) -> Any:
    """Things by their global ids, which come as an argument of type `kind`."""
    return _field(Named(argument), description, {argument: (kind, REQUIRED, about)})


def answers(description: str) -> Any:
    return _field(Answers(), description)


def page(
    where: Sql,
    description: str,
    *,
    order: type[Enum],
    filters: type | None = None,
    rows: Sql | None = None,
    arguments: Arguments | None = None,
) -> Any:
    """A connection; `order` is an enum of `Key` sequences, `filters` an input type with a `where` method."""
    taken: Arguments = {
        **(arguments or {}),
        "first": (int | None, strawberry.UNSET, "How many rows from the start, 1 to 100."),
        "after": (str | None, strawberry.UNSET, "Only rows after this cursor."),
        "last": (int | None, strawberry.UNSET, "How many rows from the end, 1 to 100."),
        "before": (str | None, strawberry.UNSET, "Only rows before this cursor."),
    }
    if filters is not None:
        taken["filter"] = (filters | None, strawberry.UNSET, "Which rows; several conditions all hold.")
    choices = list(order)
    if len(choices) > 1:
        taken["order"] = (order, choices[0], "In which order.")
    return _field(Page(where, rows, choices[0]), description, taken)
