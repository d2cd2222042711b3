"""Finding journeys, pain points and tasks by their words."""

from enum import Enum
from typing import Any

import strawberry

from jejak.domain import search
from jejak.graphql.filters import one_of, under
from jejak.graphql.journey import Journey
from jejak.graphql.pain_point import PainPoint
from jejak.graphql.reading import Field, Key, column, entity, expression, one, page, within
from jejak.graphql.reading.declare import REQUIRED
from jejak.graphql.task import Task
from jejak.graphql.unit import Unit
from jejak.graphql.vocabulary import SearchKind


@entity("search_entry", within("unit_id"), "A journey, pain point or task that was found by its words.")
class SearchHit:
    kind: SearchKind = column("What was found.")
    title: str = expression(
        lambda field: search.title(field.t), "Its title; for a pain point how its description begins."
    )
    excerpt: str = expression(
        lambda field: search.excerpt(field.t),
        "The part of its text where the words stand, as plain text, each word found between « and »; "
        "how it begins where they stand in the title alone.",
    )
    unit: Unit = one("{u}.id = {t}.unit_id", "At which unit.")
    journey: Journey | None = one(
        "{u}.id = {t}.id and {t}.kind = 'JOURNEY'", "The journey, if it is one that was found."
    )
    pain_point: PainPoint | None = one(
        "{u}.id = {t}.id and {t}.kind = 'PAIN_POINT'", "The pain point, if it is one that was found."
    )
    task: Task | None = one("{u}.id = {t}.id and {t}.kind = 'TASK'", "The task, if it is one that was found.")


class SearchOrder(Enum):
    BEST_FIRST = (
        Key("{u}.rank", "integer", descending=True),
        Key("{u}.created_at", "timestamptz", descending=True),
        Key("{u}.id", "uuid", descending=True),
    )


def _where(field: Field) -> str:
    conditions = [
        *under(field, "unit_id", field.args["unit_id"], "unit_id"),
        *one_of(field, "kind", field.args["kinds"], "kinds"),
    ]
    return " and ".join(conditions) or "true"


def _rows(field: Field) -> str:
    # What the words are decides how they are looked for.
    text = field.statement.known(field.args["text"])
    wanted = search.wanted(text, lambda words: field.statement.param(words, "text"))
    return search.found(wanted)


def searched() -> Any:
    """Hits from all that the viewer sees."""
    return page(
        _where,
        "Journeys, pain points and tasks that hold these words, in any Indonesian form of them; the last word may be "
        'unfinished. `"an exact phrase"`, `-unwanted` and `or` work as in search engines. The best match first, then '
        "the latest. No hit where there is nothing to look for.",
        order=SearchOrder,
        rows=_rows,
        arguments={
            "text": (str, REQUIRED, "What to look for, at most 200 characters."),
            "unit_id": (strawberry.ID | None, strawberry.UNSET, "Only at this unit and everything below it."),
            "kinds": (list[SearchKind] | None, strawberry.UNSET, "Only hits of these kinds."),
        },
    )
