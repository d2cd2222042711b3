"""Reviews of the app and what they are about. What they take, what they answer."""

from datetime import datetime
from typing import Any

import strawberry

from jejak.domain import review_cause, store_review
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
from jejak.graphql.mutation import CLIENT_ID, VERSION, errors, given, mutation, ref
from jejak.graphql.reading import held
from jejak.graphql.store_review import ReviewCause, StoreReview
from jejak.graphql.vocabulary import ErrorPolicy, RowOutcome, Store


@strawberry.input(
    description="A review as the store exports it. Who wrote it is not asked for, and not kept."
)
class StoreReviewRowInput:
    package: str = given("Of which app, as the store names it.")
    submitted_at: datetime = given("When it was first written.")
    rating: int = given("Stars, 1 to 5.")
    store: Store = given("In which store.", Store.PLAY)
    external_id: str | None = given(
        "The store's id of it; where left out it is known by app, moment, device and language.", None
    )
    written_at: datetime | None = given("When its author last changed it.", None)
    version_code: int | None = given("Of which version of the app, as a number.", None)
    version_name: str = given("Of which version of the app.", "")
    language: str = given("The language that the author reads in.", "")
    device: str = given("On what kind of device.", "")
    title: str = given("Its title.", "")
    text: str = given("What it says.", "")
    replied_at: datetime | None = given("When it was last answered.", None)
    reply: str = given("What was answered.", "")
    link: str | None = given("Where it is to be found in the store's console.", None)


@strawberry.input(description="Reviews of the app. A second import of the same rows changes nothing.")
class ImportStoreReviewsInput:
    rows: list[StoreReviewRowInput] = given("The reviews; at most 1000.")
    error_policy: ErrorPolicy = error_policy()
    dry_run: bool = given(DRY_RUN, False)


@strawberry.type(description="What became of a row.")
class StoreReviewResult:
    store_review: StoreReview | None = held(
        "The review as it is now; null where the row was refused, or would make it in a dry run."
    )
    outcome: RowOutcome | None = outcome()
    errors: list[UserError] = row_errors()


@strawberry.type(description="What became of each row.")
class ImportStoreReviewsPayload:
    results: list[StoreReviewResult] = results()
    count: int = written(" In a dry run: how many would be.")
    errors: list[UserError] = call_errors()


@strawberry.input(description="What a review is about.")
class TagStoreReviewInput:
    store_review_id: strawberry.ID = ref("StoreReview", "Which review.")
    expected_version: int = given(VERSION)
    cause_id: strawberry.ID | None = ref(
        "ReviewCause", "What it is about; left out or null: of no cause any more.", optional=True
    )


@strawberry.input(description="What reviews are about.")
class TagStoreReviewsInput:
    reviews: list[TagStoreReviewInput] = given("Which reviews; at most 500.")
    error_policy: ErrorPolicy = error_policy()


@strawberry.type(description="What became of a row.")
class TagStoreReviewsResult:
    store_review: StoreReview | None = held("The review as it is now; null where the viewer sees none.")
    errors: list[UserError] = row_errors()


@strawberry.type(description="What became of each row.")
class TagStoreReviewsPayload:
    results: list[TagStoreReviewsResult] = results()
    count: int = written()
    errors: list[UserError] = call_errors()


@strawberry.input(description="A new cause of bad reviews.")
class CreateReviewCauseInput:
    code: str = given("Short and unique, for ever the same.")
    title_id: str = given("What it is, in Indonesian.")
    title_en: str = given("What it is, in English.")
    client_mutation_id: str | None = given(CLIENT_ID, None)


@strawberry.input(description="A change of a cause; what is left out stays as it is.")
class UpdateReviewCauseInput:
    review_cause_id: strawberry.ID = ref("ReviewCause", "Which cause.")
    expected_version: int = given(VERSION)
    title_id: str | None = given("What it is, in Indonesian.", None)
    title_en: str | None = given("What it is, in English.", None)
    active: bool | None = given(
        "Whether further reviews may be said to be about it; those that are stay so.", None
    )


@strawberry.type(description="The cause as it is now.")
class ReviewCausePayload:
    review_cause: ReviewCause | None = held("The cause; null where there is none that the viewer sees.")
    errors: list[UserError] = errors()


def _imported(made: store_review.Imported) -> dict[str, Any]:
    return {"store_review": made.review.id, "outcome": made.outcome}


@strawberry.type
class StoreReviewMutations:
    import_store_reviews: ImportStoreReviewsPayload = bulk_mutation(
        ImportStoreReviewsInput,
        store_review.ImportStoreReviews,
        store_review.import_reviews,
        ImportStoreReviewsPayload,
        "rows",
        _imported,
        "Bring in reviews of the app: new ones are added; of known ones what was written, or answered, since. A review keeps its cause as long as its words stay the same.",
    )
    tag_store_reviews: TagStoreReviewsPayload = bulk_mutation(
        TagStoreReviewsInput,
        store_review.TagStoreReviews,
        store_review.tag,
        TagStoreReviewsPayload,
        "reviews",
        lambda made: {"store_review": made.id},
        "Say what reviews are about.",
        current="store_review_id",
    )
    create_review_cause: ReviewCausePayload = mutation(
        CreateReviewCauseInput,
        review_cause.CreateReviewCause,
        review_cause.create,
        ReviewCausePayload,
        lambda made: {"review_cause": made.id},
        "Add a cause of bad reviews.",
    )
    update_review_cause: ReviewCausePayload = mutation(
        UpdateReviewCauseInput,
        review_cause.UpdateReviewCause,
        review_cause.update,
        ReviewCausePayload,
        lambda made: {"review_cause": made.id},
        "Change a cause's titles, or whether it is still used.",
        current="review_cause_id",
    )
