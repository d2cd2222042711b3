"""Ending e-mail by the link in each (RFC 8058): by one click in a mail program, or by a button on a page."""

from html import escape
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from jejak.api.auth import HttpRequest, preferred
from jejak.domain import digest_texts, notification_preference
from jejak.domain.vocabulary import Language

PATH = "/unsubscribe/{delivery:str}"
# Without a referrer a browser would call the page's own button foreign.
_HEADERS = {"Referrer-Policy": "same-origin"}


@get(PATH)
async def ask(request: HttpRequest, delivery: FromPath[str]) -> Response[str]:  # noqa: ARG001 -- the button sends to the same address
    """Changes nothing: programs that look at links before people do must not end anything."""
    language = preferred(request.headers.get("accept-language", ""))
    said = escape(digest_texts.phrase("unsubscribe_ask", language))
    button = escape(digest_texts.phrase("unsubscribe_button", language))
    return _page(language, f'<p>{said}</p><form method="post"><button>{button}</button></form>')


@post(PATH, status_code=200)
async def end(request: HttpRequest, delivery: FromPath[str]) -> Response[str]:
    """Answers the same for a link that is none."""
    language = preferred(request.headers.get("accept-language", ""))
    try:
        key = UUID(delivery)
    except ValueError:
        key = None
    if key is not None:
        language = await notification_preference.unsubscribe(key) or language
    return _page(language, f"<p>{escape(digest_texts.phrase('unsubscribed', language))}</p>")


def _page(language: Language, body: str) -> Response[str]:
    html = f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>Jejak</title><body>{body}</body>'
    return Response(html, headers=_HEADERS, media_type="text/html")
