"""Customers at their page: what a browser without scripts sends, and what it shows."""

from dataclasses import dataclass, field
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import httpx

from jejak.domain import clock, rating_link, rating_request
from jejak.domain.access import Viewer
from jejak.domain.rating_link import CreateRatingLink
from jejak.domain.rating_request import RequestRatings, RequestRow
from jejak.domain.tables.rating_link import RatingLink
from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import RatingChannel, Role, Service, StaffKind
from tests import factories as f

FORM = "application/x-www-form-urlencoded"


async def a_keeper() -> Viewer:
    """Who may ask customers, as a program of PLN's does."""
    return await f.a_viewer(Role.PROGRAMME, await f.reference_unit("HQ"))


async def a_link(unit: Unit | None = None, viewer: Viewer | None = None, **changes: Any) -> RatingLink:
    unit = unit or await f.a_unit()
    given = {
        "unit_id": unit.id,
        "name": "Bio Instagram",
        "service": Service.COMPLAINT,
        "channel": RatingChannel.SOCIAL_MEDIA,
        "expires_on": clock.today(unit.timezone) + timedelta(days=90),
    }
    return await rating_link.create(viewer or await a_keeper(), CreateRatingLink(**given | changes))


async def a_request(unit: Unit | None = None, viewer: Viewer | None = None, **changes: Any) -> str:
    """Its path."""
    row = RequestRow(
        **{
            "unit_id": (unit or await f.a_unit()).id,
            "service": Service.COMPLAINT,
            "channel": RatingChannel.CALL,
        }
        | changes
    )
    done = await rating_request.create(viewer or await a_keeper(), RequestRatings([row]))
    assert done.made[0].path is not None
    return done.made[0].path


def an_agent(name: str = "Dewi") -> dict[str, Any]:
    """Whom a request is about."""
    return {"staff_code": "CC-7", "staff_name": name, "staff_kind": StaffKind.AGENT}


@dataclass
class Page(HTMLParser):
    """What a page shows and sends."""

    fields: dict[str, str] = field(default_factory=dict)
    offered: dict[str, list[str]] = field(default_factory=dict)
    checked: set[tuple[str, str]] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    labelled: list[str] = field(default_factory=list)
    text: str = ""
    open_tags: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    @classmethod
    def of(cls, response: httpx.Response) -> "Page":
        page = cls()
        page.feed(response.text)
        return page

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append((tag, given))
        name, value = given.get("name") or "", given.get("value") or ""
        if tag == "input" and given["type"] == "hidden":
            self.fields[name] = value
        elif tag in {"input", "button"}:
            self.offered.setdefault(name, []).append(value)
            if "checked" in given:
                self.checked.add((name, value))
            if tag == "input":
                assert "label" in self.open_tags
                assert "fieldset" in self.open_tags
        elif tag == "a":
            self.links.append(given["href"] or "")
        if tag not in {"input", "meta", "br"}:
            self.open_tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open_tags.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open_tags:
            self.text += data


def sent(page: Page, **filled: Any) -> dict[str, Any]:
    return page.fields | {"do": "send"} | filled


async def open_page(client: httpx.AsyncClient, path: str, **headers: str) -> Page:
    answer = await client.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    return Page.of(answer)
