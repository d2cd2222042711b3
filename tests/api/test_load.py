"""What takes too long is stopped and leaves nothing behind; what is too much at once is told to come again."""

import asyncio
import json
from contextlib import asynccontextmanager

import httpx
import pytest

from jejak.api.app import create_app
from jejak.domain import db
from jejak.domain.vocabulary import Role
from jejak.graphql.reading import plan
from tests import factories as f
from tests.api.live import code, limited, locked, served
from tests.client import as_, document, gid, http, over
from tests.refusals import unchanged
from tests.sql import waiting

STEPS = {"query": "{ steps { number } }"}
UNSIGNED = {"query": "{ __typename }"}
SLOW = limited(seconds=0.2)


@pytest.fixture(autouse=True)
async def _connected(database):
    """With up to 20 connections."""


async def busy():
    """Connections of ours in the middle of something."""
    return await db.fetchval(
        "select count(*) from pg_stat_activity where datname = current_database() "
        "and application_name = 'jejak' and state <> 'idle' and pid <> pg_backend_pid()"
    )


async def test_what_takes_too_long_is_stopped_and_its_connection_is_as_new(database, caplog):
    # given
    person = await as_(await f.a_person(Role.VIEWER))
    client = over(create_app(SLOW))
    # when there are more of them than connections
    async with locked(database, "step"):
        stopped = await asyncio.gather(
            *(client.post("/graphql", json=STEPS, headers=person.all_headers) for _ in range(21))
        )
    # then
    for response in stopped:
        assert (response.status_code, code(response)) == (504, "TIMED_OUT")
        assert response.headers["x-request-id"] in caplog.text
    assert await busy() == 0
    answer = await http().post("/graphql", json=STEPS, headers=person.all_headers)
    assert len(answer.json()["data"]["steps"]) == 10


async def test_a_change_that_takes_too_long_is_undone(database):
    # given: the change itself goes well, and then has to wait
    unit = await f.a_unit()
    person = await as_(await f.a_person(Role.MANAGER, unit))
    given = {"unitId": gid(unit), "service": "PB_PD", "title": "x", "occurredOn": "2026-01-01"}
    body = {"query": document("captureJourney"), "variables": {"input": given}}
    client = over(create_app(SLOW))
    # when
    async with unchanged(), locked(database, "event"):
        response = await client.post("/graphql", json=body, headers=person.all_headers)
    # then
    assert (response.status_code, code(response)) == (504, "TIMED_OUT")
    assert await busy() == 0
    again = await http().post("/graphql", json=body, headers=person.all_headers)
    assert again.json()["data"]["captureJourney"]["errors"] == []


async def test_who_is_signed_in_slowly_is_stopped_too(database):
    person = await as_(await f.a_person())
    client = over(create_app(SLOW))
    async with locked(database, "session"):
        response = await client.post("/graphql", json=UNSIGNED, headers=person.all_headers)
    assert (response.status_code, code(response)) == (504, "TIMED_OUT")


@pytest.mark.parametrize(
    ("executor", "data"),
    [("any", None), ("ordinary", {"step": None, "programme": {"code": "CX100"}})],
)
async def test_a_query_that_takes_too_long_is_told_so_and_by_the_ordinary_executor_costs_no_other_field(
    database, monkeypatch, caplog, executor, data
):
    monkeypatch.setattr(plan, "READ_SECONDS", 0.2)
    person = await as_(await f.a_person(Role.VIEWER))
    async with locked(database, "step"):
        answer = (
            await person.raw(
                "{ step(number: 1) { number } programme { code } }", extensions={"executor": executor}
            )
        ).json()
    assert answer["data"] == data
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["TIMED_OUT"]
    assert answer["errors"][0]["path"] == ["step"]
    assert "took too long" in caplog.text
    assert await busy() == 0


@asynccontextmanager
async def held(client, database_url, **headers):
    """While this is open the client has a request under way, which cannot go on."""
    async with locked(database_url, "step"):
        task = asyncio.create_task(client.post("/graphql", json=STEPS, headers=headers))
        await until(waiting)
        yield
    response = await task
    assert len(response.json()["data"]["steps"]) == 10


async def test_beyond_what_a_process_does_at_once_who_waits_too_long_is_told_to_come_again(database):
    # given
    one, other = [await as_(await f.a_person(Role.VIEWER)) for _ in range(2)]
    app = create_app(limited(at_once=1, wait=0.1))
    async with held(over(app), database, **one.all_headers):
        # when
        response = await over(app).post("/graphql", json=UNSIGNED, headers=other.all_headers)
        live = await over(app).get("/health/live")
    # then
    assert (response.status_code, code(response)) == (503, "BUSY")
    assert response.headers["retry-after"] == "1"
    assert live.status_code == 200
    # and the place is free again
    assert (await over(app).post("/graphql", json=UNSIGNED)).status_code == 200


async def test_a_caller_with_too_much_at_once_does_not_hold_up_the_others(database):
    # given
    one, other = [await as_(await f.a_person(Role.VIEWER)) for _ in range(2)]
    app = create_app(limited(at_once_each=1, wait=0.1))
    async with held(over(app), database, **one.all_headers):
        # when
        more = await over(app).post("/graphql", json=UNSIGNED, headers=one.all_headers)
        others = await over(app).post("/graphql", json=UNSIGNED, headers=other.all_headers)
    # then
    assert (more.status_code, code(more), more.headers["retry-after"]) == (429, "RATE_LIMITED", "1")
    assert others.status_code == 200
    again = await over(app).post("/graphql", json=UNSIGNED, headers=one.all_headers)
    assert again.status_code == 200


