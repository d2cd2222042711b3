"""What a request brings to every resolver."""

from typing import Protocol, TypeAlias

import strawberry

from jejak.domain.access import Viewer
from jejak.domain.vocabulary import Language
from jejak.graphql.reading.statement import Cost


class Context(Protocol):
    """`viewer` is None for who has not signed in."""

    viewer: Viewer | None
    language: Language
    request_id: str
    cost: Cost


Info: TypeAlias = strawberry.Info["Context", None]
