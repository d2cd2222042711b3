"""GraphQL over Server-Sent Events: one operation a request, as browsers and scripts read it."""

import asyncio
import json
import logging

import httpx
import pytest

from jejak.api import stream
from jejak.domain import db, feed, relay, subscription
from jejak.domain.tables.task import Task
from jejak.domain.vocabulary import Role
from tests import factories as f
from tests.client import NOBODY, as_, document, gid
from tests.following import PATIENCE, an_api
from tests.graphql.test_subscription import TASKS
from tests.refusals import unchanged

EVENTS = {"Accept": "text/event-stream"}


async def test_a_change_is_an_event_with_its_id(live):
    unit = await f.a_unit()
    await relay.drain()
    async with live.stream(await as_(await f.a_person(Role.VIEWER, unit)), TASKS) as events:
        assert events.response.status_code == 200
        assert events.response.headers["content-type"].startswith("text/event-stream")
        assert events.response.headers["cache-control"] == "no-store"
        # Once it is answered, whatever happens is in it
        for _ in range(2):
            task = await f.a_task(unit)
            await relay.drain()
            block = await events.next()
            told = json.loads(block["data"])["data"]["taskChanged"]
            assert (block["event"], block["id"]) == ("next", told["eventId"])
            assert told["task"]["id"] == gid(task)


async def test_a_client_that_comes_back_goes_on_where_it_was(live):
    unit = await f.a_unit()
    who = await as_(await f.a_person(Role.VIEWER, unit))
    await relay.drain()
    async with live.stream(who, TASKS) as events:
        await f.a_task(unit)
        await relay.drain()
        last = (await events.next())["id"]
    missed = []
    for _ in range(3):
        missed.append(gid(await f.a_task(unit)))
        await relay.drain()
    # `Last-Event-ID`, which its browser sends, goes before what its document says
    async with live.stream(who, TASKS, {"since": "nonsense"}, **{"Last-Event-ID": last}) as events:
        told = [(await events.data())["taskChanged"]["task"]["id"] for _ in missed]
        assert told == missed
    async with live.stream(who, TASKS, {"since": last}) as events:
        assert (await events.data())["taskChanged"]["task"]["id"] == missed[0]


async def test_who_is_cut_off_before_the_first_message_comes_back_to_where_it_began(live):
    # Given a stream that has said where it begins, and nothing more
    unit = await f.a_unit()
    who = await as_(await f.a_person(Role.VIEWER, unit))
    await f.a_task(unit)
    await relay.drain()
    async with live.stream(who, TASKS) as events:
        begin = await events.block()
    assert set(begin) == {"id"}
    # When something happens meanwhile
    task = await f.a_task(unit)
    await relay.drain()
    # Then it is told to who comes back
    async with live.stream(who, TASKS, **{"Last-Event-ID": begin["id"]}) as events:
        assert (await events.data())["taskChanged"]["task"]["id"] == gid(task)


@pytest.mark.parametrize("last", ["nonsense", "00000000-0000-0000-0000-000000000000", "\xff"])
async def test_an_id_that_nobody_was_told_is_refused(live, last):
    async with live.stream(
        await as_(await f.a_person(Role.VIEWER)), TASKS, **{"Last-Event-ID": last.encode("latin-1")}
    ) as events:
        # A browser comes back by itself: by an empty id it forgets the one that is refused
        assert (await refused(events, "GONE"))["id"] == ""


async def refused(events, code):
    block = await events.next()
    answer = json.loads(block["data"])
    assert (block["event"], [e["extensions"]["code"] for e in answer["errors"]]) == ("next", [code])
    assert "data" not in answer
    assert await events.block() == {"event": "complete", "data": ""}
    assert await events.block() == {}
    return block


async def test_a_sign_in_that_needs_a_cookie_is_refused_where_none_can_be_set(live):
    person = await f.a_person(Role.VIEWER)
    given = {"email": person.email, "password": f.PASSWORD, "browser": True}
    async with unchanged(), live.stream(NOBODY, document("signIn", "csrfToken"), {"input": given}) as events:
        answer = json.loads((await events.next())["data"])
        assert [e["extensions"]["code"] for e in answer["errors"]] == ["BAD_REQUEST"]


async def test_a_browser_asks_by_get(live):
    unit = await f.a_unit()
    who = await as_(await f.a_person(Role.VIEWER, unit))
    await relay.drain()
    query = "subscription { taskChanged { eventId } }"
    async with (
        httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as http,
        http.stream("GET", live.url, params={"query": query}, headers=EVENTS | who.all_headers) as response,
    ):
        await f.a_task(unit)
        await relay.drain()
        lines = response.aiter_lines()
        while (await anext(lines)) != "event: next":
            pass
        assert (await anext(lines)).startswith("id: ")


