"""Sign-ins under way at an identity provider."""

from datetime import timedelta

import pytest

from jejak.domain import clock, housekeeping, oidc, sign_in
from jejak.domain.errors import Code
from jejak.domain.session import Origin
from jejak.domain.tables.sign_in import ProviderSignIn
from tests.factories import a_person
from tests.refusals import dump, refused


async def test_what_comes_back_is_what_was_sent_once():
    begun = await oidc.begin("/tasks?late=1")
    assert await oidc.finish(begun.state, begun.browser) == begun
    async with refused(Code.SIGN_IN_EXPIRED):
        await oidc.finish(begun.state, begun.browser)


async def test_two_tabs_of_one_browser_do_not_disturb_each_other():
    first = await oidc.begin("/a")
    second = await oidc.begin("/b", first.browser)
    assert (await oidc.finish(first.state, second.browser)).return_to == "/a"
    assert (await oidc.finish(second.state, second.browser)).return_to == "/b"


async def test_it_is_for_the_browser_that_began_it_and_others_do_not_spoil_it():
    mine, other = await oidc.begin("/"), await oidc.begin("/")
    for state, browser in (
        (mine.state, other.browser),
        (mine.state, ""),
        ("", mine.browser),
        ("\0", "\ud800"),
    ):
        async with refused(Code.SIGN_IN_EXPIRED):
            await oidc.finish(state, browser)
    assert await oidc.finish(mine.state, mine.browser) == mine


async def test_it_ends_after_ten_minutes_and_is_forgotten():
    begun = await oidc.begin("/")
    clock.shift(oidc.LIFETIME + timedelta(seconds=1))
    async with refused(Code.SIGN_IN_EXPIRED):
        await oidc.finish(begun.state, begun.browser)
    await housekeeping.forget_old()
    assert await ProviderSignIn.count() == 0


async def test_neither_state_nor_browser_is_kept_as_it_is():
    begun = await oidc.begin("/")
    kept = "\n".join(await dump())
    assert begun.state not in kept
    assert begun.browser not in kept


async def test_who_is_vouched_for_is_found_by_their_address_in_any_letters():
    who = await a_person(email="sri@pln.example")
    signed = await sign_in.sign_in_vouched(" SRI@PLN.example", Origin())
    assert signed.viewer.person_id == who.id
    assert await sign_in.viewer_of_browser(signed.token) == signed.viewer


@pytest.mark.parametrize("email", ["nobody@pln.example", "", "\0", "\ud800", "x" * 300])
async def test_nobody_is_made_on_the_fly(email):
    async with refused(Code.NO_ACCOUNT):
        await sign_in.sign_in_vouched(email, Origin())
