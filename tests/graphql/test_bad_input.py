"""Wrong input to every mutation: refused by a code with its path, nothing written, nothing told of the inside."""

import pytest

from jejak.domain.vocabulary import Role, TaskStatus
from jejak.graphql import ids
from tests import factories as f
from tests.client import NOBODY, Client, as_, document, gid, problems, schema, versioned
from tests.graphql import bad_inputs
from tests.graphql.bad_inputs import BROKEN, Bad
from tests.graphql.world import ANONYMOUS, VALID, World, a_stage_input, initiative
from tests.refusals import unchanged


def test_every_mutation_is_tried():
    assert set(VALID) == set(schema().mutation_type.fields)


async def the_client_of(mutation: str, world: World) -> tuple[Client, dict]:
    who, valid = VALID[mutation](world)
    return (NOBODY if mutation in ANONYMOUS else await as_(who)), valid


async def refusal(client: Client, mutation: str, bad: Bad, valid: dict) -> tuple[str, list[str]]:
    """The code and the path of the answer; for a broken request, the path that was wanted if the message names it."""
    wanted = [str(step) for step in (bad.at if bad.path is None else bad.path)]
    response = await client.raw(document(mutation), {"input": bad.into(valid)})
    answer = response.json()
    if answer.get("errors"):
        (error, *_) = answer["errors"]
        assert response.status_code == 200
        assert answer.get("data") is None
        names = [step for step in wanted if not step.isdigit()]
        assert names[-1] in error["message"], error["message"]
        return error["extensions"]["code"], wanted
    (error,) = problems(answer["data"][mutation])[:1]
    return error["code"], error["path"][1:]


@pytest.mark.parametrize("mutation", VALID)
async def test_whatever_is_wrong_is_named_and_nothing_happens(world, mutation):
    # given
    client, valid = await the_client_of(mutation, world)
    cases = bad_inputs.all_of(mutation, valid, world)
    wrong = {}
    async with unchanged():
        for bad in cases:
            # when
            told = await refusal(client, mutation, bad, valid)
            # then
            expected = (bad.code, [str(step) for step in (bad.at if bad.path is None else bad.path)])
            if told != expected:
                wrong[str(bad)] = (told, expected)
    assert wrong == {}
    assert len(cases) > 4


# A family of code points that is one sign, a change of direction, a letter of another script, two lines.
EMOJI = "Padam lagi 😤⚡ 👩🏽\u200d🔧 \u202ekiri\u202c Ω 電\n\tdua baris"


async def test_emoji_and_every_script_come_back_intact(world):
    # given
    manager = await as_(world.manager)
    stage = a_stage_input(name=EMOJI, customerSaid=EMOJI)
    stage["painPoints"][0]["description"] = EMOJI
    _, capture = VALID["captureJourney"](world)
    # when
    shows = "journey { title narrative stages { name customerSaid painPoints { description } } }"
    given = capture | {"title": EMOJI, "narrative": EMOJI, "stages": [stage], "clientMutationId": "📱-1"}
    payload = await manager.done("captureJourney", shows, **given)
    # then
    assert payload["journey"] == {
        "title": EMOJI,
        "narrative": EMOJI,
        "stages": [{"name": EMOJI, "customerSaid": EMOJI, "painPoints": [{"description": EMOJI}]}],
    }


async def test_texts_are_as_long_as_they_may_be_in_characters_not_bytes(world):
    manager = await as_(world.manager)
    _, task = VALID["createTask"](world)
    longest = {"title": "😀" * 200, "description": "😀" * 5_000}
    payload = await manager.done("createTask", "task { title description }", **task | longest)
    assert payload["task"] == longest
    too_long = {"title": "😀" * 201, "clientMutationId": "another"}
    assert await manager.refusals("createTask", **task | too_long) == [("TOO_LONG", ["title"])]


async def test_every_problem_of_an_input_is_named_at_once(world):
    manager = await as_(world.manager)
    _, capture = VALID["captureJourney"](world)
    stage = a_stage_input(name="", emotion=3)
    stage["painPoints"][0] |= {"severity": 6}
    refusals = await manager.refusals(
        "captureJourney", **capture | {"title": " ", "stages": [a_stage_input(), stage]}
    )
    assert sorted(refusals) == [
        ("OUT_OF_RANGE", ["stages", "1", "emotion"]),
        ("OUT_OF_RANGE", ["stages", "1", "painPoints", "0", "severity"]),
        ("REQUIRED", ["stages", "1", "name"]),
        ("REQUIRED", ["title"]),
    ]


