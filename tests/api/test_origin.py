"""Browsers: pages of other origins get nothing, those of listed ones what they need, and nobody another host."""

from dataclasses import replace

import pytest
from litestar import get, websocket_listener

from jejak.api.app import create_app
from jejak.domain.vocabulary import Role
from tests import factories as f
from tests.api.live import at, code
from tests.client import SETTINGS, as_, document, gid, http, over
from tests.refusals import unchanged
from tests.sql import statements

LISTED = replace(SETTINGS, origins=frozenset({"https://app.example", "http://localhost:5173"}))
PUBLIC = replace(LISTED, public_url="https://jejak.example")
QUERY = {"query": "{ __typename }"}
FOREIGN = [
    "http://evil.example",
    "https://jejak.test.evil.example",
    "http://evil-jejak.test",
    "http://sub.jejak.test",
    "http://jejak.test:8080",
    "https://app.example.evil",
    "https://app.example:444",
    "http://app.example",
    "https://APP.example.",
    "https://user@jejak.test",
    "http://jejak.test/",
    "file://",
    "null",
    "nonsense",
    "http://[",
    "http://[::1]]",
    "://",
    "*",
]


@pytest.fixture(autouse=True)
async def _connected(database):
    """Every request that is let through looks for its viewer in the database."""


async def ways(client, headers):
    """A GraphQL request in each of the ways that a page can send one."""
    yield await client.post("/graphql", json=QUERY, headers=headers)
    yield await client.get("/graphql", params=QUERY, headers=headers)
    plain = {"Content-Type": "text/plain"} | headers
    yield await client.post("/graphql", content=b'{"query": "{ __typename }"}', headers=plain)


@pytest.mark.parametrize("origin", FOREIGN)
async def test_a_page_of_another_origin_gets_nothing(origin):
    async with statements() as counted:
        async for response in ways(at(LISTED), {"Origin": origin}):
            assert (response.status_code, code(response)) == (403, "FOREIGN_ORIGIN")
            assert not [name for name in response.headers if name.startswith("access-control")]
    assert len(counted) == 0


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_what_another_site_embeds_gets_nothing(site):
    """Images and scripts are sent without `Origin`."""
    for mode, dest in (("no-cors", "image"), ("no-cors", "script"), ("navigate", "document")):
        headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest}
        async for response in ways(at(LISTED), headers):
            assert (response.status_code, code(response)) == (403, "FOREIGN_ORIGIN")


async def test_a_change_asked_for_by_a_foreign_page_is_not_made():
    unit = await f.a_unit()
    person = await as_(await f.a_person(Role.MANAGER, unit))
    given = {"unitId": gid(unit), "service": "PB_PD", "title": "x", "occurredOn": "2026-01-01"}
    body = {"query": document("captureJourney"), "variables": {"input": given}}
    for origin, status in (("https://evil.example", 403), ("http://jejak.test", 200)):
        if status == 403:
            async with unchanged():
                response = await http().post(
                    "/graphql", json=body, headers=person.all_headers | {"Origin": origin}
                )
        else:
            response = await http().post(
                "/graphql", json=body, headers=person.all_headers | {"Origin": origin}
            )
        assert response.status_code == status
    assert response.json()["data"]["captureJourney"]["errors"] == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://jejak.test"},
        {"Origin": "http://jejak.test", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "https://jejak.test"},  # behind a proxy that speaks TLS for us
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"},
        {"Origin": "https://app.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://localhost:5173", "Sec-Fetch-Site": "cross-site"},
    ],
)
async def test_own_pages_listed_ones_and_programs_are_answered(headers):
    response = await at(LISTED).post("/graphql", json=QUERY, headers=headers)
    assert (response.status_code, response.json()["data"]) == (200, {"__typename": "Query"})


@pytest.mark.parametrize(
    ("base", "origin", "status"),
    [
        ("http://jejak.test:8000", "http://jejak.test:8000", 200),
        ("http://jejak.test:8000", "http://jejak.test", 403),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000", 200),
        ("http://[::1]:8000", "http://[::1]:8000", 200),
        ("http://[::1]:8000", "http://[::2]:8000", 403),
    ],
)
async def test_without_a_public_address_the_own_origin_is_the_host_asked_for(base, origin, status):
    response = await at(SETTINGS, base).post("/graphql", json=QUERY, headers={"Origin": origin})
    assert response.status_code == status


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://jejak.example", 200),
        ("https://app.example", 200),
        ("http://jejak.example", 403),
        ("https://jejak.example:8443", 403),
        ("http://jejak.test", 403),
    ],
)
async def test_with_a_public_address_that_alone_is_the_own_origin(origin, status):
    client = at(PUBLIC, "https://jejak.example")
    response = await client.post("/graphql", json=QUERY, headers={"Origin": origin})
    assert response.status_code == status


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "jejak.example:8000", "jejak.example.evil"])
async def test_with_a_public_address_another_host_is_refused(host):
    """A name of somebody else's that points at our address is how a page becomes one of our own host."""
    client = at(PUBLIC, "https://jejak.example")
    headers = {"Host": host, "Origin": f"https://{host}"}
    for sent in (headers, {"Host": host}):
        async with statements() as counted:
            response = await client.post("/graphql", json=QUERY, headers=sent)
        assert (response.status_code, code(response)) == (421, "WRONG_HOST")
        assert "https://jejak.example" in response.json()["errors"][0]["message"]
        assert len(counted) == 0


