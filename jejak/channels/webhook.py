"""Digests as webhooks, by Standard Webhooks: signed JSON under the delivery's id."""

import asyncio
import email.utils
import ssl
import time
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Self
from urllib.parse import urlsplit
from uuid import UUID

import httpcore
import orjson
from standardwebhooks import Webhook

from jejak import __version__
from jejak.channels.dial import CheckedBackend
from jejak.domain import clock, digest_texts, letter, webhook_target
from jejak.domain.delivery_rules import Attempt
from jejak.domain.digest import Digest, Line
from jejak.domain.digest_rules import Section
from jejak.domain.vocabulary import Outcome

SECONDS = 15.0
CONNECT_SECONDS = 5.0
MOST_ANSWER = 4_096
_GONE = 410
Headers = dict[bytes | str, bytes | str]


class Posts:
    """Connections for webhooks, kept while this is open. `post` says how it went and never raises."""

    def __init__(self, seconds: float = SECONDS, tls: ssl.SSLContext | None = None) -> None:
        self._seconds = seconds
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls or _tls(),
            # None is kept for another request: the next one may be allowed to go elsewhere only.
            max_keepalive_connections=0,
            network_backend=CheckedBackend(),
        )

    async def __aenter__(self) -> Self:
        await self._pool.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._pool.aclose()

    async def post(self, digest: Digest) -> Attempt:
        begun = time.monotonic()
        attempt = await self._post(digest)
        return Attempt(
            attempt.outcome,
            attempt.said,
            attempt.answer,
            round((time.monotonic() - begun) * 1_000),
            attempt.retry_after,
        )

    async def _post(self, digest: Digest) -> Attempt:
        url = digest.url or ""
        if urlsplit(url).scheme != "https" and not webhook_target.policy().http:
            return Attempt(Outcome.REFUSED, "webhooks go by https only")
        body = orjson.dumps(payload(digest))
        headers: Headers = {
            **signed(digest, body, clock.now()),
            "Content-Type": "application/json",
            "User-Agent": f"Jejak/{__version__}",
            "Accept-Encoding": "identity",
        }
        limits = dict.fromkeys(("read", "write", "pool"), self._seconds) | {"connect": CONNECT_SECONDS}
        try:
            async with (
                asyncio.timeout(self._seconds),
                self._pool.stream(
                    "POST", url, headers=headers, content=body, extensions={"timeout": limits}
                ) as answer,
            ):
                return judged(answer.status, _headers(answer.headers), await _beginning(answer))
        except webhook_target.Forbidden as error:
            # Where the name leads now is no place for a webhook; it may be set right.
            return Attempt(Outcome.UNREACHABLE, str(error))
        except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
            return Attempt(Outcome.UNREACHABLE, f"no connection: {error}")
        except (TimeoutError, httpcore.TimeoutException):
            return Attempt(Outcome.FAILED, f"no answer in {self._seconds:g} s")
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            return Attempt(Outcome.FAILED, f"the connection broke: {error or type(error).__name__}")


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


async def _beginning(answer: httpcore.Response) -> str:
    """As much of the answer as is looked at; the rest is never read."""
    read = b""
    async for part in answer.aiter_stream():
        read += part
        if len(read) >= MOST_ANSWER:
            break
    return read[:MOST_ANSWER].decode("utf-8", "replace")


def _headers(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in raw}


def judged(status: int, headers: Mapping[str, str], answer: str) -> Attempt:
    """Any 2xx is a delivery. 410 ends it at once. A redirect is not followed: it could lead anywhere."""
    said = f"HTTP {status}"
    if 200 <= status < 300:
        return Attempt(Outcome.DELIVERED, said, answer)
    if status == _GONE:
        return Attempt(Outcome.REFUSED, said, answer)
    if 300 <= status < 400:
        return Attempt(Outcome.FAILED, f"{said}: redirects are not followed", answer)
    return Attempt(
        Outcome.FAILED, said, answer, retry_after=_retry_after(headers.get("retry-after", ""), clock.now())
    )


def _retry_after(value: str, now: datetime) -> timedelta | None:
    """Seconds, or a date of HTTP; None where it is neither."""
    value = value.strip()
    if value.isascii() and value.isdigit() and len(value) <= 9:
        return timedelta(seconds=int(value))
    try:
        until = email.utils.parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return max(until.replace(tzinfo=until.tzinfo or UTC) - now, timedelta())


def signed(digest: Digest, body: bytes, at: datetime) -> Headers:
    """By every secret that holds: while one is being replaced the receiver may know either."""
    key = str(digest.delivery_id)
    signatures = (Webhook(secret).sign(key, at, body.decode()) for secret in digest.secrets)
    return {
        "webhook-id": key,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def payload(digest: Digest) -> dict[str, Any]:
    """What is posted. Ids of tasks, alerts and notices are those of the API."""
    totals = digest.totals
    return {
        "type": "test" if digest.test else "digest",
        "timestamp": digest.created_at.isoformat(),
        "data": {
            "person": {"id": _global("Person", digest.person_id), "name": digest.name, "email": digest.email},
            "language": digest.language.value,
            "timeZone": digest.zone,
            "subject": letter.subject(digest),
            "text": letter.text(digest),
            "sections": [
                {
                    "section": section.value,
                    "title": digest_texts.section(section, digest.language),
                    "lines": [_line(line, section, digest) for line in lines],
                }
                for section, lines in digest.sections.items()
            ],
            "totals": {
                "open": totals.open,
                "overdue": totals.overdue,
                "dueThisWeek": totals.due_this_week,
                "blocked": totals.blocked,
                "toVerify": totals.to_verify,
            },
        },
    }


def _line(line: Line, section: Section, digest: Digest) -> dict[str, Any]:
    return {
        "noticeId": _global("Notice", line.notice_id),
        "kind": line.kind,
        "text": letter.one_line(letter.said(line, section, digest.language)),
        "taskId": _global("Task", line.task_id) if line.task_id else None,
        "alertId": _global("Alert", line.alert_id) if line.alert_id else None,
        "title": line.title,
        "unit": {"code": line.unit_code, "name": line.unit_name} if line.unit_code else None,
        "dueOn": line.due_on.isoformat() if line.due_on else None,
        "status": line.status,
    }


def _global(name: str, key: UUID) -> str:
    # As graphql/ids.py writes them, which is no room below this one.
    return b64encode(f"{name}:{key}".encode()).decode()
