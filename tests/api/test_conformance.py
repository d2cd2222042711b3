"""GraphQL over HTTP: each requirement that the public suite `graphql-http` looks at, by its id there."""

from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest

from tests.client import http

RESPONSE = "application/graphql-response+json"
JSON = "application/json"
TYPENAME = "{ __typename }"
BY_NAME = "query Type($name: String!) { __type(name: $name) { name } }"
COERCED = {"query": "query Coerced($id: ID!) { __typename }", "variables": {"id": None}}
NO_FIELD = {"query": "{ 8f31403dfe404bccbb0e835f2629c6a7 }"}
WRONG = {"object": {"obj": "ect"}, "number": 0, "boolean": False, "array": ["array"], "text": "string"}


@pytest.fixture(autouse=True)
async def _connected(database):
    """Every request looks for its viewer in the database."""


@dataclass(frozen=True)
class Case:
    """`asks` is a POST's body, as JSON or as it is, or with `get` a query string's parameters."""

    id: str
    because: str
    asks: Any = None
    accept: str | None = None
    status: range = range(200, 201)
    kind: str | None = None
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": JSON})
    get: bool = False
    errors: bool | None = None


def query(text: str = TYPENAME, **more: Any) -> dict[str, Any]:
    return {"query": text} | more


def is_(status: int) -> range:
    return range(status, status + 1)


REFUSED = range(400, 500)
FAILED = range(400, 600)


def several(stem: str, what: str, kinds: str, asks: Any) -> list[Case]:
    return [
        Case(f"{stem}{n}", f"{what} that is {kind} is a bad request", asks(WRONG[kind]), status=is_(400))
        for n, kind in enumerate(kinds.split())
    ]


CASES = [
    Case("22EB", "the media type of the specification", query(), RESPONSE, kind=RESPONSE),
    Case("4655", "plain JSON for clients that know no other", query(), JSON, kind=JSON),
    Case("47DE", "who takes anything gets plain JSON", query(), "*/*", kind=JSON),
    Case("80D8", "and so does who says nothing", query(), kind=JSON),
    Case("82A3", "answers are UTF-8", query()),
    Case(
        "BF61",
        "requests may be UTF-8",
        query('{ __type(name: "Run🏃Swim🏊") { name } }'),
        headers={"Content-Type": f"{JSON}; charset=utf-8"},
    ),
    Case("78D5", "and are, where nothing is said", query()),
    Case("2C94", "POST", query()),
    Case("5A70", "GET", {"query": TYPENAME}, get=True),
    Case("9C48", "GET changes nothing", {"query": "mutation { __typename }"}, RESPONSE, is_(405), get=True),
    Case("9ABE", "a body of no type is refused", orjson.dumps(query()), status=REFUSED, headers={}),
    Case("03D4", "a body may be JSON", query()),
    Case("A5BF", "a body must be there", b"", status=is_(400)),
    Case("423L", "a document must be there", {"notquery": TYPENAME}, RESPONSE, is_(400)),
    *several("LKJ", "a document", "object number boolean array", lambda wrong: {"query": wrong}),
    Case("34A2", "a document is a text", query(), RESPONSE),
    Case("13EE", "a document is a text", query(), JSON, errors=False),
    *several("6C0", "a name", "object number boolean array", lambda wrong: query(operationName=wrong)),
    Case("8161", "a name is a text", query("query Q { __typename }", operationName="Q"), RESPONSE),
    Case("B8B3", "a name is a text", query("query Q { __typename }", operationName="Q"), JSON, errors=False),
    *[
        Case(f"{stem}{n}", f"null `{name}` is none", query(**{name: None}), accept, errors=False)
        for n, name in enumerate(("variables", "operationName", "extensions"))
        for stem, accept in (("94B", RESPONSE), ("022", JSON))
    ],
    *several("476", "variables", "text number boolean array", lambda wrong: query(variables=wrong)),
    Case("2EA1", "variables are a map", query(BY_NAME, variables={"name": "sometype"}), RESPONSE),
    Case("28B9", "variables are a map", query(BY_NAME, variables={"name": "x"}), JSON, errors=False),
    *[
        Case(
            name,
            "variables in a URL are JSON",
            {"query": BY_NAME, "variables": '{"name": "sometype"}'},
            accept,
            get=True,
            errors=False,
        )
        for name, accept in (("D6D5", RESPONSE), ("6A70", JSON))
    ],
    *several("58B", "extensions", "text number boolean array", lambda wrong: query(extensions=wrong)),
    Case("428F", "extensions are a map", query(extensions={"some": "value"}), RESPONSE),
    Case("1B7A", "extensions are a map", query(extensions={"some": "value"}), JSON, errors=False),
    Case("B6DC", "no JSON, told by status", b'{ "not a JSON', JSON, range(200, 600)),
    Case("BCF8", "no JSON is a bad request", b'{ "not a JSON', JSON, is_(400)),
    Case("B7N8", "no JSON is a bad request", b'{ "not a JSON', RESPONSE, is_(400)),
    Case("8764", "a name that is none", {"qeury": TYPENAME}, status=FAILED),
    Case("3E3A", "a name that is none is a bad request", {"qeury": TYPENAME}, status=is_(400)),
    Case("572B", "in plain JSON what cannot be parsed is an answer", query("{"), JSON, errors=True),
    Case("FDE2", "so is what is not valid", NO_FIELD, JSON, errors=True),
    Case("7B9B", "so are variables that do not fit", COERCED, JSON, errors=True),
    Case("865D", "what cannot be parsed shows in the status", query("{"), RESPONSE, FAILED),
    Case("556A", "and is a bad request", query("{"), RESPONSE, is_(400), RESPONSE),
    Case("D586", "and has no data", query("{"), RESPONSE, FAILED, errors=True),
    Case("51FE", "what is not valid shows in the status", NO_FIELD, RESPONSE, FAILED),
    Case("74FF", "and is a bad request", NO_FIELD, RESPONSE, is_(400), RESPONSE),
    Case("5E5B", "and has no data", NO_FIELD, RESPONSE, FAILED, errors=True),
    Case("86EE", "variables that do not fit are a bad request", COERCED, RESPONSE, is_(400), errors=True),
]


