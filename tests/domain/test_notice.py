"""The inbox."""

from datetime import timedelta
from uuid import uuid4

import orjson

from jejak.domain import notice, reminder
from jejak.domain.errors import Code
from jejak.domain.event_kind import EventKind
from jejak.domain.notice import MarkNoticesRead
from jejak.domain.tables.event import Event
from jejak.domain.tables.notice import Notice
from jejak.domain.vocabulary import Role
from tests.factories import a_person, a_task, a_unit, viewer_for
from tests.moments import MONDAY, go_to
from tests.refusals import refused, unchanged


async def two_notices(unit, owner) -> list:
    for _ in range(2):
        await a_task(unit, owner=owner, due_on=MONDAY + timedelta(days=1))
    await reminder.run()
    return [row.id for row in await Notice.objects().where(Notice.person_id == owner.id)]


async def test_reading_notices_twice_keeps_the_first_time():
    go_to(MONDAY)
    unit = await a_unit()
    owner = await a_person(Role.CONTRIBUTOR, unit)
    viewer, ids = await viewer_for(owner), await two_notices(unit, owner)
    assert await notice.mark_read(viewer, MarkNoticesRead(ids[:1])) == ids[:1]
    read = {row.id: row.read_at for row in await Notice.objects()}
    assert [read[each] is None for each in ids] == [False, True]
    told = await Event.objects().where(Event.kind == EventKind.NOTICES_READ)
    assert [(row.actor_id, row.subject_id, orjson.loads(row.after)) for row in told] == [
        (owner.id, owner.id, {"notice_ids": [str(ids[0])]})
    ]
    async with unchanged():
        await notice.mark_read(viewer, MarkNoticesRead(ids[:1]))


async def test_nobody_marks_anothers_notice_and_all_or_none_are_marked():
    go_to(MONDAY)
    unit = await a_unit()
    owner, other = await a_person(Role.CONTRIBUTOR, unit), await a_person(Role.MANAGER, unit)
    ids, viewer = await two_notices(unit, owner), await viewer_for(owner)
    stranger = await viewer_for(other)
    async with refused(Code.NOT_FOUND, "notice_ids", 0):
        await notice.mark_read(stranger, MarkNoticesRead(ids))
    async with refused(Code.NOT_FOUND, "notice_ids", 1):
        await notice.mark_read(viewer, MarkNoticesRead([ids[0], uuid4()]))
    async with refused(Code.TOO_MANY, "notice_ids"):
        await notice.mark_read(viewer, MarkNoticesRead([uuid4() for _ in range(501)]))
