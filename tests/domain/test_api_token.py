"""API tokens: a program acts by one membership, and no further."""

from datetime import date, timedelta

import pytest

from jejak.domain import api_token, clock, db, invitation, person, session, sign_in
from jejak.domain.access import Grant
from jejak.domain.api_token import CreateApiToken, RevokeApiToken
from jejak.domain.errors import Code
from jejak.domain.invitation import InvitePerson
from jejak.domain.person import RevokeRole
from jejak.domain.session import EndSession, SignOut
from jejak.domain.sign_in import ChangePassword
from jejak.domain.tables.person import Membership
from jejak.domain.tables.sign_in import ApiToken
from jejak.domain.vocabulary import Role, UnitKind
from tests.factories import PASSWORD, a_person, a_role, a_unit, a_viewer, reference_unit, viewer_for
from tests.refusals import dump, events_of, refused, unchanged


async def membership_of(who, role: Role) -> Membership:
    found = await Membership.objects().get((Membership.person_id == who.id) & (Membership.role == role))
    assert found is not None
    return found


def in_days(days: int, zone: str = "Asia/Jakarta") -> date:
    return clock.today(zone) + timedelta(days=days)


async def a_token(who, role: Role = Role.MANAGER, **changes):
    held = await membership_of(who, role)
    wanted = {"membership_id": held.id, "name": "CEM dashboard", "expires_on": in_days(30)} | changes
    return await api_token.create(await viewer_for(who), CreateApiToken(**wanted))


async def hq_admin():
    return await a_viewer(Role.ADMIN, await reference_unit("HQ"))


async def test_a_token_acts_by_its_membership_and_by_no_other():
    # given
    unit = await a_unit()
    who = await a_person(Role.MANAGER, unit)
    await a_role(who, Role.ADMIN, await reference_unit("BALI"))
    # when
    made = await a_token(who)
    viewer = await sign_in.viewer_of(made.token)
    # then
    assert viewer.grants == (Grant(unit.path, UnitKind.ULP, Role.MANAGER),)
    assert (viewer.person_id, viewer.credential, viewer.integration) == (who.id, made.id, True)
    assert await sign_in.current(viewer) == viewer
    assert made.token.startswith("jejak_api_")


async def test_it_is_kept_as_a_hash_and_told_in_the_history_by_its_name_only():
    who = await a_person(Role.MANAGER)
    made = await a_token(who)
    assert not any(made.token in line for line in await dump())
    assert (await events_of(who.id))[-1] == "person.token_created"
    told = await db.fetchval("select after::text from event order by id desc limit 1")
    assert "CEM dashboard" in told
    assert await ApiToken.exists().where(ApiToken.token_hash == sign_in.secret.digest(made.token))
    assert sign_in.secret.digest(made.token) not in told


async def test_it_ends_with_its_membership_at_once():
    who = await a_person(Role.MANAGER)
    made = await a_token(who)
    viewer = await sign_in.viewer_of(made.token)
    held = await membership_of(who, Role.MANAGER)
    await person.revoke(await hq_admin(), RevokeRole(held.id))
    assert await sign_in.viewer_of(made.token) is None
    assert await sign_in.current(viewer) is None
    # And does not come back with the same role
    await a_role(who, Role.MANAGER, await a_unit())
    assert await sign_in.viewer_of(made.token) is None


@pytest.mark.parametrize(("zone", "offset"), [("Asia/Jakarta", 7), ("Asia/Jayapura", 9)])
async def test_its_last_day_is_a_day_of_the_unit(zone, offset):
    who = await a_person(Role.MANAGER, await a_unit(timezone=zone))
    made = await a_token(who, expires_on=clock.today(zone))
    kept = await ApiToken.objects().get(ApiToken.id == made.id)
    assert kept.expires_at.utcoffset() == timedelta()
    assert (kept.expires_at + timedelta(hours=offset)).hour == 0
    clock.shift(kept.expires_at - clock.now() - timedelta(seconds=1))
    assert await sign_in.viewer_of(made.token)
    clock.shift(timedelta(seconds=2))
    assert await sign_in.viewer_of(made.token) is None


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"name": " "}, Code.REQUIRED, "name"),
        ({"name": "x" * 201}, Code.TOO_LONG, "name"),
        ({"expires_on": in_days(-1)}, Code.PAST_DATE, "expires_on"),
        ({"expires_on": in_days(368)}, Code.OUT_OF_RANGE, "expires_on"),
        ({"expires_on": date.max}, Code.OUT_OF_RANGE, "expires_on"),
        ({"membership_id": db.new_id()}, Code.NOT_FOUND, "membership_id"),
    ],
)
async def test_wrong_input_is_refused(changes, code, path):
    who = await a_person(Role.MANAGER)
    async with refused(code, path):
        await a_token(who, **changes)


