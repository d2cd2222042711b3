"""From a selection to SQL: objects become `json_build_object`, relations become subselects in the same statement."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import strawberry
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
    get_nullable_type,
    is_list_type,
    is_non_null_type,
)

from jejak.domain import access
from jejak.domain.access import Sight
from jejak.graphql.reading.arguments import Arguments
from jejak.graphql.reading.as_json import Pairs, json_of_row, json_row, json_rows
from jejak.graphql.reading.connection import PageSql
from jejak.graphql.reading.declare import (
    READ,
    Column,
    Entity,
    Expression,
    Named,
    Outside,
    Page,
    Relation,
    Sees,
    Spec,
    render,
    within,
)
from jejak.graphql.reading.global_ids import named_kinds, named_places
from jejak.graphql.reading.paging import window
from jejak.graphql.reading.request import Given, Request
from jejak.graphql.reading.selection import Selector
from jejak.graphql.reading.statement import SHORT, Field, Statement

# Where an object of an interface says its type: no name that a query could give to a field.
TYPE = "@type"


@dataclass(slots=True)
class Compiler:
    """Compiles what one document asks for into one statement.

    `final`: its JSON is the answer as it is sent. Else the ordinary executor completes it, value by value.
    """

    schema: strawberry.Schema
    fragments: Mapping[str, FragmentDefinitionNode]
    statement: Statement
    final: bool = False
    outside: Outside | None = None
    select: Selector = field(init=False)
    _arguments: Arguments = field(init=False)
    # Of rows that are seen by their unit: by alias, the column that names it.
    _units: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        graphql_schema = self.schema._schema  # noqa: SLF001 -- graphql-core's, which Strawberry gives no other way to
        self.select = Selector(graphql_schema, self.fragments, self.statement)
        self._arguments = Arguments(self.statement, self.schema)

    def root(self, parent: GraphQLObjectType, nodes: list[FieldNode]) -> str:
        """SQL for a field that hangs on no row."""
        name = nodes[0].name.value
        spec = spec_of(parent, name)
        if isinstance(spec, Relation) and spec.outside is not None:
            self.outside = spec.outside
        return self._field(spec, parent.fields[name], nodes, "")

    def held(self, kind: GraphQLOutputType, nodes: list[FieldNode]) -> str:
        """SQL for the row, or rows in their order, whose keys a payload holds."""
        target = object_type(kind)
        keys = Given(lambda request: request.held)
        several = self.statement.ask(
            "how many rows are held",
            lambda request: len(request.held) if isinstance(request.held, list) else None,
        )
        if several is None:
            u = self.statement.alias()
            body = self._object(target, nodes, u)
            key = self.statement.param(keys, "uuid")
            return json_row(body, self._rows_by(target, u, f"{u}.id = {key}"))
        u = self.statement.alias()
        wanted = self.statement.param(keys, "uuid[]")
        with self.statement.repeated(several):
            body = self._object(target, nodes, u)
        rows = self._rows_by(target, u, f"{u}.id = any({wanted})")
        return json_rows(body, rows, f"array_position({wanted}, {u}.id)")

    def held_by_keys(self, name: str, kind: GraphQLObjectType, nodes: list[FieldNode]) -> str:
        """SQL for the rows that a bulk payload's answers hold in the field `name`, as one object by their keys."""
        keys = Given(lambda request: request.held[name])
        u = self.statement.alias()
        wanted = self.statement.param(keys, "uuid[]")
        number = self.statement.ask("how many rows are held", lambda request: len(request.held[name]))
        with self.statement.repeated(number):
            body = self._object(kind, nodes, u)
        rows = self._rows_by(kind, u, f"{u}.id = any({wanted})")
        return f"(select json_object_agg({u}.id, {json_of_row(body)}) from {rows})"

    def _named(self, spec: Named, field: GraphQLField, nodes: list[FieldNode], here: Field) -> str:
        """SQL for things of any type by their global ids, in order; null for what does not exist or is not seen."""
        places = named_places(spec, here.args[spec.argument], self._named_kinds)
        if not is_list_type(get_nullable_type(field.type)):
            name = self.statement.ask("type of the id", lambda request: places.of(request)[0][0])
            if not name:
                return "null::json"
            key = self.statement.param(places, "uuid", convert=lambda found: found[0][1])
            return self._thing(name, nodes, key)

        def numbers(request: Request) -> tuple[tuple[str, int], ...]:
            return tuple(sorted(Counter(name for name, _ in places.of(request) if name).items()))

        names = self.statement.param(places, "text[]", convert=lambda found: [name for name, _ in found])
        keys = self.statement.param(places, "uuid[]", convert=lambda found: [key for _, key in found])
        cases = []
        for name, number in self.statement.ask("types of the ids", numbers):
            with self.statement.repeated(number):
                cases.append(f"when '{name}' then {self._thing(name, nodes, f'{here.u}.key')}")
        thing = f"case {here.u}.name {' '.join(cases)} end" if cases else "null::json"
        rows = f"unnest({names}, {keys}) with ordinality {here.u} (name, key, nth)"
        return f"(select coalesce(json_agg({thing} order by {here.u}.nth), '[]'::json) from {rows})"

    def _thing(self, name: str, nodes: list[FieldNode], key: str) -> str:
        kind, u = self._named_kinds[name], self.statement.alias()
        body = self._object(kind, nodes, u, tagged=not self.final)
        return json_row(body, self._rows_by(kind, u, f"{u}.id = {key}"))

    def _rows_by(self, kind: GraphQLObjectType, u: str, condition: str) -> str:
        found = entity_of(kind)
        return seen_rows(found.table, u, self._sight(found.sees, u), condition)

    def _sight(self, sees: Sees, alias: str, known: str | None = None) -> Sight:
        """Who sees the rows; `known` is a column whose unit is known to be seen."""
        if isinstance(sees, within):
            self._units[alias] = sees.column
            if sees.column == known:
                return access.public()
        return sees(self.statement, alias)

    def _same_unit(self, spec: Relation, found: Entity, here: Field) -> str | None:
        """The column of the related row that names the very unit by which this row is seen."""
        own = self._units.get(here.t)
        if own is None or not isinstance(found.sees, within):
            return None
        column = found.sees.column
        return column if spec.where == f"{{u}}.{column} = {{t}}.{own}" else None

    def _object(
        self, kind: GraphQLObjectType, nodes: list[FieldNode], t: str, *, tagged: bool = False
    ) -> Pairs:
        self.statement.count_object()
        pairs = [(TYPE, f"'{kind.name}'")] if tagged else []
        for key, same in self.select.of(kind, nodes).items():
            name = same[0].name.value
            if name == "__typename":
                pairs.append((key, f"'{kind.name}'"))
            else:
                pairs.append((key, self._field(spec_of(kind, name), kind.fields[name], same, t)))
        return pairs

    def _field(self, spec: Spec, field: GraphQLField, nodes: list[FieldNode], t: str) -> str:
        u = self.statement.alias()
        here = Field(self.statement, t, u, self._arguments.of(field, nodes[0]))
        if isinstance(spec, Column):
            return self._value(field, f"{t}.{python_name(field)}")
        if isinstance(spec, Expression):
            return self._value(field, render(spec.sql, here))
        if isinstance(spec, Page):
            return self._page(spec, field, nodes, here)
        if isinstance(spec, Relation):
            return self._relation(spec, field, nodes, here)
        if isinstance(spec, Named):
            return self._named(spec, field, nodes, here)
        raise TypeError(f"{spec} has no value inside a statement")

    def _value(self, field: GraphQLField, sql: str) -> str:
        kind = get_named_type(field.type)
        if not self.final or not isinstance(kind, GraphQLEnumType):
            return sql
        others = {value.value: name for name, value in kind.values.items() if value.value != name}
        if not others:
            return sql
        if is_list_type(get_nullable_type(field.type)):
            raise TypeError(f"{kind.name} has names that no table knows, of which there are no lists yet")
        named = " ".join(f"when '{value}' then '{name}'" for value, name in others.items())
        return f"case {sql} {named} else {sql} end"

    def _relation(self, spec: Relation, field: GraphQLField, nodes: list[FieldNode], here: Field) -> str:
        target = object_type(field.type)
        found = entity_of(target)
        table = render(spec.rows, here) if spec.rows else found.table
        sight = self._sight(spec.sees or found.sees, here.u, self._same_unit(spec, found, here))
        source = seen_rows(table, here.u, sight, render(spec.where, here))
        several = is_list_type(get_nullable_type(field.type))
        length = spec.length(here) if spec.length else SHORT
        with self.statement.repeated(length if several else 1):
            body = self._object(target, nodes, here.u)
        if several:
            return json_rows(body, source, spec.order.format(u=here.u))
        row = json_row(body, source)
        if self.final and is_non_null_type(field.type):
            # The ordinary executor tells of it, with all that follows from it.
            return f"coalesce({row}, never_null('{nodes[0].name.value}'))"
        return row

    @property
    def _named_kinds(self) -> Mapping[str, GraphQLObjectType]:
        return named_kinds(self.select.schema)

    def _page(self, spec: Page, field: GraphQLField, nodes: list[FieldNode], here: Field) -> str:
        connection = object_type(field.type)
        target = object_type(connection.fields["nodes"].type)
        found = entity_of(target)
        filters = here.args.get("filter")
        conditions = [render(spec.where, here), *(filters.where(here) if filters is not None else ())]
        table = render(spec.rows, here) if spec.rows else found.table
        below = _below(conditions)
        sight = self._sight(found.sees, here.u, below.column if below else None)
        frame = window(self.statement, here.u, here.args.get("order", spec.order), here.args)
        page = PageSql(
            selected=self.select.of,
            body=lambda of: json_of_row(self._object(target, of, here.u)),
            u=here.u,
            p=self.statement.alias(),
            frame=frame,
            rows=seen_rows(table, here.u, sight, *conditions),
            sources=self._sources(found, here, table, sight, conditions),
        )
        with self.statement.repeated(frame.size):
            return page.sql(connection, nodes)

    def _sources(
        self, found: Entity, here: Field, table: str, sight: Sight, conditions: Sequence[str]
    ) -> list[str]:
        """The rows of a list once more, from sources that have none in common, so that those of a whole region, or of all, are found in order."""
        sees, below = found.sees, _below(conditions)
        if here.t or not isinstance(sees, within) or sees.region is None:
            return []
        region_id = f"{here.u}.{sees.region}"
        if below is not None and below.column == sees.column:
            others = [one for one in conditions if one is not below]
            return [seen_rows(table, here.u, sight, *others, one) for one in below.by_kind(region_id)]
        if (region := self.statement.region) is not None:
            return [seen_rows(table, here.u, access.in_region(sight, region_id, region), *conditions)]
        if self.statement.paths != access.EVERYWHERE:
            # Some units' rows are gathered and sorted. A plan that is kept does not know how few they are, and would
            # walk through everybody's in order to find them: `offset 0` keeps it from that.
            few = f"select {here.u}.* from {seen_rows(table, here.u, sight, *conditions)} offset 0"
            return [f"({few}) {here.u} where true"]
        return []


def _below(conditions: Sequence[str]) -> access.Below | None:
    return next((one for one in conditions if isinstance(one, access.Below)), None)


def seen_rows(table: str, alias: str, sight: Sight, *conditions: str) -> str:
    """SQL after `from`: the only way from here to rows, and none without who sees them."""
    return f"{table} {alias} where {' and '.join([*conditions, sight])}"


def object_type(kind: GraphQLOutputType) -> GraphQLObjectType:
    named = get_named_type(kind)
    assert isinstance(named, GraphQLObjectType)  # noqa: S101 -- declarations over tables are object types
    return named


def _origin(kind: GraphQLObjectType) -> Any:
    definition = kind.extensions.get("strawberry-definition")
    return definition.origin if definition else None


def entity_of(kind: GraphQLObjectType) -> Entity:
    found = getattr(_origin(kind), "__read__", None)
    if not isinstance(found, Entity):
        raise TypeError(f"{kind.name} is not declared over a table")
    return found


def python_name(field: GraphQLField) -> str:
    name: str = field.extensions["strawberry-definition"].python_name
    return name


def spec_of(kind: GraphQLObjectType, name: str) -> Spec:
    spec: Spec = kind.fields[name].extensions["strawberry-definition"].metadata[READ]
    return spec
