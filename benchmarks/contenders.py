"""Whoever answers: a process of its own each, and how it is asked."""

import asyncio
import contextlib
import os
import re
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import IO

import orjson
import psutil

from benchmarks import load
from benchmarks.reader import Reader
from benchmarks.workloads import CHANGES, DOCUMENTS, READS, Question

COMPILED, ORDINARY, LIMIT = "jejak", "jejak, ordinary", "limit"

_UP = re.compile(r" is up at http://127\.0\.0\.1:(\d+)")
_PATIENCE = 30.0  # seconds
_OURS = ("DATABASE_URL", "REDIS_URL", "JEJAK_", "SMTP_", "MAIL_", "WEBHOOK_")
# As many requests as come: what is measured is the way from a request to its answer.
_GENEROUS = {
    "JEJAK_MOST_PER_MINUTE": "1000000000",
    "JEJAK_MOST_BURST": "1000000000",
    "JEJAK_MOST_AT_ONCE": "1000",
    "JEJAK_MOST_AT_ONCE_EACH": "1000",
}


class DidNotStart(Exception):  # noqa: N818 -- said to a person, in one line
    """A contender that has not come up."""


@dataclass(frozen=True, slots=True)
class Process:
    of: psutil.Process
    port: int
    _log: IO[bytes]

    def complaints(self) -> list[str]:
        """What it has said on its standard error so far."""
        self._log.seek(0)
        return self._log.read().decode(errors="replace").splitlines()


@dataclass(frozen=True, slots=True)
class Contender:
    """`request` makes the bytes that ask it a question of a workload; `workloads` are those that it knows."""

    name: str
    process: Process
    request: Callable[[str, Question], bytes]
    workloads: frozenset[str]


@contextlib.asynccontextmanager
async def service(
    database_url: str, redis_url: str, reader: Reader
) -> AsyncIterator[tuple[Contender, Contender]]:
    """`jejak serve`, as it is run in production; and the same process, told to use the ordinary executor."""
    urls = {"DATABASE_URL": database_url, "REDIS_URL": redis_url}
    command = [sys.executable, "-m", "jejak", "serve", "--port", "0"]
    headers = {"Authorization": f"Bearer {reader.token}"}

    def asking(extensions: dict[str, str]) -> Callable[[str, Question], bytes]:
        more = {"extensions": extensions} if extensions else {}

        def request(name: str, question: Question) -> bytes:
            body = {"query": DOCUMENTS[name], "variables": question.variables} | more
            return load.request("/graphql", orjson.dumps(body), headers)

        return request

    async with started(command, urls | _GENEROUS) as process:
        yield (
            Contender(COMPILED, process, asking({}), frozenset(DOCUMENTS)),
            Contender(ORDINARY, process, asking({"executor": "ordinary"}), frozenset(READS)),
        )


@contextlib.asynccontextmanager
async def limit(database_url: str, reader: Reader) -> AsyncIterator[Contender]:
    viewer = orjson.dumps({"person": str(reader.person), "paths": reader.paths}).decode()

    def request(name: str, question: Question) -> bytes:
        return load.request(f"/{name}", orjson.dumps(question.plain), {})

    async with started([sys.executable, "-m", "benchmarks.limit", database_url, viewer], {}) as process:
        yield Contender(LIMIT, process, request, frozenset(READS) | frozenset(CHANGES))


@contextlib.asynccontextmanager
async def started(command: Sequence[str], environment: dict[str, str]) -> AsyncIterator[Process]:
    """Runs a command that says where it is up in its first lines, and stops it in the end."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    with tempfile.TemporaryFile() as log:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=DEVNULL, stdout=PIPE, stderr=log, env=kept | environment
        )
        try:
            port = await asyncio.wait_for(_port(process), _PATIENCE)
            found = Process(psutil.Process(process.pid), port or 0, log)
            if port is None:
                last = [command[-1], *found.complaints()][-1]
                raise DidNotStart(f"a contender did not start: {last}")
            yield found
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


async def _port(process: asyncio.subprocess.Process) -> int | None:
    """None where it has ended."""
    assert process.stdout is not None  # noqa: S101 -- it was asked for
    while line := (await process.stdout.readline()).decode():
        if up := _UP.search(line):
            return int(up[1])
    return None