async def test_it_may_last_a_year_and_a_day():
    await a_token(await a_person(Role.MANAGER), expires_on=in_days(366))


async def test_it_is_for_a_role_of_ones_own_that_is_in_force():
    # given
    who, other = await a_person(Role.MANAGER), await a_person(Role.VIEWER)
    theirs, own = await membership_of(other, Role.VIEWER), await membership_of(who, Role.MANAGER)
    await person.revoke(await hq_admin(), RevokeRole(own.id))
    # then
    for held in (theirs, own):
        async with refused(Code.NOT_FOUND, "membership_id"):
            await a_token(who, membership_id=held.id)


async def test_a_person_has_20_tokens_in_force():
    who = await a_person(Role.MANAGER)
    made = [await a_token(who) for _ in range(20)]
    async with refused(Code.TOO_MANY):
        await a_token(who)
    await api_token.revoke(await viewer_for(who), RevokeApiToken(made[0].id))
    await a_token(who)


async def test_its_owner_revokes_it_and_again_is_no_error():
    who = await a_person(Role.MANAGER)
    made = await a_token(who)
    viewer = await viewer_for(who)
    await api_token.revoke(viewer, RevokeApiToken(made.id))
    assert await sign_in.viewer_of(made.token) is None
    assert (await events_of(who.id))[-1] == "person.token_revoked"
    async with unchanged():
        await api_token.revoke(viewer, RevokeApiToken(made.id))


async def test_who_manages_people_there_revokes_it_and_nobody_else_knows_of_it():
    unit = await a_unit()
    who = await a_person(Role.MANAGER, unit)
    made = await a_token(who)
    below, above = (
        await a_viewer(Role.MANAGER, unit),
        await a_viewer(Role.MANAGER, await reference_unit("HQ")),
    )
    elsewhere = await a_viewer(Role.ADMIN, await reference_unit("BALI"))
    for viewer in (below, above, elsewhere):
        async with refused(Code.NOT_FOUND, "api_token_id"):
            await api_token.revoke(viewer, RevokeApiToken(made.id))
    admin = await a_viewer(Role.ADMIN, await reference_unit("JATIM"))
    await api_token.revoke(admin, RevokeApiToken(made.id))
    assert await sign_in.viewer_of(made.token) is None
    assert await db.fetchval("select actor_id from event order by id desc limit 1") == admin.person_id


async def test_a_program_does_not_get_at_the_account():
    # given a token with every right that there is over people
    who = await a_person(Role.ADMIN, await reference_unit("HQ"))
    other = await a_person()
    made = await a_token(who, Role.ADMIN)
    program = await sign_in.viewer_of(made.token)
    held = await membership_of(who, Role.ADMIN)
    # then
    for refusal in (
        lambda: sign_in.change_password(program, ChangePassword(PASSWORD, "gajah biru menari pelan")),
        lambda: api_token.create(program, CreateApiToken(held.id, "another", in_days(1))),
        lambda: api_token.revoke(program, RevokeApiToken(made.id)),
        lambda: session.sign_out(program, SignOut()),
        lambda: session.sign_out(program, SignOut(everywhere=True)),
        lambda: session.end(program, EndSession(db.new_id())),
        lambda: invitation.invite(program, InvitePerson(other.id)),
    ):
        async with refused(Code.FORBIDDEN):
            await refusal()


async def test_a_new_password_leaves_programs_at_work():
    who = await a_person(Role.MANAGER)
    made = await a_token(who)
    await sign_in.change_password(await viewer_for(who), ChangePassword(PASSWORD, "gajah biru menari pelan"))
    assert await sign_in.viewer_of(made.token)


async def test_its_last_use_is_noted_once_a_minute():
    who = await a_person(Role.MANAGER)
    made = await a_token(who)

    async def used_at():
        return await db.fetchval("select used_at from api_token")

    assert await used_at() is None
    await sign_in.viewer_of(made.token)
    first = await used_at()
    assert first is not None
    async with unchanged():
        await sign_in.viewer_of(made.token)
    clock.shift(timedelta(seconds=61))
    await sign_in.viewer_of(made.token)
    assert await used_at() - first >= timedelta(minutes=1)


@pytest.mark.parametrize("token", ["jejak_api_", "jejak_api_unknown", "jejak_api_\0", "jejak_api_\ud800"])
async def test_a_token_that_is_none_stands_for_nobody(token):
    assert await sign_in.viewer_of(token) is None
