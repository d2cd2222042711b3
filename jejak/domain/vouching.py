"""Who stands for it that the person who knows a password is the one whose name and e-mail address it goes with.

An administrator of a small unit could make an account for somebody who will come to a greater office, and keep its
password. So a password is good only where whoever gave it, or the invitation to set it, manages people.
"""

from collections.abc import Iterable
from uuid import UUID

from jejak.domain import access, db, event, session
from jejak.domain.access import Allowed, Right, Viewer
from jejak.domain.event_kind import EventKind


async def reach(viewer: Viewer) -> list[UUID] | None:
    """The units where, and below which, the viewer can stand for others; None where it is everywhere."""
    if viewer is access.SYSTEM:
        return None
    paths = access.paths_with(viewer, Right.PEOPLE)
    rows = await db.fetch("select id from unit where path = any($1::text[]) order by id", paths)
    return [UUID(str(row["id"])) for row in rows]


async def vouch(viewer: Viewer, person_id: UUID) -> None:
    """For the password that the person has just been given, or has set by the viewer's invitation."""
    await db.execute("update person set vouched_at = $2 where id = $1", person_id, await reach(viewer))


async def end_doubtful(by: Allowed, people: Iterable[UUID]) -> None:
    """Ends passwords, and what was opened by them, of those who now have a role where nobody stands for them.

    Inside the open transaction, which holds the people. They need a new invitation.
    """
    rows = await db.fetch(
        """
        update person p set password_hash = null, vouched_at = null
        where p.id = any($1::uuid[]) and p.password_hash is not null and p.vouched_at is not null and exists (
            select from membership m join unit place on place.id = m.unit_id
            where m.person_id = p.id and m.revoked_at is null and not exists (
                select from unit known where known.id = any(p.vouched_at) and place.path ^@ known.path
            )
        )
        returning p.id
        """,
        sorted(set(people)),
    )
    for row in rows:
        person_id = UUID(str(row["id"]))
        await session.end_all(person_id)
        await event.append(by, EventKind.PERSON_PASSWORD_ENDED, ("person", person_id), None)
