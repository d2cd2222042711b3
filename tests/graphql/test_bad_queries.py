"""Wrong arguments to queries: page sizes, cursors, ids, filters, documents. Always a code, and the input's path."""

import asyncio
from base64 import urlsafe_b64encode

import orjson
import pytest
from graphql import get_named_type, is_leaf_type

from jejak.graphql import ids
from tests.client import NOBODY, as_, document, gid, schema
from tests.graphql.world import VALID, initiative
from tests.refusals import unchanged
from tests.sql import statements

LISTS = ["units", "journeys", "painPoints", "tasks", "people", "notices"]
NUL = "a\x00b"
SPAN = 'from: "2026-01-01", to: "2026-01-31"'


def code_and_place(errors):
    return [(error["extensions"]["code"], error["extensions"].get("input")) for error in errors]


@pytest.mark.parametrize("listed", LISTS)
@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        ("", "first"),
        ("first: 0", "first"),
        ("first: -1", "first"),
        ("first: 101", "first"),
        ("first: 2147483647", "first"),
        ("last: 0", "last"),
        ("last: 101", "last"),
        ("first: 1, last: 1", "last"),
        ("first: null", "first"),
        ('first: 1, after: ""', "after"),
        ('first: 1, before: "nonsense"', "before"),
        ('last: 1, before: "é"', "before"),
        ('first: 1, after: "\\u0000"', "after"),
    ],
)
async def test_a_wrong_page_is_refused_at_its_argument(world, listed, arguments, place):
    client = await as_(world.manager)
    _, errors = await client.post(
        f"{{ {listed} {f'({arguments})' if arguments else ''} {{ nodes {{ id }} }} }}"
    )
    assert code_and_place(errors) == [("INVALID_PAGE", [place])]


async def test_a_wrong_page_of_a_nested_list_is_refused_too(world):
    client = await as_(world.manager)
    for arguments in ("", "(first: 101)", '(first: 1, after: "x")'):
        _, errors = await client.post(
            f"{{ units(first: 1) {{ nodes {{ children{arguments} {{ nodes {{ id }} }} }} }} }}"
        )
        assert [error["extensions"]["code"] for error in errors] == ["INVALID_PAGE"]


def a_cursor(*values):
    return urlsafe_b64encode(orjson.dumps(values)).decode()


KEY = "0198a7c0-0000-7000-8000-000000000000"  # fixed, since every worker of a run must collect the same tests
FORGED = [
    (),
    (None,),
    ("JourneyOrder.NEWEST_FIRST",),
    ("JourneyOrder.NEWEST_FIRST", "2026-01-01T00:00:00+00:00"),
    ("JourneyOrder.NEWEST_FIRST", "2026-01-01T00:00:00+00:00", 5),
    ("JourneyOrder.NEWEST_FIRST", "2026-01-01T00:00:00+00:00", None),
    ("JourneyOrder.NEWEST_FIRST", "2026-01-01T00:00:00+00:00", "no key"),
    ("JourneyOrder.NEWEST_FIRST", "2026-01-01T00:00:00+00:00", KEY, 1),
    ("JourneyOrder.NEWEST_FIRST", 5, KEY),
    ("JourneyOrder.NEWEST_FIRST", "\x00", KEY),
    ("JourneyOrder.NEWEST_FIRST", "0001-01-01T00:00:00+14:00", KEY),
    ("JourneyOrder.NEWEST_FIRST", "9999-12-31T23:59:59-14:00", KEY),
    ("JourneyOrder.NEWEST_FIRST", {"a": 1}, KEY),
    ("JourneyOrder.OLDEST_FIRST", "2026-01-01T00:00:00+00:00", KEY),
    ("PainPointOrder.NEWEST_FIRST", "2026-01-01T00:00:00+00:00", KEY),
    ("2026-01-01T00:00:00+00:00", KEY),
]


@pytest.mark.parametrize("values", FORGED)
@pytest.mark.parametrize("argument", ["after", "before"])
async def test_a_forged_cursor_is_refused(world, values, argument):
    client = await as_(world.manager)
    query = f"query ($c: String) {{ journeys(first: 5, {argument}: $c) {{ nodes {{ id }} }} }}"
    _, errors = await client.post(query, c=a_cursor(*values))
    assert code_and_place(errors) == [("INVALID_PAGE", [argument])]


