"""The schema, whole."""

import strawberry
from graphql import GraphQLError
from strawberry.extensions import AddValidationRules
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from jejak.graphql import reading
from jejak.graphql.errors import CodedErrors, OneOperation
from jejak.graphql.limits import Known, NoIntrospection, WithinLimits
from jejak.graphql.mutations import Mutation
from jejak.graphql.query import Query
from jejak.graphql.scalars import SCALARS
from jejak.graphql.subscription import Subscription
from jejak.settings import Limits


class _Schema(strawberry.Schema):
    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Logs nothing: a refusal is an answer, and `CodedErrors` logs bugs under their request's id."""


def build_schema(limits: Limits | None = None, *, introspection: bool = True) -> strawberry.Schema:
    bounds, known = limits or Limits(), Known()
    hidden = [] if introspection else [lambda: AddValidationRules([NoIntrospection])]
    schema = _Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        config=StrawberryConfig(scalar_map=SCALARS),
        extensions=[
            CodedErrors,
            lambda: WithinLimits(bounds, known),
            OneOperation,
            *hidden,
        ],
    )
    reading.bind(schema)
    return schema


def sdl() -> str:
    """The schema in GraphQL's own language, as committed in `schema.graphql`."""
    return build_schema().as_str().rstrip() + "\n"
