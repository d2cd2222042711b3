"""What was measured, as tables for people and as JSON for programs, with the ratios that were aimed at."""

import json
import os
import platform
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from benchmarks import postgraphile
from benchmarks.contenders import COMPILED, LIMIT
from benchmarks.slices import Measured

AT = 16  # connections


@dataclass(frozen=True, slots=True)
class Aim:
    """`workload` at 16 connections: so many times the requests of `of`, at least."""

    workload: str
    of: str
    least: float


AIMS = (
    Aim("nested", LIMIT, 0.8),
    Aim("flat", LIMIT, 0.8),
    Aim("nested", postgraphile.NAME, 2),
    Aim("flat", postgraphile.NAME, 2),
    Aim("completion", LIMIT, 0.8),
    Aim("capture", LIMIT, 0.5),
    Aim("update", LIMIT, 0.5),
)
MOST_GROWTH = 0.2
NOTE = (
    "CPU: ms of a request, of the contender's process, and of the servers PostgreSQL and Valkey. `by CPU`: the ratio to the "
    "limit by all of that, which other work on the machine disturbs least. The limit looks at no token and counts no "
    "request; PostGraphile looks at nobody's rights."
)


@dataclass(frozen=True, slots=True)
class Growth:
    """CPU and time of one contender's page on the large set, as a multiple of those on the other."""

    contender: str
    workload: str
    cpu: float
    p50: float


def growth(small: Measured, large: Measured) -> Growth:
    return Growth(
        small.contender,
        small.workload,
        _by_cpu(small) / _by_cpu(large),
        large.percentile(50) / small.percentile(50),
    )


def show(console: Console, all_of_them: Sequence[Measured]) -> None:
    """A table for each workload and number of connections."""
    for workload, number in dict.fromkeys((one.workload, one.connections) for one in all_of_them):
        block = [one for one in all_of_them if (one.workload, one.connections) == (workload, number)]
        table = Table(
            title=f"{workload}, {number} connections", title_justify="left", box=SIMPLE_HEAD, show_edge=False,
            padding=0,
        )  # fmt: skip
        table.add_column("contender", min_width=15)
        for name in ("req/s", "p50 ms", "p99 ms", "CPU", "servers", "MiB", "/limit", "by CPU", "/PostGr."):
            table.add_column(name, justify="right", min_width=len(name))
        for one in block:
            table.add_row(*_cells(one, block))
        console.print(table)
    console.print(NOTE)


def _cells(one: Measured, block: Iterable[Measured]) -> list[str]:
    ratios = (
        ratio(block, one.contender, LIMIT),
        ratio(block, one.contender, LIMIT, _by_cpu),
        ratio(block, one.contender, postgraphile.NAME),
    )
    return [
        one.contender,
        f"{one.per_second:,.0f}",
        f"{one.percentile(50) * 1_000:.1f}",
        f"{one.percentile(99) * 1_000:.1f}",
        f"{one.cpu / one.answers * 1_000:.2f}",
        f"{one.servers_cpu / one.answers * 1_000:.2f}",
        f"{one.memory / 2**20:.0f}",
        *("" if value is None else f"{value:.2f}" for value in ratios),
    ]


def _per_second(one: Measured) -> float:
    return one.per_second


def _by_cpu(one: Measured) -> float:
    """Requests that a second of CPU, of its process and of the servers, is enough for."""
    return one.answers / (one.cpu + one.servers_cpu)


def ratio(
    block: Iterable[Measured], contender: str, of: str, figure: Callable[[Measured], float] = _per_second
) -> float | None:
    """None where one of the two did not run."""
    found = {one.contender: one for one in block}
    return figure(found[contender]) / figure(found[of]) if {contender, of} <= found.keys() else None


def show_aims(
    console: Console, all_of_them: Sequence[Measured], grown: Sequence[Growth]
) -> list[dict[str, Any]]:
    """Prints which of the aims were met, and gives them for the JSON; those whose contenders did not run are left out."""
    table = Table("aim", "at least", "measured", "")
    aims = []
    for aim in AIMS:
        block = [one for one in all_of_them if one.workload == aim.workload and one.connections == AT]
        measured = ratio(block, COMPILED, aim.of)
        if measured is not None:
            what = f"{aim.workload}: requests a second, to those of {aim.of}"
            aims.append({"aim": what, "least": aim.least, "measured": measured, "met": measured >= aim.least})
            table.add_row(what, f"{aim.least:.1f}", f"{measured:.2f}", _met(measured >= aim.least))
    for one in grown:
        if one.contender == COMPILED:
            what = f"{one.workload}: CPU of a page on the large set"
            met = one.cpu <= 1 + MOST_GROWTH
            aims.append({"aim": what, "most": 1 + MOST_GROWTH, "measured": one.cpu, "met": met})
            table.add_row(what, f"at most {1 + MOST_GROWTH:.1f}", f"{one.cpu:.2f}", _met(met))
    if aims:
        console.print(table)
    return aims


def _met(met: bool) -> str:
    return "met" if met else "[bold]missed[/bold]"


def show_growth(console: Console, grown: Sequence[Growth]) -> None:
    table = Table(
        "workload", "contender", "CPU", "p50", title="on the large set, as a multiple", title_justify="left"
    )
    for one in grown:
        table.add_row(one.workload, one.contender, f"{one.cpu:.2f}", f"{one.p50:.2f}")
    console.print(table)


def write(
    out: Path,
    run: dict[str, Any],
    all_of_them: Sequence[Measured],
    grown: Sequence[Growth],
    aims: list[dict[str, Any]],
) -> None:
    results = [
        {
            "workload": one.workload,
            "connections": one.connections,
            "contender": one.contender,
            "requests_per_second": one.per_second,
            "each_slice": [len(part.latencies) / part.seconds for part in one.slices],
            "requests": one.answers,
            "p50_seconds": one.percentile(50),
            "p99_seconds": one.percentile(99),
            "cpu_seconds": one.cpu,
            "servers_cpu_seconds": one.servers_cpu,
            "memory_bytes": one.memory,
        }
        for one in all_of_them
    ]
    machine = {"python": platform.python_version(), "cpus": os.cpu_count(), "load": os.getloadavg()}
    told = {
        "run": run | machine,
        "results": results,
        "growth": [
            {"contender": g.contender, "workload": g.workload, "cpu": g.cpu, "p50": g.p50} for g in grown
        ],
        "aims": aims,
    }
    out.write_text(json.dumps(told, indent=2) + "\n")
