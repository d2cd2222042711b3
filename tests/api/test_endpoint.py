"""GraphQL over HTTP: what is asked for in which way, and how it is answered."""

import gzip
import json
import logging
from urllib.parse import urlencode

import orjson
import pytest

from jejak.domain import db, event
from jejak.domain.vocabulary import Role
from tests import factories as f
from tests.client import NOBODY, Client, as_, gid, http
from tests.refusals import unchanged

RESPONSE = "application/graphql-response+json"
JSON = "application/json"


@pytest.fixture(autouse=True)
async def _connected(database):
    """Every request looks for its viewer in the database."""


async def test_a_post_is_answered_as_json():
    response = await http().post("/graphql", json={"query": "{ __typename }"})
    assert (response.status_code, response.headers["content-type"]) == (
        200,
        "application/json; charset=utf-8",
    )
    assert response.json()["data"] == {"__typename": "Query"}
    assert "errors" not in response.json()


@pytest.mark.parametrize(
    ("accepts", "answered"),
    [
        (RESPONSE, RESPONSE),
        (JSON, JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (f"{RESPONSE}; charset=utf-8, {JSON}; q=0.9", RESPONSE),
        (f"{JSON}, {RESPONSE}", JSON),
        (f"text/html, {RESPONSE}", RESPONSE),
    ],
)
async def test_the_answer_is_of_the_type_that_the_client_asks_for(accepts, answered):
    response = await http().post("/graphql", json={"query": "{ __typename }"}, headers={"Accept": accepts})
    assert (response.status_code, response.headers["content-type"]) == (200, f"{answered}; charset=utf-8")


async def test_a_type_that_there_is_not_is_refused():
    response = await http().post(
        "/graphql", json={"query": "{ __typename }"}, headers={"Accept": "text/html"}
    )
    assert_refused(response, 406, "BAD_REQUEST")


def assert_refused(response, status, code):
    (error,) = response.json()["errors"]
    assert (response.status_code, error["extensions"]["code"]) == (status, code)
    assert error["message"]
    assert response.headers["x-request-id"]


@pytest.mark.parametrize(("accepts", "status"), [(RESPONSE, 400), (JSON, 200)])
@pytest.mark.parametrize("query", ["{", "{ nonsense }", "query ($a: Int!) { step(number: $a) { id } }"])
async def test_a_broken_document_has_no_data_and_its_status_follows_the_type(accepts, status, query):
    response = await http().post("/graphql", json={"query": query}, headers={"Accept": accepts})
    assert_refused(response, status, "BAD_REQUEST")
    assert "data" not in response.json()


@pytest.mark.parametrize(("accepts", "status"), [(RESPONSE, 294), (JSON, 200)])
async def test_an_error_of_a_field_is_an_answer(accepts, status):
    response = await http().post("/graphql", json={"query": "{ viewer { id } }"}, headers={"Accept": accepts})
    assert_refused(response, status, "UNAUTHENTICATED")
    assert response.json()["data"] is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b"\xff\xfe",
        b"NaN",
        b'{"query": "\\ud800"}',
        b"[" * 5_000,
        b"null",
        b"1",
        b'"x"',
        b"[]",
        b'[{"query": "{ __typename }"}]',
        b"{}",
    ],
)
async def test_a_body_that_is_no_request_is_refused(body):
    response = await http().post("/graphql", content=body, headers={"Content-Type": JSON})
    assert_refused(response, 400, "BAD_REQUEST")


@pytest.mark.parametrize(
    "body",
    [
        {"query": None},
        {"query": ""},
        {"query": " \n"},
        {"query": 7},
        {"query": ["{ __typename }"]},
        {"query": "{ __typename }", "variables": []},
        {"query": "{ __typename }", "variables": "{}"},
        {"query": "{ __typename }", "operationName": 7},
        {"query": "query A { __typename }", "operationName": "B"},
        {"query": "query A { __typename }", "operationName": ""},
        {"query": "fragment F on Query { __typename }"},
    ],
)
async def test_a_request_with_parts_of_the_wrong_kind_is_refused(body):
    response = await NOBODY.send(body)
    assert_refused(response, 400, "BAD_REQUEST")


async def test_an_operation_is_chosen_by_its_name():
    query = "query A { a: __typename } query B { b: __typename }"
    assert (await NOBODY.raw(query, operationName="B")).json()["data"] == {"b": "Query"}


