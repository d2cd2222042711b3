"""Sessions: how they go on, and how they end."""

import asyncio
from datetime import timedelta

import pytest

from jejak.domain import access, clock, db, housekeeping, session, sign_in
from jejak.domain.errors import Code, Refused
from jejak.domain.session import EndSession, Origin, RefreshSession, SignOut
from jejak.domain.sign_in import SignIn
from jejak.domain.tables.sign_in import Session, SessionToken
from tests.factories import PASSWORD, a_person
from tests.refusals import dump, events_of, refused, unchanged


async def signed_in(who=None, **more):
    who = who or await a_person()
    return await sign_in.sign_in(
        SignIn(who.email, PASSWORD, **more), Origin("203.0.113.77", "Jejak/1.0 (Android)")
    )


async def refreshed(token: str):
    return (await sign_in.refresh(RefreshSession(token))).opened


async def test_a_refresh_token_gives_a_new_pair_once():
    # given
    first = await signed_in()
    # when
    second = await sign_in.refresh(RefreshSession(first.opened.refresh_token))
    # then
    assert second.viewer == first.viewer
    assert {second.opened.token, second.opened.refresh_token}.isdisjoint(
        {first.opened.token, first.opened.refresh_token}
    )
    assert await sign_in.viewer_of(second.token) == first.viewer
    # Requests under way with the token before are not cut off.
    assert await sign_in.viewer_of(first.token) == first.viewer


async def test_a_refresh_token_that_comes_back_ends_the_session_for_everybody():
    # given
    who = await a_person()
    first, other = (await signed_in(who)).opened, await signed_in(who)
    second = await refreshed(first.refresh_token)
    # when
    with pytest.raises(Refused) as caught:
        await refreshed(first.refresh_token)
    # then
    assert [(p.code, p.path) for p in caught.value.problems] == [(Code.SESSION_ENDED, ("refresh_token",))]
    assert await sign_in.viewer_of(second.token) is None
    async with refused(Code.SESSION_ENDED, "refresh_token"):
        await refreshed(second.refresh_token)
    assert await events_of(who.id) == ["person.role_granted", "person.refresh_reused"]
    assert await db.fetchval("select actor_id from event order by id desc limit 1") is None
    # The person's other session is no concern of the thief's.
    assert await sign_in.viewer_of(other.token) == other.viewer


@pytest.mark.parametrize("uses", [2, 5])
async def test_of_uses_at_once_one_wins_and_the_session_ends(uses):
    # given
    who = await a_person()
    first = (await signed_in(who)).opened
    # when
    answers = await asyncio.gather(
        *(session.refresh(RefreshSession(first.refresh_token)) for _ in range(uses)), return_exceptions=True
    )
    # then
    won = [answer for answer in answers if not isinstance(answer, BaseException)]
    lost = [answer for answer in answers if isinstance(answer, Refused)]
    assert (len(won), len(lost)) == (1, uses - 1)
    assert {refusal.code for refusal in lost} == {Code.SESSION_ENDED}
    assert await sign_in.viewer_of(won[0].token) is None
    assert await Session.count() == await SessionToken.count() == 0
    assert (await events_of(who.id)).count("person.refresh_reused") == 1


async def test_a_session_ends_when_it_is_not_used_for_a_week():
    opened = (await signed_in()).opened
    clock.shift(session.IDLE - timedelta(minutes=1))
    opened = await refreshed(opened.refresh_token)
    clock.shift(session.IDLE + timedelta(minutes=1))
    async with refused(Code.SESSION_ENDED, "refresh_token"):
        await refreshed(opened.refresh_token)


async def test_a_session_ends_after_a_month_however_much_it_is_used():
    # given
    opened = (await signed_in()).opened
    begun = clock.now()
    # when
    for _ in range(4):
        clock.shift(timedelta(days=6))
        opened = await refreshed(opened.refresh_token)
    clock.shift(timedelta(days=5, hours=23, minutes=55))
    opened = await refreshed(opened.refresh_token)
    # then
    assert opened.refresh_expires_at - begun < session.LONGEST + timedelta(seconds=10)
    assert opened.expires_at == opened.refresh_expires_at
    clock.shift(timedelta(minutes=6))
    assert await sign_in.viewer_of(opened.token) is None
    async with refused(Code.SESSION_ENDED, "refresh_token"):
        await refreshed(opened.refresh_token)


