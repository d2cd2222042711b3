"""A person's inbox. Channels beyond it deliver the same digests."""

from dataclasses import dataclass
from uuid import UUID

from jejak.domain import access, change, clock, db, event
from jejak.domain.access import Viewer
from jejak.domain.errors import Code, Refused
from jejak.domain.event_kind import EventKind
from jejak.domain.tables.person import Person

MOST = 500


@dataclass(frozen=True, slots=True)
class MarkNoticesRead:
    notice_ids: list[UUID]


async def mark_read(viewer: Viewer, wanted: MarkNoticesRead) -> list[UUID]:
    """Marks the viewer's own notices; all of them or, if one is not theirs, none. Repeating it changes nothing."""
    if len(wanted.notice_ids) > MOST:
        raise Refused(Code.TOO_MANY, "notice_ids", most=MOST)
    by = access.oneself(viewer)
    async with db.transaction():
        await change.find(Person, viewer.person)
        rows = await db.fetch(
            "select id, read_at from notice where person_id = $1 and id = any($2)",
            viewer.person,
            wanted.notice_ids,
        )
        own = {UUID(str(row["id"])): row["read_at"] for row in rows}
        for position, notice_id in enumerate(wanted.notice_ids):
            if notice_id not in own:
                raise Refused(Code.NOT_FOUND, "notice_ids", position)
        unread = sorted(notice_id for notice_id, read_at in own.items() if read_at is None)
        if unread:
            await db.execute("update notice set read_at = $2 where id = any($1)", unread, clock.now())
            after = {"notice_ids": [str(notice_id) for notice_id in unread]}
            await event.append(by, EventKind.NOTICES_READ, ("person", viewer.person), None, after=after)
    return wanted.notice_ids
