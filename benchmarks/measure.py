"""Alternating runs of two contenders over the same data, their medians, their ratio, and the memory they took."""

import gc
import resource
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import psutil

Run = Callable[[], Awaitable[int]]


@dataclass(slots=True)
class Contender:
    """`run` does the work once and returns how many things it did; `again` brings the data back to before."""

    name: str
    run: Run
    seconds: list[float] = field(default_factory=list)
    did: set[int] = field(default_factory=set)
    grown: int = 0  # bytes by which the process grew at most in a run

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


@dataclass(frozen=True, slots=True)
class Result:
    title: str
    things: int
    ours: Contender
    bare: Contender

    @property
    def ratio(self) -> float:
        return self.ours.median / self.bare.median


async def compare(
    title: str, ours: Run, bare: Run, again: Callable[[], Awaitable[None]], rounds: int
) -> Result:
    """Runs both `rounds` times in alternation. Refuses, by RuntimeError, contenders that did not do equally much."""
    contenders = (Contender("jejak", ours), Contender("bare SQL", bare))
    for number in range(rounds):
        for one in contenders if number % 2 == 0 else contenders[::-1]:
            await again()
            gc.collect()
            before = psutil.Process().memory_info().rss
            start = time.perf_counter()
            one.did.add(await one.run())
            one.seconds.append(time.perf_counter() - start)
            one.grown = max(one.grown, psutil.Process().memory_info().rss - before)
    first, second = contenders
    if len(first.did | second.did) != 1:
        raise RuntimeError(f"{title}: not equally much was done: {first.did} and {second.did}")
    return Result(title, first.did.pop(), first, second)


def peak() -> int:
    """The most memory that this process has ever held, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
