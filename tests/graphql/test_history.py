"""R13 in the API: what an event tells, under the API's names and ids, without what the viewer may not know of."""

import re
from typing import Any

from jejak.domain import unit as tree
from jejak.domain.access import SYSTEM
from jejak.domain.unit import MoveUnit
from jejak.domain.vocabulary import Role
from tests import factories as f
from tests.client import Client, as_, gid, versioned
from tests.graphql.test_access_matrix import a_wide_world
from tests.graphql.world import initiative

RAW = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
QUERY = """query ($id: ID!, $f: HistoryFilter) { node(id: $id) {
    ... on Unit { history(first: 100, filter: $f) { totalCount nodes { at kind before after } } }
    ... on Journey { history(first: 100, filter: $f) { totalCount nodes { at kind before after } } }
    ... on PainPoint { history(first: 100, filter: $f) { totalCount nodes { at kind before after } } }
    ... on Task { history(first: 100, filter: $f) { totalCount nodes { at kind before after } } } } }"""


async def history(client: Client, thing: Any, **filled: Any) -> list[dict[str, Any]]:
    found = (await client.data(QUERY, id=gid(thing), f=filled))["node"]["history"]
    assert found["totalCount"] == len(found["nodes"])
    return found["nodes"]


async def test_things_are_named_by_their_global_ids_and_fields_as_the_api_has_them(world):
    # given
    client = await as_(world.manager)
    done = await client.done(
        "createTask", "task { id }",
        unitId=gid(world.here), initiativeId=initiative("1.2"), painPointId=gid(world.open_point), ownerId=gid(world.owner),
        title="Latih", dueOn=f.in_working_days(world.here, 5).isoformat(),
    )  # fmt: skip
    # when
    (created,) = (await client.data(QUERY, id=done["task"]["id"], f={"kinds": ["TASK_CREATED"]}))["node"][
        "history"
    ]["nodes"]
    # then
    named = {name: value for name, value in created["after"].items() if name.endswith("Id")}
    assert named == {
        "initiativeId": initiative("1.2"),
        "painPointId": gid(world.open_point),
        "ownerId": gid(world.owner),
    }
    assert created["before"] is None
    assert {"title", "dueOn"} <= set(created["after"])


async def test_what_lies_inside_is_named_as_the_api_has_it_too(world):
    (captured,) = await history(await as_(world.manager), world.draft, kinds=["JOURNEY_CAPTURED"])
    stage = captured["after"]["stages"][0]
    assert {"customerDid", "customerSaid", "targetMinutes", "painPoints"} <= set(stage)
    assert stage["painPoints"][0]["severity"] == 4


async def test_no_history_holds_a_raw_id_or_a_columns_name(world):
    # given: everything that leads from one unit to another, seen by somebody who sees all of it
    await a_wide_world(world)
    await tree.move(SYSTEM, MoveUnit(world.below.id, world.sibling.id, world.below.version))
    client = await as_(await f.a_person(Role.VIEWER, world.hq))
    things = [
        world.below,
        world.here,
        world.draft,
        world.accepted,
        world.open_point,
        world.handed_in,
        world.blocked,
    ]
    for thing in things:
        told = [
            entry for one in await history(client, thing) for entry in (one["before"], one["after"]) if entry
        ]
        assert told, thing
        assert not RAW.search(str(told))
        assert not [name for entry in told for name in entry if "_" in name]


async def test_an_id_is_told_to_those_who_see_what_it_names(world):
    # given: a task here, for a pain point elsewhere, and a journey here that re-captures one elsewhere
    headquarters = await f.a_viewer(Role.MANAGER, world.hq)
    point = await f.a_pain_point(world.elsewhere)
    task = await f.a_task(world.here, pain_point=point, owner=world.owner, viewer=headquarters)
    other = await f.a_journey(world.elsewhere)
    journey = await f.a_journey(world.here, viewer=headquarters, recaptures_id=other.id)
    here, above = await as_(world.manager), await as_(await f.a_person(Role.VIEWER, world.hq))
    for thing, name, target in ((task, "painPointId", point), (journey, "recapturesId", other)):
        # when
        from_here, from_above = [(await history(client, thing))[0]["after"] for client in (here, above)]
        # then
        assert name not in from_here
        assert from_above[name] == gid(target)
        assert {key: value for key, value in from_above.items() if key != name} == from_here


async def test_history_by_kind_and_time(world):
    # given
    client = await as_(world.owner)
    await client.done("reportProgress", **versioned(world.planned, progress=30))
    whole = await history(client, world.planned)
    last = whole[-1]
    # then
    assert [
        one["kind"] for one in await history(client, world.planned, kinds=["TASK_PROGRESS_REPORTED"])
    ] == [last["kind"]]
    assert await history(client, world.planned, kinds=[]) == []
    assert last in await history(client, world.planned, **{"from": last["at"]})
    before = await history(client, world.planned, to=last["at"])
    assert before == [one for one in whole if one["at"] < last["at"]]
    assert await history(client, world.planned, **{"from": last["at"], "to": last["at"]}) == []
