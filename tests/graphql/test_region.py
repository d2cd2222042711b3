"""Lists of a region are read by the region that is kept at their rows: what they hold is what the tree and R12 say."""

import json
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from jejak.domain import db, unit
from jejak.domain.access import SYSTEM
from jejak.domain.tables.unit import Unit
from jejak.domain.unit import MoveUnit
from jejak.domain.vocabulary import Role, UnitKind
from tests import factories as f
from tests.client import Client, as_, gid, schema
from tests.graphql import rows
from tests.sql import statements

LISTS = {"journeys": "title", "painPoints": "description", "tasks": "title"}


async def work_at(place: Unit, name: str, *, rank: int = 0) -> None:
    """A journey with a pain point, and a task, of this name; the higher the rank, the later in their lists."""
    who = await f.a_person(None)
    at = rows.AT - timedelta(hours=rank)
    journey = rows.journey(place, who, title=name, created_at=at)
    stage = rows.stage(journey)
    point = rows.pain_point(stage, place, description=name, severity=5 - rank)
    task = rows.task(place, who, title=name, due_on=rows.DAY + timedelta(rank))
    await rows.write(journey, stage, point, task)


async def shown(client: Client, below: Unit | None = None, size: int = 2) -> list[str]:
    """The names in the three lists, which hold the same, page by page."""
    found = {}
    for listed, name in LISTS.items():
        kind = schema().query_type.fields[listed].args["filter"].type
        query = f"""query ($size: Int, $at: String, $f: {kind}) {{ {listed}(first: $size, after: $at, filter: $f) {{
            totalCount nodes {{ name: {name} }} pageInfo {{ endCursor hasNextPage }} }} }}"""
        filled, names, at, more = {"unitId": gid(below)} if below else None, [], None, True
        while more:
            page = (await client.data(query, size=size, at=at, f=filled))[listed]
            names += [node["name"] for node in page["nodes"]]
            at, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        assert page["totalCount"] == len(names)
        found[listed] = names
    assert found["journeys"] == found["painPoints"] == found["tasks"]
    return found["tasks"]


@pytest.fixture
async def jatim() -> Unit:
    return await f.reference_unit("JATIM")


@pytest.fixture
async def bali() -> Unit:
    return await f.reference_unit("BALI")


async def test_what_lies_at_a_unit_that_moved_is_in_the_lists_of_its_new_region_alone(jatim, bali):
    # given work at a unit, beside work of both regions
    up3 = await f.a_unit(UnitKind.UP3, jatim)
    ulp = await f.a_unit(UnitKind.ULP, up3)
    for rank, (place, name) in enumerate([(ulp, "moved"), (jatim, "stays"), (bali, "there"), (up3, "too")]):
        await work_at(place, name, rank=rank)
    hq = await f.reference_unit("HQ")
    above, old, new = [await as_(await f.a_person(Role.VIEWER, place)) for place in (hq, jatim, bali)]
    assert await shown(above, jatim) == await shown(old) == ["moved", "stays", "too"]
    # when
    await unit.move(SYSTEM, MoveUnit(up3.id, bali.id, up3.version))
    # then
    assert await shown(above, jatim) == await shown(old) == await shown(old, jatim) == ["stays"]
    assert await shown(above, bali) == await shown(new) == await shown(new, bali) == ["moved", "there", "too"]
    assert await shown(above, up3) == await shown(new, up3) == ["moved", "too"]
    assert await shown(above, ulp) == ["moved"]
    assert await shown(old, up3) == await shown(old, bali) == []


async def test_roles_in_several_regions_show_what_lies_in_each(jatim, bali):
    # given
    up3 = await f.a_unit(UnitKind.UP3, bali)
    inside = await f.a_unit(UnitKind.UP3, jatim)
    for rank, (place, name) in enumerate(
        [(up3, "up3"), (jatim, "jatim"), (bali, "bali"), (inside, "inside"), (await f.a_unit(), "ulp")]
    ):
        await work_at(place, name, rank=rank)

    async def seen_with(*places: Unit) -> list[str]:
        who = await f.a_person(None)
        for place in places:
            await f.a_role(who, Role.VIEWER, place)
        return await shown(await as_(who))

    # then a role inside a region that is seen adds nothing, and one in another region what lies there
    assert await seen_with(jatim) == await seen_with(jatim, inside) == ["jatim", "inside", "ulp"]
    assert await seen_with(jatim, up3) == ["up3", "jatim", "inside", "ulp"]
    assert await seen_with(jatim, bali) == ["up3", "jatim", "bali", "inside", "ulp"]
    assert await seen_with(inside, up3) == ["up3", "inside"]
    assert await seen_with(inside) == ["inside"]
    assert await seen_with() == []


