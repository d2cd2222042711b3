"""Rollouts, how far they have come, and what comes again."""

from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from jejak.domain import access, rollout_scope, task_rules
from jejak.domain.access import Sight
from jejak.graphql.event import HistoryEntry, history
from jejak.graphql.filters import between, given, holds, is_it, is_key, under
from jejak.graphql.node import Node, global_id
from jejak.graphql.person import Person
from jejak.graphql.programme import Initiative
from jejak.graphql.reading import (
    Connection,
    Field,
    Key,
    Statement,
    column,
    entity,
    everyone,
    expression,
    one,
    page,
)
from jejak.graphql.task import Task, TaskFilter, TaskOrder
from jejak.graphql.unit import Unit, UnitFilter, UnitOrder
from jejak.graphql.vocabulary import UnitKind, enum

if TYPE_CHECKING:
    from jejak.graphql.issue import Issue


def _rollout_seen(statement: Statement, alias: str) -> Sight:
    return access.rollout_seen(f"{alias}.id", f"{alias}.unit_id", statement.paths)


def _recurrence_seen(statement: Statement, alias: str) -> Sight:
    return access.recurrence_seen(f"{alias}.id", f"{alias}.unit_id", statement.paths)


def _progress(field: Field) -> str:
    """R5 over the tasks that the viewer sees: each unit has one at the most, so that a mean over units is one over tasks."""
    seen = access.seen("k.unit_id", field.statement.paths)
    waiting = f"""select count(*) from unit u where {rollout_scope.contains(field.t, "u")}
        and {access.seen("u.id", field.statement.paths)}
        and not exists (select from task k where k.rollout_id = {field.t}.id and k.unit_id = u.id and k.status <> 'CANCELLED')"""
    return f"""(
        select count(*) + ({waiting}) as units, count(*) as tasks,
            count(*) filter (where {task_rules.begun("k")}) as started,
            count(*) filter (where k.status = 'SUBMITTED') as submitted,
            count(*) filter (where k.status = 'VERIFIED') as verified_tasks,
            count(*) filter (where {task_rules.overdue("k", "at", field.statement.now)}) as overdue,
            round(round(avg(k.progress), 10), 2) as reported,
            round(round(avg(case when k.status = 'VERIFIED' then 100 else 0 end), 10), 2) as verified
        from task k join unit at on at.id = k.unit_id
        where k.rollout_id = {field.t}.id and k.status <> 'CANCELLED' and {seen})"""


@entity(
    "rollout",
    everyone,
    "How far a rollout has come in the units that the viewer sees; cancelled tasks are left out.",
)
class RolloutProgress:
    units: int = expression("{t}.units", "Open units in its scope, and all that have a task of it.")
    tasks: int = expression("{t}.tasks", "Its tasks; each unit has one at the most.")
    started: int = expression("{t}.started", "Tasks on which work has begun.")
    submitted: int = expression("{t}.submitted", "Tasks that wait to be verified.")
    verified_tasks: int = expression("{t}.verified_tasks", "Verified tasks.")
    overdue: int = expression("{t}.overdue", "Tasks past their due date that are not handed in.")
    reported: Decimal | None = expression(
        "{t}.reported::text", "Percent by reported progress, two decimals; null without tasks."
    )
    verified: Decimal | None = expression(
        "{t}.verified::text", "Percent by verified tasks, two decimals; null without tasks."
    )


def _in_scope(field: Field) -> str:
    return rollout_scope.contains(field.t, field.u)


def _without_owner(field: Field) -> str:
    return f"""{_in_scope(field)}
        and not exists (select from task k where k.rollout_id = {field.t}.id and k.unit_id = {field.u}.id)
        and not exists (
            select from membership m
            where m.unit_id = {field.u}.id and m.revoked_at is null and (m.ranger or m.role = 'MANAGER'))"""


