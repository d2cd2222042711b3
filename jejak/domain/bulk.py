"""What all bulk changes share. All rows are judged by what was read and locked before anything is written.

So a row that fails has written nothing, and the others need no savepoint around them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from jejak.domain.checks import Checks
from jejak.domain.errors import Code, Path, Problem, Refused
from jejak.domain.vocabulary import ErrorPolicy

MOST_ROWS = 500
MOST_IMPORTED = 1_000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Unread:
    """A row that could not even be read, as one with a malformed id: it fails like any other."""

    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """What was written, by the row's place in the input, and why the other rows were not."""

    made: Mapping[int, T]
    problems: Sequence[Problem] = ()


def check_number(rows: Sequence[object], name: str, most: int = MOST_ROWS) -> None:
    """Refuses REQUIRED without rows, TOO_MANY beyond `most`."""
    with Checks() as checks:
        checks.at_most(len(rows), most, name)
        if not rows:
            checks.refuse(Code.REQUIRED, name)


def placed(rows: Iterable[T], name: str) -> Iterator[tuple[T, Path]]:
    """Each row with its place in the input."""
    return ((row, (name, position)) for position, row in enumerate(rows))


def read(row: T | Unread) -> T:
    """The row; refuses one that could not be read."""
    if isinstance(row, Unread):
        raise Refused.because(list(row.problems))
    return row


@dataclass(slots=True)
class Rows(Generic[T]):
    """The rows of a call while they are judged."""

    good: dict[int, T] = field(default_factory=dict)
    _problems: list[Problem] = field(default_factory=list)

    @contextmanager
    def row(self) -> Iterator[None]:
        """What is refused inside concerns this row alone."""
        try:
            yield
        except Refused as refused:
            self._problems += refused.problems

    def settle(self, policy: ErrorPolicy) -> list[Problem]:
        """The problems by row. Refuses everything where `policy` says so, and where no row is good: then nothing has happened."""
        problems = sorted(self._problems, key=lambda problem: int(problem.path[1]))
        if problems and (policy is ErrorPolicy.REJECT_EVERYTHING or not self.good):
            raise Refused.because(problems)
        return problems
