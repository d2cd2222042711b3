"""Bulk mutations: an answer for every row in its order, by the policy that was asked for, at the cost of a few statements."""

from typing import Any

import pytest

from jejak.domain import db
from jejak.domain.tables.person import Person
from jejak.domain.tables.task import Task
from jejak.domain.vocabulary import JourneyStatus, Role, TaskStatus
from jejak.graphql import ids
from tests import factories as f
from tests.client import as_, gid
from tests.graphql.world import VALID, World, a_task_input
from tests.refusals import events_of, unchanged

FAILED_ROWS = {"errorPolicy": "REJECT_FAILED_ROWS"}


def told(row: dict[str, Any]) -> list[tuple[str, list[str]]]:
    return [(error["code"], error["path"][1:]) for error in row["errors"]]


def mixed(world: World) -> list[dict[str, Any]]:
    """Good, blank, malformed, unseen, good, late."""
    return [
        a_task_input(world, title="Satu"),
        a_task_input(world, title=" "),
        a_task_input(world, unitId="nonsense"),
        a_task_input(world, unitId=gid(world.elsewhere)),
        a_task_input(world, title="Lima"),
        a_task_input(world, dueOn="2020-01-01"),
    ]


WRONG = [
    [],
    [("REQUIRED", ["tasks", "1", "title"])],
    [("INVALID_ID", ["tasks", "2", "unitId"])],
    [("NOT_FOUND", ["tasks", "3", "unitId"])],
    [],
    [("PAST_DATE", ["tasks", "5", "dueOn"])],
]


async def test_one_bad_row_of_many_rejects_everything_and_every_bad_row_says_why(world):
    manager = await as_(world.manager)
    async with unchanged():
        payload = await manager.do("createTasks", "count results { task { id } }", tasks=mixed(world))
    assert (payload["count"], payload["errors"]) == (0, [])
    assert [row["task"] for row in payload["results"]] == [None] * 6
    assert [told(row) for row in payload["results"]] == WRONG


async def test_where_failed_rows_are_rejected_the_good_ones_are_written(world):
    # given
    manager, before = await as_(world.manager), await Task.count()
    # when
    shows = "count results { task { id title unit { id } } }"
    payload = await manager.do("createTasks", shows, tasks=mixed(world), **FAILED_ROWS)
    # then
    assert (payload["count"], payload["errors"]) == (2, [])
    assert [told(row) for row in payload["results"]] == WRONG
    titles = [row["task"] and row["task"]["title"] for row in payload["results"]]
    assert titles == ["Satu", None, None, None, "Lima", None]
    assert await Task.count() == before + 2
    for row in (payload["results"][0], payload["results"][4]):
        assert await events_of(ids.split(row["task"]["id"])[1]) == ["task.created"]


async def test_where_no_row_is_good_nothing_is_kept_and_the_client_id_is_free(world):
    manager = await as_(world.manager)
    given = FAILED_ROWS | {"clientMutationId": "a"}
    async with unchanged():
        refusals = await manager.refusals("createTasks", tasks=[a_task_input(world, title="")], **given)
    assert refusals == [("REQUIRED", ["tasks", "0", "title"])]
    await manager.done("createTasks", tasks=[a_task_input(world)], **given)


@pytest.mark.parametrize("shows", ["task { id }", "task { id title }"])
async def test_a_retry_of_a_partly_rejected_call_answers_the_same_and_writes_nothing(world, shows):
    manager = await as_(world.manager)
    given = {"tasks": mixed(world), "clientMutationId": "a"} | FAILED_ROWS
    first = await manager.do("createTasks", f"count results {{ {shows} }}", **given)
    async with unchanged():
        again = await manager.do("createTasks", f"count results {{ {shows} }}", **given)
        other = given | {"errorPolicy": "REJECT_EVERYTHING"}
        refusals = await manager.refusals("createTasks", **other)
    assert again == first
    assert refusals == [("CLIENT_ID_REUSED", ["clientMutationId"])]


