"""Working days and working hours, pure."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jejak.domain import calendar, reminder_rules
from jejak.domain.vocabulary import Audience
from tests.domain.test_reminder_ladder import OFFSETS, day_of

DAYS = st.dates(date(2024, 1, 1), date(2035, 12, 31))
FRIDAY, SATURDAY, SUNDAY, MONDAY = (date(2027, 3, 5) + timedelta(days=n) for n in range(4))


@pytest.fixture(autouse=True)
def _connected():
    """Nothing here needs a database."""


@pytest.mark.parametrize(
    ("day", "offset", "expected"),
    [
        (MONDAY, -1, FRIDAY),
        (FRIDAY, 1, MONDAY),
        (FRIDAY, 0, FRIDAY),
        (SATURDAY, 0, FRIDAY),
        (SUNDAY, 0, FRIDAY),
        (SUNDAY, -1, FRIDAY),
        (SATURDAY, 1, MONDAY),
        (MONDAY, 5, MONDAY + timedelta(days=7)),
        (MONDAY, -7, date(2027, 2, 25)),
    ],
)
def test_working_days_skip_the_weekend(day, offset, expected):
    assert calendar.shift(day, offset) == expected


@given(DAYS, st.integers(-19, 19))
def test_shifting_lands_where_counting_lands(day, offset):
    assert calendar.shift(day, offset) == day_of(day, offset)


@given(DAYS, st.integers(-60, 60), st.integers(-60, 60))
def test_a_later_rung_is_never_on_an_earlier_day(day, one, other):
    low, high = sorted((one, other))
    assert calendar.shift(day, low) <= calendar.shift(day, high)


@pytest.mark.parametrize(
    ("zone", "utc", "is_open"),
    [
        ("Asia/Jakarta", "2027-03-01T01:59:59", False),
        ("Asia/Jakarta", "2027-03-01T02:00:00", True),
        ("Asia/Jakarta", "2027-03-01T09:59:59.999999", True),
        ("Asia/Jakarta", "2027-03-01T10:00:00", False),
        ("Asia/Makassar", "2027-03-01T01:00:00", True),
        ("Asia/Jayapura", "2027-03-01T00:00:00", True),
        ("Asia/Jayapura", "2027-03-01T08:00:00", False),
        ("Asia/Jakarta", "2027-03-06T03:00:00", False),  # a Saturday
        ("Asia/Jayapura", "2027-02-28T23:59:59", False),  # Monday there, but early
    ],
)
def test_working_time_is_half_open_and_the_units_own(zone, utc, is_open):
    assert calendar.is_open(datetime.fromisoformat(utc).replace(tzinfo=UTC), zone) is is_open


@given(DAYS, DAYS)
def test_the_rungs_of_a_ladder_that_lie_ahead_are_planned(due_on, set_on):
    rungs = [(offset, Audience.OWNER) for offset in OFFSETS]
    steps = reminder_rules.planned(rungs, due_on, set_on)
    assert {(step.offset_days, step.remind_on) for step in steps} == {
        (offset, day_of(due_on, offset)) for offset in OFFSETS if day_of(due_on, offset) >= set_on
    }
