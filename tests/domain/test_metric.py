"""R8: figures by SQL and by Python are the same, and what published tables and another database say."""

from decimal import Decimal

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jejak.domain import db, metric, metric_rules
from jejak.domain.metric_rules import SCALES, Figures, figures, overlap
from jejak.domain.vocabulary import RatingMetric

pytestmark = pytest.mark.usefixtures("database")


def histograms(of: RatingMetric) -> st.SearchStrategy[list[int]]:
    size = len(SCALES[of].columns)
    few, many = st.integers(0, 3), st.integers(0, 3_000_000)
    return st.one_of(st.lists(kind, min_size=size, max_size=size) for kind in (few, many))


any_histogram = st.sampled_from(RatingMetric).flatmap(lambda of: st.tuples(st.just(of), histograms(of)))


async def by_sql(of: RatingMetric, counts: list[int]) -> Figures:
    names = ("value", "mean", "low", "high")
    columns = ", ".join(f"{metric.shown(name)} as {name}" for name in names)
    row = await db.fetchrow(
        f"select n, {columns}, indicative from (select {metric.figures(of, 'given.c')} from (select $1::bigint[] as c) given) f",
        counts,
    )
    assert row is not None
    found = Figures(*(row[name] for name in ("n", *names)))
    assert row["indicative"] == found.indicative
    return found


@given(histogram=any_histogram)
@settings(max_examples=60)
async def test_sql_and_python_say_the_same(histogram):
    of, counts = histogram
    assert await by_sql(of, counts) == figures(of, counts)


@given(histogram=any_histogram)
@settings(max_examples=60)
def test_figures_are_those_that_another_database_reckons_from_the_single_answers(histogram):
    """Of at most some hundred answers, one by one; by floating point, so near enough."""
    of, counts = histogram
    scale = SCALES[of]
    counts = [count % 40 for count in counts]
    said = [score for score, count in zip(scale.scores, counts, strict=True) for _ in range(count)]
    found = figures(of, counts)
    if not said:
        assert found == Figures(0, None, None, None, None)
        return
    duck = duckdb.connect()
    duck.execute("create table said (score int)")
    duck.execute("insert into said select unnest($1)", [said])
    bad = -1 if scale.bad_to is None else scale.bad_to
    n, mean, good, net, variance = duck.execute(
        f"""select count(*), avg(score), count(*) filter (where score >= {scale.good_from}),
        avg(case when score >= {scale.good_from} then 1 when score <= {bad} then -1 else 0 end),
        var_pop(case when score >= {scale.good_from} then 1 when score <= {bad} then -1 else 0 end) from said"""
    ).fetchall()[0]
    z = 1.96
    if scale.bad_to is None:
        p = good / n
        middle, width = p + z * z / 2 / n, z * (p * (1 - p) / n + z * z / 4 / n / n) ** 0.5
        ends = [100 * (middle + sign * width) / (1 + z * z / n) for sign in (-1, 1)]
    else:
        ends = [min(100, max(-100, 100 * net + sign * 196 * (variance / n) ** 0.5)) for sign in (-1, 1)]
    assert found.n == n
    shown = [found.value, found.mean, found.low, found.high]
    for value, wanted in zip(shown, [100 * net, mean, *ends], strict=True):
        assert value is not None
        assert abs(float(value) - wanted) < 0.0051


@given(histogram=any_histogram)
def test_the_interval_holds_the_value_and_stays_within_the_scale(histogram):
    of, counts = histogram
    found = figures(of, counts)
    if found.value is None or found.low is None or found.high is None:
        assert sum(counts) == 0
        return
    least = -100 if of is RatingMetric.NPS else 0
    assert least <= found.low <= found.value <= found.high <= 100
    assert overlap(found, found) is True


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [
        (0, 10, 0, 27.75),
        (10, 10, 72.25, 100),
        (81, 263, 25.53, 36.62),
        (15, 148, 6.24, 16.05),
        (1, 29, 0.61, 17.18),
    ],
)
def test_wilsons_interval_is_the_published_one(k, n, low, high):
    """The last three: Newcombe 1998, table I, method 3."""
    found = metric_rules.wilson(k, n)
    assert [round(float(end), 2) for end in found] == [low, high]


def test_the_net_promoter_interval_is_the_rules():
    assert figures(RatingMetric.NPS, [0, 0, 0, 0, 0, 0, 15, 25, 0, 30, 30]) == Figures(
        100, Decimal("45.00"), Decimal("8.35"), Decimal("30.50"), Decimal("59.50")
    )
    alike = figures(RatingMetric.NPS, [0] * 10 + [5])
    assert (alike.low, alike.high, alike.indicative) == (100, 100, True)


def test_intervals_overlap_where_they_meet():
    some, none = figures(RatingMetric.CSAT, [0, 0, 0, 0, 50]), figures(RatingMetric.CSAT, [0] * 5)
    other = figures(RatingMetric.CSAT, [50, 0, 0, 0, 0])
    assert (overlap(some, other), overlap(some, none), overlap(some, some)) == (False, None, True)
