"""Addresses that prove by themselves that they are ours, so that made-up ones cost nothing: HMAC-SHA256 with keys of our own."""

import hashlib
import hmac
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import IntEnum
from uuid import UUID

from jejak.domain import clock, db

SUBJECTS = 0
"""The number of the key that makes customers' hashes: with another one nobody would be found again."""
RENEWED_AFTER = timedelta(days=365)
# Longer than anything lives that was signed by a key while it was the newest: a link two years, an answer's data 13 months.
KEPT = RENEWED_AFTER + timedelta(days=800)
LOOKED_AGAIN_SECONDS = 60.0
# Of 32: enough for what can only be tried by asking us.
_MAC_BYTES = 12
_HEAD_BYTES = 18


class Purpose(IntEnum):
    """What a token is for: one of another purpose is no such token."""

    LINK = 1
    REQUEST = 2
    FORM = 3
    RECEIPT = 4


@dataclass(frozen=True, slots=True)
class Token:
    """`rest`: what it says besides."""

    purpose: Purpose
    key: UUID
    rest: bytes = b""


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys there are, by number. A token says by which it was signed, so that an older one holds on."""

    secrets: Mapping[int, bytes] = field(repr=False)

    @property
    def newest(self) -> int:
        return max(self.secrets)

    def sign(self, token: Token, number: int | None = None, *, bound_to: bytes = b"") -> str:
        """40 characters for a token that says nothing besides; those of an address. `bound_to`: where alone it holds."""
        chosen = self.newest if number is None else number
        head = bytes([chosen, token.purpose]) + token.key.bytes + token.rest
        return urlsafe_b64encode(head + self._mac(chosen, head, bound_to)).decode().rstrip("=")

    def read(self, written: str, *purposes: Purpose, bound_to: bytes = b"") -> Token | None:
        """None for what is no token of ours, or of another purpose."""
        if not 40 <= len(written) <= 60 or not written.isascii():
            return None
        try:
            raw = urlsafe_b64decode(written + "=" * (-len(written) % 4))
        except ValueError:
            return None
        head, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
        # One token has one spelling: what decodes to it as well is none.
        if len(head) < _HEAD_BYTES or urlsafe_b64encode(raw).decode().rstrip("=") != written:
            return None
        if head[0] == SUBJECTS or head[0] not in self.secrets or head[1] not in purposes:
            return None
        if not hmac.compare_digest(mac, self._mac(head[0], head, bound_to)):
            return None
        return Token(Purpose(head[1]), UUID(bytes=head[2:_HEAD_BYTES]), head[_HEAD_BYTES:])

    def hash_of(self, text: str) -> str:
        """64 hexadecimal digits, the same for the same text for ever."""
        return hmac.digest(self.secrets[SUBJECTS], text.encode(), hashlib.sha256).hex()

    def _mac(self, number: int, head: bytes, bound_to: bytes) -> bytes:
        return hmac.digest(self.secrets[number], head + bound_to, hashlib.sha256)[:_MAC_BYTES]


async def load() -> Keyring:
    rows = await db.fetch("select number, secret from signing_key")
    return Keyring({row["number"]: bytes(row["secret"]) for row in rows})


@dataclass(slots=True)
class Keys:
    """The keys as one process knows them: looked for again once a minute, so that one that was deleted soon opens nothing."""

    _known: Keyring | None = None
    _until: float = 0

    async def current(self) -> Keyring:
        now = time.monotonic()
        if self._known is None or now >= self._until:
            self._known, self._until = await load(), now + LOOKED_AGAIN_SECONDS
        return self._known


async def renew() -> None:
    """A new key a year; of those before, each goes once nothing that it has signed lives."""
    now = clock.now()
    await db.execute(
        """
        insert into signing_key (id, number, secret, created_at)
        select $1, max(number) + 1, $2, $3 from signing_key where number > $4
        having max(created_at) < $5 and max(number) < 255 on conflict do nothing
        """,
        db.new_id(),
        secrets.token_bytes(32),
        now,
        SUBJECTS,
        now - RENEWED_AFTER,
    )
    await db.execute(
        """
        delete from signing_key k where k.number > $1 and k.created_at < $2
        and exists (select from signing_key later where later.number > k.number)
        """,
        SUBJECTS,
        now - KEPT,
    )
