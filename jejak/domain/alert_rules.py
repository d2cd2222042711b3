"""R10, pure: whether a rule of early warning fires, an open alert of it stays, or its cause is gone.

All figures are percent, rounded to two decimals as they are shown: what is compared is what people read. Between firing
and clearing lies a stretch in which nothing happens, so that no alert opens and closes with every answer.
"""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum, auto
from fractions import Fraction

from jejak.domain.metric_rules import SCALES, net_interval, shown, wilson
from jejak.domain.vocabulary import AlertClosed, AlertKind, AlertPeriod, RatingMetric

# Whole days up to yesterday. A month is four whole weeks: each weekday counts alike, and two months are equally long.
DAYS = {AlertPeriod.WEEK: 7, AlertPeriod.MONTH: 28}
TRAILING = 3  # periods that a drop is held against, taken together
PACE_DAYS = 28
_HUNDRED = Decimal(100)


class Verdict(Enum):
    FIRES = auto()
    STAYS = auto()  # neither: what is open stays open, and nothing opens
    CLEARS = auto()


@dataclass(frozen=True, slots=True)
class Rule:
    """What of an `AlertRule` decides."""

    kind: AlertKind
    threshold: Decimal
    least_n: int
    clear_at: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Answers:
    """Of `n` customers `up` count for the metric and, of NPS, `down` against it."""

    n: int = 0
    up: int = 0
    down: int = 0


