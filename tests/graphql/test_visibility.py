"""R12 at every query: what may not be seen does not exist, by whatever way it is asked for."""

import pytest

from jejak.domain import clock, completion, unit
from jejak.domain.access import SYSTEM
from jejak.domain.unit import MoveUnit
from jejak.domain.vocabulary import Role, UnitKind
from tests import factories as f
from tests.client import as_, gid, schema
from tests.graphql.test_access import seats
from tests.graphql.world import VALID, a_notice

LISTS = {
    "units": "underId",
    "journeys": "unitId",
    "painPoints": "unitId",
    "tasks": "unitId",
    "alerts": "unitId",
}
EVERYTHING = """query ($unit: ID!, $code: String!, $node: ID!, $journey: ID!, $point: ID!, $alert: ID!, $ids: [ID!]!) {
  unit(id: $unit) { id } byCode: unit(code: $code) { id }
  node(id: $node) { __typename id } nodes(ids: $ids) { __typename id }
  programme { completion(unitId: $unit) { reported } } slaPolicy { bands { days } }
  step(number: 1) { completion(unitId: $unit) { tasks } }
  initiative(code: "1.1") { completion(unitId: $unit) { tasks unit { id } } }
  units(first: 100, filter: {underId: $unit}) { totalCount nodes { id } }
  journeys(first: 100, filter: {unitId: $unit}) { totalCount nodes { id } edges { cursor } pageInfo { endCursor } }
  painPoints(first: 100, filter: {unitId: $unit}) { totalCount nodes { id } }
  tasks(first: 100, filter: {unitId: $unit}) { totalCount nodes { id } }
  people(first: 100, filter: {unitId: $unit}) { totalCount nodes { id } edges { cursor } }
  search(first: 100, text: "pasang or menunggu or pelatihan", unitId: $unit) { totalCount nodes { title excerpt unit { id } } edges { cursor } }
  reminderRules(unitId: $unit) { unit { id } }
  journey(id: $journey) { id } painPoint(id: $point) { id } task(id: $node) { id }
  alert(id: $alert) { id } alerts(first: 100, filter: {unitId: $unit}) { totalCount nodes { id } }
  everyHit: search(first: 100, text: "pasang or menunggu or pelatihan") { totalCount nodes { unit { id } } }
  everyTask: tasks(first: 100) { totalCount nodes { unit { id } } }
  everyUnit: units(first: 100) { totalCount nodes { id parent { id } children(first: 100) { totalCount nodes { id } } } }
}"""


def things(world):
    return [
        world.here, world.draft, world.open_point, world.planned, world.spare, world.manager,
    ]  # fmt: skip


async def test_every_query_from_every_seat(world):
    # given
    await completion.recompute_all()
    ids = [gid(thing) for thing in things(world)]
    variables = {"unit": gid(world.here), "code": world.here.code, "node": gid(world.planned), "ids": ids}
    variables |= {"journey": gid(world.draft), "point": gid(world.open_point)}
    variables["alert"] = gid(world.warning)
    async for seat, client in seats(world, world.here):
        # when
        data = await client.data(EVERYTHING, **variables)
        # then
        if seat.sees:
            assert data["unit"] == data["byCode"] == {"id": gid(world.here)}, str(seat)
            assert data["node"] == {"__typename": "Task", "id": gid(world.planned)}
            assert [node["id"] for node in data["nodes"]] == ids
            assert data["initiative"]["completion"]["unit"] == {"id": gid(world.here)}
            assert data["reminderRules"] == {"unit": {"id": gid(world.here)}}
            assert [data[name]["totalCount"] for name in LISTS] == [2, 7, 7, 4, 1]
            assert [data[name]["id"] for name in ("journey", "painPoint", "task", "alert")] == [
                gid(world.draft),
                gid(world.open_point),
                gid(world.planned),
                gid(world.warning),
            ]
            assert data["people"]["totalCount"] == len(data["people"]["nodes"]) >= 3
            assert data["search"]["totalCount"] == len(data["search"]["nodes"]) == 18
            continue
        assert data["unit"] is data["byCode"] is data["node"] is None, str(seat)
        assert data["nodes"] == [None] * len(ids)
        for name in ("programme", "step", "initiative"):
            assert data[name] == {"completion": None}
        for name in LISTS:
            assert (data[name]["totalCount"], data[name]["nodes"]) == (0, [])
        assert data["reminderRules"] is None
        assert data["journeys"]["pageInfo"] == {"endCursor": None}
        assert data["journey"] is data["painPoint"] is data["task"] is data["alert"] is None
        for name in ("people", "search"):
            assert data[name] == {"totalCount": 0, "nodes": [], "edges": []}
        assert data["everyHit"] == {"totalCount": 0, "nodes": []}
        assert data["everyTask"] == {"totalCount": 0, "nodes": []}
        assert gid(world.here) not in str(data["everyUnit"])


