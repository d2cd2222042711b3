"""A document that comes again is neither read nor validated again, and is answered as before."""

import pytest
import strawberry.schema.schema
from graphql import parse

from jejak.graphql.limits import Known
from jejak.graphql.reading.cost import Cost
from tests.client import NOBODY, schema

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def validated(monkeypatch):
    real, seen = strawberry.schema.schema.validate_document, []

    def counted(schema, document, rules):
        seen.append(document)
        return real(schema, document, rules)

    monkeypatch.setattr(strawberry.schema.schema, "validate_document", counted)
    return seen


async def test_a_document_is_validated_once_and_tells_the_same_cost(validated):
    query = "query Once { again: __typename ... on Query { __typename } }"
    first, second = [(await NOBODY.raw(query)).json() for _ in range(2)]
    assert first == second
    assert first["data"] == {"again": "Query", "__typename": "Query"}
    assert len(validated) == 1


async def test_one_that_is_wrong_is_wrong_every_time(validated):
    first, second = [(await NOBODY.raw("query Wrong { nonsense }")).json() for _ in range(2)]
    assert first == second
    assert first["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    assert len(validated) == 2


async def test_which_operation_is_asked_every_time():
    query = "query One { one: __typename } query Two { two: __typename }"
    assert (await NOBODY.raw(query, operationName="Two")).json()["data"] == {"two": "Query"}
    answer = (await NOBODY.raw(query)).json()
    assert answer["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    assert (await NOBODY.raw(query, operationName="One")).json()["data"] == {"one": "Query"}


async def test_variables_are_looked_at_every_time():
    query = "query Given($all: Boolean!) { __typename @include(if: $all) }"
    assert (await NOBODY.raw(query, {"all": True})).json()["data"] == {"__typename": "Query"}
    assert (await NOBODY.raw(query, {"all": False})).json()["data"] == {}
    assert (await NOBODY.raw(query, {"all": "yes"})).json()["errors"][0]["extensions"][
        "code"
    ] == "BAD_REQUEST"


def test_what_is_kept_is_bounded_and_the_longest_unused_goes_first():
    known, cost = Known(schema(), most=3_000), Cost()
    a, b, c = ("{ " + name * 10 + " }" for name in "abc")
    for text in (a, b):
        known.keep(text, parse(text), cost)
    assert known.find(a, cost) is not None
    known.keep(c, parse(c), cost)
    assert [known.find(text, cost) is not None for text in (a, b, c)] == [True, False, True]
    known.keep("{ " + "d" * 40 + " }", parse("{ d }"), cost)
    assert [known.find(text, cost) for text in (a, b, c)] == [None, None, None]


def test_of_two_that_bring_the_same_text_at_once_both_go_on_with_the_first_ones_tree():
    """What is kept beside a tree goes by its very nodes."""
    known, cost, text = Known(schema()), Cost(), "{ __typename }"
    first = known.keep(text, parse(text), cost)
    assert known.keep(text, parse(text), cost) is first
    assert known.find(text, cost) is first
