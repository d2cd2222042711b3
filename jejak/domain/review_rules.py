"""R8, pure: whether bad reviews of the app in its store have come to be more than they were."""

from jejak.domain.metric_rules import INDICATIVE_BELOW, wilson

NEGATIVE = 2  # stars, and fewer
TRAILING_DAYS = 28


def is_spike(now: tuple[int, int], before: tuple[int, int]) -> bool:
    """Whether the share of bad reviews has jumped. Each: how many are bad, of how many.

    Where there are at least 30 now, and the whole 95 % interval of their share lies above that of the time before. Of
    nothing before nothing can be said.
    """
    if now[1] < INDICATIVE_BELOW or before[1] == 0:
        return False
    return wilson(*now)[0] > wilson(*before)[1]
