"""The subscriptions: what can be followed. Translates, decides nothing."""

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Annotated, Any

import strawberry

from jejak.domain import access, subscription
from jejak.domain.subscription import Follow, Told
from jejak.domain.vocabulary import Topic
from jejak.graphql import ids
from jejak.graphql.context import Info
from jejak.graphql.event_kind import EventKind
from jejak.graphql.journey import Journey
from jejak.graphql.notice import Notice
from jejak.graphql.reading import held
from jejak.graphql.reading.schema import rehearse
from jejak.graphql.task import Task
from jejak.graphql.unit import Unit

_SINCE = "An `eventId`: what was missed since then comes first, in order. Refused by GONE once it is older than 7 days."
UnitId = Annotated[
    strawberry.ID | None,
    strawberry.argument(
        description="Of this unit and everything below it; all that the viewer sees where left out."
    ),
]
Since = Annotated[str | None, strawberry.argument(description=_SINCE)]


def _event_id() -> Any:
    return strawberry.field(description="To be named as `since` by a client that comes back.")


def _kind() -> Any:
    return strawberry.field(
        description="What happened; of several changes in quick succession, told as one, the latest."
    )


@strawberry.type(description="A task has changed, or was created.")
class TaskChange:
    event_id: str = _event_id()
    kind: EventKind = _kind()
    task: Task = held("The task as it is now.")


@strawberry.type(description="A journey or one of its pain points has changed, or was captured.")
class JourneyChange:
    event_id: str = _event_id()
    kind: EventKind = _kind()
    journey: Journey = held("The journey as it is now.")


@strawberry.type(description="Figures of completion have changed.")
class CompletionChange:
    event_id: str = _event_id()
    unit: Unit = held("The followed unit; the unit whose own figures changed where none was named.")


@strawberry.type(description="The viewer was told something.")
class NoticeReceived:
    event_id: str = _event_id()
    notice: Notice = held("The notice.")


async def _follow(
    info: Info, wanted: Follow, payload: type, shows: Callable[[Told], dict[str, Any]]
) -> AsyncIterator[Any]:
    """`shows` says what a message of type `payload` holds beside its `eventId`."""
    context = info.context
    viewer = access.signed_in(context.viewer)
    if context.tail is None:
        raise RuntimeError("what carries this request is no stream")
    # A bad question is refused before anything is followed, and not by each event anew.
    rehearse(info.schema, info._raw_info)  # noqa: SLF001
    if context.event_id is not None:
        # The client of a stream that was cut says itself what it was told last, whatever its document says.
        wanted = replace(wanted, since=context.event_id)
    following = await subscription.follow(viewer, wanted, context.tail)
    context.event_id = following.begin
    return _payloads(info, payload, shows, following.told)


async def _payloads(
    info: Info, payload: type, shows: Callable[[Told], dict[str, Any]], all_told: AsyncIterator[Told]
) -> AsyncIterator[Any]:
    context = info.context
    async with aclosing(all_told):  # type: ignore[type-var]
        async for told in all_told:
            # What the document asks for stays; the rows are those of each message.
            context.viewer, context.event_id = told.viewer, str(told.change.id)
            context.cost.rows = 0
            yield payload(event_id=context.event_id, **shows(told))


def _wanted(topic: Topic, unit_id: str | None, since: str | None) -> Follow:
    named = ids.decode(unit_id, "Unit", ("unit_id",)) if isinstance(unit_id, str) else None
    return Follow(topic, named, since if isinstance(since, str) else None)


@strawberry.type(
    description="What can be followed, over WebSocket (graphql-transport-ws) or Server-Sent Events. "
    "Each message shows what the viewer sees at that moment; what they do not see is not told. "
    "Changes of one thing that are waiting together come as one message."
)
class Subscription:
    @strawberry.subscription(description="Tasks that change.")  # type: ignore[untyped-decorator]
    async def task_changed(
        self, info: Info, unit_id: UnitId = strawberry.UNSET, since: Since = strawberry.UNSET
    ) -> AsyncIterator[TaskChange]:
        return await _follow(
            info,
            _wanted(Topic.TASK, unit_id, since),
            TaskChange,
            lambda told: {"kind": told.change.kind, "task": told.subject_id},
        )

    @strawberry.subscription(description="Journeys that change, with their pain points.")  # type: ignore[untyped-decorator]
    async def journey_changed(
        self, info: Info, unit_id: UnitId = strawberry.UNSET, since: Since = strawberry.UNSET
    ) -> AsyncIterator[JourneyChange]:
        return await _follow(
            info,
            _wanted(Topic.JOURNEY, unit_id, since),
            JourneyChange,
            lambda told: {"kind": told.change.kind, "journey": told.subject_id},
        )

    @strawberry.subscription(description="Figures of completion that change.")  # type: ignore[untyped-decorator]
    async def completion_changed(
        self, info: Info, unit_id: UnitId = strawberry.UNSET, since: Since = strawberry.UNSET
    ) -> AsyncIterator[CompletionChange]:
        return await _follow(
            info,
            _wanted(Topic.COMPLETION, unit_id, since),
            CompletionChange,
            lambda told: {"unit": told.subject_id},
        )

    @strawberry.subscription(description="The viewer's own notices, as they come.")  # type: ignore[untyped-decorator]
    async def notice_received(
        self, info: Info, since: Since = strawberry.UNSET
    ) -> AsyncIterator[NoticeReceived]:
        return await _follow(
            info,
            _wanted(Topic.NOTICE, None, since),
            NoticeReceived,
            lambda told: {"notice": told.subject_id},
        )
