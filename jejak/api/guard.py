"""What every request passes before anything is run for it, and what every answer bears."""

import secrets
from dataclasses import dataclass, field

from litestar.connection import ASGIConnection
from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from jejak.api.auth import Connection, cookies_of
from jejak.api.errors import HttpRefused
from jejak.api.health import OPEN
from jejak.api.metrics import Metrics
from jejak.api.origin import Origins
from jejak.api.rate import Rate
from jejak.domain.errors import Code, Problem
from jejak.domain.secret import digest
from jejak.domain.throttle import place
from jejak.settings import Settings

GRAPHQL = "/graphql"
_SECURITY = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
_HTTPS_ONLY = (b"strict-transport-security", b"max-age=31536000")
_NAMED = "request_id"
_RATE = "rate_limit"
_CALLER = "caller"


@dataclass(slots=True)
class Guard:
    """`checked` is the middleware, `finish` the hook before an answer leaves."""

    settings: Settings
    origins: Origins
    rate: Rate
    metrics: Metrics
    _on_all: tuple[tuple[bytes, bytes], ...] = field(init=False)
    _policy: tuple[bytes, bytes] = field(init=False)

    def __post_init__(self) -> None:
        https = (self.settings.public_url or "").startswith("https:")
        self._on_all = (*_SECURITY, *([_HTTPS_ONLY] if https else []))
        self._policy = (b"ratelimit-policy", self.rate.policy.encode())

    def checked(self, app: ASGIApp) -> ASGIApp:
        async def checking(scope: Scope, receive: Receive, send: Send) -> None:
            _named(scope)
            try:
                await self._check(scope)
            except HttpRefused:
                if scope["type"] == ScopeType.HTTP:
                    raise
                # Before it is accepted, which the server answers with 403.
                await send({"type": "websocket.close", "code": 1008, "reason": ""})
                return
            await app(scope, receive, send)

        return checking

    async def _check(self, scope: Scope) -> None:
        if scope["path"].startswith(OPEN):
            return
        headers = Headers.from_scope(scope)
        if self.origins.misdirected(headers):
            raise HttpRefused(Problem(Code.WRONG_HOST, values={"url": self.origins.public}), 421)
        if self.origins.foreign(headers) and not _arrives(scope, headers):
            raise HttpRefused(Problem(Code.FOREIGN_ORIGIN), 403)
        if _method(scope) != "OPTIONS":
            # Elsewhere nobody asks whether a token is one, and each that is made up would have a bucket of its own.
            known = scope["path"] == GRAPHQL and scope["type"] == ScopeType.HTTP
            await self.count(scope, caller(scope) if known else by_address(scope))

    async def count(self, scope: Scope, whose: str) -> None:
        """Counts a request. Refuses RATE_LIMITED (429)."""
        taken = await self.rate.take(whose)
        wait = taken.wait
        scope["state"][_RATE] = f'"requests";r={taken.left};t={wait or taken.full_in}'
        if wait:
            self.metrics.rate_limited.inc()
            problem = Problem(Code.RATE_LIMITED, values={"seconds": wait})
            raise HttpRefused(problem, 429, {"Retry-After": str(wait)})

    async def finish(self, message: Message, scope: Scope) -> None:
        if message["type"] != "http.response.start" or scope["type"] != ScopeType.HTTP:
            return
        headers = list(message.get("headers", ()))
        given = {name for name, _ in headers}
        headers += [header for header in self._on_all if header[0] not in given]
        # Named here where no route was found, so that nobody had named it before.
        headers.append((b"x-request-id", _named(scope).encode()))
        if _RATE in scope["state"]:
            headers += [self._policy, (b"ratelimit", scope["state"][_RATE].encode())]
        if self.origins.others:
            headers.append((b"vary", b"Origin"))
            allowed = self.origins.cors(Headers.from_scope(scope), preflight=_method(scope) == "OPTIONS")
            headers += [(name.encode(), value.encode("latin-1")) for name, value in allowed]
        message["headers"] = headers


def _named(scope: Scope) -> str:
    """The request's id."""
    state = scope["state"]
    if _NAMED not in state:
        state[_NAMED] = secrets.token_hex(8)
    return str(state[_NAMED])


def caller(scope: Scope, authorization: str | None = None) -> str:
    """Whose request it is: the token's or the browser session's, by its hash, or else the address's.

    `authorization` is what a WebSocket's client says later, instead of by the header.
    """
    if authorization:
        return _caller(scope, authorization)
    state = scope["state"]
    if _CALLER not in state:
        state[_CALLER] = _caller(scope, Headers.from_scope(scope).get("authorization", ""))
    return str(state[_CALLER])


def _caller(scope: Scope, authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return f"token:{digest(token.strip())}"
    cookie = _session(scope)
    if cookie:
        return f"token:{digest(cookie)}"
    return by_address(scope)


def by_address(scope: Scope) -> str:
    """The caller of whom nothing else is known."""
    return f"address:{address(scope)}"


def came_by_cookie(scope: Scope) -> bool:
    """Whether nothing but a browser's cookie says whose request it is."""
    return Headers.from_scope(scope).get("authorization") is None and bool(_session(scope))


def _session(scope: Scope) -> str | None:
    connection: Connection = ASGIConnection(scope)
    return connection.cookies.get(cookies_of(connection).session)


def address(scope: Scope) -> str:
    """Of the client, as far as it is told apart from others."""
    return place((scope.get("client") or ("", 0))[0])


def _method(scope: Scope) -> str:
    """Empty for a WebSocket."""
    return str(scope.get("method", ""))


def _arrives(scope: Scope, headers: Headers) -> bool:
    """Whether a person is led here from another site, as back from a sign-in: shown to them, and to no page."""
    return (
        _method(scope) in {"GET", "HEAD"}
        and scope["path"] != GRAPHQL
        and headers.get("origin") is None
        and headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-dest") == "document"
    )