async def test_a_call_that_is_refused_as_a_whole_answers_no_rows(world):
    manager = await as_(world.manager)
    async with unchanged():
        payload = await manager.do(
            "createTasks", "count results { task { id } }", tasks=[a_task_input(world)] * 501, **FAILED_ROWS
        )
    assert (payload["count"], payload["results"]) == (0, [])
    assert [(error["code"], error["path"]) for error in payload["errors"]] == [
        ("TOO_MANY", ["input", "tasks"])
    ]


async def test_a_row_is_about_what_is_seen_or_about_nothing(world):
    """By its answer a row with a hidden unit, pain point or task is one with an unknown one."""
    manager = await as_(world.manager)
    hidden_point, hidden_task = await f.a_pain_point(world.elsewhere), await f.a_task(world.elsewhere)
    unknown = ids.encode("Task", world.here.id)
    update = VALID["updateTasks"](world)[1]["tasks"][0]
    async with unchanged():
        payload = await manager.do(
            "updateTasks",
            "results { task { id } }",
            tasks=[update | {"taskId": gid(hidden_task)}, update | {"taskId": unknown}],
            **FAILED_ROWS,
        )
        refusals = await manager.refusals(
            "createTasks", tasks=[a_task_input(world, painPointId=gid(hidden_point))], **FAILED_ROWS
        )
    assert [(row["task"], told(row)) for row in payload["results"]] == [
        (None, [("NOT_FOUND", ["tasks", str(n), "taskId"])]) for n in range(2)
    ]
    assert refusals == [("NOT_FOUND", ["tasks", "0", "painPointId"])]


async def test_a_stale_row_shows_its_task_as_it_is_and_the_others_are_changed(world):
    # given
    manager = await as_(world.manager)
    late, good = world.planned, await f.a_task(world.here, owner=world.owner)
    tasks = [
        {"taskId": gid(late), "expectedVersion": late.version + 1, "weight": 9},
        {"taskId": gid(good), "expectedVersion": good.version, "weight": 9},
    ]
    # when
    shows = "count results { task { id version weight } }"
    payload = await manager.do("updateTasks", shows, tasks=tasks, **FAILED_ROWS)
    # then
    assert payload["count"] == 1
    assert [(row["task"], told(row)) for row in payload["results"]] == [
        (
            {"id": gid(late), "version": late.version, "weight": late.weight},
            [("STALE", ["tasks", "0", "expectedVersion"])],
        ),
        ({"id": gid(good), "version": good.version + 1, "weight": 9}, []),
    ]


async def test_a_row_that_others_drag_down_shows_nothing_and_says_nothing(world):
    manager = await as_(world.manager)
    rows = [
        {"taskId": gid(world.planned), "expectedVersion": world.planned.version, "weight": 9},
        {"taskId": gid(world.blocked), "expectedVersion": 99, "weight": 9},
    ]
    async with unchanged():
        payload = await manager.do("updateTasks", "count results { task { id } }", tasks=rows)
    assert payload["results"][0] == {"task": None, "errors": []}
    assert payload["results"][1]["task"] == {"id": gid(world.blocked)}


async def test_changes_of_one_task_in_a_call_follow_each_other_by_version(world):
    manager, version = await as_(world.manager), world.planned.version
    rows = [
        {"taskId": gid(world.planned), "expectedVersion": at, "weight": weight}
        for at, weight in ((version, 5), (version, 6), (version + 1, 7))
    ]
    payload = await manager.do("updateTasks", "count results { task { weight } }", tasks=rows, **FAILED_ROWS)
    assert [told(row) for row in payload["results"]] == [
        [],
        [("STALE", ["tasks", "1", "expectedVersion"])],
        [],
    ]
    row = await Task.objects().get(Task.id == world.planned.id)
    assert (row.version, row.weight) == (version + 2, 7)
    assert await events_of(world.planned.id) == ["task.created", "task.updated", "task.updated"]


