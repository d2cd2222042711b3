"""What a WebSocket connection may take, and how it ends."""

import asyncio
import json
import logging
import socket
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest
from websockets.exceptions import InvalidStatus

from jejak import running
from jejak.api import websocket
from jejak.domain import relay, subscription
from jejak.domain.vocabulary import Role
from tests import factories as f
from tests.api.test_websocket import INIT, NAME, subscribe
from tests.client import NOBODY, SETTINGS, Client, as_
from tests.following import PATIENCE, an_api
from tests.graphql.test_subscription import TASKS


async def test_operations_of_one_connection_are_bounded(live, monkeypatch):
    monkeypatch.setattr(websocket, "MOST_OPERATIONS", 2)
    async with live.socket(await as_(await f.a_person(Role.VIEWER))) as talk:
        first = await talk.begin(TASKS)
        await talk.begin(TASKS)
        message = await talk.asked(TASKS)
        assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "TOO_MANY")
        await talk.send({"id": first, "type": "complete"})
        await talk.begin(TASKS)


async def test_operations_count_as_requests_do(database):
    limits = replace(SETTINGS.limits, per_minute=1, burst=4)
    who = await as_(await f.a_person(Role.VIEWER))
    async with an_api(replace(SETTINGS, limits=limits)) as live, live.socket(who) as talk:
        # Given the handshake, which counts for its address, and as many operations as the token may ask at once
        for _ in range(4):
            assert (await talk.asked(NAME))["type"] == "next"
            assert (await talk.receive())["type"] == "complete"
        message = await talk.asked(NAME)
    assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "RATE_LIMITED")


@pytest.mark.parametrize("name", ["Cookie", "Authorization"])
async def test_a_handshake_counts_for_its_address_whoever_it_says_to_be(database, name):
    limits = replace(SETTINGS.limits, per_minute=1, burst=2)
    said = {"Cookie": "jejak_session={}", "Authorization": "Bearer {}"}[name]
    async with an_api(replace(SETTINGS, limits=limits)) as live:
        for n in range(2):
            async with live.raw(additional_headers={name: said.format(n)}):
                pass
        with pytest.raises(InvalidStatus):
            async with live.raw(additional_headers={name: said.format(3)}):
                pass


async def test_operations_by_cookies_that_are_made_up_count_for_the_address(database):
    limits = replace(SETTINGS.limits, per_minute=1, burst=3)

    async with an_api(replace(SETTINGS, limits=limits)) as live:
        # given two handshakes
        one, other = ({"Cookie": f"jejak_session=made-up-{n}"} for n in range(2))
        async with (
            live.socket(NOBODY, additional_headers=one) as here,
            live.socket(NOBODY, additional_headers=other) as there,
        ):
            # then there is one more request
            assert (await here.asked("{ __typename }"))["type"] == "next"
            message = await there.asked("{ __typename }")
    assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "RATE_LIMITED")


async def test_an_operation_that_takes_too_long_is_cancelled(database, monkeypatch):
    async def slow(*_):
        await asyncio.sleep(PATIENCE)

    monkeypatch.setattr("jejak.domain.feed.latest", slow)
    limits = replace(SETTINGS.limits, seconds=0.2)
    who = await as_(await f.a_person(Role.VIEWER))
    async with an_api(replace(SETTINGS, limits=limits)) as live, live.socket(who) as talk:
        message = await talk.asked(TASKS)
        assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "TIMED_OUT")
        assert (await talk.asked(NAME))["type"] == "next"


async def test_with_trusted_documents_nothing_else_is_run(database, tmp_path):
    file = tmp_path / "documents.json"
    file.write_text(json.dumps({"tasks": TASKS}))
    async with an_api(replace(SETTINGS, trusted_documents=file)) as live:
        unit = await f.a_unit()
        await relay.drain()
        async with live.socket(await as_(await f.a_person(Role.VIEWER, unit))) as talk:
            message = await talk.asked(NAME)
            assert message["payload"][0]["extensions"]["code"] == "UNKNOWN_DOCUMENT"
            await talk.send({"id": "t", "type": "subscribe", "payload": {"documentId": "tasks"}})
            await talk.send({"type": "ping"})
            assert await talk.receive() == {"type": "pong"}
            await f.a_task(unit)
            await relay.drain()
            assert (await talk.next("t"))["taskChanged"]


