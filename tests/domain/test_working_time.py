"""R6 and R7, pure: working days, working hours and deadlines."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jejak.domain import working_time
from jejak.domain.working_time import DEFAULT_WEEK, Hours, Rules, hours, said
from tests.domain.ladder_model import Place

DAYS = st.dates(date(2024, 1, 1), date(2035, 12, 31))
FRIDAY, SATURDAY, SUNDAY, MONDAY = (date(2027, 3, 5) + timedelta(days=n) for n in range(4))
ZONES = ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura", "Europe/Berlin")  # one with summer time
USUAL = Rules("Asia/Jakarta")


@pytest.fixture(autouse=True)
def _connected():
    """Nothing here needs a database."""


def local(day: date, at: str, zone: str = "Asia/Jakarta") -> datetime:
    return datetime.combine(day, time.fromisoformat(at), ZoneInfo(zone))


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
    assert working_time.shift(USUAL, day, offset) == expected


def test_working_days_skip_holidays_and_count_a_saturday_that_is_worked():
    rules = Rules("Asia/Jakarta", special={MONDAY: (), SATURDAY: (hours("09:00", "12:00"),)})
    assert working_time.shift(rules, FRIDAY, 1) == SATURDAY
    assert working_time.shift(rules, FRIDAY, 2) == MONDAY + timedelta(days=1)
    assert working_time.shift(rules, MONDAY, 0) == SATURDAY


@given(DAYS, st.integers(-19, 19))
def test_shifting_lands_where_counting_lands(day, offset):
    counted = Place(None, "ULP", USUAL.zone).day_from(day, offset)
    assert working_time.shift(USUAL, day, offset) == counted


@given(DAYS, st.integers(-60, 60), st.integers(-60, 60))
def test_a_later_rung_is_never_on_an_earlier_day(day, one, other):
    low, high = sorted((one, other))
    assert working_time.shift(USUAL, day, low) <= working_time.shift(USUAL, day, high)


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
        ("Asia/Jakarta", "2027-03-05T04:29:59", True),  # a Friday, before the prayer
        ("Asia/Jakarta", "2027-03-05T04:30:00", False),
        ("Asia/Jakarta", "2027-03-05T06:00:00", True),
        ("Asia/Jakarta", "2027-03-06T03:00:00", False),  # a Saturday
        ("Asia/Jayapura", "2027-02-28T23:59:59", False),  # Monday there, but early
    ],
)
def test_working_time_is_half_open_and_the_units_own(zone, utc, is_open):
    assert working_time.is_open(Rules(zone), datetime.fromisoformat(utc).replace(tzinfo=UTC)) is is_open


@pytest.mark.parametrize(
    ("start", "amount", "expected"),
    [  # R7's own examples, and the edges of intervals
        (local(FRIDAY, "16:30"), 60, local(MONDAY, "09:30")),
        (local(FRIDAY, "16:30"), 240, local(MONDAY, "12:30")),
        (local(FRIDAY, "16:30"), 30, local(FRIDAY, "17:00")),
        (local(FRIDAY, "11:00"), 30, local(FRIDAY, "11:30")),
        (local(FRIDAY, "11:00"), 31, local(FRIDAY, "13:01")),
        (local(FRIDAY, "12:00"), 1, local(FRIDAY, "13:01")),
        (local(SUNDAY, "12:00"), 480, local(MONDAY, "17:00")),
    ],
)
def test_a_deadline_counts_working_time_only(start, amount, expected):
    found = working_time.deadline(USUAL, start, timedelta(minutes=amount))
    assert found == expected
    assert working_time.between(USUAL, start, found) == timedelta(minutes=amount)


def a_day() -> st.SearchStrategy[tuple[Hours, ...]]:
    quarters = st.lists(st.integers(0, 96), min_size=0, max_size=6, unique=True).map(sorted)
    return quarters.map(
        lambda at: tuple(Hours(a * 15, b * 15) for a, b in zip(at[::2], at[1::2], strict=False))
    )


RULES = st.builds(
    Rules,
    st.sampled_from(ZONES),
    st.dictionaries(st.integers(1, 7), a_day(), min_size=3),
    st.dictionaries(st.dates(FRIDAY, FRIDAY + timedelta(days=40)), a_day(), max_size=6),
)
START = datetime(2027, 3, 5, tzinfo=UTC)


def quarters_open(rules: Rules, quarters: int) -> list[bool]:
    """Whether each quarter of an hour from START is open, by looking at the clock on the wall."""
    zone, found = ZoneInfo(rules.zone), []
    for n in range(quarters):
        wall = (START + timedelta(minutes=15 * n)).astimezone(zone)
        day = rules.special.get(wall.date(), rules.week.get(wall.isoweekday(), ()))
        minute = wall.hour * 60 + wall.minute
        found.append(any(one.opens <= minute < one.closes for one in day))
    return found


@given(RULES, st.integers(0, 900), st.integers(0, 900))
def test_working_time_is_what_a_look_at_every_quarter_of_an_hour_adds_up_to(rules, one, other):
    low, high = sorted((one, other))
    is_open = quarters_open(rules, 900)
    start, end = (START + timedelta(minutes=15 * n) for n in (low, high))
    assert working_time.between(rules, start, end) == timedelta(minutes=15 * sum(is_open[low:high]))
    if low < 900:
        assert working_time.is_open(rules, start) is is_open[low] if low < len(is_open) else True
    if sum(is_open[low:high]):
        # The end of the last open quarter before `end` is the deadline for all of it.
        last = max(n for n in range(low, high) if is_open[n])
        amount = timedelta(minutes=15 * sum(is_open[low:high]))
        assert working_time.deadline(rules, start, amount) == START + timedelta(minutes=15 * (last + 1))


@pytest.mark.parametrize(
    "bad", [("9:00", "17:00"), ("17:00", "09:00"), ("09:00", "09:00"), ("09:00", "25:00")]
)
def test_hours_that_are_none_are_refused(bad):
    with pytest.raises(ValueError, match=r"."):
        hours(*bad)


def test_hours_are_written_as_they_are_read():
    for day in DEFAULT_WEEK.values():
        assert tuple(hours(said(one.opens), said(one.closes)) for one in day) == day
    assert hours("22:00", "24:00") == Hours(1320, 1440)
    assert said(1440) == "24:00"
