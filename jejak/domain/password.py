"""Passwords by NIST SP 800-63B-4: long and not easily guessed, without rules on what they are made of; argon2id."""

import asyncio
import re
import secrets
import unicodedata
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from jejak.domain.checks import Checks
from jejak.domain.errors import Code

LEAST = 15
MOST = 256
# The estimate's work grows with the length; what makes a password guessable shows in its beginning.
JUDGED = 72
# What has to be left of a password without the words that others would try first.
OWN = 8
# 10**10 guesses: what the estimate calls "very unguessable".
SCORE = 4
# What the estimate's lists, which are English, do not know and people here would choose.
HERE = (  # noqa: SIM905 -- a list of words reads as words
    "jejak pln cx100 melayani sepenuh hati listrik indonesia nusantara jakarta merdeka garuda katasandi kata sandi "
    "rahasia bismillah alhamdulillah sayang cinta admin administrator petugas ranger"
).split()
T = TypeVar("T")
_hasher = PasswordHasher()
# Each hash takes 64 MiB: a rush of sign-ins waits its turn instead of taking the machine's memory.
_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="password")


async def check(checks: Checks, value: str, name: str, about: Iterable[str] = ()) -> None:
    """`about`: what others know of whoever chooses it, as name and e-mail address, which it may not be made of.

    Refuses WEAK_PASSWORD below 15 characters, TOO_LONG beyond 256, GUESSABLE_PASSWORD for one that is in common use,
    repeats itself or is made of such words.
    """
    if len(value) > MOST:
        checks.refuse(Code.TOO_LONG, name, most=MOST)
        return
    secret = _normalised(value)
    if len(secret) < LEAST:
        checks.refuse(Code.WEAK_PASSWORD, name, least=LEAST)
    elif await _aside(lambda: _guessable(secret, about)):
        checks.refuse(Code.GUESSABLE_PASSWORD, name)


def _guessable(secret: str, about: Iterable[str]) -> bool:
    words = {word for text in about for word in [text, *re.split(r"[\W_]+", text)] if len(word) > 2}
    rest = secret.lower()
    for word in sorted(words | set(HERE), key=len, reverse=True):
        rest = rest.replace(word.lower(), "")
    if len("".join(rest.split())) < OWN:
        return True
    judged = zxcvbn(secret[:JUDGED], user_inputs=sorted(words | set(HERE)))
    return bool(judged["score"] < SCORE)


def generated() -> str:
    return secrets.token_urlsafe(15)


async def hashed(value: str) -> str:
    return await _aside(lambda: _hasher.hash(_bytes(value)))


async def matches(value: str, known: str | None) -> bool:
    """False, after the same work, where `known` is None."""
    secret = _bytes(value if len(value) <= MOST else "")
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


def _normalised(value: str) -> str:
    """One password however a keyboard composes its letters."""
    return unicodedata.normalize("NFKC", value)


def _bytes(value: str) -> bytes:
    return _normalised(value).encode("utf-8", "surrogatepass")
