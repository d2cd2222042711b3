"""Every code and notice has words in both languages."""

import string

import pytest

from jejak.domain import texts
from jejak.domain.errors import Code, Problem
from jejak.domain.vocabulary import Language, NoticeKind

VALUES = {
    "asked": 60_000,
    "choices": "id, en",
    "least": 1,
    "most": 5,
    "status": "DRAFT",
    "kind": "ULP",
    "parent": "HQ",
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


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("kind", [kind for kind in NoticeKind if kind is not NoticeKind.CHANNEL_PAUSED])
def test_a_notice_has_a_sentence_with_title_and_due_date(kind, language):
    words = texts.notice_template(kind, language).format(title="<title>", due="<due>")
    assert (words.count("<title>"), words.count("<due>")) == (1, 1)
