"""A page as SQL: its rows once, and around them whatever the query asks of the connection."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from graphql import FieldNode, GraphQLObjectType, get_named_type

from jejak.graphql.reading.as_json import json_object
from jejak.graphql.reading.paging import Window
from jejak.graphql.reading.selection import Selection


@dataclass(slots=True)
class PageSql:
    """`rows` are the list's rows before paging, `u` their alias, `body` the JSON of one of them, `p` the alias of the page.

    `sources`: the same rows in parts, where these are sooner in order.
    """

    selected: Callable[[GraphQLObjectType, list[FieldNode]], Selection]
    body: Callable[[list[FieldNode]], str]
    u: str
    p: str
    frame: Window
    rows: str
    sources: Sequence[str] = ()
    _bodies: list[str] = field(default_factory=list)

    def sql(self, connection: GraphQLObjectType, nodes: list[FieldNode]) -> str:
        frame = self.frame
        outer = self._connection(connection, nodes)
        columns = "".join(f", {body} as n{n}" for n, body in enumerate(self._bodies))
        # Only the page's rows are ordered as a whole, and only of them anything is made.
        beyond = "".join(f" and {condition}" for condition in frame.keyset)
        firsts = [self._first_of(f"{source}{beyond}") for source in self.sources or [self.rows]]
        page = firsts[0] if len(firsts) == 1 else self._first_of(f"({' union all '.join(firsts)}) {self.u}")
        inner = (
            f"select row_number() over (order by {frame.order}) as nth, {frame.cursor} as cursor{columns} "
            f"from {page} {self.u}"
        )
        # `having` makes it one row also where nothing is asked that aggregates, as `totalCount` alone.
        return f"(select {outer} from ({inner}) {self.p} having true)"

    def _first_of(self, rows: str) -> str:
        frame = self.frame
        return f"(select {self.u}.* from {rows} order by {frame.order} limit {frame.size + 1})"

    def _connection(self, connection: GraphQLObjectType, nodes: list[FieldNode]) -> str:
        pairs = []
        for key, same in self.selected(connection, nodes).items():
            match same[0].name.value:
                case "totalCount":
                    value = f"(select count(*) from {self.rows})"
                case "nodes":
                    value = self._all(self._row(same))
                case "edges":
                    value = self._all(self._edge(_named(connection, "edges"), same))
                case "pageInfo":
                    value = self._page_info(_named(connection, "pageInfo"), same)
                case _:
                    value = f"'{connection.name}'"
            pairs.append((key, value))
        return json_object(pairs)

    def _row(self, nodes: list[FieldNode]) -> str:
        self._bodies.append(self.body(nodes))
        return f"{self.p}.n{len(self._bodies) - 1}"

    def _all(self, value: str) -> str:
        direction = "desc" if self.frame.backwards else "asc"
        shown = f"filter (where {self.p}.nth <= {self.frame.size})"
        return f"coalesce(json_agg({value} order by {self.p}.nth {direction}) {shown}, '[]'::json)"

    def _edge(self, edge: GraphQLObjectType, nodes: list[FieldNode]) -> str:
        pairs = []
        for key, same in self.selected(edge, nodes).items():
            match same[0].name.value:
                case "cursor":
                    pairs.append((key, f"{self.p}.cursor"))
                case "node":
                    pairs.append((key, self._row(same)))
                case _:
                    pairs.append((key, f"'{edge.name}'"))
        return json_object(pairs)

    def _page_info(self, kind: GraphQLObjectType, nodes: list[FieldNode]) -> str:
        p, size, backwards = self.p, self.frame.size, self.frame.backwards
        more, bounded = f"count(*) > {size}", "true" if self.frame.bounded else "false"
        nearest = f"min({p}.cursor) filter (where {p}.nth = 1)"
        farthest = f"(array_agg({p}.cursor order by {p}.nth desc) filter (where {p}.nth <= {size}))[1]"
        values = {
            "hasNextPage": bounded if backwards else more,
            "hasPreviousPage": more if backwards else bounded,
            "startCursor": farthest if backwards else nearest,
            "endCursor": nearest if backwards else farthest,
            "__typename": f"'{kind.name}'",
        }
        return json_object(
            [(key, values[same[0].name.value]) for key, same in self.selected(kind, nodes).items()]
        )


def _named(kind: GraphQLObjectType, name: str) -> GraphQLObjectType:
    named = get_named_type(kind.fields[name].type)
    assert isinstance(named, GraphQLObjectType)  # noqa: S101 -- declared in paging
    return named
