"""R3: pain points that are the same problem, grouped by headquarters, and one fix for all of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jejak.domain import clock, db, issue, issue_assignment, journey, pain_point, rollout, task
from jejak.domain.bulk import Unread
from jejak.domain.errors import Code, Problem
from jejak.domain.issue import CloseIssue, CreateIssue, PointRow, Regroup, ReopenIssue, UpdateIssue
from jejak.domain.issue_assignment import AssignIssue
from jejak.domain.pain_point import ClosePainPoint, DismissPainPoint
from jejak.domain.rollout import CancelRollout, ExtendRollout, Work
from jejak.domain.rollout_scope import Due
from jejak.domain.tables.journey import PainPoint
from jejak.domain.tables.task import Task
from jejak.domain.task import ChangeTask, SubmitTask
from jejak.domain.vocabulary import (
    Category,
    ErrorPolicy,
    IssueStatus,
    JourneyStatus,
    PainPointState,
    Role,
    TaskStatus,
)
from tests import factories as f
from tests.graphql import rows
from tests.moments import MONDAY, go_to
from tests.refusals import events_of, refused, unchanged

pytestmark = pytest.mark.usefixtures("database")
OPEN, ASSIGNED, IN_PROGRESS, RESOLVED, CLOSED, DISMISSED = PainPointState


@pytest.fixture
async def headquarters(database):
    return await f.a_viewer(Role.PROGRAMME, await f.reference_unit("HQ"))


async def states(*points: PainPoint) -> list[PainPointState]:
    return [await pain_point.state_of(point.id) for point in points]


async def fresh(point: PainPoint) -> PainPoint:
    found = await PainPoint.objects().get(PainPoint.id == point.id)
    assert found is not None
    return found


def a_fix(of, **changes) -> AssignIssue:
    work = Work(f.initiative_id("9.2"), "Kabari pelanggan tiap hari")
    return AssignIssue(**{"issue_id": of.id, "work": work, "due": Due(due_in_days=10)} | changes)


async def a_place(*, points: int = 1):
    """A unit with a ranger and pain points."""
    unit = await f.a_unit()
    ranger = await f.a_person(Role.CONTRIBUTOR, unit, ranger=True)
    return unit, ranger, [await f.a_pain_point(unit) for _ in range(points)]


async def verify(of: Task, owner) -> None:
    manager = await f.a_viewer(Role.MANAGER, await f.reference_unit("HQ"))
    one = await Task.objects().get(Task.id == of.id)
    done = await task.submit(
        await f.viewer_for(owner), SubmitTask(one.id, one.version, [task.NewEvidence("Foto")])
    )
    await task.verify(manager, ChangeTask(done.id, done.version))


async def test_one_fix_goes_to_every_affected_unit_and_their_pain_points_follow_it(headquarters):
    # given an issue of three units, at one of which it was dismissed, and a pain point beside it
    (first, sri, of_first), (second, budi, of_second) = await a_place(points=2), await a_place()
    (_, _, (gone,)), (_, _, (beside,)) = await a_place(), await a_place()
    made = await f.an_issue(*of_first, *of_second, gone, viewer=headquarters)
    manager = await f.a_viewer(Role.MANAGER, await f.reference_unit("HQ"))
    await pain_point.dismiss(manager, DismissPainPoint(gone.id, 2, "Bukan masalah"))
    # when
    given_ = await issue_assignment.assign(headquarters, a_fix(made))
    # then
    tasks = {one.unit_id: one for one in await Task.objects().where(Task.rollout_id == given_.rollout.id)}
    assert {key: one.owner_id for key, one in tasks.items()} == {first.id: sri.id, second.id: budi.id}
    assert (given_.count, given_.rollout.issue_id) == (2, made.id)
    assert await states(*of_first, *of_second, gone, beside) == [ASSIGNED] * 3 + [DISMISSED, OPEN]
    assert await events_of(of_first[0].id) == [
        "pain_point.recorded",
        "pain_point.grouped",
        "pain_point.assigned",
    ]
    assert await events_of(made.id) == ["issue.created", "issue.assigned"]
    # and a pain point that is worked on by that is not dismissed
    async with refused(Code.HAS_OPEN_TASKS, "pain_point_id"):
        await pain_point.dismiss(manager, DismissPainPoint(of_first[0].id, 2, "Bukan masalah"))
    # when the fix is verified at one of them
    await verify(tasks[first.id], sri)
    # then
    assert await states(*of_first, *of_second) == [RESOLVED, RESOLVED, ASSIGNED]
    closed = await pain_point.close(manager, ClosePainPoint(of_first[0].id, 2))
    assert closed.decision == CLOSED
    # and who takes a pain point out of the issue takes the fix away from it
    await issue.remove(headquarters, Regroup(made.id, [PointRow(of_first[1].id)]))
    assert await states(of_first[1]) == [OPEN]


async def test_the_clock_of_a_pain_point_ends_when_the_fix_of_its_issue_is_verified(headquarters):
    go_to(MONDAY)
    _, ranger, (point,) = await a_place()
    made = await f.an_issue(point, viewer=headquarters)
    given_ = await issue_assignment.assign(headquarters, a_fix(made))
    ended = f"select {pain_point.sla.point_ended_at('p')} from pain_point p where p.id = $1"
    assert await db.fetchval(ended, point.id) is None
    found = await Task.objects().get(Task.rollout_id == given_.rollout.id)
    await verify(found, ranger)
    assert await db.fetchval(ended, point.id) == (await Task.objects().get(Task.id == found.id)).verified_at


async def test_units_that_are_affected_later_are_reached_by_extending_the_rollout(headquarters):
    # given
    (first, _, (point,)), (second, _, _) = await a_place(), await a_place(points=0)
    made = await f.an_issue(point, viewer=headquarters)
    row = (await issue_assignment.assign(headquarters, a_fix(made))).rollout
    later = await f.a_pain_point(second)
    await issue.add(headquarters, Regroup(made.id, [PointRow(later.id)]))
    assert await states(later) == [OPEN]
    # when
    again = await rollout.extend(headquarters, ExtendRollout(row.id, row.version, Due()))
    # then
    assert again.count == 1
    assert set(again.rollout.unit_ids) == {first.id, second.id}
    assert await states(point, later) == [ASSIGNED, ASSIGNED]
    assert (await events_of(later.id))[-1] == "pain_point.assigned"
    # and a cancelled rollout leaves them without one
    await rollout.cancel(headquarters, CancelRollout(row.id, again.rollout.version, "Diganti"))
    assert await states(point, later) == [OPEN, OPEN]


async def test_a_fix_that_was_verified_before_the_pain_point_was_recorded_did_not_fix_it(headquarters):
    unit, ranger, (point,) = await a_place()
    made = await f.an_issue(point, viewer=headquarters)
    row = (await issue_assignment.assign(headquarters, a_fix(made))).rollout
    await verify(await Task.objects().get(Task.rollout_id == row.id), ranger)
    # when the problem comes again
    again = await f.a_pain_point(unit)
    await issue.add(headquarters, Regroup(made.id, [PointRow(again.id)]))
    # then it is affected anew
    assert await states(point, again) == [RESOLVED, OPEN]
    assert [place.unit.id for place in await issue_assignment.preview(headquarters, a_fix(made))] == [unit.id]


async def test_who_has_nobody_to_answer_for_the_fix_is_told_beforehand(headquarters):
    (with_one, _, (point,)), without = await a_place(), await f.a_unit()
    made = await f.an_issue(point, await f.a_pain_point(without, journey=await a_capture_at(without)))
    async with unchanged():
        places = await issue_assignment.preview(headquarters, a_fix(made))
    assert {place.unit.id: place.why_not for place in places} == {with_one.id: None, without.id: "NO_OWNER"}
    refuse = a_fix(made, without_owner=rollout.WithoutOwner.REFUSE)
    async with refused(Code.UNITS_WITHOUT_OWNER, "issue_id"):
        await issue_assignment.assign(headquarters, refuse)


async def a_capture_at(unit):
    """By somebody of headquarters, so that nobody of the unit could answer for its tasks."""
    manager = await f.a_viewer(Role.MANAGER, await f.reference_unit("HQ"))
    return await f.a_journey(unit, status=JourneyStatus.ACCEPTED, viewer=manager)


async def test_an_issue_that_is_nowhere_any_more_gets_no_fix(headquarters):
    empty = await f.an_issue(viewer=headquarters)
    async with refused(Code.NO_UNITS, "issue_id"):
        await issue_assignment.assign(headquarters, a_fix(empty))


async def test_a_retry_makes_neither_issue_nor_rollout_again(headquarters):
    _, _, (point,) = await a_place()
    wanted = CreateIssue("Sunyi", Category.SPEED, "", [point.id], "one")
    made = await issue.create(headquarters, wanted)
    fix = a_fix(made, client_mutation_id="fix")
    given_ = await issue_assignment.assign(headquarters, fix)
    async with unchanged():
        assert (await issue.create(headquarters, wanted)).id == made.id
        again = await issue_assignment.assign(headquarters, fix)
    assert (again.rollout.id, again.count) == (given_.rollout.id, 1)


async def test_a_pain_point_belongs_to_one_issue_of_an_accepted_journey_and_is_not_dismissed(headquarters):
    # given
    unit, _, (taken, free, dropped) = await a_place(points=3)
    await f.an_issue(taken, viewer=headquarters)
    await pain_point.dismiss(await f.a_viewer(Role.MANAGER, unit), DismissPainPoint(dropped.id, 1, "Bukan"))
    draft = await f.a_pain_point(unit, journey=await f.a_journey(unit))
    nobody = db.new_id()
    ids = [taken.id, draft.id, dropped.id, nobody]
    codes = [Code.TAKEN, Code.NOT_ACCEPTED, Code.WRONG_STATUS, Code.NOT_FOUND]
    made = await f.an_issue(viewer=headquarters)
    unread = Unread((Problem(Code.INVALID_ID, ("pain_points", 4, "pain_point_id")),))
    # when
    given_ = [*map(PointRow, ids), unread, PointRow(free.id), PointRow(free.id)]
    done = await issue.add(headquarters, Regroup(made.id, given_, ErrorPolicy.REJECT_FAILED_ROWS))
    # then
    assert [problem.code for problem in done.problems] == [*codes, Code.INVALID_ID]
    assert {n: point.id for n, point in done.made.items()} == {5: free.id, 6: free.id}
    assert ((await fresh(free)).issue_id, (await fresh(free)).version) == (made.id, 2)
    for key, code in zip(ids[:3], codes, strict=False):
        async with refused(code, "pain_point_ids", 0):
            await issue.create(headquarters, CreateIssue("Sunyi", Category.SPEED, "", [key]))
    # and what is there already is no change
    async with unchanged():
        await issue.add(headquarters, Regroup(made.id, [PointRow(free.id)]))
    async with refused(Code.NOT_FOUND, "pain_points", 0, "pain_point_id"):
        await issue.remove(headquarters, Regroup(made.id, [PointRow(taken.id)]))


async def test_a_journey_that_is_put_away_keeps_its_place_in_the_issue(headquarters):
    unit, _, (point,) = await a_place()
    await f.an_issue(point, viewer=headquarters)
    manager = await f.a_viewer(Role.MANAGER, unit)
    await journey.archive(manager, journey.ChangeJourney(point.journey_id, 3))
    assert (await fresh(point)).issue_id is not None


async def test_a_closed_issue_is_left_alone_until_it_is_opened_again(headquarters):
    _, _, (point, other) = await a_place(points=2)
    made = await f.an_issue(point, viewer=headquarters)
    async with refused(Code.REQUIRED, "reason"):
        await issue.close(headquarters, CloseIssue(made.id, 1, " "))
    closed = await issue.close(headquarters, CloseIssue(made.id, 1, "Sudah lewat"))
    assert (closed.status, closed.close_reason, closed.version) == (IssueStatus.CLOSED, "Sudah lewat", 2)
    for act, wanted in [
        (issue.add, Regroup(made.id, [PointRow(other.id)])),
        (issue.remove, Regroup(made.id, [PointRow(point.id)])),
        (issue.update, UpdateIssue(made.id, 2, "x")),
        (issue.close, CloseIssue(made.id, 2, "x")),
        (issue_assignment.assign, a_fix(made)),
    ]:
        async with refused(Code.WRONG_STATUS, "issue_id"):
            await act(headquarters, wanted)
    async with refused(Code.STALE, "expected_version"):
        await issue.reopen(headquarters, ReopenIssue(made.id, 1))
    opened = await issue.reopen(headquarters, ReopenIssue(made.id, 2))
    assert (opened.status, opened.close_reason, opened.closed_at) == (IssueStatus.OPEN, None, None)
    async with refused(Code.WRONG_STATUS, "issue_id"):
        await issue.reopen(headquarters, ReopenIssue(made.id, 3))
    async with unchanged():
        await issue.update(headquarters, UpdateIssue(made.id, 3, title=opened.title))


_statuses = st.sampled_from(TaskStatus)
_fix = st.tuples(_statuses, st.booleans())


def follows_from(own, fixes, *, grouped: bool) -> PainPointState:
    """Written from R3, apart from the SQL. `fixes`: status, and whether it came to that before the pain point was recorded."""
    counted = list(own)
    if grouped:
        counted += [status for status, before in fixes if not (status == TaskStatus.VERIFIED and before)]
    live = [status for status in counted if status != TaskStatus.CANCELLED]
    if not live:
        return OPEN
    if all(status == TaskStatus.VERIFIED for status in live):
        return RESOLVED
    # A task that is blocked had not begun here.
    return ASSIGNED if set(live) <= {TaskStatus.PLANNED, TaskStatus.BLOCKED} else IN_PROGRESS


@given(st.lists(_statuses, max_size=2), st.lists(_fix, max_size=3), st.booleans())
async def test_the_state_follows_from_own_tasks_and_those_of_the_issues_fixes(clean, own, fixes, grouped):
    # given a pain point and another of the same unit and of another unit, which must not matter
    await clean()
    unit, elsewhere = await f.a_unit(), await f.a_unit()
    who = await f.a_person(Role.CONTRIBUTOR, unit)
    now = clock.now()
    recorded = rows.journey(unit, who)
    stage = rows.stage(recorded)
    made, other = rows.issue(who), rows.issue(who)
    point = rows.pain_point(stage, unit, created_at=now, issue_id=made.id if grouped else None)
    beside = rows.pain_point(stage, unit, created_at=now)

    def a_task(status, at, *, before=False, **of):
        verified = now + (-1 if before else 1) * (now - rows.AT) if status == TaskStatus.VERIFIED else None
        blocked = "PLANNED" if status == TaskStatus.BLOCKED else None
        return rows.task(at, who, status=status, verified_at=verified, blocked_from=blocked, **of)

    rollouts = [rows.rollout(unit, who, issue_id=made.id) for _ in fixes]
    foreign = rows.rollout(unit, who, issue_id=other.id)
    tasks = [a_task(status, unit, pain_point_id=point.id) for status in own]
    for (status, before), row in zip(fixes, rollouts, strict=True):
        tasks.append(a_task(status, unit, before=before, rollout_id=row.id))
        tasks.append(a_task(TaskStatus.IN_PROGRESS, elsewhere, rollout_id=row.id))
    tasks.append(a_task(TaskStatus.IN_PROGRESS, unit, rollout_id=foreign.id))
    tasks.append(a_task(TaskStatus.IN_PROGRESS, unit, pain_point_id=beside.id))
    await rows.write(recorded, stage, made, other, point, beside, *rollouts, foreign, *tasks)
    # then
    assert await states(point) == [follows_from(own, fixes, grouped=grouped)]
