"""The one place that opens transactions, and the one engine under every table."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import IntEnum
from typing import Any
from uuid import UUID

import asyncpg
from piccolo.engine.postgres import PostgresEngine
from uuid_utils.compat import uuid7

DB = PostgresEngine(config={})
ACQUIRE_SECONDS = 15
Deadlock = asyncpg.DeadlockDetectedError
# The database is away, or a connection was cut: what failed may be tried again later.
OUT_OF_REACH = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # how a connection that is cut in the middle may show itself
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
)
_OF_THE_POOL = (
    "min_size",
    "max_size",
    "max_queries",
    "max_inactive_connection_lifetime",
    "init",
    "setup",
    "reset",
)
_log = logging.getLogger(__name__)
_after_commit: ContextVar[list[Callable[[], None]] | None] = ContextVar("after_commit", default=None)
_patience: ContextVar[float | None] = ContextVar("patience", default=None)


class Lock(IntEnum):
    """Transaction-scoped advisory locks: every one that exists, so that no two mean different things."""

    MIGRATIONS = 7301
    UNIT_TREE = 7302
    COMPLETION = 7303
    REMINDERS = 7304
    PEOPLE = 7305
    RELAY = 7306
    FEED = 7307
    DELIVERIES = 7310
    RATINGS = 7311
    STORE_REVIEWS = 7318
    ALERTS = 7320


async def connect(url: str, **pool: Any) -> None:
    """Opens the pool behind every table. `pool` goes to asyncpg as it is."""
    options: dict[str, Any] = {"dsn": url, "min_size": 1, "max_size": 10, "command_timeout": 60}
    # Reads of whole screens are long; whatever asks for them again finds them prepared. PostgreSQL needs some hundred
    # bytes for a character, in each connection.
    options["max_cacheable_statement_size"] = 2**16
    options["reset"] = _as_it_is
    options["server_settings"] = {
        "application_name": "jejak",
        "timezone": "UTC",
        "jit": "off",
        # What is read after a lock was waited for must be as it is then, whatever the server's default.
        "default_transaction_isolation": "read committed",
        "idle_in_transaction_session_timeout": "60s",
    }
    DB.config = options | pool
    await DB.start_connection_pool()


async def _as_it_is(_: asyncpg.Connection) -> None:
    """Instead of a statement that resets the session: of ours nothing lasts longer than its transaction, which asyncpg
    rolls back by itself where it is open.
    """


async def close() -> None:
    await DB.close_connection_pool()


@dataclass(frozen=True, slots=True)
class Connections:
    """Of the pool. `most` of them are opened, where so many are needed."""

    in_use: int
    idle: int
    most: int


def connections() -> Connections:
    """None of any kind where it is not connected."""
    if DB.pool is None:
        return Connections(0, 0, 0)
    idle = DB.pool.get_idle_size()
    return Connections(DB.pool.get_size() - idle, idle, DB.pool.get_max_size())


def is_away(error: BaseException | None) -> bool:
    """Whether it failed since the database is away, and not by itself: what asyncpg cannot write is our mistake."""
    return isinstance(error, OUT_OF_REACH) and not isinstance(error, ValueError)


def without_rows(error: BaseException | None) -> BaseException | None:
    """The error, fit for a log: PostgreSQL names the row that it would not take, and with it what people wrote."""
    each = error
    while each is not None:
        if isinstance(each, asyncpg.PostgresError):
            each.detail = None
        each = each.__cause__ or each.__context__
    return error


@asynccontextmanager
async def connection() -> AsyncIterator[asyncpg.Connection]:
    """The open transaction's connection, or one of the pool's for a single statement."""
    current = DB.current_transaction.get()
    if current:
        yield current.connection
        return
    if DB.pool is None:
        raise RuntimeError("db.connect() has not been called")
    async with DB.pool.acquire(timeout=ACQUIRE_SECONDS) as pooled:
        yield pooled


async def fetch(sql: str, *values: Any) -> list[asyncpg.Record]:
    async with connection() as c:
        rows: list[asyncpg.Record] = await c.fetch(sql, *values)
        return rows


async def fetchrow(
    sql: str,
    *values: Any,
    timeout: float | None = None,  # noqa: ASYNC109 -- as below
) -> asyncpg.Record | None:
    async with connection() as c:
        return await c.fetchrow(sql, *values, timeout=timeout)


async def fetchval(sql: str, *values: Any, timeout: float | None = None) -> Any:  # noqa: ASYNC109 -- PostgreSQL cancels the statement
    async with connection() as c:
        return await c.fetchval(sql, *values, timeout=timeout)


async def execute(sql: str, *values: Any) -> None:
    async with connection() as c:
        await c.execute(sql, *values, timeout=_patience.get())


@contextmanager
def patient(seconds: float) -> Iterator[None]:
    """What is executed inside, waiting for a lock included, may take so long, instead of what is enough for a request."""
    token = _patience.set(seconds)
    try:
        yield
    finally:
        _patience.reset(token)


@asynccontextmanager
async def listening(channel: str, heard: Callable[[], None]) -> AsyncIterator[asyncio.Event]:
    """Calls `heard` for every notification on `channel`; the event is set when the connection, one of its own, is lost."""
    lost = asyncio.Event()
    own = {name: value for name, value in DB.config.items() if name not in _OF_THE_POOL}
    listener = await asyncpg.connect(**{"timeout": ACQUIRE_SECONDS} | own)
    try:
        listener.add_termination_listener(lambda _: lost.set())
        await listener.add_listener(channel, lambda *_: heard())
        yield lost
    finally:
        # A goodbye that nobody answers would be waited for.
        listener.terminate()


@asynccontextmanager
async def transaction() -> AsyncIterator[None]:
    """One domain function, one transaction. Nesting is refused: Piccolo's nested transaction is
    no savepoint, so an inner failure that somebody catches would be committed.
    """
    callbacks: list[Callable[[], None]] = []
    token = _after_commit.set(callbacks)
    opened = DB.transaction(allow_nested=False)
    try:
        async with opened:
            yield
    finally:
        _after_commit.reset(token)
        # Where ROLLBACK fails, as on a connection that was cut, Piccolo's would stay open for whatever this task does
        # next, and for every task that it begins.
        if DB.current_transaction.get() is opened:
            DB.current_transaction.set(None)
        # Piccolo keeps the connection for ever where BEGIN, COMMIT or ROLLBACK is cancelled. Releasing it once more
        # than it does itself is no error.
        if DB.pool is not None and hasattr(opened, "connection"):
            await DB.pool.release(opened.connection)
    for callback in callbacks:
        try:
            callback()
        except Exception:  # noqa: BLE001 -- whatever it is, the change stands
            # The change is committed: whoever is told of it late learns it from the sweep.
            _log.exception("after-commit callback failed")


@asynccontextmanager
async def snapshot() -> AsyncIterator[None]:
    """For reads that must agree with each other: all see the database as it is at the first of them. Nothing is written."""
    async with transaction():
        await execute("set transaction isolation level repeatable read, read only")
        yield


def after_commit(callback: Callable[[], None]) -> None:
    """Runs `callback` once the open transaction is committed; a rollback drops it."""
    callbacks = _after_commit.get()
    if callbacks is None:
        raise RuntimeError("after_commit() outside a transaction")
    if callback not in callbacks:
        callbacks.append(callback)


async def lock(which: Lock) -> None:
    """Waits for `which` and holds it until the open transaction ends."""
    await execute("select pg_advisory_xact_lock($1)", int(which))


async def lock_if_free(which: Lock) -> bool:
    """Holds `which` until the open transaction ends, if nobody else does; whether so."""
    return bool(await fetchval("select pg_try_advisory_xact_lock($1)", int(which)))


def new_id() -> UUID:
    """Time-ordered, so that indexes stay dense, and without a counter that would tell how many rows exist."""
    return uuid7()
