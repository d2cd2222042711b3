"""R4: many tasks in one call come to what the same rows come to one by one."""

import asyncio
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jejak.domain import db, task, task_bulk, task_creation
from jejak.domain.access import Viewer
from jejak.domain.bulk import Unread
from jejak.domain.errors import Code, Problem, Refused
from jejak.domain.tables.event import ClientMutation
from jejak.domain.tables.task import Task
from jejak.domain.task import UpdateTask
from jejak.domain.task_bulk import AssignmentRow, AssignPainPoints, CreateTasks, TaskRow, UpdateTasks
from jejak.domain.task_creation import AssignPainPoint, CreateTask
from jejak.domain.vocabulary import ErrorPolicy, JourneyStatus, Role, TaskStatus, UnitKind
from tests import factories as f
from tests.refusals import refused, unchanged

EVERYTHING, FAILED_ROWS = ErrorPolicy.REJECT_EVERYTHING, ErrorPolicy.REJECT_FAILED_ROWS
Rows = list[Any]


def mostly(good: Rows, bad: Rows) -> st.SearchStrategy[Any]:
    """Good nine times out of ten, so that a row of many parts is good every other time."""
    return st.integers(0, 9).flatmap(lambda n: st.sampled_from(bad if n == 9 else good))


class Place:
    """Units, people and pain points of every kind that a row may name, good and bad."""

    async def made(self) -> "Place":
        up3 = await f.a_unit(UnitKind.UP3)
        here, lonely = await f.a_unit(UnitKind.ULP, up3), await f.a_unit(UnitKind.ULP, up3)
        elsewhere = await f.a_unit()
        closed = await f.a_unit(UnitKind.ULP, up3, closed=True)
        self.manager = await f.a_viewer(Role.MANAGER, up3)
        self.owner = await f.a_person(Role.CONTRIBUTOR, up3)
        await f.a_person(Role.CONTRIBUTOR, here, ranger=True)
        self.units = [here.id, up3.id], [None, lonely.id, elsewhere.id, closed.id, uuid4()]
        viewer, stranger = await f.a_person(Role.VIEWER, here), await f.a_person(Role.CONTRIBUTOR, elsewhere)
        self.owners = [self.owner.id], [None, viewer.id, stranger.id, uuid4()]
        draft = await f.a_journey(here, status=JourneyStatus.DRAFT)
        points = [
            await f.a_pain_point(here),
            await f.a_pain_point(lonely),
            await f.a_pain_point(here, journey=draft),
            await f.a_pain_point(elsewhere),
        ]
        self.points = [point.id for point in points[:2]], [*(point.id for point in points[2:]), uuid4()]
        self.due = [f.in_working_days(here, 3), f.in_working_days(here, 30)], [date(2020, 1, 1)]
        # How many rows an example had that were good, and how many that were not.
        self.tried: list[tuple[int, int]] = []
        self.tasks: list[Task] = [
            await f.a_task(here, owner=self.owner),
            await f.a_task(lonely, owner=self.owner),
            await f.a_task(here, owner=self.owner, status=TaskStatus.SUBMITTED),
            await f.a_task(here, owner=self.owner, status=TaskStatus.CANCELLED),
            await f.a_task(elsewhere),
        ]
        return self

    def new_tasks(self) -> st.SearchStrategy[Any]:
        return st.builds(
            task_creation.NewTask,
            initiative_id=mostly([f.initiative_id("1.1")], [uuid4()]),
            title=mostly(["Latih", "Perbaiki"], ["", "x" * 201]),
            due_on=mostly(*self.due),
            unit_id=mostly(*self.units),
            owner_id=mostly(*self.owners),
            weight=mostly([1, 7], [0]),
        )

    def new_rows(self) -> st.SearchStrategy[Rows]:
        points = mostly([None, *self.points[0]], self.points[1])
        return st.lists(st.builds(TaskRow, self.new_tasks(), points), min_size=3, max_size=8)

    def assignments(self) -> st.SearchStrategy[Rows]:
        rows = st.builds(AssignmentRow, mostly(*self.points), st.lists(self.new_tasks(), max_size=2))
        return st.lists(rows, min_size=3, max_size=6)

    def changes(self) -> st.SearchStrategy[Rows]:
        tasks = [(one.id, one.version) for one in self.tasks[:3]]
        again = [(key, version + 1) for key, version in tasks]
        bad = [*((one.id, one.version) for one in self.tasks[3:]), (self.tasks[0].id, 9), (uuid4(), 1)]
        which = mostly([*tasks, *again], bad)
        changed = st.builds(
            lambda one, **parts: UpdateTask(*one, **parts),
            which,
            title=mostly([None, "Baru"], [""]),
            owner_id=mostly([None, *self.owners[0]], self.owners[1]),
            due_on=mostly([None, *self.due[0]], self.due[1]),
            weight=mostly([None, 3, 4], [1_001]),
        )
        return st.lists(changed, min_size=3, max_size=8)


