"""The schema, whole."""

from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.extensions import AddValidationRules
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext, ExecutionResult

from jejak.graphql import reading
from jejak.graphql.compiled import Compiled, executed
from jejak.graphql.context import Context
from jejak.graphql.errors import CodedErrors, OneOperation, coded, extensions
from jejak.graphql.limits import Known, NoIntrospection, WithinLimits
from jejak.graphql.mutations import Mutation
from jejak.graphql.query import Query
from jejak.graphql.reading.cost import Cost
from jejak.graphql.reading.operation import NotCompiled, named
from jejak.graphql.scalars import SCALARS
from jejak.graphql.subscription import Subscription
from jejak.settings import Limits


class Schema(strawberry.Schema):
    known: Known

    def reads(self, text: str) -> bool:
        """Whether it is a document that is known to be valid, and has queries alone."""
        document = self.known.find(text, Cost())
        return document is not None and all(one.reads for one in document.operations.values())

    async def execute_known(
        self, text: str, variables: dict[str, Any] | None, name: str | None, context: Context
    ) -> ExecutionResult | None:
        """The answer to a query that is known to be valid, by the shortest way; None where `execute` is to answer.

        Refuses, by Lapsed, to answer to somebody who is no longer who they were when they were looked up.
        """
        document = self.known.find(text, context.cost)
        if document is None:
            return None
        try:
            result = await executed(named(document.operations, name), variables, context)
        except NotCompiled as other:
            context.execution.why = other.why
            return None
        errors = [coded(error, context) for error in result.errors or ()]
        return ExecutionResult(result.data, errors or None, extensions(context))

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Logs nothing: a refusal is an answer, and `CodedErrors` logs bugs under their request's id."""


def build_schema(limits: Limits | None = None, *, introspection: bool = True) -> Schema:
    bounds = limits or Limits()
    hidden = [] if introspection else [lambda: AddValidationRules([NoIntrospection])]
    schema = Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        config=StrawberryConfig(scalar_map=SCALARS),
        extensions=[
            CodedErrors,
            lambda: WithinLimits(bounds, schema.known),
            OneOperation,
            Compiled,
            *hidden,
        ],
    )
    schema.known = Known(schema)
    reading.bind(schema)
    return schema


def sdl() -> str:
    """The schema in GraphQL's own language, as committed in `schema.graphql`."""
    return build_schema().as_str().rstrip() + "\n"
