"""R6 in the API: the rules of reminding at a unit, and what is planned for a task."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from jejak.domain import task_rules
from jejak.graphql.filters import key_of
from jejak.graphql.person import Person
from jejak.graphql.reading import Field, column, entity, everyone, expression, many, one, within
from jejak.graphql.reading.declare import REQUIRED
from jejak.graphql.vocabulary import Audience, ReminderOutcome

if TYPE_CHECKING:
    from jejak.graphql.unit import Unit

OFFSET = "Working days around the due date: negative before it, positive after it."


@entity("rung", everyone, "A rung of the ladder: when somebody is told, and who.")
class ReminderRung:
    offset_days: int = expression("{t}.offset_days", OFFSET)
    audience: Audience = column("Who is told.")


@entity("ladder", everyone, "A version of the rules of reminding: the ladder, and its limits.")
class ReminderRulesVersion:
    version: int = column("Counts all changes of rules.")
    inherits: bool = column("Whether the region gave its own rules up by it: then it has none.")
    rungs: list[ReminderRung] = many(
        "{u}.ladder_id = {t}.id",
        "{u}.offset_days, reach_of({u}.audience)",
        "The ladder, the earliest rung first.",
    )
    snooze_limit_days: int = column(
        "Working days in all by which an owner may put off the reminders of a due date."
    )
    acknowledge_days: int = column("Working days for which an acknowledgement holds the rungs above.")
    created_at: datetime = column("Since when.")
    created_by: Person | None = one(
        "{u}.id = {t}.created_by", "Who set them; null for the service itself.", sees=everyone
    )


@entity("ladder", everyone, "The rules of reminding that are in force at a unit.")
class ReminderRules(ReminderRulesVersion):
    version: int = column("Counts all changes of rules; to be named as `expectedVersion` by the next.")
    unit: Annotated["Unit", strawberry.lazy("jejak.graphql.unit")] = one(
        "{u}.id = {t}.at_id", "For which unit they were asked."
    )
    overridden: bool = expression(
        "({t}.unit_id is not null)",
        "Whether they are the region's own, and not those of the whole programme.",
    )
    origin: Annotated["Unit", strawberry.lazy("jejak.graphql.unit")] | None = one(
        "{u}.id = {t}.unit_id", "The region whose own they are; null where the viewer does not see it."
    )
    versions: list[ReminderRulesVersion] = many(
        "{u}.unit_id is not distinct from {t}.unit_id",
        "{u}.version desc",
        "All versions of them, the latest first: of the region, or of the whole programme.",
    )


def rules_for() -> Any:
    """In force at a unit that comes as an argument."""

    def rows(field: Field) -> str:
        place = key_of(field, "unit_id", "Unit")
        scope = within("id")(field.statement, "w")
        return f"(select l.*, w.id as at_id from unit w join ladder l on l.id = ladder_at(w.id) where w.id = {place} and {scope})"

    return one(
        "true",
        "The rules of reminding in force at a unit; null where the viewer does not see it.",
        rows=rows,
        arguments={"unit_id": (strawberry.ID, REQUIRED, "Which unit.")},
    )


def rules_here() -> Any:
    return one(
        "true",
        "The rules of reminding in force here.",
        rows="(select l.*, {t}.id as at_id from ladder l where l.id = ladder_at({t}.id))",
    )


@entity("reminder", everyone, "A planned rung of the ladder, and what became of it.")
class Reminder:
    remind_on: date = column("The day from which it speaks, in the zone of the task's unit.")
    offset_days: int = expression("{t}.offset_days", OFFSET)
    audience: Audience = column("Who is told.")
    outcome: ReminderOutcome | None = column("What became of it; null as long as it is still to come.")
    settled_at: datetime | None = column("When; null as long as it is still to come.")


@entity("reminder", everyone, "How far up the tree a late task has been told, and who takes care of it.")
class Escalation:
    level: Audience = expression("{t}.audience", "The highest level that was told.")
    at: datetime = expression("{t}.settled_at", "When it was told.")
    acknowledged_by: Person | None = one(
        "{u}.id = {t}.acknowledged_by",
        "Who has acknowledged it since; null where nobody has.",
        sees=everyone,
    )
    acknowledged_at: datetime | None = expression("{t}.acknowledged_at", "When that was.")
    until: date | None = expression("{t}.until", "The day from which the rungs above speak again.")
    note: str | None = expression("{t}.note", "What they said.")


def planned() -> Any:
    return many(
        "{u}.task_id = {t}.id and {u}.due_on = {t}.due_on",
        "{u}.remind_on, {u}.offset_days, reach_of({u}.audience)",
        "The rungs planned for its due date, as the ladder stood when that was set.",
    )


def escalation() -> Any:
    rows = f"""(
        select r.*, a.acknowledged_by, a.at as acknowledged_at, a.until, a.note
        from reminder r left join lateral (
            select * from acknowledgement a
            where a.task_id = r.task_id and a.due_on = r.due_on and a.at >= r.settled_at order by a.at desc limit 1
        ) a on true
        where r.task_id = {{t}}.id and r.due_on = {{t}}.due_on and r.outcome = 'SENT' and r.audience <> 'OWNER'
          and {{t}}.status not in {task_rules.in_sql(task_rules.OVER)}
        order by reach_of(r.audience) desc, r.settled_at desc limit 1
    )"""
    return one(
        "true",
        "How far up it was escalated, for its due date; null where it was not, or has ended.",
        rows=rows,
    )


def snoozed_until(field: Field) -> str:
    return f"""(
        select s.until from snooze s join unit here on here.id = {field.t}.unit_id
        where s.task_id = {field.t}.id and s.due_on = {field.t}.due_on
          and s.until > ({field.statement.now} at time zone here.timezone)::date
    )"""