async def test_who_never_signs_in_and_asks_nothing_is_shown_out(live, monkeypatch):
    monkeypatch.setattr(subscription, "CHECK_SECONDS", 0.05)
    async with live.socket(NOBODY) as talk:
        assert (await talk.closed())[0] == 4403


async def test_a_connection_that_goes_leaves_nothing_behind(live, caplog):
    who = await as_(await f.a_person(Role.VIEWER))
    for _ in range(3):
        async with live.socket(who) as talk:
            for _ in range(3):
                await talk.begin(TASKS)
            talk.connection.transport.abort()
    assert await followers(live, 0)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def followers(live, wanted: int) -> bool:
    async with asyncio.timeout(PATIENCE):
        while live.tail.followers != wanted:
            await asyncio.sleep(0.01)
    return True


async def test_a_client_that_reads_nothing_is_cut(database, monkeypatch):
    monkeypatch.setattr(running, "SILENT_SECONDS", 1.0)
    monkeypatch.setattr(websocket, "SEND_SECONDS", 0.5)
    unit = await f.a_unit()
    who = await as_(await f.a_person(Role.VIEWER, unit))
    long = "x" * 4_000
    async with an_api() as live, AsyncExitStack() as stack:
        stuck = stack.enter_context(await stuck_client(live, who))
        await followers(live, 20)
        # When more happens than the network between takes
        async with asyncio.timeout(PATIENCE * 2):
            while live.tail.followers:
                await f.a_task(unit, description=long)
                await relay.drain()
            # Then it is let go, and in the end its connection is cut
            while live.server.server_state.connections:
                await asyncio.sleep(0.01)
        assert stuck.fileno() > 0
        # And others go on
        async with live.socket(who) as talk:
            key = await talk.begin(TASKS)
            await f.a_task(unit)
            await relay.drain()
            await talk.next(key)


async def stuck_client(live, who: Client) -> socket.socket:
    """Follows twenty times over and then reads nothing any more."""
    host, port = live.address.split(":")
    opened = socket.socket()
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    opened.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(opened, (host, int(port)))
    handshake = (
        f"GET /graphql HTTP/1.1\r\nHost: {live.address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
    )
    await loop.sock_sendall(opened, handshake.encode())
    assert b" 101 " in await loop.sock_recv(opened, 4_096)
    query = "subscription { taskChanged { task { id description } } }"
    messages = [INIT | {"payload": who.all_headers}, *(subscribe(query, str(n)) for n in range(20))]
    for message in messages:
        text = json.dumps(message).ljust(126).encode()
        # A frame of text in one piece, masked by zeros.
        await loop.sock_sendall(opened, b"\x81\xfe" + len(text).to_bytes(2) + b"\0\0\0\0" + text)
    return opened


async def test_at_the_end_of_the_process_clients_are_told_to_come_back(database, caplog):
    who = await as_(await f.a_person(Role.VIEWER))
    async with an_api() as live:
        async with live.socket(who) as talk:
            await talk.begin(TASKS)
            live.stop()
            assert (await talk.closed())[0] == 1012
        async with asyncio.timeout(PATIENCE):
            await live.task
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_a_database_that_is_away_ends_with_come_again(live, monkeypatch):
    async with live.socket(await as_(await f.a_person(Role.VIEWER))) as talk:

        async def away(_):
            raise ConnectionRefusedError

        monkeypatch.setattr("jejak.domain.sign_in.current", away)
        await talk.begin_quietly(NAME)
        assert await talk.closed() == (1013, "Try again later")
