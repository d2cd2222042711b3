"""R11: a report as people read it: a title, key figures, sections of tables and charts, in one language.

Values stay values here: how a number is written is up to what they are written into.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum, auto
from typing import TypeAlias

Value: TypeAlias = str | int | Decimal | None


class Kind(Enum):
    TEXT = auto()
    COUNT = auto()
    COUNT_CHANGE = auto()  # with its sign
    FIGURE = auto()  # two decimals
    CHANGE = auto()  # with its sign, two decimals
    LOW = auto()  # of an interval; HIGH follows
    HIGH = auto()
    MARK = auto()  # that what stands before it is indicative: a text, or None


@dataclass(frozen=True, slots=True)
class Column:
    """`group`: what columns beside each other have in common."""

    title: str
    kind: Kind = Kind.TEXT
    group: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """`total`: the last row sums up the others. `plotted`: the places of columns of which a spreadsheet makes a chart."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Value]]
    total: bool = False
    plotted: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Bar:
    label: str
    value: Decimal | None
    lighter: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Bars:
    """Percent or scores, 0 to 100. `legend`: what the bar is, and the lighter one behind it."""

    title: str
    bars: Sequence[Bar]
    legend: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Interval:
    label: str
    value: Decimal
    low: Decimal
    high: Decimal
    before: Decimal | None
    target: Decimal | None


@dataclass(frozen=True, slots=True)
class Intervals:
    """On a scale from `least` to 100. `legend`: figure and interval, the month before, the target."""

    title: str
    intervals: Sequence[Interval]
    least: int
    legend: tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Share:
    label: str
    counts: Sequence[int]
    first_score: int


@dataclass(frozen=True, slots=True)
class Shares:
    """How often each score was given, from the worst to the best."""

    title: str
    shares: Sequence[Share]


Chart: TypeAlias = Bars | Intervals | Shares


@dataclass(frozen=True, slots=True)
class Section:
    """`key` names it in every language. Charts come before the tables."""

    key: str
    title: str
    tables: Sequence[Table] = ()
    charts: Sequence[Chart] = ()
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Tile:
    """A key figure. `note`: what it is measured by."""

    label: str
    value: Value
    kind: Kind
    change: Value
    change_kind: Kind
    note: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """`mark`: what stands on every page of what is not published; empty where it is."""

    title: str
    month: str
    unit: str
    code: str
    above: str
    mark: str
    warning: str
    facts: Sequence[tuple[str, str]]
    tiles: Sequence[Tile]
    summary: Table
    sections: Sequence[Section]
    definitions: Sequence[tuple[str, str]]
    closing: Sequence[tuple[str, str]] = field(default=())
