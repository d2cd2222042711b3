"""Rollouts and what comes again. What they take, what they answer."""

from datetime import date
from typing import Any

import strawberry

from jejak.domain import recurrence, rollout
from jejak.graphql.errors import UserError
from jejak.graphql.mutation import CLIENT_ID, VERSION, errors, given, mutation, ref
from jejak.graphql.reading import held
from jejak.graphql.rollout import Recurrence, Rollout
from jejak.graphql.vocabulary import UnitKind, WithoutOwner

_KINDS = "Units of these kinds, at and below `unitId`; those that the initiative is for where left out."
_UNIT_IDS = "And these units, whatever their kind; at most 1,000."
_DUE_ON = "Due on the last working day up to this one, in each unit."
_DUE_IN_DAYS = "Or instead: due so many working days from today, in each unit, 1 to 500."
_PLACES = "May hold, in braces, month, year, date and week: what they are on the day."
_RULE = (
    "When, as RFC 5545 says it: `FREQ=MONTHLY;BYMONTHDAY=15`, or `FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1`. "
    "FREQ from DAILY to YEARLY, with INTERVAL, COUNT or UNTIL (a day), BYMONTH, BYMONTHDAY, BYDAY, BYSETPOS and WKST."
)
_LEAD = "Make each occurrence so many days before its day, 0 to 60."


@strawberry.input(
    description="One initiative for many units: a task each, for those who answer for it there."
)
class RolloutInitiativeInput:
    initiative_id: strawberry.ID = ref("Initiative", "Which initiative.")
    title: str = given("What is to be done.")
    description: str = given("In detail.", "")
    weight: int = given("Share of each task in completion, 1 to 1000.", 1)
    unit_id: strawberry.ID | None = ref("Unit", "Units at and below this one.", optional=True)
    kinds: list[UnitKind] | None = given(_KINDS, None)
    unit_ids: list[strawberry.ID] | None = ref("Unit", _UNIT_IDS, optional=True)
    due_on: date | None = given(_DUE_ON, None)
    due_in_days: int | None = given(_DUE_IN_DAYS, None)
    without_owner: WithoutOwner = given(
        "What becomes of it where units have nobody to answer for it.", WithoutOwner.SKIP
    )
    client_mutation_id: str | None = given(CLIENT_ID, None)


@strawberry.input(description="Give a rollout to units that have come into its scope, or have an owner now.")
class ExtendRolloutInput:
    rollout_id: strawberry.ID = ref("Rollout", "Which rollout.")
    expected_version: int = given(VERSION)
    due_on: date | None = given(f"{_DUE_ON} Where both are left out, as for the others.", None)
    due_in_days: int | None = given(_DUE_IN_DAYS, None)


@strawberry.input(description="Give a rollout up as a whole.")
class CancelRolloutInput:
    rollout_id: strawberry.ID = ref("Rollout", "Which rollout.")
    expected_version: int = given(VERSION)
    reason: str = given("Why.")


@strawberry.type(description="The rollout as it is now.")
class RolloutPayload:
    rollout: Rollout | None = held("The rollout; null where there is none that the viewer sees.")
    count: int | None = strawberry.field(
        description="How many tasks were made, or cancelled; null where it was refused.", default=None
    )
    errors: list[UserError] = errors()


@strawberry.input(description="A rollout that comes again.")
class CreateRecurrenceInput:
    initiative_id: strawberry.ID = ref("Initiative", "Which initiative.")
    title: str = given(f"What is to be done. {_PLACES}")
    rule: str = given(_RULE)
    start_on: date = given("The first day that it may fall on.")
    description: str = given(f"In detail. {_PLACES}", "")
    weight: int = given("Share of each task in completion, 1 to 1000.", 1)
    unit_id: strawberry.ID | None = ref("Unit", "Units at and below this one.", optional=True)
    kinds: list[UnitKind] | None = given(_KINDS, None)
    unit_ids: list[strawberry.ID] | None = ref("Unit", _UNIT_IDS, optional=True)
    lead_days: int = given(_LEAD, 7)
    client_mutation_id: str | None = given(CLIENT_ID, None)


@strawberry.input(description="A change of what is to come; what is left out stays as it is.")
class UpdateRecurrenceInput:
    recurrence_id: strawberry.ID = ref("Recurrence", "Which recurrence.")
    expected_version: int = given(VERSION)
    title: str | None = given(f"What is to be done. {_PLACES}", None)
    description: str | None = given(f"In detail. {_PLACES}", None)
    weight: int | None = given("Share of each task in completion, 1 to 1000.", None)
    rule: str | None = given(_RULE, None)
    lead_days: int | None = given(_LEAD, None)
    unit_id: strawberry.ID | None = ref("Unit", "Units at and below this one.", optional=True)
    kinds: list[UnitKind] | None = given("Units of these kinds, at and below that unit.", None)
    unit_ids: list[strawberry.ID] | None = ref("Unit", _UNIT_IDS, optional=True)


@strawberry.input(description="No further occurrence.")
class EndRecurrenceInput:
    recurrence_id: strawberry.ID = ref("Recurrence", "Which recurrence.")
    expected_version: int = given(VERSION)


@strawberry.type(description="The recurrence as it is now.")
class RecurrencePayload:
    recurrence: Recurrence | None = held("The recurrence; null where there is none that the viewer sees.")
    errors: list[UserError] = errors()


def _rollout(change: type, takes: type, act: Any, description: str, current: str | None) -> Any:
    return mutation(
        takes,
        change,
        act,
        RolloutPayload,
        lambda made: {"rollout": made.rollout.id, "count": made.count},
        description,
        current=current,
    )


def _recurrence(change: type, takes: type, act: Any, description: str, current: str | None) -> Any:
    return mutation(
        takes,
        change,
        act,
        RecurrencePayload,
        lambda made: {"recurrence": made.id},
        description,
        current=current,
    )


@strawberry.type
class RolloutMutations:
    rollout_initiative: RolloutPayload = _rollout(
        rollout.RolloutInitiative,
        RolloutInitiativeInput,
        rollout.create,
        "Give an initiative to many units at once. `rolloutPreview` tells beforehand which unit gets it, and who.",
        None,
    )
    extend_rollout: RolloutPayload = _rollout(
        rollout.ExtendRollout,
        ExtendRolloutInput,
        rollout.extend,
        "Give a rollout to units that came into its scope since, or have somebody to answer for it now.",
        "rollout_id",
    )
    cancel_rollout: RolloutPayload = _rollout(
        rollout.CancelRollout,
        CancelRolloutInput,
        rollout.cancel,
        "Give a rollout up: its open tasks are cancelled, verified ones stay.",
        "rollout_id",
    )
    create_recurrence: RecurrencePayload = _recurrence(
        recurrence.CreateRecurrence,
        CreateRecurrenceInput,
        recurrence.create,
        "Set up a rollout that comes again. Each occurrence is made some days ahead, as a rollout of its own.",
        None,
    )
    update_recurrence: RecurrencePayload = _recurrence(
        recurrence.UpdateRecurrence,
        UpdateRecurrenceInput,
        recurrence.update,
        "Change the occurrences to come; what was made stays.",
        "recurrence_id",
    )
    end_recurrence: RecurrencePayload = _recurrence(
        recurrence.EndRecurrence,
        EndRecurrenceInput,
        recurrence.end,
        "Let it come no more; what was made stays.",
        "recurrence_id",
    )
