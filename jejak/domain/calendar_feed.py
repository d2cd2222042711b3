"""A person's due dates for their calendar program, by a link that nobody else knows."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from jejak.domain import access, change, clock, db, event, secret, task_rules
from jejak.domain.access import Viewer
from jejak.domain.errors import Code, Refused
from jejak.domain.event_kind import EventKind
from jejak.domain.secret import Kind
from jejak.domain.tables.calendar_feed import CalendarFeed
from jejak.domain.tables.person import Person
from jejak.domain.vocabulary import Language

MOST_TASKS = 1_000
_USE_SAID_EVERY = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class CreateCalendarFeed:
    """There is one at a time; `replace`: this one ends the one before."""

    replace: bool = False


@dataclass(frozen=True, slots=True)
class RevokeCalendarFeed:
    calendar_feed_id: UUID


@dataclass(frozen=True, slots=True)
class MadeFeed:
    """`token` is shown once."""

    id: UUID
    token: str


@dataclass(frozen=True, slots=True)
class Entry:
    task_id: UUID
    version: int
    title: str
    unit_name: str
    status: str
    due_on: date
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Feed:
    language: Language
    entries: list[Entry]


async def create(viewer: Viewer, wanted: CreateCalendarFeed) -> MadeFeed:
    """Refuses FORBIDDEN to API tokens, TAKEN where there is one that is not to be replaced."""
    by = access.account(viewer)
    now = clock.now()
    async with db.transaction():
        person = await change.find(Person, viewer.person)
        there = "select id from calendar_feed where person_id = $1 and revoked_at is null"
        if not wanted.replace and await db.fetchval(there, person.id):
            raise Refused(Code.TAKEN)
        await db.execute(
            "update calendar_feed set revoked_at = $2 where person_id = $1 and revoked_at is null",
            person.id,
            now,
        )
        token = secret.new(Kind.CALENDAR)
        made = CalendarFeed(person_id=person.id, token_hash=secret.digest(token), created_at=now)
        await made.save()
        await event.append(by, EventKind.PERSON_CALENDAR_CREATED, ("person", person.id), None)
    return MadeFeed(made.id, token)


async def revoke(viewer: Viewer, wanted: RevokeCalendarFeed) -> UUID:
    """Refuses NOT_FOUND, FORBIDDEN to API tokens. Repeating it changes nothing."""
    by = access.account(viewer)
    async with db.transaction():
        await change.find(Person, viewer.person)
        found = await CalendarFeed.objects().get(
            (CalendarFeed.id == wanted.calendar_feed_id) & (CalendarFeed.person_id == viewer.person)
        )
        if found is None:
            raise Refused(Code.NOT_FOUND, "calendar_feed_id")
        if found.revoked_at is None:
            found.revoked_at = clock.now()
            await found.save(columns=[CalendarFeed.revoked_at])
            await event.append(by, EventKind.PERSON_CALENDAR_REVOKED, ("person", viewer.person), None)
    return wanted.calendar_feed_id


async def read(token: str) -> Feed | None:
    """The open tasks that the link's person owns and sees now, the next due first; None for a link that is none."""
    now = clock.now()
    row = await db.fetchrow(
        """
        select f.id, f.used_at, p.id as person_id, p.language from calendar_feed f join person p on p.id = f.person_id
        where f.token_hash = $1 and f.revoked_at is null
        """,
        secret.digest(token),
    )
    if row is None:
        return None
    if row["used_at"] is None or now - row["used_at"] > _USE_SAID_EVERY:
        await db.execute("update calendar_feed set used_at = $2 where id = $1", row["id"], now)
    rows = await db.fetch(
        f"""
        select t.id, t.version, t.title, u.name, t.status, t.due_on, t.updated_at
        from task t join unit u on u.id = t.unit_id
        where t.owner_id = $1 and t.status in {task_rules.in_sql(task_rules.OPEN)} and {access.sees("$1", "u.path")}
        order by t.due_on, t.id limit {MOST_TASKS}
        """,
        row["person_id"],
    )
    return Feed(Language(row["language"]), [Entry(*one.values()) for one in rows])