async def test_who_waits_in_line_is_served_when_it_is_their_turn(database):
    one, other = [await as_(await f.a_person(Role.VIEWER)) for _ in range(2)]
    app = create_app(limited(at_once=1, wait=20))
    async with held(over(app), database, **one.all_headers):
        standing = asyncio.create_task(over(app).post("/graphql", json=STEPS, headers=other.all_headers))
        await asyncio.sleep(0)
    assert (await standing).status_code == 200


async def raw(base: httpx.URL, *parts: bytes) -> bytes:
    """What is answered to these bytes on a connection that then stays open."""
    reader, writer = await asyncio.open_connection(base.host, base.port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        async with asyncio.timeout(20):
            return await reader.read(65_536)
    finally:
        writer.close()


HEAD = b"POST /graphql HTTP/1.1\r\nHost: jejak.test\r\nContent-Type: application/json\r\n"


async def test_a_body_that_does_not_arrive_is_not_waited_for(redis_url):
    async with served(SLOW, redis_url) as client:
        answer = await raw(client.base_url, HEAD, b"Content-Length: 100\r\n\r\n", b'{"query": ')
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"TIMED_OUT" in answer


async def test_a_body_that_grows_beyond_the_most_is_not_read_to_its_end(redis_url):
    async with served(limited(bytes=1_000), redis_url) as client:
        announced = await client.post(
            "/graphql", content=b" " * 1_001, headers={"Content-Type": "application/json"}
        )
        assert (announced.status_code, code(announced)) == (413, "TOO_LARGE")
        sent = b"".join(
            f"{len(p):x}\r\n".encode() + p + b"\r\n" for p in (b'{"query": "', b"x" * 500, b"x" * 500)
        )
        grown = await raw(client.base_url, HEAD, b"Transfer-Encoding: chunked\r\n\r\n", sent)
        assert grown.startswith(b"HTTP/1.1 413 ")


async def test_who_hangs_up_half_way_is_no_fault_of_ours(redis_url, caplog):
    async with served(limited(), redis_url) as client:
        host, port = client.base_url.host, client.base_url.port
        for part in (b"", b'{"query": '):
            _, writer = await asyncio.open_connection(host, port)
            writer.write(HEAD + b"Content-Length: 100\r\n\r\n" + part)
            await writer.drain()
            writer.transport.abort()
        assert (await client.post("/graphql", json=UNSIGNED)).status_code == 200
    assert [record for record in caplog.records if record.levelname in {"ERROR", "CRITICAL"}] == []


async def hang_up(client, body, person, so_far):
    """Sends a request, and leaves once the server is `so_far`."""
    content = json.dumps(body).encode()
    _, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
    writer.write(HEAD + f"Authorization: Bearer {person.token}\r\n".encode())
    writer.write(f"Content-Length: {len(content)}\r\n\r\n".encode() + content)
    await until(so_far)
    writer.transport.abort()


async def until(true):
    async with asyncio.timeout(20):
        while not await true():
            await asyncio.sleep(0.01)


async def test_what_is_read_for_nobody_is_not_read_on(database, redis_url, caplog):
    person = await as_(await f.a_person(Role.VIEWER))
    async with served(limited(at_once=1, wait=20), redis_url) as client:
        async with locked(database, "step"):
            await hang_up(client, STEPS, person, waiting)

            async def nobody_waits():
                return not await waiting()

            await until(nobody_waits)
            # Its place is free
            assert (await client.post("/graphql", json=UNSIGNED)).status_code == 200
        assert await busy() == 0
    assert [record for record in caplog.records if record.levelname in {"ERROR", "CRITICAL"}] == []


async def test_a_change_is_made_also_when_who_asked_for_it_has_gone(database, redis_url):
    unit = await f.a_unit()
    person = await as_(await f.a_person(Role.MANAGER, unit))
    given = {"unitId": gid(unit), "service": "PB_PD", "title": "x", "occurredOn": "2026-01-01"}
    body = {"query": document("captureJourney"), "variables": {"input": given}}

    async def is_there():
        return await db.fetchval("select count(*) from journey")

    async with served(limited(), redis_url) as client:
        async with locked(database, "event"):
            await hang_up(client, body, person, waiting)
            # Whatever is heard of it is dealt with first
            assert (await client.post("/graphql", json=UNSIGNED)).status_code == 200
        await until(is_there)


async def test_head_answers_as_get_does_without_a_body(redis_url):
    async with served(limited(), redis_url) as client:
        got = await client.get("/graphql", params=UNSIGNED)
        head = await client.head("/graphql", params=UNSIGNED)
        mutation = await client.head("/graphql", params={"query": "mutation { __typename }"})
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == got.headers["content-type"]
    assert head.headers["content-length"] == str(len(got.content))
    assert (mutation.status_code, mutation.content) == (405, b"")


async def test_partial_success_is_told_by_its_status_over_a_socket(redis_url):
    headers = {"Accept": "application/graphql-response+json"}
    async with served(limited(), redis_url) as client:
        answer = await client.post(
            "/graphql", json={"query": "{ a: __typename viewer { id } }"}, headers=headers
        )
    assert answer.status_code == 294
    assert json.loads(answer.content)["data"] is None
