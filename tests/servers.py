"""The real PostgreSQL and Valkey of a test run: one pair a run, one database a worker."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator
from concurrent.futures import Future
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
from redis.asyncio import Redis, from_url

from jejak.domain import calendar, db, ladder, programme
from jejak.domain.migrations.run import migrate
from jejak.embedded import running

# Many rows that follow from their calendar, which itself never changes.
SPELLED_OUT = {"working_day": "t.day", "open_interval": "(t.opens at time zone c.zone)::date"}
CLAIM = "jejak-tests:claimed"
# What `programme.load()`, `calendar.ensure()` and `ladder.ensure()` wrote; everything else a test leaves is deleted.
REFERENCE = (
    "calendar",
    "working_week",
    "unit",
    "programme",
    "step",
    "measure",
    "initiative",
    "reference_load",
    "ladder",
    "sla_policy",
    "sla_band",
    "assessment_template",
    "assessment_dimension",
    "assessment_item",
    "rung",
    "alert_rule",
    "signing_key",
)


@dataclass(frozen=True, slots=True)
class Run:
    """What the workers of a run are told. `template` is also the prefix of every database of the run."""

    database_url: str
    redis_url: str
    template: str

    def url_of(self, database: str) -> str:
        return urlsplit(self.database_url)._replace(path=f"/{database}").geturl()


class Servers:
    """Runs `a_run` on a thread that lasts as long as the test run, whichever loops the tests use."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._enough = asyncio.Event()
        self._ready: Future[Run] = Future()
        self._thread = threading.Thread(target=self._serve, name="test servers", daemon=True)

    def start(self) -> Run:
        self._thread.start()
        return self._ready.result()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._enough.set)
        self._thread.join()

    def _serve(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._until_stopped())

    async def _until_stopped(self) -> None:
        try:
            async with a_run() as run:
                self._ready.set_result(run)
                await self._enough.wait()
        except BaseException as error:
            if self._ready.done():
                raise
            self._ready.set_exception(error)


@asynccontextmanager
async def a_run() -> AsyncIterator[Run]:
    """Servers with a template database, migrated and with reference data. On given servers nothing else is touched."""
    given = os.environ.get("TEST_DATABASE_URL"), os.environ.get("TEST_REDIS_URL")
    async with AsyncExitStack() as stack:
        if all(given):
            database_url, redis_url = given
        else:
            folder = stack.enter_context(TemporaryDirectory(prefix="jejak-tests-"))
            urls = await stack.enter_async_context(running(Path(folder)))
            database_url, redis_url = urls.database_url, urls.redis_url
        assert database_url
        assert redis_url
        run = Run(database_url, redis_url, f"jejak_test_{uuid4().hex[:12]}")
        stack.push_async_callback(_drop_all, run)
        await execute(run.database_url, f"create database {run.template} template template0 encoding 'UTF8'")
        await _fill(run)
        yield run


async def _fill(run: Run) -> None:
    await db.connect(run.url_of(run.template), max_size=1)
    try:
        await migrate()
        await programme.load()
        await calendar.ensure()
        await ladder.ensure()
        await db.execute("create schema pristine")
        for table in (*REFERENCE, *SPELLED_OUT):
            await db.execute(f"create table pristine.{table} as table public.{table}")
        for table in SPELLED_OUT:
            await db.execute(f"create index on pristine.{table} (calendar_id)")
    finally:
        await db.close()


async def _drop_all(run: Run) -> None:
    connection = await asyncpg.connect(dsn=run.database_url)
    try:
        for row in await connection.fetch(
            "select datname from pg_database where starts_with(datname, $1)", run.template
        ):
            await connection.execute(f"drop database if exists {row['datname']} with (force)")
    finally:
        await connection.close()


@asynccontextmanager
async def a_clone(run: Run, worker: str) -> AsyncIterator[str]:
    """The worker's own database, as the template left it."""
    name = f"{run.template}_{worker}"
    await execute(run.database_url, f"create database {name} template {run.template}")
    # What a test commits need not survive a power failure.
    await execute(run.database_url, f"alter database {name} set synchronous_commit = off")
    yield run.url_of(name)


