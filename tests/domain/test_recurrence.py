"""Rollouts that come again: each occurrence is made once, some days ahead, whatever crashes."""

import asyncio
from datetime import date, timedelta

import pytest

from jejak.domain import clock, db, recurrence, rollout
from jejak.domain.errors import Code
from jejak.domain.recurrence import EndRecurrence, UpdateRecurrence
from jejak.domain.rollout import CancelRollout
from jejak.domain.tables.rollout import Recurrence, Rollout
from jejak.domain.tables.task import Task
from jejak.domain.vocabulary import Role, UnitKind
from tests import factories as f
from tests.moments import MONDAY, go_to
from tests.refusals import events_of, refused, unchanged
from tests.sql import statements

MARCH, APRIL = date(2027, 3, 15), date(2027, 4, 15)


@pytest.fixture
async def headquarters():
    return await f.a_viewer(Role.PROGRAMME, await f.reference_unit("HQ"))


@pytest.fixture
async def up3():
    """With two ULPs that have somebody, on the first of March, a Monday."""
    go_to(MONDAY)
    top = await f.a_unit(UnitKind.UP3)
    for _ in range(2):
        await a_ulp(top)
    return top


async def a_ulp(top, role=Role.CONTRIBUTOR):
    ulp = await f.a_unit(UnitKind.ULP, top)
    await f.a_person(role, ulp, ranger=role is Role.CONTRIBUTOR)
    return ulp


async def made() -> dict[date, int]:
    """The occurrences, and to how many units each was given."""
    rows = await db.fetch(
        "select r.occurs_on, count(t.id) from rollout r left join task t on t.rollout_id = r.id group by r.occurs_on"
    )
    return {row["occurs_on"]: row["count"] for row in rows}


async def now(row) -> Recurrence:
    return await Recurrence.objects().get(Recurrence.id == row.id)


async def test_the_monthly_cross_mystery_shopping_is_made_a_week_ahead(up3):
    # Given the deck's cross mystery shopping
    row = await f.a_recurrence(up3)
    assert row.upcoming[:3] == [MARCH, APRIL, date(2027, 5, 15)]
    async with unchanged():
        await recurrence.run()
    # When it is a week ahead
    go_to(MARCH - timedelta(days=7))
    assert await recurrence.run() == 2
    # Then
    (one,) = await Rollout.objects()
    tasks = await Task.objects().where(Task.rollout_id == one.id)
    assert {(task.title, task.due_on) for task in tasks} == {("Mystery shopping silang Maret 2027", MARCH)}
    assert (one.recurrence_id, one.occurs_on, one.created_by) == (row.id, MARCH, None)
    assert await events_of(one.id) == ["rollout.created"]
    assert (await now(row)).upcoming[0] == APRIL
    async with unchanged():
        await recurrence.run()


async def test_a_day_that_is_no_working_day_is_due_before_it(up3):
    # On the last day of February 2027 it is Sunday.
    go_to(date(2027, 2, 20))
    await f.a_recurrence(up3, rule="FREQ=MONTHLY;BYMONTHDAY=-1", lead_days=20)
    await recurrence.run()
    assert {task.due_on for task in await Task.objects()} == {date(2027, 2, 26)}


async def test_after_a_downtime_what_is_still_due_is_made_and_what_is_past_is_counted(up3):
    row = await f.a_recurrence(up3)
    go_to(date(2027, 6, 12))
    # When
    await recurrence.run()
    # Then March, April and May are gone
    assert await made() == {date(2027, 6, 15): 2}
    assert ((await now(row)).skipped, (await now(row)).upcoming[0]) == (3, date(2027, 7, 15))


async def test_on_its_very_day_it_is_still_made(up3):
    await f.a_recurrence(up3)
    go_to(MARCH, 23)
    await recurrence.run()
    assert await made() == {MARCH: 2}


async def test_an_occurrence_whose_last_working_day_has_passed_is_skipped(up3):
    # Sunday, 28 February; the Friday before it has passed.
    go_to(date(2027, 2, 1))
    row = await f.a_recurrence(up3, rule="FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=1")
    go_to(date(2027, 2, 27))
    await recurrence.run()
    assert await made() == {}
    assert ((await now(row)).skipped, (await now(row)).upcoming) == (1, [])


