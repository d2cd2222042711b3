"""R6: back-off, pauses and what is kept of answers, for all values."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from jejak.domain import delivery_rules as rules
from jejak.domain.delivery_rules import Attempt
from jejak.domain.vocabulary import DeliveryState, Outcome

NOW = datetime(2027, 3, 1, 3, tzinfo=UTC)
jitters = st.floats(0, 1, exclude_max=True)
counts = st.integers(0, rules.MOST_ATTEMPTS - 1)
asked = st.none() | st.timedeltas(timedelta(0), timedelta(days=400))


@given(attempts=st.integers(1, 50), jitter=jitters)
def test_what_is_waited_lies_between_a_second_and_the_most_of_its_step(attempts, jitter):
    most = rules.BACK_OFF[min(attempts, len(rules.BACK_OFF)) - 1]
    assert rules.LEAST_WAIT <= rules.wait(attempts, jitter) <= most


@given(attempts=st.integers(1, 50), lower=jitters, higher=jitters)
def test_the_whole_of_the_step_is_drawn_from(attempts, lower, higher):
    lower, higher = sorted((lower, higher))
    assert rules.wait(attempts, lower) <= rules.wait(attempts, higher)
    assert rules.wait(attempts, 0.999999) > 0.99 * rules.BACK_OFF[min(attempts, len(rules.BACK_OFF)) - 1]


@given(attempts=st.integers(1, 50), jitter=jitters, asked=asked)
def test_a_receiver_is_given_the_time_it_asks_for_within_bounds(attempts, jitter, asked):
    waited = rules.wait(attempts, jitter, asked)
    assert waited >= rules.wait(attempts, jitter)
    assert waited >= min(asked or timedelta(0), rules.MOST_ASKED)
    assert waited <= max(rules.wait(attempts, jitter), rules.MOST_ASKED)


@given(jitter=jitters, asked=asked)
def test_one_that_fails_every_time_ends_after_so_many_attempts(jitter, asked):
    attempts, state, seen = 0, DeliveryState.PENDING, 0
    while state is DeliveryState.PENDING:
        then = rules.after(Attempt(Outcome.FAILED, "no", retry_after=asked), attempts, NOW, jitter)
        assert then.attempts == attempts + 1
        assert (then.next_attempt_at > NOW) == (then.state is DeliveryState.PENDING)
        attempts, state, seen = then.attempts, then.state, seen + 1
    assert (state, seen) == (DeliveryState.DEAD, rules.MOST_ATTEMPTS)


@given(attempts=counts, jitter=jitters)
def test_what_reached_nobody_does_not_count(attempts, jitter):
    then = rules.after(Attempt(Outcome.UNREACHABLE, "away"), attempts, NOW, jitter)
    assert (then.state, then.attempts) == (DeliveryState.PENDING, attempts)


@given(attempts=counts, jitter=jitters)
def test_what_was_taken_or_will_never_be_ends_at_once(attempts, jitter):
    ends = {Outcome.DELIVERED: DeliveryState.DELIVERED, Outcome.REFUSED: DeliveryState.DEAD}
    for outcome, state in ends.items():
        assert rules.after(Attempt(outcome, ""), attempts, NOW, jitter).state is state


@given(failures=st.integers(1, 1_000))
def test_pauses_grow_up_to_an_hour(failures):
    assert timedelta(minutes=1) <= rules.pause(failures) <= rules.pause(failures + 1) <= timedelta(hours=1)


@given(text=st.text(max_size=3_000))
def test_what_strangers_write_is_kept_as_one_short_line(text):
    kept = rules.shortened(text)
    assert len(kept) <= rules.MOST_SAID
    assert kept.isprintable()
