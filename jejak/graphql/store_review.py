"""Reviews of the app from its store, what they are about, and their figures. For headquarters."""

from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import strawberry

from jejak.domain import access, review_figures
from jejak.domain.access import Sight
from jejak.domain.checks import EARLIEST_YEAR
from jejak.domain.errors import Code, Refused
from jejak.graphql.event import HistoryEntry, history
from jejak.graphql.filters import given, holds, is_it, is_key
from jejak.graphql.likeness import at_most, first_of
from jejak.graphql.node import Node, global_id
from jejak.graphql.person import Person
from jejak.graphql.reading import (
    Connection,
    Field,
    Key,
    Statement,
    column,
    entity,
    everyone,
    expression,
    many,
    one,
    page,
)
from jejak.graphql.reading.declare import REQUIRED
from jejak.graphql.vocabulary import Store, enum

MOST_VALUES = 5
_LATEST_YEAR = 2200
_MOST_COMPARED = 2_000
_MOST_SUGGESTED = 3


def _national(statement: Statement, _alias: str) -> Sight:
    return access.national(everywhere=statement.everywhere)


def _title(field: Field) -> str:
    return field.statement.title(field.t)


@entity("review_cause", _national, "What bad reviews are about.")
class ReviewCause(Node):
    id: strawberry.ID = global_id("ReviewCause")
    code: str = column("Short, unique, for ever the same.")
    title: str = expression(_title, "What it is, in the viewer's language.")
    active: bool = column("Whether further reviews may be said to be about it.")
    version: int = column("To be named as `expectedVersion` by the next change.")
    created_at: datetime = column("When it was added.")
    updated_at: datetime = column("When it was last changed.")
    history: Connection[HistoryEntry] = history()


@entity(
    "review_cause", _national, "What a review may be about, by its words: a suggestion, and nothing more."
)
class SuggestedCause:
    similarity: Decimal = expression(
        "round({t}.similarity::numeric, 2)::text",
        "How alike it is to a review of this cause, 0 to 1, two decimals.",
    )
    cause: ReviewCause = one("{u}.id = {t}.id", "Which cause.", sees=everyone)


def _suggested(field: Field) -> str:
    t = field.t
    return f"""(
        select known.cause_id as id, max(similarity(known.text, {t}.text)) as similarity
        from (
            select r.cause_id, r.text from store_review r join review_cause c on c.id = r.cause_id and c.active
            where r.cause_id is not null and r.text % {t}.text and r.id <> {t}.id limit {_MOST_COMPARED}
        ) known group by known.cause_id order by similarity desc, known.cause_id limit {_MOST_SUGGESTED})"""


@entity("store_review", _national, "A customer's review of the app. Who wrote it is not kept.")
class StoreReview(Node):
    id: strawberry.ID = global_id("StoreReview")
    store: Store = column("In which store.")
    package: str = column("Of which app, as the store names it.")
    version_code: int | None = column("Of which version of the app, as a number.")
    version_name: str = column("Of which version of the app; empty where it is not known.")
    language: str = column("The language that the author reads in.")
    device: str = column("On what kind of device.")
    submitted_at: datetime = column("When it was first written.")
    written_at: datetime = column("When its author last changed it; it counts on that day.")
    rating: int = column("Stars, 1 to 5.")
    title: str = column("Its title; often empty.")
    text: str = column("What it says; empty where only stars were given.")
    replied_at: datetime | None = column("When PLN last answered it.")
    reply: str = column("What PLN answered.")
    link: str | None = column("Where it is to be found in the store's console.")
    tagged_at: datetime | None = column("When somebody said what it is about.")
    version: int = column("To be named as `expectedVersion` by the next change.")
    created_at: datetime = column("When it was brought in.")
    cause: ReviewCause | None = one(
        "{u}.id = {t}.cause_id", "What it is about; null until somebody has said so."
    )
    tagged_by: Person | None = one("{u}.id = {t}.tagged_by", "Who said what it is about.", sees=everyone)
    suggested_causes: list[SuggestedCause] = many(
        "true",
        "{u}.similarity desc, {u}.id",
        "The causes of reviews with words like these, three at the most, the most alike first.",
        rows=_suggested,
    )
    history: Connection[HistoryEntry] = history()


class StoreReviewOrder(Enum):
    NEWEST_FIRST = (
        Key("{u}.written_at", "timestamptz", descending=True),
        Key("{u}.id", "uuid", descending=True),
    )
    WORST_FIRST = (
        Key("{u}.rating::integer", "integer"),
        Key("{u}.written_at", "timestamptz", descending=True),
        Key("{u}.id", "uuid", descending=True),
    )


enum(
    StoreReviewOrder,
    "Order of reviews.",
    NEWEST_FIRST="Last written first.",
    WORST_FIRST="Fewest stars first, then the last written.",
)


def _day(field: Field, value: Any, *at: str) -> str:
    """The placeholder for a day. Refuses OUT_OF_RANGE what no figure could be asked for."""

    def told(day: date) -> date:
        if not EARLIEST_YEAR <= day.year <= _LATEST_YEAR:
            raise Refused(Code.OUT_OF_RANGE, *at, least=EARLIEST_YEAR, most=_LATEST_YEAR)
        return day

    return field.statement.param(value, "date", convert=told)


