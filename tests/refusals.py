"""A refusal names its reason and its place, and nothing has happened."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from jejak.domain import db
from jejak.domain.errors import Code, Refused
from tests.servers import SPELLED_OUT


async def dump() -> list[str]:
    """Every row of every table, as text; but that attempts were counted, which is what a refusal leaves behind, and
    what the workers note of themselves.

    And of calendars, of which each is many rows that never change, only which there are.
    """
    tables = await db.fetch(
        "select tablename from pg_tables where schemaname = 'public' and tablename <> all($1) order by 1",
        ["throttle", "worker", "job_run", *SPELLED_OUT],
    )
    every = " union all ".join(
        f"select '{row['tablename']} ' || t::text as line from {row['tablename']} t" for row in tables
    )
    return [row["line"] for row in await db.fetch(f"{every} order by 1")]


@asynccontextmanager
async def unchanged() -> AsyncIterator[None]:
    """What runs inside writes nothing, not even an event."""
    before = await dump()
    yield
    assert await dump() == before


@asynccontextmanager
async def refused(code: Code, *path: str | int) -> AsyncIterator[None]:
    """What runs inside is refused, for this one reason at this place of the input, and writes nothing."""
    async with unchanged():
        with pytest.raises(Refused) as caught:
            yield
    assert [(problem.code, problem.path) for problem in caught.value.problems] == [(code, path)]


async def events_of(subject_id) -> list[str]:
    """The kinds of what happened to a thing, in order."""
    return [
        row["kind"]
        for row in await db.fetch("select kind from event where subject_id = $1 order by id", subject_id)
    ]
