"""What every answer bears, whatever it answers."""

from dataclasses import replace

import pytest

from jejak.api.app import create_app
from jejak.domain import db
from jejak.domain.vocabulary import Role
from tests import factories as f
from tests.api.live import at, limited, served
from tests.client import SETTINGS, as_, over

EVERY = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
}
QUERY = {"query": "{ __typename }"}


@pytest.fixture(autouse=True)
async def _connected(database):
    """Every request that is let through looks for its viewer in the database."""


async def every_kind_of_answer(client, monkeypatch):
    yield 200, await client.post("/graphql", json=QUERY)
    yield 200, await client.get("/health/live")
    yield 204, await client.options("/graphql")
    yield 400, await client.post("/graphql", json={})
    yield 401, await client.post("/graphql", json=QUERY, headers={"Authorization": "Bearer x"})
    yield 403, await client.post("/graphql", json=QUERY, headers={"Origin": "https://evil.example"})
    yield 404, await client.get("/nowhere")
    yield 405, await client.put("/graphql")
    yield 406, await client.get("/graphql", params=QUERY, headers={"Accept": "text/html"})
    yield 413, await client.post("/graphql", json={"query": "x" * 100_001})
    yield 415, await client.post("/graphql", content=b"{}")
    with monkeypatch.context() as broken:
        broken.setattr(db, "fetch", None)
        yield 500, await client.post("/graphql", json=QUERY, headers={"Authorization": "Bearer x"})
    crowded = over(create_app(limited(per_minute=1, burst=1)))
    await crowded.post("/graphql", json=QUERY)
    yield 429, await crowded.post("/graphql", json=QUERY)


async def test_every_answer_bears_the_headers_that_keep_browsers_safe(monkeypatch):
    async for status, response in every_kind_of_answer(at(SETTINGS), monkeypatch):
        assert response.status_code == status
        assert {name: response.headers.get(name) for name in EVERY} == EVERY, status
        assert "camera=()" in response.headers["permissions-policy"]
        assert response.headers["x-request-id"]
        assert "strict-transport-security" not in response.headers
        assert "server" not in response.headers
        # each once
        names = [name for name, _ in response.headers.multi_items() if name != "vary"]
        assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize(("public", "told"), [("https://jejak.test", True), ("http://jejak.test", False)])
async def test_where_it_is_reached_by_tls_it_is_to_be_reached_by_nothing_else(public, told):
    client = at(replace(SETTINGS, public_url=public))
    for response in (await client.post("/graphql", json=QUERY), await client.get("/nowhere")):
        assert response.headers.get("strict-transport-security") == ("max-age=31536000" if told else None)


async def test_over_a_socket_no_server_is_named(redis_url):
    async with served(SETTINGS, redis_url) as client:
        for path in ("/health/live", "/nowhere"):
            response = await client.get(path)
            assert "server" not in response.headers
            assert response.headers["date"]


async def test_a_long_answer_that_travels_compressed_bears_them_too():
    client = await as_(await f.a_person(Role.VIEWER))
    response = await client.raw("{ steps { title measures { title } initiatives { title } } }")
    assert response.headers["content-encoding"] == "gzip"
    assert {name: response.headers.get(name) for name in EVERY} == EVERY
