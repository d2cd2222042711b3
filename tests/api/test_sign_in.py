"""Tokens: how one is had, for how long it holds, and what it stands for."""

from datetime import UTC, datetime, timedelta

import pytest

from jejak.domain import clock, db
from jejak.domain.vocabulary import Language, Role
from tests import factories as f
from tests.client import NOBODY, Client, as_, gid, http


@pytest.fixture(autouse=True)
async def _connected(database):
    """People and their sessions stand in the database."""


async def sign_in(email: str, password: str = f.PASSWORD, client: Client = NOBODY):
    return await client.do("signIn", "token expiresAt viewer { id }", email=email, password=password)


async def test_an_email_in_any_letters_and_its_password_give_a_token():
    # given
    person = await f.a_person(email="sri@pln.example")
    # when
    payload = await sign_in("  SRI@pln.Example ")
    # then
    assert (payload["errors"], payload["viewer"]) == ([], {"id": gid(person)})
    holds = datetime.fromisoformat(payload["expiresAt"]) - clock.now()
    assert timedelta(minutes=14, seconds=50) < holds <= timedelta(minutes=15)
    assert await Client(payload["token"]).data("{ viewer { email } }") == {
        "viewer": {"email": "sri@pln.example"}
    }


async def test_a_token_is_kept_as_a_hash_only():
    payload = await sign_in((await f.a_person()).email)
    rows = [str(dict(row)) for row in await db.fetch("select * from session")]
    assert len(rows) == 1
    assert payload["token"] not in rows[0]


async def test_a_wrong_password_and_an_unknown_email_answer_alike():
    # given
    email = (await f.a_person()).email
    # when
    answers = [
        await sign_in(email, "wrong password here"),
        await sign_in("nobody@pln.example", f.PASSWORD),
        await sign_in("no address", ""),
        await sign_in("\x00", "\x00"),
        await sign_in(email, f.PASSWORD + " "),
        await sign_in(email, "x" * 1_000),
        await sign_in(f"{email}' or 1=1 --"),
    ]
    # then
    refused = {"token": None, "expiresAt": None, "viewer": None}
    said = {
        "code": "WRONG_CREDENTIALS",
        "path": ["input", "password"],
        "message": "E-mail atau kata sandi salah.",
    }
    assert answers == [refused | {"errors": [said]}] * len(answers)
    assert await db.fetchval("select count(*) from session") == 0


async def test_signing_in_again_keeps_the_first_token_good():
    email = (await f.a_person()).email
    tokens = {(await sign_in(email))["token"] for _ in range(2)}
    assert len(tokens) == 2
    for token in tokens:
        await Client(token).data("{ viewer { id } }")


async def test_a_person_without_roles_may_sign_in():
    person = await f.a_person(None)
    assert (await sign_in(person.email))["viewer"] == {"id": gid(person)}


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer nonsense",
        "Bearer a b",
        "Basic c3JpOng=",
        "nonsense",
        "",
        "bearer jejak_x",
        f"Bearer {'x' * 10_000}",
        b"Bearer \xff",
    ],
)
async def test_a_token_that_is_none_of_ours_is_refused_whatever_is_asked(header):
    for query in ("{ __typename }", "{", "{ viewer { id } }"):
        response = await http().post("/graphql", json={"query": query}, headers={"Authorization": header})
        assert response.status_code == 401
        assert response.headers["www-authenticate"] == "Bearer"
        assert [error["extensions"]["code"] for error in response.json()["errors"]] == ["UNAUTHENTICATED"]
        assert "data" not in response.json()


async def test_the_scheme_is_read_in_any_letters():
    token = (await as_(await f.a_person())).token
    for scheme in ("bearer", "BEARER", "Bearer "):
        response = await http().post(
            "/graphql", json={"query": "{ viewer { id } }"}, headers={"Authorization": f"{scheme} {token}"}
        )
        assert response.status_code == 200


async def test_a_token_expires_and_a_sign_in_clears_away_what_has_ended():
    # given
    person = await f.a_person()
    client = Client((await sign_in(person.email))["token"])
    await client.data("{ viewer { id } }")
    # when
    clock.shift(timedelta(minutes=15, seconds=1))
    # then
    response = await client.raw("{ viewer { id } }")
    assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")
    clock.shift(timedelta(days=7))
    await sign_in(person.email)
    assert await db.fetchval("select count(*) from session") == 1


async def test_a_token_is_good_to_its_last_second():
    client = Client((await sign_in((await f.a_person()).email))["token"])
    clock.shift(timedelta(minutes=14, seconds=58))
    await client.data("{ viewer { id } }")


async def test_roles_are_those_in_force_at_the_request():
    # given
    unit = await f.a_unit()
    person = await f.a_person(Role.VIEWER, await f.a_unit())
    client = Client((await sign_in(person.email))["token"])
    admin = await as_(await f.a_person(Role.ADMIN, await f.reference_unit("HQ")))
    query = "query ($id: ID!) { unit(id: $id) { id } }"
    assert await client.data(query, id=gid(unit)) == {"unit": None}
    # when
    granted = await admin.done(
        "grantRole", "membership { id }", personId=gid(person), unitId=gid(unit), role="VIEWER"
    )
    # then
    assert await client.data(query, id=gid(unit)) == {"unit": {"id": gid(unit)}}
    await admin.done("revokeRole", membershipId=granted["membership"]["id"])
    assert await client.data(query, id=gid(unit)) == {"unit": None}


async def test_the_viewer_after_signing_in_is_spoken_to_in_their_language():
    # given
    person = await f.a_person(language=Language.EN)
    document = """mutation ($input: SignInInput!) { signIn(input: $input) { viewer { language } errors { code } } next: createTask(input: {
        initiativeId: "x", unitId: "x", title: "x", dueOn: "2030-01-01"}) { errors { message } } }"""
    # when: the second mutation of the request runs as who the first one signed in
    data = await NOBODY.data(document, input={"email": person.email, "password": f.PASSWORD})
    # then
    assert data["signIn"]["viewer"] == {"language": "EN"}
    assert data["next"]["errors"] == [{"message": "This is not a valid id."}]


async def test_instants_are_told_in_utc():
    payload = await sign_in((await f.a_person()).email)
    assert datetime.fromisoformat(payload["expiresAt"]).utcoffset() == UTC.utcoffset(None)