_SCOPE = "Open units in its scope, where the viewer sees them."
_KINDS = "The kinds of unit that are in its scope, at and below `unit`."


class RolloutOrder(Enum):
    NEWEST_FIRST = (
        Key("{u}.created_at", "timestamptz", descending=True),
        Key("{u}.id", "uuid", descending=True),
    )
    OLDEST_FIRST = (Key("{u}.created_at", "timestamptz"), Key("{u}.id", "uuid"))


enum(RolloutOrder, "Order of rollouts.", NEWEST_FIRST="Latest first.", OLDEST_FIRST="Earliest first.")


def _step(field: Field, number: int | None) -> list[str]:
    if number is None:
        return []
    step = field.statement.param(number, "integer")
    return [
        f"exists (select from initiative i join step s on s.id = i.step_id where i.id = {field.u}.initiative_id and s.number = {step})"
    ]


@strawberry.input(description="Which rollouts.")
class RolloutFilter:
    initiative_id: strawberry.ID | None = given("Of this initiative.")
    step_number: int | None = given("Of an initiative of this step.")
    recurrence_id: strawberry.ID | None = given("Made by this recurrence.")
    unit_id: strawberry.ID | None = given("With a task at this unit or below it.")
    cancelled: bool | None = given("Only those that are (or are not) cancelled.")
    occurs_from: date | None = given("Occurrences on this day or later.")
    occurs_to: date | None = given("Occurrences on this day or earlier.")
    text: str | None = given("Whose title or description holds this.")

    def where(self, field: Field) -> list[str]:
        places = under(field, "k.unit_id", self.unit_id)
        at_units = f"exists (select from task k where k.rollout_id = {field.u}.id and {' and '.join(places)})"
        return [
            *is_key(field, "initiative_id", "Initiative", self.initiative_id),
            *_step(field, self.step_number),
            *is_key(field, "recurrence_id", "Recurrence", self.recurrence_id),
            *([at_units] if places else []),
            *is_it(f"{field.u}.cancelled_at is not null", wanted=self.cancelled),
            *between(field, "occurs_on", self.occurs_from, self.occurs_to),
            *holds(field, ("title", "description"), self.text),
        ]


@entity("recurrence", _recurrence_seen, "A rollout that comes again, by a rule.")
class Recurrence(Node):
    id: strawberry.ID = global_id("Recurrence")
    title: str = column(
        "Title of its tasks; month, year, date and week in braces become what they are on the day."
    )
    description: str = column("In detail, with the same places.")
    weight: int = column("Share of each task in completion, 1 to 1000.")
    rule: str = column("When: a recurrence rule of RFC 5545, as `FREQ=MONTHLY;BYMONTHDAY=15`.")
    start_on: date = column("The first day that it may fall on.")
    lead_days: int = column("So many days before its day each occurrence is made.")
    next_occurrences: list[date] = expression(
        "to_json({t}.upcoming)", "The next days on which it falls, 12 at the most."
    )
    skipped: int = column("Occurrences that were over before they could be made.")
    ended_at: datetime | None = column("When it was ended; null while it goes on.")
    kinds: list[UnitKind] = expression("to_json({t}.kinds)", _KINDS)
    version: int = column("To be named as `expectedVersion` by the next change.")
    created_at: datetime = column("When it was set up.")
    updated_at: datetime = column("When it was last changed.")
    initiative: Initiative = one("{u}.id = {t}.initiative_id", "Of which initiative.")
    unit: Unit | None = one(
        "{u}.id = {t}.unit_id", "Below which unit its scope lies; null where the viewer does not see it."
    )
    created_by: Person = one("{u}.id = {t}.created_by", "Who set it up.", sees=everyone)
    units: Connection[Unit] = page(_in_scope, _SCOPE, order=UnitOrder, filters=UnitFilter)
    rollouts: Connection[Annotated["Rollout", strawberry.lazy("jejak.graphql.rollout")]] = page(
        "{u}.recurrence_id = {t}.id",
        "Its occurrences, as far as they were made.",
        order=RolloutOrder,
        filters=RolloutFilter,
    )
    history: Connection[HistoryEntry] = history()


