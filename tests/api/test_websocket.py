"""The sub-protocol graphql-transport-ws, by a client that knows it and by clients that do not."""

import json

import pytest
from websockets.exceptions import InvalidStatus

from jejak.api import websocket
from jejak.domain import db, relay, session
from jejak.domain.session import Origin
from jejak.domain.tables.task import Task
from jejak.domain.vocabulary import Role
from tests import factories as f
from tests.client import NOBODY, as_, document, gid
from tests.following import Talk
from tests.graphql.test_subscription import TASKS
from tests.refusals import unchanged

INIT = {"type": "connection_init"}

NAME = "{ __typename }"


def subscribe(query=NAME, key="1", **more):
    return {"id": key, "type": "subscribe", "payload": {"query": query} | more}


@pytest.fixture
async def talk(live):
    """Nobody's connection, not yet initialised."""
    async with live.raw() as connection:
        yield Talk(connection)


async def test_the_sub_protocol_is_agreed_upon(live):
    async with live.raw(subprotocols=["graphql-ws", "graphql-transport-ws"]) as connection:
        assert connection.subprotocol == "graphql-transport-ws"


@pytest.mark.parametrize("offered", [None, ["graphql-ws"], ["nonsense"]])
async def test_another_sub_protocol_is_closed(live, offered):
    async with live.raw(subprotocols=offered) as connection:
        assert await Talk(connection).closed() == (4406, "Subprotocol not acceptable")


async def test_a_page_of_a_foreign_origin_is_refused(live):
    for origin in ("https://evil.example", "null", "http://127.0.0.1:1"):
        with pytest.raises(InvalidStatus) as caught:
            async with live.raw(origin=origin):
                pass
        assert caught.value.response.status_code == 403
    async with live.raw(origin=f"http://{live.address}") as connection:
        assert connection.subprotocol


async def test_a_query_is_answered_and_completed(talk):
    await talk.send(INIT)
    assert await talk.receive() == {"type": "connection_ack"}
    await talk.send(subscribe())
    answer = await talk.receive()
    assert (answer["id"], answer["type"], answer["payload"]["data"]) == ("1", "next", {"__typename": "Query"})
    assert answer["payload"]["extensions"]["cost"]["rows"] == 0
    assert await talk.receive() == {"id": "1", "type": "complete"}
    # And its id is free again
    await talk.send(subscribe())
    assert (await talk.receive())["type"] == "next"


async def test_a_mutation_is_carried_out_once(live):
    unit = await f.a_unit()
    owner = await f.a_person(Role.CONTRIBUTOR, unit)
    task = await f.a_task(unit, owner=owner)
    given = {"taskId": gid(task), "expectedVersion": task.version, "progress": 30}
    async with live.socket(await as_(owner)) as talk:
        answer = await talk.asked(document("reportProgress", "task { progress }"), input=given)
        assert answer["payload"]["data"]["reportProgress"] == {"task": {"progress": 30}, "errors": []}
        assert (await talk.receive())["type"] == "complete"
        again = await talk.asked(document("reportProgress", "task { progress }"), input=given)
        [error] = again["payload"]["data"]["reportProgress"]["errors"]
        assert error["code"] == "STALE"
    assert (await Task.objects().get(Task.id == task.id)).progress == 30


async def test_a_mutation_after_a_subscription_is_told_by_it(live):
    """What a client sends later happens later, though operations run side by side."""
    unit = await f.a_unit()
    owner = await f.a_person(Role.CONTRIBUTOR, unit)
    task = await f.a_task(unit, owner=owner)
    await relay.drain()
    given = {"taskId": gid(task), "expectedVersion": task.version, "progress": 30}
    async with live.socket(await as_(owner)) as talk:
        key = await talk.begin_quietly(TASKS)
        assert (await talk.asked(document("reportProgress"), input=given))["type"] == "next"
        await relay.drain()
        assert (await talk.receive())["type"] == "complete"
        assert (await talk.next(key))["taskChanged"]["task"]["progress"] == 30


async def test_the_handshakes_own_header_signs_in(live):
    who = await f.a_person(Role.VIEWER)
    async with live.raw(additional_headers=(await as_(who)).all_headers) as connection:
        talk = Talk(connection)
        await talk.send(INIT)
        assert await talk.receive() == {"type": "connection_ack"}
        assert (await talk.asked("{ viewer { id } }"))["payload"]["data"]["viewer"]


