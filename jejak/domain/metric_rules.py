"""R8, pure: what the answers to a question come to. `domain/metric.py` says the same in SQL.

Of 10 customers 7 gave a 4 or 5: a CSAT of 70, with a 95 % interval from 39.68 to 89.22. Of 100 customers 60 gave a 9 or 10
and 15 at most a 6: an NPS of 45, from 30.50 to 59.50.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from fractions import Fraction

from jejak.domain.vocabulary import RatingMetric

# 95 % of a normal distribution lie within so many standard deviations.
Z = Decimal("1.96")
INDICATIVE_BELOW = 30


@dataclass(frozen=True, slots=True)
class Scale:
    """The scores of a question, and from which on they count for it, and up to which against it."""

    name: str
    least: int
    most: int
    good_from: int
    bad_to: int | None = None

    @property
    def scores(self) -> range:
        return range(self.least, self.most + 1)

    @property
    def columns(self) -> tuple[str, ...]:
        """Of the counts in a tally: how often each score was given."""
        return tuple(f"{self.name}_{score}" for score in self.scores)


SCALES: Mapping[RatingMetric, Scale] = {
    RatingMetric.CSAT: Scale("csat", 1, 5, good_from=4),
    RatingMetric.OVERALL: Scale("overall", 1, 5, good_from=4),
    RatingMetric.CES: Scale("ces", 1, 7, good_from=5),
    RatingMetric.NPS: Scale("nps", 0, 10, good_from=9, bad_to=6),
}


@dataclass(frozen=True, slots=True)
class Figures:
    """In percent (NPS from -100 to 100), the mean in scores, two decimals each; all null where nobody answered."""

    n: int
    value: Decimal | None
    mean: Decimal | None
    low: Decimal | None
    high: Decimal | None

    @property
    def indicative(self) -> bool:
        return self.n < INDICATIVE_BELOW


def figures(metric: RatingMetric, counts: Sequence[int]) -> Figures:
    """Of how often each score of the scale was given, the least first."""
    scale = SCALES[metric]
    by_score = dict(zip(scale.scores, counts, strict=True))
    n = sum(counts)
    if n == 0:
        return Figures(0, None, None, None, None)
    good = sum(count for score, count in by_score.items() if score >= scale.good_from)
    bad = sum(
        count for score, count in by_score.items() if scale.bad_to is not None and score <= scale.bad_to
    )
    mean = Fraction(sum(score * count for score, count in by_score.items()), n)
    low, high = wilson(good, n) if scale.bad_to is None else net_interval(good, bad, n)
    return Figures(n, shown(Fraction(100 * (good - bad), n)), shown(mean), shown(low), shown(high))


def wilson(k: int, n: int) -> tuple[Decimal, Decimal]:
    """The 95 % interval of a share of `k` in `n` > 0, in percent, by Wilson's score."""
    with localcontext(Context(prec=50)):
        square = Z * Z
        middle, width = k + square / 2, Z * (Decimal(k * (n - k)) / n + square / 4).sqrt()
        return 100 * (middle - width) / (n + square), 100 * (middle + width) / (n + square)


def net_interval(good: int, bad: int, n: int) -> tuple[Decimal, Decimal]:
    """The 95 % interval of the share `good` less the share `bad`, in percent, within -100 and 100."""
    with localcontext(Context(prec=50)):
        net = Decimal(100 * (good - bad)) / n
        # n^2 times the variance of an answer that counts 1, 0 or -1: a whole number, so that equals stay 0.
        width = 100 * Z * (Decimal(n * (good + bad) - (good - bad) ** 2)).sqrt() / n / Decimal(n).sqrt()
        return max(Decimal(-100), net - width), min(Decimal(100), net + width)


def shown(value: Decimal | Fraction) -> Decimal:
    """Two decimals, halves away from zero; the inner rounding keeps a true half from being seen as just below it."""
    with localcontext(Context(prec=50)):
        exact = Decimal(value.numerator) / value.denominator if isinstance(value, Fraction) else value
        rounded = exact.quantize(Decimal("1e-10"), ROUND_HALF_UP).quantize(Decimal("0.01"), ROUND_HALF_UP)
        return abs(rounded) if rounded == 0 else rounded


def overlap(one: Figures, other: Figures) -> bool | None:
    """Whether the two intervals have a point in common; null where one of them is of nobody."""
    if one.low is None or one.high is None or other.low is None or other.high is None:
        return None
    return one.low <= other.high and other.low <= one.high
