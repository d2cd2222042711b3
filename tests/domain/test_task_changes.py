"""R4: what a change of a task keeps, and what is no change."""

import pytest

from jejak.domain import person, task
from jejak.domain.access import SYSTEM
from jejak.domain.errors import Code
from jejak.domain.person import RevokeRole
from jejak.domain.tables.person import Membership
from jejak.domain.tables.task import Task
from jejak.domain.task import ChangeTask, NewEvidence, ReportProgress, SubmitTask, UpdateTask
from jejak.domain.vocabulary import Role, TaskStatus
from tests.factories import a_person, a_task, a_unit, a_viewer
from tests.refusals import events_of, refused, unchanged


@pytest.mark.parametrize("reported", [0, 40, 100])
async def test_a_returned_task_is_as_far_as_it_was_reported_before(reported):
    # Given a task that was handed in, and so stands at 100
    unit = await a_unit()
    owner, manager = await a_viewer(Role.CONTRIBUTOR, unit), await a_viewer(Role.MANAGER, unit)
    given = await a_task(unit)
    given = await task.report(owner, ReportProgress(given.id, given.version, reported))
    given = await task.submit(owner, SubmitTask(given.id, given.version, [NewEvidence("Foto")]))
    assert (given.progress, given.progress_before) == (100, reported)
    # When it is returned
    await task.return_(manager, ChangeTask(given.id, given.version, "Bukti kurang"))
    # Then it is not done, but as far as it was
    kept = await Task.objects().get(Task.id == given.id)
    assert (kept.status, kept.progress, kept.status_reason) == (TaskStatus.RETURNED, reported, "Bukti kurang")


async def test_a_second_return_goes_back_to_the_report_between_the_two():
    unit = await a_unit()
    owner, manager = await a_viewer(Role.CONTRIBUTOR, unit), await a_viewer(Role.MANAGER, unit)
    given = await a_task(unit, status=TaskStatus.RETURNED)
    given = await task.report(owner, ReportProgress(given.id, given.version, 70))
    given = await task.submit(owner, SubmitTask(given.id, given.version))
    given = await task.return_(manager, ChangeTask(given.id, given.version, "Masih kurang"))
    assert (given.progress, given.status_reason) == (70, "Masih kurang")


async def test_an_update_that_changes_nothing_writes_nothing():
    unit = await a_unit()
    manager, given = await a_viewer(Role.MANAGER, unit), await a_task(unit)
    same = UpdateTask(
        given.id,
        given.version,
        title=f" {given.title} ",
        description=given.description,
        weight=given.weight,
        due_on=given.due_on,
        owner_id=given.owner_id,
    )
    async with unchanged():
        for wanted in (same, UpdateTask(given.id, given.version)):
            assert (await task.update(manager, wanted)).version == given.version
    assert await events_of(given.id) == ["task.created"]


async def test_naming_the_owner_again_is_no_change_even_where_they_left_or_it_is_submitted():
    # Given a submitted task whose owner has lost their role since
    unit = await a_unit()
    manager, owner = await a_viewer(Role.MANAGER, unit), await a_person(Role.CONTRIBUTOR, unit)
    given = await a_task(unit, owner=owner, status=TaskStatus.SUBMITTED)
    held = await Membership.objects().get(Membership.person_id == owner.id)
    await person.revoke(SYSTEM, RevokeRole(held.id))
    # When something else is changed and the owner named as they are, it is done
    made = await task.update(manager, UpdateTask(given.id, given.version, title="Lain", owner_id=owner.id))
    assert (made.title, made.owner_id) == ("Lain", owner.id)


async def test_an_update_that_changes_nothing_is_refused_like_any_other():
    unit = await a_unit()
    manager, given = await a_viewer(Role.MANAGER, unit), await a_task(unit, status=TaskStatus.VERIFIED)
    async with refused(Code.WRONG_STATUS):
        await task.update(manager, UpdateTask(given.id, given.version))
    async with refused(Code.STALE, "expected_version"):
        await task.update(manager, UpdateTask(given.id, 1))
