"""Issues: what many units suffer from alike."""

from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import strawberry

from jejak.domain import access, issue_figures, issue_scope, similarity
from jejak.domain.access import Sight
from jejak.graphql.event import HistoryEntry, history
from jejak.graphql.filters import any_of, given, holds, moments, one_of, under, where_any
from jejak.graphql.likeness import SimilarPainPoint, at_most, first_of, seen_at
from jejak.graphql.node import Node, global_id
from jejak.graphql.pain_point import PainPoint, PainPointFilter, PainPointOrder
from jejak.graphql.person import Person
from jejak.graphql.reading import (
    Connection,
    Field,
    Key,
    Statement,
    column,
    entity,
    everyone,
    expression,
    many,
    one,
    page,
)
from jejak.graphql.rollout import Rollout, RolloutFilter, RolloutOrder
from jejak.graphql.task import Task, TaskFilter, TaskOrder
from jejak.graphql.unit import Unit, UnitFilter, UnitOrder
from jejak.graphql.vocabulary import Category, IssueStatus, enum


def issue_seen(statement: Statement, alias: str) -> Sight:
    return access.issue_seen(f"{alias}.id", statement.paths)


@entity(
    "issue",
    everyone,
    "How large an issue is and how far its fixes have come, by what the viewer sees; dismissed pain points and cancelled tasks are left out.",
)
class IssueFigures:
    priority_sum: int = expression("{t}.priorities", "Sum of severity x reach.")
    pain_points: int = expression("{t}.pain_points", "Its pain points.")
    resolved: int = expression("{t}.resolved", "Those of them that are resolved or closed.")
    units: int = expression("{t}.units", "Units that they are of.")
    affected_units: int = expression("{t}.affected", "Units where one is neither resolved nor decided on.")
    tasks: int = expression("{t}.tasks", "Tasks of the rollouts that fix it.")
    verified_tasks: int = expression("{t}.verified_tasks", "Those of them that are verified.")
    verified: Decimal | None = expression(
        "{t}.verified::text", "Percent of the tasks that are verified, two decimals; null without tasks."
    )


def _affected(field: Field) -> str:
    return f"""exists (select from pain_point p
        where p.issue_id = {field.t}.id and p.unit_id = {field.u}.id and {issue_scope.still_there("p")})"""


def _suggestions(field: Field) -> str:
    return similarity.to_issue(field.t, seen_at(field), at_most(field, similarity.MOST_SHOWN))


@entity("issue", issue_seen, "Pain points of many units that are the same problem.")
class Issue(Node):
    id: strawberry.ID = global_id("Issue")
    title: str = column("The problem.")
    description: str = column("In detail.")
    category: Category = column("CX100 category.")
    status: IssueStatus = column("Whether it is worked on.")
    close_reason: str | None = column("Why it was closed; null while it is open.")
    closed_at: datetime | None = column("When it was closed; null while it is open.")
    version: int = column("To be named as `expectedVersion` by the next change.")
    created_at: datetime = column("When it was opened.")
    updated_at: datetime = column("When it was last changed.")
    created_by: Person | None = one(
        "{u}.id = {t}.created_by", "Who opened it; null for the service itself.", sees=everyone
    )
    figures: IssueFigures = one(
        "true",
        "How large it is, and how far its fixes have come.",
        rows=lambda field: issue_figures.of(field.t, seen_at(field)),
    )
    pain_points: Connection[PainPoint] = page(
        "{u}.issue_id = {t}.id",
        "Its pain points, where the viewer sees them.",
        order=PainPointOrder,
        filters=PainPointFilter,
    )
    affected_units: Connection[Unit] = page(
        _affected,
        "Units where one of its pain points is neither resolved nor decided on, where the viewer sees them.",
        order=UnitOrder,
        filters=UnitFilter,
    )
    rollouts: Connection[Rollout] = page(
        "{u}.issue_id = {t}.id",
        "Its fixes, where the viewer sees them.",
        order=RolloutOrder,
        filters=RolloutFilter,
    )
    tasks: Connection[Task] = page(
        "{u}.rollout_id in (select fix.id from rollout fix where fix.issue_id = {t}.id)",
        "The tasks of its fixes, where the viewer sees them.",
        order=TaskOrder,
        filters=TaskFilter,
    )
    suggestions: list[SimilarPainPoint] = many(
        "true",
        "{u}.similarity desc, {u}.id",
        "Pain points without an issue, of its category, whose descriptions are like its title or its worst pain points. Nothing joins by itself.",
        rows=_suggestions,
        arguments=first_of(similarity.MOST_SHOWN, 10),
    )
    history: Connection[HistoryEntry] = history()


class IssueOrder(Enum):
    NEWEST_FIRST = (
        Key("{u}.created_at", "timestamptz", descending=True),
        Key("{u}.id", "uuid", descending=True),
    )
    OLDEST_FIRST = (Key("{u}.created_at", "timestamptz"), Key("{u}.id", "uuid"))


enum(IssueOrder, "Order of issues.", NEWEST_FIRST="Latest first.", OLDEST_FIRST="Earliest first.")


@strawberry.input(description="Which issues.")
class IssueFilter:
    unit_id: strawberry.ID | None = given("With a pain point at this unit or below it.")
    categories: list[Category] | None = given("Of these categories.")
    statuses: list[IssueStatus] | None = given("In these states.")
    created_from: datetime | None = given("Opened at this moment or later.")
    created_to: datetime | None = given("Opened before this moment.")
    text: str | None = given("Whose title or description holds this.")

    def where(self, field: Field) -> list[str]:
        places = under(field, "p.unit_id", self.unit_id)
        return [
            *where_any(f"pain_point p where p.issue_id = {field.u}.id", places),
            *any_of(field, self, categories="{u}.category", statuses="{u}.status"),
            *moments(field, "created_at", self.created_from, self.created_to),
            *holds(field, ("title", "description"), self.text),
        ]


@entity("pain_point", everyone, "Pain points without an issue whose texts are alike: maybe one of many.")
class IssueSuggestion:
    category: Category = expression("{t}.category", "Their category.")
    priority_sum: int = expression("{t}.priorities", "Sum of severity x reach.")
    units: int = expression("{t}.units", "How many units they are of.")
    pain_points: list[SimilarPainPoint] = many(
        "true",
        "{u}.nth",
        "The worst first, then those that are like it, the most alike first.",
        rows="(select m.* from unnest({t}.ids, {t}.similarities) with ordinality m (id, similarity, nth))",
    )


def issue_suggestions() -> Any:
    def rows(field: Field) -> str:
        conditions = [
            *under(field, "p.unit_id", field.args["unit_id"], "unit_id"),
            *one_of(field, "p.category", field.args["categories"], "categories"),
        ]
        where = " and ".join(conditions) or "true"
        return similarity.groups(seen_at(field), where, at_most(field, similarity.MOST_SHOWN))

    return many(
        "true",
        "{u}.nth",
        "Groups of pain points without an issue whose descriptions are alike, among the 150 worst; the largest sum of priorities first.",
        rows=rows,
        arguments={
            "unit_id": (strawberry.ID | None, strawberry.UNSET, "Of this unit and everything below it."),
            "categories": (list[Category] | None, strawberry.UNSET, "Of these categories."),
            **first_of(similarity.MOST_SHOWN, 5),
        },
    )
