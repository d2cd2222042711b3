"""Statements that were written once, for requests that bring the same document again."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

from jejak.domain import db
from jejak.graphql.reading.compile import Compiler
from jejak.graphql.reading.declare import Outside
from jejak.graphql.reading.request import Of, Question, Request

READ_SECONDS = 20
# Ways of asking one document that are kept: beyond it all of its plans are forgotten and made anew.
MOST_PLANS = 128


class Lapsed(Exception):  # noqa: N818 -- nothing is wrong, somebody is to be looked up anew
    """The viewer's session has ended, or what they see is no longer what it was when they were looked up."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A statement, how a request fills its placeholders, and the rows that its answer may hold.

    `first` is the response key of the first field of all.
    """

    sql: str
    parameters: Sequence[Of]
    rows: int
    outside: Outside | None
    first: str = ""

    def values(self, request: Request) -> list[Any]:
        """Refuses what of the request's values is none, as an id of another type."""
        return [of(request) for of in self.parameters]

    async def read(self, request: Request) -> Any:
        """The statement's first value, which is mostly its only one."""
        return await db.fetchval(self.sql, *self.values(request), timeout=READ_SECONDS)

    async def read_still(self, request: Request) -> Any:
        """As `read`, of a statement that tells in its second value whether its viewer is still who they were.

        Refuses, by Lapsed, where they are not.
        """
        row = await db.fetchrow(self.sql, *self.values(request), timeout=READ_SECONDS)
        if row is None or not row[1]:
            raise Lapsed
        return row[0]


@dataclass(slots=True)
class _Branch:
    """A question whose answer decides how to go on, and the ways that were taken before."""

    question: Question
    ways: dict[Hashable, "_Branch | Plan"] = field(default_factory=dict)


@dataclass(slots=True)
class Plans:
    """Of one document: for each thing that is read for it a tree of questions, with a plan at each end.

    What is written depends on answers alone, so a plan holds for whoever answers as the one did for whom it was made.
    """

    grown: Callable[[int], None] = lambda _: None
    """Told how many characters were added."""
    _trees: dict[Hashable, _Branch | Plan] = field(default_factory=dict)
    _number: int = 0

    def find(self, what: Hashable, request: Request) -> Plan | None:
        at = self._trees.get(what)
        while isinstance(at, _Branch):
            at = at.ways.get(at.question.of(request))
        return at

    def answers(self, what: Hashable, request: Request) -> list[tuple[Question, Any]]:
        """What a plan that is kept was asked on the way to it, and what `request` answers."""
        found, at = [], self._trees.get(what)
        while isinstance(at, _Branch):
            answer = at.question.of(request)
            found.append((at.question, answer))
            at = at.ways.get(answer)
        return found

    def keep(self, what: Hashable, asked: Sequence[tuple[Question, Hashable]], plan: Plan) -> None:
        if self._number >= MOST_PLANS:
            self._trees.clear()
            self._number = 0
        self._number += 1
        ways: dict[Hashable, _Branch | Plan] = self._trees
        step = what
        for question, answer in asked:
            branch = ways.setdefault(step, _Branch(question))
            assert isinstance(branch, _Branch)  # noqa: S101 -- the same questions follow the same answers
            ways, step = branch.ways, answer
        ways[step] = plan
        self.grown(len(plan.sql))


def write(compiler: Compiler, sql: str, first: str = "") -> Plan:
    """The plan of what was compiled to the SQL of one value."""
    statement = compiler.statement
    return Plan(
        statement.selecting(sql), tuple(statement.parameters), statement.rows, compiler.outside, first
    )
