"""What one request brings to a statement that was written for many."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from graphql.execution.values import VariableValues

from jejak.domain.access import Viewer
from jejak.domain.vocabulary import Language


@dataclass(frozen=True, slots=True)
class Request:
    """All that may differ from request to request where document and operation are the same.

    `held`: the keys of the rows that a payload holds. `outside`: what a root field asked for beforehand, since no
    table holds it.
    """

    viewer: Viewer
    language: Language
    variables: VariableValues
    now: datetime
    held: Any = None
    outside: Any = None


Of = Callable[[Request], Any]


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """A value that comes with each request: a statement holds a parameter for it and is written without knowing it."""

    of: Of
    name: str = ""
    """What a person who reads the statement calls it."""


def variable(name: str) -> Of:
    """The value of a variable; None where it is null or was left out."""
    return lambda request: request.variables.coerced.get(name)


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What the text of a statement hangs on; `about` says in a few words what is asked."""

    about: str
    of: Of
