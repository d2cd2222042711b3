"""Queries of stored data are answered by the database alone; one statement serves whoever asks the same."""

from datetime import timedelta

import pytest

from jejak.domain import clock, db
from jejak.domain.tables.person import Person
from jejak.domain.vocabulary import Language, Role
from tests import factories as f
from tests.client import NOBODY, Client, as_, document, gid
from tests.sql import statements

TOLD = {"executor": "any"}


async def asked(client: Client, query: str, **variables):
    """The answer, and how it came about."""
    answer = (await client.raw(query, variables, extensions=TOLD)).json()
    return answer, answer["extensions"].pop("executor")


async def statement(client: Client, query: str, **variables) -> str:
    """The SQL that reads, for a client who was looked up before by a document that came before."""
    await client.data(query, **variables)
    async with statements() as counted:
        answer, ran = await asked(client, query, **variables)
    assert ran == {"ran": "compiled"}, answer
    (text,) = [text for text in counted.sql if "current_setting('jit')" not in text]
    return text


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("{ csrfToken }", "FIELD"),
        ('{ viewer { id } __type(name: "Task") { name } }', "FIELD"),
        ("{ tasks(first: 1000) { totalCount } }", "REFUSED"),
        ('{ task(id: "nonsense") { id } }', "REFUSED"),
        ("query ($n: Int!) { step(number: $n) { id } }", "REFUSED"),
    ],
)
async def test_what_is_not_stored_and_what_is_refused_the_ordinary_executor_answers(world, query, why):
    _, ran = await asked(await as_(world.manager), query)
    assert ran == {"ran": "ordinary", "why": why}


async def test_a_refused_value_of_a_plan_that_is_kept_is_no_bug(world, caplog):
    client = await as_(world.manager)
    query = "query One($id: ID!) { task(id: $id) { id } }"
    for given in (gid(world.planned), gid(world.here)):
        answer, ran = await asked(client, query, id=given)
    assert answer["errors"][0]["extensions"]["code"] == "INVALID_ID"
    assert ran == {"ran": "ordinary", "why": "REFUSED"}
    assert [record for record in caplog.records if record.name.startswith("jejak")] == []


async def test_a_change_and_whoever_asks_for_it_get_the_ordinary_executor(world):
    client = await as_(world.manager)
    _, ran = await asked(client, document("markNoticesRead"), input={"noticeIds": []})
    assert ran == {"ran": "ordinary", "why": "OPERATION"}
    answer = (await client.raw("{ viewer { id } }", extensions={"executor": "ordinary"})).json()
    assert answer["extensions"]["executor"] == {"ran": "ordinary", "why": "ASKED"}
    assert "executor" not in (await client.raw("{ viewer { id } }")).json()["extensions"]


async def test_nobody_is_told_to_sign_in(database):
    answer, ran = await asked(NOBODY, "{ viewer { id } }")
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAUTHENTICATED"]
    assert ran == {"ran": "ordinary", "why": "REFUSED"}


@pytest.mark.parametrize("executor", ["fast", "", 1, ["ordinary"], {"any": True}])
async def test_an_executor_that_there_is_not_is_refused(world, executor):
    response = await (await as_(world.manager)).raw("{ viewer { id } }", extensions={"executor": executor})
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


TASKS = """query Tasks($unit: ID, $statuses: [TaskStatus!], $text: String, $first: Int = 5, $after: String, $late: Boolean) {
    tasks(first: $first, after: $after, filter: {unitId: $unit, statuses: $statuses, text: $text, overdue: $late}) { nodes { id } pageInfo { endCursor } } }"""


async def test_other_values_are_other_parameters_of_the_same_statement(world):
    # given
    client = await as_(world.manager)
    one = await statement(client, TASKS, unit=gid(world.here), statuses=["PLANNED"], text="a")
    # when other values come, and somebody else, at another time
    clock.shift(timedelta(days=3))
    other = await statement(
        await as_(world.owner), TASKS, unit=gid(world.below), statuses=["BLOCKED", "SUBMITTED"], text="b"
    )
    # then
    assert one == other


async def test_what_is_asked_for_at_all_is_in_the_text_and_no_value_is(world):
    client = await as_(world.manager)
    secret = "kata rahasia"
    texts = [
        await statement(client, TASKS, **given)
        for given in (
            {},
            {"unit": gid(world.here)},
            {"text": secret},
            {"late": True},
            {"late": False},
            {"first": 7},
        )
    ]
    assert len(set(texts)) == len(texts)
    assert not [text for text in texts if secret in text or gid(world.here) in text]


async def test_each_gets_their_own_of_the_same_document(world):
    """A plan that was made for one must not carry anything of theirs over to the next."""
    query = "query Mine($mine: Boolean) { viewer { name } tasks(first: 50, filter: {mine: $mine}) { nodes { owner { name } } } }"
    for who in (world.owner, world.manager, world.owner):
        data = await (await as_(who)).data(query, mine=True)
        assert data["viewer"]["name"] == who.name
        assert {one["owner"]["name"] for one in data["tasks"]["nodes"]} <= {who.name}


async def test_titles_and_sentences_come_in_each_persons_language(world):
    client = await as_(world.owner)
    query = "{ viewer { language } step(number: 1) { title titleId titleEn } notices(first: 1) { nodes { text } } }"
    answers = []
    for language in (Language.ID, Language.EN):
        await Person.update({Person.language: language}).where(Person.id == world.owner.id)
        answers.append(await client.data(query))
    indonesian, english = answers
    assert (indonesian["viewer"]["language"], english["viewer"]["language"]) == ("ID", "EN")
    assert indonesian["step"]["title"] == indonesian["step"]["titleId"]
    assert english["step"]["title"] == english["step"]["titleEn"]
    assert indonesian["notices"]["nodes"][0]["text"] != english["notices"]["nodes"][0]["text"]


async def test_time_goes_on_for_a_kept_plan(world):
    client = await as_(world.owner)
    query = "query Late($id: ID!) { task(id: $id) { overdue } }"
    assert (await client.data(query, id=gid(world.planned)))["task"] == {"overdue": False}
    clock.shift(timedelta(days=300))
    # The session ended long ago by then.
    assert (await (await as_(world.owner)).data(query, id=gid(world.planned)))["task"] == {"overdue": True}


async def test_something_missing_that_may_not_be_is_told_as_ever(world):
    # given a row that no rule would leave behind: a pain point at another unit than its journey
    point = world.open_point
    await db.execute("update pain_point set unit_id = $1 where id = $2", world.elsewhere.id, point.id)
    client = await as_(await f.a_person(Role.MANAGER, world.elsewhere))
    # when
    answer, ran = await asked(
        client, "{ painPoints(first: 9) { nodes { id journey { id } } } viewer { id } }"
    )
    # then
    assert ran == {"ran": "ordinary", "why": "NULL"}
    assert answer["data"] is None
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["INTERNAL"]


async def test_keys_longer_than_any_column_name_are_kept_whole(world):
    alias = "a" * 100
    data = await (await as_(world.manager)).data(f"{{ {alias}: viewer {{ {alias}b: name {alias}c: id }} }}")
    assert data == {alias: {f"{alias}b": world.manager.name, f"{alias}c": gid(world.manager)}}
