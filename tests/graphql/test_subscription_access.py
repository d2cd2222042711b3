"""R12 while a subscription is open: what is told is what may be seen at that moment, and nothing else."""

from contextlib import AsyncExitStack
from dataclasses import replace

import pytest
from websockets.exceptions import ConnectionClosed

from jejak.domain import db, feed, person, relay, session, sign_in, subscription, unit
from jejak.domain.access import SYSTEM
from jejak.domain.person import RevokeRole
from jejak.domain.session import SignOut
from jejak.domain.sign_in import ChangePassword
from jejak.domain.tables.feed import Feed
from jejak.domain.tables.person import Membership
from jejak.domain.unit import MoveUnit
from jejak.domain.vocabulary import Role, UnitKind
from tests import factories as f
from tests.client import as_, gid
from tests.graphql.access_document import subscriptions
from tests.graphql.test_access_matrix import a_wide_world, every_seat
from tests.graphql.test_subscription import COMPLETION, JOURNEYS, NOTICES, TASKS, a_task
from tests.graphql.world import a_notice

OTHER_PASSWORD = "a different battery, horse"


async def revoke(who, role):
    held = await Membership.objects().get((Membership.person_id == who.id) & (Membership.role == role))
    await person.revoke(SYSTEM, RevokeRole(held.id))


async def test_every_subscription_from_every_seat(live, world):
    """As docs/access.md says: whoever sees a unit is told of it, nobody else, and each of their own notices."""
    assert set(subscriptions().values()) == {"in sight", "own"}
    await a_wide_world(world)
    seats = await every_seat(world)
    last = await f.a_unit()
    places = [world.here, world.below, world.elsewhere]
    await relay.drain()
    async with AsyncExitStack() as stack:
        talks = []
        for seat in seats:
            talk = await stack.enter_async_context(live.socket(await as_(seat.person)))
            talks.append(
                (seat, talk, {await talk.begin(query): [] for query in (TASKS, JOURNEYS, COMPLETION)})
            )
            talks[-1][2][await talk.begin(NOTICES)] = []
        # When something happens everywhere, and in the end where everybody sees it
        there, notices = {}, {}
        for at in places:
            there[gid(at)] = there[gid(await a_task(at))] = there[gid(await f.a_journey(at))] = at
            await relay.drain()
        for seat, _, _ in talks:
            await f.a_role(seat.person, Role.VIEWER, last)
        ends = {gid(last), gid(await a_task(last)), gid(await f.a_journey(last))}
        await relay.drain()
        for seat in seats:
            notice = await a_notice(seat.person, await f.a_task(last))
            notices[seat.name] = gid(notice)
            async with db.transaction():
                await feed.noticed([notice.id])
        # Then each was told of what they see, up to the end
        for seat, talk, told in talks:
            open_ = set(told)
            while open_:
                message = await talk.receive()
                (payload,) = message["payload"]["data"].values()
                (shown,) = (value["id"] for value in payload.values() if isinstance(value, dict))
                told[message["id"]].append(shown)
                if shown in ends or shown == notices[seat.name]:
                    open_.discard(message["id"])
            *followed, own = told.values()
            assert own == [notices[seat.name]], seat.name
            for of in followed:
                seen = {there[one].path for one in of[:-1]}
                assert seen == {at.path for at in places if any(at.path.startswith(p) for p in seat.paths)}, (
                    seat.name
                )


async def test_nobody_is_told_of_another_region(live, ulp):
    far = await f.a_unit(parent=await f.a_unit(UnitKind.UP3, await f.reference_unit("BALI")))
    who = await as_(await f.a_person(Role.ADMIN, await f.reference_unit("JATIM")))
    async with live.socket(who) as talk:
        for query in (TASKS, COMPLETION, JOURNEYS):
            await talk.begin(query)
        await a_task(far)
        await f.a_journey(far)
        await relay.drain()
        near = await a_task(ulp)
        told = await talk.both()
        assert told["taskChanged"]["task"]["id"] == gid(near)
        assert told["completionChanged"]["unit"]["id"] == gid(ulp)
        await f.a_journey(ulp)
        await relay.drain()
        assert (await talk.next())["journeyChanged"]["journey"]


