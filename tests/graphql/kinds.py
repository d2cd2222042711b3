"""The types that queries can reach, and what a document asks of them."""

from typing import Any

from graphql import (
    FieldNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    Node,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    parse,
    visit,
)

from tests.client import schema

NODE = "Node"


def target(field: Any) -> Any:
    return get_named_type(field.type)


def node_kinds() -> list[GraphQLObjectType]:
    return sorted(schema().get_implementations(schema().type_map[NODE]).objects, key=lambda kind: kind.name)


def is_node(kind: Any) -> bool:
    return isinstance(kind, GraphQLInterfaceType) or kind in node_kinds()


def reachable() -> dict[str, GraphQLObjectType]:
    """Every object type in an answer to a query, by its name."""
    found: dict[str, GraphQLObjectType] = {}
    ahead: list[Any] = [schema().query_type]
    while ahead:
        kind = ahead.pop()
        if isinstance(kind, GraphQLInterfaceType):
            ahead += node_kinds()
        elif isinstance(kind, GraphQLObjectType) and kind.name not in found:
            found[kind.name] = kind
            ahead += [target(field) for field in kind.fields.values()]
    return found


def fields_there_are() -> set[str]:
    return {f"{name}.{field}" for name, kind in reachable().items() for field in kind.fields}


class _Fields(Visitor):
    def __init__(self, types: TypeInfo) -> None:
        super().__init__()
        self.types = types
        self.found: set[str] = set()

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        parent = self.types.get_parent_type()
        assert parent is not None
        self.found.add(f"{parent.name}.{node.name.value}")


def fields_asked(query: str) -> set[str]:
    """As `Type.field`."""
    types = TypeInfo(schema())
    fields = _Fields(types)
    document: Node = parse(query)
    visit(document, TypeInfoVisitor(types, fields))
    return fields.found
