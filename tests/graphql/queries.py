"""Query operations drawn from the schema: valid documents, and for each several sets of variables."""

import re
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLField, GraphQLInterfaceType, GraphQLObjectType, is_interface_type, is_leaf_type
from hypothesis import strategies as st

from tests.client import schema
from tests.graphql.executors import Asked
from tests.graphql.inputs import COMMON, Inputs
from tests.graphql.kinds import NODE, is_node, node_kinds, target
from tests.graphql.viewers import Known

# Rows inside each other; connections and edges are around rows.
DEPTH = 3
# Beyond so many fields, those of fragments each time they are spread, no more objects are asked for.
FIELDS = 40
ALIASES = [
    "id",
    "code",
    "title",
    "t1",
    "u",
    "n0",
    "nth",
    "cursor",
    "key",
    "data",
    "null",
    "select",
    "unit_id",
]
# What the compiled executor leaves to the other, with all that is asked beside it.
ORDINARY = {"csrfToken", "rolloutPreview", "rolloutExtensionPreview", "assignIssuePreview", "monthlyReport"}
# PostgreSQL cuts names after 63 characters.
LONG = "a_name_that_is_as_long_as_it_needs_to_be_so_that_it_is_cut_somewhere_"


@dataclass(frozen=True)
class Fragment:
    name: str
    kind: GraphQLObjectType | GraphQLInterfaceType
    depth: int
    size: int
    text: str


@dataclass
class Drawing:
    """A document while it is drawn. What a response key stands for is the same in all of it, so that whatever is
    merged can be.
    """

    inputs: Inputs
    fragments: list[Fragment] = field(default_factory=list)
    _stands_for: dict[str, str] = field(default_factory=dict)
    _plain: dict[str, str] = field(default_factory=dict)
    _size: int = 0

    def selection(self, kind: Any, depth: int, most: int = 4) -> str:
        """Of any type, in braces."""
        parts: list[str] = []
        for _ in range(self.inputs.draw(st.integers(1, most if self._size < FIELDS else 1))):
            parts.append(self._part(kind, depth, parts))
        return f"{{ {' '.join(parts)} }}"

    def _part(self, kind: Any, depth: int, before: list[str]) -> str:
        way = self.inputs.draw(st.integers(0, 19)) if self._size < FIELDS else 0
        if way < 13:
            return self._field(kind, depth)
        match way:
            case 13 | 14:
                return self._typename()
            case 15 | 16:
                condition = self._condition(kind)
                on = f" on {condition.name}" if condition is not kind or self.inputs.chance(50) else ""
                return f"...{on}{self._directives()} {self.selection(condition, depth)}"
            case 17 | 18:
                return f"...{self._fragment(self._condition(kind), depth)}{self._directives()}"
        return self.inputs.draw(st.sampled_from(before)) if before else self._field(kind, depth)

    def _condition(self, kind: Any) -> Any:
        """A type that a fragment inside `kind` may be on."""
        if isinstance(kind, GraphQLInterfaceType):
            common = [schema().type_map[name] for name in COMMON]
            return self.inputs.one([*node_kinds(), *common * 5, *[kind] * 5])
        if is_node(kind) and self.inputs.chance(30):
            return schema().type_map[NODE]
        return kind

    def _fragment(self, kind: Any, depth: int) -> str:
        """The name of one: one that is there already, or another."""
        there = [one for one in self.fragments if one.kind is kind and one.depth <= depth]
        if there and self._size < FIELDS and self.inputs.chance(50):
            again = self.inputs.draw(st.sampled_from(there))
            self._size += again.size
            return again.name
        before = self._size
        text = self.selection(kind, depth)
        name = f"F{len(self.fragments) + 1}"
        self.fragments.append(Fragment(name, kind, depth, self._size - before, text))
        return name

    def _typename(self) -> str:
        return (
            f"{self._alias('__typename', '') if self.inputs.chance(30) else ''}__typename{self._directives()}"
        )

    def _field(self, kind: Any, depth: int) -> str:
        self._size += 1
        known = {
            name: declared
            for name, declared in kind.fields.items()
            if is_leaf_type(target(declared))
            or (self._size < FIELDS and (depth > 0 or around(kind) or not is_node(target(declared))))
        }
        if not known:
            return "__typename"
        names = [name for name in known if name not in ORDINARY or self.inputs.chance(5)]
        # Things of any type are only there at the root.
        often = [name for name in names if is_interface_type(target(known[name]))] * 3
        name = self.inputs.one([*names, *often] or list(known))
        declared = known[name]
        head = "" if self.inputs.chance(25) else self._without_alias(kind, name, declared)
        if not head:
            called = name + self.inputs.arguments(name, declared)
            head = self._alias(called, str(declared.type)) + called
        return f"{head}{self._directives()}{self._inside(kind, declared, depth)}"

    def _without_alias(self, kind: Any, name: str, declared: GraphQLField) -> str:
        """Empty where the name stands for something else already."""
        place = f"{kind.name}.{name}"
        if place not in self._plain:
            self._plain[place] = name + self.inputs.arguments(name, declared)
        called = self._plain[place]
        return called if self._takes(name, called, str(declared.type)) else ""

    def _alias(self, called: str, type_name: str) -> str:
        wanted = self.inputs.draw(st.sampled_from(["", LONG, *ALIASES]))
        if wanted in {"", LONG} or not self._takes(wanted, called, type_name):
            wanted += f"a{len(self._stands_for)}"
            self._stands_for[wanted] = ""
        return f"{wanted}: "

    def _takes(self, key: str, called: str, type_name: str) -> bool:
        what = f"{called}: {type_name}"
        return self._stands_for.setdefault(key, what) == what

    def _inside(self, kind: Any, declared: GraphQLField, depth: int) -> str:
        of = target(declared)
        if is_leaf_type(of):
            return ""
        # Also from a type without ids to rows it goes down, but not from a list to its own.
        return f" {self.selection(of, depth if around(kind) else depth - 1, 4 if is_node(of) else 3)}"

    def _directives(self) -> str:
        if not self.inputs.chance(12):
            return ""
        names = self.inputs.draw(
            st.sampled_from([["include"], ["skip"], ["include", "skip"], ["skip", "include"]])
        )
        return "".join(f" @{name}(if: {self.inputs.yes_or_no()})" for name in names)


