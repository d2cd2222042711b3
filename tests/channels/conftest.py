"""A real mail server and a real receiver of webhooks, on ports of the loopback interface."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from jejak.channels import outbox
from jejak.domain.webhook_target import Policy
from jejak.settings import Mail, Settings

LOOPBACK = Policy((ip_network("127.0.0.0/8"),), http=True)


@pytest.fixture(autouse=True)
async def _connected(database):
    """Every test starts from a clean database, connected."""


@pytest.fixture(autouse=True)
def _as_it_was():
    yield
    outbox.configure(Settings())


@dataclass
class Mailbox:
    """What came in. `says` answers a recipient's address, instead of taking it."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    says: Callable[[str], str | None] = lambda _: None
    connections: int = 0
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    hold: asyncio.Event | None = None
    most_mails: int | None = None  # of one connection

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 -- aiosmtpd's names
        said = self.says(address)
        if said is None:
            envelope.rcpt_tos.append(address)
        return said or "250 OK"

    async def handle_DATA(self, _server, session, envelope):  # noqa: N802
        session.mails = getattr(session, "mails", 0) + 1
        if self.most_mails is not None and session.mails > self.most_mails:
            return "421 4.7.0 Too many messages in this connection"
        self.begun.set()
        if self.hold is not None:
            await self.hold.wait()
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK: queued"

    def to(self) -> list[str]:
        return sorted(str(mail["To"].addresses[0].addr_spec) for mail in self.mails)


@asynccontextmanager
async def a_mail_server(*, utf8: bool = True, **options: Any) -> AsyncIterator[Mailbox]:
    box, loop = Mailbox(), asyncio.get_running_loop()

    def protocol() -> SMTP:
        box.connections += 1
        return SMTP(box, hostname="mail.test", enable_SMTPUTF8=utf8, loop=loop, **options)

    server = await loop.create_server(protocol, "127.0.0.1", 0)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()
        if hasattr(server, "close_clients"):
            server.close_clients()


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    """A mail server, and we send by it."""
    async with a_mail_server() as box:
        by_mail(box)
        yield box


def by_mail(box: Mailbox, public_url: str | None = None, **changes: Any) -> None:
    mail = Mail("127.0.0.1", box.port, "Jejak <jejak@pln.example>", "jejak@pln.example", **changes)
    outbox.configure(Settings(mail=mail, public_url=public_url, webhooks=LOOPBACK))


def logs_in(user: str, password: str) -> dict[str, Any]:
    """Options of a mail server that asks for these, in the clear."""

    def authenticate(_server, _session, _envelope, _mechanism, given):
        known = (given.login, given.password) == (user.encode(), password.encode())
        return AuthResult(success=known, handled=False)

    return {"authenticator": authenticate, "auth_required": True, "auth_require_tls": False}


def certificates(folder: Path, name: x509.GeneralName) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A client that trusts, and a server that is, `name`."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([name]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    shown = made.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    written = folder / "server.pem"
    written.write_bytes(secret + shown)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(written)
    return ssl.create_default_context(cadata=shown.decode()), server


@dataclass
class Posted:
    path: str
    headers: dict[str, str]
    body: bytes


Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


def answering(status: int, body: bytes = b"", **headers: str) -> Answer:
    async def answer(writer: asyncio.StreamWriter) -> None:
        lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}", "Connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        await writer.drain()

    return answer


@dataclass
class Receiver:
    """Of webhooks. `answers`: the next ones, the last of them for ever."""

    url: str = ""
    posted: list[Posted] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=lambda: [answering(204)])
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            first, *lines = head.strip().split("\r\n")
            headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.posted.append(Posted(first.split()[1], headers, body))
            self.begun.set()
            await (self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def a_receiver(tls: ssl.SSLContext | None = None, name: str = "127.0.0.1") -> AsyncIterator[Receiver]:
    found = Receiver()
    server = await asyncio.start_server(found.handle, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    found.url = f"{'https' if tls else 'http'}://{name}:{port}/hook?x=1"
    try:
        yield found
    finally:
        server.close()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver on the loopback interface, which is allowed for this test."""
    outbox.configure(Settings(webhooks=LOOPBACK))
    async with a_receiver() as found:
        yield found