async def test_a_cursor_of_any_other_list_or_order_is_refused(world):
    # given
    client = await as_(world.region_manager)
    owner = await as_(world.owner)
    orders = {
        listed: list(schema().query_type.fields[listed].args["order"].type.of_type.values) for listed in LISTS
    }
    cursors = {}
    for listed, names in orders.items():
        for order in names:
            reader = owner if listed == "notices" else client
            data = await reader.data(
                f"{{ {listed}(first: 1, order: {order}) {{ pageInfo {{ endCursor }} }} }}"
            )
            cursors[listed, order] = data[listed]["pageInfo"]["endCursor"]
    assert None not in cursors.values()
    # then
    for listed, names in orders.items():
        for order in names:
            for of, cursor in cursors.items():
                query = f"query ($c: String) {{ {listed}(first: 1, order: {order}, after: $c) {{ nodes {{ id }} }} }}"
                _, errors = await client.post(query, c=cursor)
                assert bool(errors) == (of != (listed, order)), (of, listed, order)


@pytest.mark.parametrize(
    ("listed", "name", "value", "code"),
    [
        *[
            (listed, "text", NUL, "INVALID_TEXT")
            for listed in ("units", "journeys", "painPoints", "tasks", "people")
        ],
        *[
            (listed, "text", "x" * 201, "TOO_LONG")
            for listed in ("units", "journeys", "painPoints", "tasks", "people")
        ],
        *[
            (listed, "unitId", "nonsense", "INVALID_ID")
            for listed in ("journeys", "painPoints", "tasks", "people")
        ],
        *[(listed, "unitId", NUL, "INVALID_ID") for listed in ("journeys", "painPoints", "tasks", "people")],
        *[
            ("tasks", name, ids.encode("Unit", KEY), "INVALID_ID")
            for name in ("initiativeId", "painPointId", "ownerId")
        ],
        ("units", "underId", ids.encode("Task", KEY), "INVALID_ID"),
        ("journeys", "capturedById", ids.encode("Unit", KEY), "INVALID_ID"),
        ("painPoints", "journeyId", ids.encode("Unit", KEY), "INVALID_ID"),
        ("painPoints", "ownerId", ids.encode("Unit", KEY), "INVALID_ID"),
        ("notices", "taskId", ids.encode("Unit", KEY), "INVALID_ID"),
        ("journeys", "categories", ["SPEED"] * 101, "TOO_MANY"),
        ("journeys", "touchpoints", ["FIELD_VISIT"] * 101, "TOO_MANY"),
        ("tasks", "services", ["PB_PD"] * 101, "TOO_MANY"),
        ("tasks", "categories", ["SPEED"] * 101, "TOO_MANY"),
        ("tasks", "unitKinds", ["ULP"] * 101, "TOO_MANY"),
        ("people", "roles", ["VIEWER"] * 101, "TOO_MANY"),
        ("units", "kinds", ["ULP"] * 101, "TOO_MANY"),
        ("journeys", "services", ["PB_PD"] * 101, "TOO_MANY"),
        ("journeys", "statuses", ["DRAFT"] * 101, "TOO_MANY"),
        ("painPoints", "services", ["PB_PD"] * 101, "TOO_MANY"),
        ("painPoints", "categories", ["SPEED"] * 101, "TOO_MANY"),
        ("painPoints", "parameters", ["EASE"] * 101, "TOO_MANY"),
        ("painPoints", "states", ["OPEN"] * 101, "TOO_MANY"),
        ("tasks", "statuses", ["PLANNED"] * 101, "TOO_MANY"),
        ("notices", "kinds", ["OVERDUE"] * 101, "TOO_MANY"),
    ],
)
async def test_a_wrong_filter_is_refused_at_its_field(world, listed, name, value, code):
    client = await as_(world.manager)
    kind = schema().query_type.fields[listed].args["filter"].type
    query = f"query ($f: {kind}) {{ {listed}(first: 1, filter: $f) {{ totalCount }} }}"
    _, errors = await client.post(query, f={name: value})
    assert code_and_place(errors) == [(code, ["filter", name])]


