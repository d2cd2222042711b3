"""Settings from the environment, read once by the command line; importing this does nothing."""

import os
from dataclasses import dataclass
from urllib.parse import urlsplit

from jejak.domain.checks import Checks


class SettingsError(Exception):
    """One clear line for whoever runs the command."""


@dataclass(frozen=True, slots=True)
class Settings:
    """None for a URL means: the embedded server."""

    database_url: str | None
    redis_url: str | None
    admin_email: str

    @classmethod
    def from_environment(cls) -> "Settings":
        """Refuses, by SettingsError, a URL of the wrong kind and what is no e-mail address."""
        return cls(
            database_url=_url("DATABASE_URL", "postgresql", "postgres"),
            redis_url=_url("REDIS_URL", "redis", "rediss", "unix"),
            admin_email=_email("JEJAK_ADMIN_EMAIL", "admin@jejak.local"),
        )


def _email(name: str, default: str) -> str:
    checks = Checks()
    value = checks.email(os.environ.get(name) or default, name)
    if checks.problems:
        raise SettingsError(f"{name} is not an e-mail address; correct it, or unset it for {default}")
    return value


def _url(name: str, *schemes: str) -> str | None:
    value = os.environ.get(name)
    if not value:
        return None
    try:
        valid = urlsplit(value).scheme in schemes
    except ValueError:
        valid = False
    if not valid:
        raise SettingsError(
            f"{name} is not a URL of the form {schemes[0]}://...; correct it, or unset it to use the embedded server"
        )
    return value
