"""Secrets that stand for somebody: 256 random bits, shown once, kept as their SHA-256 only."""

import hashlib
import secrets
from enum import StrEnum


class Kind(StrEnum):
    """What a secret opens, as its first letters say: to people who find one, and to programs that search for leaks."""

    ACCESS = "jejak_access_"
    REFRESH = "jejak_refresh_"
    BROWSER = "jejak_browser_"
    API = "jejak_api_"
    INVITATION = "jejak_invitation_"
    CALENDAR = "jejak_calendar_"


def new(kind: Kind) -> str:
    return kind + bare()


def bare() -> str:
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """A quick hash is enough: nobody guesses 256 random bits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