async def test_one_wrong_task_of_many_refuses_them_all(world):
    # given
    manager = await as_(world.manager)
    _, given = VALID["assignPainPoint"](world)
    good = given["tasks"][0]
    tasks = [
        good,
        good | {"title": ""},
        good | {"unitId": gid(world.elsewhere)},
        good | {"dueOn": "2020-01-01"},
    ]
    # when
    async with unchanged():
        refusals = await manager.refusals("assignPainPoint", **given | {"tasks": tasks})
    # then
    assert refusals == [
        ("REQUIRED", ["tasks", "1", "title"]),
        ("NOT_FOUND", ["tasks", "2", "unitId"]),
        ("PAST_DATE", ["tasks", "3", "dueOn"]),
    ]


async def test_the_tree_takes_no_cycle_no_wrong_kind_and_no_second_root(world):
    programme = await as_(world.programme)
    move = {"unitId": gid(world.here), "expectedVersion": world.here.version}
    new = VALID["createUnit"](world)[1]
    async with unchanged():
        for parent, code in [
            (world.here, "TREE_CYCLE"),
            (world.below, "TREE_CYCLE"),
            (world.hq, "WRONG_KIND"),
            (world.sibling, "WRONG_KIND"),
        ]:
            assert await programme.refusals("moveUnit", **move, parentId=gid(parent)) == [
                (code, ["parentId"])
            ]
        for kind in ("HQ", "UID", "UIW", "UP3"):
            assert await programme.refusals("createUnit", **new | {"kind": kind}) == [
                ("WRONG_KIND", ["kind"])
            ]
        assert await programme.refusals("createUnit", **new | {"code": world.sibling.code}) == [
            ("TAKEN", ["code"])
        ]
        assert await programme.refusals("closeUnit", **move) == [("HAS_OPEN_TASKS", ["unitId"])]
        region = {"unitId": gid(world.region), "expectedVersion": world.region.version}
        assert await programme.refusals("closeUnit", **region) == [("HAS_OPEN_UNITS", ["unitId"])]


async def test_a_journey_is_no_after_picture_of_itself(world):
    manager = await as_(world.manager)
    given = VALID["captureJourney"](world)[1] | {
        "journeyId": gid(world.draft),
        "expectedVersion": world.draft.version,
    }
    async with unchanged():
        ((_, path),) = await manager.refusals("captureJourney", **given | {"recapturesId": gid(world.draft)})
    assert path == ["recapturesId"]


async def test_two_journeys_are_not_after_pictures_of_each_other(world):
    # given
    manager = await as_(world.manager)
    valid = VALID["captureJourney"](world)[1]
    later = valid | {"recapturesId": gid(world.draft), "clientMutationId": "later"}
    made = (await manager.done("captureJourney", "journey { id }", **later))["journey"]
    # when
    earlier = {
        "journeyId": gid(world.draft),
        "expectedVersion": world.draft.version,
        "recapturesId": made["id"],
    }
    refusals = await manager.refusals("captureJourney", **valid | earlier)
    # then
    assert [path for _, path in refusals] == [["recapturesId"]]


async def test_a_replacement_names_the_version_that_it_replaces(world):
    manager = await as_(world.manager)
    given = VALID["captureJourney"](world)[1] | {"journeyId": gid(world.draft)}
    unknown = {"journeyId": ids.encode("Journey", world.here.id), "expectedVersion": 1}
    async with unchanged():
        assert await manager.refusals("captureJourney", **given | unknown) == [("NOT_FOUND", ["journeyId"])]
        assert await manager.refusals("captureJourney", **given) == [("REQUIRED", ["expectedVersion"])]
        assert await manager.refusals("captureJourney", **given, expectedVersion=9) == [
            ("STALE", ["expectedVersion"])
        ]


async def test_a_closed_unit_takes_no_new_work(world):
    closed = await f.a_unit(parent=world.here, closed=True)
    manager, programme = await as_(world.manager), await as_(world.programme)
    capture, task = VALID["captureJourney"](world)[1], VALID["createTask"](world)[1]
    async with unchanged():
        assert await manager.refusals("captureJourney", **capture | {"unitId": gid(closed)}) == [
            ("UNIT_CLOSED", ["unitId"])
        ]
        assert await manager.refusals("createTask", **task | {"unitId": gid(closed)}) == [
            ("UNIT_CLOSED", ["unitId"])
        ]
        again = {"unitId": gid(closed), "expectedVersion": closed.version}
        assert await programme.refusals("closeUnit", **again) == [("UNIT_CLOSED", ["unitId"])]


