"""Settings from the environment, read once by the command line; importing this does nothing."""

import ipaddress
import os
from dataclasses import dataclass, field, fields
from email.errors import HeaderParseError
from email.headerregistry import Address, HeaderRegistry
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from jejak.domain.checks import Checks
from jejak.domain.webhook_target import Policy


class SettingsError(Exception):
    """One clear line for whoever runs the command."""


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """An OpenID Connect provider at which people may sign in. Without a secret we are a public client of it."""

    issuer: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Mail:
    """The mail server, and whose name mail bears. `implicit_tls`: from the first byte on, else STARTTLS where offered."""

    host: str
    port: int
    sender: str
    envelope: str
    implicit_tls: bool = False
    user: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request, and one caller, may ask for. Each is `JEJAK_MOST_` and its name in the environment."""

    depth: int = 16
    """Objects inside each other."""
    aliases: int = 60
    fields: int = 2_000
    """With fragments spelled out."""
    tokens: int = 4_000
    rows: int = 50_000
    """What the answer may hold; a page counts as long as it may be."""
    characters: int = 100_000
    """Of a document. Reading one holds the event loop; its values belong into `variables`."""
    bytes: int = 16 * 2**20
    """Of a request's body: room for a field of 10 MB, which then is refused by its name."""
    seconds: float = 30
    """For a request, and once more for its body to arrive."""
    at_once: int = 100
    """Requests that one process carries out at the same time."""
    at_once_each: int = 20
    """As `at_once`, of one token or address."""
    wait: float = 2
    """Seconds in line for a place of those; who would stand there longer is told to come again."""
    per_minute: int = 1_200
    """Requests of one token, or of one address where nobody is signed in; `burst` of them at once."""
    burst: int = 120


@dataclass(frozen=True, slots=True)
class Settings:
    """None for a URL of a server means: the embedded one."""

    database_url: str | None = None
    redis_url: str | None = None
    admin_email: str = "admin@jejak.local"
    public_url: str | None = None
    """The origin at which browsers reach the service, as `https://jejak.example`."""
    identity_provider: IdentityProvider | None = None
    origins: frozenset[str] = frozenset()
    """Other origins whose pages may use the service."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses and networks whose X-Forwarded headers are believed."""
    trusted_documents: Path | None = None
    """With it nothing but the documents in this file is run."""
    introspection: bool = True
    mail: Mail | None = None
    """Without it no e-mail is sent."""
    webhooks: Policy = field(default_factory=Policy)
    limits: Limits = field(default_factory=Limits)

    @classmethod
    def from_environment(cls) -> "Settings":
        """Refuses, by SettingsError, whatever cannot be meant."""
        public_url = _public_url("JEJAK_PUBLIC_URL")
        return cls(
            database_url=_url("DATABASE_URL", "postgresql", "postgres"),
            redis_url=_url("REDIS_URL", "redis", "rediss", "unix"),
            admin_email=_email("JEJAK_ADMIN_EMAIL", "admin@jejak.local"),
            public_url=public_url,
            origins=_origins("JEJAK_ORIGINS"),
            trusted_proxies=_networks("JEJAK_TRUSTED_PROXIES"),
            trusted_documents=_file("JEJAK_TRUSTED_DOCUMENTS"),
            introspection=_switch("JEJAK_INTROSPECTION", default=True),
            mail=_mail(),
            webhooks=Policy(
                tuple(ipaddress.ip_network(one) for one in _networks("WEBHOOK_ALLOW_PRIVATE")),
                http=_switch("WEBHOOK_ALLOW_HTTP", default=False),
            ),
            limits=_limits(),
            identity_provider=_identity_provider(public_url),
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


def origin_of(url: str) -> str | None:
    """Scheme, host and port as a browser writes them in `Origin`; None where `url` is no such address."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname or "*" in parts.hostname:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    default = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + ("" if port in {None, default} else f":{port}")


def _origin(value: str, name: str) -> str:
    parts = urlsplit(value) if origin_of(value) else None
    if parts is None or parts.path not in {"", "/"} or parts.query or parts.fragment or parts.username:
        raise SettingsError(
            f"{name}: {value!r} is not an origin; write scheme, host and port alone, as https://jejak.example"
        )
    return str(origin_of(value))


def _public_url(name: str) -> str | None:
    value = os.environ.get(name, "").strip()
    return _origin(value, name) if value else None


def _listed(name: str) -> list[str]:
    return [one for one in (part.strip() for part in os.environ.get(name, "").split(",")) if one]


def _origins(name: str) -> frozenset[str]:
    return frozenset(_origin(one, name) for one in _listed(name))


def _networks(name: str) -> tuple[str, ...]:
    for one in _listed(name):
        try:
            ipaddress.ip_network(one)
        except ValueError:
            raise SettingsError(
                f"{name}: {one!r} is neither an address nor a network; write 10.0.0.7 or 10.0.0.0/24, comma separated"
            ) from None
    return tuple(_listed(name))


def _file(name: str) -> Path | None:
    value = os.environ.get(name)
    if not value:
        return None
    path = Path(value)
    if not path.is_file():
        raise SettingsError(
            f"{name}: there is no file {value}; make it by: jejak trust-documents FOLDER -o FILE"
        )
    return path


def _switch(name: str, *, default: bool) -> bool:
    value = os.environ.get(name, "").strip().lower()
    if value not in {"", "on", "off"}:
        raise SettingsError(f"{name} is {value!r}; set it to on or off")
    return value == "on" if value else default


def _limits() -> Limits:
    given: dict[str, Any] = {}
    for one in fields(Limits):
        value = os.environ.get(f"JEJAK_MOST_{one.name.upper()}")
        if value:
            given[one.name] = _most(f"JEJAK_MOST_{one.name.upper()}", value, one.default)
    return Limits(**given)


def _most(name: str, value: str, default: Any) -> int:
    try:
        number = int(value)
    except ValueError:
        number = 0
    if not 1 <= number <= 2**31:
        raise SettingsError(
            f"{name} is {value!r}; set it to a whole number from 1, or unset it for {default}"
        )
    return number


def _identity_provider(public_url: str | None) -> IdentityProvider | None:
    issuer, client_id, client_secret = (
        os.environ.get(f"JEJAK_OIDC_{name}", "").strip() for name in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET")
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


_MAIL_PORTS = {"smtp": 587, "smtps": 465}


def _mail() -> Mail | None:
    url, sender = (os.environ.get(name, "").strip() for name in ("SMTP_URL", "MAIL_FROM"))
    if not url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in _MAIL_PORTS or not parts.hostname or parts.path not in {"", "/"} or parts.query:
        # Not what it is: there may be a password in it.
        raise SettingsError(
            "SMTP_URL is not of the form smtp://user:password@host:587 or smtps://...; correct it, or unset it for no e-mail"
        )
    return Mail(
        host=parts.hostname,
        port=port or _MAIL_PORTS[parts.scheme],
        sender=sender,
        envelope=_envelope("MAIL_FROM", sender),
        implicit_tls=parts.scheme == "smtps",
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


def _envelope(name: str, sender: str) -> str:
    """The bare address of a sender, who may be written with a name."""
    try:
        header: Any = HeaderRegistry()("From", sender)
        (found,) = header.addresses
    except (ValueError, HeaderParseError, IndexError, AttributeError):
        found = Address()
    checks = Checks()
    checks.email(found.addr_spec, name)
    if checks.problems or header.defects:
        raise SettingsError(
            f"{name} is not an e-mail address; with SMTP_URL, set it to whom mail is from, as Jejak <jejak@pln.example>"
        )
    return str(found.addr_spec)
