"""GraphQL over Server-Sent Events, in the mode of distinct connections: one operation a request."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterable
from typing import Any

import orjson
import strawberry
from litestar.datastructures import Headers
from litestar.response import Stream
from strawberry.types.graphql import OperationType

from jejak.api.answers import Answer, answers, begun
from jejak.api.asked import Asked
from jejak.api.auth import RequestContext, by_quality
from jejak.domain.errors import Code
from jejak.domain.tail import Tail

EVENT_STREAM = "text/event-stream"
# Less than what proxies wait for.
KEEP_ALIVE_SECONDS = 15.0
_KEEP_ALIVE = b":\n\n"
# Without `data` a browser would not see the event.
_COMPLETE = b"event: complete\ndata:\n\n"


def wanted(headers: Headers) -> bool:
    """Whether the client prefers events to any other answer."""
    return by_quality(headers.get("accept", ""))[:1] == (EVENT_STREAM,)


async def respond(
    schema: strawberry.Schema, context: RequestContext, asked: Asked, allowed: Iterable[OperationType]
) -> Stream:
    """The stream is answered once the operation has begun: what happens from then on is in it."""
    assert context.tail is not None  # noqa: S101 -- a stream can be followed
    results = answers(schema, context, asked, allowed)
    first = await begun(results, context)
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    # What is answered already says itself where it stands, or that it begins nowhere.
    begin = None if first.done() else context.event_id
    return Stream(_events(results, first, context.tail, begin), media_type=EVENT_STREAM, headers=headers)


async def _events(
    results: AsyncGenerator[Answer, None],
    answer: asyncio.Future[Answer | None],
    tail: Tail,
    begin: str | None,
) -> AsyncGenerator[bytes, None]:
    ended = asyncio.ensure_future(tail.ended())
    try:
        # Where it begins: a browser that is cut off before the first event comes back to here.
        yield f"id: {begin}\n\n".encode() if begin else _KEEP_ALIVE
        while True:
            waiting: set[asyncio.Future[Any]] = {answer, ended}
            done, _ = await asyncio.wait(
                waiting, timeout=KEEP_ALIVE_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            if ended in done:
                # Without `complete`: the client is to come back, to another process.
                return
            if not done:
                yield _KEEP_ALIVE
                continue
            given = answer.result()
            if given is None:
                yield _COMPLETE
                return
            yield _event(given)
            answer = asyncio.ensure_future(anext(results, None))
    finally:
        ended.cancel()
        answer.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await answer
        await results.aclose()


def _event(answer: Answer) -> bytes:
    # An empty one where it is gone: a browser that comes back by itself must not ask for it again.
    event_id = "" if Code.GONE in answer.codes else answer.event_id
    named = b"" if event_id is None else f"id: {event_id}\n".encode()
    return b"event: next\n" + named + b"data: " + orjson.dumps(answer.body) + b"\n\n"
