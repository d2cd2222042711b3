"""Sign-in, and what a token stands for."""

import hashlib
from datetime import timedelta

import pytest

from jejak.domain import clock, db, person, sign_in
from jejak.domain.access import Grant
from jejak.domain.errors import Code
from jejak.domain.person import RevokeRole
from jejak.domain.sign_in import SignIn
from jejak.domain.tables.person import Membership, Session
from jejak.domain.vocabulary import Language, Role, UnitKind
from tests.factories import PASSWORD, a_person, a_role, a_unit, a_viewer, reference_unit, viewer_for
from tests.refusals import refused


async def test_a_token_stands_for_the_person_and_their_roles():
    unit = await a_unit()
    who = await a_person(Role.MANAGER, unit, email="sri@pln.example", language=Language.EN)
    await a_role(who, Role.VIEWER, await reference_unit("BALI"))
    signed_in = await sign_in.sign_in(SignIn(" SRI@pln.example ", PASSWORD))
    assert signed_in.viewer == await sign_in.viewer_of(signed_in.token)
    assert (signed_in.viewer.person_id, signed_in.viewer.language) == (who.id, Language.EN)
    assert set(signed_in.viewer.grants) == {
        Grant(unit.path, UnitKind.ULP, Role.MANAGER),
        Grant("HQ/BALI/", UnitKind.UID, Role.VIEWER),
    }
    assert set((await viewer_for(who)).grants) == set(signed_in.viewer.grants)


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("sri@pln.example", "wrong password"),
        ("nobody@pln.example", PASSWORD),
        ("sri@pln.example", ""),
        ("", ""),
        ("sri@pln.example\0", PASSWORD),
        ("\ud800", PASSWORD),
        ("sri@pln.example", "\ud800"),
        ("sri@pln.example", PASSWORD + "x" * 300),
    ],
)
async def test_wrong_credentials_are_refused_in_the_same_words(email, password):
    await a_person(email="sri@pln.example")
    async with refused(Code.WRONG_CREDENTIALS, "password"):
        await sign_in.sign_in(SignIn(email, password))


async def test_only_the_hash_of_a_token_is_kept():
    who = await a_person()
    signed_in = await sign_in.sign_in(SignIn(who.email, PASSWORD))
    [session] = await Session.objects()
    assert session.token_hash == hashlib.sha256(signed_in.token.encode()).hexdigest()
    assert (
        await db.fetchval(
            "select count(*) from session s where s::text like '%' || $1 || '%'", signed_in.token
        )
        == 0
    )


@pytest.mark.parametrize("token", ["", "jejak_unknown", "\0", "\ud800", "x" * 10_000])
async def test_an_unknown_token_stands_for_nobody(token):
    assert await sign_in.viewer_of(token) is None


async def test_a_token_expires():
    who = await a_person()
    signed_in = await sign_in.sign_in(SignIn(who.email, PASSWORD))
    clock.shift(sign_in.LIFETIME - timedelta(minutes=1))
    assert await sign_in.viewer_of(signed_in.token)
    clock.shift(timedelta(minutes=2))
    assert await sign_in.viewer_of(signed_in.token) is None
    # And the next sign-in forgets it
    await sign_in.sign_in(SignIn(who.email, PASSWORD))
    assert await Session.count() == 1


async def test_roles_count_as_they_are_now_not_as_they_were_at_sign_in():
    unit = await a_unit()
    who = await a_person(Role.MANAGER, unit)
    signed_in = await sign_in.sign_in(SignIn(who.email, PASSWORD))
    [held] = await Membership.objects().where(Membership.person_id == who.id)
    await person.revoke(await a_viewer(Role.ADMIN, await reference_unit("HQ")), RevokeRole(held.id))
    viewer = await sign_in.viewer_of(signed_in.token)
    assert viewer is not None
    assert viewer.grants == ()
    await a_role(who, Role.VIEWER, unit)
    assert (await sign_in.viewer_of(signed_in.token)).grants == (Grant(unit.path, UnitKind.ULP, Role.VIEWER),)


async def test_the_generated_password_of_the_first_administrator_signs_in():
    secret = await person.first_administrator("admin@pln.example")
    signed_in = await sign_in.sign_in(SignIn("admin@pln.example", secret))
    assert {grant.role for grant in signed_in.viewer.grants} == {Role.ADMIN, Role.PROGRAMME}
