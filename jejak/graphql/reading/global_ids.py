"""Relay's `node` and `nodes`: which types they know, and what their arguments name."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from uuid import UUID

from graphql import GraphQLObjectType, GraphQLSchema

from jejak.domain.errors import Code, Refused
from jejak.graphql import ids
from jejak.graphql.reading.declare import Named
from jejak.graphql.reading.request import Given

MOST_NODES = 100


# One schema a process, but for tests.
@lru_cache(maxsize=4)
def named_kinds(schema: GraphQLSchema) -> Mapping[str, GraphQLObjectType]:
    """The types of things that have global ids, by their names."""
    return {
        name: kind
        for name, kind in schema.type_map.items()
        if isinstance(kind, GraphQLObjectType) and any(one.name == "Node" for one in kind.interfaces)
    }


def named_places(spec: Named, given: Any, kinds: Mapping[str, GraphQLObjectType]) -> Given:
    """For each id the name of its type, empty where there is none of that name, and the key.

    Refuses INVALID_ID, TOO_MANY: to each request, or at once where the document says the ids.
    """

    def places(value: Any) -> list[tuple[str, UUID]]:
        written = value if isinstance(value, list) else [value]
        if len(written) > MOST_NODES:
            raise Refused(Code.TOO_MANY, spec.argument, most=MOST_NODES)
        found = [ids.split(one, spec.argument) for one in written]
        return [(name if name in kinds else "", key) for name, key in found]

    if isinstance(given, Given):
        of = given.of
        return Given(lambda request: places(of(request)))
    constant = places(given)
    return Given(lambda _: constant)
