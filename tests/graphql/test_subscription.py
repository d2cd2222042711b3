"""What subscriptions tell: over a real connection, after a real worker's work."""

from datetime import timedelta
from uuid import uuid4

import pytest

from jejak.domain import (
    clock,
    completion,
    db,
    feed,
    housekeeping,
    journey,
    pain_point,
    relay,
    reminder,
    task,
    unit,
)
from jejak.domain.access import SYSTEM
from jejak.domain.journey import ChangeJourney
from jejak.domain.pain_point import DismissPainPoint
from jejak.domain.tables.notice import Notice
from jejak.domain.task import ReportProgress
from jejak.domain.unit import MoveUnit
from jejak.domain.vocabulary import Role, TaskStatus, UnitKind
from jejak.graphql import ids
from tests import factories as f
from tests.client import NOBODY, as_, gid
from tests.moments import MONDAY, go_to

TASKS = """subscription ($unitId: ID, $since: String) {
    taskChanged(unitId: $unitId, since: $since) { eventId kind task { id progress } } }"""
JOURNEYS = """subscription ($unitId: ID, $since: String) {
    journeyChanged(unitId: $unitId, since: $since) { eventId kind journey { id status } } }"""
COMPLETION = """subscription ($unitId: ID, $since: String) {
    completionChanged(unitId: $unitId, since: $since) { eventId unit { id completion { reported tasks } } } }"""
NOTICES = "subscription ($since: String) { noticeReceived(since: $since) { eventId notice { id kind task { id } } } }"


async def report(one, progress):
    """The task after a report by the service; a worker has carried it on."""
    made = await task.report(OWNERS[one.id], ReportProgress(one.id, one.version, progress))
    await relay.drain()
    return made


OWNERS = {}


async def a_task(at, **more):
    """Its owner may report on it by `report`."""
    owner = await f.a_person(Role.CONTRIBUTOR, at)
    made = await f.a_task(at, owner=owner, **more)
    OWNERS[made.id] = await f.viewer_for(owner)
    await relay.drain()
    return made


async def test_a_task_that_is_created_and_one_that_changes_are_told(live, ulp):
    who = await f.a_person(Role.VIEWER, ulp)
    async with live.socket(await as_(who)) as talk:
        key = await talk.begin(TASKS)
        one = await a_task(ulp)
        created = (await talk.next(key))["taskChanged"]
        await report(one, 40)
        reported = (await talk.next(key))["taskChanged"]
    assert (created["kind"], created["task"]) == ("TASK_CREATED", {"id": gid(one), "progress": 0})
    assert (reported["kind"], reported["task"]) == (
        "TASK_PROGRESS_REPORTED",
        {"id": gid(one), "progress": 40},
    )
    assert created["eventId"] != reported["eventId"]


async def test_a_journey_and_its_pain_points_are_told_as_the_journey(live, ulp):
    who = await f.a_person(Role.VIEWER, ulp)
    manager = await f.a_viewer(Role.MANAGER, ulp)
    async with live.socket(await as_(who)) as talk:
        key = await talk.begin(JOURNEYS)
        made = await f.a_journey(ulp, viewer=manager)
        await relay.drain()
        # Two events of one journey that came together are one message
        captured = (await talk.next(key))["journeyChanged"]
        assert captured["journey"] == {"id": gid(made), "status": "DRAFT"}
        made = await journey.submit(manager, ChangeJourney(made.id, made.version))
        await relay.drain()
        submitted = (await talk.next(key))["journeyChanged"]
        assert (submitted["kind"], submitted["journey"]["status"]) == ("JOURNEY_SUBMITTED", "SUBMITTED")
        await journey.accept(manager, ChangeJourney(made.id, made.version))
        await relay.drain()
        await talk.next(key)
        point = await f.a_pain_point(journey=made)
        regional = await f.a_viewer(Role.MANAGER, await f.reference_unit("HQ"))
        await pain_point.dismiss(regional, DismissPainPoint(point.id, point.version, "Ganda"))
        await relay.drain()
        dismissed = (await talk.next(key))["journeyChanged"]
        assert (dismissed["kind"], dismissed["journey"]["id"]) == ("PAIN_POINT_DISMISSED", gid(made))


