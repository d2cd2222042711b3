"""What a request brings to every resolver."""

from typing import Protocol, TypeAlias

import strawberry

from jejak.domain.access import Viewer
from jejak.domain.vocabulary import Language


class Context(Protocol):
    """`viewer` is None for who has not signed in."""

    viewer: Viewer | None
    language: Language
    request_id: str


Info: TypeAlias = strawberry.Info["Context", None]
