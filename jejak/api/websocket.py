"""GraphQL over WebSocket, sub-protocol graphql-transport-ws: any number of operations over one connection."""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Coroutine
from contextlib import aclosing
from typing import Any

import orjson
import strawberry
from litestar import WebSocket, websocket
from litestar.exceptions import HTTPException, NotAuthorizedException, WebSocketException
from litestar.handlers import WebsocketRouteHandler

from jejak.api.answers import answers
from jejak.api.asked import Asked, read
from jejak.api.auth import RequestContext, preferred, viewer_by
from jejak.api.origin import foreign
from jejak.domain import db, sign_in, subscription, texts
from jejak.domain.access import Viewer
from jejak.domain.errors import Code, Problem
from jejak.domain.tail import Tail

PROTOCOL = "graphql-transport-ws"
MOST_MESSAGE = 2**20
MOST_OPERATIONS = 50
INIT_SECONDS = 10.0
# Whoever reads nothing for so long is gone, or means no good.
SEND_SECONDS = 20.0
_log = logging.getLogger(__name__)
Socket = WebSocket[Any, Any, Any]


class _Over(Exception):  # noqa: N818 -- the end of a connection is no error
    """The connection is closed, or is to be, for the reason that its client is told."""

    def __init__(self, code: int | None = None, reason: str = "") -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


def route(schema: strawberry.Schema, tail: Tail) -> WebsocketRouteHandler:
    """The WebSocket at `/graphql`."""

    @websocket("/graphql")
    async def graphql_socket(socket: Socket) -> None:
        if foreign(socket.headers):
            # Not accepted: the server answers 403.
            await socket.close(1008)
            return
        offered = socket.scope["subprotocols"]
        await socket.accept(PROTOCOL if PROTOCOL in offered else None)
        if PROTOCOL not in offered:
            await socket.close(4406, "Subprotocol not acceptable")
            return
        await _Connection(schema, tail, socket).serve()

    return graphql_socket


