"""R8, pure: the interval of a share, and whether bad reviews have come to be more than they were."""

from math import sqrt

NEGATIVE = 2  # stars, and fewer
INDICATIVE = 30  # below so many answers a figure is only that
TRAILING_DAYS = 28
_Z = 1.96  # of the normal distribution, for 95 %


def wilson(count: int, of: int) -> tuple[float, float] | None:
    """The 95 % interval of the share `count` / `of` by Wilson's formula, from 0 to 1; None of nothing."""
    if of == 0:
        return None
    share, z2 = count / of, _Z * _Z
    middle = share + z2 / (2 * of)
    half = _Z * sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    low, high = (middle - half) / (1 + z2 / of), (middle + half) / (1 + z2 / of)
    # The share itself lies inside, at 0 and 1 but for rounding.
    return max(0.0, min(low, share)), min(1.0, max(high, share))


def is_spike(now: tuple[int, int], before: tuple[int, int]) -> bool:
    """Whether the share of bad reviews has jumped. Each: how many are bad, of how many.

    Where there are at least 30 now, and the whole 95 % interval of their share lies above that of the time before. Of
    nothing before nothing can be said.
    """
    mine, theirs = wilson(*now), wilson(*before)
    if mine is None or theirs is None or now[1] < INDICATIVE:
        return False
    return mine[0] > theirs[1]