async def test_what_it_accepts_in_gzip_comes_at_once_all_the_same(live):
    unit = await f.a_unit()
    who = await as_(await f.a_person(Role.VIEWER, unit))
    await relay.drain()
    async with live.stream(who, TASKS, **{"Accept-Encoding": "gzip"}) as events:
        assert "content-encoding" not in events.response.headers
        await f.a_task(unit)
        await relay.drain()
        assert await events.data()


async def test_a_query_is_one_event(live):
    async with live.stream(NOBODY, "{ __typename }") as events:
        assert await events.data() == {"__typename": "Query"}
        assert await events.block() == {"event": "complete", "data": ""}
        assert await events.block() == {}


async def test_a_mutation_is_carried_out_once_and_never_by_get(live):
    unit = await f.a_unit()
    owner = await f.a_person(Role.CONTRIBUTOR, unit)
    task = await f.a_task(unit, owner=owner)
    who = await as_(owner)
    given = {"taskId": gid(task), "expectedVersion": task.version, "progress": 30}
    params = {"query": document("reportProgress"), "variables": json.dumps({"input": given})}
    async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as http:
        response = await http.get(live.url, params=params, headers=EVENTS | who.all_headers)
    assert "BAD_REQUEST" in response.text
    assert (await Task.objects().get(Task.id == task.id)).progress == 0
    async with live.stream(who, document("reportProgress", "task { progress }"), {"input": given}) as events:
        assert (await events.data())["reportProgress"] == {"task": {"progress": 30}, "errors": []}


@pytest.mark.parametrize("query", ["{", "{ nonsense }", "subscription { taskChanged { nonsense } }"])
async def test_a_broken_document_is_told_so_and_completed(live, query):
    async with live.stream(NOBODY, query) as events:
        await refused(events, "BAD_REQUEST")


async def test_who_is_not_signed_in_follows_nothing(live):
    async with live.stream(NOBODY, TASKS) as events:
        await refused(events, "UNAUTHENTICATED")


async def test_a_token_that_is_none_is_refused_before_the_stream(live):
    headers = EVENTS | {"Authorization": "Bearer nonsense"}
    async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as http:
        response = await http.post(live.url, json={"query": TASKS}, headers=headers)
    assert response.status_code == 401


async def test_a_sign_in_that_ends_ends_the_stream(live, monkeypatch):
    monkeypatch.setattr(subscription, "CHECK_SECONDS", 600)
    who = await f.a_person(Role.VIEWER)
    async with live.stream(await as_(who), TASKS) as events:
        async with db.transaction():
            await db.execute("delete from session where person_id = $1", who.id)
            await feed.sight_changed(who.id)
        await refused(events, "UNAUTHENTICATED")


async def test_while_nothing_happens_the_stream_says_that_it_lives(live, monkeypatch):
    monkeypatch.setattr(stream, "KEEP_ALIVE_SECONDS", 0.02)
    async with live.stream(await as_(await f.a_person(Role.VIEWER)), TASKS) as events:
        for _ in range(3):
            assert await events.block() == {"": ""}


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json", "*/*"])
async def test_a_subscription_is_not_answered_in_one_piece(live, accept):
    who = await as_(await f.a_person(Role.VIEWER))
    async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as http:
        response = await http.post(
            live.url, json={"query": TASKS}, headers={"Accept": accept} | who.all_headers
        )
    assert response.status_code == 406
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


async def test_the_head_of_a_stream_is_refused_and_not_waited_for(live):
    who = await as_(await f.a_person(Role.VIEWER))
    async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as http:
        response = await http.head(
            live.url,
            params={"query": "subscription { taskChanged { eventId } }"},
            headers=EVENTS | who.all_headers,
        )
    assert (response.status_code, response.headers["allow"]) == (405, "GET, POST")
    assert live.tail.followers == 0


async def test_a_client_that_goes_leaves_nothing_behind(live, caplog):
    who = await as_(await f.a_person(Role.VIEWER))
    for _ in range(3):
        async with live.stream(who, TASKS):
            pass
    async with asyncio.timeout(PATIENCE):
        while live.tail.followers:
            await asyncio.sleep(0.01)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_at_the_end_of_the_process_the_stream_is_cut_for_the_client_to_come_back(database, caplog):
    who = await as_(await f.a_person(Role.VIEWER))
    async with an_api() as live:
        async with live.stream(who, TASKS) as events:
            live.stop()
            while block := await events.block():
                assert "event" not in block
        async with asyncio.timeout(PATIENCE):
            await live.task
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
