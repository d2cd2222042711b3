"""A whole query as one statement, whose JSON is sent as it comes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import strawberry
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLObjectType,
    OperationDefinitionNode,
    OperationType,
)
from graphql.execution.values import VariableValues, get_variable_values

from jejak.domain.errors import Refused
from jejak.graphql.reading.as_json import json_object
from jejak.graphql.reading.compile import Compiler
from jejak.graphql.reading.cost import Cost
from jejak.graphql.reading.declare import READ
from jejak.graphql.reading.plan import Plan, Plans, write
from jejak.graphql.reading.request import Request
from jejak.graphql.reading.selection import Selection, Selector
from jejak.graphql.reading.statement import Statement
from jejak.settings import Limits


class Why(StrEnum):
    """Why the ordinary executor answers."""

    ASKED = "ASKED"  # it was asked for
    OPERATION = "OPERATION"  # a mutation or a subscription
    FIELD = "FIELD"  # a field that no table holds: the schema itself, a CSRF token, a preview
    REFUSED = "REFUSED"  # something of it is refused
    FAILED = "FAILED"  # a bug
    NULL = "NULL"  # something is missing that may not be


class NotCompiled(Exception):  # noqa: N818 -- it goes another way, nothing is wrong
    """The ordinary executor is to answer. `what` is the field, where one is why; what was refused, the cause."""

    def __init__(self, why: Why, what: str = "") -> None:
        super().__init__(why)
        self.why, self.what = why, what


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a document that is valid on `schema`."""

    schema: strawberry.Schema
    node: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    plans: Plans
    _name: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_name", self.node.name.value if self.node.name else "")

    @property
    def reads(self) -> bool:
        """Whether it is a query."""
        return self.node.operation is OperationType.QUERY

    def variables(self, given: Mapping[str, object] | None) -> VariableValues:
        """Refuses, by NotCompiled, values that are none."""
        graphql_schema = self.schema._schema  # noqa: SLF001 -- graphql-core's, which Strawberry gives no other way to
        values = get_variable_values(
            graphql_schema, self.node.variable_definitions or (), dict(given or {}), max_errors=1
        )
        if isinstance(values, list):
            raise NotCompiled(Why.REFUSED) from values[0]
        return values

    def plan(self, request: Request, limits: Limits) -> Plan:
        """Kept, or written now. Refuses, by NotCompiled, what is no query of stored data or would be refused."""
        try:
            return self.plans.find(self._name, request) or self._written(request, limits)
        except (Refused, GraphQLError) as refused:
            raise NotCompiled(Why.REFUSED) from refused

    def answers(self, request: Request) -> list[tuple[str, Any]]:
        """By what the plan for `request` is found again, once it is kept: what was asked, and the answer."""
        return [(question.about, answer) for question, answer in self.plans.answers(self._name, request)]

    def _written(self, request: Request, limits: Limits) -> Plan:
        statement = Statement(request, Cost(limits=limits))
        compiler = Compiler(self.schema, self.fragments, statement, final=True)
        asked = self.fields(statement)
        data = json_object([(key, self.field(compiler, nodes)) for key, nodes in asked.items()])
        # As bytes, so that nobody on the way reads it as text.
        values = f"convert_to(({data})::text, 'UTF8'), {compiler.statement.still()}"
        plan = write(compiler, values, next(iter(asked), ""))
        self.plans.keep(self._name, statement.asked, plan)
        return plan

    def fields(self, statement: Statement) -> Selection:
        """What it asks of the query type, for `statement`."""
        selector = Selector(self.schema._schema, self.fragments, statement)  # noqa: SLF001 -- as above
        return selector.whole(self._query, self.node.selection_set)

    def field(self, compiler: Compiler, nodes: list[FieldNode]) -> str:
        """SQL for one of `fields`. Refuses, by NotCompiled, one that no table holds."""
        name = nodes[0].name.value
        if name == "__typename":
            return f"'{self._query.name}'"
        declared = self._query.fields.get(name)
        if declared is None:
            raise NotCompiled(Why.FIELD, name)  # introspection
        if READ not in declared.extensions["strawberry-definition"].metadata:
            raise NotCompiled(Why.FIELD, name)
        return compiler.root(self._query, nodes)

    @property
    def _query(self) -> GraphQLObjectType:
        root = self.schema._schema.query_type  # noqa: SLF001 -- as above
        assert root is not None  # noqa: S101 -- no schema is without
        return root


def named(operations: Mapping[str, Operation], name: str | None) -> Operation:
    """The one that a request names, or the only one. Refuses, by NotCompiled, where that is none."""
    found = operations.get(name or "") if name or len(operations) != 1 else next(iter(operations.values()))
    if found is None:
        raise NotCompiled(Why.REFUSED)
    return found


def operations(schema: strawberry.Schema, document: DocumentNode, plans: Plans) -> dict[str, Operation]:
    """Those of a document, by their names; one without a name by the empty one."""
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    return {
        d.name.value if d.name else "": Operation(schema, d, fragments, plans)
        for d in document.definitions
        if isinstance(d, OperationDefinitionNode)
    }
