"""R8 as SQL: figures over counts of answers. What they come to for whom: `metric_rules.py`, which says the same in Python."""

from jejak.domain.metric_rules import INDICATIVE_BELOW, SCALES, Scale, Z
from jejak.domain.vocabulary import RatingMetric

_SQUARE = Z * Z


def shown(value: str) -> str:
    """Two decimals. numeric division carries 16 digits or more; the inner rounding keeps a true half from being seen as
    just below it.
    """
    return f"round(round({value}, 10), 2)"


def wilson(k: str, n: str, sign: str) -> str:
    """SQL for an end of the 95 % interval of a share of `k` in `n`, in percent; null for n = 0. `sign`: - for the lower one."""
    width = f"{Z} * sqrt({k} * ({n} - {k})::numeric / nullif({n}, 0) + {_SQUARE / 4})"
    return f"100 * ({k} + {_SQUARE / 2} {sign} {width}) / ({n} + {_SQUARE})"


def net(good: str, bad: str, n: str) -> str:
    """SQL for the share `good` less the share `bad`, in percent; null for n = 0."""
    return f"100.0 * ({good} - {bad}) / nullif({n}, 0)"


def net_interval(good: str, bad: str, n: str, sign: str) -> str:
    """SQL for an end of its 95 % interval, within -100 and 100; null for n = 0."""
    # n^2 times the variance of an answer is a whole number, which is 0 where all answer alike.
    spread = f"sqrt(({n}::numeric * ({good} + {bad}) - ({good} - {bad})::numeric ^ 2) / nullif({n}, 0)::numeric ^ 3)"
    # greatest() and least() leave nulls out.
    return f"case when {n} > 0 then least(100, greatest(-100, {net(good, bad, n)} {sign} {100 * Z} * {spread})) end"


def counts(scale: Scale, of: str, where: str = "true") -> str:
    """SQL for an array of how often each score was given, the least first: sums over rows of a tally called `of`."""
    some = "" if where == "true" else f" filter (where {where})"
    return (
        f"array[{', '.join(f'coalesce(sum({of}.{column}){some}, 0)' for column in scale.columns)}]::bigint[]"
    )


def none(scale: Scale) -> str:
    """SQL for the same where there is no row."""
    return f"array_fill(0::bigint, array[{len(scale.columns)}])"


def figures(metric: RatingMetric, array: str) -> str:
    """SQL for the columns `n`, `value`, `mean`, `low`, `high`, not rounded, and `indicative`, over an array of `counts`: after a `select`."""
    scale = SCALES[metric]

    def of(scores: range) -> str:
        return "(" + " + ".join(f"{array}[{score - scale.least + 1}]" for score in scores) + ")"

    n, good = of(scale.scores), of(range(scale.good_from, scale.most + 1))
    weighted = " + ".join(f"{score} * {array}[{score - scale.least + 1}]" for score in scale.scores if score)
    if scale.bad_to is None:
        bad, ends = "0", [wilson(good, n, sign) for sign in "-+"]
    else:
        bad = of(range(scale.least, scale.bad_to + 1))
        ends = [net_interval(good, bad, n, sign) for sign in "-+"]
    return f"""{n} as n, {net(good, bad, n)} as value, ({weighted})::numeric / nullif({n}, 0) as mean,
        {ends[0]} as low, {ends[1]} as high, {n} < {INDICATIVE_BELOW} as indicative"""
