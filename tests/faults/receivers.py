"""A mail server and a receiver of webhooks that have bad moments, and write down all that they take."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import random
from abc import ABC, abstractmethod
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from enum import StrEnum
from typing import Any
from uuid import UUID

import asyncpg
from aiosmtpd.smtp import SMTP

from jejak.domain import webhook
from jejak.domain.access import Viewer
from jejak.graphql import ids
from tests.faults.world import Place

SENDER = "jejak@pln.example"
# So many webhooks has everybody.
WEBHOOKS = 2


class Mood(StrEnum):
    WELL = "well"
    REFUSES = "refuses connections"
    LATER = "says: later"
    SILENT = "says nothing"
    CUTS = "takes it and cuts the connection"


@dataclass
class Receiver(ABC):
    """`taken`: how often it took what for whom. `wrong`: what nobody may send."""

    chance: random.Random
    name: str = ""
    port: int = 0
    mood: Mood = Mood.WELL
    asked: Counter[str] = field(default_factory=Counter)
    taken: Counter[tuple[str, str]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    _server: asyncio.Server | None = None
    _moody: asyncio.Task[None] | None = None
    _turned: asyncio.Event = field(default_factory=asyncio.Event)
    _open: set[asyncio.BaseTransport] = field(default_factory=set)

    @abstractmethod
    async def listen(self, port: int) -> asyncio.Server: ...

    @property
    @abstractmethod
    def env(self) -> dict[str, str]:
        """What the processes are told."""

    async def prepare(self, places: list[Place]) -> None:  # noqa: B027 -- not all have to
        """Before the processes start; the database is connected."""

    def has_moods(self) -> None:
        self._moody = asyncio.create_task(self._moods(), name=f"moods of the {self.name}")

    async def heal(self) -> None:
        """From now on it is well."""
        if self._moody is not None:
            self._moody.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._moody
            self._moody = None
        await self._turn(Mood.WELL)

    async def _moods(self) -> None:
        while True:
            for mood in self.chance.sample([one for one in Mood if one is not Mood.WELL], len(Mood) - 1):
                await asyncio.sleep(self.chance.uniform(0.5, 4))
                await self._turn(mood)
                await asyncio.sleep(self.chance.uniform(0.5, 4))
                await self._turn(Mood.WELL)

    async def _turn(self, mood: Mood) -> None:
        before, self.mood = self.mood, mood
        self._turned.set()
        self._turned = asyncio.Event()
        if mood is Mood.REFUSES:
            await self.close()
        elif before is Mood.REFUSES or self._server is None:
            self._server = await self.listen(self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for each in list(self._open):
            each.abort()
        self._open.clear()

    async def _answer_is_well(self, what: tuple[str, str], transport: Any) -> bool:
        """Whether it is taken and may be answered so; decided at the moment at which all of it is there."""
        self.asked[self.mood] += 1
        match self.mood:
            case Mood.LATER:
                return False
            case Mood.SILENT:
                await self._turned.wait()
                return False
            case Mood.CUTS:
                self.taken[what] += 1
                transport.abort()
                return True
        await asyncio.sleep(self.chance.uniform(0, 0.1))
        self.taken[what] += 1
        return True

    async def differences(self, connection: asyncpg.Connection) -> list[str]:
        """What it took, held against what is said to have been delivered there."""
        known = {what: state async for what, state in self.deliveries(connection)}
        wrong = [f"the {self.name} took {what}, which is no delivery" for what in self.taken.keys() - known]
        wrong += [
            f"the {self.name} never took {what}, which is said to be delivered"
            for what, state in known.items()
            if state == "DELIVERED" and what not in self.taken
        ]
        return [*self.wrong, *wrong]

    @abstractmethod
    def deliveries(self, connection: asyncpg.Connection) -> AsyncIterator[tuple[tuple[str, str], str]]:
        """For whom and under which id each is known here, and its state."""

    def counts(self) -> dict[str, int]:
        return {
            f"{self.name}: different ones taken": len(self.taken),
            f"{self.name}: taken again": self.taken.total() - len(self.taken),
            **{
                f"{self.name}: {mood}": self.asked[mood]
                for mood in Mood
                if mood not in {Mood.WELL, Mood.REFUSES}
            },
        }


@dataclass
class MailServer(Receiver):
    name: str = "mail server"

    async def listen(self, port: int) -> asyncio.Server:
        return await asyncio.get_running_loop().create_server(self._protocol, "127.0.0.1", port)

    def _protocol(self) -> SMTP:
        receiver = self

        class Noted(SMTP):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                receiver._open.add(transport)
                super().connection_made(transport)

        return Noted(self, hostname="mail.test", enable_SMTPUTF8=True, loop=asyncio.get_running_loop())

    @property
    def env(self) -> dict[str, str]:
        return {"SMTP_URL": f"smtp://127.0.0.1:{self.port}", "MAIL_FROM": f"Jejak <{SENDER}>"}

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802 -- aiosmtpd's name
        mail = message_from_bytes(envelope.content, policy=policy.default)
        [to] = envelope.rcpt_tos
        if str(mail["To"].addresses[0].addr_spec) != to:
            self.wrong.append(f"a mail to {mail['To']} was sent to {to}")
        well = await self._answer_is_well((to, str(mail["Message-ID"])), server.transport)
        return "250 OK: queued" if well else "451 4.3.0 Later"

    async def deliveries(self, connection: asyncpg.Connection) -> AsyncIterator[tuple[tuple[str, str], str]]:
        for row in await connection.fetch(
            "select d.id, d.state, p.email from delivery d join person p on p.id = d.person_id where d.channel = 'EMAIL'"
        ):
            yield (row["email"], f"<{row['id']}@pln.example>"), row["state"]


@dataclass
class WebhookReceiver(Receiver):
    """`secrets` and `endpoints`: by path. `ids`: under which a notice came to a path."""

    name: str = "webhook receiver"
    secrets: dict[str, str] = field(default_factory=dict)
    endpoints: dict[UUID, str] = field(default_factory=dict)
    notices: dict[tuple[str, UUID], set[str]] = field(default_factory=lambda: defaultdict(set))

    async def listen(self, port: int) -> asyncio.Server:
        return await asyncio.start_server(self._handle, "127.0.0.1", port)

    @property
    def env(self) -> dict[str, str]:
        return {"WEBHOOK_ALLOW_PRIVATE": "127.0.0.0/8", "WEBHOOK_ALLOW_HTTP": "on"}

    async def prepare(self, places: list[Place]) -> None:
        """Everybody at the places has some webhooks."""
        for who in (viewer for place in places for viewer in place.people):
            for n in range(WEBHOOKS):
                await self._register(who, f"/{who.person}/{n}")

    async def _register(self, who: Viewer, path: str) -> None:
        made = await webhook.register(who, webhook.RegisterWebhook(f"http://127.0.0.1:{self.port}{path}"))
        self.secrets[path], self.endpoints[made.id] = made.secret, path

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer.transport)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            first, *lines = head.strip().split("\r\n")
            headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
            body = await reader.readexactly(int(headers["content-length"]))
            path = first.split()[1]
            self._read(path, headers, body)
            well = await self._answer_is_well((path, headers["webhook-id"]), writer.transport)
            said = "204 No Content" if well else self.chance.choice(["500 Oh", "404 Not Found", "429 Later"])
            writer.write(f"HTTP/1.1 {said}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._open.discard(writer.transport)
            writer.close()

    def _read(self, path: str, headers: dict[str, str], body: bytes) -> None:
        """By the words of Standard Webhooks: the id, the second and the body, signed by the path's secret."""
        key = base64.b64decode(self.secrets[path].removeprefix("whsec_"))
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        wanted = f"v1,{base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()}"
        if wanted not in headers["webhook-signature"].split():
            self.wrong.append(f"{headers['webhook-id']} to {path} is not signed by its secret")
        for section in json.loads(body)["data"]["sections"]:
            for line in section["lines"]:
                self.notices[path, ids.split(line["noticeId"])[1]].add(headers["webhook-id"])

    async def differences(self, connection: asyncpg.Connection) -> list[str]:
        ledger = {
            (self.endpoints.get(row["target"]), row["notice_id"]): {str(row["delivery_id"])}
            for row in await connection.fetch("select target, notice_id, delivery_id from delivery_notice")
        }
        wrong = [
            f"notice {what[1]} came to {what[0]} under {sorted(came)}, not {ledger.get(what)}"
            for what, came in self.notices.items()
            if came != ledger.get(what)
        ]
        return [*wrong, *await super().differences(connection)]

    async def deliveries(self, connection: asyncpg.Connection) -> AsyncIterator[tuple[tuple[str, str], str]]:
        for row in await connection.fetch(
            "select id, state, endpoint_id from delivery where channel = 'WEBHOOK'"
        ):
            yield (self.endpoints[row["endpoint_id"]], str(row["id"])), row["state"]


@asynccontextmanager
async def _running(receiver: Receiver) -> AsyncIterator[Receiver]:
    await receiver.heal()
    try:
        yield receiver
    finally:
        await receiver.heal()
        await receiver.close()


def mail_server(seed: int) -> contextlib.AbstractAsyncContextManager[Receiver]:
    return _running(MailServer(random.Random(f"{seed} mail")))  # noqa: S311 -- no secret


def webhook_receiver(seed: int) -> contextlib.AbstractAsyncContextManager[Receiver]:
    return _running(WebhookReceiver(random.Random(f"{seed} webhooks")))  # noqa: S311 -- no secret


RECEIVERS: tuple[Callable[[int], contextlib.AbstractAsyncContextManager[Receiver]], ...] = (
    mail_server,
    webhook_receiver,
)
