"""Guessing is slowed down: by account and address, by account, by address; and nobody is locked out for good."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jejak.domain import clock, db, housekeeping, sign_in, throttle, throttle_rules
from jejak.domain.errors import Code, Refused
from jejak.domain.session import Origin
from jejak.domain.sign_in import SignIn
from jejak.domain.tables.sign_in import Throttle
from jejak.domain.throttle_rules import ACCOUNT, ACCOUNT_AT_ADDRESS, ADDRESS, Limit, one_more, remaining, wait
from tests.factories import PASSWORD, a_person
from tests.refusals import dump, refused

HOME, CAFE = Origin("198.51.100.7"), Origin("203.0.113.9")
WRONG = "not the password"
LIMITS = [value for value in vars(throttle_rules).values() if isinstance(value, Limit)]


async def attempt(email: str, password: str = WRONG, origin: Origin = HOME) -> Code | int | None:
    """The code of the refusal, for TOO_MANY_ATTEMPTS the seconds to wait; None where it went well."""
    try:
        await sign_in.sign_in(SignIn(email, password), origin)
    except Refused as caught:
        [problem] = caught.problems
        assert problem.path == ("password",)
        return problem.values.get("seconds", problem.code)
    return None


async def fails(times: int, email: str, origin: Origin = HOME) -> None:
    """Fails so many times, waiting as long as it is told."""
    for _ in range(times):
        while isinstance(seconds := await attempt(email, WRONG, origin), int):
            clock.shift(timedelta(seconds=seconds))
        assert seconds is Code.WRONG_CREDENTIALS


def elsewhere(n: int) -> Origin:
    return Origin(f"192.0.2.{n}")


@pytest.mark.usefixtures("_quick_passwords")
async def test_a_few_failures_cost_nothing_and_the_next_ones_double_the_wait():
    # given
    who = await a_person()
    await fails(5, who.email)
    # when
    waited = []
    for _ in range(12):
        assert await attempt(who.email) is Code.WRONG_CREDENTIALS
        seconds = await attempt(who.email, PASSWORD)
        assert isinstance(seconds, int)
        waited.append(seconds)
        clock.shift(timedelta(seconds=seconds))
    # then: longer each time, up to five minutes
    assert waited == sorted(waited)
    assert waited[:3] == [1, 2, 4]
    assert 280 < waited[-1] <= 300
    assert await attempt(who.email, PASSWORD) is None


@pytest.mark.usefixtures("_quick_passwords")
async def test_an_attempt_that_has_to_wait_is_not_tried_and_does_not_lengthen_the_wait():
    who = await a_person()
    await fails(7, who.email)
    waits = {await attempt(who.email, PASSWORD) for _ in range(20)}
    assert waits == {2}
    clock.shift(timedelta(seconds=2))
    assert await attempt(who.email, PASSWORD) is None


@pytest.mark.usefixtures("_quick_passwords")
async def test_a_success_forgives_the_failures_before_it():
    who = await a_person()
    await fails(5, who.email)
    assert await attempt(who.email, PASSWORD) is None
    await fails(5, who.email)
    assert await attempt(who.email, PASSWORD) is None


@pytest.mark.usefixtures("_quick_passwords")
async def test_failures_are_forgotten_with_time():
    # given
    who = await a_person()
    await fails(10, who.email)
    # when
    clock.shift(ACCOUNT_AT_ADDRESS.forget * 6)
    # then there is room for some again before anybody waits
    assert [await attempt(who.email) for _ in range(2)] == [Code.WRONG_CREDENTIALS] * 2
    clock.shift(timedelta(days=1))
    assert [await attempt(who.email) for _ in range(5)] == [Code.WRONG_CREDENTIALS] * 5


@pytest.mark.usefixtures("_quick_passwords")
async def test_failures_from_many_places_hold_everybody_up_for_a_minute_at_most():
    # given: an attack on one account from everywhere, with all the patience that it takes
    who = await a_person()
    for n in range(40):
        await fails(1, who.email, elsewhere(n))
    # when
    seconds = await attempt(who.email, PASSWORD, CAFE)
    # then
    assert isinstance(seconds, int)
    assert 30 < seconds <= 60
    clock.shift(timedelta(seconds=seconds))
    assert await attempt(who.email, PASSWORD, CAFE) is None


@pytest.mark.usefixtures("_quick_passwords")
async def test_who_has_signed_in_from_an_address_before_is_not_held_up_by_failures_elsewhere():
    # given
    who = await a_person()
    assert await attempt(who.email, PASSWORD, HOME) is None
    for n in range(40):
        await fails(1, who.email, elsewhere(n))
    # then
    assert isinstance(await attempt(who.email, PASSWORD, CAFE), int)
    assert await attempt(who.email, PASSWORD, HOME) is None
    # And a month later is held up like anybody
    clock.shift(throttle.VOUCHED + timedelta(minutes=1))
    for n in range(40):
        await fails(1, who.email, elsewhere(n))
    assert isinstance(await attempt(who.email, PASSWORD, HOME), int)


@pytest.mark.usefixtures("_quick_passwords")
async def test_guesses_at_many_accounts_from_one_address_are_held_up():
    # given
    for n in range(ADDRESS.free + 1):
        assert await attempt(f"person-{n}@pln.example") is Code.WRONG_CREDENTIALS
    # then
    assert await attempt("somebody@pln.example") == 1
    assert await attempt("somebody@pln.example", origin=CAFE) is Code.WRONG_CREDENTIALS


@pytest.mark.usefixtures("_quick_passwords")
async def test_a_subscriber_of_ipv6_is_one_address():
    who = await a_person()
    for n in range(6):
        assert await attempt(who.email, origin=Origin(f"2001:db8:1:2::{n}")) is Code.WRONG_CREDENTIALS
    assert await attempt(who.email, origin=Origin("2001:db8:1:2:ffff::1")) == 1
    assert await attempt(who.email, origin=Origin("2001:db8:1:3::1")) is Code.WRONG_CREDENTIALS
    assert throttle.place("::ffff:198.51.100.7") == throttle.place("198.51.100.7")


@pytest.mark.usefixtures("_quick_passwords")
async def test_an_email_that_nobody_has_is_slowed_down_as_any_other():
    who = await a_person(email="sri@pln.example")
    answers = {}
    for email in (who.email, "nobody@pln.example", " SRI@pln.example "):
        await db.execute("delete from throttle")
        answers[email] = [await attempt(email) for _ in range(9)]
    assert len({tuple(each) for each in answers.values()}) == 1
    assert next(iter(answers.values()))[5:] == [Code.WRONG_CREDENTIALS, 1, 1, 1]


@pytest.mark.usefixtures("_quick_passwords")
async def test_an_address_in_other_letters_is_the_same_account():
    await fails(6, "sri@pln.example")
    assert await attempt("  SRI@PLN.example") == 1


@pytest.mark.usefixtures("_quick_passwords")
async def test_attempts_at_once_are_counted_one_by_one():
    # given
    who = await a_person()
    # when
    answers = await asyncio.gather(*(attempt(who.email) for _ in range(30)))
    # then
    assert answers.count(Code.WRONG_CREDENTIALS) == 6
    assert answers.count(1) == 24


async def test_what_was_tried_is_not_kept():
    await fails(1, "sri@pln.example", HOME)
    kept = "\n".join(str(row) for row in await Throttle.select())
    assert HOME.address not in kept
    assert "sri" not in kept


@pytest.mark.usefixtures("_quick_passwords")
async def test_old_failures_are_forgotten_and_who_is_vouched_for_is_not():
    who = await a_person()
    await fails(6, "nobody@pln.example", CAFE)
    assert await attempt(who.email, PASSWORD, HOME) is None
    clock.shift(timedelta(days=2))
    await housekeeping.forget_old()
    assert await Throttle.count() == 1
    clock.shift(throttle.VOUCHED)
    await housekeeping.forget_old()
    assert await Throttle.count() == 0


async def test_a_bug_or_a_lost_connection_is_no_way_around_the_count():
    for _ in range(6):
        with pytest.raises(ZeroDivisionError):
            async with throttle.attempt(throttle.of_account("sri@pln.example", "")):
                raise ZeroDivisionError
    async with refused(Code.TOO_MANY_ATTEMPTS, "password"):
        await sign_in.sign_in(SignIn("sri@pln.example", WRONG))
    assert not any("sri" in line for line in await dump())


@given(st.sampled_from(LIMITS), st.integers(0, 200))
async def test_no_limit_makes_anybody_wait_longer_than_it_says(limit, failures):
    counted = 0.0
    for _ in range(failures):
        counted = one_more(limit, counted)
    assert wait(limit, counted) <= limit.most
    assert (wait(limit, counted) > timedelta()) == (failures > limit.free)
    # Some hours after an attack nothing of it is left.
    assert remaining(limit, counted, timedelta(hours=3)) == 0
    assert limit.most <= timedelta(minutes=5)


@given(st.sampled_from(LIMITS), st.floats(0, 100), st.integers(-1_000, 10_000))
async def test_failures_only_ever_get_fewer_with_time(limit, failures, seconds):
    assert 0 <= remaining(limit, failures, timedelta(seconds=seconds)) <= failures


def test_an_account_wide_wait_is_a_minute_at_most():
    assert ACCOUNT.most == timedelta(minutes=1)


def test_who_waits_as_long_as_they_were_told_is_not_early():
    now = datetime(2026, 1, 5, 9, 0, 0, 1, UTC)
    assert throttle_rules.seconds_until(now + timedelta(seconds=1, microseconds=1), now) == 2
    assert (
        throttle_rules.seconds_until(now, now)
        == throttle_rules.seconds_until(now - timedelta(days=1), now)
        == 0
    )
