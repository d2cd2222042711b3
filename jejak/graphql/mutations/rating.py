"""Ratings. What they take, what they answer."""

from datetime import datetime
from typing import Any

import strawberry

from jejak.domain import rating_submission
from jejak.domain.bulk import Done
from jejak.domain.vocabulary import SubmissionOutcome as Outcome
from jejak.graphql.bulk_mutation import (
    DRY_RUN,
    bulk_mutation,
    call_errors,
    error_policy,
    outcome,
    results,
    row_errors,
    written,
)
from jejak.graphql.errors import UserError
from jejak.graphql.mutation import given, ref
from jejak.graphql.rating_vocabulary import RatingAspect, RatingChannel, StaffKind, SubmissionOutcome
from jejak.graphql.vocabulary import ErrorPolicy, Service


@strawberry.input(description="One answer of a customer. At least one of the four scores is there.")
class RatingInput:
    external_id: str = given(
        "The answer's name in the system that it comes from, unique there for ever; at most 100 characters."
    )
    unit_id: strawberry.ID | None = ref("Unit", "The unit that the customer met.", optional=True)
    unit_code: str | None = given("The same by its code; one of the two is there.", None)
    service: Service = given("For which service.")
    feature: str | None = given(
        "Which feature of it: a code of letters, digits and `_ . / -`, at most 64 characters.", None
    )
    channel: RatingChannel = given("Where the customer was asked.")
    answered_at: datetime = given("When they answered: at most 400 days ago.")
    csat: int | None = given("How satisfied they are, 1 to 5.", None)
    overall: int | None = given("How they find it overall, 1 to 5.", None)
    ces: int | None = given("How easy it was, 1 to 7.", None)
    nps: int | None = given("How likely they recommend PLN, 0 to 10.", None)
    aspects: list[RatingAspect] = given("What they found good.", [])
    comment: str | None = given("In their words; at most 2,000 characters.", None)
    staff_code: str | None = given(
        "The officer or agent, as the unit's systems call them: at most 64 characters. All of code, name and kind, or none.",
        None,
    )
    staff_name: str | None = given("Their name. Who is known by the code is called so from now on.", None)
    staff_kind: StaffKind | None = given("What they are.", None)
    customer_ref: str | None = given(
        "How PLN's systems call the customer, at most 100 characters. Only a hash is kept, by which `eraseCustomer` finds the answer.",
        None,
    )


@strawberry.input(description="What customers answered.")
class SubmitRatingsInput:
    source: str = given(
        "A code for the system in which external ids name answers, as `PLN_MOBILE`: the same for ever, whoever sends them."
    )
    ratings: list[RatingInput] = given("The answers; at most 10,000.")
    error_policy: ErrorPolicy = error_policy()
    dry_run: bool = given(DRY_RUN, default=False)


@strawberry.type(description="What became of a row.")
class RatingResult:
    outcome: SubmissionOutcome | None = outcome()
    errors: list[UserError] = row_errors()


@strawberry.type(description="What became of each row.")
class SubmitRatingsPayload:
    results: list[RatingResult] = results()
    count: int = written(" What was there already is among them.")
    submitted: int = strawberry.field(description="How many rows were new.", default=0)
    errors: list[UserError] = call_errors()


def _new(done: Done[Outcome]) -> dict[str, Any]:
    return {"submitted": list(done.made.values()).count(Outcome.SUBMITTED)}


@strawberry.type
class RatingMutations:
    submit_ratings: SubmitRatingsPayload = bulk_mutation(
        SubmitRatingsInput,
        rating_submission.SubmitRatings,
        rating_submission.submit,
        SubmitRatingsPayload,
        "ratings",
        lambda made: {"outcome": made},
        "Bring in what customers answered. Safe to repeat: what its source has sent before counts once. Figures follow within seconds.",
        tells=_new,
    )
