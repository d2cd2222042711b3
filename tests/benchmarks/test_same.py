"""Contenders are compared by what they say, not by how they call it."""

from base64 import b64encode

import orjson
import pytest

from benchmarks import same

KEY = "019abced-48cc-7c07-81ec-ab78e7f9b865"


def answer(**told) -> bytes:
    return orjson.dumps({"data": {"task": told}})


def encoded(text: str) -> str:
    return b64encode(text.encode()).decode()


def test_ids_names_moments_and_cursors_are_written_in_ones_own_way():
    ours = answer(
        id=encoded(f"Task:{KEY}"),
        at="2026-11-25T08:52:23.928564+00:00",
        kind="TASK_CREATED",
        after={"ownerId": encoded(f"Person:{KEY}"), "dueOn": "2026-11-30"},
        pageInfo={"endCursor": "ours", "hasNextPage": False},
    )
    theirs = answer(
        id=encoded(f'["tasks","{KEY}"]'),
        at="2026-11-25T15:52:23.928564+07:00",
        kind="task.created",
        after={"owner_id": KEY, "due_on": "2026-11-30"},
        pageInfo={"endCursor": "theirs", "hasNextPage": False},
    )
    assert same.plain(ours) == same.plain(theirs)


@pytest.mark.parametrize(
    "other",
    [
        {"title": "Pelatihan"},
        {"title": "Pelatihan PS4", "more": None},
        {"title": ["Pelatihan PS4"]},
        {"title": None},
    ],
)
def test_whatever_else_differs_is_a_difference(other):
    assert same.plain(answer(title="Pelatihan PS4")) != same.plain(answer(**other))


def test_an_answer_with_errors_is_none():
    with pytest.raises(ValueError, match="too many"):
        same.plain(b'{"data": null, "errors": [{"message": "too many"}]}')
