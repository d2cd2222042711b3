"""R9: what mystery shoppers look at."""

from datetime import datetime

import strawberry

from jejak.graphql.event import HistoryEntry, history
from jejak.graphql.node import Node, global_id
from jejak.graphql.person import Person
from jejak.graphql.programme import TITLE
from jejak.graphql.reading import Connection, Field, column, entity, everyone, expression, many, one
from jejak.graphql.vocabulary import Category, Parameter, Service, Touchpoint


def title(field: Field) -> str:
    return field.statement.title(field.t)


@entity("assessment_item", everyone, "What a mystery shopper scores.")
class AssessmentItem:
    code: str = column("Short, unique in its template; by it items of two templates are the same.")
    title: str = expression(title, TITLE)
    title_id: str = column("Indonesian title.")
    title_en: str = column("English title.")
    weight: int = column("Its share: a score is the mean of the items' scores, weighted by it.")
    category: Category = column("CX100 category of a pain point that it comes to.")
    parameter: Parameter = column("Which of the 3E, likewise.")


@entity("assessment_dimension", everyone, "A stage of the journey that is assessed.")
class AssessmentDimension:
    position: int = column("1, 2, 3 ...")
    code: str = column("Short, unique in its template.")
    title: str = expression(title, TITLE)
    title_id: str = column("Indonesian title.")
    title_en: str = column("English title.")
    touchpoint: Touchpoint = column("Where the customer meets PLN.")
    target_minutes: int | None = column(
        "Within how many minutes after the report somebody is to arrive; null where nothing is timed."
    )
    weight: int = expression(
        "(select sum(i.weight) from assessment_item i where i.dimension_id = {t}.id)",
        "That of its items together.",
    )
    items: list[AssessmentItem] = many("{u}.dimension_id = {t}.id", "{u}.position", "Its items, in order.")


@entity(
    "assessment_template",
    everyone,
    "What mystery shoppers look at. It never changes: a change is another version.",
)
class AssessmentTemplate(Node):
    id: strawberry.ID = global_id("AssessmentTemplate")
    code: str = column("The same for all its versions.")
    version: int = column("1 for the first; to be named as `expectedVersion` by the next one.")
    title: str = expression(title, TITLE)
    title_id: str = column("Indonesian title.")
    title_en: str = column("English title.")
    service: Service = column("The service whose journey is assessed.")
    weight: int = expression(
        "(select sum(i.weight) from assessment_item i where i.template_id = {t}.id)",
        "That of all items together, often 100.",
    )
    created_by: Person | None = one(
        "{u}.id = {t}.created_by", "Who made it; null for what came with the service.", sees=everyone
    )
    created_at: datetime = column("When it was made.")
    dimensions: list[AssessmentDimension] = many(
        "{u}.template_id = {t}.id", "{u}.position", "Its stages, in order."
    )
    history: Connection[HistoryEntry] = history()
