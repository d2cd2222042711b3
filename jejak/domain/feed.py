"""What subscriptions follow: an entry for each thing that those who look at it want to hear of.

It is written by the worker's side, in the transaction of what follows from an event, so that whoever is told finds
the figures up to date. Every writer holds one lock from its first entry to its commit: positions become visible in
their order, and whoever reads on from a position misses nothing. (The numbers of events have no such order: one that
was taken early may be committed late.)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg

from jejak.domain import access, clock, db
from jejak.domain.access import Right, Viewer
from jejak.domain.errors import Code, Refused
from jejak.domain.event_kind import EventKind
from jejak.domain.vocabulary import Topic

CHANNEL = "jejak_feed"
KEPT = timedelta(days=7)
# Whoever begins to catch up with the oldest that is kept has as long for it.
_GRACE = timedelta(days=1)
PAGE = 500


@dataclass(frozen=True, slots=True)
class Change:
    """An entry. `path` is where its unit lay when the entry was read; `kind` what happened, where one event did it."""

    position: int
    id: UUID
    topic: Topic
    kind: EventKind | None
    subject_id: UUID
    unit_id: UUID | None
    path: str | None
    person_id: UUID | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody follows: a topic, of everything that they see or of what lies below `root`."""

    topic: Topic
    root: str | None = None

    def meets(self, change: Change, viewer: Viewer) -> bool:
        """Whether the change is for the viewer, as far as can be told without asking the database."""
        if change.topic is not self.topic:
            return False
        if self.topic is Topic.NOTICE:
            return change.person_id == viewer.person_id
        path = change.path or ""
        return (self.root is None or path.startswith(self.root)) and access.may(viewer, Right.SEE, path)


async def carry(event_ids: Sequence[int]) -> None:
    """Tells of events inside the relay's transaction. A pain point counts as a change of its journey."""
    await _write(
        """
        select 'TASK' as topic, e.kind, e.subject_id, e.unit_id, null::uuid as person_id, e.id as nth
        from event e where e.id = any($2::bigint[]) and e.subject_type = 'task'
        union all
        select 'JOURNEY', e.kind, coalesce(p.journey_id, e.subject_id), e.unit_id, null, e.id
        from event e left join pain_point p on e.subject_type = 'pain_point' and p.id = e.subject_id
        where e.id = any($2) and e.subject_type in ('journey', 'pain_point')
        union all
        select 'PERSON', e.kind, e.subject_id, null, e.subject_id, e.id
        from event e where e.id = any($2) and e.subject_type = 'person'
        union all
        select 'UNIT', e.kind, e.subject_id, e.subject_id, null, e.id
        from event e where e.id = any($2) and e.kind = 'unit.moved'
        union all
        -- Figures of everything above a unit that moves change, there and here, though no row of sums does.
        select 'COMPLETION', null, place.id, place.id, null, e.id
        from event e join unit place on place.id in (e.subject_id, (e.before ->> 'parent_id')::uuid)
        where e.id = any($2) and e.kind = 'unit.moved'
        union all
        -- As those of all units do with other weights.
        select 'COMPLETION', null, place.id, place.id, null, e.id
        from event e cross join unit place where e.id = any($2) and e.kind = 'programme.loaded'
        """,
        list(event_ids),
    )


async def completion_changed(unit_ids: Sequence[UUID]) -> None:
    """Tells of units whose own figures have changed, inside the transaction that changed them."""
    if unit_ids:
        await _write(
            """
            select 'COMPLETION' as topic, null as kind, unit_id as subject_id, unit_id, null::uuid as person_id, nth
            from unnest($2::uuid[]) with ordinality changed(unit_id, nth)
            """,
            list(unit_ids),
        )


async def noticed(notice_ids: Sequence[UUID]) -> None:
    """Tells of new notices, inside the transaction that wrote them."""
    if notice_ids:
        await _write(
            """
            select 'NOTICE' as topic, null as kind, n.id as subject_id, null::uuid as unit_id, n.person_id, told.nth
            from unnest($2::uuid[]) with ordinality told(id, nth) join notice n on n.id = told.id
            where n.id = any($2)
            """,
            list(notice_ids),
        )


