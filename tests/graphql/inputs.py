"""Arguments of queries that are drawn: from what there is, mostly, in every way in which a document can say them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    Undefined,
    get_nullable_type,
    specified_scalar_types,
)
from hypothesis import strategies as st

from tests.graphql.kinds import node_kinds, target
from tests.graphql.values import JUNK, SCALARS, TEXT, rendered
from tests.graphql.viewers import Known

WORDS = ["pasang", "menunggu", "latih", '"pasang baru"', "pelatihan -ulp", "unit", "sri", "a", ""]
PAGES = [
    *[["first"]] * 3, *[["first", "after"]] * 2, ["last"], *[["last", "before"]] * 2,
    ["first", "before"], ["last", "after"], ["first", "after", "before"],
]  # fmt: skip
WRONG_PAGES = [*PAGES, [], ["first", "last"], ["before"]]
SIZES = [1, 2, 2, 3, 5, 20]
WRONG_SIZES = [0, -1, 100, 101, 2**31 - 1]
COMMON = ["Unit", "Task", "Journey", "PainPoint"]
# By what a field of an input is called, where that does not say of what type its id is.
KINDS = {"underId": "Unit", "ownerId": "Person", "capturedById": "Person", "assessorId": "Person"}
KINDS |= {"templateId": "AssessmentTemplate", "withId": "Wave", "byTemplateOfId": "Wave"}


@dataclass(frozen=True)
class About:
    """What a value is for: by what name it is passed, and the type of the thing, or the order, that it is of."""

    name: str
    of: str = ""


@dataclass(frozen=True)
class Variable:
    name: str
    kind: Any
    about: About
    default: str | None
    place: tuple[str, About, bool]

    @property
    def declared(self) -> str:
        default = "" if self.default is None else f" = {self.default}"
        return f"${self.name}: {self.kind}{default}"


@dataclass
class Inputs:
    """Of one document, with its variables. `wild`: some are wrong. `said`: of ten values, as many stand in the
    document itself.
    """

    draw: Callable[[st.SearchStrategy[Any]], Any]
    known: Known
    wild: bool
    said: int = 5
    variables: list[Variable] = field(default_factory=list)

    def chance(self, percent: int) -> bool:
        """The unlikely way is the simpler one, too."""
        return bool(self.draw(st.integers(0, 99)) >= 100 - percent)

    def one(self, values: list[Any]) -> Any:
        return self.draw(st.sampled_from(values))

    def wrong(self) -> bool:
        return self.wild and self.chance(10)

    def arguments(self, field_name: str, declared: GraphQLField) -> str:
        """In parentheses; empty where there are none."""
        chosen = self._chosen(field_name, declared)
        said: dict[str, str] = {}
        # The order comes first: it decides which cursors are right.
        for name in sorted(chosen, key=lambda name: name != "order"):
            if name == "input":
                said[name] = self._whole_input(field_name, declared.args[name].type)
                continue
            about = About(name, self._of(name, declared, said.get("order")))
            default = declared.args[name].default_value is not Undefined
            kind = declared.args[name].type
            # A list is asked for no page only to be refused.
            needed = name in {"first", "last"} and not self.wild
            said[name] = self._said(GraphQLNonNull(kind) if needed else kind, about, default=default)
        return f"({', '.join(f'{name}: {said[name]}' for name in chosen)})" if said else ""

    def _chosen(self, field_name: str, declared: GraphQLField) -> list[str]:
        chosen = []
        if "first" in declared.args:
            chosen += self.one(WRONG_PAGES if self.wrong() else PAGES)
        if {"id", "code"} <= set(declared.args) and not self.wrong():
            return [str(self.one(["id", "code"]))]
        for name, argument in declared.args.items():
            if name in {"first", "last", "after", "before"}:
                continue
            needed = isinstance(argument.type, GraphQLNonNull) and argument.default_value is Undefined
            if needed or self.chance(70 if name == "order" else 40):
                chosen.append(name)
        return chosen

    def _of(self, name: str, declared: GraphQLField, order: str | None) -> str:
        """Of what type an id is, of which order a cursor."""
        if name in {"after", "before"}:
            kinds = declared.args.get("order")
            if kinds is None:
                return "SearchOrder"
            kind: Any = get_nullable_type(kinds.type)
            if order is None:
                return f"{kind.name}.{kinds.default_value.name}"
            return kind.name if order.startswith("$") else f"{kind.name}.{order}"
        if name == "id":
            return str(target(declared).name)
        return _kind_of(name) or (str(target(declared).name) if name == "code" else "")

    def _said(self, kind: Any, about: About, *, default: bool = False) -> str:
        way = self.draw(st.integers(0, 9))
        if way >= self.said:
            return self._variable(kind, about, default=default)
        if way == 4 and not isinstance(kind, GraphQLNonNull):
            return "null"
        return self._literal(kind, about)

    def _literal(self, kind: Any, about: About) -> str:
        of: Any = get_nullable_type(kind)
        if isinstance(of, GraphQLList):
            if self.chance(25):
                return self._literal(of.of_type, about)
            items = [self._item(of.of_type, about) for _ in range(self.draw(st.integers(0, 3)))]
            return f"[{', '.join(items)}]"
        if isinstance(of, GraphQLInputObjectType):
            said = [
                f"{name}: {self._said(of.fields[name].type, About(name, _kind_of(name)))}"
                for name in self._conditions(of)
            ]
            return f"{{{', '.join(said)}}}"
        return rendered(of, self._value(of, about))

    def _item(self, kind: Any, about: About) -> str:
        return self._variable(kind, about, default=False) if self.chance(30) else self._literal(kind, about)

    def _conditions(self, kind: GraphQLInputObjectType) -> list[str]:
        names = st.lists(st.sampled_from(list(kind.fields)), min_size=0, max_size=3, unique=True)
        return list(self.draw(names))

    def _variable(self, kind: Any, about: About, *, default: bool) -> str:
        place = (str(kind), about, default)
        there = [variable for variable in self.variables if variable.place == place]
        if there and self.chance(40):
            return f"${self.one(there).name}"
        of, own_default = get_nullable_type(kind), None
        way = self.draw(st.integers(0, 3))
        if way == 3:
            own_default = rendered(of, self.value(of, about))
        if isinstance(kind, GraphQLNonNull):
            # A default, the variable's or the place's, is enough for what may not be null.
            declared = of if way > 0 and (default or own_default is not None) else kind
        else:
            declared = GraphQLNonNull(of) if way == 1 else of
        name = f"v{len(self.variables) + 1}"
        self.variables.append(Variable(name, declared, about, own_default, place))
        return f"${name}"

    def yes_or_no(self) -> str:
        """What a directive is given."""
        way = self.draw(st.integers(0, 4))
        if way < 2 <= self.said:
            return ["true", "false"][way]
        kind = GraphQLNonNull(specified_scalar_types["Boolean"])
        return self._variable(kind, About("if"), default=False)

    def variable_values(self, before: dict[str, Any] | None = None) -> dict[str, Any]:
        """A set of them, mostly as the one `before`: what may be left out or null is, now and then."""
        values: dict[str, Any] = {}
        for variable in self.variables:
            if before is not None and not self.chance(40):
                values |= {name: before[name] for name in (variable.name,) if name in before}
                continue
            needed = isinstance(variable.kind, GraphQLNonNull)
            way = self.draw(st.integers(0, 9))
            if way > 7 and (not needed or variable.default is not None):
                continue
            if way == 7 and not needed:
                values[variable.name] = None
            elif self.wrong():
                values[variable.name] = self.draw(JUNK)
            else:
                values[variable.name] = self.value(variable.kind, variable.about)
        if self.chance(5):
            values["unknown"] = 1
        return values

    def value(self, kind: Any, about: About) -> Any:
        """As JSON."""
        of: Any = get_nullable_type(kind)
        if about.name == "input":
            return self.known.inputs[about.of]
        if isinstance(of, GraphQLList):
            if self.chance(25):
                return self.value(of.of_type, about)
            return [self.value(of.of_type, about) for _ in range(self.draw(st.integers(0, 3)))]
        if isinstance(of, GraphQLInputObjectType):
            return {
                name: None
                if self.chance(10) and not isinstance(of.fields[name].type, GraphQLNonNull)
                else self.value(of.fields[name].type, About(name, _kind_of(name)))
                for name in self._conditions(of)
            }
        return self._value(of, about)

    def _value(self, kind: Any, about: About) -> Any:
        """Of an enum or a scalar."""
        if isinstance(kind, GraphQLEnumType):
            return self.one(list(kind.values))
        if self.wrong():
            return self.draw(self._wrong_value(kind.name, about))
        known = self._known(kind.name, about)
        return self.draw(SCALARS[kind.name]) if known is None else self.one(known)

    def _known(self, kind: str, about: About) -> list[Any] | None:
        """Of what a value is one, where it is no odd one; None where any will do."""
        if about.name in {"after", "before"}:
            return self._cursors(about.of) or self._cursors("")
        if about.name in {"first", "last"}:
            return SIZES
        if about.name == "code":
            return self.known.codes if about.of == "Unit" else ["1.1", "3.2", "9.2", "10.3"]
        return {
            "ID": self.known.ids.get(about.of) or self._every_id,
            "String": WORDS,
            "Int": list(range(1, 13)),
            "Date": [day.isoformat() for day in self.known.days],
            "DateTime": [moment.isoformat() for moment in self.known.moments],
        }.get(kind)

    def _wrong_value(self, name: str, about: About) -> st.SearchStrategy[Any]:
        if name == "ID":
            return st.one_of(st.sampled_from(self._every_id), TEXT)
        if about.name in {"first", "last"}:
            return st.sampled_from(WRONG_SIZES)
        if about.name in {"after", "before"}:
            return st.one_of(st.sampled_from(self._cursors("")), TEXT)
        return SCALARS[name]

    @property
    def _every_id(self) -> list[str]:
        """Of every type, but mostly of those of which the most is asked."""
        kinds = [kind.name for kind in node_kinds()]
        return [one for kind in [*kinds, *COMMON * 5] for one in self.known.ids[kind][:3]]

    def _cursors(self, of: str) -> list[str]:
        return [one for name, cursors in self.known.cursors.items() if name.startswith(of) for one in cursors]

    def _whole_input(self, field_name: str, kind: Any) -> str:
        if self.chance(50):
            return self._variable(kind, About("input", field_name), default=False)
        return rendered(kind, self.known.inputs[field_name])


def _kind_of(name: str) -> str:
    """The type of the ids that are passed by this name; empty where it may be any."""
    if not name.endswith(("Id", "Ids")):
        return ""
    named = name.removesuffix("s").removesuffix("Id")
    return KINDS.get(name, named[0].upper() + named[1:])
