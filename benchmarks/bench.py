"""A run: the contenders over copies of the data, asked workload by workload."""

import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import asking, contenders, databases, postgraphile, reader, report, slices, workloads
from benchmarks.asking import Asks
from benchmarks.contenders import COMPILED, LIMIT, ORDINARY, Contender
from benchmarks.dataset import Scale
from benchmarks.load import Ask
from benchmarks.postgraphile import NotAtHand
from benchmarks.report import Growth
from benchmarks.slices import Measured
from benchmarks.workloads import READS, Question
from jejak import running


@dataclass(frozen=True, slots=True)
class Plan:
    """`seconds` are those of a slice, `rounds` the slices of each contender. `growth`: on the large set, too."""

    seed: int
    scale: Scale
    growth: bool
    connections: Sequence[int]
    seconds: float
    rounds: int
    workloads: frozenset[str]
    contenders: frozenset[str]

    @property
    def told(self) -> dict[str, Any]:
        return {
            "seed": self.seed,
            "scale": self.scale.name.lower(),
            "seconds": self.seconds,
            "rounds": self.rounds,
        }


@dataclass(frozen=True, slots=True)
class Field:
    """Contenders over one set of data, and what can be asked of it."""

    scale: Scale
    contenders: list[Contender]
    reads: dict[str, list[Question]]
    changes: dict[str, Iterator[Question]]

    async def asks(self, workload: str, whom: Sequence[Contender]) -> Asks:
        if workload in READS:
            full = self.scale is not Scale.SMALL
            return await asking.reads(workload, whom, self.reads[workload], full=full)
        return asking.changes(workload, self.changes[workload])


@dataclass(frozen=True, slots=True)
class Bench:
    """`say` prints a line that stays, `now` what is being done."""

    plan: Plan
    servers: running.Servers
    cache: Path
    say: Callable[[str], None]
    now: Callable[[str], None]

    @contextlib.asynccontextmanager
    async def field(self, scale: Scale, wanted: frozenset[str]) -> AsyncIterator[Field]:
        """Starts those of the contenders that are wanted and can be had."""
        async with contextlib.AsyncExitStack() as stack:
            self.now(f"data: {scale.name.lower()}, seed {self.plan.seed} ...")
            url = await stack.enter_async_context(
                databases.copied(self.servers.database_url, scale, self.plan.seed)
            )
            async with running.database(url):
                who = await reader.sign_up()
                reads, changes = await workloads.reads(), await workloads.changes()
            self.now("starting the contenders ...")
            here: list[Contender] = []
            if wanted & {COMPILED, ORDINARY}:
                here += await stack.enter_async_context(contenders.service(url, self.servers.redis_url, who))
            if postgraphile.NAME in wanted:
                try:
                    node, program = await postgraphile.installed(self.cache)
                except NotAtHand as why:
                    self.say(f"{postgraphile.NAME} is skipped: {why}")
                else:
                    here.append(
                        await stack.enter_async_context(postgraphile.postgraphile(url, node, program))
                    )
            if LIMIT in wanted:
                here.append(await stack.enter_async_context(contenders.limit(url, who)))
            yield Field(scale, [one for one in here if one.name in wanted], reads, changes)
            for process in dict.fromkeys(one.process for one in here):
                for complaint in process.complaints()[-1:]:
                    name = next(one.name for one in here if one.process is process)
                    self.say(f"{name} complained, {len(process.complaints())} lines, the last: {complaint}")

    async def measure(self, field: Field, of: Iterable[str]) -> list[Measured]:
        """The workloads of `of` that are wanted, at each number of connections."""
        results: list[Measured] = []
        for workload in of:
            whom = [one for one in field.contenders if workload in one.workloads]
            if workload not in self.plan.workloads or not whom:
                continue
            asks = await field.asks(workload, whom)
            for number in self.plan.connections:
                self.now(f"{workload}, {number} connections ...")
                results += await self._alternate(workload, whom, asks, number)
        return results

    async def grown(self, field: Field) -> list[Growth]:
        """The reads of the service and of the limit on the large set, in alternation with the same on this one."""
        grown: list[Growth] = []
        measured = self.plan.contenders & {COMPILED, LIMIT}
        small = [one for one in field.contenders if one.name in measured]
        async with self.field(Scale.LARGE, measured) as large_field:
            large = [replace(one, name=f"{one.name} on the large set") for one in large_field.contenders]
            for workload in READS:
                if workload not in self.plan.workloads:
                    continue
                self.now(f"{workload} on the large set ...")
                here, there = await field.asks(workload, small), await large_field.asks(workload, large)
                asks = partial(_either, here, frozenset(one.name for one in small), there)
                found = await self._alternate(workload, [*small, *large], asks, report.AT)
                grown += map(report.growth, found[: len(small)], found[len(small) :])
        return grown

    async def _alternate(
        self, workload: str, whom: Sequence[Contender], asks: Asks, connections: int
    ) -> list[Measured]:
        return await slices.alternate(
            workload, whom, asks, connections, seconds=self.plan.seconds, rounds=self.plan.rounds
        )


def _either(here: Asks, names: frozenset[str], there: Asks, one: Contender) -> Iterator[Ask]:
    return (here if one.name in names else there)(one)
