"""Tasks and their evidence."""

from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from jejak.domain import access, pain_point_rules, sla, task_rules
from jejak.graphql.event import HistoryEntry, history
from jejak.graphql.filters import any_of, between, given, holds, is_it, is_key, key_param, under, where_any
from jejak.graphql.node import Node, global_id
from jejak.graphql.pain_point import PainPoint
from jejak.graphql.person import Person
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
from jejak.graphql.reminder import Escalation, Reminder, escalation, planned, snoozed_until
from jejak.graphql.sla import Sla, sla_of_task
from jejak.graphql.vocabulary import Category, Service, TaskStatus, UnitKind, enum

if TYPE_CHECKING:
    from jejak.graphql.alert import Alert
    from jejak.graphql.programme import Initiative
    from jejak.graphql.rollout import Rollout
    from jejak.graphql.unit import Unit


@entity("evidence", everyone, "What shows that a task's work was done.")
class Evidence:
    note: str = column("In words.")
    url: str | None = column("Where it can be looked at.")
    added_by: Person = one("{u}.id = {t}.added_by", "Who added it.", sees=everyone)
    added_at: datetime = column("When.")


def _overdue(field: Field, row: str) -> str:
    overdue = task_rules.overdue(row, "here", field.statement.now)
    return f"exists (select from unit here where here.id = {row}.unit_id and {overdue})"


@entity(
    "task",
    within("unit_id", region="region_id"),
    "A unit's follow-up, under one initiative, often for one pain point.",
)
class Task(Node):
    id: strawberry.ID = global_id("Task")
    title: str = column("What is to be done.")
    description: str = column("In detail.")
    status: TaskStatus = column("Where it stands.")
    status_reason: str | None = column("Why it was returned, blocked or cancelled.")
    progress: int = column("Percent, as reported.")
    weight: int = column("Share in completion, 1 to 1000.")
    due_on: date = column("The last day for it, in the unit's zone.")
    overdue: bool = expression(lambda field: _overdue(field, field.t), "Past its due date and not handed in.")
    sla: Sla | None = sla_of_task()
    version: int = column("To be named as `expectedVersion` by the next change.")
    created_at: datetime = column("When it was created.")
    updated_at: datetime = column("When it was last changed.")
    unit: Annotated["Unit", strawberry.lazy("jejak.graphql.unit")] = one(
        "{u}.id = {t}.unit_id", "Whose task it is."
    )
    initiative: Annotated["Initiative", strawberry.lazy("jejak.graphql.programme")] = one(
        "{u}.id = {t}.initiative_id", "Under which initiative."
    )
    pain_point: PainPoint | None = one(
        "{u}.id = {t}.pain_point_id", "For which pain point; null where the viewer does not see it."
    )
    rollout: Annotated["Rollout", strawberry.lazy("jejak.graphql.rollout")] | None = one(
        "{u}.id = {t}.rollout_id", "By which rollout it was given; null where by none.", sees=everyone
    )
    alert: Annotated["Alert", strawberry.lazy("jejak.graphql.alert")] | None = one(
        "{u}.id = {t}.alert_id", "For which early warning; null where the viewer does not see it."
    )
    owner: Person = one("{u}.id = {t}.owner_id", "Who answers for it.", sees=everyone)
    submitted_by: Person | None = one("{u}.id = {t}.submitted_by", "Who handed it in.", sees=everyone)
    verified_at: datetime | None = column("When it was verified.")
    verified_by: Person | None = one("{u}.id = {t}.verified_by", "Who verified it.", sees=everyone)
    evidence: list[Evidence] = many(
        "{u}.task_id = {t}.id", "{u}.added_at, {u}.id", "What shows that it was done."
    )
    reminders: list[Reminder] = planned()
    snoozed_until: date | None = expression(
        snoozed_until, "The day on which its owner's reminders speak again; null where they are not put off."
    )
    escalation: Escalation | None = escalation()
    history: Connection[HistoryEntry] = history()


class TaskOrder(Enum):
    DUE_FIRST = (Key("{u}.due_on", "date"), Key("{u}.id", "uuid"))
    NEWEST_FIRST = (
        Key("{u}.created_at", "timestamptz", descending=True),
        Key("{u}.id", "uuid", descending=True),
    )
    SLA_FIRST = (
        Key(
            lambda _, u: (
                f"(case when {u}.status in {task_rules.in_sql(task_rules.AT_WORK)} then 0 else 1 end)"
            ),
            "integer",
        ),
        Key("coalesce({u}.due_at, '9999-01-01Z')", "timestamptz"),
        Key("{u}.id", "uuid"),
    )
    LEAST_PROGRESS_FIRST = (Key("{u}.progress::integer", "integer"), Key("{u}.id", "uuid"))


