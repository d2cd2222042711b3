"""A person's inbox. Channels beyond it deliver the same digests."""

from dataclasses import dataclass
from uuid import UUID

from jejak.domain import clock, db
from jejak.domain.access import Viewer
from jejak.domain.errors import Code, Refused

MOST = 500


@dataclass(frozen=True, slots=True)
class MarkNoticesRead:
    notice_ids: list[UUID]


async def mark_read(viewer: Viewer, wanted: MarkNoticesRead) -> list[UUID]:
    """Marks the viewer's own notices; all of them or, if one is not theirs, none. Repeating it changes nothing."""
    if len(wanted.notice_ids) > MOST:
        raise Refused(Code.TOO_MANY, "notice_ids", most=MOST)
    async with db.transaction():
        rows = await db.fetch(
            "select id from notice where person_id = $1 and id = any($2) order by id for update",
            viewer.person,
            wanted.notice_ids,
        )
        own = {UUID(str(row["id"])) for row in rows}
        for position, notice_id in enumerate(wanted.notice_ids):
            if notice_id not in own:
                raise Refused(Code.NOT_FOUND, "notice_ids", position)
        await db.execute(
            "update notice set read_at = $2 where id = any($1) and read_at is null", list(own), clock.now()
        )
    return wanted.notice_ids
