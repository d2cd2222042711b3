"""Where webhooks may go: by https to the public internet, unless whoever runs the service says otherwise.

Asked when one is registered, and again for every connection, of the very address that is connected to: a name may lead
elsewhere by then, and whoever owns the name decides where.
"""

import asyncio
import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
MOST_URL = 1_000
RESOLVE_SECONDS = 5
# The same for both: whoever owns a webhook reads it, and is not to learn which names there are inside.
NOWHERE = "the host cannot be found, or its address is not a public one"
# Of the special ones (IANA), those that not every version of Python knows not to be global.
_SPECIAL: tuple[Network, ...] = (
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.88.99.0/24"),
    IPv6Network("64:ff9b:1::/48"),
    IPv6Network("2001::/23"),
    IPv6Network("3fff::/20"),
    IPv6Network("5f00::/16"),
    IPv6Network("fec0::/10"),  # once the private ones, and still so in old networks
)
# Addresses that carry an IPv4 address inside (RFC 6052, 3056): what they reach is what that one reaches.
_NAT64 = IPv6Network("64:ff9b::/96")
_6TO4 = IPv6Network("2002::/16")
# Of their own: whoever owns a name decides how long its servers take to answer, and connections to the database and to
# the mail server wait for the common ones.
_threads = ThreadPoolExecutor(max_workers=16, thread_name_prefix="names")


class Forbidden(Exception):  # noqa: N818 -- an answer, not a fault
    """What may not be connected to, in one line."""


@dataclass(frozen=True, slots=True)
class Policy:
    """`private`: networks inside that are allowed all the same; `http`: whether targets may do without TLS."""

    private: tuple[Network, ...] = ()
    http: bool = False


_policy = Policy()


def allow(policy: Policy) -> None:
    """Sets what this process may connect to; without it, nothing but the public internet."""
    global _policy  # noqa: PLW0603 -- one policy a process is the point
    _policy = policy


def policy() -> Policy:
    return _policy


def permitted(address: Address, private: Iterable[Network] = ()) -> bool:
    """Whether it is public, whatever it is wrapped in, or in one of the networks that are allowed."""
    inner = _unwrapped(address)
    if any(inner in network or address in network for network in private):
        return True
    # `is_global` leaves multicast in, and of it even that of the whole world answers to nobody.
    special = inner.is_multicast or inner.is_reserved or any(inner in network for network in _SPECIAL)
    return inner.is_global and not special


def _unwrapped(address: Address) -> Address:
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _6TO4:
        return IPv4Address(int(address) >> 80 & 0xFFFFFFFF)
    return address


def well_formed(url: str) -> str | None:
    """The URL as it is kept; None for what no webhook can be: another scheme, no host, a name or password in it."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    schemes = {"https", "http"} if _policy.http else {"https"}
    if parts.scheme not in schemes or not host or "@" in parts.netloc or parts.fragment or port == 0:
        return None
    if not url.isascii() or any(c.isspace() or c == "\\" for c in url) or len(url) > MOST_URL:
        return None
    host = host.removesuffix(".")
    if not host or "%" in host:
        return None
    shown = f"[{host}]" if ":" in host else host
    return parts._replace(netloc=shown + (f":{port}" if port else ""), path=parts.path or "/").geturl()


def is_plain(url: str) -> bool:
    """Whether it is `well_formed` to all but https."""
    scheme, colon, rest = url.partition(":")
    return scheme.lower() == "http" and well_formed(f"https{colon}{rest}") is not None


async def resolved(host: str, port: int) -> list[str]:
    """The addresses of a host. Raises Forbidden where it has none, or one that is not permitted: what is forbidden is
    not made good by something else beside it.
    """
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(RESOLVE_SECONDS):
            found = await loop.run_in_executor(_threads, _addresses, host, port)
    except (OSError, UnicodeError, TimeoutError):
        raise Forbidden(NOWHERE) from None
    addresses = list(dict.fromkeys(found))
    for address in addresses:
        # Without its zone: fe80::1%eth0 is as little public as fe80::1.
        if not permitted(ip_address(address.partition("%")[0]), _policy.private):
            raise Forbidden(NOWHERE)
    return addresses


def _addresses(host: str, port: int) -> list[str]:
    return [str(sockaddr[0]) for *_, sockaddr in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


async def check(url: str) -> None:
    """Raises Forbidden for where no webhook may go."""
    parts = urlsplit(url)
    if parts.scheme == "http" and not _policy.http:
        raise Forbidden("webhooks go by https only")
    await resolved(parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
