"""What a query asks of an object type: fields by response key, with fragments, @skip and @include resolved."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLIncludeDirective,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSkipDirective,
    InlineFragmentNode,
    SelectionNode,
    is_abstract_type,
)
from graphql.execution.values import get_directive_values

Selection = dict[str, list[FieldNode]]
ResolveInfo: TypeAlias = GraphQLResolveInfo[Any]


def subselection(info: ResolveInfo, kind: GraphQLObjectType, nodes: Iterable[FieldNode]) -> Selection:
    """The fields that `nodes` ask of an object of type `kind`, in the response's order."""
    found: Selection = {}
    for node in nodes:
        if node.selection_set:
            _collect(info, kind, node.selection_set.selections, found, set())
    return found


def _collect(
    info: ResolveInfo,
    kind: GraphQLObjectType,
    nodes: Iterable[SelectionNode],
    found: Selection,
    visited: set[str],
) -> None:
    for node in nodes:
        if not _included(info, node):
            continue
        if isinstance(node, FieldNode):
            found.setdefault(node.alias.value if node.alias else node.name.value, []).append(node)
        elif isinstance(node, InlineFragmentNode):
            if _applies(info, kind, node.type_condition.name.value if node.type_condition else kind.name):
                _collect(info, kind, node.selection_set.selections, found, visited)
        elif isinstance(node, FragmentSpreadNode) and node.name.value not in visited:
            visited.add(node.name.value)
            fragment: FragmentDefinitionNode = info.fragments[node.name.value]
            if _applies(info, kind, fragment.type_condition.name.value):
                _collect(info, kind, fragment.selection_set.selections, found, visited)


def _included(info: ResolveInfo, node: SelectionNode) -> bool:
    skip: Mapping[str, Any] | None = get_directive_values(GraphQLSkipDirective, node, info.variable_values)
    include: Mapping[str, Any] | None = get_directive_values(
        GraphQLIncludeDirective, node, info.variable_values
    )
    return not (skip and skip["if"]) and (include is None or bool(include["if"]))


def _applies(info: ResolveInfo, kind: GraphQLObjectType, condition: str) -> bool:
    if condition == kind.name:
        return True
    wider = info.schema.get_type(condition)
    return wider is not None and is_abstract_type(wider) and info.schema.is_sub_type(wider, kind)