async def state() -> list[str]:
    """Every task with its reminders, and every event, without what differs from run to run: ids and instants."""
    rows = await db.fetch(
        """
        select 'task ' || (to_jsonb(t) - 'id' - 'created_at' - 'updated_at' - 'stopped_at')::text
            || coalesce((select string_agg(r.remind_on || r.audience || coalesce(r.outcome, ''), ',' order by r.remind_on, r.offset_days, r.audience)
                from reminder r where r.task_id = t.id), '') as line
        from task t
        union all
        select 'event ' || e.kind || e.nth || coalesce(e.before::text, '') || coalesce(e.after::text, '') || e.unit_id
        from event e
        union all select 'pending ' || count(*)::text from pending_event
        """
    )
    return sorted(row["line"] for row in rows)


def of_row(name: str, position: int, refusal: Refused) -> list[Problem]:
    return [replace(one, path=(name, position, *one.path)) for one in refusal.problems]


async def one_by_one(name: str, acts: list[Any]) -> list[Problem]:
    """What the rows refuse when each is a call of its own; those that do not are done."""
    problems: list[Problem] = []
    for position, act in enumerate(acts):
        try:
            await act()
        except Refused as refusal:
            problems += of_row(name, position, refusal)
    return problems


async def tried(call: Any) -> tuple[list[Problem], list[str]]:
    """What a bulk call refuses, and what there is after it."""
    try:
        problems = list((await call()).problems)
    except Refused as refusal:
        problems = list(refusal.problems)
    return problems, await state()


def singles(viewer: Viewer, rows: Rows) -> tuple[str, list[Any]]:
    first = rows[0]
    if isinstance(first, TaskRow):
        return "tasks", [
            lambda row=row: task_creation.create(viewer, CreateTask(row.task, row.pain_point_id))
            for row in rows
        ]
    if isinstance(first, AssignmentRow):
        return "assignments", [
            lambda row=row: task_creation.assign(viewer, AssignPainPoint(row.pain_point_id, row.tasks))
            for row in rows
        ]
    return "tasks", [lambda row=row: task.update(viewer, row) for row in rows]


def in_bulk(viewer: Viewer, rows: Rows, policy: ErrorPolicy) -> Any:
    first = rows[0]
    if isinstance(first, TaskRow):
        return lambda: task_bulk.create(viewer, CreateTasks(rows, policy))
    if isinstance(first, AssignmentRow):
        return lambda: task_bulk.assign(viewer, AssignPainPoints(rows, policy))
    return lambda: task_bulk.update(viewer, UpdateTasks(rows, policy))


KINDS = ("new_rows", "assignments", "changes")
TABLES = "task, reminder, event, pending_event, client_mutation"


async def keep() -> None:
    """The tables as they are, aside."""
    for table in TABLES.split(", "):
        await db.execute(f"drop table if exists kept_{table}")
        await db.execute(f"create unlogged table kept_{table} as table {table}")


async def restore() -> None:
    """The tables as they were kept."""
    async with db.connection() as c, c.transaction():
        await c.execute("set local session_replication_role = replica")
        for table in TABLES.split(", "):
            await c.execute(f"delete from {table}")
            overriding = "overriding system value " if table == "event" else ""
            await c.execute(f"insert into {table} {overriding}table kept_{table}")


async def forget_kept() -> None:
    for table in TABLES.split(", "):
        await db.execute(f"drop table if exists kept_{table}")


