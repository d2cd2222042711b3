"""How long who failed waits before the next attempt. Pure; times in UTC."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Limit:
    """`free` failures cost nothing; each one more doubles the wait, from a second up to `most`.

    One failure is forgotten every `forget`. `vouches`: a success under it forgives all its failures, and for a month
    frees whoever has it from the limits that are `waived` so.
    """

    name: str
    free: int
    most: timedelta
    forget: timedelta
    vouches: bool = False
    waived: bool = False


# Whoever guesses at one account from one place waits longest. Whoever does it from many places holds its owner up for a
# minute at most, and not where the owner has signed in before. Behind one address may sit a whole office.
ACCOUNT_AT_ADDRESS = Limit("account-address", 5, timedelta(minutes=5), timedelta(minutes=5), vouches=True)
ACCOUNT = Limit("account", 20, timedelta(minutes=1), timedelta(minutes=2), waived=True)
ADDRESS = Limit("address", 50, timedelta(minutes=5), timedelta(seconds=20))
OWN_PASSWORD = Limit("own-password", 5, timedelta(minutes=5), timedelta(minutes=5), vouches=True)
# Answers by a link for everybody, which nothing but a browser's cookie tells apart. Behind one address of a mobile network
# are many customers.
ANSWERS = Limit("rating-answers", 100, timedelta(minutes=5), timedelta(seconds=20))
INVITATION = Limit("invitation", 10, timedelta(minutes=5), timedelta(minutes=1))


def remaining(limit: Limit, failures: float, since: timedelta) -> float:
    """The failures that count `since` after the last one."""
    return max(0.0, failures - max(since, timedelta()) / limit.forget)


def one_more(limit: Limit, failures: float) -> float:
    """Counted no further than to the longest wait, so that an attack has no long tail."""
    return min(failures + 1, limit.free + 1 + math.log2(limit.most.total_seconds()))


def wait(limit: Limit, failures: float) -> timedelta:
    beyond = failures - limit.free
    return min(timedelta(seconds=2 ** (beyond - 1)), limit.most) if beyond > 0 else timedelta()


def seconds_until(until: datetime | None, now: datetime) -> int:
    """Whole seconds, so that who waits them is not early."""
    return 0 if until is None else max(0, math.ceil((until - now).total_seconds()))