class Cleaner:
    """Brings the worker's database back to what the template holds, in milliseconds."""

    def __init__(self, connection: asyncpg.Connection, tables: list[str]) -> None:
        self.connection = connection
        self.tables = tables
        self._sql = cleaning(tables)

    @classmethod
    @asynccontextmanager
    async def of(cls, url: str) -> AsyncIterator["Cleaner"]:
        connection = await asyncpg.connect(dsn=url)
        try:
            tables = await connection.fetch(
                "select tablename from pg_tables where schemaname = 'public' and tablename <> 'migration'"
            )
            yield cls(connection, [row["tablename"] for row in tables])
        finally:
            await connection.close()

    async def clean(self) -> None:
        await self.connection.execute(self._sql)


def cleaning(tables: list[str], back_to: str = "pristine") -> str:
    """To the rows of the schema `back_to`. It holds no table that is empty in the template, unless it holds all."""
    # As a replica: foreign keys and the append-only trigger stand aside for the cleaner alone.
    steps = ["begin", "set local session_replication_role = replica"]
    for table, day in SPELLED_OUT.items():
        steps.append(
            f"delete from {table} t using calendar c left join {back_to}.calendar p on p.id = c.id"
            f" where t.calendar_id = c.id and c.until is distinct from p.until and ({day} <= p.until) is not true"
        )
    for table in tables:
        if table in REFERENCE:
            steps.append(
                f"delete from {table} t where not exists (select from {back_to}.{table} p where p = t::text::{back_to}.{table})"
            )
            steps.append(f"insert into {table} select * from {back_to}.{table} on conflict do nothing")
        elif table in SPELLED_OUT:
            # Of a calendar that was deleted meanwhile.
            steps.append(
                f"insert into {table} select * from {back_to}.{table} where calendar_id = any(array("
                f"select c.id from {back_to}.calendar c where not exists (select from {table} t where t.calendar_id = c.id)))"
            )
        else:
            steps.append(f"delete from {table}")
            if back_to != "pristine":
                steps.append(f"insert into {table} overriding system value table {back_to}.{table}")
    return "; ".join([*steps, "commit"])


class Pool:
    """The domain's, kept from one test to the next as long as it cannot be told from a new one: what a new connection
    learns of each table takes longer than most tests.
    """

    NEW = db.Connections(in_use=0, idle=1, most=20)

    def __init__(self, url: str) -> None:
        self._url = url
        self._pool: asyncpg.Pool | None = None
        self._config: dict[str, Any] = {}

    async def lend(self) -> None:
        if self._pool is None:
            await db.connect(self._url, max_size=self.NEW.most)
            self._pool, self._config = db.DB.pool, db.DB.config
        else:
            db.DB.pool, db.DB.config = self._pool, self._config

    async def take_back(self) -> None:
        """Whatever pool the test leaves."""
        if db.DB.pool is self._pool and db.connections() == self.NEW:
            db.DB.pool = None
        else:
            self._pool = None
            await db.close()

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.close()


async def execute(url: str, sql: str) -> None:
    connection = await asyncpg.connect(dsn=url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


@asynccontextmanager
async def a_redis(run: Run) -> AsyncIterator[str]:
    """The URL of a numbered database that was empty; claimed for this worker and empty again afterwards."""
    parts = urlsplit(run.redis_url)
    for number in range(16):
        # geturl() would write unix:/path, which is not the form that Redis' clients document.
        url = (
            f"unix://{parts.path}?db={number}"
            if parts.scheme == "unix"
            else parts._replace(path=f"/{number}").geturl()
        )
        async with from_url(url) as client:
            if await client.dbsize() == 0 and await client.set(CLAIM, run.template, nx=True, ex=3600):
                try:
                    yield url
                finally:
                    await client.flushdb()
                return
    raise RuntimeError("all numbered databases of the Redis or Valkey server are in use")


async def empty(redis_url: str) -> None:
    async with from_url(redis_url) as client:
        assert isinstance(client, Redis)
        keys = [key async for key in client.scan_iter() if key != CLAIM.encode()]
        if keys:
            await client.delete(*keys)


@contextmanager
def stopped_at_the_end():
    """Yields a function that starts the servers once and tells where they are."""
    servers: list[Servers] = []
    known: list[Run] = []

    def start() -> Run:
        if not known:
            servers.append(Servers())
            known.append(servers[0].start())
        return known[0]

    try:
        yield start
    finally:
        for each in servers:
            each.stop()
