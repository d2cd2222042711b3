"""Journeys, pain points, tasks and their history at a chosen size, made by the database from a seed.

The rows are those that the rules would leave behind: only accepted journeys have tasks, tasks belong to the unit of
their pain point, whoever verifies is not who owns, and history tells what happened. The same seed gives the same rows
but for the ids of units and people, on any day, since all times are reckoned from now.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from benchmarks import organisation
from benchmarks.dataset_sql import SEARCH, STATEMENTS, TOOLS
from jejak.domain import clock, completion, db

DAYS = 365  # over which everything was captured
IN_REGIONS = ("journey", "pain_point", "task")


@dataclass(frozen=True, slots=True)
class Size:
    journeys: int
    pain_points: int
    tasks: int


class Scale(Enum):
    SMALL = Size(200, 600, 1_200)
    REAL = Size(20_000, 60_000, 120_000)
    LARGE = Size(200_000, 600_000, 1_200_000)


async def build(size: Size, seed: int) -> None:
    """Fills a database that has been prepared and holds nothing yet but the reference data."""
    await organisation.build()
    now = clock.now()
    values = {
        "seed": seed * 1_000,  # salts are counted up from it
        "journeys": size.journeys,
        "pain_points": size.pain_points,
        "tasks": size.tasks,
        "now": now,
        "begun": now - timedelta(days=DAYS),
    }
    async with db.transaction():
        # What triggers would do row by row is done below for all; what is referred to is there.
        await db.execute("set local session_replication_role = replica")
        for statement in TOOLS:
            await db.execute(statement)
        for table in IN_REGIONS:
            await db.execute(f"alter table {table} enable always trigger {table}_region")
        for text, names in STATEMENTS:
            await organisation.patiently(text, *(values[name] for name in names))
        for text in SEARCH:
            await organisation.patiently(text)
        for table in IN_REGIONS:
            await db.execute(f"alter table {table} enable trigger {table}_region")
    await completion.recompute_all()
    async with db.transaction():
        await db.execute("delete from feed")
        await db.execute("delete from pending_event")
    await organisation.patiently("vacuum analyze")
