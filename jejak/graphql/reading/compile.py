"""From a selection to SQL: objects become `json_build_object`, relations become subselects in the same statement."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import strawberry
from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
    get_nullable_type,
    is_list_type,
)
from graphql.execution.values import get_argument_values
from strawberry.types.arguments import convert_arguments

from jejak.domain.access import Sight
from jejak.graphql.reading.connection import PageSql, json_object
from jejak.graphql.reading.declare import READ, Column, Entity, Expression, Held, Page, Relation, Spec, render
from jejak.graphql.reading.paging import window
from jejak.graphql.reading.selection import ResolveInfo, subselection
from jejak.graphql.reading.statement import SHORT, Field, Statement

# Where an object of an interface says its type: no name that a query could give to a field.
TYPE = "@type"


@dataclass(frozen=True, slots=True)
class Compiler:
    """Compiles one root field of one request."""

    info: ResolveInfo
    statement: Statement
    strawberry_schema: Any

    def root(self, spec: Spec, field: GraphQLField, nodes: list[FieldNode], held: Any = None) -> str:
        """SQL for the whole statement: one row with one JSON value."""
        if isinstance(spec, Held):
            return f"select {self._held(field.type, nodes, held)}"
        return f"select {self._field(spec, field, nodes, '')}"

    def objects(self, wanted: Mapping[GraphQLObjectType, list[UUID]], nodes: list[FieldNode]) -> str:
        """SQL for rows of several types: for each type, in order, an object of them by their keys."""
        parts = [self.by_keys(kind, nodes, keys, tagged=True) for kind, keys in wanted.items()]
        return f"select json_build_array({', '.join(parts)})"

    def by_keys(
        self, kind: GraphQLObjectType, nodes: list[FieldNode], keys: list[UUID], *, tagged: bool = False
    ) -> str:
        """SQL for rows of a type as one object, by their keys; null where there are none."""
        u = self.statement.alias()
        found = entity_of(kind)
        with self.statement.repeated(len(keys)):
            body = self._object(kind, nodes, u, tagged=tagged)
        wanted_keys = f"{u}.id = any({self.statement.param(keys, 'uuid[]')})"
        rows = seen_rows(found.table, u, found.sees(self.statement, u), wanted_keys)
        return f"(select json_object_agg({u}.id, {body}) from {rows})"

    def _by_key(self, kind: GraphQLObjectType, nodes: list[FieldNode], key: Any) -> str:
        u = self.statement.alias()
        found = entity_of(kind)
        body = self._object(kind, nodes, u)
        place = self.statement.param(key, "uuid")
        rows = seen_rows(found.table, u, found.sees(self.statement, u), f"{u}.id = {place}")
        return f"(select {body} from {rows})"

    def _held(self, kind: GraphQLOutputType, nodes: list[FieldNode], held: Any) -> str:
        target = object_type(kind)
        if not isinstance(held, list):
            return self._by_key(target, nodes, held)
        u = self.statement.alias()
        found = entity_of(target)
        keys = self.statement.param(held, "uuid[]")
        with self.statement.repeated(len(held)):
            body = self._object(target, nodes, u)
        rows = seen_rows(found.table, u, found.sees(self.statement, u), f"{u}.id = any({keys})")
        return self._array(body, rows, f"array_position({keys}, {u}.id)")

    def _object(
        self, kind: GraphQLObjectType, nodes: list[FieldNode], t: str, *, tagged: bool = False
    ) -> str:
        self.statement.count_object()
        pairs = [(TYPE, f"'{kind.name}'")] if tagged else []
        for key, same in subselection(self.info, kind, nodes).items():
            name = same[0].name.value
            if name == "__typename":
                pairs.append((key, f"'{kind.name}'"))
            else:
                pairs.append((key, self._field(spec_of(kind, name), kind.fields[name], same, t)))
        return json_object(pairs)

    def _field(self, spec: Spec, field: GraphQLField, nodes: list[FieldNode], t: str) -> str:
        u = self.statement.alias()
        here = Field(self.statement, t, u, self._arguments(field, nodes[0]))
        if isinstance(spec, Column):
            return f"{t}.{python_name(field)}"
        if isinstance(spec, Expression):
            return render(spec.sql, here)
        if isinstance(spec, Page):
            return self._page(spec, field, nodes, here)
        if isinstance(spec, Relation):
            return self._relation(spec, field, nodes, here)
        raise TypeError(f"{spec} has no value inside a statement")

    def _arguments(self, field: GraphQLField, node: FieldNode) -> dict[str, Any]:
        definition = field.extensions.get("strawberry-definition")
        if definition is None or not field.args:
            return {}
        raw = get_argument_values(field, node, self.info.variable_values)
        schema = self.strawberry_schema
        return {
            name: _filled(value)
            for name, value in convert_arguments(
                raw, definition.arguments, schema.schema_converter.scalar_registry, schema.config
            ).items()
        }

    def _relation(self, spec: Relation, field: GraphQLField, nodes: list[FieldNode], here: Field) -> str:
        target = object_type(field.type)
        found = entity_of(target)
        table = render(spec.rows, here) if spec.rows else found.table
        sees = spec.sees or found.sees
        source = seen_rows(table, here.u, sees(self.statement, here.u), render(spec.where, here))
        several = is_list_type(get_nullable_type(field.type))
        with self.statement.repeated(SHORT if several else 1):
            body = self._object(target, nodes, here.u)
        if several:
            return self._array(body, source, spec.order.format(u=here.u))
        return f"(select {body} from {source})"

    @staticmethod
    def _array(body: str, source: str, order: str) -> str:
        return f"(select coalesce(json_agg({body} order by {order}), '[]'::json) from {source})"

    def _page(self, spec: Page, field: GraphQLField, nodes: list[FieldNode], here: Field) -> str:
        connection = object_type(field.type)
        target = object_type(connection.fields["nodes"].type)
        found = entity_of(target)
        filters = here.args.get("filter")
        conditions = [render(spec.where, here), *(filters.where(here) if filters is not None else ())]
        table = render(spec.rows, here) if spec.rows else found.table
        rows = "from " + seen_rows(table, here.u, found.sees(self.statement, here.u), *conditions)
        frame = window(self.statement, here.u, here.args.get("order", spec.order), here.args)
        page = PageSql(
            selected=lambda kind, of: subselection(self.info, kind, of),
            body=lambda of: self._object(target, of, here.u),
            p=self.statement.alias(),
            frame=frame,
            rows=rows,
        )
        with self.statement.repeated(frame.size):
            return page.sql(connection, nodes)


def seen_rows(table: str, alias: str, sight: Sight, *conditions: str) -> str:
    """SQL after `from`: the only way from here to rows, and none without who sees them."""
    return f"{table} {alias} where {' and '.join([*conditions, sight])}"


def _filled(value: Any) -> Any:
    """An input whose omitted fields are None, so that omitted and null mean the same to a filter."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        omitted = {
            f.name: None for f in dataclasses.fields(value) if getattr(value, f.name) is strawberry.UNSET
        }
        return dataclasses.replace(value, **omitted)
    return value


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
