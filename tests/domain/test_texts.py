"""Every code and notice has words in both languages."""

import string

import pytest

from jejak.domain import texts
from jejak.domain.errors import Code, Problem
from jejak.domain.vocabulary import Language, NoticeKind

VALUES = {
    "asked": 60_000,
    "choices": "id, en",
    "count": 3,
    "items": "A1, E4",
    "least": 1,
    "left": 2,
    "most": 5,
    "status": "DRAFT",
    "kind": "ULP",
    "parent": "HQ",
    "part": "FREQ",
    "request_id": "r-1",
    "seconds": 3,
    "url": "https://jejak.example",
    "what": "depth",
}


@pytest.fixture(autouse=True)
def _connected():
    """Nothing here needs a database."""


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("code", Code)
def test_a_code_has_words(code, language):
    words = texts.message(Problem(code, (), VALUES), language)
    assert words
    assert "{" not in words


@pytest.mark.parametrize("code", Code)
def test_the_two_languages_say_different_words_about_the_same_values(code):
    indonesian, english = texts._MESSAGES[code]
    assert indonesian != english
    fields = [
        {name for _, name, _, _ in string.Formatter().parse(text) if name} for text in (indonesian, english)
    ]
    assert fields[0] == fields[1]


_OF_SOMEBODY = {"title", "owner", "unit"}
NAMES = {
    NoticeKind.DUE_SOON: {"title", "due"},
    NoticeKind.DUE_TODAY: {"title", "due"},
    NoticeKind.OVERDUE: {"title", "due"},
    NoticeKind.BLOCKED: _OF_SOMEBODY,
    NoticeKind.AWAITING_VERIFICATION: _OF_SOMEBODY,
    NoticeKind.ESCALATED: _OF_SOMEBODY | {"late", "due"},
    NoticeKind.NO_MANAGER: {"vacant"},
    NoticeKind.HANDED_OVER: {"title", "unit", "due"},
    NoticeKind.CHANNEL_PAUSED: {"channel"},
    NoticeKind.ALERT: {"alert"},
}


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("kind", NoticeKind)
def test_a_notice_has_a_sentence_that_names_all_it_is_about_once(kind, language):
    template = texts.notice_template(kind, language)
    named = [name for _, name, _, _ in string.Formatter().parse(template) if name]
    assert sorted(named) == sorted(NAMES[kind])
    assert NAMES[kind] <= set(texts.NAMED)
