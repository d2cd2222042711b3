"""The schema, whole."""

import strawberry
from strawberry.extensions import MaxAliasesLimiter, MaxTokensLimiter, QueryDepthLimiter
from strawberry.schema.config import StrawberryConfig

from jejak.graphql import reading
from jejak.graphql.errors import CodedErrors
from jejak.graphql.mutations import Mutation
from jejak.graphql.query import Query
from jejak.graphql.scalars import SCALARS

MOST_DEPTH = 16
MOST_ALIASES = 60
MOST_TOKENS = 4_000


def build_schema() -> strawberry.Schema:
    schema = strawberry.Schema(
        query=Query,
        mutation=Mutation,
        config=StrawberryConfig(scalar_map=SCALARS),
        extensions=[
            lambda: MaxTokensLimiter(max_token_count=MOST_TOKENS),
            lambda: MaxAliasesLimiter(max_alias_count=MOST_ALIASES),
            lambda: QueryDepthLimiter(max_depth=MOST_DEPTH),
            CodedErrors,
        ],
    )
    reading.bind(schema)
    return schema


def sdl() -> str:
    """The schema in GraphQL's own language, as committed in `schema.graphql`."""
    return build_schema().as_str().rstrip() + "\n"