async def test_completion_of_a_followed_unit_is_told_whatever_changed_below_it(live, ulp):
    up3 = await unit.Unit.objects().get(unit.Unit.id == ulp.parent_id)
    who = await f.a_person(Role.VIEWER, up3)
    one = await a_task(ulp)
    async with live.socket(await as_(who)) as talk:
        key = await talk.begin(COMPLETION, unitId=gid(up3))
        await report(one, 50)
        told = (await talk.next(key))["completionChanged"]
        assert told["unit"]["id"] == gid(up3)
        assert told["unit"]["completion"]["tasks"] == 1
        assert float(told["unit"]["completion"]["reported"]) > 0


async def test_completion_without_a_unit_names_the_unit_that_changed(live, ulp):
    who = await f.a_person(Role.VIEWER, await f.reference_unit("JATIM"))
    one = await a_task(ulp)
    async with live.socket(await as_(who)) as talk:
        key = await talk.begin(COMPLETION)
        await report(one, 50)
        assert (await talk.next(key))["completionChanged"]["unit"]["id"] == gid(ulp)


async def test_figures_that_do_not_change_are_not_told(live, ulp):
    who = await f.a_person(Role.VIEWER, ulp)
    one = await a_task(ulp, status=TaskStatus.IN_PROGRESS)
    async with live.socket(await as_(who)) as talk:
        key = await talk.begin(COMPLETION)
        before = await completions_told()
        # When a report comes that no figure shows, and everything is computed anew
        one = await task.report(OWNERS[one.id], ReportProgress(one.id, one.version, one.progress, "Menunggu"))
        await relay.drain()
        await completion.recompute_all()
        assert await completions_told() == before
        # Then the next that is told is one that figures show
        await report(one, 60)
        reported = (await talk.next(key))["completionChanged"]["unit"]["completion"]["reported"]
        assert float(reported) > 0
        assert await completions_told() == before + 1


async def completions_told():
    return await db.fetchval("select count(*) from feed where topic = 'COMPLETION'")


async def test_a_unit_that_moves_changes_the_figures_of_where_it_was_and_where_it_is(live, ulp):
    old = await unit.Unit.objects().get(unit.Unit.id == ulp.parent_id)
    new = await f.a_unit(UnitKind.UP3)
    await a_task(ulp)
    there, here = await f.a_person(Role.VIEWER, old), await f.a_person(Role.VIEWER, new)
    async with live.socket(await as_(there)) as before, live.socket(await as_(here)) as after:
        was = await before.begin(COMPLETION, unitId=gid(old))
        is_ = await after.begin(COMPLETION, unitId=gid(new))
        await unit.move(SYSTEM, MoveUnit(ulp.id, new.id, ulp.version))
        await relay.drain()
        assert (await before.next(was))["completionChanged"]["unit"]["completion"]["tasks"] == 0
        assert (await after.next(is_))["completionChanged"]["unit"]["completion"]["tasks"] == 1


async def test_one_is_told_of_own_notices_and_of_nobody_elses(live, ulp):
    go_to(MONDAY)
    mine, theirs = await f.a_person(Role.MANAGER, ulp), await f.a_person(Role.MANAGER, ulp)
    async with live.socket(await as_(mine)) as talk:
        key = await talk.begin(NOTICES)
        for owner in (theirs, mine):
            await f.a_task(ulp, owner=owner, due_on=MONDAY + timedelta(days=1))
        assert await reminder.run() == 2
        told = (await talk.next(key))["noticeReceived"]
        own = await Notice.objects().get(Notice.person_id == mine.id)
        assert (told["notice"]["id"], told["notice"]["kind"]) == (gid(own), "DUE_SOON")
        # And theirs does not follow: the next is mine again
        await f.a_task(ulp, owner=mine, due_on=MONDAY + timedelta(days=1))
        await reminder.run()
        assert (await talk.next(key))["noticeReceived"]["notice"]["id"] != gid(own)


