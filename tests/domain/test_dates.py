"""Dates at the ends of the calendar: an answer, never a fault. PostgreSQL's driver even reads them as infinite."""

from datetime import date, timedelta

import pytest

from jejak.domain import journey_capture, task, task_creation
from jejak.domain.errors import Refused
from jejak.domain.task import UpdateTask
from jejak.domain.task_creation import CreateTask
from jejak.domain.vocabulary import Role
from tests.factories import a_capture, a_new_task, a_task, a_unit, a_viewer
from tests.refusals import unchanged


@pytest.mark.parametrize("due_on", [date.max, date.max - timedelta(days=1), date.max - timedelta(days=14)])
async def test_a_due_date_at_the_end_of_time_is_refused(due_on):
    unit = await a_unit()
    manager, given = await a_viewer(Role.MANAGER, unit), await a_task(unit)
    wanted = CreateTask(a_new_task(unit, owner_id=given.owner_id, due_on=due_on))
    for act in (
        lambda: task_creation.create(manager, wanted),
        lambda: task.update(manager, UpdateTask(given.id, 1, due_on=due_on)),
    ):
        async with unchanged():
            with pytest.raises(Refused) as caught:
                await act()
        assert [problem.path for problem in caught.value.problems] == [("due_on",)]


async def test_a_journey_before_all_time_is_refused():
    unit = await a_unit()
    viewer = await a_viewer(Role.CONTRIBUTOR, unit)
    async with unchanged():
        with pytest.raises(Refused) as caught:
            await journey_capture.capture(viewer, a_capture(unit, occurred_on=date.min))
    assert [problem.path for problem in caught.value.problems] == [("occurred_on",)]
