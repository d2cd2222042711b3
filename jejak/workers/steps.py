"""Steps of the jobs that the clock sets off, and what is noted of each run."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from jejak.domain import job_run

_log = logging.getLogger(__name__)
NOTING_SECONDS = 5
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Step:
    """`every`: how many seconds lie between two runs. Once it is further behind than twice that, it is late."""

    name: str
    every: int
    work: Callable[[], Awaitable[Any]]


async def run(steps: Sequence[Step]) -> None:
    """One after the other. One step's failure does not keep the others from running."""
    failures: list[Exception] = []
    for step in steps:
        try:
            await _run(step)
        except Exception as failure:  # noqa: BLE001 -- told below, with the others
            failures.append(failure)
    if failures:
        raise ExceptionGroup("some steps failed", failures)


async def _run(step: Step) -> None:
    run_id = await _noted(job_run.started(step.name, step.every))
    begun = time.monotonic()
    # What is stopped half-way has not ended.
    try:
        await step.work()
    except Exception as failure:
        await _noted(job_run.ended(step.name, run_id, _since(begun), failure))
        raise
    await _noted(job_run.ended(step.name, run_id, _since(begun)))


async def _noted(note: Awaitable[T]) -> T | None:
    """What is noted must not keep the step from its work: whatever goes wrong, and for as long as it takes."""
    try:
        async with asyncio.timeout(NOTING_SECONDS):
            return await note
    except Exception as error:  # noqa: BLE001 -- whatever it is
        _log.warning("a run could not be noted: %s", job_run.said(error))
        return None


def _since(begun: float) -> int:
    return round((time.monotonic() - begun) * 1000)
