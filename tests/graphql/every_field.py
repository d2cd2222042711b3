"""Queries that ask for every field of every type that a query can reach."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from graphql import GraphQLField, GraphQLInterfaceType, GraphQLNonNull, is_leaf_type

from jejak.domain import clock
from tests.client import schema
from tests.graphql.executors import Asked
from tests.graphql.kinds import is_node, node_kinds, target
from tests.graphql.values import rendered
from tests.graphql.viewers import Known

SPAN = frozenset({"from", "to"})


def whole(kind: Any, arguments: dict[str, str], *, again: bool = True) -> str:
    """Every field, whatever hangs on no row of its own included; of rows, once, those fields that are no objects."""
    parts = ["__typename"]
    for name, field in kind.fields.items():
        of, called = target(field), _called(name, field, arguments)
        if is_leaf_type(of):
            parts.append(called)
        elif not is_node(of) or again:
            parts.append(f"{called} {{ {_inside(of, arguments, again=again)} }}")
        else:
            parts.append(f"{called} {{ id __typename }}")
    return " ".join(parts)


def _inside(kind: Any, arguments: dict[str, str], *, again: bool) -> str:
    if isinstance(kind, GraphQLInterfaceType):
        return "id __typename"
    # Not the rows of rows: from row to row there is no end.
    return whole(kind, arguments, again=again and not is_node(kind))


def every_field(known: Known) -> Iterator[tuple[str, Asked]]:
    """One query for each root field, and one for each type with ids, of some rows; with the name of what it asks for."""
    unit = known.ids["Unit"][0]
    arguments = {
        "first": "5",
        "unitId": json.dumps(unit),
        "text": json.dumps("pasang or menunggu or pelatihan"),
        "number": "3",
        "month": json.dumps(known.month.isoformat()),
        "services": "[PB_PD, COMPLAINT]",
        "from": json.dumps((clock.now().date() - timedelta(days=40)).isoformat()),
        "to": json.dumps(clock.now().date().isoformat()),
        "year": str(clock.now().year),
        "by": "SERVICE",
        "withId": json.dumps(known.ids["Wave"][-1]),
    }
    for name, field in schema().query_type.fields.items():
        kind = target(field)
        passed = arguments | {
            "ids": json.dumps([unit]),
            "id": json.dumps(known.ids.get(kind.name, [unit])[0]),
        }
        if "by" in field.args:
            passed["by"] = "SERVICE"
        if "id" not in field.args:
            passed["code"] = json.dumps("1.1")
        if name == "search":
            passed["first"] = "22"  # until there are some of each kind
        if name == "monthlyReport":
            passed["unitId"] = json.dumps(known.reported)
        if "input" in field.args:
            passed["input"] = rendered(field.args["input"].type, known.inputs[name])
        # Of many hits a few rows each, or they would be more than a query may give.
        below = arguments | {"first": "2"} if name == "search" else arguments
        inside = "" if is_leaf_type(kind) else f" {{ {_inside(kind, below, again=True)} }}"
        yield name, Asked(f"{{ __typename {_called(name, field, passed)}{inside} }}")
    for kind in node_kinds():
        everything = f"... on {kind.name} {{ {whole(kind, arguments, again=False)} }}"
        document = f"query ($ids: [ID!]!) {{ __typename nodes(ids: $ids) {{ {everything} }} }}"
        yield kind.name, Asked(document, {"ids": known.ids[kind.name][:8]})


def _called(name: str, field: GraphQLField, arguments: dict[str, str]) -> str:
    passed = [
        f"{key}: {arguments[key]}"
        for key, argument in field.args.items()
        # A span only where there must be one: elsewhere it would leave something out.
        if key in arguments and (key not in SPAN or isinstance(argument.type, GraphQLNonNull))
    ]
    return f"{name}({', '.join(passed)})" if passed else name
