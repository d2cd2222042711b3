"""A person's calendar link."""

from dataclasses import replace
from datetime import timedelta

from jejak.domain import calendar_feed, clock, db
from jejak.domain.calendar_feed import CreateCalendarFeed, RevokeCalendarFeed
from jejak.domain.errors import Code
from jejak.domain.vocabulary import TaskStatus
from tests.factories import a_person, a_task, a_unit, a_viewer, viewer_for
from tests.refusals import dump, events_of, refused, unchanged


async def test_it_shows_the_open_tasks_of_its_person_and_no_others():
    unit = await a_unit()
    owner = await a_person(unit=unit)
    shown = {
        (await a_task(unit, owner=owner, status=status)).id
        for status in (TaskStatus.PLANNED, TaskStatus.BLOCKED, TaskStatus.SUBMITTED)
    }
    for status in (TaskStatus.VERIFIED, TaskStatus.CANCELLED):
        await a_task(unit, owner=owner, status=status)
    await a_task(unit)
    made = await calendar_feed.create(await viewer_for(owner), CreateCalendarFeed())
    found = await calendar_feed.read(made.token)
    assert {entry.task_id for entry in found.entries} == shown


async def test_it_shows_nothing_that_its_person_no_longer_sees():
    unit = await a_unit()
    owner = await a_person(unit=unit)
    await a_task(unit, owner=owner)
    made = await calendar_feed.create(await viewer_for(owner), CreateCalendarFeed())
    await db.execute("update membership set revoked_at = $2 where person_id = $1", owner.id, clock.now())
    assert (await calendar_feed.read(made.token)).entries == []


async def test_there_is_one_at_a_time():
    viewer = await a_viewer()
    first = await calendar_feed.create(viewer, CreateCalendarFeed())
    async with refused(Code.TAKEN):
        await calendar_feed.create(viewer, CreateCalendarFeed())
    second = await calendar_feed.create(viewer, CreateCalendarFeed(replace=True))
    assert await calendar_feed.read(first.token) is None
    assert await calendar_feed.read(second.token) is not None
    assert (await events_of(viewer.person))[1:] == ["person.calendar_created"] * 2


async def test_a_revoked_one_shows_nothing():
    viewer = await a_viewer()
    made = await calendar_feed.create(viewer, CreateCalendarFeed())
    other = await a_viewer()
    async with refused(Code.NOT_FOUND, "calendar_feed_id"):
        await calendar_feed.revoke(other, RevokeCalendarFeed(made.id))
    await calendar_feed.revoke(viewer, RevokeCalendarFeed(made.id))
    assert await calendar_feed.read(made.token) is None
    async with unchanged():
        await calendar_feed.revoke(viewer, RevokeCalendarFeed(made.id))


async def test_the_link_is_not_kept_and_its_use_is_known_to_a_quarter_of_an_hour():
    viewer = await a_viewer()
    made = await calendar_feed.create(viewer, CreateCalendarFeed())
    assert made.token not in "\n".join(await dump())
    await calendar_feed.read(made.token)
    used = await db.fetchval("select used_at from calendar_feed")
    assert used is not None
    async with unchanged():
        await calendar_feed.read(made.token)
    clock.shift(timedelta(minutes=16))
    await calendar_feed.read(made.token)
    assert await db.fetchval("select used_at from calendar_feed") > used


async def test_it_is_not_a_programs_to_make():
    viewer = replace(await a_viewer(), integration=True)
    async with refused(Code.FORBIDDEN):
        await calendar_feed.create(viewer, CreateCalendarFeed())
