"""How customers answer: `/r/` and a link. A GET changes nothing: programs look at links before people do."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

from litestar import HttpMethod, Response, post, route
from litestar.datastructures import Cookie
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from jejak.api import errors, rating_page
from jejak.api.auth import HttpRequest, cookies_of, preferred
from jejak.api.errors import bad
from jejak.api.guard import address, by_address
from jejak.api.load import Load, in_time
from jejak.api.rating_page import Filled, said
from jejak.domain import rating_answer, rating_texts, throttle
from jejak.domain.errors import Code, Refused
from jejak.domain.metric_rules import SCALES
from jejak.domain.rating import Answer
from jejak.domain.rating_answer import Opened, State
from jejak.domain.rating_link import PATH
from jejak.domain.signing import Keyring, Keys, Purpose
from jejak.domain.vocabulary import Language, RatingAspect
from jejak.settings import Limits

THANKS = f"{PATH}terima-kasih/"
ERASE = f"{PATH}hapus/"
MOST_BYTES = 64 * 2**10
_MOST_FIELDS = 40
_BODY_SECONDS = 30
_FORM = "application/x-www-form-urlencoded"
_GET = [HttpMethod.GET, HttpMethod.HEAD]
_LANGUAGES = {language.value: language for language in Language}
_WRONG = {"comment": "wrong_comment", "aspects": "wrong_choice"} | {
    scale.name: "wrong_choice" for scale in SCALES.values()
}
# What a browser keeps: of a link for everybody only it knows that it was answered, and that it is not to be shown.
_ANSWERED = "jejak_rating_answered"
_STOPPED = "jejak_rating_stopped"
_ANSWERED_FOR = timedelta(hours=12)
_STOPPED_FOR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class RatingPages:
    """What the pages of a process share. Each takes a place and has a time, as every request that costs the database something."""

    limits: Limits
    load: Load
    keys: Keys = field(default_factory=Keys)

    def routes(self) -> list[HTTPRouteHandler]:
        as_pages: dict[str, Any] = {
            "exception_handlers": {Refused: _refused, HTTPException: _failed, Exception: _failed}
        }

        @route(PATH + "{token:str}", http_method=_GET, status_code=200, **as_pages)
        async def rating_form(request: HttpRequest, token: FromPath[str]) -> Response[str]:
            async with self._a_place(request):
                return await self._ask(request, token)

        @post(PATH + "{token:str}", status_code=303, request_max_body_size=MOST_BYTES, **as_pages)
        async def rating_sent(request: HttpRequest, token: FromPath[str]) -> Response[Any]:
            filled, chosen = await _read(request)
            async with self._a_place(request):
                match filled["do"]:
                    case "stop":
                        return await self._stop(request, token, out=True)
                    case "ask":
                        return await self._stop(request, token, out=False)
                    case _:
                        return await self._take(request, token, filled, chosen)

        @route(THANKS + "{receipt:str}", http_method=_GET, status_code=200, **as_pages)
        async def rating_thanks(request: HttpRequest, receipt: FromPath[str]) -> Response[str]:
            rating_answer.read_receipt(await self.keys.current(), receipt)
            return _thanks(_language(request), receipt)

        @route(ERASE + "{receipt:str}", http_method=_GET, status_code=200, **as_pages)
        async def rating_erase(request: HttpRequest, receipt: FromPath[str]) -> Response[str]:
            rating_answer.read_receipt(await self.keys.current(), receipt)
            return said(_language(request), "erase", "erase_ask", button=("erase", "erase"))

        @post(ERASE + "{receipt:str}", status_code=200, request_max_body_size=MOST_BYTES, **as_pages)
        async def rating_erased(request: HttpRequest, receipt: FromPath[str]) -> Response[str]:
            async with self._a_place(request):
                await rating_answer.erase(await self.keys.current(), receipt)
            return said(_language(request), "erased")

        return [rating_form, rating_sent, rating_thanks, rating_erase, rating_erased]

    @contextlib.asynccontextmanager
    async def _a_place(self, request: HttpRequest) -> AsyncIterator[None]:
        async with self.load.place(by_address(request.scope)), in_time(self.limits.seconds, 504):
            yield

    async def _ask(self, request: HttpRequest, token: str) -> Response[str]:
        language, keys = _language(request), await self.keys.current()
        link = await rating_answer.look(keys, token)
        match link.state:
            case State.ANSWERED:
                return _thanks(language, link.receipt)
            case State.ENDED:
                raise Refused(Code.GONE)
        if link.state is State.OPTED_OUT or (not link.known_customer and _STOPPED in request.cookies):
            return said(language, "stopped", button=("ask", "ask_again"))
        if _ANSWERED in request.cookies and "again" not in request.query_params:
            # Whoever comes next to a screen that several people use may answer as well.
            return said(language, "thanks", "thanks_more", links=[("?again=1&", "again")])
        return rating_page.form(link, language, one_time=_one_time(keys, link))

    async def _take(
        self, request: HttpRequest, token: str, filled: Filled, chosen: list[str]
    ) -> Response[Any]:
        language, keys = _language(request), await self.keys.current()
        shared = keys.read(token, Purpose.LINK)
        if shared is not None:
            await throttle.count_answer(shared.key, address(request.scope))
        try:
            receipt = await rating_answer.answer(keys, token, filled["form"], _answer(filled, chosen))
        except Refused as refused:
            if refused.code in {Code.NOT_FOUND, Code.GONE}:
                raise
            link = await rating_answer.look(keys, token)
            if link.state is not State.OPEN:
                raise Refused(Code.GONE) from None
            return rating_page.form(
                link,
                language,
                # The same form, so that of two that cross each other one is taken, unless it is none any more.
                one_time=_one_time(keys, link) if refused.code is Code.STALE else filled["form"],
                given=filled,
                chosen=chosen,
                wrong=[rating_texts.phrase(name, language) for name in _reasons(refused)],
            )
        answered = _led_to(f"{THANKS}{receipt}", language)
        if shared is not None:
            answered.set_cookie(_kept(request, _ANSWERED, _ANSWERED_FOR, f"{PATH}{token}"))
        return answered

    async def _stop(self, request: HttpRequest, token: str, *, out: bool) -> Response[Any]:
        link = await rating_answer.opt_out(await self.keys.current(), token, out=out)
        answered = _led_to(f"{PATH}{token}", _language(request))
        if not link.known_customer:
            answered.set_cookie(_kept(request, _STOPPED, _STOPPED_FOR if out else timedelta(), PATH))
        return answered


def _language(request: HttpRequest) -> Language:
    chosen = _LANGUAGES.get(request.query_params.get("lang", ""))
    return chosen or preferred(request.headers.get("accept-language", ""))


def _one_time(keys: Keyring, link: Opened) -> str:
    """By which one answer is told from another; a request is good for but one anyway."""
    return "" if link.personal else rating_answer.a_form(keys, link)


async def _read(request: HttpRequest) -> tuple[Filled, list[str]]:
    """What was filled in, and the boxes that were ticked."""
    if request.content_type[0] != _FORM:
        raise bad("a form is sent as " + _FORM, 415)
    async with in_time(_BODY_SECONDS, 408):
        body = await request.body()
    try:
        pairs = parse_qsl(body.decode("latin-1"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise bad("too many fields") from None
    filled = Filled((name, value.replace("\r\n", "\n")) for name, value in pairs)
    return filled, [value for name, value in pairs if name == "aspect"]


def _answer(filled: Filled, chosen: list[str]) -> Answer:
    """Refuses INVALID_CHOICE where something was sent that no page offers."""
    try:
        scores = {
            scale.name: int(filled[scale.name][:4]) if filled[scale.name] else None
            for scale in SCALES.values()
        }
        aspects = tuple(RatingAspect(value) for value in chosen)
    except ValueError:
        raise Refused(Code.INVALID_CHOICE, "aspects") from None
    return Answer(**scores, aspects=aspects, comment=filled["comment"])


def _reasons(refused: Refused) -> list[str]:
    """Each once, in the order of the page."""
    found = []
    for problem in refused.problems:
        match problem.code:
            case Code.STALE:
                found.append("wrong_old")
            case Code.REQUIRED:
                found.append("wrong_required")
            case _:
                found.append(_WRONG[str(problem.path[0])])
    return list(dict.fromkeys(found))


def _thanks(language: Language, receipt: str | None) -> Response[str]:
    links = [(f"{ERASE}{receipt}?", "erase")] if receipt else []
    return said(language, "thanks", "thanks_more", links=links)


def _led_to(where: str, language: Language) -> Response[None]:
    return Response(None, status_code=303, headers={"Location": f"{where}?lang={language}"})


def _kept(request: HttpRequest, name: str, lifetime: timedelta, path: str) -> Cookie:
    return Cookie(
        name,
        value="1",
        max_age=int(lifetime.total_seconds()),
        path=path,
        secure=cookies_of(request).secure,
        httponly=True,
        samesite="lax",
    )


def _refused(request: HttpRequest, refused: Refused) -> Response[str]:
    language = _language(request)
    if refused.code is Code.GONE:
        return said(language, "ended", "ended_more", status=410)
    if refused.code is Code.TOO_MANY_ATTEMPTS:
        return said(language, "failed", status=429)
    return said(language, "unknown", "unknown_more", status=404)


def _failed(request: HttpRequest, error: Exception) -> Response[str]:
    """As the service answers everywhere, and logs, but on a page."""
    handle: Any = errors.refused if isinstance(error, HTTPException) else errors.failed
    told = handle(request, error)
    page = said(_language(request), "failed", status=told.status_code)
    page.headers.update(
        {name: value for name, value in told.headers.items() if name.lower() == "retry-after"}
    )
    return page
