"""What a request brings to every resolver."""

import asyncio
from typing import Protocol, TypeAlias

import strawberry

from jejak.domain.access import Viewer
from jejak.domain.tail import Tail
from jejak.domain.vocabulary import Language
from jejak.graphql.reading.statement import Cost


class Context(Protocol):
    """`viewer` is None for who has not signed in.

    Of a stream: where to follow the feed (None where the answer is no stream), the id of the event that was told
    last, before the first the one to go on from; and whether the operation has begun, so that what comes after it
    comes after its start.
    """

    viewer: Viewer | None
    language: Language
    request_id: str
    cost: Cost
    tail: Tail | None
    event_id: str | None
    begun: asyncio.Event


Info: TypeAlias = strawberry.Info["Context", None]
