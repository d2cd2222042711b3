"""Passwords by NIST SP 800-63B-4: long, not easily guessed, of whatever characters."""

import unicodedata

import pytest

from jejak.domain import password
from jejak.domain.checks import Checks
from jejak.domain.errors import Code

ABOUT = ["Sri Wahyuni", "sri.wahyuni77@pln.example"]


async def problem(value: str) -> Code | None:
    checks = Checks()
    await password.check(checks, value, "password", ABOUT)
    return checks.problems[0].code if checks.problems else None


@pytest.mark.parametrize(
    "value",
    [
        "kata sandi yang panjang",
        "correct horse battery",
        "gajah biru menari pelan",
        "tujuh kerbau di sawah",
        "nhk 8 ps kz qw lm fr",
        "密码很长但是没有人会猜到这个的",
        "😀🦊🐢🍉🚲🎻🧭🪁🦀🌋🥁🧊🪴🛶🦉",
        "xk2" + "ß" * 3 + "Öl im Getriebe",
        "\0 any character at all \x1b",
    ],
)
async def test_long_and_unrelated_is_good_whatever_it_is_made_of(value):
    assert await problem(value) is None


@pytest.mark.parametrize(
    "value",
    [
        "password12345678",
        "passwordpassword",
        "qwertyuiopasdfgh",
        "123456789012345",
        "aaaaaaaaaaaaaaaa",
        "abcabcabcabcabcabc",
        "iloveyouiloveyou",
        "Sri Wahyuni 2024",
        "sriwahyunisriwahyuni",
        "sri.wahyuni77@pln.example",
        "wahyuni wahyuni 77",
        "Jejak Jejak Jejak 1",
        "Melayani Sepenuh Hati",
        "indonesia indonesia",
        "katasandi katasandi",
        "administrator123",
        "".join(chr(ord(letter) + 0xFEE0) for letter in "passwordpassword"),  # in fullwidth letters
        "p4ssw0rd" * 20,
    ],
)
async def test_common_repetitive_or_about_the_person_is_refused(value):
    assert await problem(value) is Code.GUESSABLE_PASSWORD


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("", Code.WEAK_PASSWORD),
        ("gajah biru 1234"[:14], Code.WEAK_PASSWORD),
        ("gajah menari 71", None),
        # Counted as it is hashed: each of these is two signs until it is composed.
        (unicodedata.normalize("NFD", "é" * 14), Code.WEAK_PASSWORD),
        ("gajah biru menari pelan " * 10 + "x" * 16, None),
        ("gajah biru menari pelan " * 10 + "x" * 17, Code.TOO_LONG),
    ],
)
async def test_it_has_15_to_256_characters(value, code):
    assert await problem(value) is code


async def test_the_words_of_a_name_alone_do_not_spoil_a_long_password():
    assert await problem("wahyuni naik kereta malam ke utara") is None


async def test_one_password_however_its_letters_are_composed():
    hashed = await password.hashed("caf\u00e9 di ujung jalan")
    assert await password.matches("cafe\u0301 di ujung jalan", hashed)
    assert not await password.matches("cafe di ujung jalan", hashed)


@pytest.mark.parametrize("length", [256, 257])
async def test_what_is_longer_than_a_password_may_be_is_none(length):
    hashed = await password.hashed("x" * length)
    assert await password.matches("x" * length, hashed) is (length == 256)


async def test_a_generated_password_is_good():
    for _ in range(20):
        assert await problem(password.generated()) is None
