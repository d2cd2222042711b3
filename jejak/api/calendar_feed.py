"""Due dates as iCalendar (RFC 5545), for calendar programs, by a secret link."""

import hashlib
from datetime import timedelta

from icalendar import Calendar, Event
from litestar import HttpMethod, Response, route
from litestar.params import FromPath

from jejak import __version__
from jejak.api.auth import HttpRequest
from jejak.domain import calendar_feed, digest_texts
from jejak.domain.calendar_feed import Entry, Feed
from jejak.domain.checks import storable
from jejak.domain.errors import Code, Refused
from jejak.domain.vocabulary import Language, TaskStatus

PATH = "/calendar/"
_SUFFIX = ".ics"
_MOST = 100
_KEPT = "private, max-age=300"
_NAMES = {Language.ID: "Jejak: jatuh tempo", Language.EN: "Jejak: due dates"}


@route(PATH + "{name:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD], status_code=200)
async def calendar(request: HttpRequest, name: FromPath[str]) -> Response[bytes]:
    """404 in the same words for whatever is wrong with the link."""
    token = name.removesuffix(_SUFFIX)
    known = name.endswith(_SUFFIX) and len(token) <= _MOST and storable(token)
    feed = await calendar_feed.read(token) if known else None
    if feed is None:
        raise Refused(Code.NOT_FOUND)
    body = written(feed)
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": _KEPT}
    given = {part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")}
    if tag in given or "*" in given:
        return Response(b"", status_code=304, headers=headers, media_type="text/calendar")
    headers["Content-Disposition"] = 'inline; filename="jejak.ics"'
    return Response(body, headers=headers, media_type="text/calendar")


def written(feed: Feed) -> bytes:
    """The same for the same tasks, whenever it is asked for."""
    made = Calendar()
    made.add("prodid", f"-//PLN//Jejak {__version__}//{feed.language.value.upper()}")
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", _NAMES[feed.language])
    made.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    made.add("x-published-ttl", "PT1H")
    for entry in feed.entries:
        made.add_component(_event(entry, feed.language))
    return bytes(made.to_ical())


def _event(entry: Entry, language: Language) -> Event:
    status = digest_texts.status(entry.status, language)
    blocked = f" [{status}]" if entry.status == TaskStatus.BLOCKED else ""
    made = Event()
    made.add("uid", f"task-{entry.task_id}@jejak")
    made.add("sequence", entry.version - 1)
    made.add("dtstamp", entry.updated_at)
    made.add("last-modified", entry.updated_at)
    # A day, wherever it is read: it is the unit's day that counts.
    made.add("dtstart", entry.due_on)
    made.add("dtend", entry.due_on + timedelta(days=1))
    made.add("summary", f"{entry.title}{blocked}")
    made.add("description", f"{entry.unit_name}: {status}")
    made.add("location", entry.unit_name)
    made.add("transp", "TRANSPARENT")
    return made
