"""Short slices of load in alternation, so that what else happens on the machine hits all contenders alike."""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import psutil

from benchmarks.asking import Asks
from benchmarks.contenders import Contender
from benchmarks.load import Answers, Ask, ask_for


@dataclass(slots=True)
class Measured:
    """What one contender did of one workload over so many connections, all its slices together."""

    contender: str
    workload: str
    connections: int
    slices: list[Answers] = field(default_factory=list)
    cpu: float = 0.0  # seconds of its process
    servers_cpu: float = 0.0  # seconds of PostgreSQL and Valkey
    memory: int = 0  # bytes of its process, at the most

    @property
    def answers(self) -> int:
        return sum(len(one.latencies) for one in self.slices)

    @property
    def per_second(self) -> float:
        """The median of the slices: one that was disturbed does not count."""
        return statistics.median(len(one.latencies) / one.seconds for one in self.slices)

    def percentile(self, percent: int) -> float:
        """Seconds."""
        all_of_them = sorted(latency for one in self.slices for latency in one.latencies)
        return all_of_them[min(len(all_of_them) * percent // 100, len(all_of_them) - 1)]


async def alternate(
    workload: str,
    contenders: Sequence[Contender],
    asks: Asks,
    connections: int,
    *,
    seconds: float,
    rounds: int,
) -> list[Measured]:
    """Warms all of them up, and then asks each in turn, every second round in the other order."""
    measured = {one.name: Measured(one.name, workload, connections) for one in contenders}
    for one in contenders:
        await ask_for(one.process.port, asks(one), connections, min(1.0, seconds))
    for number in range(rounds):
        for one in contenders if number % 2 == 0 else contenders[::-1]:
            await _slice(one, asks(one), measured[one.name], seconds)
    return list(measured.values())


async def _slice(contender: Contender, asks: Iterator[Ask], measured: Measured, seconds: float) -> None:
    before = _used(contender)
    measured.slices.append(await ask_for(contender.process.port, asks, measured.connections, seconds))
    after = _used(contender)
    measured.cpu += after[0] - before[0]
    measured.servers_cpu += after[1] - before[1]
    measured.memory = max(measured.memory, contender.process.of.memory_info().rss)


def _used(contender: Contender) -> tuple[float, float]:
    """Seconds of the contender's process, and of the servers that all of them share: nobody else asks those now."""
    theirs = [contender.process.of, *contender.process.of.children(recursive=True)]
    return _cpu(theirs), _cpu(_servers())


def _servers() -> list[psutil.Process]:
    return [
        process
        for process in psutil.Process().children(recursive=True)
        if process.name().startswith(("postgres", "valkey"))
    ]


def _cpu(processes: Sequence[psutil.Process]) -> float:
    used = 0.0
    for process in processes:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        # Of children that have ended, too: else what a closed connection's process has used would be missing.
        used += times.user + times.system + times.children_user + times.children_system
    return used
