"""Settings from the environment, read once by the command line; importing this does nothing."""

import os
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from jejak.domain.checks import Checks


class SettingsError(Exception):
    """One clear line for whoever runs the command."""


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """An OpenID Connect provider at which people may sign in. Without a secret we are a public client of it."""

    issuer: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """None for a URL of a server means: the embedded one."""

    database_url: str | None = None
    redis_url: str | None = None
    admin_email: str = "admin@jejak.local"
    public_url: str | None = None
    """The origin at which browsers reach the service, as `https://jejak.example`."""
    identity_provider: IdentityProvider | None = None

    @classmethod
    def from_environment(cls) -> "Settings":
        """Refuses, by SettingsError, a URL of the wrong kind and what is no e-mail address."""
        return cls(
            database_url=_url("DATABASE_URL", "postgresql", "postgres"),
            redis_url=_url("REDIS_URL", "redis", "rediss", "unix"),
            admin_email=_email("JEJAK_ADMIN_EMAIL", "admin@jejak.local"),
            public_url=os.environ.get("JEJAK_PUBLIC_URL", "").strip() or None,
            identity_provider=_identity_provider(),
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


def _identity_provider() -> IdentityProvider | None:
    issuer, client_id, client_secret, public_url = (
        os.environ.get(name, "").strip()
        for name in (
            "JEJAK_OIDC_ISSUER",
            "JEJAK_OIDC_CLIENT_ID",
            "JEJAK_OIDC_CLIENT_SECRET",
            "JEJAK_PUBLIC_URL",
        )
    )
    if not issuer and not client_id:
        return None
    if not issuer or not client_id or not public_url:
        raise SettingsError(
            "signing in at an identity provider needs JEJAK_OIDC_ISSUER, JEJAK_OIDC_CLIENT_ID and JEJAK_PUBLIC_URL; "
            "set all of them, or unset the first two"
        )
    try:
        parts = urlsplit(issuer)
        valid = parts.scheme == "https" or (
            parts.scheme == "http" and parts.hostname in {"localhost", "127.0.0.1"}
        )
    except ValueError:
        valid = False
    if not valid or not parts.hostname or parts.query or parts.fragment:
        raise SettingsError(
            "JEJAK_OIDC_ISSUER is not an https address; write it as the provider's discovery document does"
        )
    return IdentityProvider(issuer, client_id, client_secret or None)
