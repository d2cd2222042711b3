"""Digests as e-mail: text and HTML, over one connection for many."""

import asyncio
import contextlib
import ssl
import time
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from functools import cache
from typing import Self

import aiosmtplib
from aiosmtplib.errors import SMTPException, SMTPNotSupported, SMTPResponseException, SMTPSenderRefused

from jejak.domain import clock, letter
from jejak.domain.delivery_rules import Attempt
from jejak.domain.digest import Digest
from jejak.domain.vocabulary import Outcome
from jejak.settings import Mail

SECONDS = 15.0
# Of saying goodbye.
_PATIENCE = 2.0
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
# "Service not available, closing": of the server, whatever it was asked.
_CLOSING = 421


class Unreachable(Exception):  # noqa: N818 -- an answer, not a fault
    """Nothing goes out by this server now; why, in one line."""


@dataclass(slots=True)
class Post:
    """A connection to the mail server, opened by the first message. Raises Unreachable by `send` alone."""

    settings: Mail
    public_url: str | None = None
    _client: aiosmtplib.SMTP | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        client, self._client = self._client, None
        if client is None:
            return
        if kind is None:
            with contextlib.suppress(SMTPException, OSError, TimeoutError):
                async with asyncio.timeout(_PATIENCE):
                    await client.quit()
        client.close()

    async def send(self, digest: Digest) -> Attempt:
        """How it went; UNREACHABLE where no mail would have gone out."""
        begun = time.monotonic()
        attempt = await self._send(digest)
        took = round((time.monotonic() - begun) * 1_000)
        return Attempt(attempt.outcome, attempt.said, attempt.answer, took)

    async def _send(self, digest: Digest) -> Attempt:
        try:
            # Made before anything is asked of the server: what cannot be written is no fault of it.
            message = mail(digest, self.settings, self.public_url)
        except (ValueError, MessageError) as error:
            return Attempt(Outcome.REFUSED, f"the address cannot be written: {error}")
        used = self._client is not None
        attempt = await self._handed_over(message, digest.email)
        if used and attempt.outcome is Outcome.UNREACHABLE:
            # A server may have had enough of a connection, and not of us.
            attempt = await self._handed_over(message, digest.email)
        return attempt

    async def _handed_over(self, message: EmailMessage, to: str) -> Attempt:
        try:
            async with asyncio.timeout(SECONDS):
                client = await self._connected()
                _, said = await client.send_message(message, sender=self.settings.envelope, recipients=[to])
        except (Unreachable, SMTPException, OSError, TimeoutError, ValueError) as error:
            attempt = _judged(error)
            if attempt.outcome is Outcome.UNREACHABLE:
                await self._drop()
            return attempt
        return Attempt(Outcome.DELIVERED, said)

    async def _connected(self) -> aiosmtplib.SMTP:
        if self._client is not None and self._client.is_connected:
            return self._client
        given = self.settings
        client = aiosmtplib.SMTP(
            hostname=given.host,
            port=given.port,
            use_tls=given.implicit_tls,
            start_tls=False,
            timeout=SECONDS,
            tls_context=_tls(),
        )
        try:
            await client.connect()
            self._client = client
            await client.ehlo()
            secure = given.implicit_tls
            if not secure and client.supports_extension("starttls"):
                await client.starttls()
                secure = True
            if given.user is not None:
                if not secure and given.host not in _LOOPBACK:
                    raise Unreachable("the server offers no TLS, and the password is not sent without")
                await client.login(given.user, given.password or "")
        except (SMTPException, OSError, TimeoutError) as error:
            raise Unreachable(f"no connection to the mail server: {error or type(error).__name__}") from None
        return client

    async def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()


@cache
def _tls() -> ssl.SSLContext:
    """With the authorities of the machine, and of SSL_CERT_FILE."""
    return ssl.create_default_context()


def _judged(error: Exception) -> Attempt:
    """What the server says of an address or a message is about that; anything else would meet the next mail, too."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        error = error.recipients[0]
    if isinstance(error, Unreachable):
        return Attempt(Outcome.UNREACHABLE, str(error))
    if isinstance(error, SMTPNotSupported | ValueError):
        # As an address in letters that this server does not take.
        return Attempt(Outcome.REFUSED, f"the address cannot be used: {error}")
    if not isinstance(error, SMTPResponseException):
        return Attempt(Outcome.UNREACHABLE, f"the connection broke: {error or type(error).__name__}")
    said = f"{error.code} {error.message}"
    if isinstance(error, SMTPSenderRefused) or error.code == _CLOSING:
        return Attempt(Outcome.UNREACHABLE, said)
    # 5xx is for good, anything else for now.
    return Attempt(Outcome.REFUSED if 500 <= error.code < 600 else Outcome.FAILED, said)


def mail(digest: Digest, settings: Mail, public_url: str | None) -> EmailMessage:
    """The message. Raises ValueError for an address that no header can hold."""
    link = f"{public_url}/unsubscribe/{digest.delivery_id}" if public_url else None
    written = letter.letter(digest, link)
    name, _, domain = digest.email.rpartition("@")
    message = EmailMessage()
    message["From"] = settings.sender
    message["To"] = Address(letter.one_line(digest.name), name, domain)
    message["Subject"] = written.subject
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = f"<{digest.delivery_id}@{settings.envelope.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    if link is not None:
        message["List-Unsubscribe"] = f"<{link}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(written.text)
    message.add_alternative(written.html, subtype="html")
    # Last, since these two move what is said of the content into its parts.
    message["Content-Language"] = digest.language.value
    return message
