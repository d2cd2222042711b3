"""Of two changes that wait for each other PostgreSQL ends one: it is done again, and nobody is told."""

import asyncio

from jejak.domain import db
from jejak.domain.tables.task import Task
from jejak.domain.vocabulary import Role, UnitKind
from jejak.graphql import ids
from tests import factories as f
from tests.client import as_, gid
from tests.sql import waiting

RENAME = "update unit set name = name || '!' where id = $1"


async def deadlocks(connection):
    """Of this database so far, as far as its processes have told."""
    await connection.execute("select pg_stat_clear_snapshot()")
    return await connection.fetchval(
        "select deadlocks from pg_stat_database where datname = current_database()"
    )


async def test_a_change_that_was_ended_for_a_deadlock_is_done_again():
    # Given a fix for two units, of which somebody else holds the second
    up3 = await f.a_unit(UnitKind.UP3)
    one, two = await f.a_unit(UnitKind.ULP, up3), await f.a_unit(UnitKind.ULP, up3)
    point = await f.a_pain_point(one)
    owner = await f.a_person(Role.CONTRIBUTOR, up3)
    manager = await as_(await f.a_viewer(Role.MANAGER, up3))
    tasks = [
        {
            "initiativeId": ids.encode("Initiative", f.initiative_id("1.1")),
            "unitId": gid(unit),
            "title": "Perbaiki",
            "dueOn": f.in_working_days(unit, 5).isoformat(),
            "ownerId": gid(owner),
        }
        for unit in (one, two)
    ]
    async with db.connection() as other:
        before = await deadlocks(other)
        async with other.transaction():
            # So that PostgreSQL ends the service's, however late this one comes to wait.
            await other.execute("set local deadlock_timeout = '20s'")
            await other.execute(RENAME, two.id)
            # When each comes to wait for what the other holds
            fixing = asyncio.create_task(
                manager.done("assignPainPoint", "tasks { id }", painPointId=gid(point), tasks=tasks)
            )
            async with asyncio.timeout(10):
                while not await waiting():
                    await asyncio.sleep(0.01)
            await other.execute(RENAME, one.id)
        # Then both are done, once
        assert len((await fixing)["tasks"]) == 2
        assert await Task.count() == 2
        async with asyncio.timeout(10):
            while await deadlocks(other) == before:
                await asyncio.sleep(0.1)
