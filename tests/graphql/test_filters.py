"""Filters: each lets through exactly the rows that it describes, and none that the viewer does not see."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest

from jejak.domain.tables.journey import PainPoint
from jejak.domain.tables.person import Person
from jejak.domain.tables.task import Task
from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import JourneyStatus, PainPointState, Role, TaskStatus, UnitKind
from jejak.graphql import ids
from tests import factories as f
from tests.client import Client, as_, gid, schema
from tests.graphql import rows
from tests.graphql.world import a_notice, initiative

NAME = {
    "units": "name",
    "journeys": "title",
    "painPoints": "description",
    "tasks": "title",
    "people": "name",
    "notices": "text",
    "deliveries": "address",
}
LATER = rows.AT + timedelta(hours=1)


@dataclass
class Scene:
    """At `here`: the journey A with a bad point, its task. At `below`: the journey B with a small one. Elsewhere: the same."""

    here: Unit
    below: Unit
    elsewhere: Unit
    ana: Person
    budi: Person
    far: Person
    things: dict[str, Any]

    def gid(self, name: str) -> str:
        if name.startswith("initiative "):
            return initiative(name.split()[1])
        found = self.things.get(name) or getattr(self, name)
        return ids.encode("Webhook", found.id) if name.startswith("hook ") else gid(found)


def everything_at(unit: Unit, who: Person, letter: str, **of: Any) -> dict[str, Any]:
    """A journey, its stage, a pain point and a task for it, all named with the letter."""
    journey = rows.journey(unit, who, title=f"Journey {letter}", created_at=of["at"], **of["journey"])
    stage = rows.stage(journey, touchpoint=of["touchpoint"])
    point = rows.pain_point(stage, unit, description=f"Point {letter}", created_at=of["at"], **of["point"])
    rollout = rows.rollout(unit, who)
    about = {"title": f"Task {letter}", "pain_point_id": point.id, "rollout_id": rollout.id}
    task = rows.task(unit, who, created_at=of["at"], **about, **of["task"])
    return {
        f"rollout {letter}": rollout,
        f"journey {letter}": journey,
        f"stage {letter}": stage,
        f"point {letter}": point,
        f"task {letter}": task,
    }


@pytest.fixture
async def scene(_connected) -> Scene:
    here = await f.a_unit(UnitKind.UP3, name="UP3 Sini")
    below = await f.a_unit(UnitKind.ULP, here, name="ULP Bawah")
    elsewhere = await f.a_unit(UnitKind.UP3, await f.reference_unit("BALI"), name="UP3 Sana")
    ana = await f.a_person(Role.MANAGER, here, ranger=True, name="Ana", email="ana@pln.example")
    budi = await f.a_person(Role.CONTRIBUTOR, below, name="Budi", email="budi@pln.example")
    far = await f.a_person(Role.MANAGER, elsewhere, name="Jauh", ranger=True)
    bad = {
        "at": rows.AT,
        "touchpoint": "FIELD_VISIT",
        "journey": {"service": "PB_PD", "occurred_on": date(2026, 1, 10)},
        "point": {"category": "SPEED", "parameter": "EASE", "severity": 5, "reach": 5, "due_at": rows.FAR},
        "task": {"initiative_id": f.initiative_id("1.1"), "status": "IN_PROGRESS", "due_at": rows.AT},
    }
    small = {
        "at": LATER,
        "touchpoint": "PLN_MOBILE",
        "journey": {"service": "COMPLAINT", "occurred_on": date(2026, 2, 10), "status": "SUBMITTED"},
        "point": {
            "category": "COMMUNICATION",
            "parameter": "EMOTION",
            "severity": 2,
            "reach": 1,
            "due_at": rows.AT,
            "paused_at": LATER,
        },
        "task": {"initiative_id": f.initiative_id("2.1"), "due_on": date(2031, 1, 1), "due_at": rows.FAR},
    }
    things = everything_at(here, ana, "A", **bad) | everything_at(below, budi, "B", **small)
    things |= everything_at(elsewhere, far, "X", **bad)
    hook, foreign = (rows.webhook(who, url=f"https://{who.name}.example/x") for who in (ana, far))
    things |= {"hook A": hook, "hook X": foreign}
    things["delivery A"] = rows.delivery(ana, here, state="DEAD")
    things["delivery hook"] = rows.delivery(ana, here, endpoint_id=hook.id, created_at=LATER)
    things["delivery B"] = rows.delivery(budi, below)
    things["delivery X"] = rows.delivery(far, elsewhere, endpoint_id=foreign.id)
    await rows.write(*things.values())
    return Scene(here, below, elsewhere, ana, budi, far, things)


async def names(client: Client, listed: str, filled: dict[str, Any]) -> set[str]:
    kind = schema().query_type.fields[listed].args["filter"].type
    query = f"query ($f: {kind}) {{ {listed}(first: 100, filter: $f) {{ totalCount nodes {{ name: {NAME[listed]} }} }} }}"
    found = (await client.data(query, f=filled))[listed]
    assert found["totalCount"] == len(found["nodes"])
    return {node["name"] for node in found["nodes"]}


ANA, HOOK = "a***@pln.example", "https://Ana.example/***"
# Values that name a thing of the scene are written `@name`.
CASES = [
    ("units", {"hasRanger": True}, {"UP3 Sini"}),
    ("units", {"hasRanger": False}, {"ULP Bawah"}),
    ("units", {"kinds": ["ULP"]}, {"ULP Bawah"}),
    ("units", {"closed": False}, {"UP3 Sini", "ULP Bawah"}),
    ("units", {"closed": True}, set()),
    ("units", {"underId": "@below"}, {"ULP Bawah"}),
    ("units", {"underId": "@elsewhere"}, set()),
    ("units", {"text": "sini"}, {"UP3 Sini"}),
    ("journeys", {}, {"Journey A", "Journey B"}),
    ("journeys", {"unitId": "@below"}, {"Journey B"}),
    ("journeys", {"unitId": "@elsewhere"}, set()),
    ("journeys", {"services": ["PB_PD", "SPKLU"]}, {"Journey A"}),
    ("journeys", {"statuses": ["SUBMITTED"]}, {"Journey B"}),
    ("journeys", {"categories": ["SPEED"]}, {"Journey A"}),
    ("journeys", {"categories": ["SPEED", "COMMUNICATION"]}, {"Journey A", "Journey B"}),
    ("journeys", {"categories": []}, set()),
    ("journeys", {"touchpoints": ["PLN_MOBILE"]}, {"Journey B"}),
    ("journeys", {"capturedById": "@budi"}, {"Journey B"}),
    ("journeys", {"capturedById": "@far"}, set()),
    ("journeys", {"occurredFrom": "2026-01-10", "occurredTo": "2026-01-10"}, {"Journey A"}),
    ("journeys", {"occurredFrom": "2026-01-11"}, {"Journey B"}),
    ("journeys", {"occurredTo": "2026-01-09"}, set()),
    ("journeys", {"text": "journey b"}, {"Journey B"}),
    ("journeys", {"categories": ["SPEED"], "touchpoints": ["PLN_MOBILE"]}, set()),
    ("painPoints", {}, {"Point A", "Point B"}),
    ("painPoints", {"priorityAtLeast": 25}, {"Point A"}),
    ("painPoints", {"priorityAtLeast": 2}, {"Point A", "Point B"}),
    ("painPoints", {"priorityAtLeast": 26}, set()),
    ("painPoints", {"journeyId": "@journey B"}, {"Point B"}),
    ("painPoints", {"journeyId": "@journey X"}, set()),
    ("painPoints", {"ownerId": "@ana"}, {"Point A"}),
    ("painPoints", {"ownerId": "@far"}, set()),
    ("painPoints", {"createdFrom": LATER.isoformat()}, {"Point B"}),
    ("painPoints", {"createdTo": LATER.isoformat()}, {"Point A"}),
    ("painPoints", {"parameters": ["EMOTION"]}, {"Point B"}),
    ("painPoints", {"categories": ["SPEED"]}, {"Point A"}),
    ("painPoints", {"services": ["COMPLAINT"]}, {"Point B"}),
    ("painPoints", {"states": ["IN_PROGRESS"]}, {"Point A"}),
    ("painPoints", {"states": ["ASSIGNED", "CLOSED"]}, {"Point B"}),
    ("painPoints", {"unitId": "@below", "states": ["IN_PROGRESS"]}, set()),
    ("tasks", {}, {"Task A", "Task B"}),
    ("tasks", {"unitId": "@below"}, {"Task B"}),
    ("tasks", {"initiativeId": "@initiative 2.1"}, {"Task B"}),
    ("tasks", {"rolloutId": "@rollout A"}, {"Task A"}),
    ("tasks", {"rolloutId": "@rollout X"}, set()),
    ("tasks", {"text": "task b"}, {"Task B"}),
    ("painPoints", {"text": "point b"}, {"Point B"}),
    ("tasks", {"mine": True}, {"Task A"}),
    ("tasks", {"mine": False}, {"Task B"}),
    ("tasks", {"ownerId": "@budi"}, {"Task B"}),
    ("tasks", {"stepNumber": 1}, {"Task A"}),
    ("tasks", {"stepNumber": 2}, {"Task B"}),
    ("tasks", {"stepNumber": 99}, set()),
    ("tasks", {"unitKinds": ["ULP"]}, {"Task B"}),
    ("tasks", {"services": ["PB_PD"]}, {"Task A"}),
    ("tasks", {"categories": ["COMMUNICATION"]}, {"Task B"}),
    ("tasks", {"services": ["PB_PD"], "categories": ["COMMUNICATION"]}, set()),
    ("tasks", {"painPointId": "@point A"}, {"Task A"}),
    ("tasks", {"painPointId": "@point X"}, set()),
    ("tasks", {"statuses": ["PLANNED"]}, {"Task B"}),
    ("tasks", {"dueTo": "2030-06-01"}, {"Task A"}),
    ("tasks", {"dueFrom": "2030-06-01"}, {"Task B"}),
    ("tasks", {"overdue": True}, set()),
    ("tasks", {"breached": True}, {"Task A"}),
    ("tasks", {"breached": False}, {"Task B"}),
    ("tasks", {"paused": True}, set()),
    ("tasks", {"paused": False}, {"Task A", "Task B"}),
    ("painPoints", {"breached": True}, {"Point B"}),
    ("painPoints", {"breached": False}, {"Point A"}),
    ("painPoints", {"paused": True}, {"Point B"}),
    ("painPoints", {"paused": False}, {"Point A"}),
    ("people", {}, {"Ana", "Budi"}),
    ("people", {"unitId": "@below"}, {"Budi"}),
    ("people", {"unitId": "@here"}, {"Ana", "Budi"}),
    ("people", {"unitId": "@elsewhere"}, set()),
    ("people", {"roles": ["MANAGER"]}, {"Ana"}),
    ("people", {"roles": []}, set()),
    ("people", {"ranger": True}, {"Ana"}),
    ("people", {"ranger": False}, {"Budi"}),
    ("people", {"unitId": "@below", "ranger": True}, set()),
    ("people", {"text": "BUDI@pln"}, {"Budi"}),
    ("people", {"text": "an"}, {"Ana"}),
    ("people", {"text": "jauh"}, set()),
    ("deliveries", {}, {ANA, HOOK}),
    ("deliveries", {"states": ["DEAD"]}, {ANA}),
    ("deliveries", {"states": ["PENDING", "WITHDRAWN"]}, set()),
    ("deliveries", {"channels": ["WEBHOOK"]}, {HOOK}),
    ("deliveries", {"mine": True}, {ANA, HOOK}),
    ("deliveries", {"mine": False}, set()),
    ("deliveries", {"personId": "@ana"}, {ANA, HOOK}),
    ("deliveries", {"personId": "@budi"}, set()),
    ("deliveries", {"webhookId": "@hook A"}, {HOOK}),
    ("deliveries", {"webhookId": "@hook X"}, set()),
    ("deliveries", {"createdFrom": LATER.isoformat()}, {HOOK}),
    ("deliveries", {"createdTo": LATER.isoformat()}, {ANA}),
]  # fmt: skip


@pytest.mark.parametrize(("listed", "filled", "expected"), CASES)
async def test_a_filter_lets_through_what_it_describes(scene, listed, filled, expected):
    client = await as_(scene.ana)
    given = {
        name: scene.gid(value[1:]) if isinstance(value, str) and value.startswith("@") else value
        for name, value in filled.items()
    }
    assert await names(client, listed, given) == expected


def test_every_field_of_every_filter_is_tried():
    tried = {listed: {name for of, filled, _ in CASES if of == listed for name in filled} for listed in NAME}
    for listed in set(NAME) - {"notices"}:
        assert tried[listed] == set(schema().query_type.fields[listed].args["filter"].type.fields), listed


async def test_a_pain_points_owner_is_told_only_of_tasks_that_are_seen(scene):
    """Headquarters gave somebody elsewhere a task for a pain point of here."""
    task = rows.task(scene.elsewhere, scene.far, pain_point_id=scene.things["point B"].id)
    await rows.write(task)
    assert await names(await as_(scene.ana), "painPoints", {"ownerId": gid(scene.far)}) == set()
    above = await as_(await f.a_person(Role.VIEWER, await f.reference_unit("HQ")))
    assert await names(above, "painPoints", {"ownerId": gid(scene.far)}) == {"Point B", "Point X"}


async def test_a_task_is_not_found_by_a_pain_point_that_is_not_seen(scene):
    task = rows.task(scene.below, scene.budi, title="Task Y", pain_point_id=scene.things["point X"].id)
    await rows.write(task)
    assert await names(await as_(scene.ana), "tasks", {"services": ["PB_PD"]}) == {"Task A"}
    assert await names(await as_(scene.ana), "tasks", {"categories": ["SPEED"]}) == {"Task A"}


async def test_a_role_elsewhere_does_not_bring_a_person_into_a_list(scene):
    await f.a_role(scene.budi, Role.MANAGER, scene.elsewhere, ranger=True)
    client = await as_(scene.ana)
    assert await names(client, "people", {"roles": ["MANAGER"]}) == {"Ana"}
    assert await names(client, "people", {"ranger": True}) == {"Ana"}


async def test_the_inbox_by_task_and_time(scene):
    # given
    client = await as_(scene.ana)
    told = [
        await a_notice(scene.ana, await f.a_task(scene.here, owner=scene.ana, title=title))
        for title in ("Satu", "Dua")
    ]
    about = await Task.objects().get(Task.id == told[0].task_id)

    async def count(**filled: Any) -> int:
        return len(await names(client, "notices", filled))

    # then
    assert await count() == 2
    assert await count(taskId=gid(about)) == 1
    assert await count(taskId=scene.gid("task X")) == 0
    assert await count(createdFrom=told[1].created_at.isoformat()) == 1
    assert await count(createdTo=told[1].created_at.isoformat()) == 1
    assert await count(createdTo=rows.AT.isoformat()) == 0


async def test_lists_that_hang_on_a_thing_hold_what_belongs_to_it(scene):
    # given
    client = await as_(scene.ana)
    lists = """journeys(first: 9, filter: {statuses: [ACCEPTED, SUBMITTED]}) { totalCount nodes { title } }
        painPoints(first: 9, order: NEWEST_FIRST) { totalCount nodes { description } }
        tasks(first: 9, order: NEWEST_FIRST) { totalCount nodes { title } }"""
    query = f"""query ($here: ID!, $below: ID!) {{ here: unit(id: $here) {{ {lists}
            memberships(first: 9, filter: {{roles: [MANAGER], ranger: true}}) {{ nodes {{ person {{ name }} }} }}
            nobody: memberships(first: 9, filter: {{ranger: false}}) {{ totalCount }} }}
        below: unit(id: $below) {{ {lists} }}
        step(number: 1) {{ tasks(first: 9) {{ totalCount nodes {{ title }} }} initiatives {{ code tasks(first: 9) {{ nodes {{ title }} }} }} }} }}"""
    # when
    data = await client.data(query, here=gid(scene.here), below=gid(scene.below))
    # then: here covers what is below
    assert data["here"]["journeys"]["totalCount"] == 2
    assert [one["description"] for one in data["here"]["painPoints"]["nodes"]] == ["Point B", "Point A"]
    assert [one["title"] for one in data["here"]["tasks"]["nodes"]] == ["Task B", "Task A"]
    assert data["below"] == {
        "journeys": {"totalCount": 1, "nodes": [{"title": "Journey B"}]},
        "painPoints": {"totalCount": 1, "nodes": [{"description": "Point B"}]},
        "tasks": {"totalCount": 1, "nodes": [{"title": "Task B"}]},
    }
    assert data["here"]["memberships"] == {"nodes": [{"person": {"name": "Ana"}}]}
    assert data["here"]["nobody"] == {"totalCount": 0}
    # and those of the programme only what is seen
    assert data["step"]["tasks"] == {"totalCount": 1, "nodes": [{"title": "Task A"}]}
    by_code = {one["code"]: one["tasks"]["nodes"] for one in data["step"]["initiatives"]}
    assert by_code.pop("1.1") == [{"title": "Task A"}]
    assert not any(by_code.values())


TASKS_OF = [
    [], [TaskStatus.CANCELLED], [TaskStatus.PLANNED], [TaskStatus.BLOCKED], [TaskStatus.IN_PROGRESS], [TaskStatus.RETURNED],
    [TaskStatus.VERIFIED], [TaskStatus.VERIFIED, TaskStatus.PLANNED], [TaskStatus.VERIFIED, TaskStatus.CANCELLED],
    [TaskStatus.PLANNED, TaskStatus.SUBMITTED], [TaskStatus.PLANNED, TaskStatus.CANCELLED],
]  # fmt: skip


async def test_pain_points_by_state_are_those_that_show_it(scene):
    # given: every mixture of tasks, and every decision
    unit, who = await f.a_unit(), scene.ana
    journey = rows.journey(unit, who, status=JourneyStatus.ACCEPTED)
    stage = rows.stage(journey)
    points, tasks = [], []
    for decision in (None, "CLOSED", "DISMISSED"):
        for statuses in TASKS_OF:
            points.append(rows.pain_point(stage, unit, decision=decision))
            blocked = {TaskStatus.BLOCKED: {"blocked_from": "PLANNED"}}
            tasks += [
                rows.task(unit, who, status=status, pain_point_id=points[-1].id, **blocked.get(status, {}))
                for status in statuses
            ]
    await rows.write(journey, stage, *points, *tasks)
    client = await as_(await f.a_person(Role.VIEWER, unit))
    query = "query ($states: [PainPointState!]) { painPoints(first: 100, filter: {states: $states}) { nodes { id state } } }"
    shown = {one["id"]: one["state"] for one in (await client.data(query))["painPoints"]["nodes"]}
    assert len(shown) == len(points) == await PainPoint.count().where(PainPoint.unit_id == unit.id)
    assert set(shown.values()) == set(PainPointState)
    several = [[], ["OPEN", "RESOLVED"], ["CLOSED", "ASSIGNED", "IN_PROGRESS"], list(PainPointState)]
    for states in [[state] for state in PainPointState] + several:
        # when
        found = (await client.data(query, states=states))["painPoints"]["nodes"]
        # then
        assert {one["id"] for one in found} == {key for key, state in shown.items() if state in states}, (
            states
        )
