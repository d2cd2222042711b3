"""Trusted documents: with a list of them nothing else is run, and the list itself is looked at before anything is."""

import json
from dataclasses import replace

import pytest

from jejak.api.app import create_app
from jejak.domain.vocabulary import Role
from jejak.settings import SettingsError
from tests import factories as f
from tests.api.live import code, limited
from tests.client import SETTINGS, as_, http, over
from tests.sql import statements
from tests.trusted import sha256

STEP = "query Step($number: Int!) { step(number: $number) { number } } query Other { __typename }"
SIGN_IN = "mutation ($input: SignInInput!) { signIn(input: $input) { token errors { code } } }"
RESPONSE = "application/graphql-response+json"


DOCUMENTS = {sha256(STEP): STEP, "sign-in": SIGN_IN}


@pytest.fixture(autouse=True)
async def _connected(database):
    """What is run looks for its viewer in the database."""


@pytest.fixture
def listed(tmp_path):
    """A function that makes an application which trusts the documents given, or whatever the file holds."""

    def make(documents=DOCUMENTS, settings=SETTINGS):
        file = tmp_path / "trusted.json"
        file.write_text(documents if isinstance(documents, str) else json.dumps(documents))
        return over(create_app(replace(settings, trusted_documents=file)))

    return make


async def test_a_document_is_run_by_its_id(listed):
    person = await as_(await f.a_person(Role.VIEWER))
    body = {"documentId": sha256(STEP), "operationName": "Step", "variables": {"number": 3}}
    response = await listed().post("/graphql", json=body, headers=person.all_headers)
    assert (response.status_code, response.json()["data"]) == (200, {"step": {"number": 3}})
    parameters = body | {"variables": '{"number": 3}'}
    got = await listed().get("/graphql", params=parameters, headers=person.all_headers)
    assert got.json()["data"] == {"step": {"number": 3}}


async def test_a_document_is_run_by_its_very_text(listed):
    body = {"query": STEP, "operationName": "Other"}
    assert (await listed().post("/graphql", json=body)).json()["data"] == {"__typename": "Query"}


async def test_a_named_mutation_is_run_by_post_and_not_by_get(listed):
    given = {"input": {"email": "nobody@jejak.local", "password": "x"}}
    posted = await listed().post("/graphql", json={"documentId": "sign-in", "variables": given})
    assert posted.json()["data"]["signIn"]["errors"] == [{"code": "WRONG_CREDENTIALS"}]
    parameters = {"documentId": "sign-in", "variables": json.dumps(given)}
    got = await listed().get("/graphql", params=parameters)
    assert (got.status_code, got.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(("accept", "status"), [(RESPONSE, 400), ("application/json", 200)])
@pytest.mark.parametrize(
    "body",
    [
        {"documentId": sha256("{ __typename }")},
        {"documentId": "signIn"},
        {"query": "{ __typename }"},
        {"query": f"{STEP} "},
        {"query": STEP.replace("$number", "$n")},
        {"query": "{ __schema { types { name } } }"},
        {"query": "{"},
    ],
)
async def test_nothing_else_is_run(listed, body, accept, status):
    person = await as_(await f.a_person(Role.VIEWER))
    async with statements() as counted:
        response = await listed().post("/graphql", json=body, headers=person.all_headers | {"Accept": accept})
    assert (response.status_code, code(response)) == (status, "UNKNOWN_DOCUMENT")
    assert "data" not in response.json()
    assert response.headers["content-type"] == f"{accept}; charset=utf-8"
    assert len(counted) == 0


async def test_without_a_list_no_document_has_an_id():
    response = await http().post("/graphql", json={"documentId": sha256(STEP)})
    assert code(response) == "UNKNOWN_DOCUMENT"


@pytest.mark.parametrize(
    "body",
    [
        {"documentId": 7},
        {"documentId": ""},
        {"documentId": "sign-in", "query": SIGN_IN},
        {"documentId": None},
    ],
)
async def test_a_document_is_named_or_sent_and_not_both(listed, body):
    response = await listed().post("/graphql", json=body)
    assert (response.status_code, code(response)) == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    ("documents", "said"),
    [
        ("{", "cannot be read as JSON"),
        ("[]", "is not one JSON object of ids and documents"),
        ({"a": 7}, "is not one JSON object of ids and documents"),
        ({"a": "{"}, "the document a would not run: Syntax Error"),
        ({"a": "{ nonsense }"}, "the document a would not run: Cannot query field 'nonsense'"),
        ({"a": "{ a: " + "a: ".join("__typename " for _ in range(61)) + "}"}, "a would not run"),
        ({sha256("x"): "{ __typename }"}, "is no id, or the document under it is another one"),
        ({"sha256:abc": "{ __typename }"}, "is no id"),
        ({"a b": "{ __typename }"}, "'a b' is no id"),
    ],
)
def test_a_list_that_cannot_be_run_stops_the_start_in_one_line(listed, documents, said):
    with pytest.raises(SettingsError) as refused:
        listed(documents)
    assert said in str(refused.value)
    assert "trusted.json" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_document_beyond_the_limits_stops_the_start(listed):
    deep = "{ units(first: 1) { nodes { parent { parent { id } } } } }"
    assert listed({"deep": deep})
    with pytest.raises(SettingsError, match=r"the document deep would not run: .* depth 4, at most 3"):
        listed({"deep": deep}, limited(depth=3))
