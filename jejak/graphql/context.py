"""What a request brings to every resolver."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

import strawberry

from jejak.domain.access import Viewer
from jejak.domain.session import Origin
from jejak.domain.tail import Tail
from jejak.domain.vocabulary import Language
from jejak.graphql.reading.cost import Cost
from jejak.graphql.reading.operation import Operation
from jejak.graphql.reading.plan import Plans


@dataclass(slots=True)
class Execution:
    """By which executor an operation is answered: the compiled one, or, `why` in a word, the ordinary one.

    `told`: the client wants to know; `ordinary`: it wants none but that.
    """

    told: bool = False
    ordinary: bool = False
    compiled: bool = False
    why: str = ""


class Context(Protocol):
    """`viewer` is None for who has not signed in; `csrf_token` for who has not come by a browser's cookie.

    Of an operation that can be answered more than once: where to follow the feed (None where it cannot), the id of
    the event that was told last (before the first: that after which to begin), whether it follows anything, and
    whether it has begun, so that what comes after it comes after its start.
    """

    viewer: Viewer | None
    language: Language
    request_id: str
    cost: Cost
    execution: Execution
    operations: Mapping[str, Operation]
    plans: Plans
    origin: Origin
    csrf_token: str | None
    tail: Tail | None
    event_id: str | None
    follows: bool
    begun: asyncio.Event

    @property
    def keeps(self) -> bool:
        """Whether the answer can bear a cookie, as one on a socket cannot."""
        ...

    def keep(self, token: str, until: datetime) -> str:
        """Hands the browser its session's cookie; gives the CSRF token that goes with it."""
        ...

    async def queue_length(self) -> int | None:
        """How many jobs wait for a worker; None where Valkey is out of reach."""
        ...

    def drop(self) -> None:
        """The viewer has signed out: nobody is one, for the rest of the request, and a cookie is taken back."""
        ...


Info: TypeAlias = strawberry.Info["Context", None]
