"""Which web pages may use the service. Nothing of it works from a page of any other origin."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from jejak.settings import Settings, origin_of

EXPOSED = "x-request-id, ratelimit, ratelimit-policy, retry-after"
METHODS = "GET, HEAD, POST"
SENT = "accept, accept-language, authorization, content-type, last-event-id, x-csrf-token"
PREFLIGHT_SECONDS = 600


class Headers(Protocol):
    """Of a Litestar connection, HTTP or WebSocket; any mapping with small names."""

    def get(self, key: str, default: str = "", /) -> str: ...


@dataclass(frozen=True, slots=True)
class Origins:
    """`public` is the service's own; None means whatever host the request names."""

    public: str | None
    others: frozenset[str]

    @classmethod
    def of(cls, settings: Settings) -> "Origins":
        return cls(settings.public_url, settings.origins)

    def foreign(self, headers: Headers | Mapping[str, str]) -> bool:
        """Whether a browser sends this for a page that may not: to be refused before anything is run.

        Programs that are no browsers name neither an origin nor a site, and pass: nobody can make them send
        somebody else's cookie.
        """
        origin = headers.get("origin", "")
        if origin:
            return origin not in self.others and origin != self._own(origin, headers.get("host", ""))
        # Without `Origin` come images, scripts, forms by GET and navigations.
        return headers.get("sec-fetch-site", "") in {"cross-site", "same-site"}

    def misdirected(self, headers: Headers | Mapping[str, str]) -> bool:
        """Whether the request names another host, as one does whose name somebody has pointed at our address."""
        if self.public is None:
            return False
        scheme, _, own = self.public.partition("://")
        host = headers.get("host", "")
        # Nearly always it is written as we write it.
        return host != own and self.public != origin_of(f"{scheme}://{host}")

    def _own(self, origin: str, host: str) -> str | None:
        return self.public or origin_of(f"{origin.partition('://')[0]}://{host}")

    def cors(self, headers: Headers | Mapping[str, str], *, preflight: bool) -> Iterable[tuple[str, str]]:
        """The headers by which a browser lets a page of a configured origin read the answer; none for any other."""
        origin = headers.get("origin", "")
        if origin not in self.others:
            return
        yield "access-control-allow-origin", origin
        yield "access-control-allow-credentials", "true"
        if preflight:
            yield "access-control-allow-methods", METHODS
            yield "access-control-allow-headers", SENT
            yield "access-control-max-age", str(PREFLIGHT_SECONDS)
        else:
            yield "access-control-expose-headers", EXPOSED
