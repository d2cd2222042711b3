"""R4 and R12: how tasks come about; who owns them."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from jejak.domain import clock, task_creation
from jejak.domain.errors import Code, Refused
from jejak.domain.tables.event import Event
from jejak.domain.tables.task import Task
from jejak.domain.task_creation import AssignPainPoint, CreateTask
from jejak.domain.vocabulary import Role, TaskStatus, UnitKind
from tests.factories import (
    a_new_task,
    a_pain_point,
    a_person,
    a_role,
    a_task,
    a_unit,
    a_viewer,
    reference_unit,
    viewer_for,
)
from tests.refusals import events_of, refused, unchanged


async def test_a_new_task_is_planned_and_empty():
    unit = await a_unit()
    made = await a_task(unit, weight=5)
    kept = await Task.objects().get(Task.id == made.id)
    assert (kept.status, kept.progress, kept.version, kept.weight, kept.unit_id) == (
        TaskStatus.PLANNED,
        0,
        1,
        5,
        unit.id,
    )
    assert await events_of(made.id) == ["task.created"]


async def test_the_pic_ranger_owns_by_default():
    unit = await a_unit()
    manager = await a_viewer(Role.MANAGER, unit)
    async with refused(Code.NO_OWNER, "owner_id"):
        await task_creation.create(manager, CreateTask(a_new_task(unit)))
    first = await a_person(Role.CONTRIBUTOR, unit, ranger=True)
    await a_person(Role.CONTRIBUTOR, unit, ranger=True)
    assert (await task_creation.create(manager, CreateTask(a_new_task(unit)))).owner_id == first.id


async def test_the_ranger_of_the_unit_above_does_not_stand_in():
    up3 = await a_unit(UnitKind.UP3)
    unit = await a_unit(UnitKind.ULP, up3)
    await a_person(Role.CONTRIBUTOR, up3, ranger=True)
    manager = await a_viewer(Role.MANAGER, unit)
    async with refused(Code.NO_OWNER, "owner_id"):
        await task_creation.create(manager, CreateTask(a_new_task(unit)))


@pytest.mark.parametrize("role", Role)
async def test_an_owner_can_carry_tasks_out(role):
    unit = await a_unit()
    root = await reference_unit("HQ")
    manager, owner = await a_viewer(Role.MANAGER, root), await a_person(role, root)
    wanted = CreateTask(a_new_task(unit, owner_id=owner.id))
    if role in {Role.CONTRIBUTOR, Role.MANAGER}:
        assert (await task_creation.create(manager, wanted)).owner_id == owner.id
    else:
        async with refused(Code.NOT_STAFF, "owner_id"):
            await task_creation.create(manager, wanted)


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"title": ""}, Code.REQUIRED, "title"),
        ({"title": "x" * 201}, Code.TOO_LONG, "title"),
        ({"description": "x" * 5001}, Code.TOO_LONG, "description"),
        ({"weight": 0}, Code.OUT_OF_RANGE, "weight"),
        ({"weight": 1001}, Code.OUT_OF_RANGE, "weight"),
        ({"initiative_id": uuid4()}, Code.NOT_FOUND, "initiative_id"),
        ({"unit_id": uuid4()}, Code.NOT_FOUND, "unit_id"),
        ({"unit_id": None}, Code.REQUIRED, "unit_id"),
        ({"owner_id": uuid4()}, Code.NOT_FOUND, "owner_id"),
    ],
)
async def test_malformed_input_is_refused(changes, code, field):
    unit = await a_unit()
    manager = await a_viewer(Role.MANAGER, unit)
    await a_person(Role.CONTRIBUTOR, unit, ranger=True)
    async with refused(code, field):
        await task_creation.create(manager, CreateTask(a_new_task(unit, **changes)))


@pytest.mark.parametrize(("zone", "hour"), [("Asia/Jayapura", 16), ("Asia/Jakarta", 18)])
async def test_a_due_date_is_not_past_in_the_zone_of_the_unit(zone, hour):
    # Given an instant at which the day has changed at the unit, but not in UTC
    unit = await a_unit(timezone=zone)
    manager = await a_viewer(Role.MANAGER, unit)
    owner = await a_person(Role.CONTRIBUTOR, unit)
    clock.shift(clock.now().replace(hour=hour, minute=0) - clock.now())
    today = clock.today(zone)
    assert today == clock.now().date() + timedelta(days=1)
    async with refused(Code.PAST_DATE, "due_on"):
        await task_creation.create(
            manager, CreateTask(a_new_task(unit, owner_id=owner.id, due_on=today - timedelta(days=1)))
        )
    assert await task_creation.create(manager, CreateTask(a_new_task(unit, owner_id=owner.id, due_on=today)))


@pytest.mark.parametrize("role", Role)
async def test_only_managers_create(role):
    unit = await a_unit()
    viewer, owner = await a_viewer(role, await reference_unit("HQ")), await a_person(Role.CONTRIBUTOR, unit)
    wanted = CreateTask(a_new_task(unit, owner_id=owner.id))
    if role is Role.MANAGER:
        assert await task_creation.create(viewer, wanted)
    else:
        async with refused(Code.FORBIDDEN, "unit_id"):
            await task_creation.create(viewer, wanted)


async def test_a_pain_point_gets_several_tasks_at_once_by_default_at_its_own_unit():
    unit = await a_unit()
    point = await a_pain_point(unit)
    manager = await a_viewer(Role.MANAGER, unit)
    ranger = await a_person(Role.CONTRIBUTOR, unit, ranger=True)
    tasks = [a_new_task(unit, unit_id=None), a_new_task(unit, title="Kedua", weight=2)]
    made = await task_creation.assign(manager, AssignPainPoint(point.id, tasks))
    assert [(t.unit_id, t.pain_point_id, t.owner_id, t.title, t.weight) for t in made] == [
        (unit.id, point.id, ranger.id, "Pelatihan PS4", 1),
        (unit.id, point.id, ranger.id, "Kedua", 2),
    ]
    assert await events_of(point.id) == ["pain_point.recorded", "pain_point.assigned"]


async def test_all_tasks_of_an_assignment_or_with_every_problem_named_none():
    unit = await a_unit()
    point = await a_pain_point(unit)
    manager = await a_viewer(Role.MANAGER, unit)
    await a_person(Role.CONTRIBUTOR, unit, ranger=True)
    tasks = [
        a_new_task(unit),
        a_new_task(unit, title="", weight=0),
        a_new_task(unit),
        a_new_task(unit, unit_id=(await a_unit()).id),
    ]
    async with unchanged():
        with pytest.raises(Refused) as caught:
            await task_creation.assign(manager, AssignPainPoint(point.id, tasks, client_mutation_id="a"))
    assert [(p.code, p.path) for p in caught.value.problems] == [
        (Code.REQUIRED, ("tasks", 1, "title")),
        (Code.OUT_OF_RANGE, ("tasks", 1, "weight")),
        (Code.NOT_FOUND, ("tasks", 3, "unit_id")),
    ]


@pytest.mark.parametrize(("count", "code"), [(0, Code.REQUIRED), (101, Code.TOO_MANY)])
async def test_an_assignment_has_one_to_a_hundred_tasks(count, code):
    unit = await a_unit()
    point, manager = await a_pain_point(unit), await a_viewer(Role.MANAGER, unit)
    async with refused(code, "tasks"):
        await task_creation.assign(manager, AssignPainPoint(point.id, [a_new_task(unit)] * count))


async def test_a_pain_point_that_one_may_not_see_is_not_assigned():
    point = await a_pain_point()
    unit = await a_unit()
    manager, owner = await a_viewer(Role.MANAGER, unit), await a_person(Role.CONTRIBUTOR, unit)
    for unseen in (point.id, uuid4()):
        async with refused(Code.NOT_FOUND, "pain_point_id"):
            await task_creation.assign(
                manager, AssignPainPoint(unseen, [a_new_task(unit, owner_id=owner.id)])
            )


async def test_fifty_concurrent_creates_under_one_id_make_one_task():
    unit = await a_unit()
    manager, owner = await a_viewer(Role.MANAGER, unit), await a_person(Role.CONTRIBUTOR, unit)
    wanted = CreateTask(a_new_task(unit, owner_id=owner.id), client_mutation_id="phone-1")
    made = await asyncio.gather(*(task_creation.create(manager, wanted) for _ in range(50)))
    assert len({each.id for each in made}) == 1
    assert await Task.count() == 1
    assert await events_of(made[0].id) == ["task.created"]


async def test_a_pain_point_is_given_work_only_by_who_assigns_at_its_own_unit():
    # Given somebody who sees the pain point, and assigns at a unit next to it only
    up3 = await a_unit(UnitKind.UP3)
    unit, other = await a_unit(UnitKind.ULP, up3), await a_unit(UnitKind.ULP, up3)
    point, owner = await a_pain_point(unit), await a_person(Role.CONTRIBUTOR, other)
    who = await a_person(Role.MANAGER, other)
    await a_role(who, Role.VIEWER, unit)
    viewer, new = await viewer_for(who), a_new_task(other, owner_id=owner.id)
    # Then neither way to give it a task is theirs
    async with refused(Code.FORBIDDEN, "pain_point_id"):
        await task_creation.create(viewer, CreateTask(new, point.id))
    async with refused(Code.FORBIDDEN, "pain_point_id"):
        await task_creation.assign(viewer, AssignPainPoint(point.id, [new]))
    # While a task of no pain point is
    assert await task_creation.create(viewer, CreateTask(new))


async def test_a_task_created_for_a_pain_point_is_told_in_its_history_too():
    unit = await a_unit()
    point = await a_pain_point(unit)
    await a_task(unit, pain_point=point)
    assert await events_of(point.id) == ["pain_point.recorded", "pain_point.assigned"]
    last = await Event.objects().get((Event.subject_id == point.id) & (Event.kind == "pain_point.assigned"))
    assert (last.before, last.after, last.unit_id) == (None, None, unit.id)


async def test_an_owner_who_does_not_work_there_is_told_from_one_who_is_not_seen():
    unit = await a_unit()
    manager = await a_viewer(Role.MANAGER, unit)
    stranger, seen = await a_person(Role.CONTRIBUTOR), await a_person(Role.VIEWER, unit)
    for owner_id, code in (
        (uuid4(), Code.NOT_FOUND),
        (stranger.id, Code.NOT_FOUND),
        (seen.id, Code.NOT_STAFF),
    ):
        async with refused(code, "owner_id"):
            await task_creation.create(manager, CreateTask(a_new_task(unit, owner_id=owner_id)))