async def test_what_lies_at_headquarters_itself_is_in_its_lists(jatim):
    # given
    hq = await f.reference_unit("HQ")
    await work_at(hq, "hq")
    await work_at(jatim, "jatim", rank=1)
    above, within = [await as_(await f.a_person(Role.VIEWER, place)) for place in (hq, jatim)]
    # then
    assert await shown(above) == await shown(above, hq) == ["hq", "jatim"]
    assert await shown(within, hq) == []
    assert await shown(within) == await shown(above, jatim) == ["jatim"]


async def a_lot_of_work_at(place: Unit, number: int) -> None:
    """That many journeys, each with a pain point, and tasks; all alike but for what they are ordered by."""
    await work_at(place, "")
    for table, changed in {
        "journey": "'created_at', created_at - n * interval '1 second'",
        "pain_point": "'severity', n % 5 + 1",
        "task": "'due_on', due_on + n % 300",
    }.items():
        await db.execute(
            f"""insert into {table}
            select (json_populate_record(one, json_build_object('id', gen_random_uuid(), {changed}))).*
            from {table} one, generate_series(2, $2) n where unit_id = $1""",
            place.id,
            number,
        )
        await db.execute(f"analyze {table}")


def read_from(table: str, plan: Any) -> int:
    """How many rows of the table the plan has read."""
    rows_read = sum(read_from(table, one) for one in plan.get("Plans", []))
    if plan.get("Relation Name") == table and plan["Node Type"] != "Bitmap Index Scan":
        rows_read += plan["Actual Loops"] * (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0))
    return round(rows_read)


# Who asks, and of which unit.
SEATS = [("JATIM", None), ("JATIM", "JATIM"), ("HQ", "JATIM"), ("HQ", "HQ"), ("HQ", None)]
TABLES = {"journeys": "journey", "painPoints": "pain_point", "tasks": "task"}


async def test_a_page_of_a_region_or_of_all_reads_its_own_rows_however_many_there_are(jatim, bali):
    # given
    for place in (jatim, bali):
        await a_lot_of_work_at(place, 1_500)
    clients = {
        seat: await as_(await f.a_person(Role.VIEWER, await f.reference_unit(seat)))
        for seat in ("JATIM", "HQ")
    }
    for (seat, of), end, (listed, table) in product(SEATS, ("first", "last"), TABLES.items()):
        filters = f', filter: {{unitId: "{gid(await f.reference_unit(of))}"}}' if of else ""
        # when
        async with statements() as asked:
            page = await clients[seat].data(f"{{ {listed}({end}: 20{filters}) {{ nodes {{ id }} }} }}")
        assert len(page[listed]["nodes"]) == 20
        # then: its own, and the one that tells whether there are more
        sql, values = next(one for one in asked.told if table in one[0] and "limit 21" in one[0])
        (explained,) = await db.fetch(f"explain (analyze, format json) {sql}", *values)
        assert read_from(table, json.loads(explained[0])[0]["Plan"]) == 21, (seat, of, end, listed)


@pytest.mark.parametrize(
    ("seat", "gathered"),
    [(UnitKind.ULP, True), (UnitKind.UP3, True), (UnitKind.UID, False), (UnitKind.HQ, False)],
)
async def test_rows_of_less_than_a_region_are_gathered_before_they_are_sorted(seat, gathered, database):
    """A plan that is kept does not know how few they are: on 1,200,000 tasks it took 106 ms instead of 3 to find a ULP's
    in everybody's order. `offset 0` is what keeps PostgreSQL from that.
    """
    place = await (f.reference_unit("HQ") if seat is UnitKind.HQ else f.a_unit(seat))
    client = await as_(await f.a_person(Role.VIEWER, place))
    for listed in LISTS:
        async with statements() as asked:
            await client.data(f"{{ {listed}(first: 20) {{ nodes {{ id }} }} }}")
        assert any("offset 0" in sql for sql in asked.sql) is gathered
