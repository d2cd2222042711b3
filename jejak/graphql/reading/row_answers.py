"""The answers to the rows of a bulk input: each holds keys of rows, and all that is asked of them is one statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from graphql import FieldNode, GraphQLField, GraphQLObjectType

from jejak.graphql.reading.as_json import json_object
from jejak.graphql.reading.compile import Compiler, object_type, python_name
from jejak.graphql.reading.declare import READ, Held
from jejak.graphql.reading.selection import Selection


@dataclass(frozen=True, slots=True)
class Asked:
    """What a query asks of answers of type `kind`: fields by response key."""

    kind: GraphQLObjectType
    selection: Selection

    def sql(self, compiler: Compiler) -> str | None:
        """SQL for one JSON value: for each response key the rows held under it, by their keys. None where no rows are asked for."""
        pairs = [
            (key, compiler.held_by_keys(python_name(field), object_type(field.type), same))
            for key, (field, same) in self._fields().items()
            if _is_held(field)
        ]
        return json_object(pairs) if pairs else None

    def filled(self, given: Sequence[Any], answer: Mapping[str, Any] | None) -> list[dict[str, Any]]:
        """The answers by response key, each with the rows that it holds, as far as they are seen."""
        fields = self._fields()
        return [
            {
                key: _shown(getattr(one, python_name(field)), (answer or {}).get(key))
                if _is_held(field)
                else getattr(one, python_name(field))
                for key, (field, _) in fields.items()
            }
            for one in given
        ]

    def _fields(self) -> dict[str, tuple[GraphQLField, list[FieldNode]]]:
        return {
            key: (self.kind.fields[same[0].name.value], same)
            for key, same in self.selection.items()
            if same[0].name.value in self.kind.fields
        }


def _is_held(field: GraphQLField) -> bool:
    return isinstance(field.extensions["strawberry-definition"].metadata.get(READ), Held)


def held_of(kind: GraphQLObjectType, given: Sequence[Any]) -> dict[str, list[UUID]]:
    """All keys that answers of type `kind` hold, by field."""
    return {
        python_name(field): _keys(given, python_name(field))
        for field in kind.fields.values()
        if _is_held(field)
    }


def held_nothing(kind: GraphQLObjectType, keys: list[UUID]) -> dict[str, list[UUID]]:
    """As `held_of` where every field holds `keys`."""
    return {python_name(field): keys for field in kind.fields.values() if _is_held(field)}


def _keys(given: Sequence[Any], name: str) -> list[UUID]:
    held = [getattr(one, name) for one in given]
    every = [key for value in held for key in (value if isinstance(value, list) else [value])]
    return [key for key in every if key is not None]


def _shown(held: Any, found: Mapping[str, Any] | None) -> Any:
    if isinstance(held, list):
        rows = ((found or {}).get(str(key)) for key in held)
        return [row for row in rows if row is not None]
    return (found or {}).get(str(held))