async def test_several_occurrences_within_the_lead_are_all_made(up3):
    await f.a_recurrence(up3, rule="FREQ=WEEKLY;BYDAY=FR;COUNT=3", lead_days=12)
    await recurrence.run()
    assert await made() == {date(2027, 3, 5): 2, date(2027, 3, 12): 2}
    go_to(date(2027, 4, 30))
    await recurrence.run()
    assert await made() == {date(2027, 3, 5): 2, date(2027, 3, 12): 2}


async def test_ten_workers_at_once_make_each_occurrence_once(up3):
    rows = [await f.a_recurrence(up3) for _ in range(3)]
    go_to(MARCH - timedelta(days=1))
    await asyncio.gather(*(recurrence.run() for _ in range(10)))
    await recurrence.run()
    assert await Rollout.count() == 3
    assert await Task.count() == 6
    assert {len((await now(row)).upcoming) for row in rows} == {recurrence.SHOWN}


@pytest.mark.parametrize("broken", ["begin", "a_rollout"])
async def test_a_worker_that_dies_half_way_leaves_it_for_the_next(up3, monkeypatch, broken):
    # Given
    failing, other = await f.a_recurrence(up3), await f.a_recurrence(up3)
    go_to(MARCH - timedelta(days=1))
    real = getattr(rollout, broken)

    def dies(*given):
        if failing.id in {getattr(one, "recurrence_id", None) for one in given} | {
            one[0] for one in given if isinstance(one, tuple)
        }:
            raise OSError("killed")
        return real(*given)

    # When
    monkeypatch.setattr(rollout, broken, dies)
    with pytest.raises(ExceptionGroup):
        await recurrence.run()
    # Then the other's is made, and of this one's nothing
    assert {one.recurrence_id for one in await Rollout.objects()} == {other.id}
    assert (await now(failing)).upcoming[0] == MARCH
    # And the next makes it
    monkeypatch.setattr(rollout, broken, real)
    await recurrence.run()
    assert (await Rollout.count(), await Task.count()) == (2, 4)


async def test_units_that_come_or_get_somebody_are_added_while_it_is_not_over(up3):
    # Given
    waiting = await f.a_unit(UnitKind.ULP, up3)
    await f.a_recurrence(up3)
    go_to(MARCH - timedelta(days=5))
    await recurrence.run()
    assert await made() == {MARCH: 2}
    # When
    await f.a_person(Role.MANAGER, waiting)
    await a_ulp(up3)
    # Then
    assert await recurrence.run() == 2
    assert await made() == {MARCH: 4}
    async with unchanged():
        await recurrence.run()
    # And once it is over nobody is added
    go_to(MARCH + timedelta(days=1))
    await a_ulp(up3)
    async with unchanged():
        await recurrence.run()


async def test_ten_workers_at_once_add_each_unit_once(up3):
    await f.a_recurrence(up3)
    go_to(MARCH - timedelta(days=5))
    await recurrence.run()
    await a_ulp(up3)
    await asyncio.gather(*(recurrence.run() for _ in range(10)))
    assert await made() == {MARCH: 3}
    assert await db.fetchval("select count(*) from event where kind = 'rollout.extended'") == 1


async def test_a_cancelled_occurrence_is_not_made_again_and_gets_no_further_units(up3, headquarters):
    row = await f.a_recurrence(up3)
    go_to(MARCH - timedelta(days=5))
    await recurrence.run()
    (one,) = await Rollout.objects()
    await rollout.cancel(headquarters, CancelRollout(one.id, one.version, "Libur"))
    await a_ulp(up3)
    async with unchanged():
        await recurrence.run()
    assert (await now(row)).upcoming[0] == APRIL


async def test_what_has_ended_comes_no_more_and_what_was_made_stays(up3, headquarters):
    row = await f.a_recurrence(up3)
    go_to(MARCH - timedelta(days=5))
    await recurrence.run()
    ended = await recurrence.end(headquarters, EndRecurrence(row.id, row.version))
    assert (ended.upcoming, ended.ended_at is None, ended.version) == ([], False, 2)
    await a_ulp(up3)
    go_to(APRIL - timedelta(days=5))
    async with unchanged():
        await recurrence.run()
    assert await made() == {MARCH: 2}
    for again in (EndRecurrence(row.id, 2), UpdateRecurrence(row.id, 2, title="x")):
        act = recurrence.end if isinstance(again, EndRecurrence) else recurrence.update
        async with refused(Code.WRONG_STATUS, "recurrence_id"):
            await act(headquarters, again)


