"""Notices and deliveries that tests start from."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from jejak.domain import channel, clock, db, delivery_making
from jejak.domain.access import Viewer
from jejak.domain.notification_preference import Choice, UpdateNotificationPreferences, update
from jejak.domain.tables.person import Person
from jejak.domain.tables.task import Task
from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import Channel
from tests import factories as f
from tests.moments import MONDAY, go_to


async def mail_is_on() -> None:
    """As when a worker with a mail server was started."""
    await channel.mail_is_set_up(able=True)


async def told(who: Person, about: Task, kind: str = "DUE_SOON", unit: Unit | None = None) -> UUID:
    """A notice, as it is written for a person; at `unit`, by default the task's."""
    key = db.new_id()
    await db.execute(
        """
        with bundled as (insert into digest (id, person_id, created_at) values ($2, $3, $4) returning id)
        insert into notice (id, person_id, digest_id, kind, task_id, due_on, unit_id, created_at)
        select $1, $3, bundled.id, $5, $6, $7, $8, $4 from bundled
        """,
        key,
        db.new_id(),
        who.id,
        clock.now(),
        kind,
        about.id,
        about.due_on,
        unit.id if unit else about.unit_id,
    )
    return key


async def an_owner(unit: Unit | None = None, **changes: Any) -> tuple[Person, Task]:
    """Somebody with a task due in three days, on a Monday morning at work, when there is a mail server."""
    go_to(MONDAY)
    await mail_is_on()
    unit = unit or await f.a_unit()
    owner = await f.a_person(unit=unit, **changes)
    return owner, await f.a_task(unit, owner=owner, due_on=MONDAY + timedelta(days=3))


async def a_delivery(owner: Person, task: Task) -> UUID:
    """One notice, made into an e-mail that waits."""
    await told(owner, task)
    assert await delivery_making.make() == 1
    return await last(owner)


async def last(who: Person) -> UUID:
    return await db.fetchval(
        "select id from delivery where person_id = $1 order by created_at desc, id desc limit 1", who.id
    )


async def choose(who: Viewer, of: Channel, **changes: Any) -> None:
    await update(who, UpdateNotificationPreferences([Choice(of, **changes)]))


async def state_of(delivery_id: UUID) -> tuple[str, int]:
    """Its state, and how many attempts counted."""
    row = await db.fetchrow("select state, attempts from delivery where id = $1", delivery_id)
    return row["state"], row["attempts"]


async def attempts_of(delivery_id: UUID) -> list[str]:
    rows = await db.fetch(
        "select outcome from delivery_attempt where delivery_id = $1 order by nth", delivery_id
    )
    return [row["outcome"] for row in rows]


async def bundles() -> list[int]:
    """How many notices each delivery bundles, in the order of making."""
    rows = await db.fetch(
        """
        select count(n.id) as notices from delivery d left join delivery_notice n on n.delivery_id = d.id
        group by d.id, d.created_at order by d.created_at
        """
    )
    return [row["notices"] for row in rows]
