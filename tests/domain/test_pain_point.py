"""R3: pain points."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jejak.domain import db, pain_point, pain_point_rules, task, task_creation
from jejak.domain.errors import Code, Refused
from jejak.domain.pain_point import ClosePainPoint, DismissPainPoint
from jejak.domain.tables.journey import PainPoint
from jejak.domain.task import ChangeTask, ReportProgress
from jejak.domain.task_creation import CreateTask
from jejak.domain.vocabulary import JourneyStatus, PainPointState, Role, TaskStatus, UnitKind
from tests.factories import (
    a_journey,
    a_new_task,
    a_pain_point,
    a_person,
    a_task,
    a_unit,
    a_viewer,
    bring,
    reference_unit,
    viewer_for,
)
from tests.refusals import events_of, refused, unchanged

OPEN, ASSIGNED, IN_PROGRESS, RESOLVED, CLOSED, DISMISSED = PainPointState


def follows_from(statuses: list[TaskStatus]) -> PainPointState:
    """Written from R3, in the order of its words."""
    live = [status for status in statuses if status != TaskStatus.CANCELLED]
    if not live:
        return OPEN
    # `a_task` blocks what is planned: that has not begun.
    if all(status in {TaskStatus.PLANNED, TaskStatus.BLOCKED} for status in live):
        return ASSIGNED
    return RESOLVED if all(status == TaskStatus.VERIFIED for status in live) else IN_PROGRESS


@given(st.lists(st.sampled_from(TaskStatus), max_size=5))
async def test_the_state_follows_from_the_tasks(clean, statuses):
    await clean()
    point = await a_pain_point(await a_unit())
    unit = await a_unit()
    owner, manager = (
        await a_person(Role.CONTRIBUTOR, unit),
        await a_viewer(Role.MANAGER, await reference_unit("HQ")),
    )
    for status in statuses:
        await a_task(unit, pain_point=point, status=status, owner=owner, viewer=manager)
    assert await pain_point.state_of(point.id) == follows_from(statuses)


async def test_a_decision_stands_above_the_tasks():
    point = await a_pain_point()
    await a_task(pain_point=point, status=TaskStatus.VERIFIED)
    await pain_point.close(
        await a_viewer(Role.MANAGER, await reference_unit("HQ")), ClosePainPoint(point.id, 1)
    )
    assert await pain_point.state_of(point.id) is CLOSED


@pytest.mark.parametrize(("severity", "reach"), [(1, 1), (5, 5), (2, 5), (5, 2)])
async def test_priority_is_severity_times_reach(severity, reach):
    point = await a_pain_point(severity=severity, reach=reach)
    sql = f"select {pain_point_rules.priority('p')} from pain_point p where p.id = $1"
    assert await db.fetchval(sql, point.id) == severity * reach


async def a_pain_point_in(state: PainPointState, unit) -> PainPoint:
    point = await a_pain_point(unit)
    headquarters = await a_viewer(Role.MANAGER, await reference_unit("HQ"))
    status = {
        ASSIGNED: TaskStatus.PLANNED,
        IN_PROGRESS: TaskStatus.SUBMITTED,
        RESOLVED: TaskStatus.VERIFIED,
        CLOSED: TaskStatus.VERIFIED,
    }.get(state)
    if status:
        await a_task(pain_point=point, status=status, viewer=headquarters)
    if state is CLOSED:
        return await pain_point.close(headquarters, ClosePainPoint(point.id, point.version))
    if state is DISMISSED:
        return await pain_point.dismiss(
            headquarters, DismissPainPoint(point.id, point.version, "Bukan keluhan")
        )
    return point


@pytest.mark.parametrize("state", PainPointState)
async def test_only_what_is_resolved_is_closed(state):
    unit = await a_unit()
    point = await a_pain_point_in(state, unit)
    region = await a_viewer(Role.MANAGER, await reference_unit("JATIM"))
    if state is RESOLVED:
        assert (await pain_point.close(region, ClosePainPoint(point.id, point.version))).decision == CLOSED
        kinds = ["pain_point.recorded", "pain_point.assigned", "pain_point.closed"]
        assert await events_of(point.id) == kinds
    else:
        async with refused(Code.WRONG_STATUS):
            await pain_point.close(region, ClosePainPoint(point.id, point.version))


@pytest.mark.parametrize("state", PainPointState)
async def test_only_what_nobody_works_on_is_dismissed(state):
    unit = await a_unit()
    point = await a_pain_point_in(state, unit)
    wanted = DismissPainPoint(point.id, point.version, "Bukan keluhan")
    manager = await a_viewer(Role.MANAGER, unit)
    if state is OPEN:
        made = await pain_point.dismiss(manager, wanted)
        assert (made.decision, made.decision_reason) == (DISMISSED, "Bukan keluhan")
        assert await events_of(point.id) == ["pain_point.recorded", "pain_point.dismissed"]
        return
    with pytest.raises(Refused) as caught:
        async with unchanged():
            await pain_point.dismiss(manager, wanted)
    assert caught.value.code is (Code.WRONG_STATUS if state in {CLOSED, DISMISSED} else Code.HAS_OPEN_TASKS)


async def test_a_pain_point_with_only_cancelled_tasks_is_open_and_may_be_dismissed():
    unit = await a_unit()
    point = await a_pain_point(unit)
    await a_task(pain_point=point, status=TaskStatus.CANCELLED)
    assert await pain_point.state_of(point.id) is OPEN
    assert await pain_point.dismiss(
        await a_viewer(Role.MANAGER, unit), DismissPainPoint(point.id, 1, "Selesai sendiri")
    )


@pytest.mark.parametrize("reason", ["", " "])
async def test_a_dismissal_has_a_reason(reason):
    point = await a_pain_point()
    viewer = await a_viewer(Role.MANAGER, await reference_unit("HQ"))
    async with refused(Code.REQUIRED, "reason"):
        await pain_point.dismiss(viewer, DismissPainPoint(point.id, 1, reason))


@pytest.mark.parametrize(
    ("role", "code"),
    [(Role.VIEWER, Code.FORBIDDEN), (Role.CONTRIBUTOR, Code.FORBIDDEN), (Role.MANAGER, None)],
)
@pytest.mark.parametrize("at", ["HQ", "JATIM"])
async def test_the_region_and_headquarters_close(role, code, at):
    point = await a_pain_point_in(RESOLVED, await a_unit())
    viewer = await a_viewer(role, await reference_unit(at))
    if code:
        async with refused(code, "pain_point_id"):
            await pain_point.close(viewer, ClosePainPoint(point.id, point.version))
    else:
        assert await pain_point.close(viewer, ClosePainPoint(point.id, point.version))


async def test_the_unit_itself_and_its_up3_do_not_close():
    up3 = await a_unit(UnitKind.UP3)
    unit = await a_unit(UnitKind.ULP, up3)
    point = await a_pain_point_in(RESOLVED, unit)
    for place in (unit, up3):
        viewer = await a_viewer(Role.MANAGER, place)
        async with refused(Code.FORBIDDEN, "pain_point_id"):
            await pain_point.close(viewer, ClosePainPoint(point.id, point.version))
    viewer = await a_viewer(Role.MANAGER, await reference_unit("BALI"))
    async with refused(Code.NOT_FOUND, "pain_point_id"):
        await pain_point.close(viewer, ClosePainPoint(point.id, 1))


async def test_a_stale_decision_is_refused():
    unit = await a_unit()
    point = await a_pain_point(unit)
    for version in (0, 2):
        viewer = await a_viewer(Role.MANAGER, unit)
        async with refused(Code.STALE, "expected_version"):
            await pain_point.dismiss(viewer, DismissPainPoint(point.id, version, "Sebab"))


@pytest.mark.parametrize("status", [status for status in JourneyStatus if status != JourneyStatus.ACCEPTED])
async def test_tasks_come_after_the_journey_is_accepted(status):
    unit = await a_unit()
    point = await a_pain_point(journey=await a_journey(unit, status=status))
    owner = await a_person(Role.CONTRIBUTOR, unit)
    wanted = a_new_task(unit, owner_id=owner.id)
    viewer = await a_viewer(Role.MANAGER, unit)
    async with refused(Code.NOT_ACCEPTED, "pain_point_id"):
        await task_creation.create(viewer, CreateTask(wanted, point.id))


@pytest.mark.parametrize("state", [CLOSED, DISMISSED])
async def test_what_is_decided_gets_no_more_tasks(state):
    unit = await a_unit()
    point = await a_pain_point_in(state, unit)
    owner = await a_person(Role.CONTRIBUTOR, unit)
    wanted = a_new_task(unit, owner_id=owner.id)
    viewer = await a_viewer(Role.MANAGER, unit)
    async with refused(Code.WRONG_STATUS, "pain_point_id"):
        await task_creation.create(viewer, CreateTask(wanted, point.id))


async def test_a_dismissal_and_a_task_at_once_never_both_happen():
    unit = await a_unit()
    manager, owner = await a_viewer(Role.MANAGER, unit), await a_person(Role.CONTRIBUTOR, unit)
    for _ in range(5):
        point = await a_pain_point(unit)
        wanted = a_new_task(unit, owner_id=owner.id)
        results = await asyncio.gather(
            pain_point.dismiss(manager, DismissPainPoint(point.id, 1, "Sebab")),
            task_creation.create(manager, CreateTask(wanted, point.id)),
            return_exceptions=True,
        )
        assert sorted(isinstance(result, Refused) for result in results) == [False, True]


async def test_work_returned_to_a_verified_companion_keeps_it_in_progress():
    unit = await a_unit()
    point = await a_pain_point(unit)
    owner = await a_person(Role.CONTRIBUTOR, unit)
    manager = await a_viewer(Role.MANAGER, unit)
    await a_task(unit, pain_point=point, owner=owner, viewer=manager, status=TaskStatus.VERIFIED)
    second = await a_task(unit, pain_point=point, owner=owner, viewer=manager)
    second = await bring(second, TaskStatus.RETURNED, owner=await viewer_for(owner), manager=manager)
    assert await pain_point.state_of(point.id) is IN_PROGRESS
    await task.cancel(manager, ChangeTask(second.id, second.version, "Sudah termasuk yang lain"))
    assert await pain_point.state_of(point.id) is RESOLVED


@pytest.mark.parametrize("status", [status for status in JourneyStatus if status != JourneyStatus.ACCEPTED])
async def test_only_a_pain_point_of_an_accepted_journey_is_dismissed(status):
    unit = await a_unit()
    point = await a_pain_point(journey=await a_journey(unit, status=status))
    manager = await a_viewer(Role.MANAGER, unit)
    async with refused(Code.NOT_ACCEPTED, "pain_point_id"):
        await pain_point.dismiss(manager, DismissPainPoint(point.id, point.version, "Bukan keluhan"))


async def test_a_pain_point_with_work_blocked_before_it_began_is_assigned():
    unit = await a_unit()
    point, viewer = await a_pain_point(unit), await a_viewer(Role.CONTRIBUTOR, unit)
    given = await a_task(pain_point=point, status=TaskStatus.BLOCKED)
    assert await pain_point.state_of(point.id) is ASSIGNED
    given = await task.unblock(viewer, ChangeTask(given.id, given.version))
    given = await task.report(viewer, ReportProgress(given.id, given.version, 10))
    await task.block(viewer, ChangeTask(given.id, given.version, "Hujan"))
    assert await pain_point.state_of(point.id) is IN_PROGRESS
