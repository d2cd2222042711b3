"""What a process tells of itself to whoever watches it."""

import asyncio

import pytest
from litestar import Litestar, get
from prometheus_client.parser import text_string_to_metric_families

from jejak.api.app import create_app
from jejak.api.metrics import Metrics, counted
from jejak.domain import db
from jejak.domain.vocabulary import Role
from jejak.graphql.context import Execution
from tests import factories as f
from tests.api.live import limited, locked
from tests.client import SETTINGS, as_, over
from tests.following import an_api
from tests.sql import waiting

QUERY = {"query": "{ __typename }"}
STEPS = {"query": "{ steps { number } }"}


@pytest.fixture(autouse=True)
async def _connected(database):
    """Every request that is let through looks for its viewer in the database."""


async def figures(client):
    """By name and the values of labels, in the order of their names."""
    answer = await client.get("/health/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def test_requests_are_counted_by_the_class_of_their_status_and_timed():
    client = over(create_app(SETTINGS))
    for _ in range(2):
        await client.post("/graphql", json=QUERY)
    await client.post("/graphql", json={})
    await client.get("/nowhere")
    found = await figures(client)
    assert found["jejak_request_seconds_count", "2xx"] == 2
    assert found["jejak_request_seconds_count", "4xx"] == 2
    assert found["jejak_request_seconds_count", "5xx"] == 0
    assert 0 < found["jejak_request_seconds_sum", "2xx"] < 20
    assert found["jejak_request_seconds_bucket", "+Inf", "2xx"] == 2


async def test_a_request_that_waits_is_told_as_slow(database):
    client = over(create_app(SETTINGS))
    person = await as_(await f.a_person(Role.VIEWER))
    async with locked(database, "step"):
        task = asyncio.create_task(client.post("/graphql", json=STEPS, headers=person.all_headers))
        await asyncio.sleep(0.15)
    assert (await task).status_code == 200
    found = await figures(client)
    assert found["jejak_request_seconds_bucket", "0.1", "2xx"] == 0
    assert found["jejak_request_seconds_sum", "2xx"] > 0.1


async def test_what_looks_after_the_process_is_not_counted():
    client = over(create_app(SETTINGS))
    await client.get("/health/live")
    await figures(client)
    found = await figures(client)
    assert found["jejak_request_seconds_count", "2xx"] == 0
    assert found["jejak_requests_in_flight",] == 0


async def test_what_is_under_way_is_told_with_the_connections_it_uses(database):
    client = over(create_app(SETTINGS))
    person = await as_(await f.a_person(Role.VIEWER))
    async with locked(database, "step"):
        task = asyncio.create_task(client.post("/graphql", json=STEPS, headers=person.all_headers))
        while not await waiting():
            await asyncio.sleep(0.01)
        found = await figures(client)
    await task
    after = await figures(client)
    assert [each["jejak_requests_in_flight",] for each in (found, after)] == [1, 0]
    assert [each["jejak_database_connections", "in_use"] for each in (found, after)] == [1, 0]
    assert after["jejak_database_connections", "idle"] >= 1
    assert after["jejak_database_connections", "most"] == 20


async def test_a_stream_is_under_way_until_it_ends():
    query = "subscription { taskChanged { eventId } }"
    async with an_api() as live:
        client = over(live.server.config.app)
        who = await as_(await f.a_person(Role.VIEWER))
        async with live.stream(who, query) as events:
            await events.block()
            assert (await figures(client))["jejak_requests_in_flight",] == 1
            assert (await figures(client))["jejak_request_seconds_count", "2xx"] == 1
        async with asyncio.timeout(20):
            while (await figures(client))["jejak_requests_in_flight",]:
                await asyncio.sleep(0.01)


async def test_who_asks_too_often_is_counted():
    client = over(create_app(limited(per_minute=1, burst=1)))
    for _ in range(3):
        await client.post("/graphql", json=QUERY)
    found = await figures(client)
    assert found["jejak_rate_limited_total",] == 2
    assert found["jejak_request_seconds_count", "4xx"] == 2


async def test_operations_are_counted_by_how_they_were_carried_out_and_for_their_own_application():
    @get("/")
    async def carry_out() -> None:
        counted(Execution(compiled=True))
        counted(Execution(why="FIELD"))

    def an_app():
        metrics = Metrics()
        return over(Litestar([carry_out, metrics.route()], middleware=[metrics.measured]))

    one, other = an_app(), an_app()
    for _ in range(2):
        assert (await one.get("/")).status_code == 200
    # by nobody's request
    counted(Execution(compiled=True))
    found = await figures(one)
    assert found["jejak_operations_total", "compiled", ""] == 2
    assert found["jejak_operations_total", "ordinary", "FIELD"] == 2
    assert ("jejak_operations_total", "compiled", "") not in await figures(other)


async def test_they_are_told_while_the_database_is_not_connected(database):
    await db.close()
    try:
        found = await figures(over(create_app(SETTINGS)))
    finally:
        await db.connect(database)
    assert found["jejak_database_connections", "in_use"] == 0
