"""`jejak serve` and `jejak worker` as whoever runs them has them: a service manager starts them anew when they end."""

import asyncio
import os
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL, SIGTERM, SIGUSR1

from jejak.embedded.server import dies_with_us
from tests.cli.process import ROOT

# That of the tests of the command: compiling everything anew takes longer than a short run.
PYCACHE = ROOT / ".pytest_cache" / "d" / "pycache"
STARTS_AGAIN = 0.3
PATIENCE = 60.0


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@dataclass
class Site:
    """What the processes of a run share: a folder for what they say, their environment, the file with their clock."""

    folder: Path
    env: dict[str, str]
    clock: Path

    def words(self, *command: object) -> list[str]:
        launched = [sys.executable, "-m", "tests.faults.launcher", str(self.clock), *map(str, command)]
        return [*dies_with_us(SIGKILL), *launched]

    @property
    def environment(self) -> dict[str, str]:
        ours = ("DATABASE_URL", "REDIS_URL", "JEJAK_", "PG", "PYTHON", "TEST_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        return kept | {"PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": str(PYCACHE)} | self.env


@dataclass
class Kept:
    """A process that is always there. `wrong`: what it did that nobody made it do."""

    name: str
    site: Site
    command: tuple[object, ...]
    wrong: list[str] = field(default_factory=list)
    starts: int = 0
    _process: Process | None = None
    _task: asyncio.Task[None] | None = None
    _enough: bool = False
    _killed: bool = False
    _pause: float = STARTS_AGAIN

    def start(self) -> None:
        self._enough = False
        self._task = asyncio.create_task(self._keep(), name=self.name)

    async def kill(self, pause: float) -> None:
        """`kill -9`; it comes back after the pause."""
        self._killed, self._pause = True, pause
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(SIGKILL)

    def tell(self) -> None:
        """Writes into its log what it waits for."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(SIGUSR1)

    async def stop(self) -> None:
        """Cleanly, as at the end of a deployment."""
        self._enough = True
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(SIGTERM)
        if self._task is not None:
            try:
                await asyncio.wait_for(self._task, PATIENCE)
            except TimeoutError:
                self.wrong.append(f"{self.name} did not end within {PATIENCE:g} s of SIGTERM")
                if self._process is not None:
                    self._process.send_signal(SIGKILL)

    @property
    def log(self) -> Path:
        return self.site.folder / f"{self.name}.log"

    def tells(self) -> str:
        """What it has said since it was last started."""
        return (
            self.log.read_text(errors="replace").rpartition("--- started ---\n")[2]
            if self.log.exists()
            else ""
        )

    async def _keep(self) -> None:
        while not self._enough:
            self._killed, self._pause = False, STARTS_AGAIN
            self.starts += 1
            with self.log.open("ab") as out:
                out.write(b"--- started ---\n")
                out.flush()
                self._process = await asyncio.create_subprocess_exec(
                    *self.site.words(*self.command),
                    stdin=DEVNULL, stdout=out, stderr=out, cwd=self.site.folder, env=self.site.environment,
                )  # fmt: skip
            code = await self._process.wait()
            if not self._killed:
                self._judge(code)
            if not self._enough:
                await asyncio.sleep(self._pause)

    def _judge(self, code: int) -> None:
        said = self.tells()
        was_up = " is up " in said
        last = (said.strip().splitlines() or ["nothing"])[-1]
        # One that is just starting may be refused by a server that is away, in one line, or be stopped.
        if self._enough and was_up and code != 0:
            self.wrong.append(f"{self.name} ended with {code} when it was stopped: {last}")
        if not self._enough and (was_up or "Traceback" in said):
            self.wrong.append(f"{self.name} ended by itself with {code}: {last}")