async def test_a_task_needs_an_owner_who_works_there_and_a_status_that_allows_the_step(world):
    manager, owner = await as_(world.manager), await as_(world.owner)
    stranger = await f.a_person(Role.VIEWER, world.here)
    task = VALID["createTask"](world)[1]
    lonely = {"unitId": gid(world.below)}
    del task["ownerId"]
    verified = await f.a_task(world.here, owner=world.owner, status=TaskStatus.VERIFIED)
    async with unchanged():
        assert await manager.refusals("createTask", **task | {"ownerId": gid(stranger)}) == [
            ("NOT_STAFF", ["ownerId"])
        ]
        assert await manager.refusals("createTask", **task | lonely) == [("NO_OWNER", ["ownerId"])]
        assert await owner.refusals("reportProgress", **versioned(verified, progress=1)) == [
            ("WRONG_STATUS", [])
        ]
        assert await manager.refusals("verifyTask", **versioned(world.planned)) == [("WRONG_STATUS", [])]
        assert await owner.refusals("unblockTask", **versioned(world.planned)) == [("WRONG_STATUS", [])]


async def test_evidence_is_asked_for_where_the_initiative_asks_for_it(world):
    code = await f.db.fetchval("select code from initiative where evidence_required order by code limit 1")
    task = await f.a_task(world.here, owner=world.owner, initiative=code)
    owner = await as_(world.owner)
    async with unchanged():
        assert await owner.refusals("submitTask", **versioned(task)) == [("EVIDENCE_REQUIRED", ["evidence"])]
        blank = {"evidence": [{"note": " "}]}
        assert await owner.refusals("submitTask", **versioned(task, **blank)) == [
            ("REQUIRED", ["evidence", "0", "note"])
        ]


@pytest.mark.parametrize("day", ["9999-12-31", "9999-12-30", "9999-12-29"])
async def test_a_due_date_at_the_end_of_the_calendar_is_no_bug(world, day):
    manager = await as_(world.manager)
    response = await manager.raw(
        document("createTask"), {"input": VALID["createTask"](world)[1] | {"dueOn": day}}
    )
    assert '"INTERNAL"' not in response.text


@pytest.mark.parametrize("name", ["İ", "ΑΣ", "ẞ", "a\u0345"])
async def test_addresses_in_any_script_are_no_bug(world, name):
    admin = await as_(world.admin)
    given = VALID["createPerson"](world)[1] | {"email": f"{name}@pln.example"}
    assert '"INTERNAL"' not in (await admin.raw(document("createPerson"), {"input": given})).text


async def test_an_address_with_a_capital_that_python_does_not_know_is_no_bug(world):
    admin = await as_(world.admin)
    given = VALID["createPerson"](world)[1] | {"email": "\U00010d50@pln.example"}
    assert '"INTERNAL"' not in (await admin.raw(document("createPerson"), {"input": given})).text


async def test_a_null_from_a_variable_is_a_broken_request_not_a_bug(world):
    manager = await as_(world.manager)
    query = """mutation ($t: ID!, $w: Int, $d: Date!, $i: ID!) {
        createTask(input: {unitId: $t, weight: $w, dueOn: $d, initiativeId: $i, title: "x"}) { errors { code } } }"""
    _, errors = await manager.post(query, t=gid(world.here), w=None, d="2030-01-01", i=initiative())
    assert [error["extensions"]["code"] for error in errors] == [BROKEN]


async def test_a_key_of_a_global_id_is_read_in_one_way_only(world):
    """One thing, one id: caches and clients compare ids as texts."""
    manager = await as_(world.manager)
    key = str(world.planned.id)
    for other in (key.upper(), key.replace("-", ""), f"{{{key}}}", f"urn:uuid:{key}"):
        _, errors = await manager.post(
            "query ($id: ID!) { node(id: $id) { id } }", id=ids.encode("Task", other)
        )
        assert [error["extensions"]["code"] for error in errors] == ["INVALID_ID"], other


async def test_an_id_that_may_be_left_out_may_be_null(world):
    manager = await as_(world.manager)
    _, capture = VALID["captureJourney"](world)
    async with unchanged():
        refusals = await manager.refusals("captureJourney", **capture | {"journeyId": None, "title": ""})
    assert refusals == [("REQUIRED", ["title"])]