async def test_a_change_is_for_what_is_to_come(up3, headquarters):
    # Given one that was made already
    row = await f.a_recurrence(up3)
    go_to(MARCH - timedelta(days=5))
    await recurrence.run()
    other = await f.a_unit(UnitKind.UP3)
    await a_ulp(other)
    # When
    wanted = UpdateRecurrence(
        row.id,
        row.version,
        title="Laporan {month}",
        weight=5,
        rule="FREQ=MONTHLY;BYMONTHDAY=10,20",
        lead_days=3,
        unit_id=other.id,
        kinds=[UnitKind.ULP],
    )
    changed = await recurrence.update(headquarters, wanted)
    # Then the days start anew after the one that was made
    assert (changed.version, changed.upcoming[:2]) == (2, [date(2027, 3, 20), date(2027, 4, 10)])
    go_to(date(2027, 3, 17))
    await recurrence.run()
    assert await made() == {MARCH: 2, date(2027, 3, 20): 1}
    titles = {task.title: task.weight for task in await Task.objects()}
    assert titles == {"Mystery shopping silang Maret 2027": 1, "Laporan Maret": 5}
    assert await events_of(row.id) == ["recurrence.created", "recurrence.updated"]
    async with refused(Code.STALE, "expected_version"):
        await recurrence.update(headquarters, wanted)


async def test_a_change_that_changes_nothing_is_none(up3, headquarters):
    row = await f.a_recurrence(up3)
    async with unchanged():
        same = UpdateRecurrence(row.id, row.version, title=row.title, rule=row.rule, lead_days=row.lead_days)
        await recurrence.update(headquarters, same)


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"rule": "FREQ=HOURLY"}, Code.INVALID_RULE, ("rule",)),
        ({"rule": "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30"}, Code.INVALID_RULE, ("rule",)),
        ({"rule": "FREQ=DAILY;UNTIL=20270101"}, Code.INVALID_RULE, ("rule",)),
        ({"title": "{bulan}"}, Code.INVALID_CHOICE, ("title",)),
        ({"title": "x" * 190 + " {month} {year}"}, Code.TOO_LONG, ("title",)),
        ({"lead_days": 61}, Code.OUT_OF_RANGE, ("lead_days",)),
        ({"lead_days": -1}, Code.OUT_OF_RANGE, ("lead_days",)),
        ({"start_on": MONDAY - timedelta(days=1)}, Code.PAST_DATE, ("start_on",)),
    ],
)
async def test_what_is_no_recurrence_is_refused(up3, headquarters, changes, code, path):
    async with refused(code, *path):
        await recurrence.create(headquarters, f.a_new_recurrence(up3, **changes))


async def test_the_same_recurrence_twice_at_once_is_set_up_once(up3, headquarters):
    wanted = f.a_new_recurrence(up3, client_mutation_id="bulanan")
    rows = await asyncio.gather(*(recurrence.create(headquarters, wanted) for _ in range(5)))
    assert len({row.id for row in rows}) == await Recurrence.count() == 1


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.PROGRAMME])
async def test_only_the_programmes_people_set_it_up_change_it_and_end_it(up3, role):
    viewer = await f.a_viewer(role, await f.reference_unit("HQ"))
    async with refused(Code.FORBIDDEN, "unit_id"):
        await recurrence.create(viewer, f.a_new_recurrence(up3))
    row = await f.a_recurrence(up3)
    async with refused(Code.FORBIDDEN, "recurrence_id"):
        await recurrence.update(viewer, UpdateRecurrence(row.id, row.version, title="x"))
    async with refused(Code.FORBIDDEN, "recurrence_id"):
        await recurrence.end(viewer, EndRecurrence(row.id, row.version))


async def test_who_sees_an_occurrence_sees_that_it_comes_again_but_may_not_change_it(up3):
    row = await f.a_recurrence(up3)
    ulp = await a_ulp(up3)
    viewer = await f.a_viewer(Role.MANAGER, ulp)
    async with refused(Code.NOT_FOUND, "recurrence_id"):
        await recurrence.end(viewer, EndRecurrence(row.id, row.version))
    go_to(MARCH)
    await recurrence.run()
    async with refused(Code.FORBIDDEN, "recurrence_id"):
        await recurrence.end(viewer, EndRecurrence(row.id, row.version))


async def test_an_idle_minute_costs_three_statements_however_many_there_are(up3):
    counts = []
    for _ in range(2):
        for _ in range(4):
            await f.a_recurrence(up3)
        async with statements() as counted:
            assert await recurrence.run(clock.now()) == 0
        counts.append(len(counted))
    assert counts == [3, 3]
