"""Whoever came of late is not looked up anew: the statement that reads tells whether they are still who they were."""

import pytest

from jejak.api.cookie import csrf_token
from jejak.domain import api_token, clock, db, person, session
from jejak.domain.access import SYSTEM
from jejak.domain.api_token import CreateApiToken, RevokeApiToken
from jejak.domain.session import SignOut
from jejak.domain.tables.person import Membership
from jejak.domain.vocabulary import Role, UnitKind
from tests import factories as f
from tests.client import Client, as_, gid
from tests.sql import statements

UNITS = "query Seen { viewer { name } units(first: 50) { nodes { id } } }"


async def seen(client: Client) -> set[str]:
    return {one["id"] for one in (await client.data(UNITS))["units"]["nodes"]}


@pytest.fixture
async def here(database):
    return await f.a_unit(UnitKind.UP3)


@pytest.fixture
async def ranger(here):
    """Somebody who has come a moment ago."""
    who = await f.a_person(Role.MANAGER, here)
    client = await as_(who)
    assert await seen(client) == {gid(here)}
    return who, client


async def test_a_read_is_one_statement(ranger):
    _, client = ranger
    async with statements() as counted:
        await client.data(UNITS)
    assert len(counted) == 1


async def test_a_role_that_was_taken_away_is_gone_at_once(here, ranger):
    who, client = ranger
    held = await Membership.objects().get(Membership.person_id == who.id)
    await person.revoke(SYSTEM, person.RevokeRole(held.id))
    assert await seen(client) == set()


async def test_a_role_that_was_given_holds_at_once(here, ranger):
    who, client = ranger
    below = await f.a_unit(UnitKind.UP3)
    await person.grant(SYSTEM, person.GrantRole(who.id, below.id, Role.VIEWER, ranger=False))
    assert await seen(client) == {gid(here), gid(below)}


async def test_a_session_that_ended_is_over_at_once(ranger):
    who, client = ranger
    await session.sign_out(await f.viewer_for(who), SignOut(everywhere=True))
    response = await client.raw(UNITS)
    assert response.status_code == 401


async def test_a_token_that_has_expired_is_none(ranger):
    _, client = ranger
    await db.execute("update session_token set expires_at = $1", clock.now())
    assert (await client.raw(UNITS)).status_code == 401


async def test_a_programs_token_that_was_revoked_is_over_at_once(here, ranger):
    who, _ = ranger
    viewer = await f.viewer_for(who)
    held = await Membership.objects().get(Membership.person_id == who.id)
    made = await api_token.create(viewer, CreateApiToken(held.id, "CEM", clock.today("Asia/Jakarta")))
    program = Client(made.token)
    assert await seen(program) == {gid(here)}
    await api_token.revoke(viewer, RevokeApiToken(made.id))
    assert (await program.raw(UNITS)).status_code == 401


async def test_a_unit_that_moved_is_seen_where_it_is(here, ranger):
    _, client = ranger
    other = await f.a_unit(UnitKind.UP3)
    # by the path alone, as a move leaves it
    await db.execute("update unit set path = $1 where id = $2", f"{other.path}X/", here.id)
    assert await seen(client) == {gid(here)}


async def test_a_browsers_token_is_none_by_a_header(here):
    who = await f.a_person(Role.MANAGER, here)
    client = await as_(who)
    await db.execute("update session_token set kind = 'BROWSER'")
    by_cookie = Client(
        headers={"Cookie": f"jejak_session={client.token}", "X-CSRF-Token": csrf_token(client.token or "")}
    )
    answer = await by_cookie.data(UNITS)
    assert answer["viewer"]["name"] == who.name
    assert (await client.raw(UNITS)).status_code == 401
