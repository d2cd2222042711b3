"""iCalendar files: what is read of them, and what is refused with its place."""

import time
from datetime import date, timedelta

import pytest

from jejak.domain import clock, special_day_file
from jejak.domain.errors import Code, Refused


@pytest.fixture(autouse=True)
def _connected():
    """Nothing here needs a database."""


def a_file(*events: str) -> str:
    inside = "\n".join(f"BEGIN:VEVENT\nUID:{n}\n{event}\nEND:VEVENT" for n, event in enumerate(events))
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//PLN//ID\n{inside}\nEND:VCALENDAR\n"


def days(*events: str) -> list[tuple[int, date, str]]:
    return [(one.event, one.day, one.name) for one in special_day_file.read(a_file(*events), "ics")]


NYEPI = "DTSTART;VALUE=DATE:20270308\nSUMMARY:Hari Suci Nyepi"


def test_days_and_ranges_are_read():
    found = days(
        NYEPI,
        "DTSTART;VALUE=DATE:20270310\nDTEND;VALUE=DATE:20270312\nSUMMARY:Idul Fitri\\, lebaran",
        "DTSTART;VALUE=DATE:20270401\nDURATION:P2D\nSUMMARY;LANGUAGE=id:Libur",
        "DTSTART;VALUE=DATE:20270501\nDTEND;VALUE=DATE:20270501\nSUMMARY:Buruh",
    )
    assert found == [
        (0, date(2027, 3, 8), "Hari Suci Nyepi"),
        (1, date(2027, 3, 10), "Idul Fitri, lebaran"),
        (1, date(2027, 3, 11), "Idul Fitri, lebaran"),
        (2, date(2027, 4, 1), "Libur"),
        (2, date(2027, 4, 2), "Libur"),
        (3, date(2027, 5, 1), "Buruh"),
    ]


def test_windows_line_ends_and_folded_lines_are_read():
    folded = a_file("DTSTART;VALUE=DATE:20270308\nSUMMARY:Hari Suci\n  Nyepi").replace("\n", "\r\n")
    assert [one.name for one in special_day_file.read(folded)] == ["Hari Suci Nyepi"]


@pytest.mark.parametrize(
    ("rule", "years"),
    [
        ("FREQ=YEARLY;COUNT=3", [2027, 2028, 2029]),
        ("FREQ=YEARLY;INTERVAL=2;COUNT=2", [2027, 2029]),
        ("FREQ=YEARLY;UNTIL=20290101", [2027, 2028]),
        ("FREQ=YEARLY;UNTIL=20281225T000000Z;WKST=MO", [2027, 2028]),
    ],
)
def test_what_is_every_year_is_spelled_out(rule, years):
    found = days(f"DTSTART;VALUE=DATE:20271225\nSUMMARY:Natal\nRRULE:{rule}")
    assert [day for _, day, _ in found] == [date(year, 12, 25) for year in years]


def test_without_an_end_it_goes_as_far_as_a_due_date_may_lie():
    found = [day for _, day, _ in days("DTSTART;VALUE=DATE:20000101\nSUMMARY:Tahun baru\nRRULE:FREQ=YEARLY")]
    assert found == [date(year, 1, 1) for year in range(2025, clock.now().year + 11)]
    leap = [day for _, day, _ in days("DTSTART;VALUE=DATE:20280229\nSUMMARY:Kabisat\nRRULE:FREQ=YEARLY")]
    assert leap[:2] == [date(2028, 2, 29), date(2032, 2, 29)]


def test_what_is_cancelled_or_before_all_calendars_is_left_out():
    assert days("DTSTART;VALUE=DATE:20200101\nSUMMARY:Lama", f"{NYEPI}\nSTATUS:CANCELLED", NYEPI) == [
        (2, date(2027, 3, 8), "Hari Suci Nyepi")
    ]


