"""What a request may cost: told in every answer, and refused before anything runs."""

import pytest

from jejak.domain import db
from jejak.graphql import ids
from tests.api.live import at, limited
from tests.client import NOBODY, as_, document, gid, schema
from tests.graphql.world import VALID
from tests.refusals import unchanged
from tests.sql import statements

MOST = 50_000


async def cost(client, query, **variables):
    """Of a request that goes well."""
    answer = (await client.raw(query, variables)).json()
    assert answer.get("errors", []) == []
    assert answer["extensions"]["cost"]["most"]["rows"] == MOST
    return answer["extensions"]["cost"]["rows"]


def pages(*sizes):
    """Pages of units in pages of units."""
    inner = "id"
    for size in reversed(sizes):
        inner = f"children(first: {size}) {{ nodes {{ {inner} }} }}"
    return inner


def nested(*sizes):
    return f"{{ {pages(*sizes).replace('children', 'units', 1)} }}"


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("{ __typename }", 0),
        ("{ viewer { id } }", 1),
        ("{ programme { code } }", 1),
        # A page counts as long as it may be, whatever there is, and once however it is asked for
        ("{ units(first: 10) { nodes { id } } }", 10),
        ("{ units(last: 10) { nodes { id } } }", 10),
        ("{ units(first: 10) { totalCount pageInfo { hasNextPage } } }", 0),
        ("{ a: units(first: 10) { nodes { id } } b: units(first: 7) { nodes { id } } }", 17),
        # What is one to each row, as many as the rows; a page inside, as many for each
        ("{ units(first: 10) { nodes { id parent { id } } } }", 20),
        (nested(10, 20), 10 + 10 * 20),
        (nested(10, 20, 5), 10 + 10 * 20 + 10 * 20 * 5),
        # Short lists
        ("{ journeys(first: 10) { nodes { stages { name } } } }", 10 + 10 * 5),
        ("{ journeys(first: 10) { nodes { stages { painPoints { id } } } } }", 10 + 10 * 5 + 10 * 5 * 5),
        # What is skipped costs nothing
        ("{ units(first: 10) { nodes { id parent @skip(if: true) { id } } } }", 10),
    ],
)
async def test_every_answer_tells_how_many_rows_it_could_have_held(world, query, rows):
    client = await as_(world.manager)
    assert await cost(client, query) == rows


async def test_objects_named_by_their_ids_count_each(world):
    client = await as_(world.manager)
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Unit { parent { id } } } }"
    assert await cost(client, query, ids=[gid(world.here)] * 3 + [gid(world.planned)]) == 3 * 2 + 1
    assert await cost(client, query, ids=[]) == 0


async def test_what_a_request_costs_is_told_to_whom_it_is_refused_as_well():
    answer = (await NOBODY.raw("{ units(first: 5) { nodes { id } } }")).json()
    assert answer["extensions"]["cost"]["rows"] == 0
    assert answer["extensions"]["cost"]["most"]["rows"] == MOST


async def test_the_most_is_allowed_and_one_more_is_not(world):
    client = (await as_(world.manager)).at_limits()
    page = "units(first: 100) { nodes { children(first: 98) { nodes { id } } } }"
    at_most = f"{{ {' '.join(f'b{n}: {page}' for n in range(5))} }}"
    left = MOST - await cost(client, at_most)
    assert left >= 0
    whole, rest = divmod(left, 100)
    fill = " ".join(f"c{n}: units(first: 100) {{ nodes {{ id }} }}" for n in range(whole))
    last = f"d: units(first: {rest}) {{ nodes {{ id }} }}" if rest else ""
    assert await cost(client, f"{at_most[:-1]} {fill} {last} }}") == MOST
    # When one object more is asked for, that field alone is not run
    answer = (await client.raw(f"{at_most[:-1]} {fill} {last} e: programme {{ code }} }}")).json()
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["TOO_COSTLY"]


async def test_pages_in_pages_in_pages_are_refused_before_anything_runs(world):
    client = (await as_(world.region_manager)).at_limits()
    async with statements() as counted:
        answer = (await client.raw(nested(100, 100, 100))).json()
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "TOO_COSTLY"
    assert answer["data"] is None
    assert len(counted) == 1  # the token's
    # Its words say how much was asked for, and how much may be
    assert str(MOST) in error["message"].replace(".", "").replace(",", "")


