"""A PostgreSQL and a Valkey of the run's own, which can be ended in every way there is, each without the other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL, SIGQUIT, Signals
from typing import Any

import psutil

from jejak.embedded import server
from jejak.embedded.folder import locked, opened, private_sockets
from jejak.embedded.postgres import postgres
from jejak.embedded.valkey import valkey


class Server:
    """`start` is the context manager that runs it on the folder `home`; it listens at the same place every time."""

    def __init__(self, program: str, start: Any, home: Path, sockets: Path) -> None:
        self._program, self._start, self._home, self._sockets = program, start, home, sockets
        self._running = AsyncExitStack()
        self.turn = asyncio.Lock()
        self.url = ""

    async def start(self) -> None:
        self.url = await self._running.enter_async_context(
            self._start(self._home, self._sockets, lambda _: None)
        )

    async def stop(self) -> None:
        await self._running.aclose()

    async def restart(self, pause: float, signal: Signals | None = None) -> None:
        """Ends it, cleanly or by `signal`, and starts it again. One at a time."""
        async with self.turn:
            if signal is not None:
                process = self._process()
                process.send_signal(signal)
                # Until it has been collected: who asks after it before takes its end away from whoever waits for it.
                while process.is_running():
                    await asyncio.sleep(0.02)
                await asyncio.sleep(0.05)
            await self.stop()
            if self._program == "postgres":
                # The sessions of one that was killed end by themselves, and none may be left when the next begins.
                await server._end(lambda: server._sessions(self._home), (SIGQUIT, SIGKILL))
            await asyncio.sleep(pause)
            await self.start()

    async def kill_a_session(self) -> None:
        """As by a kernel that has no memory left: the others are ended by the server, which then recovers."""
        async with self.turn:
            for session in server._sessions(self._home):
                if " jejak jejak " in " ".join(session.info["cmdline"]):
                    session.send_signal(SIGKILL)
                    return

    def _process(self) -> psutil.Process:
        found = server._processes(
            lambda words: (
                Path(words[0]).name == self._program
                and bool({str(self._home), str(self._home / "postgres")} & {*words})
            )
        )
        # A child of it has the same words until it has taken a title of its own.
        return min(found, key=psutil.Process.create_time)


@dataclass(frozen=True, slots=True)
class Servers:
    postgres: Server
    valkey: Server


@asynccontextmanager
async def servers(folder: Path) -> AsyncIterator[Servers]:
    """On a folder of their own; both are stopped in the end."""
    home = opened(folder)
    async with AsyncExitStack() as stack:
        stack.enter_context(locked(home))
        sockets = stack.enter_context(private_sockets(home))
        both = Servers(
            Server("postgres", postgres, home, sockets), Server("valkey-server", valkey, home, sockets)
        )
        for each in (both.valkey, both.postgres):
            stack.push_async_callback(each.stop)
            await each.start()
        yield both
