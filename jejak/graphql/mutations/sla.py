"""Deadlines. What they take, what they answer."""

import strawberry

from jejak.domain import pain_point, sla_policy
from jejak.graphql.errors import UserError
from jejak.graphql.mutation import VERSION, errors, given, mutation, ref
from jejak.graphql.mutations.pain_point import PainPointPayload
from jejak.graphql.reading import held
from jejak.graphql.sla import SlaPolicy


@strawberry.input(description="From a priority up to the next band's.")
class SlaBandInput:
    priority_from: int = given("The least priority, 1 to 25; one band begins at 1.")
    days: int = given(
        "Due at the end of this working day after the one on which its journey was accepted, 1 to 250."
    )


@strawberry.input(description="In how many working days pain points are to be fixed from now on.")
class UpdateSlaPolicyInput:
    sla_policy_id: strawberry.ID = ref("SlaPolicy", "The policy.")
    expected_version: int = given(VERSION)
    bands: list[SlaBandInput] = given("The whole table; at most 25.")


@strawberry.type(description="The policy as it is now.")
class SlaPolicyPayload:
    sla_policy: SlaPolicy | None = held("The policy.")
    errors: list[UserError] = errors()


@strawberry.input(description="Stop the clock of a pain point, as while PLN waits for somebody else.")
class PausePainPointInput:
    pain_point_id: strawberry.ID = ref("PainPoint", "Which pain point.")
    expected_version: int = given(VERSION)
    reason: str = given("Why.")


@strawberry.input(description="Let the clock of a pain point run on.")
class ResumePainPointInput:
    pain_point_id: strawberry.ID = ref("PainPoint", "Which pain point.")
    expected_version: int = given(VERSION)


@strawberry.type
class SlaMutations:
    update_sla_policy: SlaPolicyPayload = mutation(
        UpdateSlaPolicyInput,
        sla_policy.UpdateSlaPolicy,
        sla_policy.update,
        SlaPolicyPayload,
        lambda made: {"sla_policy": made.id},
        "Change in how many working days pain points are to be fixed. What is open and not breached is due anew within minutes; what is breached stays.",
        current="sla_policy_id",
    )
    pause_pain_point: PainPointPayload = mutation(
        PausePainPointInput,
        pain_point.PausePainPoint,
        pain_point.pause,
        PainPointPayload,
        lambda made: {"pain_point": made.id},
        "Stop the clock of a pain point, with a reason: its deadline moves by the working time that passes meanwhile.",
        current="pain_point_id",
    )
    resume_pain_point: PainPointPayload = mutation(
        ResumePainPointInput,
        pain_point.ResumePainPoint,
        pain_point.resume,
        PainPointPayload,
        lambda made: {"pain_point": made.id},
        "Let the clock of a pain point run on.",
        current="pain_point_id",
    )
