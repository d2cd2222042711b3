"""R7 in the database: clocks start, stand still, run on and end, and SQL reckons as the pure rules do."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jejak.domain import clock, db, pain_point, replanning, sla, sla_policy, sla_rules, task, working_time
from jejak.domain.access import SYSTEM
from jejak.domain.errors import Code
from jejak.domain.pain_point import ClosePainPoint, DismissPainPoint, PausePainPoint, ResumePainPoint
from jejak.domain.sla_policy import Band, UpdateSlaPolicy
from jejak.domain.tables.journey import PainPoint
from jejak.domain.tables.sla import SlaBand, SlaPolicy
from jejak.domain.tables.task import Task
from jejak.domain.task import ChangeTask, UpdateTask
from jejak.domain.vocabulary import JourneyStatus, Role, TaskStatus
from jejak.domain.working_time import Rules
from tests.factories import (
    a_journey,
    a_pain_point,
    a_person,
    a_task,
    a_unit,
    a_viewer,
    bring,
    reference_unit,
    viewer_for,
)
from tests.moments import MONDAY, go_to
from tests.refusals import events_of, refused

FRIDAY, WEDNESDAY, THURSDAY = (MONDAY + timedelta(days=n) for n in (4, 9, 10))
NEXT_MONDAY = MONDAY + timedelta(days=7)
ZONES = ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura")
BANDS = [Band(20, 3), Band(12, 7), Band(6, 14), Band(1, 30)]


def local(day: date, at: str, zone: str = "Asia/Jakarta") -> datetime:
    return datetime.fromisoformat(f"{day}T{at}").replace(tzinfo=ZoneInfo(zone))


async def point_now(point_id) -> dict:
    sql = f"""select p.due_at, {sla.point_breached("p", "$2::timestamptz")} as breached, {sla.point_paused("p")} as paused,
        p.version from pain_point p where p.id = $1"""
    return dict(await db.fetchrow(sql, point_id, clock.now()))


async def task_now(task_id) -> dict:
    sql = f"""select t.due_at, {sla.task_breached("t", "$2::timestamptz")} as breached, {sla.task_paused("t")} as paused,
        t.version from task t where t.id = $1"""
    return dict(await db.fetchrow(sql, task_id, clock.now()))


async def pause(viewer, point_id) -> None:
    await pain_point.pause(
        viewer, PausePainPoint(point_id, (await point_now(point_id))["version"], "Menunggu")
    )


async def resume(viewer, point_id) -> None:
    await pain_point.resume(viewer, ResumePainPoint(point_id, (await point_now(point_id))["version"]))


async def set_policy(*bands: Band) -> None:
    policy = await SlaPolicy.objects().first()
    await sla_policy.update(SYSTEM, UpdateSlaPolicy(policy.id, policy.version, list(bands)))


async def test_the_clock_starts_when_the_journey_is_accepted():
    go_to(FRIDAY, 16, 30)
    draft = await a_journey()
    waiting = await a_pain_point(journey=draft)
    assert await point_now(waiting.id) == {"due_at": None, "breached": False, "paused": False, "version": 1}
    point = await a_pain_point(severity=5, reach=5)
    assert (await point_now(point.id))["due_at"] == local(WEDNESDAY, "17:00")


@pytest.mark.parametrize(
    ("severity", "reach", "days"),
    [(5, 5, 3), (4, 5, 3), (4, 4, 7), (3, 4, 7), (2, 3, 14), (5, 1, 30), (1, 1, 30)],
)
async def test_a_fix_is_due_by_its_priority(severity, reach, days):
    go_to(MONDAY)
    point = await a_pain_point(severity=severity, reach=reach)
    due_on = working_time.shift(Rules("Asia/Jakarta"), MONDAY, days)
    assert (await point_now(point.id))["due_at"] == local(due_on, "17:00")


async def test_paused_time_moves_the_deadline_by_the_working_time_paused():
    # Given a fix due on Wednesday, paused from Friday 16:30
    go_to(FRIDAY, 16, 30)
    point = await a_pain_point(severity=5, reach=5)
    viewer = await a_viewer(Role.MANAGER, await reference_unit("HQ"))
    await pause(viewer, point.id)
    assert (await point_now(point.id))["paused"]
    # When it runs on on Monday at 9:30
    go_to(NEXT_MONDAY, 9, 30)
    await resume(viewer, point.id)
    # Then an hour of working time has been added
    assert await point_now(point.id) == {
        "due_at": local(THURSDAY, "10:00"),
        "breached": False,
        "paused": False,
        "version": 3,
    }
    assert (await events_of(point.id))[-2:] == ["pain_point.paused", "pain_point.resumed"]


async def test_a_clock_that_is_put_back_meanwhile_takes_nothing_away():
    # Given a fix that was paused by a process whose clock runs ahead
    go_to(FRIDAY, 11, 20)
    point = await a_pain_point(severity=5, reach=5)
    viewer = await a_viewer(Role.MANAGER, await reference_unit("HQ"))
    await pause(viewer, point.id)
    due = (await point_now(point.id))["due_at"]
    # When it runs on before the moment at which it stood
    go_to(FRIDAY, 11, 10)
    await resume(viewer, point.id)
    assert (await point_now(point.id))["due_at"] == due


async def test_breached_and_paused_are_two_facts():
    go_to(MONDAY)
    point = await a_pain_point(severity=5, reach=5)
    viewer = await a_viewer(Role.MANAGER, await reference_unit("HQ"))
    due = (await point_now(point.id))["due_at"]
    assert due == local(MONDAY + timedelta(days=3), "17:00")
    go_to(MONDAY + timedelta(days=3), 17, 0)
    clock.shift(due - clock.now() - timedelta(seconds=5))
    assert not (await point_now(point.id))["breached"]
    clock.shift(timedelta(seconds=6))
    assert (await point_now(point.id))["breached"]
    # A pause after that excuses nothing
    await pause(viewer, point.id)
    go_to(NEXT_MONDAY)
    assert (await point_now(point.id))["breached"]
    assert (await point_now(point.id))["paused"]
    await resume(viewer, point.id)
    assert (await point_now(point.id))["due_at"] == due
    # While one before it does
    other = await a_pain_point(severity=5, reach=5)
    await pause(viewer, other.id)
    go_to(NEXT_MONDAY + timedelta(days=20))
    assert not (await point_now(other.id))["breached"]


async def test_the_clock_ends_with_the_last_task_verified():
    # Given a fix in time, by two tasks
    go_to(MONDAY)
    point = await a_pain_point(severity=5, reach=5)
    await a_task(pain_point=point, status=TaskStatus.VERIFIED)
    late = await a_task(pain_point=point, status=TaskStatus.SUBMITTED)
    await a_task(pain_point=point, status=TaskStatus.CANCELLED)
    # When the second is verified, and closed long after
    go_to(MONDAY + timedelta(days=2))
    await task.verify(
        await a_viewer(Role.MANAGER, await reference_unit("HQ")), ChangeTask(late.id, late.version)
    )
    go_to(MONDAY + timedelta(days=30))
    headquarters = await a_viewer(Role.MANAGER, await reference_unit("HQ"))
    assert not (await point_now(point.id))["breached"]
    await pain_point.close(headquarters, ClosePainPoint(point.id, 1))
    # Then it was in time
    assert not (await point_now(point.id))["breached"]
    # And one that is dismissed late was late
    other = await a_pain_point(severity=5, reach=5)
    go_to(MONDAY + timedelta(days=60))
    await pain_point.dismiss(headquarters, DismissPainPoint(other.id, 1, "Bukan masalah"))
    assert (await point_now(other.id))["breached"]
    early = await a_pain_point(severity=5, reach=5)
    await pain_point.dismiss(headquarters, DismissPainPoint(early.id, 1, "Bukan masalah"))
    go_to(MONDAY + timedelta(days=90))
    assert not (await point_now(early.id))["breached"]


async def test_what_cannot_be_paused_or_resumed_is_refused():
    headquarters = await a_viewer(Role.MANAGER, await reference_unit("HQ"))
    draft = await a_pain_point(journey=await a_journey(status=JourneyStatus.SUBMITTED))
    async with refused(Code.NOT_ACCEPTED, "pain_point_id"):
        await pain_point.pause(headquarters, PausePainPoint(draft.id, 1, "x"))
    point = await a_pain_point()
    async with refused(Code.WRONG_STATUS):
        await pain_point.resume(headquarters, ResumePainPoint(point.id, 1))
    async with refused(Code.REQUIRED, "reason"):
        await pain_point.pause(headquarters, PausePainPoint(point.id, 1, " "))
    await pause(headquarters, point.id)
    async with refused(Code.WRONG_STATUS):
        await pain_point.pause(headquarters, PausePainPoint(point.id, 2, "x"))
    resolved = await a_pain_point()
    await a_task(pain_point=resolved, status=TaskStatus.VERIFIED)
    async with refused(Code.WRONG_STATUS):
        await pain_point.pause(headquarters, PausePainPoint(resolved.id, 1, "x"))


async def test_a_task_is_due_when_the_due_day_closes_and_stands_still_while_others_have_it():
    # Given a task due on Friday, blocked for an hour and handed in for a day
    go_to(MONDAY)
    one = await a_task(due_on=FRIDAY)
    owner, manager = (
        await a_viewer(Role.MANAGER, await reference_unit("HQ")),
        await a_viewer(Role.MANAGER, await reference_unit("HQ")),
    )
    assert (await task_now(one.id))["due_at"] == local(FRIDAY, "17:00")
    one = await bring(one, TaskStatus.BLOCKED, owner=owner, manager=manager)
    assert (await task_now(one.id))["paused"]
    go_to(MONDAY, 11)
    one = await task.unblock(owner, ChangeTask(one.id, one.version))
    assert (await task_now(one.id))["due_at"] == local(NEXT_MONDAY, "10:00")
    one = await bring(one, TaskStatus.SUBMITTED, owner=owner, manager=manager)
    go_to(MONDAY + timedelta(days=1), 11)
    one = await task.return_(manager, ChangeTask(one.id, one.version, "Bukti kurang"))
    assert (await task_now(one.id))["due_at"] == local(NEXT_MONDAY + timedelta(days=1), "10:00")
    # When it is handed in in time and verified late
    go_to(NEXT_MONDAY + timedelta(days=1), 9, 59)
    one = await bring(one, TaskStatus.SUBMITTED, owner=owner, manager=manager)
    go_to(NEXT_MONDAY + timedelta(days=20))
    one = await task.verify(manager, ChangeTask(one.id, one.version))
    # Then it was in time, and says when it was verified
    assert await task_now(one.id) == {
        "due_at": local(NEXT_MONDAY + timedelta(days=1), "10:00"),
        "breached": False,
        "paused": False,
        "version": one.version,
    }
    kept = await Task.objects().get(Task.id == one.id)
    assert abs(kept.verified_at - clock.now()) < timedelta(minutes=1)


async def test_a_task_that_is_late_stays_late_until_it_has_a_new_due_date():
    go_to(MONDAY)
    one = await a_task(due_on=MONDAY)
    viewer = await a_viewer(Role.MANAGER, await reference_unit("HQ"))
    go_to(MONDAY + timedelta(days=1))
    assert (await task_now(one.id))["breached"]
    one = await task.block(viewer, ChangeTask(one.id, one.version, "Menunggu"))
    go_to(MONDAY + timedelta(days=2))
    one = await task.unblock(viewer, ChangeTask(one.id, one.version))
    assert (await task_now(one.id))["due_at"] == local(MONDAY, "17:00")
    # When it is blocked again and gets another date
    one = await task.block(viewer, ChangeTask(one.id, one.version, "Menunggu"))
    go_to(MONDAY + timedelta(days=3))
    one = await task.update(viewer, UpdateTask(one.id, one.version, due_on=NEXT_MONDAY))
    # Then the clock starts anew, and stands from now on
    assert await task_now(one.id) == {
        "due_at": local(NEXT_MONDAY, "17:00"),
        "breached": False,
        "paused": True,
        "version": one.version,
    }
    go_to(MONDAY + timedelta(days=3), 12)
    one = await task.unblock(viewer, ChangeTask(one.id, one.version))
    assert (await task_now(one.id))["due_at"] == local(NEXT_MONDAY + timedelta(days=1), "11:00")


async def test_a_cancelled_task_is_late_for_nobody():
    go_to(MONDAY)
    one = await a_task(due_on=MONDAY, status=TaskStatus.CANCELLED)
    other = await a_task(due_on=MONDAY)
    go_to(MONDAY + timedelta(days=1))
    await bring(
        other,
        TaskStatus.CANCELLED,
        owner=SYSTEM,
        manager=await a_viewer(Role.MANAGER, await reference_unit("HQ")),
    )
    assert not (await task_now(one.id))["breached"]
    assert not (await task_now(other.id))["breached"]


async def test_a_change_of_policy_reaches_what_is_open_and_not_breached():
    # Given a breached, a resolved, a paused and an open pain point
    headquarters = await a_viewer(Role.MANAGER, await reference_unit("HQ"))
    go_to(MONDAY - timedelta(days=14))
    late = await a_pain_point(severity=5, reach=5)
    go_to(MONDAY)
    paused, waiting, done = [await a_pain_point(severity=5, reach=5) for _ in range(3)]
    await a_task(pain_point=done, status=TaskStatus.VERIFIED)
    go_to(MONDAY, 11)
    await pause(headquarters, waiting.id)
    await pause(headquarters, paused.id)
    go_to(MONDAY, 13)
    await resume(headquarters, paused.id)
    before = {one.id: (await point_now(one.id))["due_at"] for one in (late, paused, waiting, done)}
    assert before[paused.id] == local(FRIDAY, "11:00")
    await replanning.run()
    # When there are ten days
    await set_policy(Band(1, 10))
    assert await replanning.run() == 1
    # Then the paused time is kept, and what is at its end or late stays
    after = {key: (await point_now(key))["due_at"] for key in before}
    end = MONDAY + timedelta(days=14)
    assert after == {
        late.id: before[late.id],
        done.id: before[done.id],
        paused.id: local(end + timedelta(days=1), "11:00"),
        waiting.id: local(end, "17:00"),
    }
    # And nothing is left to be done
    assert await replanning.run() == 0


async def test_a_stricter_policy_makes_nothing_late_before_it_was_there():
    go_to(MONDAY)
    point = await a_pain_point(severity=1, reach=1)
    go_to(MONDAY + timedelta(days=10))
    await set_policy(Band(1, 2))
    await replanning.run()
    found = await point_now(point.id)
    assert abs(found["due_at"] - clock.now()) < timedelta(seconds=30)
    clock.shift(timedelta(minutes=1))
    assert (await point_now(point.id))["breached"]


async def test_policies_that_are_none_are_refused():
    policy = await SlaPolicy.objects().first()
    manager = await a_viewer(Role.MANAGER, await reference_unit("HQ"))
    programme = await a_viewer(Role.PROGRAMME, await reference_unit("HQ"))
    async with refused(Code.FORBIDDEN, "sla_policy_id"):
        await sla_policy.update(manager, UpdateSlaPolicy(policy.id, 9, []))
    async with refused(Code.STALE, "expected_version"):
        await sla_policy.update(programme, UpdateSlaPolicy(policy.id, 9, []))
    for bands, code, at in (
        ([], Code.REQUIRED, ("bands",)),
        ([Band(2, 3)], Code.REQUIRED, ("bands",)),
        ([Band(1, 3), Band(1, 4)], Code.TAKEN, ("bands", 1, "priority_from")),
        ([Band(1, 0)], Code.OUT_OF_RANGE, ("bands", 0, "days")),
        ([Band(1, 3), Band(26, 3)], Code.OUT_OF_RANGE, ("bands", 1, "priority_from")),
    ):
        async with refused(code, *at):
            await sla_policy.update(programme, UpdateSlaPolicy(policy.id, 1, bands))
    # The same again is no change
    same = await sla_policy.update(programme, UpdateSlaPolicy(policy.id, 1, BANDS))
    assert same.version == 1
    assert await SlaBand.count() == 4


STEPS = st.lists(
    st.tuples(
        st.one_of(st.integers(1, 12), st.integers(12, 60)),  # hours that pass
        st.sampled_from(["pause", "pause", "resume", "resume", "policy", "plan"]),
        st.integers(0, 2),  # which
        st.integers(1, 12),  # days of a new policy
    ),
    min_size=4,
    max_size=12,
)


class Point:
    """A pain point in the plain computation."""

    def __init__(self, key, zone: str, days: int) -> None:
        self.key, self.rules = key, Rules(zone)
        self.started, self.paused_at = clock.now(), None
        self.pauses: list[timedelta] = []
        self.due = sla_rules.fix_due(self.rules, self.started, days)

    def breached(self) -> bool:
        return self.due < (self.paused_at or clock.now())

    def plan(self, days: int) -> None:
        if not self.breached():
            due = sla_rules.fix_due(self.rules, self.started, days, self.pauses)
            self.due = max(due, self.paused_at or clock.now())

    def resume(self) -> None:
        if not self.breached():
            stood = working_time.between(self.rules, self.paused_at, clock.now())
            self.pauses.append(stood)
            self.due = sla_rules.moved_by(self.rules, self.due, [stood])
        self.paused_at = None


class Plain:
    """Everything that happens, once in the database and once in the plain computation."""

    def __init__(self, viewer, points: list[Point]) -> None:
        self.viewer, self.points = viewer, points
        self.days = self.planned = 7

    async def act(self, step: str, one: Point, new: int) -> None:
        if step == "pause" and one.paused_at is None:
            await pause(self.viewer, one.key)
            one.paused_at = (await PainPoint.objects().get(PainPoint.id == one.key)).paused_at
        elif step == "resume" and one.paused_at is not None:
            await resume(self.viewer, one.key)
            one.resume()
        elif step == "policy" and new != self.days:
            await set_policy(Band(1, new))
            self.days = new
        elif step == "plan":
            await replanning.run()
            for each in self.points if self.planned != self.days else ():
                each.plan(self.days)
            self.planned = self.days


@settings(max_examples=12)
@given(start=st.integers(0, 24 * 7), steps=STEPS)
async def test_deadlines_are_those_of_a_plain_computation(clean, start, steps):
    await clean()
    # Given three pain points in three zones
    go_to(MONDAY, 0, 30)
    clock.shift(timedelta(hours=start))
    points = []
    for zone in ZONES:
        made = await a_pain_point(await a_unit(timezone=zone), severity=4, reach=4)
        points.append(Point(made.id, zone, 7))
        points[-1].started = (await PainPoint.objects().get(PainPoint.id == made.id)).sla_started_at
    plain = Plain(await a_viewer(Role.MANAGER, await reference_unit("HQ")), points)
    for hours, step, n, new in steps:
        clock.shift(timedelta(hours=hours))
        # When something happens
        await plain.act(step, points[n], new)
        # Then SQL says what the plain computation says, but for the moments of working time that it takes
        for each in points:
            found = await point_now(each.key)
            first, last = sorted((found["due_at"], each.due))
            assert working_time.between(each.rules, first, last) < timedelta(seconds=30), each.rules.zone
            assert found["paused"] is (each.paused_at is not None)
            ran_until, moment = each.paused_at or clock.now(), timedelta(minutes=1)
            if not first - moment < ran_until < last + moment:
                assert found["breached"] is each.breached()


async def test_a_clock_is_paused_by_who_assigns():
    ulp = await a_unit()
    point = await a_pain_point(ulp)
    contributor = await viewer_for(await a_person(Role.CONTRIBUTOR, ulp))
    async with refused(Code.FORBIDDEN, "pain_point_id"):
        await pain_point.pause(contributor, PausePainPoint(point.id, 1, "x"))
