"""Counts the SQL statements that the service issues."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from jejak.domain import db

_BOOKKEEPING = ("begin", "commit", "rollback", "savepoint", "release")


@dataclass
class Counted:
    """`told` holds every text in order with its values, `all` the texts, `sql` only what the service asked for:
    `len(counted)` of them.
    """

    told: list[tuple[str, Sequence[Any]]] = field(default_factory=list)

    @property
    def all(self) -> list[str]:
        return [text for text, _ in self.told]

    @property
    def sql(self) -> list[str]:
        return [text for text in self.all if not _is_bookkeeping(text)]

    def __len__(self) -> int:
        return len(self.sql)


_counts: list[Counted] = []


def _is_bookkeeping(text: str) -> bool:
    start = text.lstrip().lower()
    # What asyncpg sends to learn of a type.
    return start.startswith(_BOOKKEEPING) or any(
        sign in start for sign in ("typeinfo_tree", "current_setting('jit')")
    )


def counting() -> bool:
    """Whether anybody counts at the moment."""
    return bool(_counts)


@asynccontextmanager
async def statements() -> AsyncIterator[Counted]:
    """Counts inside an `async with` block, on every connection that the pool has or opens meanwhile."""
    pool = db.DB.pool
    assert pool is not None, "db.connect() comes first"
    counted = Counted()

    def log(record) -> None:
        counted.told.append((record.query, record.args or ()))

    before, watched = pool._init, []

    async def watch(connection) -> None:
        if before is not None:
            await before(connection)
        connection.add_query_logger(log)
        watched.append(connection)

    for holder in pool._holders:
        if holder._con is not None and not holder._con.is_closed():
            holder._con.add_query_logger(log)
            watched.append(holder._con)
    pool._init = watch
    _counts.append(counted)
    try:
        yield counted
    finally:
        _counts.pop()
        pool._init = before
        await asyncio.sleep(0)  # asyncpg tells its loggers with the loop's next turn
        for connection in watched:
            connection.remove_query_logger(log)


async def waiting(which: db.Lock | None = None) -> int:
    """How many wait for a lock in this database, or for the advisory lock `which`.

    Other workers' databases are on the same server, and a lock on a row names no database: its holder's others do.
    """
    here = "(select oid from pg_database where datname = current_database())"
    waits = f"""select count(*) from pg_locks l where not l.granted
        and exists (select from pg_locks other where other.pid = l.pid and other.database = {here})"""
    if which is None:
        return int(await db.fetchval(waits))
    return int(await db.fetchval(f"{waits} and l.locktype = 'advisory' and l.objid::bigint = $1", int(which)))