class _Connection:
    def __init__(self, schema: strawberry.Schema, tail: Tail, socket: Socket) -> None:
        self._schema, self._tail, self._socket = schema, tail, socket
        self._viewer: Viewer | None = None
        self._language = preferred(socket.headers.get("accept-language", ""))
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._over: asyncio.Future[_Over] = asyncio.get_running_loop().create_future()

    async def serve(self) -> None:
        tasks = {asyncio.create_task(self._ends_with(work())) for work in (self._converse, self._watch)}
        try:
            over = await self._over
        finally:
            self._over.cancel()
            tasks |= set(self._operations.values())
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        if over.code is not None:
            with contextlib.suppress(_Over):
                await self._bounded(self._socket.close(over.code, over.reason))

    async def _ends_with(self, work: Coroutine[Any, Any, None]) -> None:
        """Does a part of the work. If it fails, all of the connection is over."""
        try:
            await work
        except _Over as over:
            self._end(over)
        except db.OUT_OF_REACH as error:
            _log.warning("a connection is closed, the database is out of reach: %s", error)
            self._end(_Over(1013, "Try again later"))
        except Exception:  # noqa: BLE001 -- whatever it is, its client is told
            _log.exception("a connection failed")
            self._end(_Over(1011, "Internal error"))

    def _end(self, over: _Over) -> None:
        if not self._over.done():
            self._over.set_result(over)

    async def _converse(self) -> None:
        await self._initialise()
        while True:
            message = await self._message()
            match message["type"]:
                case "connection_init":
                    raise _Over(4429, "Too many initialisation requests")
                case "subscribe":
                    await self._subscribe(message)
                case "complete":
                    task = self._operations.pop(_id(message), None)
                    if task is not None:
                        task.cancel()

    async def _initialise(self) -> None:
        try:
            async with asyncio.timeout(INIT_SECONDS):
                while (message := await self._message())["type"] != "connection_init":
                    if message["type"] == "subscribe":
                        raise _Over(4401, "Unauthorized")
        except TimeoutError:
            raise _Over(4408, "Connection initialisation timeout") from None
        payload = message.get("payload")
        if payload is not None and not isinstance(payload, dict):
            raise _Over(4400, "Invalid connection_init")
        given = {str(name).lower(): value for name, value in (payload or {}).items()}
        header = given.get("authorization", self._socket.headers.get("authorization"))
        try:
            self._viewer = await viewer_by(header if isinstance(header, str) or header is None else "")
        except NotAuthorizedException:
            raise _Over(4403, "Forbidden") from None
        if self._viewer is not None:
            self._language = self._viewer.language
        await self._send({"type": "connection_ack"})

    async def _message(self) -> dict[str, Any]:
        """The next thing that the client says; pings are answered."""
        while True:
            event: Any = await self._socket.receive()
            if event["type"] == "websocket.disconnect":
                raise _Over
            text = event.get("text")
            if text is None:
                raise _Over(4400, "Messages are text")
            if len(text) > MOST_MESSAGE:
                raise _Over(1009, "Message too big")
            try:
                message = orjson.loads(text)
            except orjson.JSONDecodeError:
                raise _Over(4400, "Messages are JSON") from None
            kind = message.get("type") if isinstance(message, dict) else None
            if kind == "ping":
                await self._send({"type": "pong"})
            elif kind in ("connection_init", "subscribe", "complete"):
                said: dict[str, Any] = message
                return said
            elif kind != "pong":
                raise _Over(4400, "Unknown message")

    async def _subscribe(self, message: dict[str, Any]) -> None:
        """Starts an operation. The next message is read once it has begun, so that what comes later happens later."""
        key = _id(message)
        if key in self._operations:
            raise _Over(4409, f"Subscriber for {key[:60]} already exists")
        payload = message.get("payload")
        if not isinstance(payload, dict) or not isinstance(payload.get("query"), str):
            raise _Over(4400, "Invalid subscribe")
        context = RequestContext(self._viewer, self._language, secrets.token_hex(8), tail=self._tail)
        if len(self._operations) >= MOST_OPERATIONS:
            await self._refuse(key, Problem(Code.TOO_MANY, values={"most": MOST_OPERATIONS}))
            return
        try:
            asked = read(payload)
        except HTTPException as error:
            await self._refuse(key, Problem(Code.BAD_REQUEST), error.detail)
            return
        task = asyncio.create_task(self._ends_with(self._operate(key, context, asked)), name="operation")
        self._operations[key] = task
        begun = asyncio.create_task(context.begun.wait())
        try:
            await asyncio.wait({task, begun}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            begun.cancel()

    async def _operate(self, key: str, context: RequestContext, asked: Asked) -> None:
        await self._check()
        context.viewer = self._viewer
        async with aclosing(answers(self._schema, context, asked)) as given:
            async for answer in given:
                if self._viewer is not None and Code.UNAUTHENTICATED in answer.codes:
                    raise _Over(4403, "Forbidden")
                if answer.refused:
                    self._operations.pop(key, None)
                    await self._send({"id": key, "type": "error", "payload": answer.body["errors"]})
                    return
                await self._send({"id": key, "type": "next", "payload": answer.body})
        # Free before the client can know that it is.
        self._operations.pop(key, None)
        await self._send({"id": key, "type": "complete"})

    async def _check(self) -> None:
        """The viewer as they are now. Where their sign-in has ended, so does the connection."""
        if self._viewer is not None:
            self._viewer = await sign_in.current(self._viewer)
            if self._viewer is None:
                raise _Over(4403, "Forbidden")

    async def _watch(self) -> None:
        """Looks at the sign-in while nothing is said. Who never signed in has no reason to stay."""
        while True:
            await asyncio.sleep(subscription.CHECK_SECONDS)
            if self._viewer is None and not self._operations:
                raise _Over(4403, "Forbidden")
            with contextlib.suppress(*db.OUT_OF_REACH):
                await self._check()

    async def _refuse(self, key: str, problem: Problem, message: str | None = None) -> None:
        said = message or texts.message(problem, self._language)
        error = {"message": said, "extensions": {"code": problem.code}}
        await self._send({"id": key, "type": "error", "payload": [error]})

    async def _send(self, message: dict[str, Any]) -> None:
        await self._bounded(self._socket.send_text(orjson.dumps(message).decode()))

    @staticmethod
    async def _bounded(sending: Any) -> None:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await sending
        except (TimeoutError, WebSocketException, OSError):
            # It reads nothing, or is gone: nor could it be told.
            raise _Over from None


def _id(message: dict[str, Any]) -> str:
    key = message.get("id")
    if not isinstance(key, str) or not key:
        raise _Over(4400, "Messages of an operation name its id")
    return key