def _stars(ratings: list[int]) -> list[int]:
    if len(ratings) > MOST_VALUES:
        raise Refused(Code.TOO_MANY, "filter", "ratings", most=MOST_VALUES)
    return ratings


@strawberry.input(description="Which reviews.")
class StoreReviewFilter:
    ratings: list[int] | None = given("With so many stars.")
    start: date | None = given("Last written on this day at headquarters or later.", name="from")
    end: date | None = given("Last written on this day at headquarters or earlier.", name="to")
    version_name: str | None = given("Of this version of the app.")
    cause_id: strawberry.ID | None = given("About this.")
    tagged: bool | None = given("Only those of which somebody has (or has not) said what they are about.")
    text: str | None = given("Whose title or text holds this.")

    def where(self, field: Field) -> list[str]:
        u = field.u
        conditions = [
            *is_key(field, "cause_id", "ReviewCause", self.cause_id),
            *is_it(f"{u}.cause_id is not null", wanted=self.tagged),
            *holds(field, ("title", "text"), self.text),
        ]
        if self.ratings is not None:
            stars = field.statement.param(self.ratings, "integer[]", convert=_stars)
            conditions.append(f"{u}.rating = any({stars})")
        if self.version_name is not None:
            name = field.statement.param(self.version_name, "text", "filter", "version_name")
            conditions.append(f"{u}.version_name = {name}")
        if self.start is not None:
            conditions.append(
                review_figures.since(f"{u}.written_at", _day(field, self.start, "filter", "from"))
            )
        if self.end is not None:
            conditions.append(review_figures.until(f"{u}.written_at", _day(field, self.end, "filter", "to")))
        return conditions


@entity("store_review", _national, "The figures of some days, as days begin and end at headquarters.")
class StoreReviewPeriod:
    start_on: date = column("The first day.")
    end_on: date = column("The last day.")
    reviews: int = expression("{t}.reviews", "Reviews that were last written then.")
    mean: Decimal | None = expression("{t}.mean", "Mean of their stars, two decimals; null without reviews.")
    distribution: list[int] = expression(
        "to_json({t}.distribution)", "How many have one star, two, three, four and five."
    )
    negative: int = expression("{t}.negative", "How many have one or two stars.")
    share: Decimal | None = expression(
        "{t}.share", "Percent of those with one or two stars, two decimals; null without reviews."
    )
    low: Decimal | None = expression("{t}.low", "Lower end of the share's 95 % interval (Wilson).")
    high: Decimal | None = expression("{t}.high", "Upper end of the share's 95 % interval (Wilson).")
    indicative: bool = expression("{t}.indicative", "Whether there are fewer than 30 reviews.")


@entity("review_cause", _national, "How many bad reviews are about one thing.")
class CauseShare:
    reviews: int = expression("{t}.reviews", "Reviews with one or two stars.")
    share: Decimal = expression("{t}.share", "Percent of all with one or two stars, two decimals.")
    cause: ReviewCause | None = one(
        "{u}.id = {t}.cause_id", "What they are about; null for those of which nobody has said."
    )


def _causes(field: Field) -> str:
    first = at_most(field, review_figures.MOST_CAUSES)
    return review_figures.causes(f"{field.t}.start_on", f"{field.t}.end_on", first)


@entity("store_review", _national, "The store's rating over some days, beside as many days before.")
class StoreReviewFigures:
    period: StoreReviewPeriod = one("true", "These days.", rows=lambda field: _period_of(field, ""))
    before: StoreReviewPeriod = one(
        "true", "As many days before them.", rows=lambda field: _period_of(field, "before_")
    )
    apart: bool | None = expression(
        lambda field: (
            f"(select not (now.exact_low <= before.exact_high and before.exact_low <= now.exact_high) from {_period_of(field, '')} now, {_period_of(field, 'before_')} before)"
        ),
        "Whether the intervals of the two shares do not overlap; null where one of them has no reviews.",
    )
    causes: list[CauseShare] = many(
        "true",
        "{u}.nth",
        "What the reviews with one or two stars are about, the largest first; those of which nobody has said among them.",
        rows=_causes,
        arguments=first_of(review_figures.MOST_CAUSES, review_figures.LARGEST_CAUSES),
    )


def _period_of(field: Field, which: str) -> str:
    return review_figures.period(f"{field.t}.{which}start_on", f"{field.t}.{which}end_on")


def store_review_figures() -> Any:
    def rows(field: Field) -> str:
        start, end = (_day(field, field.args[name], name.strip("_")) for name in ("from_", "to"))
        days = f"greatest(0, {end} - {start} + 1)"
        return f"""(select {start} as start_on, {end} as end_on, {start} - {days} as before_start_on,
            {start} - 1 as before_end_on)"""

    return one(
        "true",
        "The store's rating over some days; null for whoever has no role at headquarters.",
        rows=rows,
        arguments={
            "from_": (date, REQUIRED, "The first day, at headquarters."),
            "to": (date, REQUIRED, "The last day."),
        },
    )


@strawberry.type
class StoreReviewQueries:
    store_reviews: Connection[StoreReview] = page(
        "true",
        "Reviews of the app from its store; none for whoever has no role at headquarters.",
        order=StoreReviewOrder,
        filters=StoreReviewFilter,
    )
    review_causes: list[ReviewCause] = many("true", "{u}.code", "What bad reviews are about.")
    store_review_figures: StoreReviewFigures | None = store_review_figures()
