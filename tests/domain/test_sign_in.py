"""Sign-in, and what a token stands for."""

import hashlib
from datetime import timedelta

import pytest
from argon2 import PasswordHasher, extract_parameters

from jejak.domain import clock, db, person, session, sign_in
from jejak.domain import password as password_module
from jejak.domain.access import SYSTEM, Grant
from jejak.domain.errors import Code, Refused
from jejak.domain.person import RevokeRole
from jejak.domain.session import EndSession
from jejak.domain.sign_in import ChangePassword, SignIn
from jejak.domain.tables.person import Membership
from jejak.domain.tables.sign_in import Session
from jejak.domain.vocabulary import Language, Role, UnitKind
from tests.factories import PASSWORD, a_person, a_role, a_unit, a_viewer, reference_unit, viewer_for
from tests.refusals import dump, refused
from tests.sql import statements


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


async def test_who_has_no_password_cannot_sign_in_by_one():
    who = await a_person()
    await db.execute("update person set password_hash = null where id = $1", who.id)
    async with refused(Code.WRONG_CREDENTIALS, "password"):
        await sign_in.sign_in(SignIn(who.email, PASSWORD))


async def test_whoever_is_not_known_costs_as_much_work(monkeypatch):
    """That the answer takes as long: one verification, by the costs of every other."""
    # given
    verified = []
    verify = password_module._hasher.verify
    monkeypatch.setattr(
        PasswordHasher, "verify", lambda self, known, given: verified.append(known) or verify(known, given)
    )
    invited = await a_person(email="invited@pln.example")
    await db.execute("update person set password_hash = null where id = $1", invited.id)
    # when
    for email in ("nobody@pln.example", "invited@pln.example", "no address"):
        async with refused(Code.WRONG_CREDENTIALS, "password"):
            await sign_in.sign_in(SignIn(email, PASSWORD))
    # then
    own = password_module._hasher
    assert [(p.memory_cost, p.time_cost, p.parallelism) for p in map(extract_parameters, verified)] == [
        (own.memory_cost, own.time_cost, own.parallelism)
    ] * 3


async def test_only_the_hashes_of_tokens_are_kept():
    who = await a_person()
    opened = (await sign_in.sign_in(SignIn(who.email, PASSWORD))).opened
    kept = "\n".join(await dump())
    for token in (opened.token, opened.refresh_token):
        assert hashlib.sha256(token.encode()).hexdigest() in kept
        assert token not in kept


async def test_tokens_say_by_their_first_letters_what_they_are():
    who = await a_person()
    opened = (await sign_in.sign_in(SignIn(who.email, PASSWORD))).opened
    assert opened.token.startswith("jejak_access_")
    assert opened.refresh_token.startswith("jejak_refresh_")
    browser = (await sign_in.sign_in(SignIn(who.email, PASSWORD, browser=True))).opened
    assert browser.token.startswith("jejak_browser_")
    assert browser.refresh_token is None


async def test_a_token_opens_nothing_but_what_it_is_for():
    """A cookie's is no bearer's, so that what a browser sends by itself is always asked for its CSRF token."""
    who = await a_person()
    opened = (await sign_in.sign_in(SignIn(who.email, PASSWORD))).opened
    browser = (await sign_in.sign_in(SignIn(who.email, PASSWORD, browser=True))).opened
    assert await sign_in.viewer_of(opened.refresh_token) is None
    assert await sign_in.viewer_of(browser.token) is None
    assert await sign_in.viewer_of_browser(opened.token) is None
    assert (await sign_in.viewer_of_browser(browser.token)).person_id == who.id


async def test_a_password_that_changes_while_a_sign_in_is_computed_lets_nobody_in(monkeypatch):
    # given
    who = await a_person()
    matches = password_module.matches

    async def overtaken(value, known):
        good = await matches(value, known)
        monkeypatch.setattr(password_module, "matches", matches)
        await sign_in.change_password(
            await viewer_for(who), ChangePassword(PASSWORD, "sandi yang baru sekali")
        )
        return good

    monkeypatch.setattr(password_module, "matches", overtaken)
    # when
    with pytest.raises(Refused) as caught:
        await sign_in.sign_in(SignIn(who.email, PASSWORD))
    # then
    assert caught.value.code is Code.WRONG_CREDENTIALS
    assert await Session.count() == 0


@pytest.mark.parametrize("token", ["", "jejak_unknown", "\0", "\ud800", "x" * 10_000])
async def test_an_unknown_token_stands_for_nobody(token):
    assert await sign_in.viewer_of(token) is None


async def test_an_access_token_holds_for_a_quarter_of_an_hour():
    who = await a_person()
    signed_in = await sign_in.sign_in(SignIn(who.email, PASSWORD))
    clock.shift(timedelta(minutes=14, seconds=50))
    assert await sign_in.viewer_of(signed_in.token)
    clock.shift(timedelta(seconds=11))
    assert await sign_in.viewer_of(signed_in.token) is None


async def test_a_browser_session_holds_for_half_a_day():
    who = await a_person()
    signed_in = await sign_in.sign_in(SignIn(who.email, PASSWORD, browser=True))
    clock.shift(timedelta(hours=11, minutes=59))
    assert await sign_in.viewer_of_browser(signed_in.token)
    clock.shift(timedelta(minutes=2))
    assert await sign_in.viewer_of_browser(signed_in.token) is None
    # And the next sign-in forgets it
    await sign_in.sign_in(SignIn(who.email, PASSWORD))
    assert await Session.count() == 1


async def test_who_is_looked_up_by_one_statement():
    who = await a_person(Role.MANAGER)
    signed_in = await sign_in.sign_in(SignIn(who.email, PASSWORD))
    clock.shift(timedelta(minutes=2))  # so that its use is noted as well
    async with statements() as counted:
        viewer = await sign_in.viewer_of(signed_in.token)
    assert len(counted) == 1
    async with statements() as counted:
        assert await sign_in.current(viewer) == viewer
    assert len(counted) == 1


async def test_what_stays_open_outlives_the_access_token_and_not_the_session():
    who = await a_person()
    viewer = (await sign_in.sign_in(SignIn(who.email, PASSWORD))).viewer
    clock.shift(timedelta(hours=1))
    assert await sign_in.current(viewer) == viewer
    await session.end(viewer, EndSession(viewer.credential))
    assert await sign_in.current(viewer) is None
    assert await sign_in.current(SYSTEM) is None


async def test_a_role_that_is_taken_is_gone_from_what_stays_open():
    who = await a_person(Role.MANAGER)
    viewer = (await sign_in.sign_in(SignIn(who.email, PASSWORD))).viewer
    [held] = await Membership.objects().where(Membership.person_id == who.id)
    await person.revoke(await a_viewer(Role.ADMIN, await reference_unit("HQ")), RevokeRole(held.id))
    assert viewer.grants
    assert (await sign_in.current(viewer)).grants == ()


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