def test_every_requirement_is_looked_at_once():
    assert len({case.id for case in CASES}) == len(CASES) == 61


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.id} {case.because}")
async def test_requirement(case):
    accept = {"Accept": case.accept} if case.accept else {}
    if case.get:
        response = await http().get("/graphql", params=case.asks, headers=accept)
    else:
        content = case.asks if isinstance(case.asks, bytes) else orjson.dumps(case.asks)
        response = await http().post("/graphql", content=content, headers=case.headers | accept)
    assert response.status_code in case.status
    assert case.kind is None or response.headers["content-type"] == f"{case.kind}; charset=utf-8"
    answer = orjson.loads(response.content.decode("utf-8"))
    if case.errors is not None:
        assert ("errors" in answer, "data" in answer) == (case.errors, not case.errors)


async def test_without_an_accept_header_at_all_the_answer_is_plain_json():
    """The suite's client sends one by itself."""
    client = http()
    request = client.build_request("POST", "/graphql", json=query())
    del request.headers["accept"]
    response = await client.send(request)
    assert response.headers["content-type"] == f"{JSON}; charset=utf-8"


@pytest.mark.parametrize(("accept", "kind"), [(RESPONSE, RESPONSE), (JSON, JSON), ("text/html", JSON)])
@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("POST", "/graphql", b"{", 400),
        ("PUT", "/graphql", b"", 405),
        ("GET", "/graphql?query=mutation{__typename}", b"", 405),
        ("GET", "/nowhere", b"", 404),
    ],
)
async def test_a_refusal_is_an_answer_of_the_type_asked_for(accept, kind, method, path, content, status):
    headers = {"Accept": accept, "Content-Type": JSON}
    response = await http().request(method, path, content=content, headers=headers)
    expected = 406 if accept == "text/html" and path.startswith("/graphql") and method != "PUT" else status
    assert response.status_code == expected
    assert response.headers["content-type"] == f"{kind}; charset=utf-8"
    assert "accept" in response.headers["vary"].lower()
    assert [set(error) for error in response.json()["errors"]] == [{"message", "extensions"}]


async def test_what_is_empty_in_a_url_is_not_there():
    parameters = {"query": TYPENAME, "operationName": "", "variables": "", "extensions": ""}
    response = await http().get("/graphql", params=parameters)
    assert response.json()["data"] == {"__typename": "Query"}
    named = {"query": "query null { __typename }", "operationName": "null"}
    assert (await http().get("/graphql", params=named)).json()["data"] == {"__typename": "Query"}


async def test_properties_that_nobody_knows_are_passed_over():
    response = await http().post("/graphql", json=query(id="x", foo=[1]))
    assert response.json()["data"] == {"__typename": "Query"}


async def test_allowed_methods_are_told():
    options = await http().options("/graphql")
    assert (options.status_code, options.content) == (204, b"")
    put = await http().put("/graphql", json=query())
    for response in (options, put):
        allowed = {method.strip() for method in response.headers["allow"].split(",")}
        assert allowed == {"GET", "HEAD", "OPTIONS", "POST"}
    mutation = await http().get("/graphql", params={"query": "mutation { __typename }"})
    assert (mutation.status_code, mutation.headers["allow"]) == (405, "POST")


async def test_a_subscription_has_no_one_answer():
    for response in (
        await http().post("/graphql", json=query("subscription { __typename }")),
        await http().get("/graphql", params=query("subscription { __typename }")),
    ):
        assert "data" not in response.json()
        assert response.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
