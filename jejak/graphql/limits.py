"""How much one document may ask for: told before anything runs, in time linear in its length.

Fragments are measured once each. Strawberry's own limiters follow every spread, which a few hundred characters
of nested fragments keep busy for minutes.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    ValidationContext,
    ValidationRule,
)

MOST_TOKENS = 4_000
MOST_DEPTH = 16
MOST_ALIASES = 60
MOST_FIELDS = 2_000


@dataclass(frozen=True, slots=True)
class Size:
    """What a selection asks for, with its fragments spelled out. `depth` counts the objects inside each other."""

    depth: int = 0
    aliases: int = 0
    fields: int = 0


class WithinLimits(ValidationRule):
    """Refuses a document that is too deep, or too wide."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        definitions = context.document.definitions
        self._fragments = {d.name.value: d for d in definitions if isinstance(d, FragmentDefinitionNode)}
        self._measured: dict[str, Size] = {}
        operations = [d for d in definitions if isinstance(d, OperationDefinitionNode)]
        size = _together(self._of(operation.selection_set.selections) for operation in operations)
        for what, asked, most in (
            ("levels", size.depth, MOST_DEPTH),
            ("aliases", size.aliases, MOST_ALIASES),
            ("fields", size.fields, MOST_FIELDS),
        ):
            if asked > most:
                self.report_error(
                    GraphQLError(f"the document has too many {what}; at most {most}", operations)
                )

    def _of(self, selections: Iterable[SelectionNode]) -> Size:
        return _together(self._of_one(selection) for selection in selections)

    def _of_one(self, node: SelectionNode) -> Size:
        if isinstance(node, FragmentSpreadNode):
            return self._of_fragment(node.name.value)
        if isinstance(node, InlineFragmentNode):
            return self._of(node.selection_set.selections)
        if not isinstance(node, FieldNode):
            return Size()
        aliases = 1 if node.alias else 0
        if node.selection_set is None:
            return Size(0, aliases, 1)
        inner = self._of(node.selection_set.selections)
        if node.name.value.startswith("__"):
            # Tools' introspection goes deep, and graphql-core bounds how deep by itself.
            return Size(0, inner.aliases + aliases, inner.fields + 1)
        return Size(inner.depth + 1, inner.aliases + aliases, inner.fields + 1)

    def _of_fragment(self, name: str) -> Size:
        if name not in self._measured:
            # Of a fragment inside itself, and of one that is missing, other rules tell.
            self._measured[name] = Size()
            fragment = self._fragments.get(name)
            if fragment is not None:
                self._measured[name] = self._of(fragment.selection_set.selections)
        return self._measured[name]


def _together(sizes: Iterable[Size]) -> Size:
    depth = aliases = fields = 0
    for size in sizes:
        depth, aliases, fields = max(depth, size.depth), aliases + size.aliases, fields + size.fields
    return Size(depth, aliases, fields)
