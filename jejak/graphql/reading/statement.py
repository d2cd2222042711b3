"""A statement under construction."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from jejak.domain.access import Viewer
from jejak.domain.checks import storable
from jejak.domain.errors import Code, Refused
from jejak.domain.vocabulary import Language
from jejak.settings import Limits

# What a relation that is short by its nature counts as: a journey's stages, a pain point's tasks.
SHORT = 5


@dataclass(slots=True)
class Cost:
    """What one request asks for. `rows` are those that its answer may hold: a page counts as long as it may be."""

    rows: int = 0
    depth: int = 0
    aliases: int = 0
    fields: int = 0
    tokens: int = 0
    limits: Limits = field(default_factory=Limits)

    def add(self, rows: int) -> None:
        """Refuses TOO_COSTLY, before anything is run."""
        self.rows += rows
        if self.rows > self.limits.rows:
            raise Refused(Code.TOO_COSTLY, asked=self.rows, most=self.limits.rows)

    def told(self) -> dict[str, Any]:
        """As it stands in `extensions.cost`, with the most of each."""
        limits = self.limits
        return {name: getattr(self, name) for name in COUNTED} | {
            "most": {name: getattr(limits, name) for name in COUNTED}
        }


COUNTED = ("rows", "depth", "aliases", "fields", "tokens")


@dataclass(slots=True)
class Statement:
    """One SQL statement with its parameters; every relation in it is scoped to `viewer`.

    `outside` is what its root field asked for beforehand, since no table holds it.
    """

    viewer: Viewer
    language: Language
    cost: Cost = field(default_factory=Cost)
    values: list[Any] = field(default_factory=list)
    outside: Any = None
    _times: int = 1
    _aliases: int = 0
    _paths: str | None = None

    def param(self, value: Any, cast: str, *at: str | int) -> str:
        """The placeholder for `value`. Refuses text that no row can hold, naming the input `at`."""
        texts = value if isinstance(value, list) else [value]
        if any(isinstance(text, str) and not storable(text) for text in texts):
            raise Refused(Code.INVALID_TEXT, *at)
        self.values.append(value)
        return f"${len(self.values)}::{cast}"

    def alias(self) -> str:
        self._aliases += 1
        return f"t{self._aliases}"

    def count_object(self) -> None:
        """An object of the selection, as often as the lists around it may hold it."""
        self.cost.add(self._times)

    @contextmanager
    def repeated(self, times: int) -> Iterator[None]:
        """What is compiled inside may be there `times` times for each of what is around it."""
        around, self._times = self._times, self._times * times
        try:
            yield
        finally:
            self._times = around

    @property
    def paths(self) -> str:
        """The roots of what the viewer sees, as one parameter however often it is used."""
        if self._paths is None:
            self._paths = self.param(self.viewer.paths, "text[]")
        return self._paths

    def title(self, alias: str) -> str:
        """The column that holds a title in the person's language."""
        return f"{alias}.title_{self.language.value}"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a selection while it becomes SQL. `t` is the row it hangs on, `u` the row it leads to."""

    statement: Statement
    t: str
    u: str
    args: dict[str, Any]

    def param(self, name: str, cast: str) -> str:
        """The placeholder for the argument `name`."""
        return self.statement.param(self.args[name], cast, name)
