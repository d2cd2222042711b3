"""Settings from the environment, read once by the command line; importing this does nothing."""

import os
from dataclasses import dataclass
from urllib.parse import urlsplit


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
        """Refuses, by SettingsError, a URL of the wrong kind."""
        return cls(
            database_url=_url("DATABASE_URL", {"postgres", "postgresql"}),
            redis_url=_url("REDIS_URL", {"redis", "rediss", "unix"}),
            admin_email=os.environ.get("JEJAK_ADMIN_EMAIL", "admin@jejak.local"),
        )


def _url(name: str, schemes: set[str]) -> str | None:
    value = os.environ.get(name)
    if not value:
        return None
    try:
        valid = urlsplit(value).scheme in schemes
    except ValueError:
        valid = False
    if not valid:
        raise SettingsError(
            f"{name} is not a URL of the form {max(schemes)}://...; correct it, or unset it to use the embedded server"
        )
    return value
