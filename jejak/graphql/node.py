"""Relay's `Node`, and the field of every type's global id."""

from typing import Any

import strawberry

from jejak.graphql import ids
from jejak.graphql.reading import expression


@strawberry.interface(description="Anything with a global id.")
class Node:
    id: strawberry.ID = strawberry.field(description="Global id, opaque and stable.")


def global_id(type_name: str) -> Any:
    return expression(ids.encoded_in_sql(type_name, "{t}.id"), "Global id, opaque and stable.")