@pytest.mark.parametrize("followed", [True, False])
async def test_a_role_that_is_revoked_counts_no_longer(live, ulp, followed):
    # Given somebody with roles at two units who follows both
    other = await f.a_unit()
    who = await f.a_person(Role.MANAGER, ulp)
    await f.a_role(who, Role.VIEWER, other)
    await relay.drain()
    async with live.socket(await as_(who)) as talk:
        key = await talk.begin(TASKS, **({"unitId": gid(ulp)} if followed else {}))
        rest = await talk.begin(TASKS, unitId=gid(other))
        one = await a_task(ulp)
        assert (await talk.next(key))["taskChanged"]["task"]["id"] == gid(one)
        # When one role is revoked, even before any worker knows of it
        await revoke(who, Role.MANAGER)
        await a_task(ulp)
        # Then the next that is told is of the other unit
        two = await a_task(other)
        told = [(await talk.next())["taskChanged"]["task"]["id"] for _ in range(1 if followed else 2)]
        assert set(told) == {gid(two)}
        # And with the role given again it goes on
        await f.a_role(who, Role.MANAGER, ulp)
        three = await a_task(ulp)
        assert (await talk.next(key))["taskChanged"]["task"]["id"] == gid(three)
        assert rest


async def test_what_waited_for_a_worker_while_the_role_was_revoked_is_not_told(live, ulp):
    other = await f.a_unit()
    who = await f.a_person(Role.MANAGER, ulp)
    await f.a_role(who, Role.VIEWER, other)
    await relay.drain()
    async with live.socket(await as_(who)) as talk:
        # Whether the thing itself is asked for or not
        keys = [await talk.begin(TASKS), await talk.begin("subscription { taskChanged { eventId } }")]
        # Given a change that was made while the person could see it, and is carried on when they cannot
        await f.a_task(ulp)
        # (No event tells of it, so that nothing but the look at each message can know.)
        await db.execute(
            "update membership set revoked_at = now() where person_id = $1 and role = 'MANAGER'", who.id
        )
        two = await f.a_task(other)
        await relay.drain()
        entry = await Feed.objects().get(Feed.subject_id == two.id)
        for _ in keys:
            assert (await talk.next())["taskChanged"]["eventId"] == str(entry.id)


async def test_what_came_with_a_unit_that_moved_here_is_in_the_replay(live, ulp):
    new = await f.a_unit(UnitKind.UP3)
    who = await as_(await f.a_person(Role.VIEWER, new))
    async with live.socket(who) as talk:
        key = await talk.begin(TASKS)
        await a_task(await f.a_unit(parent=new))
        since = (await talk.next(key))["taskChanged"]["eventId"]
    # Given a change at a unit that was seen by nobody here, and then moved
    one = await a_task(ulp)
    await unit.move(SYSTEM, MoveUnit(ulp.id, new.id, ulp.version))
    await relay.drain()
    async with live.socket(who) as talk:
        key = await talk.begin_quietly(TASKS, since=since)
        assert (await talk.next(key))["taskChanged"]["task"]["id"] == gid(one)


async def test_a_replay_tells_what_may_be_seen_now(live, ulp):
    other = await f.a_unit()
    who = await f.a_person(Role.MANAGER, ulp)
    await f.a_role(who, Role.VIEWER, other)
    async with live.socket(await as_(who)) as talk:
        key = await talk.begin(TASKS)
        await a_task(ulp)
        since = (await talk.next(key))["taskChanged"]["eventId"]
    await a_task(ulp)
    two = await a_task(other)
    await revoke(who, Role.MANAGER)
    await relay.drain()
    async with live.socket(await as_(who)) as talk:
        key = await talk.begin_quietly(TASKS, since=since)
        assert (await talk.next(key))["taskChanged"]["task"]["id"] == gid(two)


async def test_a_role_that_is_granted_counts_at_once(live, ulp):
    who = await f.a_person(Role.VIEWER, await f.a_unit())
    await relay.drain()
    async with live.socket(await as_(who)) as talk:
        key = await talk.begin(TASKS)
        await a_task(ulp)
        await f.a_role(who, Role.VIEWER, ulp)
        two = await a_task(ulp)
        assert (await talk.next(key))["taskChanged"]["task"]["id"] == gid(two)


