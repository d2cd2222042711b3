"""The programme: steps, measures, initiatives."""

from datetime import date
from typing import Annotated

import strawberry

from jejak.graphql.completion import Completion, completion_for
from jejak.graphql.event import HistoryEntry, history
from jejak.graphql.node import Node, global_id
from jejak.graphql.reading import Connection, Field, column, entity, everyone, expression, many, one, page
from jejak.graphql.task import Task, TaskFilter, TaskOrder
from jejak.graphql.vocabulary import Alignment, UnitKind

TITLE = "Title in the person's language."


def _title(field: Field) -> str:
    return field.statement.title(field.t)


@entity("measure", everyone, "A strategic measure of a step.")
class Measure(Node):
    id: strawberry.ID = global_id("Measure")
    title: str = expression(_title, TITLE)
    title_id: str = column("Official Indonesian title.")
    title_en: str = column("English title.")


@entity("initiative", everyone, "What is carried out: every task is under one of these.")
class Initiative(Node):
    id: strawberry.ID = global_id("Initiative")
    code: str = column("`1.1` to `10.3`.")
    title: str = expression(_title, TITLE)
    title_id: str = column("Official Indonesian title.")
    title_en: str = column("English title.")
    weight: int = column("Share within its step.")
    scope: list[UnitKind] = expression("to_json({t}.scope)", "The kinds of unit that carry it out.")
    evidence_required: bool = column("Whether a task needs evidence before it is submitted.")
    step: Annotated["Step", strawberry.lazy("jejak.graphql.programme")] = one(
        "{u}.id = {t}.step_id", "Its step."
    )
    tasks: Connection[Task] = page(
        "{u}.initiative_id = {t}.id",
        "Its tasks, where the viewer sees them.",
        order=TaskOrder,
        filters=TaskFilter,
    )
    completion: Completion | None = completion_for(
        "i.id",
        "How far it has come at a unit; null where the viewer does not see the unit.",
    )


@entity("step", everyone, "One of the ten strategic steps.")
class Step(Node):
    id: strawberry.ID = global_id("Step")
    number: int = column("1 to 10.")
    title: str = expression(_title, TITLE)
    title_id: str = column("Official Indonesian title.")
    title_en: str = column("English title.")
    aligned_with: list[Alignment] = expression(
        "to_json({t}.aligned_with)",
        "What it serves.",
    )
    weight: int = column("Share within the programme.")
    measures: list[Measure] = many("{u}.step_id = {t}.id", "{u}.position", "Strategic measures.")
    initiatives: list[Initiative] = many("{u}.step_id = {t}.id", "{u}.position", "What is carried out.")
    tasks: Connection[Task] = page(
        "{u}.initiative_id in (select i.id from initiative i where i.step_id = {t}.id)",
        "Tasks under its initiatives, where the viewer sees them.",
        order=TaskOrder,
        filters=TaskFilter,
    )
    completion: Completion | None = completion_for(
        "i.step_id",
        "How far it has come at a unit; null where the viewer does not see the unit.",
    )


@entity("programme", everyone, "The CX100 programme.")
class Programme(Node):
    id: strawberry.ID = global_id("Programme")
    code: str = column("`CX100`.")
    title: str = expression(_title, TITLE)
    title_id: str = column("Official Indonesian title.")
    title_en: str = column("English title.")
    ends_on: date | None = column("Its last day; null while none is set.")
    version: int = column("To be named as `expectedVersion` by the next change.")
    steps: list[Step] = many("{u}.programme_id = {t}.id", "{u}.number", "The ten steps.")
    history: Connection[HistoryEntry] = history()
    completion: Completion | None = completion_for(
        None, "How far it has come at a unit; null where the viewer does not see the unit."
    )
