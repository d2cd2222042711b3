"""A process's end of the feed: nothing is missed, whatever is cut, and memory is bounded."""

import asyncio
import logging
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace

import pytest

from jejak.domain import db, feed, relay, subscription, tail
from jejak.domain.errors import Code
from jejak.domain.subscription import Follow
from jejak.domain.tail import Tail
from jejak.domain.vocabulary import Role, Topic
from tests.client import as_
from tests.factories import a_person, a_task, a_unit, viewer_for
from tests.refusals import refused


@asynccontextmanager
async def a_tail():
    made = Tail()
    async with made.running():
        yield made


async def a_follower(unit):
    """A viewer with a sign-in."""
    who = await a_person(Role.VIEWER, unit)
    await as_(who)
    credential = await db.fetchval("select id from session where person_id = $1", who.id)
    return replace(await viewer_for(who), credential=credential)


async def next_of(told):
    async with asyncio.timeout(20):
        return (await anext(told)).change.subject_id


async def test_two_processes_get_everything():
    unit = await a_unit()
    viewer = await a_follower(unit)
    async with a_tail() as one, a_tail() as other:
        streams = [
            (await subscription.follow(viewer, Follow(Topic.TASK), each)).told for each in (one, other)
        ]
        made = []
        for _ in range(5):
            made.append((await a_task(unit)).id)
            await relay.drain()
        for told in streams:
            async with aclosing(told):
                assert [await next_of(told) for _ in made] == made


async def test_a_listening_connection_that_is_cut_costs_nothing(monkeypatch):
    monkeypatch.setattr(tail, "POLL_SECONDS", 600)
    unit = await a_unit()
    viewer = await a_follower(unit)
    async with (
        a_tail() as one,
        aclosing((await subscription.follow(viewer, Follow(Topic.TASK), one)).told) as told,
    ):
        for _ in range(3):
            # When the connection is cut, and something happens while nobody listens
            assert await cut_listeners() == 1
            made = await a_task(unit)
            await relay.drain()
            # Then it is told once there is another
            assert await next_of(told) == made.id


async def cut_listeners() -> int:
    """Cuts every connection that listens, as soon as there is one."""
    async with asyncio.timeout(20):
        while True:
            rows = await db.fetch(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and query ilike 'listen%'"
            )
            if rows:
                return len(rows)
            await asyncio.sleep(0.02)


async def test_without_notifications_it_looks_by_itself(monkeypatch):
    monkeypatch.setattr(tail, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(feed, "CHANNEL", "another_channel")
    unit = await a_unit()
    viewer = await a_follower(unit)
    async with (
        a_tail() as one,
        aclosing((await subscription.follow(viewer, Follow(Topic.TASK), one)).told) as told,
    ):
        made = await a_task(unit)
        await relay.drain()
        assert await next_of(told) == made.id


async def test_every_connection_cut_at_once_costs_nothing(monkeypatch, caplog):
    """As when PostgreSQL is started anew."""
    monkeypatch.setattr(tail, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(tail, "RETRY_SECONDS", 0.05)
    monkeypatch.setattr(subscription, "CHECK_SECONDS", 0.01)
    unit = await a_unit()
    viewer = await a_follower(unit)
    async with (
        a_tail() as one,
        aclosing((await subscription.follow(viewer, Follow(Topic.TASK), one)).told) as told,
    ):
        for _ in range(5):
            waiting = asyncio.create_task(next_of(told))
            await asyncio.sleep(0)
            await db.fetch(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid() and application_name = 'jejak'"
            )
            made = await _patiently(a_task, unit)
            await _patiently(relay.drain)
            assert await waiting == made.id
    assert [record for record in caplog.records if record.levelno > logging.WARNING] == []


async def _patiently(act, *args):
    """As a client or a worker would: again, where a connection was cut."""
    while True:
        try:
            return await act(*args)
        except db.OUT_OF_REACH:
            await asyncio.sleep(0.01)


async def test_memory_is_bounded_and_a_slow_follower_still_gets_everything(monkeypatch):
    monkeypatch.setattr(tail, "MEMORY", 10)
    monkeypatch.setattr(feed, "PAGE", 7)
    unit = await a_unit()
    viewer = await a_follower(unit)
    async with (
        a_tail() as one,
        aclosing((await subscription.follow(viewer, Follow(Topic.TASK), one)).told) as told,
    ):
        made = []
        for _ in range(30):
            made.append((await a_task(unit)).id)
            await relay.drain()
        last = await feed.latest()
        async with asyncio.timeout(20):
            while one.last < last:
                await asyncio.sleep(0.01)
        assert len(one._memory) <= 10
        # When it reads at last, from where nothing is in memory any more
        assert one.remembered(0) is None
        assert [await next_of(told) for _ in made] == made


async def test_followers_are_counted_and_bounded(monkeypatch):
    monkeypatch.setattr(tail, "MOST_FOLLOWERS", 2)
    unit = await a_unit()
    viewer = await a_follower(unit)
    async with a_tail() as one:
        streams = [(await subscription.follow(viewer, Follow(Topic.TASK), one)).told for _ in range(2)]
        made = await a_task(unit)
        await relay.drain()
        for told in streams:
            assert await next_of(told) == made.id
        async with refused(Code.TOO_MANY):
            await subscription.follow(viewer, Follow(Topic.TASK), one)
        for told in streams:
            await told.aclose()
        assert one.followers == 0
        await subscription.follow(viewer, Follow(Topic.TASK), one)


async def test_one_person_leaves_room_for_others(monkeypatch):
    monkeypatch.setattr(tail, "MOST_OF_ONE", 1)
    unit = await a_unit()
    greedy, other = [await a_follower(unit) for _ in range(2)]
    async with a_tail() as one:
        streams = [
            (await subscription.follow(viewer, Follow(Topic.TASK), one)).told for viewer in (greedy, other)
        ]
        made = await a_task(unit)
        await relay.drain()
        for told in streams:
            assert await next_of(told) == made.id
        for viewer in (greedy, other):
            async with refused(Code.TOO_MANY):
                await subscription.follow(viewer, Follow(Topic.TASK), one)
        await streams[0].aclose()
        await subscription.follow(greedy, Follow(Topic.TASK), one)
        async with refused(Code.TOO_MANY):
            await subscription.follow(other, Follow(Topic.TASK), one)
        await streams[1].aclose()


async def test_a_follower_without_a_sign_in_is_told_nothing():
    unit = await a_unit()
    viewer = await viewer_for(await a_person(Role.VIEWER, unit))
    async with (
        a_tail() as one,
        aclosing((await subscription.follow(viewer, Follow(Topic.TASK), one)).told) as told,
    ):
        await a_task(unit)
        await relay.drain()
        with pytest.raises(Exception, match=Code.UNAUTHENTICATED):
            await next_of(told)
