"""The answers to the rows of a bulk input: each holds keys of rows, and all that is asked of them is one statement."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from graphql import FieldNode, GraphQLField, GraphQLObjectType

from jejak.graphql.reading.compile import Compiler, object_type, python_name
from jejak.graphql.reading.connection import json_object
from jejak.graphql.reading.declare import READ, Held
from jejak.graphql.reading.selection import subselection


@dataclass(frozen=True, slots=True)
class AnswersSql:
    """What a query asks of answers of type `kind`."""

    compiler: Compiler
    kind: GraphQLObjectType
    nodes: list[FieldNode]

    def sql(self, keys: Callable[[str], list[UUID]]) -> str | None:
        """SQL for one JSON value: for each response key the rows held under it, by their keys. None where no rows are asked for.

        `keys` gives all that the answers hold in a field.
        """
        pairs = [
            (key, self.compiler.by_keys(object_type(field.type), same, keys(python_name(field))))
            for key, (field, same) in self._fields().items()
            if _is_held(field)
        ]
        return f"select {json_object(pairs)}" if pairs else None

    def filled(self, given: Sequence[Any], answer: dict[str, Any] | None) -> list[dict[str, Any]]:
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
        asked = subselection(self.compiler.info, self.kind, self.nodes)
        return {
            key: (self.kind.fields[same[0].name.value], same)
            for key, same in asked.items()
            if same[0].name.value in self.kind.fields
        }


def _is_held(field: GraphQLField) -> bool:
    return isinstance(field.extensions["strawberry-definition"].metadata.get(READ), Held)


def held_keys(given: Sequence[Any], name: str) -> list[UUID]:
    """Everything that the answers hold in the field `name`, which may be a list."""
    held = [getattr(one, name) for one in given]
    every = [key for value in held for key in (value if isinstance(value, list) else [value])]
    return [key for key in every if key is not None]


def _shown(held: Any, found: dict[str, Any] | None) -> Any:
    if isinstance(held, list):
        rows = ((found or {}).get(str(key)) for key in held)
        return [row for row in rows if row is not None]
    return (found or {}).get(str(held))
