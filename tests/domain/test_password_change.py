"""New passwords: one's own, and for whoever has lost theirs."""

from datetime import timedelta

import pytest

from jejak.domain import clock, sign_in
from jejak.domain.errors import Code
from jejak.domain.sign_in import ChangePassword, SignIn
from tests.factories import PASSWORD, a_person, viewer_for
from tests.refusals import events_of, refused

NEW = "sandi yang baru sekali"


async def test_a_new_password_replaces_the_old_one_and_ends_every_sign_in():
    who = await a_person(email="sri@pln.example")
    signed_in = await sign_in.sign_in(SignIn(who.email, PASSWORD))
    await sign_in.change_password(signed_in.viewer, ChangePassword(PASSWORD, NEW))
    assert await sign_in.viewer_of(signed_in.token) is None
    assert (await sign_in.sign_in(SignIn(who.email, NEW))).viewer.grants == (await viewer_for(who)).grants
    async with refused(Code.WRONG_CREDENTIALS, "password"):
        await sign_in.sign_in(SignIn(who.email, PASSWORD))
    assert (await events_of(who.id))[-1] == "person.password_changed"


@pytest.mark.parametrize(
    ("current", "new", "code", "path"),
    [
        ("not the password", NEW, Code.WRONG_CREDENTIALS, "current_password"),
        (PASSWORD, "short", Code.WEAK_PASSWORD, "new_password"),
        (PASSWORD, "fourteen chars", Code.WEAK_PASSWORD, "new_password"),
        (PASSWORD, "x" * 257, Code.TOO_LONG, "new_password"),
        (PASSWORD, "password12345678", Code.GUESSABLE_PASSWORD, "new_password"),
    ],
)
async def test_a_refused_change_leaves_the_old_password(current, new, code, path):
    who = await a_person()
    async with refused(code, path):
        await sign_in.change_password(await viewer_for(who), ChangePassword(current, new))


async def test_a_lost_password_is_replaced_by_a_generated_one():
    who = await a_person(email="sri@pln.example")
    before = await sign_in.sign_in(SignIn(who.email, PASSWORD))
    given = await sign_in.reset_password(" SRI@pln.example ")
    assert given is not None
    assert await sign_in.viewer_of(before.token) is None
    assert (await sign_in.sign_in(SignIn(who.email, given))).viewer.person_id == who.id


async def test_nobody_gets_no_password():
    assert await sign_in.reset_password("nobody@pln.example") is None


async def test_guesses_at_the_current_password_are_slowed_down():
    """Whoever finds a screen unlocked must not get further than that."""
    who = await a_person()
    viewer = await viewer_for(who)
    for _ in range(6):
        async with refused(Code.WRONG_CREDENTIALS, "current_password"):
            await sign_in.change_password(viewer, ChangePassword("not the password", NEW))
    async with refused(Code.TOO_MANY_ATTEMPTS, "current_password"):
        await sign_in.change_password(viewer, ChangePassword(PASSWORD, NEW))
    clock.shift(timedelta(seconds=2))
    await sign_in.change_password(viewer, ChangePassword(PASSWORD, NEW))
