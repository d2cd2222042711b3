"""Whatever is asked, the compiled executor answers as the ordinary one does."""

import os
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jejak.domain import clock
from tests.graphql.every_field import every_field
from tests.graphql.executors import Asked, answered_alike, first_difference, ran, stopped_clock
from tests.graphql.kinds import fields_asked, fields_there_are
from tests.graphql.queries import operations
from tests.graphql.viewers import a_place

EXAMPLES = int(os.environ.get("EXAMPLES", "100"))
# Some due dates pass, and then all.
LATER = (timedelta(), timedelta(days=3), timedelta(days=60))
# What no table holds.
ORDINARY = {"csrfToken", "rolloutPreview", "rolloutExtensionPreview", "assignIssuePreview", "monthlyReport"}
# Of which there is no value in the world: to compare null with null tells little.
WITHOUT_VALUE = {
    *["ApiToken.lastUsedAt", "ApiToken.revokedAt", "Viewer.apiTokens", "Webhook.previousSecretUntil"],
    *["CalendarFeed.lastUsedAt", "CalendarFeed.revokedAt", "Completion.takenAt"],
    *["Evidence.url", "Membership.revokedAt", "Notice.vacantUnit", "PainPoint.decisionReason"],
    *["Operations.missingMigrations", "Operations.queueLength", "Query.csrfToken", "Recurrence.endedAt"],
    *["RolloutPreviewResult.whyNot", "Unit.closedAt", "UserError.retryAfter", "Webhook.pausedBecause"],
    *["StoreReviewFigures.apart"],
    *["Webhook.pausedUntil", "Webhook.removedAt", "WorkStep.succeededAt"],
    *["RatingFigures.channel", "RatingFigures.feature"],
}
_number = count()


@pytest.fixture
async def place(world):
    made = await a_place(world)
    with stopped_clock():
        yield made


@settings(max_examples=EXAMPLES)
@given(data=st.data())
async def test_any_query_is_answered_alike(place, data):
    asked = data.draw(operations(place.known))
    way = st.tuples(st.sampled_from(list(place.viewers)), st.sampled_from(LATER))
    ways = [data.draw(way) for _ in asked]
    # What is kept of the same document from another example must not count in this one.
    new = f"\n# {next(_number)}"
    for one, (who, later) in zip(asked, ways, strict=True):
        clock.shift(later)
        try:
            await answered_alike(place.viewers[who], replace(one, query=one.query + new), who)
        finally:
            clock.shift(-later)


ORDERED = "query ($o: TaskOrder, $n: Int = 3) { tasks(first: $n, order: $o) { nodes { id createdAt } } }"
FILTERED = "query ($f: TaskFilter, $s: [TaskStatus!]) { a: tasks(first: 5, filter: $f) { totalCount } b: tasks(first: 5, filter: {statuses: $s}) { totalCount } }"
PAGED = "query ($a: String) { viewer { id } tasks(first: 2, after: $a) { nodes { id } } }"
CHOSEN = "query ($yes: Boolean = true) { viewer { id @include(if: $yes) name @skip(if: $yes) } }"

BOTH = "query ($a: Boolean = true, $b: Boolean = false) { viewer { id @include(if: $a) @skip(if: $b) name } }"


@pytest.mark.parametrize(
    ("query", "given"),
    [
        (ORDERED, [{}, {"o": "NEWEST_FIRST"}, {"o": None}, {"n": 1}, {"n": None}, {"n": 101}, {}]),
        (
            FILTERED,
            [{}, {"f": {}}, {"f": {"mine": True}}, {"s": "BLOCKED"}, {"s": []}, {"f": None, "s": None}],
        ),
        (PAGED, [{"a": "x"}, {"a": ""}, {"a": None}, {}]),
        (BOTH, [{"a": a, "b": b} for a in (True, False, None) for b in (True, False, None)]),
        (CHOSEN, [{}, {"yes": False}, {"yes": None}, {"yes": "no"}, {"yes": True}]),
    ],
)
async def test_a_document_that_is_kept_is_answered_alike_with_other_variables(place, query, given):
    for variables in given + given[::-1]:
        for who in ("everything", "the owner"):
            await answered_alike(place.viewers[who], Asked(query, variables), who)


async def test_every_field_is_answered_alike_and_by_the_compiled_executor(place):
    asked_for, filled = set(), set()
    for later, who in ((LATER[0], "everything"), (LATER[2], "the owner")):
        clock.shift(later)
        for name, asked in every_field(place.known):
            answer = await answered_alike(place.viewers[who], asked, who)
            assert "errors" not in answer, (name, answer["errors"])
            assert ran(answer) == ("ordinary FIELD" if name in ORDINARY else "compiled"), name
            asked_for |= fields_asked(asked.query)
            filled |= fields_filled(answer["data"])
    assert fields_there_are() <= asked_for
    assert fields_there_are() - filled <= WITHOUT_VALUE


def fields_filled(answer: Any) -> set[str]:
    """As `Type.field`, of an answer without aliases: those with a value somewhere."""
    if isinstance(answer, list):
        return {field for one in answer for field in fields_filled(one)}
    if not isinstance(answer, dict) or "__typename" not in answer:
        return set()
    own = {
        f"{answer['__typename']}.{name}"
        for name, value in answer.items()
        if value is not None and value != []
    }
    return own.union(*(fields_filled(value) for value in answer.values()))


@pytest.mark.parametrize(
    ("mine", "other", "at"),
    [
        ({"a": [{"b": 1}]}, {"a": [{"b": 2}]}, ".a[0].b: 1"),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, ".: fields ['a', 'b']"),
        ({"a": [1]}, {"a": []}, ".a: 1 rows"),
        ({"a": 1}, {"a": True}, ".a: 1"),
        ({"a": None}, {"a": {}}, ".a: None"),
    ],
)
def test_the_first_difference_is_told(mine, other, at):
    assert first_difference(mine, mine) is None
    assert str(first_difference(mine, other)).startswith(at)