async def test_a_pain_point_gets_all_tasks_of_its_row_or_none(world):
    # given
    manager = await as_(world.manager)
    other = await f.a_pain_point(world.here)
    draft = await f.a_pain_point(
        world.here, journey=await f.a_journey(world.here, status=JourneyStatus.DRAFT)
    )
    rows = [
        {"painPointId": gid(world.open_point), "tasks": [a_task_input(world), a_task_input(world, title="")]},
        {
            "painPointId": gid(other),
            "tasks": [a_task_input(world, title="A"), a_task_input(world, title="B")],
        },
        {"painPointId": gid(draft), "tasks": [a_task_input(world)]},
        {"painPointId": gid(other), "tasks": []},
    ]
    # when
    shows = "count results { painPoint { id state } tasks { title } }"
    payload = await manager.do("assignPainPoints", shows, assignments=rows, **FAILED_ROWS)
    # then
    assert payload["count"] == 1
    assert [told(row) for row in payload["results"]] == [
        [("REQUIRED", ["assignments", "0", "tasks", "1", "title"])],
        [],
        [("NOT_ACCEPTED", ["assignments", "2", "painPointId"])],
        [("REQUIRED", ["assignments", "3", "tasks"])],
    ]
    assert [row["painPoint"]["state"] for row in payload["results"]] == [
        "OPEN",
        "ASSIGNED",
        "OPEN",
        "ASSIGNED",
    ]
    assert [row["tasks"] for row in payload["results"]] == [
        None,
        [{"title": "A"}, {"title": "B"}],
        None,
        None,
    ]
    assert (await events_of(other.id)).count("pain_point.assigned") == 1
    assert "pain_point.assigned" not in await events_of(world.open_point.id)


async def test_units_come_in_any_order_and_below_a_bad_row_none_is_made(world):
    # given
    programme = await as_(world.programme)
    zone = {"timezone": "Asia/Jakarta"}
    rows = [
        {"code": "A-1", "name": "ULP A1", "kind": "ULP", "parentCode": "A"} | zone,
        {"code": "B-1", "name": "ULP B1", "kind": "ULP", "parentCode": "B"} | zone,
        {"code": "B", "name": "", "kind": "UP3", "parentCode": "JATIM"} | zone,
        {"code": "A", "name": "UP3 A", "kind": "UP3", "parentCode": "JATIM"} | zone,
        {"code": world.below.code, "name": "Nama baru", "kind": "ULP", "parentCode": "A"} | zone,
        {"code": world.sibling.code, "name": world.sibling.name, "kind": "UP3", "parentCode": "JATIM"} | zone,
    ]
    shows = "count results { outcome unit { code parent { code } } }"
    # when
    async with unchanged():
        dry = await programme.do("importUnits", shows, rows=rows, dryRun=True, **FAILED_ROWS)
    wet = await programme.do("importUnits", shows, rows=rows, **FAILED_ROWS)
    again = await programme.do("importUnits", shows, rows=rows, **FAILED_ROWS)
    # then
    outcomes = ["CREATED", None, None, "CREATED", "CHANGED", "UNCHANGED"]
    for payload in (dry, wet):
        assert [row["outcome"] for row in payload["results"]] == outcomes
        assert [told(row) for row in payload["results"]] == [
            [],
            [("PARENT_REFUSED", ["rows", "1", "parentCode"])],
            [("REQUIRED", ["rows", "2", "name"])],
            [],
            [],
            [],
        ]
    assert [row["unit"] and row["unit"]["parent"]["code"] for row in wet["results"]] == [
        "A",
        None,
        None,
        "JATIM",
        "A",
        "JATIM",
    ]
    assert [row["unit"] and row["unit"]["code"] for row in dry["results"]][:4] == [None] * 4
    assert [row["outcome"] for row in again["results"]] == ["UNCHANGED", None, None, *["UNCHANGED"] * 3]