@pytest.mark.parametrize("body", [{}, {"operationName": None}])
async def test_which_of_several_operations_is_meant_must_be_said(body):
    query = "query A { a: __typename } query B { b: __typename }"
    response = await NOBODY.send({"query": query} | body)
    assert "data" not in response.json()
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "BAD_REQUEST"
    strict = Client(headers={"Accept": "application/graphql-response+json"})
    assert (await strict.send({"query": query} | body)).status_code == 400
    # One operation needs no name, whatever fragments stand beside it
    one = "query { ...F } fragment F on Query { __typename }"
    assert (await NOBODY.send({"query": one} | body)).json()["data"] == {"__typename": "Query"}


async def test_of_several_mutations_without_a_name_none_is_done():
    who = await f.a_person(Role.PROGRAMME, await f.reference_unit("HQ"))
    client = await as_(who)
    unit_id = gid(await f.reference_unit("HQ"))
    given = f'parentId: "{unit_id}", code: "NEW", name: "X", kind: UID, timezone: "Asia/Jakarta"'
    create = f"createUnit(input: {{{given}}}) {{ errors {{ code }} }}"
    async with unchanged():
        answer = (await client.raw(f"mutation A {{ {create} }} mutation B {{ {create} }}")).json()
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_REQUEST"]


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=latin-1",
        "",
    ],
)
async def test_a_body_of_another_type_is_refused(kind):
    """No form of another site can be made to look like a request of ours."""
    response = await http().post(
        "/graphql", content=b'{"query": "{ __typename }"}', headers={"Content-Type": kind}
    )
    assert_refused(response, 415, "BAD_REQUEST")


async def test_json_may_say_that_it_is_utf8():
    for kind in ("application/json; charset=utf-8", "application/json; charset=UTF-8", "APPLICATION/JSON"):
        response = await http().post(
            "/graphql", content='{"query": "{ __typename } # é"}'.encode(), headers={"Content-Type": kind}
        )
        assert response.status_code == 200, kind


async def test_a_get_reads():
    parameters = {
        "query": "query Q($n: Int!) { step(number: $n) { number } }",
        "variables": '{"n": 3}',
        "operationName": "Q",
    }
    client = await as_(await f.a_person())
    response = await http().get("/graphql", params=parameters, headers=client.all_headers)
    assert (response.status_code, response.json()["data"]) == (200, {"step": {"number": 3}})


async def test_a_get_changes_nothing():
    document = 'mutation M { signIn(input: {email: "a@b.id", password: "x"}) { token } }'
    for parameters in (
        {"query": document},
        {"query": f"query Q {{ __typename }} {document}", "operationName": "M"},
    ):
        assert_refused(await http().get("/graphql", params=parameters), 405, "BAD_REQUEST")


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"query": ""},
        {"query": "{ __typename }", "variables": "{"},
        {"query": "{ __typename }", "variables": "[]"},
        {"query": "{ __typename }", "variables": "\ud83d"},
    ],
)
async def test_a_get_with_wrong_parameters_is_refused(parameters):
    wrong = urlencode(parameters, errors="surrogatepass")
    assert_refused(await http().get(f"/graphql?{wrong}"), 400, "BAD_REQUEST")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("PUT", "/graphql", 405, "BAD_REQUEST"),
        ("DELETE", "/graphql", 405, "BAD_REQUEST"),
        ("GET", "/nowhere", 404, "NOT_FOUND"),
        ("POST", "/", 404, "NOT_FOUND"),
    ],
)
async def test_what_is_not_there_answers_like_everything_else(method, path, status, code):
    assert_refused(await http().request(method, path), status, code)


async def test_a_body_that_is_too_large_is_refused_before_it_is_read():
    response = await http().post("/graphql", content=b" " * (16 * 2**20 + 1), headers={"Content-Type": JSON})
    assert_refused(response, 413, "TOO_LARGE")


async def test_a_document_that_is_too_large_is_refused_before_it_is_parsed():
    assert_refused(await NOBODY.send({"query": f"{{ __typename }} # {'x' * 100_000}"}), 413, "TOO_LARGE")


async def test_every_answer_names_its_request_and_no_two_alike():
    answers = [
        await http().get(path)
        for path in ("/health/live", "/health/live", "/nowhere", "/graphql?query={__typename}")
    ]
    assert len({answer.headers["x-request-id"] for answer in answers}) == len(answers)


