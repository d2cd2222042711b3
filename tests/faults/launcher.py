"""`python -m tests.faults.launcher FILE WORDS...`: the command `jejak`, its clock ahead by the seconds in a file.

Whoever writes the file sets the clocks of all processes that follow it. What workers do every minute they do every few
seconds, so that they are killed while they do it.
"""

import asyncio
import gc
import signal
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

from arq.connections import ArqRedis
from arq.worker import Worker

from jejak.cli import main
from jejak.domain import clock
from jejak.workers import main as workers

LOOKS_EVERY = 0.02
SECONDS = {"minute": set(range(1, 60, 5)), "deliver": set(range(0, 60, 2))}


def follow(file: Path) -> None:
    wanted = timedelta(seconds=float(file.read_text()))
    if wanted != clock.shifted():
        clock.shift(wanted - clock.shifted())


def _hurry() -> None:
    ordinary = workers.worker

    def hurried(redis: ArqRedis) -> Worker:
        made = ordinary(redis)
        for job in made.cron_jobs:
            job.second = SECONDS.get(job.name, job.second)
        return made

    workers.worker = hurried


def _follow_for_ever(file: Path) -> None:
    while True:
        time.sleep(LOOKS_EVERY)
        follow(file)
        if _asked:
            _asked.clear()
            tell()


_asked: list[int] = []


def tell() -> None:
    """What every task waits for, for whoever wonders why nothing goes on. Asked for by SIGUSR1."""
    for task in [one for one in gc.get_objects() if isinstance(one, asyncio.Task) and not one.done()]:
        task.print_stack(file=sys.stderr)
    sys.stderr.flush()


if __name__ == "__main__":
    at, words = Path(sys.argv[1]), sys.argv[2:]
    follow(at)
    signal.signal(signal.SIGUSR1, lambda number, _: _asked.append(number))
    _hurry()
    threading.Thread(target=_follow_for_ever, args=[at], daemon=True).start()
    main(words, prog_name="jejak")