def around(kind: Any) -> bool:
    """Whether it is only there for the rows inside."""
    return str(kind.name).endswith(("Connection", "Edge"))


@st.composite
def operations(draw, known: Known) -> list[Asked]:
    """One document with several sets of variables, in the order in which to ask.

    A large one with two or three, or a small one, of which nearly all is said by variables, with more.
    """
    large = draw(st.booleans())
    # One in eight brings what is wrong somewhere: a refusal leaves little else to compare.
    inputs = Inputs(draw, known, wild=draw(st.integers(0, 7)) == 7, said=5 if large else 1)
    drawing = Drawing(inputs)
    query = schema().query_type
    root = drawing.selection(query, DEPTH, 3) if large else drawing.selection(query, 1, 2)
    name, *others = draw(st.sampled_from([[""], ["Q"], ["Q"], ["Q", "R"], ["R", "Q"]]))
    texts = [f"fragment {one.name} on {one.kind.name} {one.text}" for one in drawing.fragments]
    if others:
        texts.append(f"fragment Whole on Query {root}")
        root = "{ ...Whole }"
    used = set(re.findall(r"\$(\w+)", " ".join([root, *texts])))
    declared = ", ".join(variable.declared for variable in inputs.variables if variable.name in used)
    declared = f"({declared})" if declared else ""
    ways = [f"query {one}{declared} {root}".replace("query  ", "query ") for one in (name, *others)]
    if others:
        ways[1] = ways[1].replace("{ ...Whole", "{ again: __typename ...Whole")
    document = "\n".join([*ways, *texts])
    asked: list[Asked] = []
    for _ in range(draw(st.integers(1, 3 if large else 8))):
        names = [name, *others] if others else [None, name or None]
        if inputs.wild:
            names.append("Nowhere")
        values = inputs.variable_values(asked[-1].variables if asked else None)
        asked.append(Asked(document, values, draw(st.sampled_from(names))))
    return asked
