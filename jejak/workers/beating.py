"""The worker's own heartbeat, by a task of its own: whatever its jobs do, and while Valkey is away."""

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import AsyncIterator

from jejak import __version__
from jejak.domain import db, heartbeat, job_run
from jejak.domain.heartbeat import Process
from jejak.workers import jobs

_log = logging.getLogger(__name__)
PATIENCE_SECONDS = 2


@contextlib.asynccontextmanager
async def beating() -> AsyncIterator[None]:
    """While this is open, the worker is known to live. The database may be away, then and now."""
    me = Process(db.new_id(), socket.gethostname(), os.getpid(), __version__)
    task = asyncio.create_task(_beat(me), name="heartbeat")
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        # Nobody waits for a goodbye; without one it is seen to be silent.
        with contextlib.suppress(Exception):
            async with asyncio.timeout(PATIENCE_SECONDS):
                await heartbeat.end(me)


async def _beat(me: Process) -> None:
    told = silent = False
    while True:
        try:
            await heartbeat.beat(me)
            if not told:
                await job_run.known(jobs.every_step())
            told, silent = True, False
        except Exception as error:  # noqa: BLE001 -- whatever it is, the next may be heard
            if not silent:
                _log.warning("no heartbeat, the next is tried soon: %s", job_run.said(error))
            silent = True
        await asyncio.sleep(heartbeat.BEAT_SECONDS)