async def test_a_unit_means_its_subtree(live):
    region, up3 = await f.reference_unit("JATIM"), await f.a_unit(UnitKind.UP3)
    below, sibling, far = (
        await f.a_unit(parent=up3),
        await f.a_unit(),
        await f.a_unit(parent=await f.a_unit(UnitKind.UP3, await f.reference_unit("BALI"))),
    )
    who = await f.a_person(Role.VIEWER, await f.reference_unit("HQ"))
    await relay.drain()
    async with live.socket(await as_(who)) as talk:
        followed = {
            "up3": await talk.begin(TASKS, unitId=gid(up3)),
            "below": await talk.begin(TASKS, unitId=gid(below)),
            "region": await talk.begin(TASKS, unitId=gid(region)),
            "all": await talk.begin(TASKS),
        }
        told = {name: set() for name in followed}
        places = {"below": below, "sibling": sibling, "far": far, "up3": up3}
        tasks = {gid(await a_task(at)): name for name, at in places.items()}
        for _ in range(2 + 1 + 3 + 4):
            message = await talk.receive()
            name = next(name for name, key in followed.items() if key == message["id"])
            told[name].add(tasks[message["payload"]["data"]["taskChanged"]["task"]["id"]])
    assert told == {
        "up3": {"below", "up3"},
        "below": {"below"},
        "region": {"below", "sibling", "up3"},
        "all": {"below", "sibling", "far", "up3"},
    }


async def test_changes_of_one_thing_that_wait_together_are_one_message(live, ulp):
    who = await f.a_person(Role.VIEWER, ulp)
    async with live.socket(await as_(who)) as talk:
        key = await talk.begin(TASKS)
        one = await f.a_task(ulp, status=TaskStatus.VERIFIED)
        await relay.drain()
        told = (await talk.next(key))["taskChanged"]
        assert (told["kind"], told["task"]["id"]) == ("TASK_VERIFIED", gid(one))
        other = await a_task(ulp)
        assert (await talk.next(key))["taskChanged"]["task"]["id"] == gid(other)


async def test_what_was_missed_comes_first_in_order_without_gap_or_double(live, ulp):
    who = await as_(await f.a_person(Role.VIEWER, ulp))
    async with live.socket(who) as talk:
        key = await talk.begin(TASKS)
        first = await a_task(ulp)
        since = (await talk.next(key))["taskChanged"]["eventId"]
    # When things happen while the client is away, here and in a place that it does not follow
    missed = [gid(await a_task(ulp)) for _ in range(5)]
    await a_task(await f.a_unit())
    async with live.socket(who) as talk:
        key = await talk.begin(TASKS, since=since)
        later = gid(await a_task(ulp))
        told = [(await talk.next(key))["taskChanged"] for _ in range(6)]
        assert [each["task"]["id"] for each in told] == [*missed, later]
        assert gid(first) not in {each["task"]["id"] for each in told}
        # And from the middle of it
        key = await talk.begin_quietly(TASKS, since=told[2]["eventId"])
        again = [(await talk.next(key))["taskChanged"]["eventId"] for _ in range(3)]
        assert again == [each["eventId"] for each in told[3:]]


async def test_a_replay_longer_than_a_page_and_than_memory_is_whole(live, ulp, monkeypatch):
    monkeypatch.setattr(feed, "PAGE", 3)
    monkeypatch.setattr("jejak.domain.tail.MEMORY", 4)
    who = await as_(await f.a_person(Role.VIEWER, ulp))
    async with live.socket(who) as talk:
        key = await talk.begin(TASKS)
        await a_task(ulp)
        since = (await talk.next(key))["taskChanged"]["eventId"]
        made = [gid(await a_task(ulp)) for _ in range(11)]
        lived = [(await talk.next(key))["taskChanged"]["task"]["id"] for _ in range(11)]
        key = await talk.begin_quietly(TASKS, since=since)
        replayed = [(await talk.next(key))["taskChanged"]["task"]["id"] for _ in range(11)]
    assert lived == replayed == made


