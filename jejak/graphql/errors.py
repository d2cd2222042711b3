"""Refusals as payload errors and as top-level errors; bugs masked under the request's id."""

import logging
from collections.abc import Iterator
from typing import Any

import strawberry
from graphql import GraphQLError, OperationDefinitionNode, ValueNode
from strawberry.exceptions import MissingQueryError
from strawberry.extensions import SchemaExtension
from strawberry.schema.exceptions import (
    CannotGetOperationTypeError,
    InvalidOperationTypeError,
)
from strawberry.types import ExecutionResult, StreamExecutionResult
from strawberry.types.graphql import OperationType

from jejak.domain import db, texts
from jejak.domain.errors import Code, Problem, Refused
from jejak.domain.vocabulary import Language
from jejak.graphql.context import Context
from jejak.graphql.vocabulary import ErrorCode

_log = logging.getLogger(__name__)


@strawberry.type(description="Why a mutation, or a row of one, was refused. Nothing of it has been done.")
class UserError:
    code: ErrorCode = strawberry.field(description="Stable; what a program switches on.")
    message: str = strawberry.field(description="What to show the person, in their language.")
    path: list[str] = strawberry.field(
        description='The input it is about, as `["input", "stages", "0", "emotion"]`.'
    )
    retry_after: int | None = strawberry.field(
        description="On TOO_MANY_ATTEMPTS: the seconds to wait before the next one.", default=None
    )


def extensions(context: Context) -> dict[str, Any]:
    """What an answer tells beside `data` and `errors`."""
    told: dict[str, Any] = {"cost": context.cost.told()}
    execution = context.execution
    if execution.told:
        told["executor"] = (
            {"ran": "compiled"} if execution.compiled else {"ran": "ordinary", "why": execution.why}
        )
    return told


def camel(part: str | int) -> str:
    head, *tail = str(part).split("_")
    return head + "".join(word.title() for word in tail)


def user_errors(refused: Refused, language: Language) -> list[UserError]:
    return [
        UserError(
            code=problem.code,
            message=texts.message(problem, language),
            path=["input", *(camel(part) for part in problem.path)],
            retry_after=problem.values.get("seconds"),
        )
        for problem in refused.problems
    ]


class OneOperation(SchemaExtension):
    """A document with several operations must say which: the first is not a better guess than the others."""

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        document = context.graphql_document
        operations = (
            [d for d in document.definitions if isinstance(d, OperationDefinitionNode)] if document else []
        )
        if len(operations) > 1 and not context._provided_operation_name:  # noqa: SLF001 -- what the request named
            context.pre_execution_errors = [GraphQLError("name one of the operations by `operationName`")]
        yield


class CodedErrors(SchemaExtension):
    """Gives every top-level error `extensions.code`; what is not a refusal and not a broken request is masked."""

    def on_operation(self) -> Iterator[None]:
        try:
            yield
        except (CannotGetOperationTypeError, InvalidOperationTypeError, MissingQueryError):
            raise
        except Exception as error:
            # Outside of every resolver, as a limit or a bug in a validation rule: Strawberry would show its own words.
            raise coded(
                GraphQLError(str(error), original_error=error), self.execution_context.context
            ) from error
        result = self.execution_context.result
        errors = getattr(result, "errors", None)
        if errors:
            result.errors = [coded(error, self.execution_context.context) for error in errors]  # type: ignore[union-attr]

    def on_execute(self) -> Iterator[None]:
        context: Any = self.execution_context.context
        context.follows = self.execution_context.operation_type is OperationType.SUBSCRIPTION
        if not context.follows:
            context.begun.set()
        yield
        # Of a subscription: its place in the feed has been found, or it was refused.
        context.begun.set()

    def on_stream_result(self, result: StreamExecutionResult) -> Iterator[None]:
        if isinstance(result, ExecutionResult) and result.errors:
            result.errors = [coded(error, self.execution_context.context) for error in result.errors]
        yield

    def get_results(self) -> dict[str, Any]:
        context: Any = self.execution_context.context
        return extensions(context)


def coded(error: GraphQLError, context: Context) -> GraphQLError:
    """The error as a client sees it."""
    refused = _cause(error)
    if refused is not None:
        problem = refused.problems[0]
        extensions: dict[str, Any] = {"code": problem.code.value}
        if problem.path:
            extensions["input"] = [camel(part) for part in problem.path]
        return _copy(error, texts.message(problem, context.language), extensions)
    if isinstance(error.original_error, TimeoutError):
        _log.warning("request %s: a statement took too long", context.request_id)
        problem = Problem(Code.TIMED_OUT)
        return _copy(error, texts.message(problem, context.language), {"code": problem.code.value})
    if db.is_away(error.original_error):
        _log.warning("request %s: the database is out of reach: %r", context.request_id, error.original_error)
        problem = Problem(Code.UNAVAILABLE)
        return _copy(error, texts.message(problem, context.language), {"code": problem.code.value})
    if _is_of_the_request(error):
        return _copy(error, error.message, {"code": Code.BAD_REQUEST.value})
    return _masked(error, context)


def _masked(error: GraphQLError, context: Context) -> GraphQLError:
    _log.error("request %s failed", context.request_id, exc_info=db.without_rows(error.original_error))
    problem = Problem(Code.INTERNAL, values={"request_id": context.request_id})
    extensions = {"code": Code.INTERNAL.value, "requestId": context.request_id}
    return _copy(error, texts.message(problem, context.language), extensions)


def _is_of_the_request(error: GraphQLError) -> bool:
    """What the request itself got wrong: no Python exception is behind it, or one raised while reading a value of it."""
    cause = error.original_error
    if isinstance(cause, GraphQLError) and cause.nodes:
        # An argument's value, as null from a variable. What a field answers wrongly points at the field.
        return isinstance(cause.nodes[0], ValueNode)
    return cause is None or (
        error.path is None
        and isinstance(
            cause,
            GraphQLError | ValueError | TypeError | CannotGetOperationTypeError | InvalidOperationTypeError,
        )
    )


def _cause(error: BaseException | None) -> Refused | None:
    while error is not None:
        if isinstance(error, Refused):
            return error
        error = getattr(error, "original_error", None) or error.__cause__
    return None


def _copy(error: GraphQLError, message: str, extensions: dict[str, Any]) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )
