"""The calendar link, as calendar programs read it."""

import logging
from datetime import date, timedelta

import icalendar
import pytest

from jejak.domain import calendar_feed, task
from jejak.domain.calendar_feed import CreateCalendarFeed, RevokeCalendarFeed
from jejak.domain.task import UpdateTask
from jejak.domain.vocabulary import Language, Role, TaskStatus
from tests import factories as f
from tests.api.live import at, limited
from tests.client import http
from tests.moments import MONDAY, go_to


@pytest.fixture(autouse=True)
async def _connected(database):
    """Every test starts from a clean database, connected."""


async def a_feed(**of_person):
    go_to(MONDAY)
    unit = await f.a_unit()
    owner = await f.a_person(unit=unit, **of_person)
    viewer = await f.viewer_for(owner)
    made = await calendar_feed.create(viewer, CreateCalendarFeed())
    return unit, owner, viewer, made, f"/calendar/{made.token}.ics"


async def events(path: str) -> list[icalendar.Event]:
    answer = await http().get(path)
    assert answer.status_code == 200, answer.text
    return list(icalendar.Calendar.from_ical(answer.content).walk("VEVENT"))


async def test_due_dates_are_all_day_events():
    unit, owner, _, _, path = await a_feed()
    made = await f.a_task(unit, owner=owner, title="Ganti; kabel, baru", due_on=MONDAY + timedelta(days=3))
    await f.a_task(unit, owner=owner, status=TaskStatus.BLOCKED, title="Trafo")
    answer = await http().get(path)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    read = icalendar.Calendar.from_ical(answer.content)
    assert read["METHOD"] == "PUBLISH"
    assert read["X-WR-CALNAME"] == "Jejak: jatuh tempo"
    first, second = read.walk("VEVENT")
    assert (first["UID"], first["SEQUENCE"]) == (f"task-{made.id}@jejak", 0)
    assert first["DTSTART"].dt == date(2027, 3, 4)
    assert first["DTEND"].dt == date(2027, 3, 5)
    assert first["SUMMARY"] == "Ganti; kabel, baru"
    assert first["DESCRIPTION"] == f"{unit.name}: belum dimulai"
    assert second["SUMMARY"] == "Trafo [terhambat]"


async def test_it_speaks_the_persons_language():
    unit, owner, _, _, path = await a_feed(language=Language.EN)
    await f.a_task(unit, owner=owner)
    (one,) = await events(path)
    assert one["DESCRIPTION"].endswith(": not started")


async def test_a_task_that_changes_is_the_same_event_and_one_that_is_done_is_gone():
    unit, owner, viewer, _, path = await a_feed()
    made = await f.a_task(unit, owner=owner)
    manager = await f.a_viewer(Role.MANAGER, unit)
    before = (await events(path))[0]
    await task.update(manager, UpdateTask(made.id, made.version, title="Baru"))
    (after,) = await events(path)
    assert (after["UID"], after["SEQUENCE"], after["SUMMARY"]) == (before["UID"], 1, "Baru")
    made.version += 1
    await f.bring(made, TaskStatus.VERIFIED, owner=viewer, manager=manager)
    assert await events(path) == []


async def test_what_has_not_changed_is_not_sent_again():
    unit, owner, _, _, path = await a_feed()
    made = await f.a_task(unit, owner=owner)
    answer = await http().get(path)
    assert answer.headers["cache-control"] == "private, max-age=300"
    tag = answer.headers["etag"]
    for given in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        again = await http().get(path, headers={"If-None-Match": given})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    await task.update(await f.a_viewer(Role.MANAGER, unit), UpdateTask(made.id, made.version, title="Baru"))
    assert (await http().get(path, headers={"If-None-Match": tag})).status_code == 200
    head = await http().head(path)
    assert (head.status_code, head.content) == (200, b"")


async def test_whatever_is_wrong_with_a_link_is_404_in_the_same_words():
    _, _, viewer, made, path = await a_feed()
    await calendar_feed.revoke(viewer, RevokeCalendarFeed(made.id))
    wrong = [
        path,
        path.removesuffix(".ics"),
        "/calendar/x.ics",
        "/calendar/.ics",
        "/calendar/%00.ics",
        f"/calendar/{'x' * 500}.ics",
    ]
    answers = [await http().get(one) for one in wrong]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


async def test_it_is_counted_like_other_requests_of_nobody():
    _, _, _, _, path = await a_feed()
    async with at(limited(per_minute=1, burst=3)) as client:
        answers = [(await client.get(path)).status_code for _ in range(5)]
    assert answers == [200, 200, 200, 429, 429]


async def test_the_link_stands_in_no_log(caplog, monkeypatch):
    caplog.set_level(logging.DEBUG)
    _, _, _, made, path = await a_feed()

    async def fails(_token):
        raise LookupError("nobody foresaw this")

    await http().get(path)
    monkeypatch.setattr(calendar_feed, "read", fails)
    assert (await http().get(path)).status_code == 500
    ours = [record for record in caplog.records if record.name.startswith("jejak")]
    assert ours
    assert made.token not in "\n".join(f"{record.getMessage()} {record.exc_text or ''}" for record in ours)
