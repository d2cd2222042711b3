"""Values for what the schema takes, right ones and wrong ones."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    get_nullable_type,
)
from hypothesis import strategies as st

TEXT = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["\x00", "'; drop table task; --", "{u}", "%_\\", "${jndi}", "😤", "\ufffe", "1e999"]),
)
NUMBER = st.one_of(
    st.integers(-5, 105), st.integers(-(2**33), 2**33), st.floats(allow_nan=False, allow_infinity=False)
)
JUNK = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBER, TEXT),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=4,
)
SCALARS = {
    "String": TEXT,
    "Int": st.one_of(st.integers(-3, 105), st.integers(-(2**31), 2**31 - 1)),
    "Boolean": st.booleans(),
    "Decimal": st.one_of(
        st.decimals(0, 100, places=2).map(str), st.decimals(allow_nan=True).map(str), st.integers(-5, 105)
    ),
    "Date": st.dates().map(lambda day: day.isoformat()),
    "DateTime": st.one_of(
        st.datetimes(
            timezones=st.sampled_from([UTC, timezone(timedelta(hours=14)), timezone(timedelta(hours=-14))])
        ),
        st.datetimes(),
        st.sampled_from(
            [datetime.min.replace(tzinfo=timezone(timedelta(hours=14))), datetime.max.replace(tzinfo=UTC)]
        ),
    ).map(lambda moment: moment.isoformat()),
}


def of_type(kind: Any, valid: Any, known: list[str]) -> st.SearchStrategy[Any]:
    """Values that the schema takes for `kind`, mostly."""
    if isinstance(kind, GraphQLNonNull):
        return of_type(kind.of_type, valid, known)
    if isinstance(kind, GraphQLList):
        inner = of_type(kind.of_type, valid[0] if valid else None, known)
        return st.lists(inner, max_size=3)
    if isinstance(kind, GraphQLInputObjectType):
        return an_object(kind, valid or {}, known)
    if isinstance(kind, GraphQLEnumType):
        return st.sampled_from(list(kind.values))
    if kind.name == "ID":
        return st.one_of(st.sampled_from(known), TEXT)
    return SCALARS[kind.name]


@st.composite
def an_object(draw, kind: GraphQLInputObjectType, valid: dict[str, Any], known: list[str]) -> dict[str, Any]:
    made = {}
    for name, field in kind.fields.items():
        choice = draw(st.integers(0, 19))
        if choice < 12 and name in valid:
            made[name] = valid[name]
        elif choice == 19:
            made[name] = draw(JUNK)
        elif choice < 17:
            made[name] = draw(of_type(field.type, valid.get(name), known))
    return made


def rendered(kind: Any, value: Any) -> str:
    """A JSON value in GraphQL's own language."""
    of: Any = get_nullable_type(kind)
    if isinstance(value, list):
        return f"[{', '.join(rendered(of.of_type, one) for one in value)}]"
    if isinstance(of, GraphQLList):
        return rendered(of.of_type, value)
    if isinstance(value, dict):
        said = [f"{name}: {rendered(of.fields[name].type, one)}" for name, one in value.items()]
        return f"{{{', '.join(said)}}}"
    return str(value) if isinstance(of, GraphQLEnumType) and value is not None else json.dumps(value)
