"""Reminding and escalation. What they take, what they answer."""

from datetime import date

import strawberry

from jejak.domain import escalation, ladder, snooze
from jejak.graphql.errors import UserError
from jejak.graphql.mutation import errors, given, mutation, ref
from jejak.graphql.mutations.task import TaskPayload
from jejak.graphql.reading import held
from jejak.graphql.reminder import OFFSET
from jejak.graphql.unit import Unit
from jejak.graphql.vocabulary import Audience


@strawberry.input(description="A rung of the ladder.")
class ReminderRungInput:
    offset_days: int = given(f"{OFFSET} -60 to 60; after it for everybody but the owner.")
    audience: Audience = given("Who is told.")


@strawberry.input(description="New rules of reminding, for due dates that are set from now on.")
class UpdateReminderRulesInput:
    unit_id: strawberry.ID = ref("Unit", "Headquarters for the whole programme, or a region for its own.")
    expected_version: int = given(
        "The `version` in force there that was read; another one now is refused as STALE."
    )
    rungs: list[ReminderRungInput] = given("The whole ladder, 1 to 30 rungs; none with `inherit`.", [])
    snooze_limit_days: int | None = given("0 to 60 working days; stays as it is where left out.", None)
    acknowledge_days: int | None = given("1 to 60 working days; stays as it is where left out.", None)
    inherit: bool = given("The region has the rules of the whole programme again.", False)


@strawberry.type(
    description="The unit as it is now; on STALE, with the rules to look at before trying again."
)
class ReminderRulesPayload:
    unit: Unit | None = held(
        "The unit, with the rules in force there; null where the viewer does not see it."
    )
    errors: list[UserError] = errors()


@strawberry.input(description="Put off the reminders of a task.")
class SnoozeRemindersInput:
    task_id: strawberry.ID = ref("Task", "Which task; one's own.")
    until: date = given("The day on which they speak again; today ends it.")


@strawberry.input(description="Say that one takes care of an escalated task.")
class AcknowledgeEscalationInput:
    notice_id: strawberry.ID = ref("Notice", "The notice by which one was told.")
    note: str = given("What will be done, in words.", "")


@strawberry.type
class ReminderMutations:
    update_reminder_rules: ReminderRulesPayload = mutation(
        UpdateReminderRulesInput,
        ladder.UpdateReminderRules,
        ladder.update,
        ReminderRulesPayload,
        lambda made: {"unit": made.id},
        "Change the rules of reminding; the version before is kept.",
        current="unit_id",
    )
    snooze_reminders: TaskPayload = mutation(
        SnoozeRemindersInput,
        snooze.SnoozeReminders,
        snooze.snooze,
        TaskPayload,
        lambda made: {"task": made.id},
        "Put off the reminders of one's own task, within the limit of the rules. Escalation goes on.",
        current="task_id",
    )
    acknowledge_escalation: TaskPayload = mutation(
        AcknowledgeEscalationInput,
        escalation.AcknowledgeEscalation,
        escalation.acknowledge,
        TaskPayload,
        lambda made: {"task": made.id},
        "Take care of an escalated task: the rungs above wait for some working days.",
    )
