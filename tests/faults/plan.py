"""What goes wrong and when: everything from one number, so that it can be had again."""

import random
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    WORKER_KILLED = "worker killed"
    API_KILLED = "API killed"
    VALKEY_FLUSHED = "Valkey flushed"
    VALKEY_KILLED = "Valkey killed"
    POSTGRES_STOPPED = "PostgreSQL stopped"
    POSTGRES_STOPPED_AT_ONCE = "PostgreSQL stopped at once"
    POSTGRES_KILLED = "PostgreSQL killed"
    SESSION_KILLED = "a session of PostgreSQL killed, which ends them all"
    CLOCK_JUMPS = "clocks jump a day"


@dataclass(frozen=True, slots=True)
class Fault:
    """`at`: seconds after the load began. `pause`: after which what was ended is started anew. `nth`: of two processes."""

    at: float
    kind: Kind
    nth: int
    pause: float


def plan(seed: int, seconds: float, every: float) -> list[Fault]:
    """A fault every so many seconds, more or less. Every kind comes before any comes again. What is longer begins as
    what is shorter.
    """
    chance = random.Random(seed)  # noqa: S311 -- no secret
    faults: list[Fault] = []
    at, bag = chance.uniform(0.3, 0.7) * every, list[Kind]()
    while at < seconds:
        if not bag:
            bag = list(Kind)
            chance.shuffle(bag)
        faults.append(Fault(at, bag.pop(), chance.randrange(2), chance.uniform(0, 1.5)))
        at += chance.uniform(0.3, 1.7) * every
    return faults