@pytest.mark.parametrize("name", ["Authorization", "authorization"])
async def test_the_payload_of_connection_init_signs_in(live, name):
    who = await as_(await f.a_person(Role.VIEWER))
    async with live.raw() as connection:
        talk = Talk(connection)
        await talk.send(INIT | {"payload": {name: f"Bearer {who.token}"}})
        assert await talk.receive() == {"type": "connection_ack"}
        assert (await talk.asked("{ viewer { id } }"))["payload"]["data"]["viewer"]


@pytest.mark.parametrize("given", ["Bearer nonsense", "Bearer ", "Basic x", "", 7, {}, ["Bearer x"]])
async def test_a_token_that_is_none_is_refused(talk, given):
    await talk.send(INIT | {"payload": {"Authorization": given}})
    assert await talk.closed() == (4403, "Forbidden")


async def test_signing_in_over_the_socket_is_for_that_operation(live):
    who = await f.a_person(Role.VIEWER)
    async with live.socket(NOBODY) as talk:
        given = {"email": who.email, "password": f.PASSWORD}
        answer = await talk.asked(document("signIn", "token"), input=given)
        assert answer["payload"]["data"]["signIn"]["token"]
        assert (await talk.receive())["type"] == "complete"
        refused = await talk.asked("{ viewer { id } }")
        assert refused["payload"]["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_no_connection_init_in_time(live, monkeypatch):
    monkeypatch.setattr(websocket, "INIT_SECONDS", 0.05)
    async with live.raw() as connection:
        talk = Talk(connection)
        await talk.send({"type": "ping"})
        assert await talk.closed() == (4408, "Connection initialisation timeout")


async def test_pings_are_answered_also_before_connection_init(talk):
    await talk.send({"type": "ping", "payload": {"any": "thing"}})
    assert await talk.receive() == {"type": "pong"}
    await talk.send({"type": "pong"})
    await talk.send(INIT)
    assert await talk.receive() == {"type": "connection_ack"}
    await talk.send({"type": "ping"})
    assert await talk.receive() == {"type": "pong"}


async def test_an_operation_before_connection_init_is_closed(talk):
    await talk.send(subscribe())
    assert await talk.closed() == (4401, "Unauthorized")


async def test_a_second_connection_init_is_closed(talk):
    await talk.send(INIT)
    await talk.send(INIT)
    assert await talk.closed() == (4429, "Too many initialisation requests")


async def test_an_id_of_any_letters_that_is_in_use_is_closed(live, caplog):
    """A reason is 123 bytes at most."""
    key = "\N{FOOTPRINTS}" * 100
    async with live.socket(await as_(await f.a_person(Role.VIEWER))) as talk:
        await talk.send(subscribe(TASKS, key))
        await talk.send(subscribe(TASKS, key))
        code, reason = await talk.closed()
    assert (code, reason.startswith("Subscriber for \N{FOOTPRINTS}")) == (4409, True)
    assert caplog.text == ""


async def test_an_id_that_is_in_use_is_closed(live):
    async with live.socket(await as_(await f.a_person(Role.VIEWER))) as talk:
        await talk.begin(TASKS)
        await talk.send(subscribe(key="1"))
        assert await talk.closed() == (4409, "Subscriber for 1 already exists")


NO_MESSAGES = [
    "",
    "nonsense",
    "[]",
    "null",
    "7",
    "{}",
    '{"type": 7}',
    '{"type": "nonsense"}',
    '{"type": ["ping"]}',
    '{"type": "next", "id": "1"}',
    "[" * 10_000,
    b"\x00\x01",
    json.dumps({"type": "connection_init"}).encode(),
]


@pytest.mark.parametrize("message", NO_MESSAGES)
@pytest.mark.parametrize("initialised", [True, False])
async def test_what_is_no_message_is_closed(talk, message, initialised):
    if initialised:
        await talk.send(INIT)
    await talk.send(message)
    code, reason = await talk.closed()
    assert code == 4400
    assert reason


@pytest.mark.parametrize(
    "message",
    [
        {"type": "subscribe"},
        {"type": "subscribe", "id": 7, "payload": {"query": NAME}},
        {"type": "subscribe", "id": "", "payload": {"query": NAME}},
        {"type": "subscribe", "id": "1"},
        {"type": "subscribe", "id": "1", "payload": None},
        {"type": "subscribe", "id": "1", "payload": []},
        {"type": "subscribe", "id": "1", "payload": {}},
        {"type": "subscribe", "id": "1", "payload": {"query": 7}},
        {"type": "complete"},
        {"type": "complete", "id": None},
        {"type": "connection_init", "payload": "x", "again": True},
    ],
)
async def test_a_message_that_is_malformed_is_closed(talk, message):
    if "again" not in message:
        await talk.send(INIT)
    await talk.send(message)
    assert (await talk.closed())[0] == 4400


async def test_messages_are_not_compressed(live):
    """A client that sent 250 kB so would have the service hold 250 MB, before it reads the first message."""
    async with live.raw(compression="deflate") as connection:
        assert connection.response is not None
        assert "Sec-WebSocket-Extensions" not in connection.response.headers


async def test_a_message_that_is_too_big_is_closed(talk):
    await talk.send(INIT)
    await talk.send(subscribe(NAME + " " * websocket.MOST_MESSAGE))
    assert (await talk.closed())[0] == 1009


@pytest.mark.parametrize(
    "payload",
    [
        {"query": "{"},
        {"query": " "},
        {"query": "{ nonsense }"},
        {"query": "subscription { taskChanged { nonsense } }"},
        {"query": "subscription { taskChanged { eventId } noticeReceived { eventId } }"},
        {"query": "query A { __typename }", "operationName": "B"},
        {"query": "query A { __typename } query B { __typename }"},
        {"query": "fragment F on Query { __typename }"},
        {"query": NAME, "variables": []},
        {"query": NAME, "operationName": 7},
        {"query": "query ($a: Int!) { step(number: $a) { id } }"},
        {"query": "{" + "a " * 200_000 + "}"},
        {"query": "{" + " ".join(f"a{n}: __typename" for n in range(100)) + "}"},
    ],
)
async def test_an_operation_that_is_broken_is_told_so_and_nothing_else_suffers(live, payload):
    who = await f.a_person(Role.VIEWER)
    async with live.socket(await as_(who)) as talk:
        await talk.send({"id": "x", "type": "subscribe", "payload": payload})
        message = await talk.receive()
        assert (message["id"], message["type"]) == ("x", "error")
        assert {error["extensions"]["code"] for error in message["payload"]} <= {
            "BAD_REQUEST",
            "TOO_LARGE",
            "TOO_COMPLEX",
        }
        await talk.send(subscribe(key="x"))
        assert (await talk.receive())["type"] == "next"


async def test_a_bug_is_masked_and_logged_under_its_id(live, caplog, monkeypatch):
    async def breaks(*_):
        raise LookupError("the inside")

    monkeypatch.setattr("jejak.domain.feed.latest", breaks)
    async with live.socket(await as_(await f.a_person(Role.VIEWER))) as talk:
        message = await talk.asked(TASKS)
    [error] = message["payload"]
    assert (message["type"], error["extensions"]["code"]) == ("error", "INTERNAL")
    assert "inside" not in json.dumps(message)
    assert error["extensions"]["requestId"] in error["message"]
    assert f"request {error['extensions']['requestId']} failed" in caplog.text


async def test_a_client_ends_an_operation(live):
    unit = await f.a_unit()
    await relay.drain()
    async with live.socket(await as_(await f.a_person(Role.VIEWER, unit))) as talk:
        ended, goes_on = await talk.begin(TASKS), await talk.begin(TASKS)
        await talk.send({"id": ended, "type": "complete"})
        await talk.send({"id": "never begun", "type": "complete"})
        for _ in range(2):
            await f.a_task(unit)
            await relay.drain()
            await talk.next(goes_on)
        await talk.send(subscribe(key=ended))
        assert (await talk.receive())["id"] == ended


async def test_a_browser_is_signed_in_by_its_cookie_and_no_other_page_by_it(live):
    who = await f.a_person(Role.VIEWER)
    token = await _cookie(who)
    headers = {"Cookie": f"jejak_session={token}"}
    async with live.raw(additional_headers=headers, origin=f"http://{live.address}") as connection:
        talk = Talk(connection)
        await talk.send(INIT)
        assert await talk.receive() == {"type": "connection_ack"}
        answer = await talk.asked("{ csrfToken viewer { id } }")
        assert answer["payload"]["data"]["csrfToken"]
    with pytest.raises(InvalidStatus):
        async with live.raw(additional_headers=headers, origin="https://evil.example"):
            pass


async def test_a_sign_in_that_needs_a_cookie_is_refused_where_none_can_be_set(live):
    person = await f.a_person(Role.VIEWER)
    given = {"email": person.email, "password": f.PASSWORD, "browser": True}
    async with unchanged(), live.socket(NOBODY) as talk:
        answer = await talk.asked(document("signIn", "csrfToken"), input=given)
        assert [e["extensions"]["code"] for e in answer["payload"]["errors"]] == ["BAD_REQUEST"]


async def _cookie(who) -> str:
    async with db.transaction():
        opened = await session.begin(who, Origin(), browser=True)
    return opened.token
