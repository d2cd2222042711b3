"""R6, pure: what becomes of a delivery after an attempt, and how long a channel that is out of reach is left alone."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from jejak.domain.vocabulary import DeliveryState, Outcome

# The most that is waited after each attempt; what is waited is drawn between nothing and that (full jitter), so that
# those that failed together do not come back together.
BACK_OFF = tuple(timedelta(seconds=s) for s in (30, 120, 600, 3_600, 6 * 3_600, 6 * 3_600, 12 * 3_600))
MOST_ATTEMPTS = len(BACK_OFF) + 1
LEAST_WAIT = timedelta(seconds=1)
# What a receiver may ask for by Retry-After.
MOST_ASKED = timedelta(hours=6)
# Longer than people are ever off at a stretch: 11 days at Lebaran.
EXPIRES = timedelta(days=14)
PAUSES = tuple(timedelta(minutes=m) for m in (1, 2, 4, 8, 15, 30, 60))
MOST_SAID = 200
# Of deliveries a day to one target, where the person has chosen no other, and the most that they may.
CEILING = 3
MOST_CEILING = 24


@dataclass(frozen=True, slots=True)
class Attempt:
    """How an attempt went. `said`: in one line; `answer`: what the receiver wrote; `retry_after`: what it asked for."""

    outcome: Outcome
    said: str
    answer: str = ""
    milliseconds: int = 0
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Next:
    state: DeliveryState
    attempts: int
    next_attempt_at: datetime


def wait(attempts: int, jitter: float, asked: timedelta | None = None) -> timedelta:
    """After the so-manieth attempt (from 1) failed; `jitter` in [0, 1)."""
    drawn = max(BACK_OFF[min(attempts, len(BACK_OFF)) - 1] * jitter, LEAST_WAIT)
    return drawn if asked is None else max(drawn, min(asked, MOST_ASKED))


def after(attempt: Attempt, attempts: int, now: datetime, jitter: float) -> Next:
    """`attempts`: those that counted before. One that reached nobody is not the delivery's fault, and does not count."""
    match attempt.outcome:
        case Outcome.DELIVERED:
            return Next(DeliveryState.DELIVERED, attempts + 1, now)
        case Outcome.REFUSED:
            return Next(DeliveryState.DEAD, attempts + 1, now)
        case Outcome.UNREACHABLE:
            return Next(DeliveryState.PENDING, attempts, now)
        case Outcome.FAILED:
            made = attempts + 1
            if made >= MOST_ATTEMPTS:
                return Next(DeliveryState.DEAD, made, now)
            return Next(DeliveryState.PENDING, made, now + wait(made, jitter, attempt.retry_after))


def pause(failures: int) -> timedelta:
    """Until a channel that was out of reach so often in a row (from 1) is looked for again."""
    return PAUSES[min(failures, len(PAUSES)) - 1]


def shortened(text: str) -> str:
    """What strangers write, as far as it is kept: one line of printable characters."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * MOST_SAID]).split())
    return plain if len(plain) <= MOST_SAID else plain[: MOST_SAID - 3] + "..."