@pytest.mark.parametrize(
    ("listed", "filled"),
    [
        ("tasks", {"dueFrom": "2026-02-30"}),
        ("tasks", {"dueTo": ""}),
        ("tasks", {"statuses": ["NONSENSE"]}),
        ("tasks", {"statuses": [None]}),
        ("tasks", {"overdue": "yes"}),
        ("tasks", {"nonsense": 1}),
        ("units", {"kinds": "ulp"}),
        ("notices", {"unread": 1}),
        ("notices", {"createdFrom": "2026-01-01T00:00:00"}),
        ("notices", {"createdFrom": "0001-01-01T00:00:00+14:00"}),
        ("notices", {"createdTo": "9999-12-31T23:59:59-14:00"}),
    ],
)
async def test_a_filter_of_the_wrong_type_is_a_broken_request(world, listed, filled):
    client = await as_(world.manager)
    kind = schema().query_type.fields[listed].args["filter"].type
    _, errors = await client.post(
        f"query ($f: {kind}) {{ {listed}(first: 1, filter: $f) {{ totalCount }} }}", f=filled
    )
    assert [error["extensions"]["code"] for error in errors] == ["BAD_REQUEST"]


async def test_null_and_nothing_mean_the_same_to_a_filter_and_no_value_means_no_row(world):
    client = await as_(world.manager)
    query = "query ($f: TaskFilter) { tasks(first: 100, filter: $f) { totalCount } }"
    whole = (await client.data(query))["tasks"]
    empty = dict.fromkeys(schema().type_map["TaskFilter"].fields)
    for filled in (None, {}, empty, {"text": ""}, {"dueFrom": "0001-01-01", "dueTo": "9999-12-31"}):
        assert (await client.data(query, f=filled))["tasks"] == whole
    for filled in ({"statuses": []}, {"dueFrom": "9999-12-31"}, {"text": "%"}, {"text": "_"}, {"text": "\\"}):
        assert (await client.data(query, f=filled))["tasks"] == {"totalCount": 0}


@pytest.mark.parametrize(
    "wrong", ["", "x", NUL, "=", "VW5pdA==", ids.encode("Unit", "1"), "😤", "x" * 1_000_000]
)
async def test_a_malformed_id_is_refused_by_every_query_that_takes_one(world, wrong):
    client = await as_(world.manager)
    for query, place in [
        ("query ($id: ID!) { node(id: $id) { id } }", ["id"]),
        ("query ($id: ID!) { nodes(ids: [$id]) { id } }", ["ids"]),
        ("query ($id: ID!) { unit(id: $id) { id } }", ["id"]),
        ("query ($id: ID!) { journey(id: $id) { id } }", ["id"]),
        ("query ($id: ID!) { painPoint(id: $id) { id } }", ["id"]),
        ("query ($id: ID!) { task(id: $id) { id } }", ["id"]),
        ('query ($id: ID!) { search(text: "x", first: 1, unitId: $id) { totalCount } }', ["unitId"]),
        ("query ($id: ID!) { programme { completion(unitId: $id) { reported } } }", ["unitId"]),
        ("query ($id: ID!) { steps { completion(unitId: $id) { reported } } }", ["unitId"]),
    ]:
        _, errors = await client.post(query, id=wrong)
        assert code_and_place(errors) == [("INVALID_ID", place)]


async def test_an_id_of_what_is_no_node_is_nothing(world):
    client = await as_(world.manager)
    for name in (
        "Nonsense",
        "Query",
        "String",
        "UnitConnection",
        "Node",
        "TaskOrder",
        "TaskFilter",
        "Stage",
        "Viewer",
    ):
        data = await client.data(
            "query ($id: ID!) { node(id: $id) { id } }", id=ids.encode(name, world.here.id)
        )
        assert data == {"node": None}


async def test_a_unit_is_asked_for_by_id_or_by_code(world):
    client = await as_(world.manager)
    for arguments in ("", f'(id: "{gid(world.here)}", code: "X")', "(id: null, code: null)"):
        _, errors = await client.post(f"{{ unit{arguments} {{ id }} }}")
        assert code_and_place(errors) == [("REQUIRED", ["id"])]
    _, errors = await client.post("query ($c: String) { unit(code: $c) { id } }", c=NUL)
    assert code_and_place(errors) == [("INVALID_TEXT", ["code"])]
    _, errors = await client.post("query ($c: String!) { initiative(code: $c) { id } }", c=NUL)
    assert code_and_place(errors) == [("INVALID_TEXT", ["code"])]


