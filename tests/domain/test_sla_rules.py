"""R7, pure: deadlines by example."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jejak.domain import sla_rules, working_time
from jejak.domain.working_time import Rules
from tests.domain.test_working_time import RULES

FRIDAY, SATURDAY, SUNDAY, MONDAY, TUESDAY, WEDNESDAY, THURSDAY = (
    date(2027, 3, 5) + timedelta(days=n) for n in range(7)
)
USUAL = Rules("Asia/Jakarta")
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _connected():
    """Nothing here needs a database."""


def local(day: date, at: str, zone: str = "Asia/Jakarta") -> datetime:
    return datetime.combine(day, time.fromisoformat(at), ZoneInfo(zone))


@pytest.mark.parametrize(
    ("started", "days", "due"),
    [
        (local(FRIDAY, "16:30"), 1, local(MONDAY, "17:00")),
        (local(FRIDAY, "16:30"), 3, local(WEDNESDAY, "17:00")),
        (local(FRIDAY, "00:00"), 3, local(WEDNESDAY, "17:00")),
        (local(FRIDAY, "23:59"), 3, local(WEDNESDAY, "17:00")),
        (local(SATURDAY, "12:00"), 1, local(MONDAY, "17:00")),
        (local(SUNDAY, "12:00"), 1, local(MONDAY, "17:00")),
        (local(MONDAY, "08:00"), 4, local(FRIDAY + timedelta(days=7), "17:00")),
    ],
)
def test_a_fix_is_due_at_the_end_of_a_working_day(started, days, due):
    assert sla_rules.fix_due(USUAL, started, days) == due


@pytest.mark.parametrize(
    ("paused", "due"),
    [  # from Friday 16:30, due on Wednesday at 17:00
        (30 * timedelta(minutes=1), local(THURSDAY, "09:30")),
        (HOUR, local(THURSDAY, "10:00")),
        (8 * HOUR, local(THURSDAY, "17:00")),
        (9 * HOUR, local(FRIDAY + timedelta(days=7), "10:00")),
        # until 11:30, for the prayer, and from 13:00
        (11 * HOUR, local(FRIDAY + timedelta(days=7), "13:30")),
    ],
)
def test_a_pause_moves_the_deadline_by_the_working_time_paused(paused, due):
    assert sla_rules.fix_due(USUAL, local(FRIDAY, "16:30"), 3, [paused]) == due


def test_the_same_start_is_another_day_in_another_zone():
    # Given one moment: Friday 23:30 in Jakarta, Saturday already in Makassar and Jayapura
    at = local(FRIDAY, "23:30")
    for zone in ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"):
        assert sla_rules.fix_due(Rules(zone), at, 1) == local(MONDAY, "17:00", zone)
    at = local(SUNDAY, "23:30")
    assert sla_rules.fix_due(Rules("Asia/Jakarta"), at, 1) == local(MONDAY, "17:00")
    assert sla_rules.fix_due(Rules("Asia/Jayapura"), at, 1) == local(TUESDAY, "17:00", "Asia/Jayapura")


def test_a_holiday_declared_late_moves_it():
    rules = Rules("Asia/Jakarta", special={TUESDAY: ()})
    assert sla_rules.fix_due(rules, local(FRIDAY, "16:30"), 3) == local(THURSDAY, "17:00")


@pytest.mark.parametrize(
    ("due_on", "set_at", "due"),
    [
        (MONDAY, local(FRIDAY, "10:00"), local(MONDAY, "17:00")),
        (MONDAY, local(MONDAY, "16:59"), local(MONDAY, "17:00")),
        # Spoken of on Friday, and so due by Friday's closing
        (SATURDAY, local(FRIDAY, "10:00"), local(FRIDAY, "17:00")),
        (SUNDAY, local(MONDAY - timedelta(days=6), "10:00"), local(FRIDAY, "17:00")),
        # Where that has passed, the day itself
        (MONDAY, local(MONDAY, "17:00"), local(TUESDAY, "00:00")),
        (SUNDAY, local(SATURDAY, "10:00"), local(MONDAY, "00:00")),
    ],
)
def test_a_task_is_due_at_the_end_of_its_due_days_working_time(due_on, set_at, due):
    assert sla_rules.task_due(USUAL, due_on, set_at) == due


def test_a_task_that_stood_still_is_due_later():
    assert sla_rules.task_due(USUAL, FRIDAY, local(MONDAY, "10:00") - 7 * 24 * HOUR, [HOUR]) == local(
        MONDAY, "10:00"
    )
    # Due on a day that was over when it was set: the pause counts from there
    assert sla_rules.task_due(USUAL, FRIDAY, local(FRIDAY, "18:00"), [HOUR]) == local(MONDAY, "10:00")


@given(
    RULES.filter(lambda rules: any(rules.week.values())),
    st.integers(1, 30),
    st.lists(st.integers(0, 40 * 3600).map(lambda n: timedelta(seconds=n)), max_size=4),
)
def test_pauses_add_up_whichever_way_they_are_cut(rules, days, pauses):
    start = datetime(2027, 3, 5, 9, 30, tzinfo=ZoneInfo(rules.zone))
    once = sla_rules.fix_due(rules, start, days, [sum(pauses, timedelta())])
    assert sla_rules.fix_due(rules, start, days, pauses) == once
    undisturbed = sla_rules.fix_due(rules, start, days)
    assert working_time.between(rules, undisturbed, once) == sum(pauses, timedelta())


def test_days_by_priority():
    days = [sla_rules.days_of(sla_rules.DEFAULT_DAYS, priority) for priority in (1, 5, 6, 11, 12, 19, 20, 25)]
    assert days == [30, 30, 14, 14, 7, 7, 3, 3]
