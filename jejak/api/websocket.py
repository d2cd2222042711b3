"""GraphQL over WebSocket, sub-protocol graphql-transport-ws: any number of operations over one connection."""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Coroutine
from contextlib import aclosing
from typing import Any

import orjson
from litestar import WebSocket, websocket
from litestar.exceptions import NotAuthorizedException, WebSocketException
from litestar.handlers import WebsocketRouteHandler

from jejak.api.answers import answers, begun
from jejak.api.asked import Asked, execution_of, read
from jejak.api.auth import RequestContext, origin_of, preferred, who
from jejak.api.cookie import csrf_token
from jejak.api.endpoint import Endpoint
from jejak.api.errors import HttpRefused
from jejak.api.guard import GRAPHQL, by_address, caller
from jejak.api.load import in_time
from jejak.api.trusted import look_up
from jejak.domain import db, sign_in, subscription, texts
from jejak.domain.access import Viewer
from jejak.domain.errors import Code, Problem, Refused

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


def route(endpoint: Endpoint) -> WebsocketRouteHandler:
    """The WebSocket at `/graphql`. Whose page may open it is the guard's to say, before anything comes here."""

    @websocket(GRAPHQL)
    async def graphql_socket(socket: Socket) -> None:
        offered = socket.scope["subprotocols"]
        await socket.accept(PROTOCOL if PROTOCOL in offered else None)
        if PROTOCOL not in offered:
            await socket.close(4406, "Subprotocol not acceptable")
            return
        await _Connection(endpoint, socket).serve()

    return graphql_socket


class _Connection:
    def __init__(self, endpoint: Endpoint, socket: Socket) -> None:
        self._endpoint, self._socket = endpoint, socket
        self._viewer: Viewer | None = None
        self._csrf_token: str | None = None
        self._caller = by_address(socket.scope)
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
        if header is not None and not isinstance(header, str):
            raise _Over(4403, "Forbidden")
        try:
            came = await who(self._socket, header)
        except NotAuthorizedException:
            raise _Over(4403, "Forbidden") from None
        self._viewer = came.viewer
        # Else every cookie that is made up would have a bucket of its own.
        self._caller = caller(self._socket.scope, header) if came.viewer else by_address(self._socket.scope)
        self._csrf_token = csrf_token(came.cookie) if came.cookie else None
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
            raise _Over(4409, f"Subscriber for {_short(key)} already exists")
        payload = message.get("payload")
        if not isinstance(payload, dict) or not any(
            isinstance(payload.get(name), str) for name in ("query", "documentId")
        ):
            raise _Over(4400, "Invalid subscribe")
        context = self._context()
        try:
            asked = await self._taken(payload)
        except HttpRefused as refused:
            await self._refuse(key, refused.problem, refused.detail)
            return
        except Refused as refused:
            await self._refuse(key, refused.problems[0])
            return
        task = asyncio.create_task(self._ends_with(self._operate(key, context, asked)), name="operation")
        self._operations[key] = task
        start = asyncio.create_task(context.begun.wait())
        try:
            await asyncio.wait({task, start}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            start.cancel()

    def _context(self) -> RequestContext:
        return RequestContext(
            self._viewer,
            self._language,
            secrets.token_hex(8),
            origin_of(self._socket),
            csrf_token=self._csrf_token,
            tail=self._endpoint.tail,
            queue=self._endpoint.queue,
        )

    async def _taken(self, payload: dict[str, Any]) -> Asked:
        """What is to be carried out. Counts as a request does; refuses what none may ask for."""
        if len(self._operations) >= MOST_OPERATIONS:
            raise Refused(Code.TOO_MANY, most=MOST_OPERATIONS)
        asked = read(payload, self._endpoint.limits)
        taken = await self._endpoint.guard.rate.take(self._caller)
        if taken.wait:
            raise Refused(Code.RATE_LIMITED, seconds=taken.wait)
        return look_up(asked, self._endpoint.trusted)

    async def _operate(self, key: str, context: RequestContext, asked: Asked) -> None:
        await self._check()
        context.viewer = self._viewer
        context.execution = execution_of(asked)
        endpoint = self._endpoint
        async with aclosing(answers(endpoint.schema, context, asked)) as results:
            try:
                async with endpoint.load.place(self._caller), in_time(endpoint.limits.seconds, 504):
                    first = await begun(results, context)
            except HttpRefused as refused:
                self._operations.pop(key, None)
                await self._refuse(key, refused.problem)
                return
            answer = await first
            while answer is not None:
                if self._viewer is not None and Code.UNAUTHENTICATED in answer.codes:
                    raise _Over(4403, "Forbidden")
                if answer.refused:
                    self._operations.pop(key, None)
                    await self._send({"id": key, "type": "error", "payload": answer.body["errors"]})
                    return
                await self._send({"id": key, "type": "next", "payload": answer.body})
                answer = await anext(results, None)
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


def _short(key: str) -> str:
    """For a reason, which is 123 bytes at most."""
    return key.encode()[:60].decode(errors="ignore")
