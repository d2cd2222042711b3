"""R1: the tree of units."""

import asyncio
from datetime import timedelta

import pytest

from jejak.domain import clock, completion, db, relay, unit
from jejak.domain.access import SYSTEM
from jejak.domain.errors import Code, Refused
from jejak.domain.tables.unit import Unit
from jejak.domain.unit import CloseUnit, CreateUnit, MoveUnit
from jejak.domain.vocabulary import Role, TaskStatus, UnitKind
from tests.factories import a_journey, a_task, a_unit, a_viewer, reference_unit
from tests.figures import figures_of
from tests.refusals import events_of, refused, unchanged

HQ, UID, UIW, UP3, ULP = UnitKind
# Written from R1: "HQ > UID or UIW (regions) > UP3 > ULP".
BELOW = {HQ: {UID, UIW}, UID: {UP3}, UIW: {UP3}, UP3: {ULP}, ULP: set()}


async def a_parent(kind: UnitKind) -> Unit:
    return await reference_unit("HQ") if kind is HQ else await a_unit(kind)


@pytest.mark.parametrize("parent", UnitKind)
@pytest.mark.parametrize("kind", UnitKind)
async def test_a_unit_lies_only_under_the_next_kind_up(kind, parent):
    above = await a_parent(parent)
    wanted = CreateUnit(above.id, "NEW", "Baru", kind, "Asia/Makassar")
    if kind not in BELOW[parent]:
        async with refused(Code.WRONG_KIND, "kind"):
            await unit.create(SYSTEM, wanted)
        return
    made = await unit.create(SYSTEM, wanted)
    assert (made.parent_id, made.path, made.version) == (above.id, f"{above.path}NEW/", 1)
    assert await events_of(made.id) == ["unit.created"]


@pytest.mark.parametrize("target", UnitKind)
@pytest.mark.parametrize("kind", UnitKind)
async def test_a_unit_moves_only_under_the_next_kind_up(kind, target):
    moving = await a_parent(kind)
    to = await a_parent(target)
    wanted = MoveUnit(moving.id, to.id, moving.version)
    if kind is HQ:
        # Everything lies below headquarters, so that it could only move below itself.
        async with refused(Code.TREE_CYCLE, "parent_id"):
            await unit.move(SYSTEM, wanted)
    elif kind not in BELOW[target]:
        async with refused(Code.WRONG_KIND, "parent_id"):
            await unit.move(SYSTEM, wanted)
    else:
        moved = await unit.move(SYSTEM, wanted)
        # A region lies below headquarters already: no change.
        version = 2 if to.id != moving.parent_id else 1
        assert (moved.parent_id, moved.path, moved.version) == (to.id, f"{to.path}{moving.code}/", version)


async def test_a_unit_cannot_lie_below_itself_or_its_own():
    region = await a_unit(UID)
    below = await a_unit(UP3, region)
    async with refused(Code.TREE_CYCLE, "parent_id"):
        await unit.move(SYSTEM, MoveUnit(region.id, below.id, region.version))
    async with refused(Code.TREE_CYCLE, "parent_id"):
        await unit.move(SYSTEM, MoveUnit(below.id, below.id, below.version))


async def test_a_moved_unit_takes_its_subtree_and_its_history_along():
    # Given a UP3 with a ULP that has a journey and a task
    up3 = await a_unit(UP3, await reference_unit("JATIM"))
    ulp = await a_unit(ULP, up3)
    journey, task = await a_journey(ulp), await a_task(ulp)
    before = [await events_of(subject.id) for subject in (ulp, journey, task)]
    # When the UP3 moves to Bali
    await unit.move(SYSTEM, MoveUnit(up3.id, (await reference_unit("BALI")).id, up3.version))
    # Then the path of everything below follows
    assert (await Unit.objects().get(Unit.id == ulp.id)).path == f"HQ/BALI/{up3.code}/{ulp.code}/"
    # And what happened there stays, and counts in Bali and no longer in Jawa Timur
    assert [await events_of(subject.id) for subject in (ulp, journey, task)] == before
    await relay.drain()
    assert (await figures_of("HQ/BALI/"))["tasks"] == 1
    assert (await figures_of("HQ/JATIM/"))["tasks"] == 0
    assert await events_of(up3.id) == ["unit.created", "unit.moved"]


