"""A statement under construction."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from graphql.execution.values import VariableValues

from jejak.domain import access, standing
from jejak.domain.access import Viewer
from jejak.domain.checks import storable
from jejak.domain.errors import Code, Refused
from jejak.domain.vocabulary import Language
from jejak.graphql.reading.cost import Cost
from jejak.graphql.reading.request import Given, Of, Question, Request

# What a relation that is short by its nature counts as: a journey's stages, a pain point's tasks.
SHORT = 5


@dataclass(slots=True)
class Statement:
    """One SQL statement, written for all requests that answer its questions as the one at hand does.

    Its text depends on nothing else: whatever is known of a request alone is a parameter, or is asked for by `ask`.
    Every relation in it is scoped to the viewer. `parameters` say how each request fills the placeholders, `rows`
    how many its answer may hold, which is also added to `cost`.
    """

    _request: Request
    cost: Cost = field(default_factory=Cost)
    parameters: list[Of] = field(default_factory=list)
    asked: list[tuple[Question, Any]] = field(default_factory=list)
    rows: int = 0
    _everywhere: bool | None = None
    _times: int = 1
    _aliases: int = 0
    _tables: list[str] = field(default_factory=list)
    _once: dict[str, str] = field(default_factory=dict)

    def ask(self, about: str, of: Of) -> Any:
        """What the request at hand answers; hashable. The text may depend on it."""
        answer = of(self._request)
        self.asked.append((Question(about, of), answer))
        return answer

    def check(self, look: Callable[[VariableValues], object]) -> None:
        """Has a look at the variables of the request at hand, which raises what is wrong with them.

        What is right with them must not tell: the text is the same for others that are asked the same.
        """
        look(self._request.variables)

    def known(self, value: Any) -> Any:
        """The value itself of what may be `Given`, for the few that decide about the text, as the length of a page."""
        return self.ask(value.name, value.of) if isinstance(value, Given) else value

    def param(
        self, value: Any, cast: str, *at: str | int, convert: Callable[[Any], Any] | None = None
    ) -> str:
        """The placeholder for `value`, which may be `Given`. Refuses text that no row can hold, naming the input `at`.

        `convert` makes of the value what PostgreSQL is told; what it refuses is refused to each request.
        """

        def told(given: Any) -> Any:
            converted = given if convert is None else convert(given)
            texts = converted if isinstance(converted, list) else (converted,)
            if any(isinstance(text, str) and not storable(text) for text in texts):
                raise Refused(Code.INVALID_TEXT, *at)
            return converted

        if isinstance(value, Given):
            of = value.of
            return self._placeholder(lambda request: told(of(request)), cast)
        constant = told(value)
        return self._placeholder(lambda _: constant, cast)

    def of_viewer(self, what: Callable[[Viewer], Any], cast: str) -> str:
        """The placeholder for something that is known of the viewer."""
        return self._placeholder(lambda request: what(request.viewer), cast)

    def _placeholder(self, of: Of, cast: str) -> str:
        self.parameters.append(of)
        return f"${len(self.parameters)}::{cast}"

    def once(self, query: str) -> str:
        """The name of a table with the rows of `query`, which hangs on no row: they are found once for all."""
        if query not in self._tables:
            self._tables.append(query)
        return f"once{self._tables.index(query) + 1}"

    @property
    def in_a_list(self) -> bool:
        """Whether what is compiled may be there several times."""
        return self._times > 1

    def still(self) -> str:
        """SQL: who was looked up for this request is still who they were. True where nobody was, by a token."""
        program = self.ask("came by a program's token", _came_by)
        if program is None:
            return "true"
        token_hash = self.of_viewer(lambda viewer: viewer.standing and viewer.standing.token_hash, "text")
        known = self.of_viewer(lambda viewer: viewer.standing and viewer.standing.known, "text")
        return standing.holds(token_hash=token_hash, known=known, now=self.now, program=program)

    def selecting(self, value: str) -> str:
        """The whole of the statement, which has these values."""
        tables = ", ".join(f"once{n} as materialized ({query})" for n, query in enumerate(self._tables, 1))
        return f"{f'with {tables} ' if tables else ''}select {value}"

    def alias(self) -> str:
        self._aliases += 1
        return f"t{self._aliases}"

    def count_object(self) -> None:
        """An object of the selection, as often as the lists around it may hold it."""
        self.rows += self._times
        self.cost.add(self._times)

    @contextmanager
    def repeated(self, times: int) -> Iterator[None]:
        """What is compiled inside may be there `times` times for each of what is around it."""
        around, self._times = self._times, self._times * times
        try:
            yield
        finally:
            self._times = around

    def _once_a_statement(self, name: str, of: Of, cast: str) -> str:
        if name not in self._once:
            self._once[name] = self._placeholder(of, cast)
        return self._once[name]

    @property
    def everywhere(self) -> bool:
        """Whether the viewer sees every unit, as whoever has a role at headquarters does."""
        if self._everywhere is None:
            self._everywhere = bool(self.ask("sees every unit", lambda request: request.viewer.everywhere))
        return self._everywhere

    @property
    def paths(self) -> str:
        """What `access.seen` takes: the roots of what the viewer sees, or that it is everything."""
        return access.EVERYWHERE if self.everywhere else self.roots

    @property
    def roots(self) -> str:
        """The paths of the units from which down the viewer sees."""
        return self._once_a_statement("paths", lambda request: request.viewer.paths, "text[]")

    @property
    def region(self) -> str | None:
        """The key of the one region that is all the viewer sees, as SQL; None where it is more, or less."""
        if not self.ask("sees one whole region", lambda request: request.viewer.region is not None):
            return None
        path = self._once_a_statement("region", lambda request: request.viewer.region, "text")
        return access.region_at(path)

    @property
    def person(self) -> str:
        """The viewer's own key."""
        return self._once_a_statement("person", lambda request: request.viewer.person, "uuid")

    @property
    def now(self) -> str:
        """The moment of the request: one for all that is told."""
        return self._once_a_statement("now", lambda request: request.now, "timestamptz")

    @property
    def outside(self) -> Given:
        """What its root field asked for beforehand."""
        return Given(lambda request: request.outside)

    @property
    def language(self) -> Language:
        """The person's."""
        language: Language = self.ask("language", lambda request: request.language)
        return language

    def title(self, alias: str) -> str:
        """The column that holds a title in the person's language."""
        return f"{alias}.title_{self.language.value}"


def _came_by(request: Request) -> bool | None:
    """Whether by a program's token; None where by none."""
    return None if request.viewer.standing is None else request.viewer.integration


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a selection while it becomes SQL. `t` is the row it hangs on, `u` the row it leads to.

    `args` are by their Python names, None where null or left out, `Given` where a variable brings them.
    """

    statement: Statement
    t: str
    u: str
    args: dict[str, Any]

    def param(self, name: str, cast: str) -> str:
        """The placeholder for the argument `name`."""
        return self.statement.param(self.args[name], cast, name)
