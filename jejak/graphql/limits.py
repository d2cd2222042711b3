"""How much one document may ask for: told before anything runs, in time linear in its length.

Fragments are measured once each. Strawberry's own limiters follow every spread, which a few hundred characters
of nested fragments keep busy for minutes.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSyntaxError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    Source,
    ValidationRule,
    VisitorAction,
)
from graphql.language.parser import Parser
from strawberry.extensions import SchemaExtension

from jejak.domain.errors import Code, Refused
from jejak.graphql.reading.cost import Cost
from jejak.graphql.reading.operation import Operation, operations
from jejak.graphql.reading.plan import Plans
from jejak.settings import Limits


@dataclass(frozen=True, slots=True)
class Size:
    """What a selection asks for, with its fragments spelled out. `depth` counts the objects inside each other."""

    depth: int = 0
    aliases: int = 0
    fields: int = 0


def read(text: str, cost: Cost) -> DocumentNode:
    """The document, and in `cost` what it asks for. Refuses TOO_COMPLEX; raises graphql-core's syntax errors."""
    parser = Parser(text, max_tokens=cost.limits.tokens)
    try:
        document = parser.parse_document()
    except GraphQLSyntaxError:
        cost.tokens = parser.token_count
        _within("tokens", cost)
        raise
    except RecursionError:
        raise GraphQLSyntaxError(Source(text), 0, "the document is nested too deeply") from None
    cost.tokens = parser.token_count
    size = _Measure(document).whole()
    cost.depth, cost.aliases, cost.fields = size.depth, size.aliases, size.fields
    for what in ("depth", "aliases", "fields"):
        _within(what, cost)
    return document


def _within(what: str, cost: Cost) -> None:
    asked, most = getattr(cost, what), getattr(cost.limits, what)
    if asked > most:
        raise Refused(Code.TOO_COMPLEX, what=what, asked=asked, most=most)


@dataclass(slots=True)
class Document:
    """One that was within the limits and valid, with what is kept beside it."""

    parsed: DocumentNode
    size: Size
    tokens: int
    plans: Plans
    operations: Mapping[str, Operation]
    weight: int = 0


# What a document's tree takes in memory, in bytes a character of its text, and what a plan does.
_TREE, _PLAN = 100, 3


class Known:
    """Documents of one schema that were within the limits and valid: most requests bring one of a few.

    The ones that were longest unused are forgotten, with the statements written for them, beyond `most` bytes.
    """

    def __init__(self, schema: strawberry.Schema, most: int = 64 * 2**20) -> None:
        self._schema, self._left = schema, most
        self._documents: dict[str, Document] = {}

    def find(self, text: str, cost: Cost) -> Document | None:
        """The document, and in `cost` what it asks for."""
        found = self._documents.pop(text, None)
        if found is None:
            return None
        self._documents[text] = found
        cost.tokens = found.tokens
        cost.depth, cost.aliases, cost.fields = found.size.depth, found.size.aliases, found.size.fields
        return found

    def keep(self, text: str, parsed: DocumentNode, cost: Cost) -> Document:
        """The document with its tree of `parsed`, or that of the same text which is kept already."""
        if text not in self._documents:
            size, plans = Size(cost.depth, cost.aliases, cost.fields), Plans()
            made = Document(parsed, size, cost.tokens, plans, operations(self._schema, parsed, plans))
            plans.grown = lambda characters: self._weigh(text, made, characters * _PLAN)
            self._documents[text] = made
            self._weigh(text, made, len(text) * _TREE)
            return made
        return self._documents[text]

    def _weigh(self, text: str, document: Document, more: int) -> None:
        """What was added to a document; nothing is, where it is forgotten by now."""
        if self._documents.get(text) is not document:
            return
        document.weight += more
        self._left -= more
        while self._left < 0:
            self._left += self._documents.pop(next(iter(self._documents))).weight


class WithinLimits(SchemaExtension):
    """Refuses a document that is too long, too deep or too wide, before it is validated."""

    def __init__(self, limits: Limits, known: Known) -> None:
        self._limits, self._known = limits, known

    def on_operation(self) -> Iterator[None]:
        context: Any = self.execution_context.context
        context.cost.limits = self._limits
        yield

    def on_parse(self) -> Iterator[None]:
        execution = self.execution_context
        context: Any = execution.context
        if execution.query:
            try:
                known = self._known.find(execution.query, context.cost)
                if known is not None:
                    execution.graphql_document = known.parsed
                    context.plans, context.operations = known.plans, known.operations
                    execution.pre_execution_errors = []  # found valid, so not to be validated again
                else:
                    execution.graphql_document = read(execution.query, context.cost)
            except GraphQLSyntaxError:
                # Strawberry reads it again and answers with the same error.
                execution.parse_options["max_tokens"] = self._limits.tokens
        yield

    def on_validate(self) -> Iterator[None]:
        yield
        execution = self.execution_context
        context: Any = execution.context
        if execution.query and execution.graphql_document and not execution.pre_execution_errors:
            kept = self._known.keep(execution.query, execution.graphql_document, context.cost)
            # Its own tree, should another request have brought the text meanwhile: plans go by the nodes of that.
            execution.graphql_document = kept.parsed
            context.plans, context.operations = kept.plans, kept.operations


class NoIntrospection(ValidationRule):
    """Refuses to tell the schema; `__typename` stays."""

    def enter_field(self, node: FieldNode, *_: Any) -> VisitorAction:
        if node.name.value in {"__schema", "__type"}:
            self.report_error(
                GraphQLError("introspection is off", node, original_error=Refused(Code.INTROSPECTION_OFF))
            )
        return None


class _Measure:
    def __init__(self, document: DocumentNode) -> None:
        self._operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
        self._fragments = {
            d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)
        }
        self._measured: dict[str, Size] = {}

    def whole(self) -> Size:
        return _together(self._of(operation.selection_set.selections) for operation in self._operations)

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
