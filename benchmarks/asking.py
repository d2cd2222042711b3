"""What each contender is asked in turn, once it is sure that they answer alike."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle

from benchmarks import load, same
from benchmarks.contenders import Contender
from benchmarks.load import Ask, WrongAnswer
from benchmarks.workloads import ROWS, Question

_NO_ERRORS = re.compile(rb'"errors" ?: ?\[\]')
Asks = Callable[[Contender], Iterator[Ask]]


async def reads(
    name: str, contenders: Sequence[Contender], questions: Sequence[Question], *, full: bool
) -> Asks:
    """The questions round and round. Refuses, by WrongAnswer, contenders whose answers differ, and, where `full`, a page
    that is not. From then on an answer is right if it is as long as the one that was looked at.
    """
    first: list[object] = []
    rings: dict[str, Iterator[Ask]] = {}
    for one in contenders:
        asks, said = [], []
        for question in questions:
            request = one.request(name, question)
            body = await load.ask_once(one.process.port, request)
            said.append(_read(name, one, body))
            asks.append(Ask(request, _as_long_as(body)))
        first = first or said
        if said != first:
            raise WrongAnswer(f"{name}: {one.name} says something else than {contenders[0].name}")
        rings[one.name] = cycle(asks)
    if full and name in ROWS and _rows(first[0]) != ROWS[name]:
        raise WrongAnswer(f"{name}: {_rows(first[0])} rows where {ROWS[name]} were asked for")
    return lambda contender: rings[contender.name]


def changes(name: str, questions: Iterator[Question]) -> Asks:
    """Each question once, whichever contender comes next: all of them change the same rows."""

    def asks(contender: Contender) -> Iterator[Ask]:
        while True:
            question = next(questions)
            yield Ask(contender.request(name, question), _done(question.answered))

    return asks


def _read(name: str, contender: Contender, body: bytes) -> object:
    try:
        return same.plain(body)
    except ValueError as error:
        raise WrongAnswer(f"{name}: {contender.name} answered {error}") from None


def _as_long_as(known: bytes) -> Callable[[bytes], str | None]:
    length = len(known)
    return lambda body: None if len(body) == length else "another answer than before"


def _done(answered: bytes) -> Callable[[bytes], str | None]:
    return lambda body: None if answered in body and _NO_ERRORS.search(body) else "not done"


def _rows(data: object) -> int:
    """Of the one list that is asked for."""
    assert isinstance(data, dict)  # noqa: S101 -- what `same` has read
    [rows] = data.values()
    return len(rows["nodes"] if isinstance(rows, dict) else rows)
