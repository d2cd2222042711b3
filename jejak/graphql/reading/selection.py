"""What a query asks of an object type: fields by response key, with fragments, @skip and @include resolved."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from graphql import (
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLIncludeDirective,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSkipDirective,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    is_abstract_type,
)
from graphql.execution.values import get_argument_values

from jejak.graphql.reading.request import variable
from jejak.graphql.reading.statement import Statement

Selection = dict[str, list[FieldNode]]


@dataclass(frozen=True, slots=True)
class Selector:
    """Reads selections of one document for one statement."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    statement: Statement

    def of(self, kind: GraphQLObjectType, nodes: Iterable[FieldNode]) -> Selection:
        """The fields that `nodes` ask of an object of type `kind`, in the response's order."""
        found: Selection = {}
        for node in nodes:
            if node.selection_set:
                self._collect(kind, node.selection_set.selections, found, set())
        return found

    def whole(self, kind: GraphQLObjectType, operation: SelectionSetNode) -> Selection:
        """As `of`, of an operation."""
        found: Selection = {}
        self._collect(kind, operation.selections, found, set())
        return found

    def _collect(
        self, kind: GraphQLObjectType, nodes: Iterable[SelectionNode], found: Selection, visited: set[str]
    ) -> None:
        for node in nodes:
            # As GraphQL-core: what is skipped is not asked whether it is included, whose value may be none.
            skip_first = sorted(
                node.directives or (), key=lambda directive: directive.name.value, reverse=True
            )
            if not all(self._includes(directive) for directive in skip_first):
                continue
            if isinstance(node, FieldNode):
                found.setdefault(node.alias.value if node.alias else node.name.value, []).append(node)
            elif isinstance(node, InlineFragmentNode):
                if self._applies(kind, node.type_condition.name.value if node.type_condition else kind.name):
                    self._collect(kind, node.selection_set.selections, found, visited)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in visited:
                visited.add(node.name.value)
                fragment = self.fragments[node.name.value]
                if self._applies(kind, fragment.type_condition.name.value):
                    self._collect(kind, fragment.selection_set.selections, found, visited)

    def _includes(self, directive: DirectiveNode) -> bool:
        named = directive.name.value
        if named not in {GraphQLSkipDirective.name, GraphQLIncludeDirective.name}:
            return True
        (argument,) = directive.arguments or ()
        if isinstance(argument.value, VariableNode):
            self.statement.check(
                lambda variables: get_argument_values(GraphQLSkipDirective, directive, variables)
            )
            name = argument.value.name.value
            said = self.statement.ask(f"${name}", variable(name))
        else:
            said = get_argument_values(GraphQLSkipDirective, directive)["if"]
        return bool(said) is (named == GraphQLIncludeDirective.name)

    def _applies(self, kind: GraphQLObjectType, condition: str) -> bool:
        if condition == kind.name:
            return True
        wider = self.schema.get_type(condition)
        return wider is not None and is_abstract_type(wider) and self.schema.is_sub_type(wider, kind)