async def test_who_has_no_role_sees_the_programme_and_nothing_of_any_unit(world):
    client = await as_(await f.a_person(None))
    data = await client.data(
        """{ viewer { memberships { id } } programme { code } steps { number } units(first: 9) { totalCount } journeys(first: 9) { totalCount }
        painPoints(first: 9) { totalCount } tasks(first: 9) { totalCount } notices(first: 9) { totalCount } }"""
    )
    counts = {name: found["totalCount"] for name, found in data.items() if "totalCount" in found}
    assert counts == dict.fromkeys(["units", "journeys", "painPoints", "tasks", "notices"], 0)
    assert data["viewer"] == {"memberships": []}
    assert len(data["steps"]) == 10


async def test_the_units_above_and_beside_are_not_there(world):
    client = await as_(await f.a_person(Role.MANAGER, world.below))
    data = await client.data(
        "{ units(first: 9) { totalCount nodes { id parent { id } memberships(first: 9) { totalCount } } } }"
    )
    assert data["units"] == {
        "totalCount": 1,
        "nodes": [{"id": gid(world.below), "parent": None, "memberships": {"totalCount": 1}}],
    }


async def test_a_cursor_opens_no_door(world):
    """One from a list that shows more starts a page in what the viewer sees."""
    seer, stranger = await as_(world.manager), await as_(await f.a_person(Role.VIEWER, world.elsewhere))
    own = await f.a_journey(world.elsewhere)
    page = "query ($c: String) { journeys(%s) { totalCount nodes { id } pageInfo { hasNextPage hasPreviousPage } } }"
    cursor = (await seer.data("{ journeys(first: 2) { pageInfo { endCursor } } }"))["journeys"]["pageInfo"][
        "endCursor"
    ]
    for arguments in (
        "first: 9, before: $c",
        "last: 9, before: $c",
        "first: 9, after: $c",
        "last: 9, after: $c",
    ):
        found = (await stranger.data(page % arguments, c=cursor))["journeys"]
        assert found["totalCount"] == 1
        assert found["nodes"] in ([], [{"id": gid(own)}])


async def a_task_for_a_point_elsewhere(world):
    """At `here`, for a pain point of another region: as the region above both assigns it."""
    point = await f.a_pain_point(world.elsewhere)
    headquarters = await f.a_viewer(Role.MANAGER, world.hq)
    return point, await f.a_task(world.here, pain_point=point, owner=world.owner, viewer=headquarters)


async def test_a_task_does_not_tell_of_a_pain_point_that_is_not_seen(world):
    # given
    point, task = await a_task_for_a_point_elsewhere(world)
    query = """query ($point: ID!, $task: ID!) { tasks(first: 9, filter: {painPointId: $point}) { totalCount nodes { id } }
        node(id: $task) { ... on Task { id painPoint { id } } } }"""
    variables = {"point": gid(point), "task": gid(task)}
    # when
    from_here = await (await as_(world.manager)).data(query, **variables)
    from_above = await (await as_(await f.a_person(Role.VIEWER, world.hq))).data(query, **variables)
    # then
    assert from_here == {
        "tasks": {"totalCount": 0, "nodes": []},
        "node": {"id": gid(task), "painPoint": None},
    }
    assert from_above["tasks"] == {"totalCount": 1, "nodes": [{"id": gid(task)}]}
    assert from_above["node"]["painPoint"] == {"id": gid(point)}