@pytest.mark.parametrize("query", [TASKS, JOURNEYS, COMPLETION, NOTICES])
@pytest.mark.parametrize(
    "since", ["", "1", "nonsense", "0f3c8d2e-1c7a-4b60-9a52-6f0e4d1b2a93", "\u0000", "9" * 5_000]
)
async def test_an_id_that_nobody_was_told_is_refused(live, ulp, query, since):
    async with live.socket(await as_(await f.a_person(Role.VIEWER, ulp))) as talk:
        assert_refused(await talk.asked(query, since=since), "GONE", ["since"])


def assert_refused(message, code, at=None):
    assert message["type"] == "error"
    (error,) = message["payload"]
    assert (error["extensions"]["code"], error["extensions"].get("input")) == (code, at)
    assert error["message"]


async def test_what_is_older_than_a_week_is_forgotten(live, ulp):
    who = await as_(await f.a_person(Role.VIEWER, ulp))
    async with live.socket(who) as talk:
        key = await talk.begin(TASKS)
        await a_task(ulp)
        since = (await talk.next(key))["taskChanged"]["eventId"]
    # Given a week less a moment, it is there
    clock.shift(feed.KEPT - timedelta(minutes=5))
    await housekeeping.forget_old()
    assert await feed.position_of(since) > 0
    # After a week it is refused, and a day later gone
    clock.shift(timedelta(minutes=10))
    async with live.socket(await as_(await f.a_person(Role.VIEWER, ulp))) as talk:
        assert_refused(await talk.asked(TASKS, since=since), "GONE", ["since"])
    assert await db.fetchval("select count(*) from feed where id::text = $1", since) == 1
    clock.shift(timedelta(days=1))
    await housekeeping.forget_old()
    assert await db.fetchval("select count(*) from feed") == 0


@pytest.mark.parametrize("query", [TASKS, JOURNEYS, COMPLETION])
async def test_a_unit_that_is_not_seen_does_not_exist(live, ulp, query):
    other = await f.a_unit()
    async with live.socket(await as_(await f.a_person(Role.MANAGER, ulp))) as talk:
        for hidden in (gid(other), ids.encode("Unit", uuid4()), gid(await f.reference_unit("HQ"))):
            assert_refused(await talk.asked(query, unitId=hidden), "NOT_FOUND", ["unitId"])
        for nonsense in ("", "x", ids.encode("Task", other.id)):
            assert_refused(await talk.asked(query, unitId=nonsense), "INVALID_ID", ["unitId"])


@pytest.mark.parametrize("query", [TASKS, JOURNEYS, COMPLETION, NOTICES])
async def test_who_is_not_signed_in_follows_nothing(live, query):
    async with live.socket(NOBODY) as talk:
        assert_refused(await talk.asked(query), "UNAUTHENTICATED")


async def test_a_question_that_costs_too_much_is_refused_before_it_is_followed(live, ulp):
    deep = "children(first: 100) { nodes { children(first: 100) { nodes { children(first: 100) { nodes { id } } } } } }"
    query = f"subscription {{ journeyChanged {{ journey {{ unit {{ {deep} }} }} }} }}"
    async with live.socket(await as_(await f.a_person(Role.VIEWER, ulp))) as talk:
        assert_refused(await talk.asked(query), "TOO_COSTLY")


async def test_every_message_tells_its_own_cost(live, ulp):
    who = await f.a_person(Role.VIEWER, ulp)
    async with live.socket(await as_(who)) as talk:
        await talk.begin(TASKS)
        for _ in range(2):
            await a_task(ulp)
            message = await talk.receive()
            assert message["payload"]["extensions"]["cost"]["rows"] == 1
