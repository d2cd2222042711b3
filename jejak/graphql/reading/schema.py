"""Binds the declarations to the executable schema: roots run statements, everything below takes its value from the answer."""

import dataclasses
from typing import Any, TypeAlias
from uuid import UUID

import orjson
import strawberry
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    get_named_type,
    get_nullable_type,
    is_list_type,
    is_non_null_type,
)
from graphql.execution.values import VariableValues

from jejak.domain import access, clock
from jejak.domain.errors import Code, Refused
from jejak.graphql.reading import row_answers
from jejak.graphql.reading.compile import TYPE, Compiler, object_type
from jejak.graphql.reading.cost import Cost
from jejak.graphql.reading.declare import READ, Answers, Entity, Held, Relation
from jejak.graphql.reading.paging import NESTED
from jejak.graphql.reading.plan import Plan, Plans, write
from jejak.graphql.reading.request import Request
from jejak.graphql.reading.statement import Statement

ResolveInfo: TypeAlias = GraphQLResolveInfo[Any]
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
    async def answers(source: Any, info: ResolveInfo, **_: Any) -> Any:
        given = getattr(source, name)
        kind = object_type(info.parent_type.fields[info.field_name].type)
        request = _request(info, row_answers.held_of(kind, given))
        compiler = _compiler(schema, info, request)
        asked = row_answers.Asked(kind, compiler.select.of(kind, info.field_nodes))
        sql = asked.sql(compiler)
        found = await _read(write(compiler, sql), request) if sql and given else None
        return asked.filled(given, found)

    async def held(source: Any, info: ResolveInfo, **_: Any) -> Any:
        keys = getattr(source, name)
        if keys is None:
            return None
        request = _request(info, keys)
        field = info.parent_type.fields[info.field_name]
        plan = _held_plan(schema, info, field, info.field_nodes, request, info.context.cost)
        answer = await _read(plan, request)
        if answer is None and is_non_null_type(field.type):
            raise Refused(Code.NOT_FOUND)
        return answer

    async def read(_: Any, info: ResolveInfo, **__: Any) -> Any:
        request = _request(info)
        if isinstance(spec, Relation) and spec.outside is not None:
            request = dataclasses.replace(request, outside=await spec.outside(info.context))
        # Written anew each time, so that what is kept can be held against it.
        compiler = _compiler(schema, info, request)
        sql = compiler.root(info.parent_type, info.field_nodes)
        return await _read(write(compiler, sql), request)

    match spec:
        case Answers():
            return answers
        case Held():
            return held
        case _:
            return read


def rehearse(schema: strawberry.Schema, info: ResolveInfo, rows: int = 1) -> None:
    """Compiles what a mutation's payload is asked for, so that a bad question is refused before anything is done.

    `rows`: how many rows a list of the payload may come to hold.
    """
    kind = get_named_type(info.return_type)
    if not isinstance(kind, GraphQLObjectType):
        return
    # On top of what the request's other fields cost; counted for good by the reading that follows.
    cost = dataclasses.replace(info.context.cost)
    whole = _compiler(schema, info, _request(info))
    for nodes in whole.select.of(kind, info.field_nodes).values():
        field = kind.fields.get(nodes[0].name.value)
        if field is None:
            continue
        spec = _spec(field)
        if isinstance(spec, Held):
            several = is_list_type(get_nullable_type(field.type))
            request = _request(info, [_NO_ONE] * rows if several else _NO_ONE)
            plan = _held_plan(schema, info, field, nodes, request, cost)
        elif isinstance(spec, Answers):
            of = object_type(field.type)
            request = _request(info, row_answers.held_nothing(of, [_NO_ONE] * rows))
            compiler = _compiler(schema, info, request, cost)
            sql = row_answers.Asked(of, compiler.select.of(of, nodes)).sql(compiler)
            plan = write(compiler, sql or "")
        else:
            continue
        plan.values(request)


def _held_plan(  # noqa: PLR0917 -- what a plan is made of, read top to bottom
    schema: strawberry.Schema,
    info: ResolveInfo,
    field: GraphQLField,
    nodes: Any,
    request: Request,
    cost: Cost,
) -> Plan:
    plans: Plans = info.context.plans
    # These very nodes of the document, of which its plans are forgotten no later than it is.
    what = tuple(id(node) for node in nodes)
    plan = plans.find(what, request)
    if plan is not None:
        cost.add(plan.rows)
    else:
        compiler = _compiler(schema, info, request, cost)
        plan = write(compiler, compiler.held(field.type, nodes))
        plans.keep(what, compiler.statement.asked, plan)
    return plan


def _request(info: ResolveInfo, held: Any = None) -> Request:
    viewer = access.signed_in(info.context.viewer)
    # Strawberry hands its own resolvers the bare values; graphql-core's functions want their own type.
    values: Any = info.variable_values
    if not isinstance(values, VariableValues):
        values = VariableValues({}, values)
    return Request(viewer, info.context.language, values, clock.now(), held)


def _compiler(
    schema: strawberry.Schema, info: ResolveInfo, request: Request, cost: Cost | None = None
) -> Compiler:
    return Compiler(schema, info.fragments, Statement(request, cost or info.context.cost))


async def _read(plan: Plan, request: Request) -> Any:
    answer = await plan.read(request)
    return None if answer is None else orjson.loads(answer)
