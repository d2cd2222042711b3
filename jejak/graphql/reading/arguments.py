"""A field's arguments, so that what is written with them holds for other requests, too."""

import dataclasses
from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    ListValueNode,
    ObjectValueNode,
    ValueNode,
    VariableNode,
    get_nullable_type,
    is_enum_type,
    print_ast,
    specified_scalar_types,
)
from graphql.execution.values import get_argument_values
from graphql.utilities.coerce_input_value import coerce_input_literal
from strawberry.types.arguments import convert_argument

from jejak.graphql.reading.request import Given, Of, variable
from jejak.graphql.reading.statement import Statement

_YES_OR_NO = specified_scalar_types["Boolean"]


@dataclass(frozen=True, slots=True)
class Arguments:
    """Reads arguments for one statement."""

    statement: Statement
    schema: strawberry.Schema

    def of(self, field: GraphQLField, node: FieldNode) -> dict[str, Any]:
        """By their Python names. Null and left out are alike: None.

        What a document says is the value itself. What a variable brings is `Given`, save what decides how the
        statement is written: whether there is a value at all, yes or no, one of an enum. Raises graphql-core's errors
        of values that are none.
        """
        definition = field.extensions.get("strawberry-definition")
        if definition is None or not field.args:
            return {}
        self.statement.check(lambda variables: get_argument_values(field, node, variables))
        given = {argument.name.value: argument.value for argument in node.arguments or ()}
        name_of = self.schema.config.name_converter.from_argument
        return {
            argument.python_name: self._argument(argument, field.args[name].type, given.get(name))
            for argument in definition.arguments
            for name in (name_of(argument),)
        }

    def _argument(self, argument: Any, kind: GraphQLInputType, node: ValueNode | None) -> Any:
        default = None if argument.default is strawberry.UNSET else argument.default
        if node is None:
            return default
        if isinstance(node, VariableNode) and default is not None:
            # One that is left out leaves the default in force.
            name = node.name.value
            if not self.statement.ask(f"${name} was sent", lambda request: name in request.variables.coerced):
                return default
        return self._value(kind, argument.type, node)

    def _value(self, kind: GraphQLInputType, declared: Any, node: ValueNode) -> Any:
        if isinstance(node, VariableNode):
            return self._brought(kind, variable(node.name.value), f"${node.name.value}")
        if not _holds_variable(node):
            return self._converted(coerce_input_literal(node, kind), declared)
        of_kind = get_nullable_type(kind)
        if isinstance(node, ObjectValueNode) and isinstance(of_kind, GraphQLInputObjectType):
            said = {field.name.value: field.value for field in node.fields}
            return self._input(
                of_kind,
                lambda name, field_kind, field_type: (
                    self._value(field_kind, field_type, said[name]) if name in said else None
                ),
            )
        # A list with variables between its brackets: each list of values is written anew.
        values = self.statement.ask(
            print_ast(node), lambda request: tuple(coerce_input_literal(node, kind, request.variables) or ())
        )
        return list(values)

    def _brought(self, kind: GraphQLInputType, of: Of, name: str) -> Any:
        """A value that comes with each request, from a variable or out of the object in one."""
        of_kind = get_nullable_type(kind)
        if of_kind is _YES_OR_NO or is_enum_type(of_kind):
            return self.statement.ask(name, of)
        if not self.statement.ask(f"{name} is given", lambda request: of(request) is not None):
            return None
        if isinstance(of_kind, GraphQLInputObjectType):
            return self._input(
                of_kind,
                lambda field, field_kind, _: self._brought(
                    field_kind, lambda request: of(request).get(field), f"{name}.{field}"
                ),
            )
        return Given(of, name)

    def _input(self, kind: GraphQLInputObjectType, value: Any) -> Any:
        definition = kind.extensions["strawberry-definition"]
        name_of = self.schema.config.name_converter.from_field
        names = {field.python_name: (name_of(field), field.type) for field in definition.fields}
        return definition.origin(
            **{
                python_name: value(name, kind.fields[name].type, declared)
                for python_name, (name, declared) in names.items()
            }
        )

    def _converted(self, value: Any, declared: Any) -> Any:
        config, registry = self.schema.config, self.schema.schema_converter.scalar_registry
        converted = convert_argument(value, declared, registry, config)
        if dataclasses.is_dataclass(converted) and not isinstance(converted, type):
            left_out = {
                f.name: None
                for f in dataclasses.fields(converted)
                if getattr(converted, f.name) is strawberry.UNSET
            }
            return dataclasses.replace(converted, **left_out)
        return converted


def _holds_variable(node: ValueNode) -> bool:
    if isinstance(node, ListValueNode):
        return any(_holds_variable(value) for value in node.values)
    if isinstance(node, ObjectValueNode):
        return any(_holds_variable(field.value) for field in node.fields)
    return isinstance(node, VariableNode)
