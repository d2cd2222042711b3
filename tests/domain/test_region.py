"""R1: the region that is kept at every journey, pain point and task is the one that the tree says, whatever moves."""

import asyncio
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from jejak.domain import db, unit
from jejak.domain.access import SYSTEM
from jejak.domain.migrations import jejak_0014_region
from jejak.domain.tables.unit import Unit
from jejak.domain.unit import MoveUnit
from jejak.domain.vocabulary import Role, UnitKind
from tests import factories as f
from tests.graphql import rows
from tests.sql import waiting

TABLES = ("journey", "pain_point", "task")


async def work_at(place: Unit) -> None:
    """A journey with a pain point, and a task."""
    who = await f.a_person(None)
    journey = rows.journey(place, who)
    stage = rows.stage(journey)
    await rows.write(journey, stage, rows.pain_point(stage, place), rows.task(place, who))


async def kept() -> dict[str, dict[UUID, set[UUID | None]]]:
    """By table and unit, the regions at its rows."""
    found: dict[str, dict[UUID, set[UUID | None]]] = {}
    for table in TABLES:
        of = found.setdefault(table, {})
        for row in await db.fetch(f"select unit_id, region_id from {table}"):
            of.setdefault(row["unit_id"], set()).add(row["region_id"])
    return found


async def by_the_tree() -> dict[str, dict[UUID, set[UUID | None]]]:
    """The same, found by going up from each unit that has work."""
    units = {row["id"]: row for row in await db.fetch("select id, parent_id, kind from unit")}

    def region(key: UUID | None) -> UUID | None:
        while key is not None and units[key]["kind"] not in ("UID", "UIW"):
            key = units[key]["parent_id"]
        return key

    found: dict[str, dict[UUID, set[UUID | None]]] = {}
    for table in TABLES:
        at = await db.fetch(f"select distinct unit_id from {table}")
        found[table] = {row["unit_id"]: {region(row["unit_id"])} for row in at}
    return found


picks = st.integers(0, 99)
STEPS = st.one_of(
    st.tuples(st.just("work"), picks),
    st.tuples(st.just("up3 moves"), picks, picks),
    st.tuples(st.just("ulp moves"), picks, picks),
    st.tuples(st.just("work moves"), picks, picks),
)


@settings(max_examples=15)
@given(up3s=st.integers(1, 3), ulps=st.integers(1, 4), steps=st.lists(STEPS, max_size=8))
async def test_the_region_is_what_the_tree_says_whatever_moves(clean, up3s, ulps, steps):
    # given a tree below headquarters and two regions of either kind, with work everywhere
    await clean()
    top = [await f.reference_unit("HQ")]
    regions = [await f.reference_unit(code) for code in ("JATIM", "PPB")]
    middle = [await f.a_unit(UnitKind.UP3, regions[n % 2]) for n in range(up3s)]
    bottom = [await f.a_unit(UnitKind.ULP, middle[n % up3s]) for n in range(ulps)]
    everywhere = top + regions + middle + bottom
    for place in everywhere:
        await work_at(place)
    # when units move, work is added, and some is given to another unit
    for what, *chosen in steps:
        nth = chosen[0]
        if what == "work":
            await work_at(everywhere[nth % len(everywhere)])
        elif what == "work moves":
            to = everywhere[chosen[1] % len(everywhere)].id
            for table in TABLES:
                await db.execute(
                    f"update {table} set unit_id = $1 where id = (select id from {table} order by id offset $2 limit 1)",
                    to,
                    nth % len(everywhere),
                )
        else:
            moving, targets = (middle, regions) if what == "up3 moves" else (bottom, middle)
            await move(moving[nth % len(moving)], targets[chosen[1] % len(targets)])
        # then
        assert await kept() == await by_the_tree()


async def move(moving: Unit, to: Unit) -> None:
    found = await Unit.objects().get(Unit.id == moving.id)
    assert found is not None
    await unit.move(SYSTEM, MoveUnit(moving.id, to.id, found.version))


async def test_a_database_of_the_version_before_gets_its_regions():
    # given work at headquarters, a region and below it, and nothing of the migration
    region = await f.reference_unit("JATIM")
    for place in (await f.reference_unit("HQ"), region, await f.a_unit(UnitKind.UP3, region)):
        await work_at(place)
    async with db.transaction():
        for table in TABLES:
            await db.execute(f"alter table {table} drop column region_id")
            await db.execute(f"drop trigger {table}_region on {table}")
        await db.execute("drop trigger unit_region on unit")
        await db.execute("drop function region_found(), region_changed(), region_path(text)")
        # when it is run
        await db.execute(jejak_0014_region.DDL)
    # then
    assert await kept() == await by_the_tree()


async def test_what_is_captured_while_its_unit_moves_lies_where_the_unit_then_is():
    # given a unit that somebody is moving to another region
    region = await f.reference_unit("BALI")
    up3 = await f.a_unit(UnitKind.UP3, await f.reference_unit("JATIM"))
    manager = await f.a_viewer(Role.MANAGER, await f.reference_unit("HQ"))
    capturing: asyncio.Task[Any]
    async with db.connection() as other:
        async with other.transaction():
            await other.execute(
                "update unit set parent_id = $2, path = $3 where id = $1",
                up3.id,
                region.id,
                f"{region.path}{up3.code}/",
            )
            # when a journey is captured there meanwhile
            capturing = asyncio.create_task(f.a_journey(up3, viewer=manager))
            async with asyncio.timeout(10):
                while not await waiting():
                    await asyncio.sleep(0.01)
        await capturing
    # then
    assert await kept() == await by_the_tree()
    assert await db.fetchval("select region_id from journey") == region.id


async def test_a_unit_that_moves_takes_along_what_is_being_written_there():
    # given somebody who writes a task there and is not done yet
    region = await f.reference_unit("BALI")
    up3 = await f.a_unit(UnitKind.UP3, await f.reference_unit("JATIM"))
    await work_at(up3)
    async with db.connection() as other:
        async with other.transaction():
            await other.execute("select from unit where id = $1 for share", up3.id)
            await other.execute(
                """insert into task select (json_populate_record(t, json_build_object('id', gen_random_uuid()))).*
                from task t where unit_id = $1""",
                up3.id,
            )
            # when it moves meanwhile
            moving = asyncio.create_task(move(up3, region))
            async with asyncio.timeout(10):
                while not await waiting():
                    await asyncio.sleep(0.01)
        await moving
    # then
    assert await kept() == await by_the_tree()
    assert [row[0] for row in await db.fetch("select region_id from task")] == [region.id] * 2