async def test_a_pain_point_does_not_tell_of_tasks_that_are_not_seen(world):
    # given
    point, task = await a_task_for_a_point_elsewhere(world)
    client = await as_(await f.a_person(Role.MANAGER, world.elsewhere))
    query = """query ($point: ID!) { node(id: $point) { ... on PainPoint { state tasks { id } history(first: 9) { nodes { after } } } } }"""
    # when
    found = (await client.data(query, point=gid(point)))["node"]
    # then its state is told all the same: somebody is at work
    assert (found["state"], found["tasks"]) == ("ASSIGNED", [])
    assert str(task.id) not in str(found["history"])


async def test_an_owner_is_named_and_no_more(world):
    """Whoever sees a task sees who answers for it; what else that person is belongs to where they work."""
    # given
    manager = await f.a_person(Role.MANAGER, world.hq, name="Direktur")
    task = await f.a_task(world.here, owner=manager)
    query = """query ($task: ID!, $owner: ID!) { node(id: $task) { ... on Task { owner { id name email memberships { id } } } }
        person: node(id: $owner) { id } tasks(first: 9, filter: {ownerId: $owner}) { totalCount } }"""
    # when
    found = await (await as_(world.manager)).data(query, task=gid(task), owner=gid(manager))
    # then
    assert found["node"]["owner"] == {
        "id": gid(manager),
        "name": "Direktur",
        "email": None,
        "memberships": [],
    }
    assert found["person"] is None
    assert found["tasks"] == {"totalCount": 1}


async def test_the_owner_filter_finds_only_tasks_that_are_seen(world):
    await f.a_role(world.owner, Role.CONTRIBUTOR, world.sibling)
    await f.a_task(world.sibling, owner=world.owner)
    query = "query ($owner: ID!) { tasks(first: 100, filter: {ownerId: $owner}) { totalCount nodes { unit { id } } } }"
    found = (await (await as_(world.manager)).data(query, owner=gid(world.owner)))["tasks"]
    assert {node["unit"]["id"] for node in found["nodes"]} == {gid(world.here)}
    assert found["totalCount"] == 4


async def test_an_email_and_the_roles_are_for_those_who_share_a_unit(world):
    await f.a_role(world.owner, Role.VIEWER, world.elsewhere)
    query = "query ($who: ID!) { node(id: $who) { ... on Person { email memberships { unit { id } } } } }"
    expected = [
        (
            Role.VIEWER,
            world.here,
            {"email": world.owner.email, "memberships": [{"unit": {"id": gid(world.here)}}]},
        ),
        (
            Role.VIEWER,
            world.elsewhere,
            {"email": world.owner.email, "memberships": [{"unit": {"id": gid(world.elsewhere)}}]},
        ),
        (Role.ADMIN, world.sibling, None),
        (Role.MANAGER, world.below, None),
    ]
    for role, place, shown in expected:
        client = await as_(await f.a_person(role, place))
        assert (await client.data(query, who=gid(world.owner)))["node"] == shown


async def test_history_is_seen_with_its_thing_and_tells_only_of_what_is_seen(world):
    # given: a move, whose event holds the old parent and the new
    moved = await unit.move(SYSTEM, MoveUnit(world.below.id, world.sibling.id, world.below.version))
    client = await as_(await f.a_person(Role.MANAGER, world.below))
    query = "query ($id: ID!) { node(id: $id) { ... on Unit { parent { id } history(first: 9, order: NEWEST_FIRST) { nodes { kind before after } } } } }"
    # when
    found = (await client.data(query, id=gid(moved)))["node"]
    from_above = (await (await as_(world.programme)).data(query, id=gid(moved)))["node"]["history"]["nodes"][
        0
    ]
    # then
    assert (from_above["before"], from_above["after"]) == (
        {"parentId": gid(world.here)},
        {"parentId": gid(world.sibling)},
    )
    assert found["parent"] is None
    told = str(found["history"])
    assert not [
        hidden
        for hidden in (world.here, world.sibling, world.region)
        if str(hidden.id) in told or hidden.code in told
    ]