async def test_a_unit_that_moves_away_is_not_told_of_any_more(live, ulp):
    up3 = await unit.Unit.objects().get(unit.Unit.id == ulp.parent_id)
    stays = await f.a_unit(parent=up3)
    new = await f.a_unit(UnitKind.UP3)
    old_side, new_side = await f.a_person(Role.VIEWER, up3), await f.a_person(Role.VIEWER, new)
    own = await f.a_person(Role.VIEWER, ulp)
    await relay.drain()
    async with (
        live.socket(await as_(old_side)) as old_talk,
        live.socket(await as_(new_side)) as new_talk,
        live.socket(await as_(own)) as own_talk,
    ):
        keys = [await talk.begin(TASKS) for talk in (old_talk, new_talk, own_talk)][:2]
        await own_talk.begin(COMPLETION, unitId=gid(ulp))
        one = await a_task(ulp)
        assert (await old_talk.next(keys[0]))["taskChanged"]["task"]["id"] == gid(one)
        assert (await own_talk.both())["taskChanged"]["task"]["id"] == gid(one)
        # When it moves
        await unit.move(SYSTEM, MoveUnit(ulp.id, new.id, ulp.version))
        two = await a_task(ulp)
        # Then those above it now are told, those at it still, those above it before no more
        assert (await new_talk.next(keys[1]))["taskChanged"]["task"]["id"] == gid(two)
        told = await own_talk.both()
        while "taskChanged" not in told:  # figures change by the move, and by the task
            told |= await own_talk.next()
        assert told["taskChanged"]["task"]["id"] == gid(two)
        three = await a_task(stays)
        assert (await old_talk.next(keys[0]))["taskChanged"]["task"]["id"] == gid(three)


async def test_a_password_that_changes_ends_what_is_open_at_once(live, ulp, monkeypatch):
    monkeypatch.setattr(subscription, "CHECK_SECONDS", 600)
    who = await f.a_person(Role.VIEWER, ulp)
    viewer = await f.viewer_for(who)
    async with live.socket(await as_(who)) as talk:
        await talk.begin(TASKS)
        await sign_in.change_password(viewer, ChangePassword(f.PASSWORD, OTHER_PASSWORD))
        await relay.drain()
        assert await talk.closed() == (4403, "Forbidden")


async def test_a_sign_in_that_ends_is_told_of_at_once(live, ulp, monkeypatch):
    monkeypatch.setattr(subscription, "CHECK_SECONDS", 600)
    who, else_ = await f.a_person(Role.VIEWER, ulp), await f.a_person(Role.VIEWER, ulp)
    async with live.socket(await as_(who)) as talk, live.socket(await as_(else_)) as other:
        await talk.begin(TASKS)
        key = await other.begin(TASKS)
        credential = await db.fetchval("select id from session where person_id = $1", who.id)
        viewer = replace(await f.viewer_for(who), credential=credential)
        await session.sign_out(viewer, SignOut())
        assert await talk.closed() == (4403, "Forbidden")
        # And nobody else's
        one = await a_task(ulp)
        assert (await other.next(key))["taskChanged"]["task"]["id"] == gid(one)


async def test_after_a_sign_in_has_ended_nothing_is_told(live, ulp, monkeypatch):
    monkeypatch.setattr(subscription, "CHECK_SECONDS", 600)
    who = await f.a_person(Role.VIEWER, ulp)
    async with live.socket(await as_(who)) as talk:
        await talk.begin(TASKS)
        await db.execute("delete from session where person_id = $1", who.id)
        await a_task(ulp)
        # The next thing that the client hears is the end
        with pytest.raises(ConnectionClosed):
            await talk.receive()
        assert talk.connection.close_code == 4403


@pytest.mark.parametrize("follows", [True, False])
async def test_a_sign_in_that_ends_is_found_though_nothing_happens(live, ulp, monkeypatch, follows):
    monkeypatch.setattr(subscription, "CHECK_SECONDS", 0.1)
    who = await f.a_person(Role.VIEWER, ulp)
    async with live.socket(await as_(who)) as talk:
        if follows:
            await talk.begin(TASKS)
        await db.execute("delete from session where person_id = $1", who.id)
        assert await talk.closed() == (4403, "Forbidden")


async def test_an_operation_after_the_sign_in_has_ended_is_not_carried_out(live, ulp, monkeypatch):
    monkeypatch.setattr(subscription, "CHECK_SECONDS", 600)
    who = await f.a_person(Role.VIEWER, ulp)
    async with live.socket(await as_(who)) as talk:
        assert (await talk.asked("{ viewer { id } }"))["type"] == "next"
        assert (await talk.receive())["type"] == "complete"
        await db.execute("delete from session where person_id = $1", who.id)
        await talk.begin_quietly("{ viewer { id } }")
        assert await talk.closed() == (4403, "Forbidden")
