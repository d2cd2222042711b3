"""The schema, asked for by tools: within the limits, and by nobody where that is switched off."""

from dataclasses import replace

import pytest
from graphql import build_client_schema, get_introspection_query, print_schema

from tests.api.live import app, code
from tests.client import NOBODY, SETTINGS, beyond_half, over, schema

EVERYTHING = get_introspection_query(
    descriptions=True,
    specified_by_url=True,
    directive_is_repeatable=True,
    schema_description=True,
    input_value_deprecation=True,
    experimental_directive_deprecation=True,
    one_of=True,
)
# As GraphiQL, Apollo and urql send it: nine levels of `ofType`, spelled out.
TOOLS = """
query IntrospectionQuery { __schema { queryType { name } mutationType { name } subscriptionType { name }
  types { ...FullType } directives { name description locations args { ...InputValue } } } }
fragment FullType on __Type { kind name description specifiedByURL
  fields(includeDeprecated: true) { name description args(includeDeprecated: true) { ...InputValue }
    type { ...TypeRef } isDeprecated deprecationReason }
  inputFields(includeDeprecated: true) { ...InputValue } interfaces { ...TypeRef }
  enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
  possibleTypes { ...TypeRef } }
fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue isDeprecated deprecationReason }
fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
  ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }
"""
HIDDEN = replace(SETTINGS, introspection=False)


@pytest.mark.parametrize("query", [EVERYTHING, TOOLS, get_introspection_query(descriptions=False)])
async def test_what_tools_ask_for_is_answered_within_half_of_every_limit(query):
    answer = (await NOBODY.raw(query)).json()
    assert "errors" not in answer
    assert beyond_half(answer) == []
    assert answer["extensions"]["cost"]["rows"] == 0


async def test_what_is_answered_is_the_schema():
    told = build_client_schema(await NOBODY.data(EVERYTHING))
    assert print_schema(told) == print_schema(schema())


@pytest.mark.parametrize(
    "query",
    [
        EVERYTHING,
        "{ __schema { queryType { name } } }",
        '{ __type(name: "Task") { name } }',
        '{ a: __typename b: __type(name: "Task") { name } }',
        '{ ...F } fragment F on Query { ... on Query { __type(name: "Task") { name } } }',
    ],
)
async def test_where_it_is_off_the_schema_is_not_told(query):
    response = await over(app(HIDDEN)).post("/graphql", json={"query": query})
    assert code(response) == "INTROSPECTION_OFF"
    assert "data" not in response.json()


async def test_where_it_is_off_types_have_names_all_the_same():
    response = await over(app(HIDDEN)).post("/graphql", json={"query": "{ __typename }"})
    assert response.json()["data"] == {"__typename": "Query"}
