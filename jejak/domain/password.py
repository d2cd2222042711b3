"""Passwords: argon2id, hashed off the event loop."""

import asyncio
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from jejak.domain.checks import Checks
from jejak.domain.errors import Code

LEAST = 12
MOST = 256
_hasher = PasswordHasher()
# Verified against when there is no such person, so that the answer takes as long and tells nothing.
_NOBODY = _hasher.hash(secrets.token_urlsafe(16))


def check(checks: Checks, value: str, name: str) -> None:
    """NIST SP 800-63B: length counts, composition does not."""
    if len(value) < LEAST:
        checks.refuse(Code.WEAK_PASSWORD, name, least=LEAST)
    elif len(value) > MOST:
        checks.refuse(Code.TOO_LONG, name, most=MOST)


def generated() -> str:
    return secrets.token_urlsafe(15)


async def hashed(value: str) -> str:
    return await asyncio.to_thread(_hasher.hash, value.encode("utf-8", "surrogatepass"))


async def matches(value: str, known: str | None) -> bool:
    """False, after the same work, where `known` is None."""
    try:
        await asyncio.to_thread(_hasher.verify, known or _NOBODY, value.encode("utf-8", "surrogatepass"))
    except (VerificationError, InvalidHashError):
        return False
    return known is not None