async def test_a_mutation_whose_payload_is_badly_asked_for_writes_nothing(world):
    """Its object would be there, and the person told that it went wrong."""
    manager = (await as_(world.manager)).at_limits()
    given = {
        name: value for name, value in VALID["createTask"](world)[1].items() if name != "clientMutationId"
    }
    before = await db.fetchval("select count(*) from task")
    for shows, code in [
        ("task { history { nodes { kind } } }", "INVALID_PAGE"),
        ("task { history(first: 101) { nodes { kind } } }", "INVALID_PAGE"),
        ('task { history(first: 1, after: "x") { nodes { kind } } }', "INVALID_PAGE"),
        ("task { unit { children { nodes { id } } } }", "INVALID_PAGE"),
        (f"task {{ unit {{ {pages(100, 100, 100)} }} }}", "TOO_COSTLY"),
    ]:
        async with unchanged():
            data, errors = await manager.post(document("createTask", shows), input=given)
        assert (data, [error["extensions"]["code"] for error in errors]) == (None, [code]), shows
    assert await db.fetchval("select count(*) from task") == before
    # And asked for well, it is done
    await manager.done("createTask", "task { history(first: 1) { nodes { kind } } }", **given)


async def test_every_mutation_refuses_a_bad_question_before_it_is_done(world):
    tried = []
    for mutation, of in VALID.items():
        kinds = schema().mutation_type.fields[mutation].type.of_type.fields
        shown = [name for name in ("task", "journey", "painPoint") if name in kinds]
        if not shown:
            continue
        who, given = of(world)
        client = await as_(who)
        async with unchanged():
            data, errors = await client.post(
                document(mutation, f"{shown[0]} {{ history {{ nodes {{ kind }} }} }}"), input=given
            )
        assert (data, [error["extensions"]["code"] for error in errors]) == (None, ["INVALID_PAGE"]), mutation
        tried.append(mutation)
    assert len(tried) >= 17, tried


async def test_all_that_is_limited_is_told_with_the_most_of_each(world):
    query = """query Q($n: Int!) { step(number: $n) { ...S } units(first: 2) { nodes { one: id parent { id } } } }
        fragment S on Step { number initiatives { code two: title } }"""
    answer = (await (await as_(world.manager)).raw(query, {"n": 3})).json()
    assert answer["extensions"]["cost"] == {
        # a step, its initiatives, two units and what each lies under
        "rows": 1 + 5 + 2 + 2,
        "depth": 3,
        "aliases": 2,
        "fields": 10,
        "tokens": 54,
        "most": {"rows": MOST, "depth": 16, "aliases": 60, "fields": 2_000, "tokens": 4_000},
    }


@pytest.mark.parametrize(
    ("limit", "inside", "beyond", "refused"),
    [
        (
            "depth",
            "{ units(first: 1) { nodes { id } } }",
            "{ units(first: 1) { nodes { parent { id } } } }",
            "",
        ),
        ("aliases", "{ a: __typename b: __typename }", "{ a: __typename b: __typename c: __typename }", ""),
        ("fields", "{ __typename viewer { id } }", "{ __typename viewer { id name } }", ""),
        ("tokens", "{ viewer { id } }", "{ viewer { id name } }", ""),
        (
            "rows",
            "{ units(first: 7) { nodes { id } } }",
            "{ units(first: 8) { nodes { id } } }",
            "TOO_COSTLY",
        ),
        ("characters", "{ viewer { id } }", "{ viewer { id  } }", "TOO_LARGE"),
    ],
)
async def test_every_limit_is_as_it_is_set(world, limit, inside, beyond, refused):
    # given
    most = {"depth": 2, "aliases": 2, "fields": 3, "tokens": 6, "rows": 7, "characters": 17}[limit]
    client, person = at(limited(**{limit: most})), await as_(world.manager)
    # when
    well, ill = [
        (await client.post("/graphql", json={"query": query}, headers=person.all_headers)).json()
        for query in (inside, beyond)
    ]
    # then
    assert "errors" not in well
    assert [error["extensions"]["code"] for error in ill["errors"]] == [refused or "TOO_COMPLEX"]


async def test_what_people_ask_for_costs_far_less_than_the_most(world):
    client = await as_(world.manager)
    desk = """query ($id: ID!) {
        viewer { id name memberships { role unit { code name } } }
        programme { completion(unitId: $id) { reported verified overdue } }
        steps { number title initiatives { code title completion(unitId: $id) { reported } } }
        tasks(first: 50) { totalCount nodes { id title dueOn owner { id name } unit { id name } painPoint { id state } } }
        journeys(first: 50) { nodes { id title status stages { name emotion painPoints { description state } } } }
    }"""
    assert await cost(client, desk, id=gid(world.here)) < MOST / 10
    one = "query ($id: ID!) { node(id: $id) { ... on Task { evidence { note } history(first: 100) { nodes { kind actor { name } } } } } }"
    assert await cost(client, one, id=ids.encode("Task", world.planned.id)) < MOST / 100
