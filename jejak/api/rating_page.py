"""The page on which customers answer: plain HTML without a script, small, for any phone; and what follows it."""

import base64
import hashlib
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import Response

from jejak.domain import rating_texts
from jejak.domain.metric_rules import SCALES
from jejak.domain.rating_answer import Opened
from jejak.domain.vocabulary import Language, RatingMetric

_ASKED = (RatingMetric.CES, RatingMetric.CSAT, RatingMetric.OVERALL, RatingMetric.NPS)
_SAID = ("how", "skip", "good", "comment", "comment_hint", "send", "stop", "kept")
_LANGUAGES = ((Language.ID.value, "Indonesia"), (Language.EN.value, "English"))
_STYLE = (files("jejak.api") / "pages" / "style.css").read_text(encoding="utf-8")
_PAGES = Environment(
    loader=PackageLoader("jejak.api", "pages"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


def _digest(style: str) -> str:
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()


_HEADERS = {
    # Browsers that know no digests do without, and show it plain.
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_digest(_STYLE)}'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    # Without a referrer a browser would call the page's own button foreign.
    "Referrer-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
    "Vary": "Accept-Language, Cookie",
}


class Filled(dict[str, str]):
    """What stood in the form, as it was typed."""

    def __missing__(self, key: str) -> str:
        return ""


def form(
    link: Opened,
    language: Language,
    *,
    one_time: str,
    given: Filled | None = None,
    chosen: list[str] | None = None,
    wrong: list[str] | None = None,
) -> Response[str]:
    """The questions, with what was filled in and what is `wrong` with it."""
    about = [
        (rating_texts.phrase("about", language), rating_texts.service(link.service, language)),
        (rating_texts.phrase("channel", language), rating_texts.channel(link.channel, language)),
        (rating_texts.phrase("unit", language), link.unit_name),
    ]
    if link.feature:
        about[0] = (about[0][0], f"{about[0][1]} / {link.feature}")
    if link.staff_kind and link.staff_name:
        about.append((rating_texts.staff(link.staff_kind, language), link.staff_name))
    questions = []
    for metric in _ASKED:
        scale = SCALES[metric]
        name, asks, least, most = rating_texts.question(scale.name, language)
        questions.append(
            {
                "scale": scale.name,
                "name": name,
                "asks": asks,
                "least": least,
                "most": most,
                "scores": list(scale.scores),
            }
        )
    return _page(
        "form.html",
        rating_texts.title(link.channel, language),
        language,
        400 if wrong else 200,
        about=about,
        questions=questions,
        aspects=[(aspect.value, rating_texts.aspect(aspect, language)) for aspect in link.aspects],
        form=one_time,
        given=given or Filled(),
        chosen=chosen or [],
        wrong=[rating_texts.phrase("wrong", language), *wrong] if wrong else [],
        say={name: rating_texts.phrase(name, language) for name in _SAID},
    )


def said(
    language: Language,
    *phrases: str,
    status: int = 200,
    button: tuple[str, str] | None = None,
    links: list[tuple[str, str]] | None = None,
) -> Response[str]:
    """A page that says something. `button`: the value that it sends, and its phrase. `links`: where to, up to their
    language, and their phrases.
    """
    title, *lines = (rating_texts.phrase(name, language) for name in phrases)
    shown = (
        None if button is None else {"value": button[0], "label": rating_texts.phrase(button[1], language)}
    )
    return _page(
        "said.html",
        title,
        language,
        status,
        lines=lines,
        button=shown,
        links=[
            (f"{where}lang={language}", rating_texts.phrase(name, language)) for where, name in links or []
        ],
    )


def _page(template: str, title: str, language: Language, status: int, **more: Any) -> Response[str]:
    html = _PAGES.get_template(template).render(
        title=title,
        language=language.value,
        languages=_LANGUAGES,
        style=_STYLE,
        action=f"?lang={language}",
        **more,
    )
    return Response(html, status_code=status, headers=_HEADERS, media_type="text/html")
