"""R8: the store's rating, as SQL: over the reviews last written on days at headquarters."""

from dataclasses import dataclass
from datetime import date

from jejak.domain import clock, db, metric
from jejak.domain.metric_rules import INDICATIVE_BELOW

NEGATIVE = 2  # stars, and fewer
TRAILING_DAYS = 28
MOST_CAUSES = 20
LARGEST_CAUSES = 5
_ZONE = "(select top.timezone from unit top where top.kind = 'HQ')"


@dataclass(frozen=True, slots=True)
class Counts:
    """Of some days: how many reviews there are, and how many of them have one or two stars."""

    negative: int
    reviews: int


def written(review: str, start: str, end: str) -> str:
    """SQL: last written from the day `start` to the day `end`, both included. Takes an alias and dates' expressions."""
    moment = f"{review}.written_at"
    return f"({since(moment, start)} and {until(moment, end)})"


def since(moment: str, day: str) -> str:
    """SQL: at headquarters it was this day, or later."""
    return f"{moment} >= ({day})::timestamp at time zone {_ZONE}"


def until(moment: str, day: str) -> str:
    """SQL: at headquarters it was this day, or earlier."""
    return f"{moment} < (({day}) + 1)::timestamp at time zone {_ZONE}"


def _share(count: str, of: str) -> str:
    return f"{metric.shown(metric.net(count, '0', of))}::text"


def period(start: str, end: str) -> str:
    """SQL, one row: the figures of the days from `start` to `end`, both included. Takes dates' expressions."""
    negative = f"count(*) filter (where r.rating <= {NEGATIVE})"
    counts = ", ".join(f"count(*) filter (where r.rating = {stars})" for stars in range(1, 6))
    n = "f.reviews"
    low, high = (metric.wilson("f.negative", n, sign) for sign in "-+")
    return f"""(
        select f.*, {_share("f.negative", n)} as share, {metric.shown(low)}::text as low, {metric.shown(high)}::text as high,
            {n} < {INDICATIVE_BELOW} as indicative, {low} as exact_low, {high} as exact_high
        from (
            select {start} as start_on, {end} as end_on, count(*) as reviews, {negative} as negative,
                array[{counts}] as distribution, round(round(avg(r.rating), 10), 2)::text as mean
            from store_review r where {written("r", start, end)}
        ) f)"""


def causes(start: str, end: str, first: str) -> str:
    """SQL, a table: what the bad reviews of these days are about, the largest first; null for those of no cause yet."""
    return f"""(
        select f.cause_id, f.reviews, {_share("f.reviews", "sum(f.reviews) over ()")} as share,
            row_number() over (order by f.reviews desc, f.cause_id nulls last) as nth
        from (
            select r.cause_id, count(*) as reviews from store_review r
            where r.rating <= {NEGATIVE} and {written("r", start, end)} group by r.cause_id
        ) f order by nth limit {first})"""


async def last_day() -> date | None:
    """The last whole day of which there are reviews: exports come when somebody brings them."""
    day: date | None = await db.fetchval(
        f"""
        select (max(r.written_at) at time zone {_ZONE})::date from store_review r
        where r.written_at < date_trunc('day', $1::timestamptz at time zone {_ZONE}) at time zone {_ZONE}
        """,
        clock.now(),
    )
    return day


async def beside_before(day: date) -> tuple[Counts, Counts]:
    """Of a day, and of the 28 days before it. One statement."""
    row = await db.fetchrow(
        f"""
        select now.negative, now.reviews, before.negative as negative_before, before.reviews as reviews_before
        from {period("$1::date", "$1::date")} now
        cross join {period(f"$1::date - {TRAILING_DAYS}", "$1::date - 1")} before
        """,
        day,
    )
    if row is None:
        raise RuntimeError("figures without a row")
    return Counts(row["negative"], row["reviews"]), Counts(row["negative_before"], row["reviews_before"])
