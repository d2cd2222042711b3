"""What all bulk mutations share: an answer for every row of the input, in its order."""

import typing
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import strawberry

from jejak.domain import access
from jejak.domain.bulk import Done
from jejak.domain.errors import Problem, Refused
from jejak.domain.vocabulary import Language
from jejak.graphql.context import Info
from jejak.graphql.errors import UserError, user_errors
from jejak.graphql.mutation import as_it_is, done, field, given, number_of_rows, translate
from jejak.graphql.reading import answers
from jejak.graphql.reading.schema import rehearse
from jejak.graphql.vocabulary import ErrorPolicy

DRY_RUN = "Only say what would be done: nothing is written."


def error_policy() -> Any:
    return given("What becomes of the good rows where others are bad.", ErrorPolicy.REJECT_EVERYTHING)


def results() -> Any:
    return answers(
        "One for each row of the input, in its order; empty where the call as a whole was refused."
    )


def outcome() -> Any:
    return strawberry.field(
        description="What was done, or would be; null where nothing was or would be.", default=None
    )


def written(more: str = "") -> Any:
    return strawberry.field(description=f"How many rows were done.{more}", default=0)


def row_errors() -> Any:
    return strawberry.field(
        description="What is wrong with this row. Empty as well for a good row that was not written because "
        "others are bad.",
        default_factory=list,
    )


def call_errors() -> Any:
    return strawberry.field(
        description="What is wrong with the call as a whole; what is wrong with rows stands with them.",
        default_factory=list,
    )


def bulk_mutation(  # noqa: PLR0917 -- a declaration, read top to bottom
    takes: type,
    change: type,
    act: Callable[..., Awaitable[Done[Any]]],
    payload: type,
    rows: str,
    shows: Callable[[Any], dict[str, Any]],
    description: str,
    *,
    current: str | None = None,
    tells: Callable[[Done[Any]], dict[str, Any]] | None = None,
) -> Any:
    """`rows` names the list of the input. `shows` says what of a row's result its answer holds.

    `current` names what a row is about: a refusal of the row shows it as it is. `tells`: what else the payload says of all rows.
    """
    result = _type_of_results(payload)

    async def resolve(info: Info, input: Any) -> Any:  # noqa: A002 -- Relay's name
        viewer = access.signed_in(info.context.viewer)
        rehearse(info.schema, info._raw_info, number_of_rows(input))  # noqa: SLF001
        try:
            made = await done(act, viewer, translate(input, change))
        except Refused as refused:
            made = Done({}, refused.problems)
        wrong: dict[int | None, list[Problem]] = {}
        for problem in made.problems:
            wrong.setdefault(_row_of(problem, rows), []).append(problem)
        language = info.context.language
        answered = [
            result(errors=_told(wrong.get(n, ()), language), **shows(made.made[n]))
            if n in made.made
            else result(
                errors=_told(wrong.get(n, ()), language),
                **as_it_is(row, result, current if n in wrong else None),
            )
            for n, row in enumerate(getattr(input, rows))
        ]
        return payload(
            results=[] if None in wrong else answered,
            count=len(made.made),
            errors=_told(made.problems if None in wrong else (), language),
            **(tells(made) if tells else {}),
        )

    return field(resolve, takes, payload, description)


def _type_of_results(payload: type) -> Any:
    (result,) = typing.get_args(typing.get_type_hints(payload)["results"])
    return result


def _row_of(problem: Problem, rows: str) -> int | None:
    """The place of the row that a problem is about; None where it is about the call."""
    match problem.path:
        case (name, int(position), *_) if name == rows:
            return position
    return None


def _told(problems: Iterable[Problem], language: Language) -> list[UserError]:
    every = list(problems)
    return user_errors(Refused.because(every), language) if every else []
