"""Starting and stopping one server, and ending those of a run that was killed."""

import asyncio
import hashlib
import os
import re
import shutil
import subprocess
import time
from asyncio.subprocess import DEVNULL, STDOUT, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from signal import SIGINT, SIGKILL, SIGQUIT, Signals
from typing import BinaryIO

import psutil

# Recovery after a crash replays up to a few hundred megabytes before the first connection.
_START_SECONDS = 120
_STOP_SECONDS = 15
_POLL_SECONDS = 0.02
_SERVERS = {"postgres", "valkey-server"}
# What ends a server, before what may only follow from it. That the database system is starting up
# is the answer to our own early knocks.
_TROUBLES = (
    re.compile(r"\b(FATAL|PANIC):\s+(?!the database system)"),
    re.compile(r"\b(fatal|error|fail\w*|can't|cannot|could not|denied|bad directive)\b", re.IGNORECASE),
)


Ended = Callable[[str], None]


class EmbeddedError(Exception):
    """A server cannot run; the message is one line that says what is wrong and what to do next."""


class InUse(EmbeddedError):  # noqa: N818 -- a state, said in one line
    """Another process runs on the folder."""


def program(package: str, pattern: str) -> Path:
    """The one file of an installed wheel that matches."""
    spec = find_spec(package)
    for root in (spec and spec.submodule_search_locations) or ():
        for path in Path(root).glob(pattern):
            return path
    wheel = package.replace("_", "-")
    raise EmbeddedError(
        f"no {Path(pattern).name} for this machine: install the package {wheel}, or give the URL of a server"
    )


def private(path: str, flags: int) -> int:
    """An opener for files that only the owner of their folder may read, also when root makes them."""
    file = os.open(path, flags | os.O_NOFOLLOW, 0o600)
    owner = Path(path).parent.stat().st_uid
    if os.geteuid() == 0 != owner:
        os.fchown(file, owner, -1)
    return file


def dies_with_us(signal: Signals) -> tuple[str, ...]:
    """The start of a command that gets `signal` when we are killed; nothing where that cannot be had.

    A launcher, as Python code between fork and exec is unsafe with threads about, and as a change
    of user would clear the request. The kernel ties it to the forking thread, here the loop's.
    """
    return ("setpriv", "--pdeathsig", signal.name.removeprefix("SIG")) if _setpriv_knows_deaths() else ()


@cache
def _setpriv_knows_deaths() -> bool:
    # macOS has none; that of busybox and of RHEL 8 cannot do this.
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return False
    command = [setpriv, "--pdeathsig", "KILL", setpriv, "--version"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603


async def launch(command: Sequence[str | Path], log: Path) -> Process:
    """Start a command in a session of its own, so that a terminal's Ctrl-C reaches only us."""
    # PGPORT and its kin would steer the server as well as the client.
    env = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    with _appending(log) as output:
        return await asyncio.create_subprocess_exec(
            *command, stdin=DEVNULL, stdout=output, stderr=STDOUT, env=env, start_new_session=True
        )


def _appending(log: Path) -> BinaryIO:
    return open(log, "ab", opener=private)


def _keep_last(log: Path) -> None:
    if log.exists():
        log.replace(f"{log}.1")


@asynccontextmanager
async def serving(
    command: Sequence[str | Path],
    log: Path,
    *,
    ready: Callable[[], Awaitable[bool]],
    stops: Sequence[Signals],
    ended: Ended,
) -> AsyncIterator[None]:
    """Run a server until the block is left; `stops` are the signals that end it, gentlest first.

    `ended` hears of it, by its name, when it ends before that.
    """
    _keep_last(log)
    process = await launch(command, log)
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not await ready():
            if process.returncode is not None or time.monotonic() > deadline:
                raise failed(log)
            await asyncio.sleep(_POLL_SECONDS)
        watch = asyncio.create_task(_watch(process, log.stem, ended), name=f"watch {log.stem}")
        try:
            yield
        finally:
            watch.cancel()
    finally:
        await _stop(process, stops)


async def _watch(process: Process, name: str, ended: Ended) -> None:
    await process.wait()
    ended(name)


async def _stop(process: Process, stops: Sequence[Signals]) -> None:
    for signal in stops:
        if process.returncode is None:
            process.send_signal(signal)
        try:
            await asyncio.wait_for(process.wait(), _STOP_SECONDS)
        except TimeoutError:
            continue
        return


def failed(log: Path) -> EmbeddedError:
    """What the log of a server says went wrong, in one line."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    telling = ([line for line in lines if trouble.search(line)] for trouble in _TROUBLES)
    said = next(filter(None, telling), lines or ["it said nothing"])
    return EmbeddedError(f"{log.stem} did not start: {said[-1]} (see {log})")


def mark(data: Path) -> str:
    """A short name for the folder, the same in every run."""
    return f"jejak-{hashlib.sha256(os.fsencode(data)).hexdigest()[:16]}"


async def end_leftovers(data: Path) -> None:
    """End what a killed run left on this folder; PostgreSQL is asked to finish cleanly first."""
    await _end(lambda: _servers(data), (SIGINT, SIGQUIT, SIGKILL))
    # Sessions whose server was killed as well would keep a new one from starting.
    await _end(lambda: _sessions(data), (SIGQUIT, SIGKILL))


async def _end(find: Callable[[], list[psutil.Process]], signals: Sequence[Signals]) -> None:
    for signal in signals:
        for process in find():
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal)
        deadline = time.monotonic() + _STOP_SECONDS
        while left := find():
            if time.monotonic() > deadline:
                break
            await asyncio.sleep(_POLL_SECONDS)
        else:
            return
    raise EmbeddedError(f"process {left[0].pid} of an earlier run does not end; end it, then start again")


def _servers(data: Path) -> list[psutil.Process]:
    """Servers whose command line names this folder: a pid file may be stale or not yet written.

    A zombie has no command line, so one that nobody collects is not waited for.
    """
    folders = {str(data), str(data / "postgres")}
    return _processes(lambda words: Path(words[0]).name in _SERVERS and not folders.isdisjoint(words))


def _sessions(data: Path) -> list[psutil.Process]:
    title = f"postgres: {mark(data)}:"
    return _processes(lambda words: words[0].startswith(title))


def _processes(ours: Callable[[list[str]], bool]) -> list[psutil.Process]:
    listed = psutil.process_iter(["cmdline"])
    return [process for process in listed if process.info["cmdline"] and ours(process.info["cmdline"])]
