"""The answers to one operation, for what can carry several: a subscription has any number, all else one."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from jejak.api.asked import Asked
from jejak.api.auth import RequestContext
from jejak.domain.errors import Code


@dataclass(frozen=True, slots=True)
class Answer:
    """`refused`: nothing was executed, or no longer is. `event_id` is what a client that comes back was told last."""

    body: dict[str, Any]
    refused: bool
    codes: frozenset[str]
    event_id: str | None


async def answers(
    schema: strawberry.Schema,
    context: RequestContext,
    asked: Asked,
    allowed: Iterable[OperationType] = tuple(OperationType),
) -> AsyncGenerator[Answer, None]:
    results: Any = await schema.stream(
        asked.query,
        variable_values=asked.variables,
        operation_name=asked.operation_name,
        context_value=context,
        allowed_operation_types=allowed,
    )
    try:
        async with aclosing(results):
            async for result in results:
                answer = answer_of(result, context.event_id)
                # What was seen when the event was looked at and is not when it is shown: as if nothing had happened.
                if answer.refused or result.data is not None or answer.codes != {Code.NOT_FOUND}:
                    yield answer
    except GraphQLError as error:
        # Of a limit, before anything was read or run.
        yield answer_of(PreExecutionError(data=None, errors=[error]), context.event_id)


async def begun(
    results: AsyncGenerator[Answer, None], context: RequestContext
) -> "asyncio.Future[Answer | None]":
    """The first answer, to come, of an operation that is in force; all of one that is not a subscription.

    None where there is no answer any more. Cancelled, it leaves nothing behind.
    """
    first = asyncio.ensure_future(anext(results, None))
    start = asyncio.ensure_future(context.begun.wait())
    try:
        await asyncio.wait({first, start}, return_when=asyncio.FIRST_COMPLETED)
        if not context.follows:
            await asyncio.wait({first})
    except asyncio.CancelledError:
        first.cancel()
        await asyncio.wait({first})
        await results.aclose()
        raise
    finally:
        start.cancel()
    return first


def answer_of(result: ExecutionResult, event_id: str | None = None) -> Answer:
    """A request error has no `data`; an execution error has, be it null."""
    errors = [error.formatted for error in result.errors or ()]
    body: dict[str, Any] = {"errors": errors} if errors else {}
    refused = isinstance(result, PreExecutionError) or (
        bool(errors) and not any("path" in error for error in errors)
    )
    if not refused:
        body["data"] = result.data
    if result.extensions:
        body["extensions"] = result.extensions
    codes = frozenset(str(error["extensions"]["code"]) for error in errors)
    return Answer(body, refused, codes, event_id)