enum(
    TaskOrder,
    "Order of tasks.",
    DUE_FIRST="Earliest due date first.",
    NEWEST_FIRST="Latest first.",
    SLA_FIRST="Those whose clock runs, the nearest deadline first; then the others.",
    LEAST_PROGRESS_FIRST="Least progress first.",
)


@strawberry.input(description="Which tasks.")
class TaskFilter:
    unit_id: strawberry.ID | None = given("Of this unit and everything below it.")
    initiative_id: strawberry.ID | None = given("Under this initiative.")
    pain_point_id: strawberry.ID | None = given("For this pain point.")
    rollout_id: strawberry.ID | None = given("Given by this rollout.")
    owner_id: strawberry.ID | None = given("Whose owner is this person.")
    mine: bool | None = given("Only those whose owner is (or is not) the viewer.")
    step_number: int | None = given("Under an initiative of this step.")
    unit_kinds: list[UnitKind] | None = given("Of units of these kinds.")
    services: list[Service] | None = given("For a pain point in a journey of one of these services.")
    categories: list[Category] | None = given("For a pain point of one of these categories.")
    statuses: list[TaskStatus] | None = given("In these states.")
    due_from: date | None = given("Due on this day or later.")
    due_to: date | None = given("Due on this day or earlier.")
    overdue: bool | None = given("Only those that are (or are not) overdue.")
    breached: bool | None = given("Only those whose deadline has (or has not) passed while the clock ran.")
    paused: bool | None = given("Only those whose clock stands still (or does not): blocked, or handed in.")
    text: str | None = given("Whose title or description holds this.")

    def where(self, field: Field) -> list[str]:
        return [
            *under(field, "unit_id", self.unit_id),
            *is_key(field, "initiative_id", "Initiative", self.initiative_id),
            *self._for(field),
            *is_key(field, "rollout_id", "Rollout", self.rollout_id),
            *is_key(field, "owner_id", "Person", self.owner_id),
            *is_it(lambda: f"{field.u}.owner_id = {field.statement.person}", wanted=self.mine),
            *any_of(field, self, statuses="{u}.status"),
            *where_any(
                f"unit here where here.id = {field.u}.unit_id", any_of(field, self, unit_kinds="here.kind")
            ),
            *self._about(field),
            *between(field, "due_on", self.due_from, self.due_to),
            *is_it(lambda: _overdue(field, field.u), wanted=self.overdue),
            *is_it(lambda: sla.task_breached(field.u, field.statement.now), wanted=self.breached),
            *is_it(sla.task_paused(field.u), wanted=self.paused),
            *holds(field, ("title", "description"), self.text),
        ]

    def _for(self, field: Field) -> list[str]:
        if self.pain_point_id is None:
            return []
        key = key_param(field.statement, self.pain_point_id, "PainPoint", "filter", "pain_point_id")
        scope = access.seen("named.unit_id", field.statement.paths)
        about = f"pain_point named cross join lateral {pain_point_rules.tasks_of('named')} done"
        return [f"{field.u}.id in (select done.id from {about} where named.id = {key} and {scope})"]

    def _about(self, field: Field) -> list[str]:
        step = (
            [f"s.number = {field.statement.param(self.step_number, 'integer')}"]
            if self.step_number is not None
            else []
        )
        scope = access.seen("p.unit_id", field.statement.paths)
        return [
            *where_any(
                f"initiative i join step s on s.id = i.step_id where i.id = {field.u}.initiative_id", step
            ),
            *self._of_points(field, scope),
        ]

    def _of_points(self, field: Field, scope: str) -> list[str]:
        chosen = any_of(field, self, services="j.service", categories="p.category")
        if not chosen:
            return []
        points = f"select from pain_point p join journey j on j.id = p.journey_id where {' and '.join([scope, *chosen])}"
        own = f"{points} and p.id = {field.u}.pain_point_id"
        by_issue = f"{points} and {pain_point_rules.about(field.u, 'p')}"
        return [f"(exists ({own}) or {field.u}.rollout_id is not null and exists ({by_issue}))"]
