"""From a request to its viewer and language."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.exceptions import NotAuthorizedException

from jejak.api.callers import Callers
from jejak.api.cookie import Cookies, csrf_matches, csrf_token
from jejak.api.queue import Queue
from jejak.domain.access import Viewer
from jejak.domain.errors import Code, Refused
from jejak.domain.session import NOWHERE, Origin
from jejak.domain.sign_in import viewer_of, viewer_of_browser
from jejak.domain.tail import Tail
from jejak.domain.vocabulary import Language
from jejak.graphql.context import Execution
from jejak.graphql.reading.cost import Cost
from jejak.graphql.reading.operation import Operation
from jejak.graphql.reading.plan import Plans

HttpRequest = Request[Any, Any, Any]
Connection = ASGIConnection[Any, Any, Any, Any]
CSRF_HEADER = "x-csrf-token"
_READS = {"GET", "HEAD"}
# Old phones call Indonesian by its name of 1988.
_LANGUAGES = {language.value: language for language in Language} | {"in": Language.ID}


@dataclass(frozen=True, slots=True)
class Came:
    """Who came, and the token of the cookie if it was by one."""

    viewer: Viewer | None
    cookie: str | None = None


@dataclass(slots=True)
class RequestContext:
    """`graphql.context.Context` of one request. `set_cookie` is for its answer; without `cookies`, as of a message on a
    socket or in a stream, the answer bears none.
    """

    viewer: Viewer | None
    language: Language
    request_id: str
    origin: Origin = NOWHERE
    cookies: Cookies | None = None
    csrf_token: str | None = None
    cost: Cost = field(default_factory=Cost)
    execution: Execution = field(default_factory=Execution)
    operations: Mapping[str, Operation] = field(default_factory=dict)
    plans: Plans = field(default_factory=Plans)
    set_cookie: Cookie | None = None
    tail: Tail | None = None
    queue: Queue | None = None
    event_id: str | None = None
    follows: bool = False
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def keeps(self) -> bool:
        return self.cookies is not None

    def keep(self, token: str, until: datetime) -> str:
        if self.cookies is None:
            raise RuntimeError("this answer bears no cookie")
        self.set_cookie = self.cookies.kept_until(self.cookies.session, token, until)
        self.csrf_token = csrf_token(token)
        return self.csrf_token

    async def queue_length(self) -> int | None:
        return None if self.queue is None else await self.queue.length()

    def drop(self) -> None:
        self.viewer = None
        if self.csrf_token is not None and self.cookies is not None:
            self.csrf_token = None
            self.set_cookie = self.cookies.taken_back(self.cookies.session)


def context_of(request: HttpRequest, came: Came) -> RequestContext:
    """Refuses WRONG_CSRF_TOKEN where a browser's cookie comes with anything but a read, and without what a page of
    this site would send along.
    """
    if came.cookie is not None and request.method not in _READS:
        given = request.headers.get(CSRF_HEADER, "")
        if not csrf_matches(came.cookie, given):
            raise Refused(Code.WRONG_CSRF_TOKEN)
    viewer = came.viewer
    return RequestContext(
        viewer,
        viewer.language if viewer else preferred(request.headers.get("accept-language", "")),
        request.scope["state"]["request_id"],
        origin_of(request),
        cookies_of(request),
        csrf_token(came.cookie) if came.cookie else None,
    )


def who_of_late(connection: Connection, callers: Callers) -> Came | None:
    """As `who`, as far as it is remembered."""
    authorization = connection.headers.get("authorization")
    if authorization is not None:
        scheme, _, token = authorization.partition(" ")
        viewer = callers.find(token.strip(), browser=False) if scheme.lower() == "bearer" else None
        return Came(viewer) if viewer else None
    cookie = connection.cookies.get(cookies_of(connection).session)
    viewer = callers.find(cookie, browser=True) if cookie else None
    return Came(viewer, cookie) if viewer else None


async def who(connection: Connection, authorization: str | None) -> Came:
    """By an `Authorization` value, where there is one, or else by the browser's cookie. For any kind of connection:
    what a page of another site may do with the cookie is the caller's to forbid.

    Refuses with 401 a bearer token that is none, has expired or has ended; no token is nobody, who may sign in.
    A cookie that stands for nobody is none: it must not keep its owner from signing in again.
    """
    if authorization is not None:
        scheme, _, token = authorization.partition(" ")
        viewer = await viewer_of(token.strip()) if scheme.lower() == "bearer" else None
        if viewer is None:
            raise NotAuthorizedException
        return Came(viewer)
    cookie = connection.cookies.get(cookies_of(connection).session)
    viewer = await viewer_of_browser(cookie) if cookie else None
    return Came(viewer, cookie if viewer else None)


def cookies_of(connection: Connection) -> Cookies:
    cookies: Cookies = connection.app.state.cookies
    return cookies


def origin_of(connection: Connection) -> Origin:
    """The client's address, as far as proxies that are trusted tell it, and what it calls itself."""
    client = connection.client
    return Origin(client.host if client else "", connection.headers.get("user-agent", ""))


def preferred(accept_language: str) -> Language:
    """The best of our languages by quality; Indonesian where nothing tells."""
    wanted = (tag.partition("-")[0] for tag in by_quality(accept_language))
    return next((_LANGUAGES[tag] for tag in wanted if tag in _LANGUAGES), Language.ID)


def by_quality(header: str) -> tuple[str, ...]:
    """What an Accept header names, the most wanted first, without what it refuses (q=0)."""
    # Clients of a kind all send the same; what is longer is not worth its place.
    return _remembered(header) if len(header) <= 200 else _by_quality(header)


def _by_quality(header: str) -> tuple[str, ...]:
    named: list[tuple[float, str]] = []
    for part in header.split(",")[:20]:
        name, *parameters = (piece.strip() for piece in part.split(";"))
        quality = next((p.removeprefix("q=") for p in parameters if p.startswith("q=")), "1")
        try:
            named.append((float(quality), name.lower()))
        except ValueError:
            continue
    return tuple(name for quality, name in sorted(named, key=lambda one: -one[0]) if quality > 0)


_remembered = lru_cache(maxsize=256)(_by_quality)
