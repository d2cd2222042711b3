"""Journeys. What they take, what they answer."""

from datetime import date
from typing import Any

import strawberry

from jejak.domain import journey, journey_capture
from jejak.graphql.errors import UserError
from jejak.graphql.journey import Journey
from jejak.graphql.mutation import CLIENT_ID, VERSION, errors, given, mutation, ref
from jejak.graphql.reading import held
from jejak.graphql.vocabulary import Category, Parameter, Service, Touchpoint


@strawberry.input(description="A pain point in a stage.")
class NewPainPointInput:
    description: str = given("What hurt.")
    category: Category = given("CX100 category.")
    parameter: Parameter = given("Which of the 3E.")
    severity: int = given("How bad, 1 to 5.")
    reach: int = given("How many customers it meets, 1 to 5.")


@strawberry.input(description="A part of a journey.")
class NewStageInput:
    name: str = given("What happens here.")
    touchpoint: Touchpoint = given("Where the customer met PLN.")
    emotion: int = given("How it felt, -2 to +2.")
    customer_did: str = given("What the customer did.", "")
    customer_said: str = given("What the customer said.", "")
    target_minutes: int | None = given("How long it should take.", None)
    actual_minutes: int | None = given("How long it took.", None)
    pain_points: list[NewPainPointInput] = given("What hurt; at most 20.", [])


@strawberry.input(description="A journey, whole.")
class CaptureJourneyInput:
    unit_id: strawberry.ID = ref("Unit", "Which unit it happened at.")
    service: Service = given("Which service.")
    title: str = given("In a few words; at most 200 characters.")
    occurred_on: date = given("The day it happened, in the unit's zone.")
    narrative: str = given("In whole; at most 5000 characters.", "")
    stages: list[NewStageInput] = given("Its parts, in order; at most 50.", [])
    recaptures_id: strawberry.ID | None = ref(
        "Journey", "The earlier journey that this is the after-picture of.", optional=True
    )
    journey_id: strawberry.ID | None = ref(
        "Journey", "A draft or returned journey whose content this replaces.", optional=True
    )
    expected_version: int | None = given("With `journeyId`: the `version` that was read.", None)
    submit: bool = given("Whether to hand it in at once.", False)
    client_mutation_id: str | None = given(CLIENT_ID, None)


@strawberry.input(description="A change of a journey.")
class ChangeJourneyInput:
    journey_id: strawberry.ID = ref("Journey", "Which journey.")
    expected_version: int = given(VERSION)


@strawberry.input(description="Give a journey back.")
class ReturnJourneyInput:
    journey_id: strawberry.ID = ref("Journey", "Which journey.")
    expected_version: int = given(VERSION)
    reason: str = given("Why.")


@strawberry.type(description="The journey as it is now.")
class JourneyPayload:
    journey: Journey | None = held("The journey; null where there is none that the viewer sees.")
    errors: list[UserError] = errors()


def _journey(
    change: type, takes: type, act: Any, description: str, current: str | None = "journey_id"
) -> Any:
    return mutation(
        takes,
        change,
        act,
        JourneyPayload,
        lambda made: {"journey": made.id},
        description,
        current=current,
    )


@strawberry.type
class JourneyMutations:
    capture_journey: JourneyPayload = _journey(
        journey_capture.CaptureJourney,
        CaptureJourneyInput,
        journey_capture.capture,
        "Capture a journey with its stages and pain points, or replace a draft or returned one.",
    )
    submit_journey: JourneyPayload = _journey(
        journey.ChangeJourney,
        ChangeJourneyInput,
        journey.submit,
        "Hand a draft or a returned journey in.",
    )
    accept_journey: JourneyPayload = _journey(
        journey.ChangeJourney,
        ChangeJourneyInput,
        journey.accept,
        "Accept a journey: its pain points can get tasks.",
    )
    return_journey: JourneyPayload = _journey(
        journey.ChangeJourney,
        ReturnJourneyInput,
        journey.return_,
        "Give a journey back with a reason.",
    )
    archive_journey: JourneyPayload = _journey(
        journey.ChangeJourney,
        ChangeJourneyInput,
        journey.archive,
        "Put an accepted or returned journey away.",
    )
