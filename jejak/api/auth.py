"""From a request to its viewer and language."""

from dataclasses import dataclass, field
from typing import Any

from litestar import Request
from litestar.exceptions import NotAuthorizedException

from jejak.domain.access import Viewer
from jejak.domain.sign_in import viewer_of
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


async def context_of(request: HttpRequest) -> RequestContext:
    """Refuses a token that is unknown or has expired with 401; no token is nobody, who may sign in."""
    viewer = await _viewer(request.headers.get("authorization"))
    language = viewer.language if viewer else preferred(request.headers.get("accept-language", ""))
    return RequestContext(viewer, language, request.scope["state"]["request_id"])


async def _viewer(header: str | None) -> Viewer | None:
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    viewer = await viewer_of(token.strip()) if scheme.lower() == "bearer" else None
    if viewer is None:
        raise NotAuthorizedException
    return viewer


def preferred(accept_language: str) -> Language:
    """The best of our languages by quality; Indonesian where nothing tells."""
    best, best_quality = Language.ID, 0.0
    for part in accept_language.split(",")[:20]:
        tag, _, rest = part.strip().partition(";")
        try:
            quality = float(rest.strip().removeprefix("q=")) if rest else 1.0
        except ValueError:
            continue
        primary = tag.strip().lower().partition("-")[0]
        if primary in set(Language) and quality > best_quality:
            best, best_quality = Language(primary), quality
    return best
