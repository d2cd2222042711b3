"""Tokens that prove that they are ours."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from jejak.domain.signing import Keyring, Purpose, Token

KEYS = Keyring({0: b"s" * 32, 1: b"a" * 32, 7: b"b" * 32})
tokens = st.builds(Token, st.sampled_from(Purpose), st.uuids(), st.binary(max_size=8))
KEY = UUID("0190d6c6-0000-7000-8000-000000000000")


@given(tokens, st.sampled_from([1, 7]), st.binary(max_size=16))
def test_what_was_signed_is_read_again_and_nothing_that_differs_in_a_letter(token, number, bound_to):
    written = KEYS.sign(token, number, bound_to=bound_to)
    assert KEYS.read(written, token.purpose, bound_to=bound_to) == token
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for place, letter in enumerate(written):
        other = letters[(letters.index(letter) + 1) % 64]
        assert KEYS.read(written[:place] + other + written[place + 1 :], *Purpose, bound_to=bound_to) is None
    assert KEYS.read(written, token.purpose, bound_to=bound_to + b"x") is None
    assert KEYS.read(written, *(set(Purpose) - {token.purpose}), bound_to=bound_to) is None


@given(st.text(max_size=80) | st.binary(min_size=30, max_size=30).map(lambda raw: raw.hex()[:40]))
def test_any_other_text_is_no_token(text):
    assert KEYS.read(text, *Purpose) is None


def test_a_link_is_short_and_bears_the_newest_key():
    written = KEYS.sign(Token(Purpose.REQUEST, KEY))
    assert len(written) == 40
    assert written == KEYS.sign(Token(Purpose.REQUEST, KEY), 7) != KEYS.sign(Token(Purpose.REQUEST, KEY), 1)


def test_a_key_that_is_gone_opens_nothing_and_that_of_the_hashes_never_does():
    written = KEYS.sign(Token(Purpose.LINK, KEY), 1)
    assert Keyring({0: b"s" * 32, 7: b"b" * 32}).read(written, Purpose.LINK) is None
    assert KEYS.read(KEYS.sign(Token(Purpose.LINK, KEY), 0), Purpose.LINK) is None


def test_a_hash_is_the_same_for_ever_and_says_nothing_without_the_key():
    assert KEYS.hash_of("0812") == KEYS.hash_of("0812") != Keyring({0: b"x" * 32}).hash_of("0812")
    assert "secrets" not in repr(KEYS)