async def test_people_are_imported_by_address_and_keep_what_they_have(world):
    # given
    admin = await as_(await f.a_person(Role.ADMIN, world.region))
    here = {"unitCode": world.here.code.lower()}
    hidden = await f.a_person(Role.VIEWER, world.elsewhere)
    rows = [
        {"email": "Baru@PLN.example", "name": "Baru", "role": "CONTRIBUTOR", "ranger": True} | here,
        {"email": "baru@pln.example", "name": "Lain", "role": "VIEWER", "unitId": gid(world.below)},
        {"email": world.manager.email, "name": "Nama lain", "role": "ADMIN", "language": "EN"} | here,
        {"email": world.manager.email, "name": "x", "role": "MANAGER"} | here,
        {"email": hidden.email, "name": "x", "role": "VIEWER"} | here,
        {"email": "a@pln.example", "name": "x", "role": "VIEWER"},
        {"email": "b@pln.example", "name": "x", "role": "VIEWER", "unitId": gid(world.elsewhere)},
        {"email": "c@pln.example", "name": "x", "role": "VIEWER", "unitId": gid(world.below)} | here,
        {"email": "d@pln.example", "name": "x", "role": "VIEWER", "ranger": True} | here,
        {"email": "e@pln.example", "name": "x", "role": "PROGRAMME"} | here,
    ]
    shows = "count results { outcome person { name email } membership { role ranger unit { id } } }"
    # when
    async with unchanged():
        dry = await admin.do("importPeople", shows, rows=rows, dryRun=True, **FAILED_ROWS)
    payload = await admin.do("importPeople", shows, rows=rows, **FAILED_ROWS)
    async with unchanged():
        again = await admin.do("importPeople", shows, rows=rows, **FAILED_ROWS)
    # then
    assert [told(row) for row in payload["results"]] == [
        *[[]] * 4,
        [("TAKEN", ["rows", "4", "email"])],
        [("REQUIRED", ["rows", "5", "unitCode"])],
        [("NOT_FOUND", ["rows", "6", "unitId"])],
        [("NOT_FOUND", ["rows", "7", "unitId"])],
        [("NOT_STAFF", ["rows", "8", "ranger"])],
        [("INVALID_KIND", ["rows", "9", "role"])],
    ]
    assert payload["count"] == 4
    outcomes = ["CREATED", "CHANGED", "CHANGED", "UNCHANGED", *[None] * 6]
    assert [row["outcome"] for row in payload["results"]] == outcomes
    assert [row["outcome"] for row in dry["results"]] == outcomes
    assert [row["outcome"] for row in again["results"]] == [*["UNCHANGED"] * 4, *[None] * 6]
    baru, manager = (
        {"name": "Baru", "email": "baru@pln.example"},
        {
            "name": world.manager.name,
            "email": world.manager.email,
        },
    )
    assert [row["person"] for row in payload["results"]] == [baru, baru, manager, manager, *[None] * 6]
    assert [row["person"] for row in dry["results"]][:2] == [None, None]
    assert payload["results"][0]["membership"] == {
        "role": "CONTRIBUTOR",
        "ranger": True,
        "unit": {"id": gid(world.here)},
    }
    assert (await Person.objects().get(Person.id == world.manager.id)).language == world.manager.language
    made = await Person.objects().get(Person.email == "baru@pln.example")
    assert await events_of(made.id) == ["person.created", "person.role_granted", "person.role_granted"]


async def test_a_changed_due_date_starts_the_reminders_anew_for_every_row(world):
    # given
    manager = await as_(world.manager)
    tasks = [await f.a_task(world.here, owner=world.owner) for _ in range(3)]
    due = f.in_working_days(world.here, 30)
    rows = [{"taskId": gid(task), "expectedVersion": 1, "dueOn": due.isoformat()} for task in tasks]
    # when
    await manager.done("updateTasks", tasks=rows)
    one = await f.a_task(world.here, owner=world.owner, due_on=due)
    # then each has the rungs that a task with this date has
    planned = (
        "select array_agg(remind_on order by remind_on) from reminder where task_id = $1 and due_on = $2"
    )
    wanted = await db.fetchval(planned, one.id, due)
    assert len(wanted) > 2
    for task in tasks:
        assert await db.fetchval(planned, task.id, due) == wanted
        assert await db.fetchval("select count(*) from reminder where task_id = $1", task.id) == len(wanted)


async def test_a_task_that_is_done_is_not_changed_with_the_others(world):
    manager = await as_(world.manager)
    done = await f.a_task(world.here, owner=world.owner, status=TaskStatus.CANCELLED)
    rows = [
        {"taskId": gid(task), "expectedVersion": task.version, "weight": 4} for task in (done, world.planned)
    ]
    payload = await manager.do("updateTasks", "count results { task { weight } }", tasks=rows, **FAILED_ROWS)
    assert [told(row) for row in payload["results"]] == [[("WRONG_STATUS", ["tasks", "0"])], []]
