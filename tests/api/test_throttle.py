"""Guessing at the API: slowed down, without telling who there is."""

from datetime import timedelta

import pytest

from jejak.api.app import create_app
from jejak.domain import clock, db
from tests import factories as f
from tests.client import NOBODY, SETTINGS, Client, document, over
from tests.refusals import unchanged


@pytest.fixture(autouse=True)
async def _connected(database):
    """People and what was tried stand in the database."""


@pytest.fixture(autouse=True)
def _quick(_quick_passwords):
    """Dozens of wrong passwords, to which the costs of argon2id are nothing."""


WRONG = "wrong password here"


async def attempts(email: str, count: int, password: str = WRONG) -> list[dict]:
    return [
        (await NOBODY.do("signIn", "token retry: errors { retryAfter }", email=email, password=password))
        for _ in range(count)
    ]


async def test_who_has_to_wait_is_told_how_long_in_words_and_in_a_number():
    # given
    person = await f.a_person()
    await attempts(person.email, 8)
    await db.execute(
        "update throttle set until = $1 where until is not null", clock.now() + timedelta(seconds=90.5)
    )
    # when
    (payload,) = await attempts(person.email, 1, f.PASSWORD)
    # then
    (retry,) = payload["retry"]
    # Less what has passed since it was set
    assert 70 < retry["retryAfter"] <= 91
    assert payload == {
        "token": None,
        "retry": [retry],
        "errors": [
            {
                "code": "TOO_MANY_ATTEMPTS",
                "path": ["input", "password"],
                "message": f"Terlalu banyak percobaan; coba lagi dalam {retry['retryAfter']} detik.",
            }
        ],
    }


async def test_other_refusals_name_no_time_to_wait():
    (payload,) = await attempts((await f.a_person()).email, 1)
    assert payload["retry"] == [{"retryAfter": None}]


async def test_known_and_unknown_addresses_answer_alike_from_the_first_attempt_to_the_last():
    # given
    invited = await f.a_person(email="invited@pln.example")
    await db.execute("update person set password_hash = null where id = $1", invited.id)
    known = await f.a_person()
    answers = []
    for email in (known.email, invited.email, "nobody@pln.example", "no address at all"):
        await db.execute("delete from throttle")
        # when
        answers.append(await attempts(email, 10))
    # then
    assert all(each == answers[0] for each in answers)
    assert {answer["errors"][0]["code"] for answer in answers[0]} == {
        "WRONG_CREDENTIALS",
        "TOO_MANY_ATTEMPTS",
    }


async def test_many_guesses_in_one_document_meet_the_throttle_one_by_one():
    # given
    person = await f.a_person()
    guesses = [*(f"guess number {n}" for n in range(20)), f.PASSWORD]
    fields = " ".join(
        f'g{n}: signIn(input: {{email: "{person.email}", password: "{guess}"}}) {{ token errors {{ code }} }}'
        for n, guess in enumerate(guesses)
    )
    # when
    data = await NOBODY.at_limits().data(f"mutation {{ {fields} }}")
    # then: not even the right one among them is found
    codes = [answer["errors"][0]["code"] for answer in data.values()]
    assert codes == ["WRONG_CREDENTIALS"] * 6 + ["TOO_MANY_ATTEMPTS"] * 15


async def test_the_address_is_the_clients():
    person = await f.a_person()
    # Made before, since the wait may be over by the time that it takes.
    elsewhere = over(create_app(SETTINGS), client=("203.0.113.9", 1))
    await attempts(person.email, 7)
    given = {"input": {"email": person.email, "password": f.PASSWORD}}
    answer = await elsewhere.post("/graphql", json={"query": document("signIn", "token"), "variables": given})
    assert answer.json()["data"]["signIn"]["token"]
    assert (await attempts(person.email, 1, f.PASSWORD))[0]["errors"][0]["code"] == "TOO_MANY_ATTEMPTS"


async def test_who_waits_gets_in():
    person = await f.a_person()
    await attempts(person.email, 7)
    clock.shift(timedelta(seconds=3))
    (payload,) = await attempts(person.email, 1, f.PASSWORD)
    await Client(payload["token"]).data("{ viewer { id } }")


async def test_a_refusal_to_wait_writes_nothing():
    person = await f.a_person()
    await attempts(person.email, 7)
    before = await db.fetch("select * from throttle order by key")
    async with unchanged():
        await attempts(person.email, 3, f.PASSWORD)
    assert await db.fetch("select * from throttle order by key") == before