async def test_the_inbox_is_ones_own_and_leads_to_no_task_that_is_no_longer_seen(world):
    # given
    former = await f.a_person(Role.CONTRIBUTOR, world.here)
    own = await f.a_task(world.here, owner=former, title="Rahasia")
    notice = await a_notice(former, own)
    await f.db.execute("update membership set revoked_at = $1 where person_id = $2", clock.now(), former.id)
    # when
    shown = "{ notices(first: 9) { totalCount nodes { id text task { id } } } }"
    of_former = (await (await as_(former)).data(shown))["notices"]
    of_manager = (await (await as_(world.manager)).data(shown))["notices"]
    node = await (await as_(world.admin)).data("query ($id: ID!) { node(id: $id) { id } }", id=gid(notice))
    # then
    assert of_manager == {"totalCount": 0, "nodes": []}
    assert node == {"node": None}
    assert (of_former["totalCount"], of_former["nodes"][0]["task"]) == (1, None)


async def test_before_and_after_pictures_are_shown_where_they_are_seen(world):
    # given: headquarters captured at another unit what re-captures a journey of this one
    headquarters = await f.a_viewer(Role.MANAGER, world.hq)
    later = await f.a_journey(world.elsewhere, viewer=headquarters, recaptures_id=world.accepted.id)
    query = "query ($id: ID!) { node(id: $id) { ... on Journey { recaptures { id } recapturedBy { id } } } }"
    # then
    assert (await (await as_(world.manager)).data(query, id=gid(world.accepted)))["node"] == {
        "recaptures": None,
        "recapturedBy": [],
    }
    stranger = await as_(await f.a_person(Role.VIEWER, world.elsewhere))
    assert (await stranger.data(query, id=gid(later)))["node"] == {"recaptures": None, "recapturedBy": []}


async def test_a_role_that_is_revoked_ends_with_the_next_request(world):
    # given
    who = await f.a_person(Role.VIEWER, world.here)
    client = await as_(who)
    query = "query ($id: ID!) { node(id: $id) { id } viewer { memberships { id } } }"
    membership = (await client.data(query, id=gid(world.planned)))["viewer"]["memberships"][0]["id"]
    # when
    await (await as_(world.admin)).done("revokeRole", membershipId=membership)
    # then
    assert await client.data(query, id=gid(world.planned)) == {"node": None, "viewer": {"memberships": []}}


async def test_a_moved_unit_is_seen_from_its_new_place_only(world):
    task = await f.a_task(world.below)
    before, after = (
        await as_(await f.a_person(Role.VIEWER, world.here)),
        await as_(await f.a_person(Role.VIEWER, world.sibling)),
    )
    await (await as_(world.programme)).done("moveUnit", **VALID["moveUnit"](world)[1])
    query = "query ($id: ID!) { node(id: $id) { id } }"
    assert await before.data(query, id=gid(task)) == {"node": None}
    assert await after.data(query, id=gid(task)) == {"node": {"id": gid(task)}}


@pytest.mark.parametrize("role", [Role.VIEWER, Role.CONTRIBUTOR, Role.MANAGER, Role.ADMIN])
async def test_similar_codes_are_different_subtrees(role):
    """Paths are compared with their separators: UP3-1 is not above what lies in UP3-10."""
    one, ten = await f.a_unit(UnitKind.UP3, code="UP3-X1"), await f.a_unit(UnitKind.UP3, code="UP3-X10")
    client = await as_(await f.a_person(role, one))
    assert await client.data("query ($id: ID!) { node(id: $id) { id } }", id=gid(ten)) == {"node": None}


def test_every_root_field_is_asked_from_every_seat():
    asked = {
        name for name in schema().query_type.fields if f"{name}(" in EVERYTHING or f" {name} " in EVERYTHING
    }
    assert set(schema().query_type.fields) - asked == {
        "viewer",
        "notices",
        "steps",
        "csrfToken",
        "notificationPreferences",
        "deliveries",
        "operations",
        "rollout",
        "rollouts",
        "recurrences",
        "assessment",
        "assessmentTemplates",
        "assessments",
        "plannedVisits",
        "wave",
        "waves",
        "rolloutPreview",
        "rolloutExtensionPreview",
        "issue",
        "issues",
        "topIssues",
        "issueSuggestions",
        "assignIssuePreview",
        "monthlyReport",
        "monthlyReports",
        "storeReviews",
        "reviewCauses",
        "storeReviewFigures",
        "ratingLinks",
        "ratings",
        "ratingMetrics",
        "staffMetrics",
        "kpiTargets",
        "alertRules",
    }, "these have tests of their own"