@strawberry.input(description="Which recurrences.")
class RecurrenceFilter:
    initiative_id: strawberry.ID | None = given("Of this initiative.")
    step_number: int | None = given("Of an initiative of this step.")
    ended: bool | None = given("Only those that have (or have not) ended.")
    text: str | None = given("Whose title or description holds this.")

    def where(self, field: Field) -> list[str]:
        return [
            *is_key(field, "initiative_id", "Initiative", self.initiative_id),
            *_step(field, self.step_number),
            *is_it(f"{field.u}.ended_at is not null", wanted=self.ended),
            *holds(field, ("title", "description"), self.text),
        ]


class RecurrenceOrder(Enum):
    NEXT_FIRST = (
        # Not the last day that there is: asyncpg takes that one for infinity, which a cursor could not name.
        Key("coalesce({u}.upcoming[1], '9000-01-01'::date)", "date"),
        Key("{u}.id", "uuid"),
    )
    NEWEST_FIRST = (
        Key("{u}.created_at", "timestamptz", descending=True),
        Key("{u}.id", "uuid", descending=True),
    )


enum(
    RecurrenceOrder,
    "Order of recurrences.",
    NEXT_FIRST="The one with the next occurrence first, those without any last.",
    NEWEST_FIRST="Latest first.",
)


@entity("rollout", _rollout_seen, "One initiative given to many units at once: one task each.")
class Rollout(Node):
    id: strawberry.ID = global_id("Rollout")
    title: str = column("What is to be done.")
    description: str = column("In detail.")
    weight: int = column("Share of each task in completion, 1 to 1000.")
    due_on: date | None = column("Due on the last working day up to this one, as each unit works.")
    due_in_days: int | None = column("Due so many working days after it is given, as each unit works.")
    occurs_on: date | None = column("Of an occurrence: its day.")
    cancelled_at: datetime | None = column("When it was given up as a whole; null where it was not.")
    cancel_reason: str | None = column("Why it was given up.")
    kinds: list[UnitKind] = expression("to_json({t}.kinds)", _KINDS)
    version: int = column("To be named as `expectedVersion` by the next change.")
    created_at: datetime = column("When it was given.")
    updated_at: datetime = column("When it was last changed as a whole.")
    initiative: Initiative = one("{u}.id = {t}.initiative_id", "Which initiative.")
    unit: Unit | None = one(
        "{u}.id = {t}.unit_id", "Below which unit its scope lies; null where the viewer does not see it."
    )
    recurrence: Recurrence | None = one(
        "{u}.id = {t}.recurrence_id", "Of which recurrence it is an occurrence.", sees=everyone
    )
    issue: Annotated["Issue", strawberry.lazy("jejak.graphql.issue")] | None = one(
        "{u}.id = {t}.issue_id", "Which issue it fixes; null where none that the viewer sees."
    )
    created_by: Person | None = one(
        "{u}.id = {t}.created_by",
        "Who gave it; null for an occurrence, which the service makes.",
        sees=everyone,
    )
    progress: RolloutProgress = one(
        "true", "How far it has come in the units that the viewer sees.", rows=_progress
    )
    tasks: Connection[Task] = page(
        "{u}.rollout_id = {t}.id",
        "Its tasks, where the viewer sees them.",
        order=TaskOrder,
        filters=TaskFilter,
    )
    units: Connection[Unit] = page(_in_scope, _SCOPE, order=UnitOrder, filters=UnitFilter)
    without_owner: Connection[Unit] = page(
        _without_owner,
        "Open units in its scope that were not given it, since nobody there could answer for it.",
        order=UnitOrder,
        filters=UnitFilter,
    )
    history: Connection[HistoryEntry] = history()
