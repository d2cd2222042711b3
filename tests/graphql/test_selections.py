"""One statement answers whatever a document may say: aliases, fragments, directives, the same field twice."""

from tests.client import as_, gid


async def test_the_same_field_twice_with_other_arguments_and_other_parts(world):
    client = await as_(world.manager)
    data = await client.data(
        """{ planned: tasks(first: 9, filter: {statuses: [PLANNED]}) { nodes { status } totalCount }
        blocked: tasks(first: 9, filter: {statuses: [BLOCKED]}) { edges { node { s: status reason: statusReason } } }
        units(first: 1) { nodes { few: children(first: 1) { totalCount } none: children(first: 1, filter: {closed: true}) { nodes { id } } } } }"""
    )
    assert data["planned"] == {"nodes": [{"status": "PLANNED"}], "totalCount": 1}
    assert data["blocked"] == {"edges": [{"node": {"s": "BLOCKED", "reason": "Menunggu material"}}]}
    assert data["units"]["nodes"] == [{"few": {"totalCount": 1}, "none": {"nodes": []}}]


async def test_selections_of_one_field_are_merged(world):
    client = await as_(world.manager)
    data = await client.data(
        """query ($id: ID!) { node(id: $id) { id } node(id: $id) { ... on Task { unit { code } } ...F }
        tasks(first: 1) { nodes { id } } tasks(first: 1) { nodes { unit { id } } ... { nodes { unit { code } } } } }
        fragment F on Task { unit { kind ...U } unit { code } } fragment U on Unit { name }""",
        id=gid(world.planned),
    )
    here = world.here
    assert data["node"] == {
        "id": gid(world.planned),
        "unit": {"code": here.code, "kind": here.kind, "name": here.name},
    }
    assert set(data["tasks"]["nodes"][0]) == {"id", "unit"}
    assert data["tasks"]["nodes"][0]["unit"] == {"id": gid(here), "code": here.code}


async def test_fragments_on_the_interface_and_on_other_types(world):
    client = await as_(world.manager)
    data = await client.data(
        """query ($ids: [ID!]!) { nodes(ids: $ids) { __typename ...Any ... on Task { title } ... on Unit { code } ... on Journey { title } } }
        fragment Any on Node { id ... on Unit { kind } }""",
        ids=[gid(world.planned), gid(world.here), gid(world.draft)],
    )
    assert data["nodes"] == [
        {"__typename": "Task", "id": gid(world.planned), "title": world.planned.title},
        {"__typename": "Unit", "id": gid(world.here), "kind": "UP3", "code": world.here.code},
        {"__typename": "Journey", "id": gid(world.draft), "title": world.draft.title},
    ]


async def test_skip_and_include_with_values_variables_and_defaults(world):
    client = await as_(world.manager)
    query = """query ($yes: Boolean!, $no: Boolean = false) { units(first: 1) { nodes {
        a: code @include(if: $yes) b: code @skip(if: $yes) c: code @include(if: $no) d: code @skip(if: $no)
        e: code @include(if: true) @skip(if: true) f: code @include(if: false) parent @include(if: $no) { id }
        ... @skip(if: $yes) { g: code } ... @include(if: $yes) { h: code } ...F @include(if: $no) ...G @skip(if: $no) } } }
        fragment F on Unit { i: code } fragment G on Unit { j: code }"""
    assert set((await client.data(query, yes=True))["units"]["nodes"][0]) == {"a", "d", "h", "j"}
    assert set((await client.data(query, yes=False, no=True))["units"]["nodes"][0]) == {
        "b",
        "c",
        "g",
        "i",
        "parent",
    }


async def test_a_whole_list_can_be_skipped(world):
    client = await as_(world.manager)
    assert await client.data("{ tasks(first: 1) @skip(if: true) { totalCount } viewer { __typename } }") == {
        "viewer": {"__typename": "Viewer"}
    }


