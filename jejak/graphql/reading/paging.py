"""Keyset pages: the order's keys are the cursor, so that pages stay stable while rows are added."""

import binascii
from base64 import urlsafe_b64decode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any, Generic, TypeVar
from uuid import UUID

import orjson
import strawberry

from jejak.domain.checks import storable
from jejak.domain.errors import Code, Refused
from jejak.graphql.reading.statement import Statement

MOST = 100
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Key:
    """A part of an order: an SQL expression over `{u}` that is never null, and its type. The last one is unique.

    Cursors hold the keys' values, so a key must say nothing that the viewer may not see.
    """

    sql: str | Callable[[Statement, str], str]
    cast: str = "text"
    descending: bool = False


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="More rows follow (when paging forwards).")
    has_previous_page: bool = strawberry.field(description="More rows precede (when paging backwards).")
    start_cursor: str | None = strawberry.field(description="Cursor of the first row.")
    end_cursor: str | None = strawberry.field(description="Cursor of the last row.")


@strawberry.type(description="A row and its place in the list.")
class Edge(Generic[T]):
    node: T = strawberry.field(description="The row.")
    cursor: str = strawberry.field(description="Its place, for `after` and `before`.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = strawberry.field(description="The rows with their cursors.")
    nodes: list[T] = strawberry.field(description="The rows alone.")
    page_info: PageInfo = strawberry.field(description="Where this page stands.")
    total_count: int = strawberry.field(description="Rows on all pages; counted only when asked for.")


# Types whose values are nested in the answer of a statement; their specialisations inherit the mark.
NESTED = "__nested__"
for _kind in (PageInfo, Edge, Connection):
    setattr(_kind, NESTED, True)


@dataclass(frozen=True, slots=True)
class Window:
    """A page's arguments as SQL: conditions, order and the one row more that tells whether there is another page."""

    size: int
    backwards: bool
    bounded: bool
    keyset: list[str]
    order: str
    cursor: str


def window(statement: Statement, u: str, order: Enum, args: dict[str, Any]) -> Window:
    """Refuses INVALID_PAGE for a size that is missing, doubled or out of range, and for a foreign cursor."""
    first, last = statement.known(args["first"]), statement.known(args["last"])
    size = first if last is None else last
    if size is None or (first is not None and last is not None) or not 1 <= size <= MOST:
        raise Refused(Code.INVALID_PAGE, "first" if last is None else "last", most=MOST)
    backwards = last is not None
    keys: Sequence[Key] = order.value
    expressions = [key.sql.format(u=u) if isinstance(key.sql, str) else key.sql(statement, u) for key in keys]
    keyset = []
    for name, after in (("after", True), ("before", False)):
        if args[name] is not None:
            keyset.append(_beyond(statement, expressions, order, args[name], after=after))
    return Window(
        size=size,
        backwards=backwards,
        bounded=args["before" if backwards else "after"] is not None,
        keyset=keyset,
        order=_order(expressions, keys, backwards=backwards),
        cursor=_cursor(expressions, order),
    )


def _order(expressions: Sequence[str], keys: Sequence[Key], *, backwards: bool) -> str:
    return ", ".join(
        f"{e} {'desc' if key.descending != backwards else 'asc'}"
        for e, key in zip(expressions, keys, strict=True)
    )


def _named(order: Enum) -> str:
    """What a cursor names, so that one of another list or order is told from this one's."""
    return f"{type(order).__name__}.{order.name}"


def _cursor(expressions: Sequence[str], order: Enum) -> str:
    # Line breaks that PostgreSQL's base64 adds are dropped, and the alphabet is the one that URLs can bear.
    values = ", ".join([f"'{_named(order)}'", *expressions])
    text = f"convert_to(json_build_array({values})::text, 'UTF8')"
    return f"translate(encode({text}, 'base64'), E'+/\\n', '-_')"


def _beyond(
    statement: Statement,
    expressions: Sequence[str],
    order: Enum,
    cursor: Any,
    *,
    after: bool,
) -> str:
    """Lexicographic comparison, spelled out because keys may run in different directions."""
    equal: list[str] = []
    ways: list[str] = []
    keys: Sequence[Key] = order.value
    for nth, (expression, key) in enumerate(zip(expressions, keys, strict=True)):
        place = statement.param(cursor, key.cast, convert=_value_in_cursor(order, nth, after=after))
        operator = ">" if key.descending != after else "<"
        ways.append(" and ".join([*equal, f"{expression} {operator} {place}"]))
        equal.append(f"{expression} = {place}")
    return "(" + " or ".join(f"({way})" for way in ways) + ")"


def _value_in_cursor(order: Enum, nth: int, *, after: bool) -> Callable[[str], Any]:
    return lambda cursor: _decode(cursor, order, "after" if after else "before")[nth]


def _decode(cursor: str, order: Enum, name: str) -> list[Any]:
    keys: Sequence[Key] = order.value
    try:
        of, *values = orjson.loads(urlsafe_b64decode(cursor.encode("ascii")))
        if of != _named(order) or len(values) != len(keys):
            raise ValueError(cursor)  # noqa: TRY301 -- all ways of being no cursor end alike
        return [_parse(value, key.cast) for value, key in zip(values, keys, strict=True)]
    except (ValueError, TypeError, OverflowError, binascii.Error):
        raise Refused(Code.INVALID_PAGE, name, most=MOST) from None


def _parse(value: Any, cast: str) -> Any:
    if cast == "integer":
        if type(value) is not int or not -(2**31) <= value < 2**31:
            raise ValueError(value)
        return value
    if not isinstance(value, str) or not storable(value):
        raise ValueError(value)
    parsers: dict[str, Any] = {"date": date.fromisoformat, "timestamptz": _instant, "uuid": UUID}
    return parsers.get(cast, str)(value)


def _instant(value: str) -> datetime:
    # In UTC here already: at the ends of the calendar not every offset leads to a day that exists.
    return datetime.fromisoformat(value).astimezone(UTC)
