"""Queries of stored data, answered by the database alone. Whatever else there is the ordinary executor answers."""

import dataclasses
import logging
from collections.abc import AsyncIterator, Mapping
from typing import Any

import asyncpg
import orjson
from graphql import ExecutionResult, GraphQLError
from strawberry.extensions import SchemaExtension

from jejak.domain import clock, db
from jejak.domain.errors import Refused
from jejak.graphql.context import Context
from jejak.graphql.reading.operation import NotCompiled, Operation, Why, named
from jejak.graphql.reading.plan import Lapsed
from jejak.graphql.reading.request import Request

_log = logging.getLogger(__name__)


async def executed(
    operation: Operation, variables: Mapping[str, Any] | None, context: Context
) -> ExecutionResult:
    """A query's answer, its data as JSON already; what it cost stands in the context.

    Refuses, by NotCompiled, what it cannot answer, and whatever would be refused: that is worded in one place; by
    Lapsed, to answer to somebody who is no longer who they were.
    """
    if not operation.reads:
        raise NotCompiled(Why.OPERATION)
    if context.execution.ordinary:
        raise NotCompiled(Why.ASKED)
    if context.viewer is None:
        raise NotCompiled(Why.REFUSED)
    request = Request(context.viewer, context.language, operation.variables(variables), clock.now())
    plan = operation.plan(request, context.cost.limits)
    try:
        if plan.outside is not None:
            request = dataclasses.replace(request, outside=await plan.outside(context))
        found = await plan.read_still(request)
    except asyncpg.NotNullViolationError:
        raise NotCompiled(Why.NULL) from None
    except Refused:
        # A value that none may be, as an id of another type.
        raise NotCompiled(Why.REFUSED) from None
    except (NotCompiled, Lapsed):
        raise
    except Exception as error:
        if isinstance(error, TimeoutError) or db.is_away(error):
            # It would be so again.
            context.cost.rows = plan.rows
            return ExecutionResult(None, [GraphQLError(str(error), path=[plan.first], original_error=error)])
        # A bug, which the ordinary executor keeps from whatever else was asked, and names.
        _log.warning("request %s: the compiled statement failed: %r", context.request_id, error)
        raise NotCompiled(Why.FAILED) from error
    context.cost.rows = plan.rows
    context.execution.compiled = True
    return ExecutionResult(json_as_it_is(found), None)


def json_as_it_is(data: bytes) -> Any:
    """For `orjson.dumps`, which takes it over where it would write a value."""
    return orjson.Fragment(data)


class Compiled(SchemaExtension):
    """Puts the answer in the place of the ordinary executor's, where there is one."""

    async def on_execute(self) -> AsyncIterator[None]:
        execution = self.execution_context
        context: Any = execution.context
        if context.execution.why:
            # It was tried before.
            yield
            return
        try:
            operation = named(context.operations, execution.operation_name)
            execution.result = await executed(operation, execution.variables, context)
        except NotCompiled as other:
            context.execution.why = other.why
        except Lapsed:
            # Just now, for they were looked up a moment ago: as if this request had come a moment before.
            context.execution.why = Why.REFUSED
        yield