async def test_what_is_not_there_is_null(world):
    client = await as_(world.manager)
    data = await client.data(
        """query ($id: ID!) { unit(code: "") { id } byId: unit(id: $id) { id } step(number: -1) { id } none: step(number: 11) { id }
        initiative(code: "11.1") { id } node(id: $id) { id } programme { completion(unitId: $id) { reported } } }""",
        id=ids.encode("Unit", KEY),
    )
    assert data == {
        "unit": None, "byId": None, "step": None, "none": None, "initiative": None, "node": None, "programme": {"completion": None},
    }  # fmt: skip


async def test_a_hundred_nodes_are_given_in_order_and_one_more_is_refused(world):
    client = await as_(world.manager)
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    wanted = [
        gid(world.here),
        ids.encode("Unit", KEY),
        gid(world.planned),
        initiative(),
        gid(world.planned),
    ] * 20
    found = (await client.data(query, ids=wanted))["nodes"]
    assert [node and node["id"] for node in found] == [
        None if one == ids.encode("Unit", KEY) else one for one in wanted
    ]
    assert (await client.data(query, ids=[]))["nodes"] == []
    _, errors = await client.post(query, ids=[*wanted, gid(world.here)])
    assert code_and_place(errors) == [("TOO_MANY", ["ids"])]


@pytest.mark.parametrize(
    "query",
    [
        "{",
        "{ nonsense }",
        "{ viewer }",
        "{ viewer { id { x } } }",
        "query ($a: Nonsense) { viewer { id } }",
        "query ($a: Int) { step(number: $a) { id } }",
        "{ ...F }",
        "{ ...F } fragment F on Query { ...F }",
        "subscription { viewer { id } }",
        'mutation { acceptJourney(input: {journeyId: "x"}) { errors { code } } }',
        "{ " + "a" * 50_000 + " }",
        "{" + "a{" * 1_000 + "a" + "}" * 1_001,
        "{ nodes(ids: " + "[" * 1_000 + "]" * 1_000 + ") { id } }",
        '{ unit(code: "\\ud800") { id } }',
        "query ($o: TaskOrder) { tasks(first: 1, order: $o) { totalCount } }",
    ],
)
async def test_a_broken_document_is_a_bad_request(world, query):
    client = (await as_(world.manager)).at_limits()
    variables = {"o": None} if "$o" in query else {}
    _, errors = await client.post(query, **variables)
    assert {error["extensions"]["code"] for error in errors} == {"BAD_REQUEST"}


@pytest.mark.parametrize(
    ("query", "what"),
    [
        ("{" + "a{" * 100 + "a" + "}" * 101, "depth"),
        ("{ units(first: 1) { nodes { " + "parent { " * 15 + "id" + " }" * 18, "depth"),
        ("{ " + " ".join(f"a{n}: __typename" for n in range(61)) + " }", "aliases"),
        ("{ viewer { id } " + "__typename " * 2_000 + "}", "fields"),
        ("{ viewer { id } " + "__typename " * 4_000 + "}", "tokens"),
        ("{ a(b: [" + "1 " * 4_000 + "]) }", "tokens"),
    ],
)
async def test_a_document_beyond_a_limit_is_refused_and_told_which(world, query, what):
    client = (await as_(world.manager)).at_limits()
    async with statements() as counted:
        answer = (await client.raw(query)).json()
    (error,) = answer["errors"]
    assert (error["extensions"]["code"], "data" in answer) == ("TOO_COMPLEX", False)
    cost = answer["extensions"]["cost"]
    assert cost[what] > cost["most"][what]
    assert what in error["message"]
    assert str(cost["most"][what]) in error["message"]
    assert len(counted) == 1  # the token's


async def test_nested_fragments_are_measured_without_being_followed():
    """Each doubles the next: spelled out there are 2^60 fields."""
    doubling = " ".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(60))
    _, errors = await asyncio.wait_for(
        NOBODY.at_limits().post(f"{{ ...F0 }} {doubling} fragment F60 on Query {{ __typename }}"), timeout=5
    )
    assert [error["extensions"]["code"] for error in errors] == ["TOO_COMPLEX"]


