"""From a request to its viewer and language."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from litestar import Request
from litestar.exceptions import NotAuthorizedException

from jejak.domain.access import Viewer
from jejak.domain.sign_in import viewer_of
from jejak.domain.tail import Tail
from jejak.domain.vocabulary import Language
from jejak.graphql.reading.statement import Cost

HttpRequest = Request[Any, Any, Any]


@dataclass(slots=True)
class RequestContext:
    """`graphql.context.Context` of one HTTP request."""

    viewer: Viewer | None
    language: Language
    request_id: str
    cost: Cost = field(default_factory=Cost)
    tail: Tail | None = None
    event_id: str | None = None
    begun: asyncio.Event = field(default_factory=asyncio.Event)


async def context_of(request: HttpRequest) -> RequestContext:
    """Refuses a token that is unknown or has expired with 401; no token is nobody, who may sign in."""
    viewer = await viewer_by(request.headers.get("authorization"))
    language = viewer.language if viewer else preferred(request.headers.get("accept-language", ""))
    return RequestContext(viewer, language, request.scope["state"]["request_id"])


async def viewer_by(header: str | None) -> Viewer | None:
    """Whom an Authorization header names. Refuses a token that is unknown or has expired with 401."""
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    viewer = await viewer_of(token.strip()) if scheme.lower() == "bearer" else None
    if viewer is None:
        raise NotAuthorizedException
    return viewer


def preferred(accept_language: str) -> Language:
    """The best of our languages by quality; Indonesian where nothing tells."""
    wanted = (tag.partition("-")[0] for tag in by_quality(accept_language))
    return next((Language(tag) for tag in wanted if tag in set(Language)), Language.ID)


def by_quality(header: str) -> list[str]:
    """What an Accept header names, the most wanted first, without what it refuses (q=0)."""
    named: list[tuple[float, str]] = []
    for part in header.split(",")[:20]:
        name, *parameters = (piece.strip() for piece in part.split(";"))
        quality = next((p.removeprefix("q=") for p in parameters if p.startswith("q=")), "1")
        try:
            named.append((float(quality), name.lower()))
        except ValueError:
            continue
    return [name for quality, name in sorted(named, key=lambda one: -one[0]) if quality > 0]