async def test_moving_where_it_is_changes_nothing():
    up3 = await a_unit(UP3)
    async with unchanged():
        moved = await unit.move(SYSTEM, MoveUnit(up3.id, up3.parent_id, up3.version))
    assert (moved.path, moved.version) == (up3.path, up3.version)


async def test_codes_that_start_alike_are_no_relatives():
    short, long = await a_unit(UP3, code="KDR"), await a_unit(UP3, code="KDR2")
    below = await a_unit(ULP, long)
    await unit.move(SYSTEM, MoveUnit(short.id, (await reference_unit("BALI")).id, short.version))
    assert (await Unit.objects().get(Unit.id == below.id)).path == below.path


async def test_figures_of_a_closed_month_do_not_change_after_a_move():
    # Given a verified task of a ULP below Jawa Timur, and the snapshot of that day
    up3 = await a_unit(UP3, await reference_unit("JATIM"))
    ulp = await a_unit(ULP, up3)
    await a_task(ulp, status="VERIFIED")
    await relay.drain()
    day = await completion.snapshot()
    paths = ["HQ/", "HQ/JATIM/", "HQ/BALI/"]
    before = [await figures_of(path, on=day) for path in paths]
    assert before[1]["verified_tasks"] == 1
    assert before[2]["verified_tasks"] == 0
    # When the unit moves, another task comes to it, and weights change
    await unit.move(SYSTEM, MoveUnit(up3.id, (await reference_unit("BALI")).id, up3.version))
    await a_task(ulp)
    await db.execute("update initiative set weight = 7 where code = '1.1'")
    await db.execute("update step set weight = 5 where number = 1")
    await completion.recompute_all()
    clock.shift(timedelta(days=1))
    assert await completion.snapshot() == day + timedelta(days=1)
    # Then the closed day's figures are what they were, wherever one looks from
    assert [await figures_of(path, on=day) for path in paths] == before
    assert (await figures_of("HQ/BALI/", on=day + timedelta(days=1)))["verified_tasks"] == 1


async def test_a_moved_unit_keeps_its_own_figures_of_a_closed_month():
    up3 = await a_unit(UP3, await reference_unit("JATIM"))
    await a_task(await a_unit(ULP, up3), status="VERIFIED")
    await relay.drain()
    day = await completion.snapshot()
    before = await figures_of(up3.path, on=day)
    moved = await unit.move(SYSTEM, MoveUnit(up3.id, (await reference_unit("BALI")).id, up3.version))
    assert before["verified_tasks"] == 1
    assert await figures_of(moved.path, on=day) == before


async def test_a_closed_unit_keeps_its_history_and_takes_no_new_work():
    ulp = await a_unit()
    manager = await a_viewer(Role.MANAGER, ulp)
    task = await a_task(ulp, status="CANCELLED")
    closed = await unit.close(SYSTEM, CloseUnit(ulp.id, ulp.version))
    assert closed.closed_at is not None
    assert await events_of(task.id) == ["task.created", "task.cancelled"]
    async with refused(Code.UNIT_CLOSED, "unit_id"):
        await a_journey(ulp, viewer=manager)
    with pytest.raises(Refused) as caught:
        await a_task(ulp, viewer=manager)
    assert caught.value.code is Code.UNIT_CLOSED
    async with refused(Code.UNIT_CLOSED, "unit_id"):
        await unit.close(SYSTEM, CloseUnit(ulp.id, closed.version))


async def test_no_unit_is_created_or_moved_below_a_closed_one():
    closed = await a_unit(UP3, closed=True)
    ulp = await a_unit()
    async with refused(Code.UNIT_CLOSED, "parent_id"):
        await a_unit(ULP, closed)
    async with refused(Code.UNIT_CLOSED, "parent_id"):
        await unit.move(SYSTEM, MoveUnit(ulp.id, closed.id, ulp.version))


async def test_a_unit_closes_after_those_below_it_and_headquarters_never():
    up3 = await a_unit(UP3)
    ulp = await a_unit(ULP, up3)
    async with refused(Code.HAS_OPEN_UNITS, "unit_id"):
        await unit.close(SYSTEM, CloseUnit(up3.id, up3.version))
    await unit.close(SYSTEM, CloseUnit(ulp.id, ulp.version))
    assert (await unit.close(SYSTEM, CloseUnit(up3.id, up3.version))).version == 2
    root = await reference_unit("HQ")
    async with refused(Code.FORBIDDEN, "unit_id"):
        await unit.close(SYSTEM, CloseUnit(root.id, root.version))


