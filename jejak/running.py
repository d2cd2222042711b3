"""Puts the parts together and takes them apart again: servers, database, API, worker."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import uvicorn
from redis.asyncio.connection import parse_url

from jejak.api.heads import BoundedHeads
from jejak.api.queue import Queue
from jejak.api.rate import Rate
from jejak.api.wake import waking
from jejak.channels import outbox
from jejak.domain import calendar, db, holiday, ladder, person, programme, webhook_target
from jejak.domain.migrations.run import migrate
from jejak.domain.tail import Tail
from jejak.embedded import running as embedded
from jejak.embedded import shared
from jejak.settings import Settings
from jejak.workers.main import work

if TYPE_CHECKING:
    from litestar import Litestar

SILENT_SECONDS = 30.0


class CannotRun(Exception):  # noqa: N818 -- said to a person, in one line
    """One clear line: what is wrong and what to do next."""


@dataclass(frozen=True, slots=True)
class Servers:
    """`lost` is done, with its name, when an embedded server has ended by itself."""

    database_url: str
    redis_url: str
    lost: "asyncio.Future[str]"


@contextlib.asynccontextmanager
async def servers(
    settings: Settings, data: Path, *, alone: bool = False, valkey: bool = True
) -> AsyncIterator[Servers]:
    """The configured servers, and embedded ones for those that are not. `alone`: the folder must not be in use."""
    _check_redis_url(settings.redis_url)
    need_database, need_redis = settings.database_url is None, valkey and settings.redis_url is None
    lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    if not need_database and not need_redis:
        yield Servers(settings.database_url or "", settings.redis_url or "", lost)
        return

    def ended(name: str) -> None:
        if not lost.done():
            lost.set_result(name)

    start = embedded if alone else shared
    async with start(data, postgres=need_database, valkey=need_redis, ended=ended) as own:
        yield Servers(
            settings.database_url or own.database_url or "", settings.redis_url or own.redis_url or "", lost
        )


def _check_redis_url(url: str | None) -> None:
    """Refuses what the client would refuse at its first connection, in the middle of everything."""
    try:
        parse_url(url or "redis://")
    except ValueError as error:
        raise CannotRun(
            f"REDIS_URL cannot be read: {error}; correct it, or unset it to use the embedded server"
        ) from None


# What a person can mend. Anything else that PostgreSQL says is a fault of ours, and keeps its trace.
_REFUSALS = (
    asyncpg.InsufficientPrivilegeError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
)


@contextlib.asynccontextmanager
async def database(url: str) -> AsyncIterator[None]:
    """The connected database. Refuses, by CannotRun, one that cannot be reached or does not let us work."""
    try:
        await db.connect(url, timeout=10)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError, TimeoutError) as error:
        raise CannotRun(f"cannot reach the database: {_said(error)}; check DATABASE_URL") from None
    try:
        yield
    except _REFUSALS as error:
        raise CannotRun(
            f"the database refused: {_said(error)}; check its server and the rights of its user"
        ) from None
    finally:
        # A connection that somebody keeps would be waited for without end; when time is up it is cut.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(10):
                await db.close()


def _said(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__


@dataclass(frozen=True, slots=True)
class Prepared:
    """What `prepare` did; `password` is the first administrator's, shown once."""

    migrations: list[str]
    loaded: list[str]
    password: str | None


async def prepare(admin_email: str) -> Prepared:
    """Migrations, reference data, calendars, holidays, ladder and the first administrator: what is missing of them. Safe to repeat."""
    migrations = await migrate()
    loaded = await programme.load()
    await calendar.ensure()
    await holiday.seed()
    await ladder.ensure()
    return Prepared(migrations, loaded, await person.first_administrator(admin_email))


@contextlib.contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """Taken before anything else is started, so that a busy port costs nothing."""
    taken = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    with taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            # Handed on to every connection: one whose client reads nothing for so long is cut.
            taken.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(SILENT_SECONDS * 1_000))
        try:
            taken.bind((host, port))
            taken.listen()
        except (OSError, OverflowError) as error:
            raise CannotRun(f"cannot listen on {host}:{port}: {error}; choose another --port") from None
        yield taken


class _Server(uvicorn.Server):
    """Leaves the signals to `until_stopped`, which also stops the worker and the embedded servers."""

    def __init__(self, config: uvicorn.Config, tail: Tail) -> None:
        super().__init__(config)
        self._tail = tail

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Streams have no end of their own: they would be waited for, and then cut.
        self._tail.end()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def server(app: "Litestar", settings: Settings) -> uvicorn.Server:
    """What serves `app`, over HTTP and WebSocket. When it is to end, streams are ended first."""
    from jejak.api.websocket import MOST_MESSAGE  # noqa: PLC0415 -- as in `api`

    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="on",
        http=BoundedHeads,
        ws="websockets-sansio",
        ws_max_size=MOST_MESSAGE,
        # What is read at once may hold hundreds of messages, each of which is made a thousand times as large.
        ws_per_message_deflate=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_graceful_shutdown=10,
    )
    return _Server(config, app.state.tail)


@contextlib.asynccontextmanager
async def serving(on: uvicorn.Server, sock: socket.socket) -> AsyncIterator[asyncio.Task[None]]:
    """Serves on `sock`; requests under way are answered before it ends."""
    task = asyncio.create_task(on.serve(sockets=[sock]), name="api")
    try:
        while not on.started:
            await asyncio.sleep(0.01)
            if task.done():
                task.result()
                raise CannotRun("the API did not start; see the lines above")
        yield task
    finally:
        on.should_exit = True
        await task


@contextlib.asynccontextmanager
async def api(settings: Settings, sock: socket.socket, redis_url: str) -> AsyncIterator[asyncio.Task[None]]:
    """The API on `sock`, which wakes the workers, and counts requests with all others on the same Valkey."""
    webhook_target.allow(settings.webhooks)
    # Here, since it brings the schema along: commands that serve nothing start in half the time.
    from jejak.api.app import create_app  # noqa: PLC0415

    rate = Rate(settings.limits)
    queue = Queue()
    on = server(create_app(settings, rate, queue), settings)
    async with waking(redis_url), rate.shared(redis_url), queue.on(redis_url), serving(on, sock) as task:
        yield task


@contextlib.asynccontextmanager
async def worker(redis_url: str, settings: Settings) -> AsyncIterator[asyncio.Task[None]]:
    outbox.configure(settings)
    task = asyncio.create_task(work(redis_url), name="worker")
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])


async def until_stopped(*parts: asyncio.Future[Any]) -> None:
    """Waits for Ctrl-C or SIGTERM. Refuses, by CannotRun, to go on without one of its parts."""
    started = asyncio.current_task()
    if started is not None and started.cancelling():
        # Stopped while it started: before Python 3.12 wait_for() swallows a cancellation that comes just as it is done.
        raise asyncio.CancelledError
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    try:
        stop = asyncio.create_task(stopped.wait(), name="stop")
        done, _ = await asyncio.wait([stop, *parts], return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        for part in done - {stop}:
            name = part.get_name() if isinstance(part, asyncio.Task) else part.result()
            raise CannotRun(f"{name} ended by itself; see what was said before, and start again")
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