async def test_the_public_host_may_be_written_with_its_port():
    headers = {"Host": "JEJAK.example:443"}
    response = await at(PUBLIC, "https://jejak.example").post("/graphql", json=QUERY, headers=headers)
    assert response.status_code == 200


async def test_health_is_told_at_any_host_and_to_any_page():
    headers = {"Host": "10.0.0.7:8000", "Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    for path in ("/health/live", "/health/ready"):
        response = await at(PUBLIC).get(path, headers=headers)
        assert response.status_code == 200
        assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize("origin", ["https://app.example", "http://localhost:5173"])
async def test_a_listed_page_may_read_every_answer_also_the_refusals(origin):
    headers = {"Origin": origin, "Accept-Encoding": "gzip"}
    client = at(LISTED)
    answers = [
        await client.post("/graphql", json=QUERY, headers=headers),
        await client.post("/graphql", json={}, headers=headers),
        await client.post("/graphql", json=QUERY, headers=headers | {"Authorization": "Bearer nonsense"}),
        await client.put("/graphql", headers=headers),
        await client.get("/nowhere", headers=headers),
    ]
    assert [answer.status_code for answer in answers] == [200, 400, 401, 405, 404]
    for answer in answers:
        assert answer.headers["access-control-allow-origin"] == origin
        assert answer.headers["access-control-allow-credentials"] == "true"
        exposed = answer.headers["access-control-expose-headers"].split(", ")
        assert {"x-request-id", "ratelimit", "ratelimit-policy", "retry-after"} <= set(exposed)
        assert {"origin", "accept"} <= set(answer.headers["vary"].lower().replace(" ", "").split(","))


async def test_answers_to_nobody_in_particular_differ_by_origin_and_name_none():
    response = await at(LISTED).post("/graphql", json=QUERY)
    assert "origin" in response.headers["vary"].lower()
    own = await at(LISTED).post("/graphql", json=QUERY, headers={"Origin": "http://jejak.test"})
    for answer in (response, own):
        assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_a_listed_page_may_ask_first():
    headers = {
        "Origin": "https://app.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type",
    }
    response = await at(LISTED).options("/graphql", headers=headers)
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["access-control-allow-origin"] == "https://app.example"
    assert response.headers["access-control-allow-credentials"] == "true"
    assert "POST" in response.headers["access-control-allow-methods"]
    allowed = set(response.headers["access-control-allow-headers"].split(", "))
    assert {"authorization", "content-type", "x-csrf-token"} <= allowed
    assert int(response.headers["access-control-max-age"]) > 0


async def test_a_foreign_page_that_asks_first_is_refused():
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    response = await at(LISTED).options("/graphql", headers=headers)
    assert response.status_code == 403
    assert not [name for name in response.headers if name.startswith("access-control")]


async def test_a_person_may_be_led_here_from_another_site_but_no_page_may_fetch():
    # given: a place where people arrive, as back from a sign-in elsewhere
    @get("/arrive")
    async def arrive() -> str:
        return "here"

    app = create_app(LISTED)
    app.register(arrive)
    client = over(app)
    led = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    # then
    assert (await client.get("/arrive", headers=led)).status_code == 200
    for wrong in (
        {"Sec-Fetch-Mode": "no-cors"},
        {"Sec-Fetch-Mode": "cors"},
        {"Sec-Fetch-Dest": "iframe"},
        {"Origin": "https://evil.example"},
    ):
        assert (await client.get("/arrive", headers=led | wrong)).status_code == 403, wrong


@pytest.mark.parametrize(
    ("headers", "opened"),
    [
        ({"origin": "https://evil.example"}, False),
        ({"origin": "null"}, False),
        ({"origin": "https://jejak.example", "host": "evil.example"}, False),
        ({"origin": "https://jejak.example"}, True),
        ({"origin": "https://app.example"}, True),
        ({}, True),
    ],
)
async def test_a_foreign_page_opens_no_web_socket(headers, opened):
    @websocket_listener("/echo")
    async def echo(data: str) -> str:
        return data

    app = create_app(PUBLIC)
    app.register(echo)
    given = {"host": "jejak.example"} | headers
    scope = {
        "type": "websocket",
        "path": "/echo",
        "raw_path": b"/echo",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        "subprotocols": [],
        "client": ("127.0.0.1", 1),
        "extensions": {},
    }
    coming = [{"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1000}]
    sent = []

    async def receive():
        return coming.pop(0)

    async def send(message):
        sent.append(message["type"])

    await app(scope, receive, send)
    assert sent[:1] == (["websocket.accept"] if opened else ["websocket.close"])