async def sight_changed(person_id: UUID) -> None:
    """Tells of a person whose sign-in has ended, inside the transaction that ends it: it takes effect at once where
    they follow something. (A change of their roles is told by its event.)
    """
    await _write(
        """
        select 'PERSON' as topic, null as kind, person_id as subject_id, null::uuid as unit_id, person_id, 1 as nth
        from unnest($2::uuid[]) told(person_id)
        """,
        [person_id],
    )


async def _write(rows: str, about: list[Any]) -> None:
    # Held to the commit, which is near: no other lock is waited for in between.
    await db.lock(db.Lock.FEED)
    await db.execute(
        f"""
        with told as (
            insert into feed (id, at, topic, kind, subject_id, unit_id, person_id)
            select gen_random_uuid(), $1, topic, kind, subject_id, unit_id, person_id from ({rows}) told
            order by nth, topic, subject_id
            returning 1
        )
        -- Heard after the commit, and not after a rollback.
        select pg_notify('{CHANNEL}', '') where exists (select from told)
        """,
        clock.now(),
        about,
    )


_READ = """
    select f.position, f.id, f.topic, f.kind, f.subject_id, f.unit_id, f.person_id, u.path
    from feed f left join unit u on u.id = f.unit_id
"""


async def latest() -> int:
    """The position of the newest entry; 0 where there is none."""
    return int(await db.fetchval("select coalesce(max(position), 0) from feed"))


async def position_of(shown: str, *at: str) -> int:
    """The position of the entry that clients know as `shown`. Refuses GONE where it is no longer kept, or never was."""
    try:
        key = UUID(shown)
    except ValueError:
        raise Refused(Code.GONE, *at) from None
    found = await db.fetchval("select position from feed where id = $1 and at > $2", key, clock.now() - KEPT)
    if found is None:
        raise Refused(Code.GONE, *at)
    return int(found)


async def shown_at(position: int) -> str | None:
    """What clients know the entry at a position by; the other way round than `position_of`."""
    found = await db.fetchval("select id from feed where position = $1", position)
    return str(found) if found else None


async def after(position: int) -> list[Change]:
    """The next entries, whatever they are about, up to `PAGE` of them."""
    rows = await db.fetch(f"{_READ} where f.position > $1 order by f.position limit {PAGE}", position)
    return [_change(row) for row in rows]


async def missed(viewer: Viewer, wanted: Wanted, position: int, last: int) -> list[Change]:
    """The next entries up to `last` that are for the viewer, up to `PAGE` of them."""
    values: list[Any]
    if wanted.topic is Topic.NOTICE:
        sight, below, values = access.own("f.person_id", "$4"), "true", [viewer.person]
    else:
        sight, below = access.seen("f.unit_id", "$4::text[]"), "u.path ^@ $5"
        values = [viewer.paths, wanted.root or ""]
    rows = await db.fetch(
        f"""{_READ} where f.position > $1 and f.position <= $2 and f.topic = $3 and {sight} and {below}
        order by f.position limit {PAGE}""",
        position,
        last,
        wanted.topic,
        *values,
    )
    return [_change(row) for row in rows]


async def forget() -> None:
    """What nobody catches up with any more."""
    await db.execute("delete from feed where at < $1", clock.now() - KEPT - _GRACE)


def _change(row: asyncpg.Record) -> Change:
    return Change(
        position=row["position"],
        id=UUID(str(row["id"])),
        topic=Topic(row["topic"]),
        kind=EventKind(row["kind"]) if row["kind"] else None,
        subject_id=UUID(str(row["subject_id"])),
        unit_id=UUID(str(row["unit_id"])) if row["unit_id"] else None,
        path=row["path"],
        person_id=UUID(str(row["person_id"])) if row["person_id"] else None,
    )
