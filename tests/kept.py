"""What a function made in a clean database, put back in milliseconds where it is wanted again."""

from collections.abc import Awaitable, Callable
from copy import deepcopy
from datetime import datetime
from typing import Any

import asyncpg

from jejak.domain import clock
from tests.servers import REFERENCE, SPELLED_OUT


class Kept:
    """What `make` returns, and the rows that it leaves in a clean database, whose tables are `tables`."""

    def __init__(
        self, connection: asyncpg.Connection, tables: list[str], make: Callable[[], Awaitable[Any]]
    ) -> None:
        self._connection = connection
        self._tables = tables
        self._make = make
        self._made: Any = None
        self._minute: datetime | None = None

    async def put_back(self) -> Any:
        """Made anew with every minute, and so with every day: it speaks of the time when it was made."""
        minute = clock.now().replace(second=0, microsecond=0)
        if minute != self._minute:
            self._made = await self._make()
            await self._connection.execute(_keeping(self._tables))
            self._minute = minute
        else:
            await self._connection.execute(_putting_back(self._tables))
        return deepcopy(self._made)


def _keeping(tables: list[str]) -> str:
    steps = ["drop schema if exists kept cascade", "create schema kept"]
    for table in tables:
        rows = f"table public.{table}"
        if table in SPELLED_OUT:
            # Nothing is ever taken from a calendar that the template holds.
            rows += f" except table pristine.{table}"
        steps.append(f"create unlogged table kept.{table} as {rows}")
    return "; ".join(["begin", *steps, "commit"])


def _putting_back(tables: list[str]) -> str:
    # As a replica, like the cleaner.
    steps = ["set local session_replication_role = replica"]
    for table in tables:
        if table in REFERENCE:
            steps.append(f"delete from {table}")
        steps.append(f"insert into {table} overriding system value table kept.{table}")
    return "; ".join(["begin", *steps, "commit"])
