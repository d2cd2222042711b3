"""Passwords: argon2id, hashed off the event loop."""

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from jejak.domain.checks import Checks
from jejak.domain.errors import Code

LEAST = 12
MOST = 256
T = TypeVar("T")
_hasher = PasswordHasher()
# Each hash takes 64 MiB: a rush of sign-ins waits its turn instead of taking the machine's memory.
_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="password")


def check(checks: Checks, value: str, name: str) -> None:
    """NIST SP 800-63B: length counts, composition does not."""
    if len(value) < LEAST:
        checks.refuse(Code.WEAK_PASSWORD, name, least=LEAST)
    elif len(value) > MOST:
        checks.refuse(Code.TOO_LONG, name, most=MOST)


def generated() -> str:
    return secrets.token_urlsafe(15)


async def hashed(value: str) -> str:
    return await _aside(lambda: _hasher.hash(_bytes(value)))


async def matches(value: str, known: str | None) -> bool:
    """False, after the same work, where `known` is None."""
    secret = _bytes(value)
    try:
        await _aside(lambda: _hasher.verify(known or _nobody(), secret))
    except (VerificationError, InvalidHashError):
        return False
    return known is not None


@cache
def _nobody() -> str:
    """Verified against when there is no such person, so that the answer takes as long and tells nothing."""
    return _hasher.hash(secrets.token_urlsafe(16))


async def _aside(work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(_threads, work)


def _bytes(value: str) -> bytes:
    return value.encode("utf-8", "surrogatepass")
