"""Random input from the schema itself: never a 5xx, never INTERNAL, whatever it is."""

import logging
from typing import Any

import pytest
from graphql import GraphQLObjectType, get_named_type
from hypothesis import given, settings
from hypothesis import strategies as st

from jejak.domain.vocabulary import Role
from tests import factories as f
from tests.client import NOBODY, Client, as_, document, schema
from tests.graphql.values import JUNK, an_object, of_type
from tests.graphql.world import VALID, World


def ids_in(value: Any) -> set[str]:
    """Every id in the valid inputs."""
    if isinstance(value, dict):
        return {
            found
            for name, part in value.items()
            for found in ids_in(part if name.endswith(("Id", "Ids", "tasks", "assignments", "rows")) else {})
        }
    return {found for part in value for found in ids_in(part)} if isinstance(value, list) else {str(value)}


async def clients_of(world: World) -> list[Client]:
    """Of somebody who may do everything, of those who may do something, and of nobody."""
    everything = await f.a_person(None)
    for role in Role:
        await f.a_role(everything, role, world.hq)
    return [*[await as_(who) for who in (everything, everything, world.manager, world.owner)], NOBODY]


@pytest.fixture
async def fuzzed(world):
    known = sorted({found for build in VALID.values() for found in ids_in(build(world)[1])})
    return world, await clients_of(world), known


def assert_no_bug(answer: dict[str, Any], caplog) -> None:
    # `raw` has seen to the status and to what the answer tells.
    codes = [error["extensions"]["code"] for error in answer.get("errors", [])]
    assert "INTERNAL" not in codes, caplog.text[-3_000:]


PASSWORDS = ["signIn", "createPerson", "changePassword", "acceptInvitation"]
# Its input is a yes or no, and it leaves nobody to go on with.
ENDING = ["signOut"]


@settings(max_examples=400)
@given(data=st.data())
async def test_no_input_to_a_mutation_is_a_bug(fuzzed, caplog, data):
    caplog.set_level(logging.ERROR)
    world, clients, known = fuzzed
    mutation = data.draw(st.sampled_from([name for name in VALID if name not in PASSWORDS + ENDING]))
    kind = schema().mutation_type.fields[mutation].args["input"].type.of_type
    _, valid = VALID[mutation](world)
    given_input = data.draw(an_object(kind, valid, known))
    response = await data.draw(st.sampled_from(clients)).raw(document(mutation), {"input": given_input})
    assert_no_bug(response.json(), caplog)


@settings(max_examples=25)
@given(data=st.data())
async def test_no_input_that_takes_a_password_is_a_bug(fuzzed, caplog, data):
    """Few examples: each may hash."""
    world, clients, known = fuzzed
    mutation = data.draw(st.sampled_from(PASSWORDS))
    kind = schema().mutation_type.fields[mutation].args["input"].type.of_type
    given_input = data.draw(an_object(kind, VALID[mutation](world)[1], known))
    # A new password ends the sign-ins of the person: of one whom the others can do without.
    client = clients[3] if mutation == "changePassword" else clients[0]
    assert_no_bug((await client.raw(document(mutation), {"input": given_input})).json(), caplog)


@settings(max_examples=300)
@given(data=st.data())
async def test_no_argument_of_a_query_is_a_bug(fuzzed, caplog, data):
    caplog.set_level(logging.ERROR)
    _, clients, known = fuzzed
    name = data.draw(st.sampled_from(list(schema().query_type.fields)))
    field = schema().query_type.fields[name]
    arguments = {}
    for argument, declared in field.args.items():
        choice = data.draw(st.integers(0, 9))
        if argument == "first" and choice < 8:
            arguments[argument] = data.draw(st.integers(1, 100))
        elif choice == 9:
            arguments[argument] = data.draw(JUNK)
        elif choice < 5:
            arguments[argument] = data.draw(of_type(declared.type, None, known))
    declared = ", ".join(f"${argument}: {field.args[argument].type}" for argument in arguments)
    passed = ", ".join(f"{argument}: ${argument}" for argument in arguments)
    query = f"query {f'({declared})' if declared else ''} {{ {name} {f'({passed})' if passed else ''} {{ {selection(field)} }} }}"
    response = await data.draw(st.sampled_from(clients)).raw(query, arguments)
    assert_no_bug(response.json(), caplog)


def selection(field: Any) -> str:
    kind = get_named_type(field.type)
    is_connection = isinstance(kind, GraphQLObjectType) and "edges" in kind.fields
    return "totalCount pageInfo { endCursor } nodes { __typename }" if is_connection else "id"


@settings(max_examples=300)
@given(value=JUNK, place=st.sampled_from(["query", "variables", "operationName", "extensions", "the body"]))
async def test_no_body_of_a_request_is_a_bug(caplog, value, place):
    caplog.set_level(logging.ERROR)
    query = "query ($a: Int) { __typename }"
    body = value if place == "the body" else {"query": query} | {place: value}
    assert_no_bug((await NOBODY.send(body)).json(), caplog)