FAR = (clock.now() + timedelta(days=12 * 366)).year
BAD = [
    ("DTSTART:20270308T090000Z\nSUMMARY:Rapat", Code.NOT_WHOLE_DAYS),
    ("DTSTART;TZID=Nowhere/There:20270308T000000\nSUMMARY:x", Code.NOT_WHOLE_DAYS),
    ("DTSTART;VALUE=DATE:20270308\nDTEND:20270309T000000Z\nSUMMARY:x", Code.NOT_WHOLE_DAYS),
    ("DTSTART;VALUE=DATE:20270308\nDTEND;VALUE=DATE:20270307\nSUMMARY:x", Code.NOT_WHOLE_DAYS),
    ("DTSTART;VALUE=DATE:20270308\nDURATION:PT5H\nSUMMARY:x", Code.NOT_WHOLE_DAYS),
    ("DTSTART;VALUE=DATE:20270308\nDURATION:P99999999999999D\nSUMMARY:x", Code.NOT_WHOLE_DAYS),
    ("DTSTART:besok\nSUMMARY:x", Code.NOT_WHOLE_DAYS),
    ("SUMMARY:x", Code.NOT_WHOLE_DAYS),
    (f"{NYEPI}\nDTSTART;VALUE=DATE:20270309", Code.NOT_WHOLE_DAYS),
    ("DTSTART;VALUE=DATE:20270308", Code.REQUIRED),
    (f"DTSTART;VALUE=DATE:20270308\nSUMMARY:{'x' * 201}", Code.TOO_LONG),
    ("DTSTART;VALUE=DATE:20270308\nDTEND;VALUE=DATE:99991231\nSUMMARY:x", Code.OUT_OF_RANGE),
    (f"DTSTART;VALUE=DATE:{FAR}0308\nSUMMARY:x", Code.OUT_OF_RANGE),
    *(
        (f"{NYEPI}\n{more}", Code.UNSUPPORTED_RECURRENCE)
        for more in (
            "RRULE:FREQ=WEEKLY",
            "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU",
            "RRULE:FREQ=NONSENSE",
            "RRULE:FREQ=YEARLY;COUNT=99999999999999999999",
            "RRULE:FREQ=YEARLY;COUNT=1,2",
            "RRULE:FREQ=YEARLY;INTERVAL=1,2",
            "RRULE:FREQ=YEARLY;UNTIL=20280101,20290101",
            "RRULE:FREQ=YEARLY;INTERVAL=0",
            "RRULE:FREQ=YEARLY;INTERVAL=1,2",
            "RRULE:FREQ=YEARLY;COUNT=1,2",
            "RRULE:FREQ=YEARLY;UNTIL=20280101,20290101",
            "RRULE:FREQ=YEARLY\nRRULE:FREQ=MONTHLY",
            "RDATE;VALUE=DATE:20280101",
            "RRULE:FREQ=YEARLY\nEXDATE;VALUE=DATE:20280308",
            "RECURRENCE-ID;VALUE=DATE:20270308",
        )
    ),
]


@pytest.mark.parametrize(("event", "code"), BAD)
def test_what_is_wrong_is_named_with_the_event(event, code):
    with pytest.raises(Refused) as caught:
        days(NYEPI, event)
    place = ("ics", 1, "summary") if code in {Code.REQUIRED, Code.TOO_LONG} else ("ics", 1)
    assert [(one.code, one.path) for one in caught.value.problems] == [(code, place)]


def test_every_problem_is_named_at_once():
    with pytest.raises(Refused) as caught:
        days(*(event for event, _ in BAD))
    assert [one.path[1] for one in caught.value.problems] == list(range(len(BAD)))


@pytest.mark.parametrize(
    "content",
    [
        "",
        "nonsense",
        "code,name\nA,B",
        "BEGIN:VCALENDAR",
        a_file(),
        "BEGIN:VEVENT\nDTSTART;VALUE=DATE:20270308\nEND:VEVENT".replace("VEVENT", "VTODO"),
        "BEGIN:X\n" * 5_000,
        "BEGIN:VCALENDAR\n" + "BEGIN:X\n" * 5_000 + "END:X\n" * 5_000 + "END:VCALENDAR",
        a_file(NYEPI) * 2,
        "\ufeff{}",
    ],
)
def test_what_is_no_calendar_is_refused(content):
    with pytest.raises(Refused) as caught:
        special_day_file.read(content, "ics")
    assert (caught.value.code, caught.value.problems[0].path) == (Code.UNREADABLE_CALENDAR, ("ics",))


def test_too_many_events_are_refused():
    with pytest.raises(Refused) as caught:
        days(*[NYEPI] * 1_001)
    assert caught.value.code is Code.TOO_MANY


def test_a_small_file_of_endless_days_is_refused_before_they_are_spelled_out():
    whole_years = "DTSTART;VALUE=DATE:20250101\nDURATION:P366D\nSUMMARY:x\nRRULE:FREQ=YEARLY"
    begun = time.perf_counter()
    with pytest.raises(Refused) as caught:
        days(*[whole_years] * 1_000)
    assert (caught.value.code, caught.value.problems[0].path) == (Code.TOO_MANY, ("ics",))
    # All of them are some four millions, and take a quarter of a minute.
    assert time.perf_counter() - begun < 5