async def test_typenames_at_every_level(world):
    client = await as_(world.manager)
    data = await client.data(
        """{ __typename t: __typename viewer { __typename } tasks(first: 1) { __typename pageInfo { __typename } edges { __typename node { __typename
        unit { __typename completion { __typename } } evidence { __typename } history(first: 1) { __typename nodes { __typename } } } } } }"""
    )
    node = data["tasks"]["edges"][0]["node"]
    assert (data["__typename"], data["t"], data["viewer"]["__typename"]) == ("Query", "Query", "Viewer")
    assert data["tasks"]["pageInfo"] == {"__typename": "PageInfo"}
    assert (data["tasks"]["__typename"], data["tasks"]["edges"][0]["__typename"]) == (
        "TaskConnection",
        "TaskEdge",
    )
    assert node["unit"] == {"__typename": "Unit", "completion": {"__typename": "Completion"}}
    assert node["history"] == {
        "__typename": "HistoryEntryConnection",
        "nodes": [{"__typename": "HistoryEntry"}],
    }


async def test_more_fields_on_one_object_than_a_call_of_postgresql_takes(world):
    """It takes a hundred arguments, which are fifty pairs."""
    client = (await as_(world.manager)).at_limits()
    for count in (49, 50, 51, 60):
        aliases = {
            f"a{n}": ("code", world.here.code) if n % 2 else ("version", world.here.version)
            for n in range(count)
        }
        many = " ".join(f"{alias}: {name}" for alias, (name, _) in aliases.items())
        data = await client.data(
            f"{{ units(first: 1) {{ nodes {{ {many} id closedAt parent {{ id }} }} }} }}"
        )
        expected = {alias: value for alias, (_, value) in aliases.items()} | {
            "id": gid(world.here),
            "closedAt": None,
            "parent": None,
        }
        assert data["units"]["nodes"] == [expected]


async def test_aliases_longer_than_a_name_of_postgresql(world):
    client = await as_(world.manager)
    first, second = "a" * 64, "a" * 63 + "b"
    longest = "x" * 1_000
    data = await client.data(
        f"{{ units(first: 1) {{ nodes {{ {first}: code {second}: name {longest}: kind }} }} {longest}: tasks(first: 1) {{ {first}: totalCount }} }}"
    )
    assert data == {
        "units": {"nodes": [{first: world.here.code, second: world.here.name, longest: "UP3"}]},
        longest: {first: 4},
    }


async def test_aliases_that_sound_like_the_service_itself(world):
    client = await as_(world.manager)
    query = """query ($id: ID!) { node(id: $id) { __type: id type: __typename cursor: id nth: id n0: id t1: id ... on Task { select: title } } }"""
    node = (await client.data(query, id=gid(world.planned)))["node"]
    assert node["type"] == "Task"
    assert node["__type"] == node["cursor"] == node["nth"] == node["n0"] == node["t1"] == gid(world.planned)


async def test_an_alias_of_a_payloads_objects(world):
    client = await as_(world.owner)
    given = {"taskId": gid(world.planned), "expectedVersion": world.planned.version, "progress": 5}
    query = """mutation ($input: ReportProgressInput!) { done: reportProgress(input: $input) {
        now: task { n: progress } task { progress unit { code } } errors { code } e: errors { path } } }"""
    data = await client.data(query, input=given)
    assert data["done"] == {
        "now": {"n": 5},
        "task": {"progress": 5, "unit": {"code": world.here.code}},
        "errors": [],
        "e": [],
    }


async def test_variables_reach_the_deepest_field(world):
    client = await as_(world.region_manager)
    query = """query ($size: Int!, $kinds: [UnitKind!] = [ULP], $order: UnitOrder!, $unit: ID!, $day: Date) {
        units(first: $size, filter: {kinds: [UP3], text: "Unit"}) { nodes { children(first: $size, order: $order, filter: {kinds: $kinds}) {
          nodes { kind completion(on: $day) { tasks } } } } } steps { initiatives { completion(unitId: $unit, on: $day) { tasks } } } }"""
    data = await client.data(query, size=50, order="BY_NAME", unit=gid(world.here), day="2026-01-01")
    kinds = {child["kind"] for unit in data["units"]["nodes"] for child in unit["children"]["nodes"]}
    assert kinds == {"ULP"}
    none = await client.data(query, size=50, order="BY_NAME", unit=gid(world.here), kinds=[])
    assert not [child for unit in none["units"]["nodes"] for child in unit["children"]["nodes"]]
