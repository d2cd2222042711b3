"""R10, pure: what fires, what stays and what clears, against exact fractions."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import isqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jejak.domain import alert_rules
from jejak.domain.alert_rules import Answers, Figure, Pace, Reading, Rule, Verdict
from jejak.domain.vocabulary import AlertClosed, AlertKind, AlertPeriod, RatingMetric

TODAY = date(2027, 3, 1)
CENT = Fraction(1, 100)
Z = Fraction(196, 100)
F, S, C = Verdict.FIRES, Verdict.STAYS, Verdict.CLEARS


@pytest.fixture(autouse=True)
def _connected():
    """Nothing here needs a database."""


def root(of: Fraction) -> Fraction:
    """Rounded down at the twentieth place."""
    scale = 10**40
    return Fraction(isqrt(int(of * scale)), 10**20)


counts = st.integers(0, 50_000)
answered = st.builds(
    lambda up, down, rest: Answers(up + down + rest, up, down), counts, counts, counts
).filter(lambda one: one.n > 0)
percent = st.decimals(0, 100, places=2)


def close(shown: Decimal, exact: Fraction) -> bool:
    """As rounded to two decimals."""
    return abs(Fraction(shown) - exact) <= CENT / 2 + Fraction(1, 10**9)


@given(answered)
def test_a_share_has_wilsons_interval(answers):
    found = alert_rules.figure(RatingMetric.CSAT, answers)
    p, n = Fraction(answers.up, answers.n), answers.n
    assert close(found.value, p * 100)
    # Wilson's interval is where a share q itself would lie 1.96 of its own deviations from p.
    middle, half = p + Z**2 / (2 * n), Z * root(p * (1 - p) / n + Z**2 / (4 * n * n))
    ends = [(middle + sign * half) / (1 + Z**2 / n) for sign in (-1, 1)]
    for q in ends:
        assert abs((p - q) ** 2 - Z**2 * q * (1 - q) / n) < Fraction(1, 10**15)
    assert close(found.low, max(ends[0], Fraction(0)) * 100)
    assert close(found.high, min(ends[1], Fraction(1)) * 100)
    assert Decimal(0) <= found.low <= found.value <= found.high <= Decimal(100)


@given(answered)
def test_a_score_is_promoters_less_detractors_with_the_interval_of_the_design(answers):
    found = alert_rules.figure(RatingMetric.NPS, answers)
    p, d = Fraction(answers.up, answers.n), Fraction(answers.down, answers.n)
    half = 196 * root((p + d - (p - d) ** 2) / answers.n)
    assert close(found.value, (p - d) * 100)
    assert close(found.low, max((p - d) * 100 - half, Fraction(-100)))
    assert close(found.high, min((p - d) * 100 + half, Fraction(100)))


@pytest.mark.parametrize("metric", RatingMetric)
def test_without_answers_there_is_no_figure(metric):
    assert alert_rules.figure(metric, Answers()) is None


def rule(kind: AlertKind, threshold: Decimal, clear_at: Decimal | None = None, least_n: int = 30) -> Rule:
    return Rule(kind, threshold, least_n, clear_at)


@given(answered, percent, st.integers(1, 2_000))
def test_a_floor_fires_by_the_upper_end_and_clears_by_the_value(answers, floor, least):
    now = alert_rules.figure(RatingMetric.CSAT, answers)
    judged = alert_rules.below_floor(rule(AlertKind.METRIC_FLOOR, floor, least_n=least), now)
    if answers.n < least:
        assert judged.verdict is S
    else:
        assert (judged.verdict is F) == (now.high < floor)
        assert (judged.verdict is C) == (now.value >= floor)
    assert (judged.reading.value, judged.reading.n, judged.reading.base) == (now.value, answers.n, floor)


@given(answered, answered, st.decimals(0, 20, places=2))
def test_a_drop_fires_where_the_intervals_do_not_touch(mine, trailing, points):
    now, before = (alert_rules.figure(RatingMetric.CSAT, one) for one in (mine, trailing))
    judged = alert_rules.dropped(rule(AlertKind.METRIC_DROP, points, least_n=1), now, before)
    apart = now.high < before.low
    assert (judged.verdict is F) == (apart and before.value - now.value >= points)
    assert (judged.verdict is C) == (now.value >= before.low)
    assert (judged.reading.base_low, judged.reading.base_n) == (before.low, trailing.n)


def test_what_cannot_be_told_neither_fires_nor_clears():
    few, many = (Figure(Decimal(v), Decimal(v - 1), Decimal(v + 1), n) for v, n in ((10, 29), (90, 500)))
    drop = rule(AlertKind.METRIC_DROP, Decimal(0))
    assert alert_rules.dropped(drop, few, many).verdict is S
    assert alert_rules.dropped(drop, many, few).verdict is S
    assert alert_rules.dropped(drop, many, None).verdict is S
    for judged in (
        alert_rules.dropped(drop, None, many),
        alert_rules.below_floor(rule(AlertKind.METRIC_FLOOR, Decimal(80)), None),
    ):
        assert (judged.verdict, judged.because) == (C, AlertClosed.NO_DATA)


@given(answered, answered, st.integers(1, 500), st.decimals(0, 20, places=2))
def test_a_spike_is_a_drop_the_other_way_round(mine, trailing, least, points):
    judged = alert_rules.spiked(rule(AlertKind.REVIEW_SPIKE, points, least_n=least), mine, trailing)
    now, before = (alert_rules.figure(RatingMetric.CSAT, one) for one in (mine, trailing))
    fires = now.low > before.high and now.value - before.value >= points and mine.n >= least
    assert (judged.verdict is F) == fires
    assert (judged.verdict is C) == (now.value <= before.high)
    assert (judged.reading.hits, judged.reading.n, judged.reading.base) == (mine.up, mine.n, before.value)


def test_a_drop_has_recovered_or_has_become_the_usual():
    why = alert_rules.why_recovered
    assert why(Reading(Decimal(85)), Decimal(85)) is AlertClosed.RECOVERED
    assert why(Reading(Decimal(84)), Decimal(85)) is AlertClosed.SETTLED


@given(st.integers(0, 500), st.integers(0, 500), percent, percent, st.integers(1, 100))
def test_a_share_of_overdue_tasks_is_a_full_count(late, others, one, other, least):
    clear_at, threshold = sorted((one, other))
    n = late + others
    judged = alert_rules.overdue(rule(AlertKind.OVERDUE_SHARE, threshold, clear_at, least), n, late)
    if n == 0:
        assert judged.verdict is C
        return
    value = Fraction(judged.reading.value)
    assert close(judged.reading.value, Fraction(late * 100, n))
    fires = value >= threshold and n >= least
    assert (judged.verdict is F) == fires
    assert (judged.verdict is C) == (not fires and value <= clear_at)
    assert judged.reading.low is None


@given(percent, percent, percent, st.integers(1, 100), st.integers(-50, 400), percent)
def test_a_pace_goes_on_to_the_programmes_end(now, first, last, between, ahead, target):
    ends_on = TODAY + timedelta(days=ahead)
    pace = Pace(now, 3, first, TODAY - timedelta(days=between + 1), last, TODAY - timedelta(days=1))
    judged = alert_rules.behind(
        rule(AlertKind.COMPLETION_PACE, target, Decimal(100), 1), pace, TODAY, ends_on
    )
    gained = Fraction(last - first) * max(ahead, 0) / between
    exact = min(max(Fraction(now) + gained, Fraction(0)), Fraction(100))
    assert close(judged.reading.value, exact)
    assert (judged.verdict is F) == (judged.reading.value < target)
    assert (judged.verdict is C) == (judged.reading.value == 100)
    assert (judged.reading.reached, judged.reading.to_on) == (now, ends_on)


def test_a_pace_needs_an_end_figures_and_snapshots():
    of = rule(AlertKind.COMPLETION_PACE, Decimal(95))
    whole = Pace(Decimal(5), 3, Decimal(0), TODAY - timedelta(days=28), Decimal(5), TODAY)
    assert alert_rules.behind(of, whole, TODAY, None).because is AlertClosed.NO_DATA
    nothing = Pace(None, 0, None, None, None, None)
    assert alert_rules.behind(of, nothing, TODAY, TODAY).because is AlertClosed.NO_DATA
    new = Pace(Decimal(5), 3, None, None, Decimal(5), TODAY)
    assert alert_rules.behind(of, new, TODAY, TODAY).verdict is S
    # With fewer tasks than it takes nothing is said
    assert alert_rules.behind(of, whole, TODAY, TODAY).verdict is S


@pytest.mark.parametrize(("period", "length"), [(AlertPeriod.WEEK, 7), (AlertPeriod.MONTH, 28)])
def test_a_period_is_of_whole_days_up_to_yesterday(period, length):
    first, last = alert_rules.days(period, TODAY)
    assert last == TODAY - timedelta(days=1)
    assert (last - first).days + 1 == length


@given(st.lists(answered, min_size=2, max_size=30), percent)
def test_an_alert_that_clears_does_not_fire_again_on_the_same_answers(seen, floor):
    """What fires never clears at once, and what clears never fires: no answer does both."""
    of = rule(AlertKind.METRIC_FLOOR, floor, least_n=1)
    for answers in seen:
        now = alert_rules.figure(RatingMetric.NPS, answers)
        if alert_rules.below_floor(of, now).verdict is C:
            assert now.high >= floor