@pytest.mark.parametrize("status", TaskStatus)
async def test_a_unit_closes_once_its_own_tasks_are_done_or_given_up(status):
    ulp = await a_unit()
    await a_task(ulp, status=status)
    await a_task(status="PLANNED")  # of another unit
    if status in {"VERIFIED", "CANCELLED"}:
        assert (await unit.close(SYSTEM, CloseUnit(ulp.id, ulp.version))).closed_at is not None
    else:
        async with refused(Code.HAS_OPEN_TASKS, "unit_id"):
            await unit.close(SYSTEM, CloseUnit(ulp.id, ulp.version))


async def test_a_stale_move_or_close_is_refused():
    up3 = await a_unit(UP3)
    bali = await reference_unit("BALI")
    await unit.move(SYSTEM, MoveUnit(up3.id, bali.id, up3.version))
    async with refused(Code.STALE, "expected_version"):
        await unit.move(SYSTEM, MoveUnit(up3.id, bali.id, 1))
    async with refused(Code.STALE, "expected_version"):
        await unit.close(SYSTEM, CloseUnit(up3.id, 1))


async def test_a_code_is_taken_once_in_any_case():
    up3 = await a_unit(UP3, code="malang")
    assert up3.code == "MALANG"
    async with refused(Code.TAKEN, "code"):
        await a_unit(UP3, code=" Malang ")


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("code", "", Code.INVALID_CODE),
        ("code", "A/B", Code.INVALID_CODE),
        ("code", "A" * 33, Code.INVALID_CODE),
        ("name", "  ", Code.REQUIRED),
        ("name", "x" * 201, Code.TOO_LONG),
        ("name", "a\0b", Code.INVALID_TEXT),
        ("timezone", "Asia/Bandung", Code.INVALID_TIMEZONE),
        ("timezone", "", Code.INVALID_TIMEZONE),
        ("timezone", "../etc/passwd", Code.INVALID_TIMEZONE),
        ("timezone", "Asia", Code.INVALID_TIMEZONE),
    ],
)
async def test_malformed_input_is_refused(field, value, code):
    given = {"code": "NEW", "name": "Baru", "timezone": "Asia/Jakarta"} | {field: value}
    parent = await reference_unit("HQ")
    async with refused(code, field):
        await unit.create(SYSTEM, CreateUnit(parent_id=parent.id, kind=UID, **given))


@pytest.mark.parametrize(
    "zone", ["localtime", "posixrules", "right/Asia/Jakarta", "posix/Asia/Jakarta", "Factory", "GMT+7"]
)
async def test_a_zone_that_only_one_side_knows_is_refused(zone):
    """Figures of a unit in a zone that PostgreSQL does not know could not be computed."""
    async with refused(Code.INVALID_TIMEZONE, "timezone"):
        await a_unit(timezone=zone)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.CONTRIBUTOR, Role.MANAGER, Role.ADMIN])
async def test_only_the_programme_changes_the_tree(role):
    root = await reference_unit("HQ")
    viewer = await a_viewer(role, root)
    region = await a_unit(UID)
    async with refused(Code.FORBIDDEN, "parent_id"):
        await unit.create(viewer, CreateUnit(root.id, "NEW", "Baru", UID, "Asia/Jakarta"))
    async with refused(Code.FORBIDDEN, "unit_id"):
        await unit.move(viewer, MoveUnit(region.id, root.id, region.version))
    async with refused(Code.FORBIDDEN, "unit_id"):
        await unit.close(viewer, CloseUnit(region.id, region.version))


async def test_of_several_moves_by_the_same_version_one_wins():
    up3 = await a_unit(UP3)
    targets = [await reference_unit(code) for code in ("BALI", "NTB", "NTT", "PPB")]
    results = await asyncio.gather(
        *(unit.move(SYSTEM, MoveUnit(up3.id, to.id, up3.version)) for to in targets), return_exceptions=True
    )
    assert sorted(type(result).__name__ for result in results) == ["Refused", "Refused", "Refused", "Unit"]
    assert await events_of(up3.id) == ["unit.created", "unit.moved"]