@pytest.mark.parametrize("token", ["", "jejak_refresh_unknown", "\0", "\ud800", "x" * 10_000])
async def test_what_is_no_refresh_token_gives_nothing(token):
    async with refused(Code.SESSION_ENDED, "refresh_token"):
        await refreshed(token)


@pytest.mark.parametrize("browser", [False, True])
async def test_no_other_token_refreshes_a_session(browser):
    token = (await signed_in(browser=browser)).token
    async with refused(Code.SESSION_ENDED, "refresh_token"):
        await refreshed(token)


async def test_signing_out_ends_this_session_and_no_other():
    who = await a_person()
    here, there = await signed_in(who), await signed_in(who)
    await session.sign_out(here.viewer, SignOut())
    assert await sign_in.viewer_of(here.token) is None
    async with refused(Code.SESSION_ENDED, "refresh_token"):
        await refreshed(here.opened.refresh_token)
    assert await sign_in.viewer_of(there.token) == there.viewer
    assert await events_of(who.id) == ["person.role_granted"]


async def test_signing_out_everywhere_ends_them_all_and_is_told():
    who, other = await a_person(), await signed_in()
    here, there = await signed_in(who), await signed_in(who, browser=True)
    await session.sign_out(here.viewer, SignOut(everywhere=True))
    assert await sign_in.viewer_of(here.token) is None
    assert await sign_in.viewer_of_browser(there.token) is None
    assert (await events_of(who.id))[-1] == "person.signed_out_everywhere"
    assert await sign_in.viewer_of(other.token)


async def test_one_of_ones_own_sessions_is_ended_and_nobody_elses():
    who = await a_person()
    here, there, foreign = await signed_in(who), await signed_in(who), await signed_in()
    await session.end(here.viewer, EndSession(there.viewer.credential))
    assert await sign_in.viewer_of(there.token) is None
    for session_id in (foreign.viewer.credential, there.viewer.credential, db.new_id()):
        async with refused(Code.NOT_FOUND, "session_id"):
            await session.end(here.viewer, EndSession(session_id))
    assert await sign_in.viewer_of(here.token) == here.viewer


async def test_where_a_session_comes_from_is_kept_shortened():
    await signed_in()
    await sign_in.sign_in(
        SignIn((await a_person()).email, PASSWORD), Origin("2001:db8:1234:5678::1", "\x1b[31m" + "x" * 500)
    )
    kept = await Session.select(Session.address, Session.agent).order_by(Session.created_at)
    assert kept == [
        {"address": "203.0.113.0/24", "agent": "Jejak/1.0 (Android)"},
        {"address": "2001:db8:1234::/48", "agent": ("[31m" + "x" * 500)[: session.AGENT]},
    ]


async def test_its_last_use_is_noted_to_the_minute():
    token = (await signed_in()).token

    async def used_at():
        return await db.fetchval("select used_at from session")

    begun = await used_at()
    clock.shift(timedelta(seconds=50))
    async with unchanged():
        await sign_in.viewer_of(token)
    clock.shift(timedelta(seconds=11))
    await sign_in.viewer_of(token)
    assert timedelta(minutes=1) < await used_at() - begun < timedelta(seconds=70)


async def test_noting_a_use_waits_for_nobody():
    # given a session whose row is held by another
    signed = await signed_in()
    clock.shift(timedelta(minutes=2))
    held, done = asyncio.Event(), asyncio.Event()

    async def holds():
        async with db.transaction():
            await db.execute("select from session for update")
            held.set()
            await done.wait()

    holder = asyncio.create_task(holds())
    await held.wait()
    # when
    try:
        async with asyncio.timeout(5):
            viewer = await sign_in.viewer_of(signed.token)
    finally:
        done.set()
        await holder
    # then
    assert viewer == signed.viewer


async def test_sessions_that_have_ended_are_forgotten():
    await signed_in()
    await signed_in(browser=True)
    clock.shift(timedelta(days=1))
    await housekeeping.forget_old()
    assert await Session.count() == 1
    clock.shift(session.IDLE)
    await housekeeping.forget_old()
    assert not [line for line in await dump() if line.startswith("session")]


def test_the_service_itself_has_no_sessions():
    with pytest.raises(RuntimeError):
        access.oneself(access.SYSTEM)
