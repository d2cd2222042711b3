"""The API behind a real socket, and clients that stay: over WebSocket and over Server-Sent Events."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx
import uvicorn
import websockets
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from jejak import running
from jejak.api.app import create_app
from jejak.domain.tail import Tail
from jejak.settings import Settings
from tests.client import LEAKS, SETTINGS, Client

# Long enough for a slow machine; nothing waits for it where all goes well.
PATIENCE = 20


@dataclass(frozen=True, slots=True)
class Live:
    """`address` is host and port."""

    address: str
    tail: Tail
    server: uvicorn.Server
    task: asyncio.Task[None]

    def stop(self) -> None:
        """As SIGTERM does."""
        self.server.should_exit = True

    @property
    def url(self) -> str:
        return f"http://{self.address}/graphql"

    def raw(self, **options: Any) -> AbstractAsyncContextManager[ClientConnection]:
        return opened(self.address, **options)

    def socket(self, client: Client, **options: Any) -> AbstractAsyncContextManager["Talk"]:
        return connected(self.address, client, **options)

    def stream(
        self, client: Client, query: str, variables: dict[str, Any] | None = None, **headers: Any
    ) -> AbstractAsyncContextManager["Events"]:
        return streamed(self.address, client, query, variables, **headers)


@asynccontextmanager
async def opened(address: str, **options: Any) -> AsyncIterator[ClientConnection]:
    """A WebSocket, on which nothing has been said."""
    options = {"subprotocols": ["graphql-transport-ws"], "open_timeout": PATIENCE} | options
    async with websockets.connect(f"ws://{address}/graphql", **options) as connection:
        yield connection


@asynccontextmanager
async def connected(address: str, client: Client, **options: Any) -> AsyncIterator["Talk"]:
    """A WebSocket that is acknowledged."""
    async with opened(address, **options) as connection:
        talk = Talk(connection)
        await talk.send({"type": "connection_init", "payload": client.all_headers})
        assert await talk.receive() == {"type": "connection_ack"}
        yield talk


@asynccontextmanager
async def streamed(
    address: str, client: Client, query: str, variables: dict[str, Any] | None = None, **headers: Any
) -> AsyncIterator["Events"]:
    sent = {"Accept": "text/event-stream"} | client.all_headers | headers
    asked = {"query": query, "variables": variables or {}}
    async with (
        httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as http,
        http.stream("POST", f"http://{address}/graphql", json=asked, headers=sent) as response,
    ):
        yield Events(response)


@asynccontextmanager
async def an_api(settings: Settings = SETTINGS) -> AsyncIterator[Live]:
    """The API as `jejak serve` runs it, on a port of its own, in this process. The database must be connected."""
    app = create_app(settings)
    server = running.server(app, settings)
    with running.listening("127.0.0.1", 0) as sock:
        host, port = sock.getsockname()[:2]
        async with running.serving(server, sock) as task:
            yield Live(f"{host}:{port}", app.state.tail, server, task)


@dataclass
class Talk:
    """One side of a conversation in graphql-transport-ws."""

    connection: ClientConnection
    _ids: Any = field(default_factory=lambda: count(1))

    async def send(self, message: Any) -> None:
        await self.connection.send(message if isinstance(message, str | bytes) else json.dumps(message))

    async def receive(self) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE):
            text = await self.connection.recv()
        assert not [leak for leak in LEAKS if leak in text], text
        return json.loads(text)

    async def begin(self, query: str, **variables: Any) -> str:
        """Starts an operation; returns its id once it is in force."""
        key = await self.begin_quietly(query, **variables)
        await self.send({"type": "ping"})
        assert await self.receive() == {"type": "pong"}
        return key

    async def begin_quietly(self, query: str, **variables: Any) -> str:
        """As `begin`, for one that may have something to tell at once."""
        key = str(next(self._ids))
        await self.send({"id": key, "type": "subscribe", "payload": {"query": query, "variables": variables}})
        return key

    async def next(self, key: str | None = None) -> dict[str, Any]:
        """The data of the next message, which has to be one of `key`'s and to go well."""
        message = await self.receive()
        assert message["type"] == "next", message
        assert key is None or message["id"] == key, message
        assert "errors" not in message["payload"], message
        data: dict[str, Any] = message["payload"]["data"]
        return data

    async def both(self) -> dict[str, Any]:
        """The data of the next two messages, of two operations, which may come in any order."""
        return await self.next() | await self.next()

    async def asked(self, query: str, **variables: Any) -> dict[str, Any]:
        """The next message after an operation was begun, which may be an error."""
        await self.begin_quietly(query, **variables)
        return await self.receive()

    async def closed(self) -> tuple[int | None, str]:
        """The code and the reason with which the service closes."""
        async with asyncio.timeout(PATIENCE):
            try:
                while True:
                    await self.connection.recv()
            except ConnectionClosed:
                return self.connection.close_code, self.connection.close_reason or ""


class Events:
    """A stream of events, as a browser reads it."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.aiter_lines()

    async def block(self) -> dict[str, str]:
        """The next event or comment; empty at the end of the stream."""
        found: dict[str, str] = {}
        async with asyncio.timeout(PATIENCE):
            async for line in self._lines:
                if not line:
                    return found
                name, _, value = line.partition(":")
                found[name] = value.removeprefix(" ")
        return found

    async def next(self) -> dict[str, str]:
        """The next event."""
        while "event" not in (block := await self.block()):
            assert block, "the stream has ended"
        assert not [leak for leak in LEAKS if leak in block["data"]], block
        return block

    async def data(self) -> dict[str, Any]:
        """The data of the next answer, which has to go well."""
        block = await self.next()
        assert block["event"] == "next", block
        answer = json.loads(block["data"])
        assert "errors" not in answer, answer
        data: dict[str, Any] = answer["data"]
        return data
