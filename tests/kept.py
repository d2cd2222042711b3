"""What a function made in a clean database, put back in milliseconds where it is wanted again."""

from collections.abc import Awaitable, Callable
from copy import deepcopy
from datetime import datetime
from typing import Any

from jejak.domain import clock
from tests.servers import SPELLED_OUT, Cleaner, cleaning


class Kept:
    """What `make` returns, and the rows that it leaves in a clean database."""

    def __init__(self, cleaner: Cleaner, make: Callable[[], Awaitable[Any]]) -> None:
        self._cleaner = cleaner
        self._make = make
        self._sql = cleaning(cleaner.tables, back_to="kept")
        self._made: Any = None
        self._minute: datetime | None = None
        self._there = False

    async def clean(self) -> None:
        """Instead of the cleaner, which would take from the database what is about to be put back.

        What was made speaks of the time when it was: it is kept to the end of the minute, and so of the day.
        """
        self._there = self._minute == _minute()
        await (self._cleaner.connection.execute(self._sql) if self._there else self._cleaner.clean())

    async def get(self) -> Any:
        """Comes after `clean`."""
        if not self._there:
            minute = _minute()
            self._made = await self._make()
            await self._cleaner.connection.execute(_keeping(self._cleaner.tables))
            self._minute, self._there = minute, True
        return deepcopy(self._made)


def _minute() -> datetime:
    return clock.now().replace(second=0, microsecond=0)


def _keeping(tables: list[str]) -> str:
    steps = ["drop schema if exists kept cascade", "create schema kept"]
    steps += [f"create unlogged table kept.{table} as table public.{table}" for table in tables]
    steps += [f"create index on kept.{table} (calendar_id)" for table in SPELLED_OUT]
    return "; ".join(["begin", *steps, "commit"])
