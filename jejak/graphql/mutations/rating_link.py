"""How customers are asked, and forgotten. What it takes, what it answers."""

from datetime import date, datetime

import strawberry

from jejak.domain import rating_link, rating_request, subject
from jejak.graphql.bulk_mutation import bulk_mutation, call_errors, error_policy, results, row_errors, written
from jejak.graphql.errors import UserError
from jejak.graphql.mutation import CLIENT_ID, errors, given, mutation, ref
from jejak.graphql.rating_link import PATH, RatingLink
from jejak.graphql.rating_vocabulary import RatingChannel, StaffKind
from jejak.graphql.reading import held
from jejak.graphql.vocabulary import ErrorPolicy, Service

_FEATURE = "Which feature of it: a code of letters, digits and `_ . / -`, at most 64 characters."


@strawberry.input(description="A link by which anybody answers.")
class CreateRatingLinkInput:
    unit_id: strawberry.ID = ref("Unit", "Which unit is rated.")
    name: str = given("Where it will stand, as `Bio Instagram`; at most 200 characters.")
    service: Service = given("About which service.")
    channel: RatingChannel = given("Where customers are asked.")
    feature: str | None = given(_FEATURE, None)
    expires_on: date = given("Its last day, in the unit's zone; at most two years ahead.")
    client_mutation_id: str | None = given(CLIENT_ID, None)


@strawberry.input(description="End a link.")
class RevokeRatingLinkInput:
    rating_link_id: strawberry.ID = ref("RatingLink", "Which link.")


@strawberry.type(description="The link as it is now.")
class RatingLinkPayload:
    rating_link: RatingLink | None = held("The link; null where there is none that the viewer sees.")
    errors: list[UserError] = errors()


@strawberry.input(description="One customer to be asked after one contact.")
class RatingRequestInput:
    unit_id: strawberry.ID = ref("Unit", "The unit that the customer met.")
    service: Service = given("About which service.")
    channel: RatingChannel = given("How they met it.")
    feature: str | None = given(_FEATURE, None)
    staff_code: str | None = given(
        "The officer or agent, as the unit's systems call them: at most 64 characters. All of code, name and kind, or none.",
        None,
    )
    staff_name: str | None = given("Their name, which the customer is shown.", None)
    staff_kind: StaffKind | None = given("What they are.", None)
    customer_ref: str | None = given(
        "How PLN's systems call the customer; at most 100 characters. Kept as a keyed hash alone, by which they can be "
        "forgotten and are not asked again once they do not want to be.",
        None,
    )
    valid_days: int = given("For how many days the link is good, 1 to 30.", rating_request.DAYS)


@strawberry.input(description="Customers to be asked.")
class RequestRatingsInput:
    requests: list[RatingRequestInput] = given("The customers; at most 1000.")
    error_policy: ErrorPolicy = error_policy()
    client_mutation_id: str | None = given(CLIENT_ID, None)


@strawberry.type(description="What became of a row.")
class RatingRequestResult:
    path: str | None = strawberry.field(
        description=f"The customer's own link, good for one answer. {PATH} Null where they are not to be asked.",
        default=None,
    )
    expires_at: datetime | None = strawberry.field(description="When it ends.", default=None)
    opted_out: bool | None = strawberry.field(
        description="Whether the customer does not want to be asked: no link was made.", default=None
    )
    errors: list[UserError] = row_errors()


@strawberry.type(description="What became of each row.")
class RequestRatingsPayload:
    results: list[RatingRequestResult] = results()
    count: int = written(" Those of customers who do not want to be asked are among them.")
    errors: list[UserError] = call_errors()


@strawberry.input(description="A customer who wants to be forgotten.")
class EraseCustomerInput:
    customer_ref: str = given("How PLN's systems call the customer, as it was when they were asked.")


@strawberry.type(description="What was erased.")
class EraseCustomerPayload:
    ratings: int | None = strawberry.field(description="Answers that were made nameless.", default=None)
    requests: int | None = strawberry.field(description="Requests that were deleted.", default=None)
    errors: list[UserError] = errors()


@strawberry.type
class RatingLinkMutations:
    create_rating_link: RatingLinkPayload = mutation(
        CreateRatingLinkInput,
        rating_link.CreateRatingLink,
        rating_link.create,
        RatingLinkPayload,
        lambda made: {"rating_link": made.id},
        "Make a link by which anybody answers; whoever opens it can answer once.",
    )
    revoke_rating_link: RatingLinkPayload = mutation(
        RevokeRatingLinkInput,
        rating_link.RevokeRatingLink,
        rating_link.revoke,
        RatingLinkPayload,
        lambda made: {"rating_link": made.id},
        "End a link at once; what was answered by it stays.",
        current="rating_link_id",
    )
    request_ratings: RequestRatingsPayload = bulk_mutation(
        RequestRatingsInput,
        rating_request.RequestRatings,
        rating_request.create,
        RequestRatingsPayload,
        "requests",
        lambda made: {"path": made.path, "expires_at": made.expires_at, "opted_out": made.opted_out},
        "Make links for single customers, to be sent to them after a contact; each is good for one answer.",
    )
    erase_customer: EraseCustomerPayload = mutation(
        EraseCustomerInput,
        subject.EraseCustomer,
        subject.erase,
        EraseCustomerPayload,
        lambda made: {"ratings": made.ratings, "requests": made.requests},
        "Forget a customer who asks for it: what they wrote and by what they are known. Their answers stay as numbers.",
    )