@pytest.fixture
async def place():
    made = await Place().made()
    await keep()
    yield made
    await forget_kept()
    # Examples of which all rows are bad, or all good, would show nothing.
    assert not made.tried or sum(good > 1 and bad > 0 for good, bad in made.tried) > 0


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40)
@given(data=st.data())
async def test_rejecting_failed_rows_comes_to_the_same_rows_one_by_one(place, kind, data):
    # given
    rows = data.draw(getattr(place, kind)())
    await restore()
    name, acts = singles(place.manager, rows)
    problems = await one_by_one(name, acts)
    wanted = await state()
    bad = len({problem.path[1] for problem in problems})
    place.tried.append((len(rows) - bad, bad))
    # when
    await restore()
    told, found = await tried(in_bulk(place.manager, rows, FAILED_ROWS))
    # then
    assert told == problems
    assert found == wanted


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25)
@given(data=st.data())
async def test_rejecting_everything_comes_to_all_rows_or_to_nothing(place, kind, data):
    # given
    rows = data.draw(getattr(place, kind)())
    await restore()
    before = await state()
    told_by_rows, with_failed_rejected = await tried(in_bulk(place.manager, rows, FAILED_ROWS))
    # when
    await restore()
    told, found = await tried(in_bulk(place.manager, rows, EVERYTHING))
    # then
    assert told == told_by_rows
    assert found == (before if told else with_failed_rejected)


async def test_a_row_that_could_not_be_read_fails_like_any_other():
    ulp = await f.a_unit()
    manager, owner = await f.a_viewer(Role.MANAGER, ulp), await f.a_person(Role.CONTRIBUTOR, ulp)
    problem = Problem(Code.INVALID_ID, ("tasks", 0, "unit_id"))
    rows = [Unread((problem,)), TaskRow(f.a_new_task(ulp, owner_id=owner.id))]
    async with refused(Code.INVALID_ID, "tasks", 0, "unit_id"):
        await task_bulk.create(manager, CreateTasks(rows))
    done = await task_bulk.create(manager, CreateTasks(rows, FAILED_ROWS))
    assert list(done.made) == [1]
    assert list(done.problems) == [problem]


async def ready() -> tuple[Viewer, Rows]:
    ulp = await f.a_unit()
    manager, owner = await f.a_viewer(Role.MANAGER, ulp), await f.a_person(Role.CONTRIBUTOR, ulp)
    point = await f.a_pain_point(ulp)
    good = f.a_new_task(ulp, owner_id=owner.id)
    return manager, [TaskRow(good, point.id), TaskRow(replace(good, title="")), TaskRow(good)]


def keys(done: Any) -> dict[int, list[UUID]]:
    return {n: [one.id for one in made] for n, made in done.made.items()}


async def test_of_many_identical_calls_at_once_one_is_done_and_all_are_answered_alike():
    manager, rows = await ready()
    wanted = CreateTasks(rows, FAILED_ROWS, client_mutation_id="a")
    done = await asyncio.gather(*(task_bulk.create(manager, wanted) for _ in range(12)))
    assert all((keys(one), list(one.problems)) == (keys(done[0]), list(done[0].problems)) for one in done)
    assert list(keys(done[0])) == [0, 2]
    assert await Task.count() == 2
    assert await ClientMutation.count() == 1


async def test_a_retry_tells_the_refused_rows_as_they_were_told_though_they_were_good_by_now():
    # given a row that was refused for a pain point that has been dismissed meanwhile, with the status in its words
    manager, rows = await ready()
    await db.execute("update pain_point set decision = 'DISMISSED' where id = $1", rows[0].pain_point_id)
    wanted = CreateTasks(rows, FAILED_ROWS, client_mutation_id="a")
    first = await task_bulk.create(manager, wanted)
    await db.execute("update pain_point set decision = null where id = $1", rows[0].pain_point_id)
    # when
    async with unchanged():
        again = await task_bulk.create(manager, wanted)
    # then
    assert (keys(again), list(again.problems)) == (keys(first), list(first.problems))
    assert [(one.code, one.values) for one in again.problems] == [
        (Code.WRONG_STATUS, {"status": "DISMISSED"}),
        (Code.REQUIRED, {}),
    ]


async def test_a_retry_shows_nothing_that_is_not_seen_any_more():
    manager, rows = await ready()
    wanted = CreateTasks(rows, FAILED_ROWS, client_mutation_id="a")
    await task_bulk.create(manager, wanted)
    async with refused(Code.NOT_FOUND, "client_mutation_id"):
        await task_bulk.create(replace(manager, grants=()), wanted)