async def test_a_bug_is_masked_and_found_by_its_number(monkeypatch, caplog):
    # given
    client = await as_(await f.a_person(Role.VIEWER))

    async def broken(*_, **__):
        raise RuntimeError("secret: select * from person")

    monkeypatch.setattr(db, "fetchval", broken)
    monkeypatch.setattr(db, "fetchrow", broken)
    # when
    response = await client.raw("{ steps { id } }")
    # then
    (error,) = response.json()["errors"]
    number = response.headers["x-request-id"]
    assert (response.status_code, response.json()["data"]) == (200, None)
    assert error["extensions"] == {"code": "INTERNAL", "requestId": number}
    assert (number in error["message"], error["path"]) == (True, ["steps"])
    assert "secret" not in response.text
    (record,) = [one for one in caplog.records if one.levelno >= logging.ERROR]
    assert number in record.getMessage()
    assert "secret" in str(record.exc_info[1])


async def test_a_bug_in_one_field_leaves_the_others_alone(monkeypatch):
    client = await as_(await f.a_person(Role.VIEWER))
    right, failures = db.fetchval, iter([True, False])

    async def broken_once(*given, **more):
        if next(failures):
            raise RuntimeError("secret")
        return await right(*given, **more)

    async def broken(*_, **__):
        raise RuntimeError("secret")

    monkeypatch.setattr(db, "fetchval", broken_once)
    monkeypatch.setattr(db, "fetchrow", broken)
    data, errors = await client.post(
        "{ first: step(number: 1) { number } second: step(number: 2) { number } }"
    )
    assert [name for name, found in data.items() if found is None] == [errors[0]["path"][0]]
    assert len(errors) == 1


async def test_a_bug_before_the_document_is_masked_too(monkeypatch, caplog):
    async def broken(*_, **__):
        raise RuntimeError("secret")

    client = await as_(await f.a_person(Role.VIEWER))
    monkeypatch.setattr(db, "fetch", broken)
    response = await http().post("/graphql", json={"query": "{ __typename }"}, headers=client.all_headers)
    assert_refused(response, 500, "INTERNAL")
    assert "secret" not in response.text
    assert response.json()["errors"][0]["extensions"]["requestId"] == response.headers["x-request-id"]
    assert "secret" in caplog.text


async def test_a_bug_in_a_mutation_undoes_it(monkeypatch):
    # given: the last thing that the transaction does fails
    unit = await f.a_unit()
    client = await as_(await f.a_person(Role.MANAGER, unit))
    before = await db.fetchval("select count(*) from journey")

    async def broken(*_, **__):
        raise RuntimeError("secret")

    monkeypatch.setattr(event, "append_all", broken)
    given = {"unitId": gid(unit), "service": "PB_PD", "title": "x", "occurredOn": "2026-01-01"}
    # when
    query = "mutation ($input: CaptureJourneyInput!) { captureJourney(input: $input) { errors { code } } }"
    data, errors = await client.post(query, input=given)
    # then
    assert (data, [error["extensions"]["code"] for error in errors]) == (None, ["INTERNAL"])
    assert await db.fetchval("select count(*) from journey") == before


async def test_long_answers_travel_compressed_to_who_takes_that():
    client = await as_(await f.a_person(Role.VIEWER))
    body = orjson.dumps({"query": "{ steps { title measures { title } initiatives { title } } }"})
    headers = client.all_headers | {"Content-Type": JSON}
    async with http().stream(
        "POST", "/graphql", content=body, headers=headers | {"Accept-Encoding": "gzip"}
    ) as response:
        compressed = b"".join([part async for part in response.aiter_raw()])
    plain = await http().post("/graphql", content=body, headers=headers | {"Accept-Encoding": "identity"})
    assert response.headers["content-encoding"] == "gzip"
    assert "accept-encoding" in response.headers["vary"].lower()
    assert "content-encoding" not in plain.headers
    assert json.loads(gzip.decompress(compressed)) == plain.json()
    assert len(compressed) < len(plain.content) / 2


@pytest.mark.parametrize("accepted", ["gzip;q=0", "br", "identity, gzip; q=0"])
async def test_who_refuses_compression_gets_none(accepted):
    client = await as_(await f.a_person(Role.VIEWER))
    headers = client.all_headers | {"Accept-Encoding": accepted}
    body = {"query": "{ steps { title measures { title } initiatives { title } } }"}
    response = await http().post("/graphql", json=body, headers=headers)
    assert len(response.content) > 1_000
    assert "content-encoding" not in response.headers
