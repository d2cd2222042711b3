"""Binds the declarations to the executable schema: roots run statements, everything below takes its value from the answer."""

import dataclasses
from typing import Any
from uuid import UUID

import orjson
import strawberry
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_list_type,
    is_non_null_type,
)
from graphql.execution.values import VariableValues

from jejak.domain import access, db
from jejak.domain.errors import Code, Refused
from jejak.graphql import ids
from jejak.graphql.reading.compile import TYPE, Compiler, object_type
from jejak.graphql.reading.declare import READ, Answers, Entity, Held, Relation
from jejak.graphql.reading.paging import NESTED
from jejak.graphql.reading.row_answers import AnswersSql, held_keys
from jejak.graphql.reading.selection import ResolveInfo, subselection
from jejak.graphql.reading.statement import Cost, Statement

MOST_NODES = 100
READ_SECONDS = 20
_NO_ONE = UUID(int=0)


def bind(schema: strawberry.Schema) -> None:
    """To be called once on a new schema."""
    answering = _answering(schema)
    for kind in schema._schema.type_map.values():  # noqa: SLF001 -- graphql-core's schema, which Strawberry gives no other way to
        if isinstance(kind, GraphQLInterfaceType):
            kind.resolve_type = lambda value, _info, _kind: value[TYPE]
        if not isinstance(kind, GraphQLObjectType):
            continue
        definition = kind.extensions.get("strawberry-definition")
        if definition is None:
            continue
        nested = (
            isinstance(getattr(definition.origin, "__read__", None), Entity)
            or hasattr(definition.origin, NESTED)
            or kind.name in answering
        )
        if nested:
            kind.is_type_of = None
        for field in kind.fields.values():
            declared = field.extensions["strawberry-definition"]
            if nested:
                field.resolve = _from_answer
            elif READ in declared.metadata:
                field.resolve = _root(schema, declared.metadata[READ], declared.python_name)


def _answering(schema: strawberry.Schema) -> set[str]:
    """The types of the answers to the rows of bulk inputs."""
    return {
        get_named_type(field.type).name
        for kind in schema._schema.type_map.values()  # noqa: SLF001 -- as above
        if isinstance(kind, GraphQLObjectType)
        for field in kind.fields.values()
        if isinstance(_spec(field), Answers)
    }


def _spec(field: GraphQLField) -> Any:
    declared = field.extensions.get("strawberry-definition")
    return declared.metadata.get(READ) if declared else None


def _from_answer(source: dict[str, Any], info: ResolveInfo, **_: Any) -> Any:
    return source[info.path.key]  # type: ignore[index]


def _root(schema: strawberry.Schema, spec: Any, name: str) -> Any:
    async def read_answers(source: Any, info: ResolveInfo, **_: Any) -> Any:
        given = getattr(source, name)
        kind = object_type(info.parent_type.fields[info.field_name].type)
        asked = AnswersSql(_compiler(schema, info), kind, info.field_nodes)
        sql = asked.sql(lambda field: held_keys(given, field))
        return asked.filled(given, await _answer(asked.compiler, sql) if sql and given else None)

    async def read(source: Any, info: ResolveInfo, **_: Any) -> Any:
        held = getattr(source, name) if isinstance(spec, Held) else None
        if isinstance(spec, Held) and held is None:
            return None
        compiler = _compiler(schema, info)
        if isinstance(spec, Relation) and spec.outside is not None:
            compiler.statement.outside = await spec.outside(info.context)
        field = info.parent_type.fields[info.field_name]
        answer = await _answer(compiler, compiler.root(spec, field, info.field_nodes, held))
        if answer is None and isinstance(spec, Held) and is_non_null_type(field.type):
            raise Refused(Code.NOT_FOUND)
        return answer

    return read_answers if isinstance(spec, Answers) else read


async def by_global_ids(
    schema: strawberry.Schema, info: ResolveInfo, global_ids: list[str], *at: str
) -> list[Any]:
    """Rows of any type, in order; null for what does not exist or is not seen. Refuses INVALID_ID, TOO_MANY."""
    if len(global_ids) > MOST_NODES:
        raise Refused(Code.TOO_MANY, *at, most=MOST_NODES)
    compiler = _compiler(schema, info)
    wanted: dict[GraphQLObjectType, list[UUID]] = {}
    places: list[tuple[GraphQLObjectType | None, UUID]] = []
    for value in global_ids:
        name, key = ids.split(value, *at)
        named = info.schema.get_type(name)
        kind = named if isinstance(named, GraphQLObjectType) and _is_node(named) else None
        places.append((kind, key))
        if kind is not None:
            wanted.setdefault(kind, []).append(key)
    answer: list[Any] = await _answer(compiler, compiler.objects(wanted, info.field_nodes))
    found = dict(zip(wanted, answer, strict=True))
    return [(found[kind] or {}).get(str(key)) if kind is not None else None for kind, key in places]


def rehearse(schema: strawberry.Schema, info: ResolveInfo, rows: int = 1) -> None:
    """Compiles what a mutation's payload is asked for, so that a bad question is refused before anything is done.

    `rows`: how many rows a list of the payload may come to hold.
    """
    kind = get_named_type(info.return_type)
    if not isinstance(kind, GraphQLObjectType):
        return
    # On top of what the request's other fields cost; counted for good by the reading that follows.
    compiler = _compiler(schema, info, dataclasses.replace(info.context.cost))
    for nodes in subselection(compiler.info, kind, info.field_nodes).values():
        field = kind.fields.get(nodes[0].name.value)
        if field is None:
            continue
        spec = _spec(field)
        if isinstance(spec, Held):
            several = is_list_type(get_nullable_type(field.type))
            compiler.root(spec, field, nodes, [_NO_ONE] * rows if several else _NO_ONE)
        elif isinstance(spec, Answers):
            AnswersSql(compiler, object_type(field.type), nodes).sql(lambda _: [_NO_ONE] * rows)


def _is_node(kind: GraphQLObjectType) -> bool:
    return any(interface.name == "Node" for interface in kind.interfaces)


def _compiler(schema: strawberry.Schema, info: ResolveInfo, cost: Cost | None = None) -> Compiler:
    viewer = access.signed_in(info.context.viewer)
    # Strawberry hands its own resolvers the bare values; graphql-core's functions want their own type.
    values: Any = info.variable_values
    if not isinstance(values, VariableValues):
        info = info._replace(variable_values=VariableValues({}, values))
    context = info.context
    return Compiler(info, Statement(viewer, context.language, cost or context.cost), schema)


async def _answer(compiler: Compiler, sql: str) -> Any:
    answer = await db.fetchval(sql, *compiler.statement.values, timeout=READ_SECONDS)
    return None if answer is None else orjson.loads(answer)