async def test_who_is_signed_out_learns_nothing_from_any_query():
    for name, field in schema().query_type.fields.items():
        required = {
            "node": f'(id: "{ids.encode("Unit", KEY)}")',
            "nodes": "(ids: [])",
            "step": "(number: 1)",
            "initiative": '(code: "1.1")',
            "journey": f'(id: "{ids.encode("Journey", KEY)}")',
            "painPoint": f'(id: "{ids.encode("PainPoint", KEY)}")',
            "task": f'(id: "{ids.encode("Task", KEY)}")',
            "reminderRules": f'(unitId: "{ids.encode("Unit", KEY)}")',
            "rollout": f'(id: "{ids.encode("Rollout", KEY)}")',
            "issue": f'(id: "{ids.encode("Issue", KEY)}")',
            "storeReviewFigures": f"({SPAN})",
            "topIssues": f'(unitId: "{ids.encode("Unit", KEY)}")',
            "assignIssuePreview": f'(input: {{ issueId: "{ids.encode("Issue", KEY)}", initiativeId: "{ids.encode("Initiative", KEY)}", title: "x" }})',
            "rolloutPreview": f'(input: {{ initiativeId: "{ids.encode("Initiative", KEY)}", title: "x" }})',
            "rolloutExtensionPreview": f'(input: {{ rolloutId: "{ids.encode("Rollout", KEY)}", expectedVersion: 1 }})',
            "monthlyReport": f'(unitId: "{ids.encode("Unit", KEY)}", month: "2026-01-01")',
            "ratingMetrics": f'(unitId: "{ids.encode("Unit", KEY)}", {SPAN})',
            "staffMetrics": f'(unitId: "{ids.encode("Unit", KEY)}", {SPAN})',
            "kpiTargets": "(year: 2026)",
            "wave": f'(id: "{ids.encode("Wave", KEY)}")',
            "assessment": f'(id: "{ids.encode("Assessment", KEY)}")',
            "alert": f'(id: "{ids.encode("Alert", KEY)}")',
            "search": '(text: "padam", first: 1)',
        }
        arguments = required.get(name, "(first: 1)" if "last" in field.args else "")
        inside = "" if is_leaf_type(get_named_type(field.type)) else "{ __typename }"
        _, errors = await NOBODY.post(f"{{ {name}{arguments} {inside} }}")
        assert code_and_place(errors) == [("UNAUTHENTICATED", None)], name


async def test_an_answer_that_could_grow_beyond_bounds_is_refused_before_it_is_read(world):
    # given: a hundred of a hundred of a hundred
    client = (await as_(world.region_manager)).at_limits()
    inner = "id"
    for _ in range(3):
        inner = f"children(first: 100) {{ nodes {{ {inner} }} }}"
    # when
    async with statements() as counted:
        answer = (await client.raw(f"{{ units(first: 100) {{ nodes {{ {inner} }} }} }}")).json()
    # then
    assert code_and_place(answer["errors"]) == [("TOO_COSTLY", None)]
    assert len(counted) == 1
    assert answer["extensions"]["cost"]["rows"] > answer["extensions"]["cost"]["most"]["rows"]


async def test_the_root_fields_of_a_request_share_what_it_may_cost(world):
    client = (await as_(world.region_manager)).at_limits()
    several = " ".join(
        f"a{n}: units(first: 100) {{ nodes {{ children(first: 100) {{ nodes {{ id }} }} }} }}"
        for n in range(9)
    )
    answer = (await client.raw(f"{{ {several} }}")).json()
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"TOO_COSTLY"}


async def test_a_payload_that_is_asked_for_too_much_refuses_the_mutation_before_it_is_done(world):
    # given
    client = (await as_(world.manager)).at_limits()
    wide = "children(first: 100) { nodes { children(first: 100) { nodes { children(first: 100) { nodes { id } } } } } }"
    given = VALID["captureJourney"](world)[1]
    async with unchanged():
        for shows, code in (
            (f"journey {{ unit {{ {wide} }} }}", "TOO_COSTLY"),
            ("journey { history(first: 0) { totalCount } }", "INVALID_PAGE"),
            ("journey { unit { completion(on: null) { tasks } children { totalCount } } }", "INVALID_PAGE"),
        ):
            # when
            data, errors = await client.post(document("captureJourney", shows), input=given)
            # then
            assert (data, [error["extensions"]["code"] for error in errors]) == (None, [code])
