"""What is like a thing by its text, as suggestions for a person."""

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from jejak.domain import access, similarity
from jejak.domain.access import Sight
from jejak.domain.errors import Code, Refused
from jejak.domain.similarity import SeenAt
from jejak.graphql.reading import Field, entity, everyone, expression, many, one

if TYPE_CHECKING:
    from jejak.graphql.pain_point import PainPoint


Arguments = dict[str, tuple[Any, Any, str]]


def first_of(most: int, usual: int) -> Arguments:
    """The argument of a list that is short and has no pages."""
    return {"first": (int, usual, f"How many, 1 to {most}.")}


def at_most(field: Field, most: int) -> str:
    """The placeholder for its value. Refuses OUT_OF_RANGE."""

    def told(number: int) -> int:
        if not 1 <= number <= most:
            raise Refused(Code.OUT_OF_RANGE, "first", least=1, most=most)
        return number

    return field.statement.param(field.args["first"], "integer", convert=told)


def seen_at(field: Field) -> SeenAt:
    paths = field.statement.paths

    def sight(unit_id: str) -> Sight:
        return access.seen(unit_id, paths)

    return sight


@entity("pain_point", everyone, "A pain point whose text is like another: a suggestion, and nothing more.")
class SimilarPainPoint:
    similarity: Decimal = expression(
        "round({t}.similarity::numeric, 2)::text", "How alike the texts are, 0 to 1, two decimals."
    )
    pain_point: Annotated["PainPoint", strawberry.lazy("jejak.graphql.pain_point")] = one(
        "{u}.id = {t}.id", "Which pain point.", sees=everyone
    )


def similar() -> Any:
    """For the pain point that the field hangs on."""
    return many(
        "true",
        "{u}.similarity desc, {u}.id",
        "Pain points of the same category whose descriptions are alike, where the viewer sees them.",
        rows=lambda field: similarity.to_point(
            field.t, seen_at(field), at_most(field, similarity.MOST_SHOWN)
        ),
        arguments=first_of(similarity.MOST_SHOWN, 5),
    )