@dataclass(frozen=True, slots=True)
class Figure:
    """With its 95 % interval, both ends included."""

    value: Decimal
    low: Decimal
    high: Decimal
    n: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found. `value` is held against `base`: a metric against its floor, or against what it was in the periods
    before (then with n and interval of its own); a share of overdue tasks against the threshold; what is verified at the
    programme's end by the present pace against the target.

    `n`: answers, open tasks, tasks, or reviews; `hits` of them are overdue, or bad. `reached`: verified now. The days
    that it speaks of, both included; of a pace from the first day that it is reckoned by to the programme's end.
    """

    value: Decimal | None = None
    n: int = 0
    hits: int | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    reached: Decimal | None = None
    from_on: date | None = None
    to_on: date | None = None
    base: Decimal | None = None
    base_n: int | None = None
    base_low: Decimal | None = None
    base_high: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """`because`: why an open alert closes, where it does."""

    verdict: Verdict
    reading: Reading = field(default_factory=Reading)
    because: AlertClosed = AlertClosed.RECOVERED


@dataclass(frozen=True, slots=True)
class Pace:
    """Verified completion in percent: `now`, and `first` and `last` at the ends of two days of which snapshots are kept."""

    now: Decimal | None
    tasks: int
    first: Decimal | None
    first_on: date | None
    last: Decimal | None
    last_on: date | None


def figure(metric: RatingMetric, answers: Answers) -> Figure | None:
    """R8. None without answers, never 0."""
    if answers.n == 0:
        return None
    up, down, n = answers.up, answers.down, answers.n
    if SCALES[metric].bad_to is None:
        down, (low, high) = 0, wilson(up, n)
    else:
        low, high = net_interval(up, down, n)
    return Figure(shown(Fraction(100 * (up - down), n)), shown(low), shown(high), n)


def days(period: AlertPeriod, today: date) -> tuple[date, date]:
    """The first and the last day of the period that ended yesterday."""
    return today - timedelta(days=DAYS[period]), today - timedelta(days=1)


def below_floor(rule: Rule, now: Figure | None) -> Judged:
    """Fires where even the interval's upper end lies below the floor, and clears once the value itself is back at it:
    an alert that closes opens again only after a fall by half an interval.

    Too few answers say neither; none at all end it.
    """
    if now is None:
        return Judged(Verdict.CLEARS, Reading(base=rule.threshold), AlertClosed.NO_DATA)
    reading = Reading(now.value, now.n, low=now.low, high=now.high, base=rule.threshold)
    if now.n < rule.least_n:
        return Judged(Verdict.STAYS, reading)
    if now.high < rule.threshold:
        return Judged(Verdict.FIRES, reading)
    return Judged(_cleared(now.value >= _clear_at(rule)), reading)


def dropped(rule: Rule, now: Figure | None, before: Figure | None) -> Judged:
    """Fires where the interval lies wholly below that of the periods before, and the value by `threshold` points at least.
    Clears once the value is inside that interval again, or above it.
    """
    if now is None:
        return Judged(Verdict.CLEARS, Reading(), AlertClosed.NO_DATA)
    reading = Reading(now.value, now.n, low=now.low, high=now.high)
    if before is None:
        return Judged(Verdict.STAYS, reading)
    reading = Reading(
        now.value,
        now.n,
        low=now.low,
        high=now.high,
        base=before.value,
        base_n=before.n,
        base_low=before.low,
        base_high=before.high,
    )
    if min(now.n, before.n) < rule.least_n:
        return Judged(Verdict.STAYS, reading)
    if now.high < before.low and before.value - now.value >= rule.threshold:
        return Judged(Verdict.FIRES, reading)
    return Judged(_cleared(now.value >= before.low), reading)


def why_recovered(closed: Reading, opened_low: Decimal | None) -> AlertClosed:
    """Of a drop that is none any more: whether it is back where it was, or what was before has sunk as well."""
    if closed.value is None or opened_low is None or closed.value >= opened_low:
        return AlertClosed.RECOVERED
    return AlertClosed.SETTLED


def spiked(rule: Rule, now: Answers, before: Answers) -> Judged:
    """Of reviews, of which `up` are bad: a drop the other way round. Fires where the interval of their share lies wholly
    above that of the time before, and the share by `threshold` points at least; clears once it is inside that again.
    """
    mine, theirs = figure(RatingMetric.CSAT, now), figure(RatingMetric.CSAT, before)
    if mine is None:
        return Judged(Verdict.CLEARS, Reading(hits=0), AlertClosed.NO_DATA)
    reading = Reading(mine.value, mine.n, now.up, mine.low, mine.high)
    if theirs is None:
        return Judged(Verdict.STAYS, reading)
    reading = replace(reading, base=theirs.value, base_n=theirs.n, base_low=theirs.low, base_high=theirs.high)
    if mine.low > theirs.high and mine.value - theirs.value >= rule.threshold and mine.n >= rule.least_n:
        return Judged(Verdict.FIRES, reading)
    return Judged(_cleared(mine.value <= theirs.high), reading)


def overdue(rule: Rule, open_tasks: int, overdue_tasks: int) -> Judged:
    """All tasks are counted, none is a sample, so there is no interval: `clear_at` below the threshold keeps it calm.

    Fires from `least_n` open tasks on.
    """
    if open_tasks == 0:
        return Judged(Verdict.CLEARS, Reading(base=rule.threshold, hits=0))
    value = shown(Fraction(100 * overdue_tasks, open_tasks))
    reading = Reading(value, open_tasks, overdue_tasks, base=rule.threshold)
    if value >= rule.threshold and open_tasks >= rule.least_n:
        return Judged(Verdict.FIRES, reading)
    return Judged(_cleared(value <= _clear_at(rule)), reading)


def behind(rule: Rule, pace: Pace, today: date, ends_on: date | None) -> Judged:
    """Where completion would be at the programme's end, if it went on as in the days that the snapshots tell of.

    After the end it is what has been reached. Without an end the rule rests; without snapshots of so many days ago it
    says nothing yet.
    """
    if ends_on is None or pace.now is None:
        return Judged(Verdict.CLEARS, Reading(base=rule.threshold), AlertClosed.NO_DATA)
    known = Reading(n=pace.tasks, reached=pace.now, base=rule.threshold, to_on=ends_on)
    if pace.first is None or pace.last is None or pace.first_on is None or pace.last_on is None:
        return Judged(Verdict.STAYS, known)
    ahead = max((ends_on - today).days, 0)
    gained = (pace.last - pace.first) * ahead / max((pace.last_on - pace.first_on).days, 1)
    value = shown(min(max(pace.now + gained, Decimal(0)), _HUNDRED))
    reading = Reading(
        value,
        pace.tasks,
        reached=pace.now,
        base=rule.threshold,
        from_on=pace.first_on,
        to_on=ends_on,
    )
    if pace.tasks < rule.least_n:
        return Judged(Verdict.STAYS, reading)
    if value < rule.threshold:
        return Judged(Verdict.FIRES, reading)
    return Judged(_cleared(value >= _clear_at(rule)), reading)


def _cleared(gone: bool) -> Verdict:
    return Verdict.CLEARS if gone else Verdict.STAYS


def _clear_at(rule: Rule) -> Decimal:
    return rule.threshold if rule.clear_at is None else rule.clear_at
