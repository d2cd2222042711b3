"""Pain points."""

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from jejak.domain import access, pain_point, pain_point_rules, sla
from jejak.graphql.event import HistoryEntry, history
from jejak.graphql.filters import any_of, given, holds, is_it, is_key, moments, under
from jejak.graphql.journey import Journey, Stage
from jejak.graphql.likeness import SimilarPainPoint, similar
from jejak.graphql.node import Node, global_id
from jejak.graphql.reading import (
    Connection,
    Field,
    Key,
    column,
    entity,
    everyone,
    expression,
    many,
    one,
    within,
)
from jejak.graphql.sla import Sla, sla_of_pain_point
from jejak.graphql.vocabulary import Category, PainPointState, Parameter, Service, enum

if TYPE_CHECKING:
    from jejak.graphql.assessment import AssessmentScore
    from jejak.graphql.issue import Issue
    from jejak.graphql.task import Task
    from jejak.graphql.unit import Unit


@entity("pain_point", within("unit_id", region="region_id"), "What hurt in a stage of a journey.")
class PainPoint(Node):
    id: strawberry.ID = global_id("PainPoint")
    description: str = column("What hurt.")
    category: Category = column("CX100 category.")
    parameter: Parameter = column("Which of the 3E.")
    severity: int = column("How bad, 1 to 5.")
    reach: int = column("How many customers it meets, 1 to 5.")
    priority: int = expression(pain_point_rules.priority("{t}"), "Severity x reach, 1 to 25.")
    state: PainPointState = expression(
        pain_point.state("{t}"), "Follows from its tasks, until it is closed or dismissed."
    )
    decision_reason: str | None = column("Why it was dismissed.")
    pause_reason: str | None = column("Why its clock stands still.")
    sla: Sla | None = sla_of_pain_point()
    version: int = column("To be named as `expectedVersion` by the next change.")
    created_at: datetime = column("When it was recorded.")
    unit: Annotated["Unit", strawberry.lazy("jejak.graphql.unit")] = one(
        "{u}.id = {t}.unit_id", "At which unit."
    )
    journey: Journey = one("{u}.id = {t}.journey_id", "In which journey.")
    stage: Stage = one("{u}.id = {t}.stage_id", "In which part of it.")
    tasks: list[Annotated["Task", strawberry.lazy("jejak.graphql.task")]] = many(
        "true",
        "{u}.created_at, {u}.id",
        "What is done about it, where the viewer sees it: its own tasks, and those by which its issue is fixed at its unit.",
        rows=lambda field: pain_point_rules.tasks_of(field.t),
    )
    finding: Annotated["AssessmentScore", strawberry.lazy("jejak.graphql.assessment")] | None = one(
        "{u}.id = {t}.assessment_score_id", "The finding of a mystery shopper that it was."
    )
    issue: Annotated["Issue", strawberry.lazy("jejak.graphql.issue")] | None = one(
        "{u}.id = {t}.issue_id", "Of which issue it is one of many; null where of none.", sees=everyone
    )
    similar: list[SimilarPainPoint] = similar()
    history: Connection[HistoryEntry] = history()


class PainPointOrder(Enum):
    WORST_FIRST = (
        Key("({u}.severity * {u}.reach)", "integer", descending=True),
        Key("{u}.id", "uuid", descending=True),
    )
    SLA_FIRST = (
        Key(
            lambda _, u: (
                f"(case when {u}.paused_at is null and {sla.point_ended_at(u)} is null then 0 else 1 end)"
            ),
            "integer",
        ),
        Key("coalesce({u}.due_at, '9999-01-01Z')", "timestamptz"),
        Key("{u}.id", "uuid"),
    )
    NEWEST_FIRST = (
        Key("{u}.created_at", "timestamptz", descending=True),
        Key("{u}.id", "uuid", descending=True),
    )


enum(
    PainPointOrder,
    "Order of pain points.",
    WORST_FIRST="Highest priority first.",
    SLA_FIRST="Those whose clock runs, the nearest deadline first; then the others.",
    NEWEST_FIRST="Latest first.",
)


@strawberry.input(description="Which pain points.")
class PainPointFilter:
    unit_id: strawberry.ID | None = given("Of this unit and everything below it.")
    services: list[Service] | None = given("In journeys of these services.")
    categories: list[Category] | None = given("Of these categories.")
    parameters: list[Parameter] | None = given("Of these of the 3E.")
    states: list[PainPointState] | None = given("In these states.")
    priority_at_least: int | None = given("Whose priority is this or higher.")
    journey_id: strawberry.ID | None = given("In this journey.")
    owner_id: strawberry.ID | None = given("With a task of this owner.")
    created_from: datetime | None = given("Recorded at this moment or later.")
    created_to: datetime | None = given("Recorded before this moment.")
    breached: bool | None = given("Only those whose deadline has (or has not) passed while the clock ran.")
    paused: bool | None = given("Only those whose clock is (or is not) paused.")
    text: str | None = given("Whose description holds this.")

    def where(self, field: Field) -> list[str]:
        return [
            *under(field, "unit_id", self.unit_id),
            *self._placed(field),
            *any_of(
                field,
                self,
                services="(select j.service from journey j where j.id = {u}.journey_id)",
                categories="{u}.category",
                parameters="{u}.parameter",
                states=pain_point.state("{u}"),
            ),
            *is_it(lambda: sla.point_breached(field.u, field.statement.now), wanted=self.breached),
            *is_it(sla.point_paused(field.u), wanted=self.paused),
            *moments(field, "created_at", self.created_from, self.created_to),
            *holds(field, ("description",), self.text),
        ]

    def _placed(self, field: Field) -> list[str]:
        conditions = is_key(field, "journey_id", "Journey", self.journey_id, within="journey")
        if self.priority_at_least is not None:
            least = field.statement.param(self.priority_at_least, "integer")
            conditions.append(f"{pain_point_rules.priority(field.u)} >= {least}")
        scope = access.seen("work.unit_id", field.statement.paths)
        for owned in is_key(field, "work.owner_id", "Person", self.owner_id, name="owner_id"):
            worked_on = pain_point_rules.with_tasks(f"work.status <> 'CANCELLED' and {scope} and {owned}")
            conditions.append(f"{field.u}.id in ({worked_on})")
        return conditions
