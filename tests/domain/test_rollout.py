"""A rollout: one initiative given to many units at once, one task each."""

import asyncio
from datetime import timedelta

import pytest

from jejak.domain import calendar, clock, db, rollout, task, unit
from jejak.domain.access import SYSTEM
from jejak.domain.errors import Code, Refused
from jejak.domain.rollout import CancelRollout, ExtendRollout
from jejak.domain.rollout_scope import Due
from jejak.domain.tables.notice import Reminder
from jejak.domain.tables.rollout import Rollout
from jejak.domain.tables.task import Task
from jejak.domain.task import ChangeTask
from jejak.domain.unit import CloseUnit
from jejak.domain.vocabulary import OwnerRule, Role, TaskStatus, UnitKind, WhyNot, WithoutOwner
from tests import factories as f
from tests.moments import MONDAY, go_to
from tests.refusals import events_of, refused, unchanged
from tests.sql import statements


@pytest.fixture
async def headquarters():
    return await f.a_viewer(Role.PROGRAMME, await f.reference_unit("HQ"))


async def a_ulp(up3, *, ranger=True, **of_unit):
    """And who answers for its tasks."""
    ulp = await f.a_unit(UnitKind.ULP, up3, **of_unit)
    return ulp, await f.a_person(Role.CONTRIBUTOR, ulp, ranger=ranger)


def version_of(row):
    return {"rollout_id": row.id, "expected_version": row.version}


def extension(row, **due):
    return ExtendRollout(**version_of(row), due=Due(**due))


async def tasks_of(row):
    return {one.unit_id: one for one in await Task.objects().where(Task.rollout_id == row.id)}


async def test_each_unit_of_the_scope_gets_one_task_for_its_ranger(headquarters):
    # Given two ULPs below the UP3, one closed one, and others elsewhere
    up3 = await f.a_unit(UnitKind.UP3)
    (first, sri), (second, budi) = await a_ulp(up3), await a_ulp(up3)
    await f.a_unit(UnitKind.ULP, up3, closed=True)
    await a_ulp(await f.a_unit(UnitKind.UP3))
    # When
    given = await rollout.create(headquarters, f.a_new_rollout(up3, weight=3))
    # Then
    made = await tasks_of(given.rollout)
    assert {key: one.owner_id for key, one in made.items()} == {first.id: sri.id, second.id: budi.id}
    assert given.count == 2
    one = made[first.id]
    assert (one.title, one.weight, one.status) == ("Mystery shopping silang", 3, TaskStatus.PLANNED)
    assert one.due_on == f.in_working_days(first, 10)
    assert await events_of(one.id) == ["task.created"]
    assert await events_of(given.rollout.id) == ["rollout.created"]
    assert await Reminder.count().where(Reminder.task_id == one.id) > 0


@pytest.mark.parametrize("due", [{"due_in_days": 3}, {"due_on": MONDAY + timedelta(days=3)}])
async def test_a_unit_that_is_shut_for_good_keeps_it_from_no_other(headquarters, due):
    # Given
    go_to(MONDAY)
    up3 = await f.a_unit(UnitKind.UP3)
    (shut, _), (open_, _) = await a_ulp(up3), await a_ulp(up3)
    await f.shut_for_good(shut)
    # When
    row = await f.a_rollout(up3, headquarters, **due)
    # Then
    made = await tasks_of(row)
    assert {made[shut.id].due_on, made[open_.id].due_on} == {MONDAY + timedelta(days=3)}


async def test_without_kinds_it_goes_to_those_that_the_initiative_is_for(headquarters):
    up3 = await f.a_unit(UnitKind.UP3)
    await f.a_person(Role.MANAGER, up3)
    await a_ulp(up3)
    await db.execute("update initiative set scope = '{UP3}' where code = '9.2'")
    row = await f.a_rollout(up3, headquarters, kinds=None)
    assert (set(await tasks_of(row)), row.kinds) == ({up3.id}, ["UP3"])


async def test_units_that_are_named_come_on_top_whatever_their_kind(headquarters):
    up3, other = await f.a_unit(UnitKind.UP3), await f.a_unit(UnitKind.UP3, await f.reference_unit("BALI"))
    ulp, _ = await a_ulp(up3)
    for place in (up3, other):
        await f.a_person(Role.MANAGER, place)
    row = await f.a_rollout(up3, headquarters, unit_ids=[other.id, ulp.id, other.id])
    assert set(await tasks_of(row)) == {ulp.id, other.id}
    # It lies below what is above both.
    assert row.unit_id == (await f.reference_unit("HQ")).id
    alone = await f.a_rollout(None, headquarters, kinds=[], unit_ids=[other.id])
    assert (alone.unit_id, set(await tasks_of(alone))) == (other.id, {other.id})


async def test_the_owner_is_the_ranger_else_a_manager_right_there_of_longest_standing(headquarters):
    # Given a manager above, who is none right there
    up3 = await f.a_unit(UnitKind.UP3)
    await f.a_person(Role.MANAGER, up3)
    by_ranger, by_manager, by_none = [await f.a_unit(UnitKind.ULP, up3) for _ in range(3)]
    first = await f.a_person(Role.MANAGER, by_manager)
    await f.a_person(Role.MANAGER, by_manager)
    await f.a_person(Role.MANAGER, by_ranger)
    ranger = await f.a_person(Role.CONTRIBUTOR, by_ranger, ranger=True)
    await f.a_person(Role.CONTRIBUTOR, by_ranger, ranger=True)
    await f.a_person(Role.CONTRIBUTOR, by_none)
    # When
    places = await rollout.preview(headquarters, f.a_new_rollout(up3))
    # Then
    assert {one.unit.id: (one.owner_id, one.rule, one.why_not) for one in places} == {
        by_ranger.id: (ranger.id, OwnerRule.RANGER, None),
        by_manager.id: (first.id, OwnerRule.MANAGER, None),
        by_none.id: (None, None, WhyNot.NO_OWNER),
    }
    given = await rollout.create(headquarters, f.a_new_rollout(up3))
    assert {key: one.owner_id for key, one in (await tasks_of(given.rollout)).items()} == {
        by_ranger.id: ranger.id,
        by_manager.id: first.id,
    }


async def test_where_units_without_anybody_are_to_refuse_it_nobody_gets_it(headquarters):
    up3 = await f.a_unit(UnitKind.UP3)
    await a_ulp(up3)
    await f.a_unit(UnitKind.ULP, up3)
    async with refused(Code.UNITS_WITHOUT_OWNER, "unit_id"):
        await rollout.create(headquarters, f.a_new_rollout(up3, without_owner=WithoutOwner.REFUSE))


async def test_a_rollout_that_nobody_would_get_is_refused(headquarters):
    up3 = await f.a_unit(UnitKind.UP3)
    async with refused(Code.NO_UNITS, "unit_id"):
        await rollout.create(headquarters, f.a_new_rollout(up3))
    await f.a_unit(UnitKind.ULP, up3)
    async with refused(Code.UNITS_WITHOUT_OWNER, "unit_id"):
        await rollout.create(headquarters, f.a_new_rollout(up3))


async def test_a_day_is_the_last_working_day_up_to_it_and_days_are_counted_as_each_unit_works(headquarters):
    # Given one unit that keeps a holiday on that Friday
    go_to(MONDAY)
    up3 = await f.a_unit(UnitKind.UP3)
    (usual, _), (closes, _) = await a_ulp(up3), await a_ulp(up3)
    friday = MONDAY + timedelta(days=4)
    await db.execute(
        "insert into special_day (id, unit_id, day, kind, name, hours, version, updated_at) values ($1, $2, $3, 'CLOSURE', 'x', '[]', 1, now())",
        db.new_id(),
        closes.id,
        friday,
    )
    async with db.transaction():
        await db.lock(db.Lock.UNIT_TREE)
        await calendar.settle([closes.id])
    # Then
    sunday = MONDAY + timedelta(days=6)
    by_day = await tasks_of(await f.a_rollout(up3, headquarters, due_on=sunday))
    assert {key: one.due_on for key, one in by_day.items()} == {
        usual.id: friday,
        closes.id: friday - timedelta(days=1),
    }
    in_days = await tasks_of(await f.a_rollout(up3, headquarters, due_in_days=5))
    assert {key: one.due_on for key, one in in_days.items()} == {
        usual.id: MONDAY + timedelta(days=7),
        closes.id: MONDAY + timedelta(days=8),
    }


async def test_a_day_whose_last_working_day_has_passed_is_refused(headquarters):
    saturday = MONDAY + timedelta(days=5)
    go_to(saturday)
    up3 = await f.a_unit(UnitKind.UP3)
    await a_ulp(up3)
    sunday = saturday + timedelta(days=1)
    (place,) = await rollout.preview(headquarters, f.a_new_rollout(up3, due_on=sunday))
    assert (place.why_not, place.due_on) == (WhyNot.PAST_DATE, saturday - timedelta(days=1))
    async with refused(Code.PAST_DATE, "due_on"):
        await rollout.create(headquarters, f.a_new_rollout(up3, due_on=sunday))


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"title": " "}, Code.REQUIRED, ("title",)),
        ({"weight": 0}, Code.OUT_OF_RANGE, ("weight",)),
        ({"due_in_days": 0}, Code.OUT_OF_RANGE, ("due_in_days",)),
        ({"due_in_days": None}, Code.REQUIRED, ("due_on",)),
        ({"due_on": MONDAY + timedelta(days=7), "due_in_days": 3}, Code.INVALID_CHOICE, ("due_in_days",)),
        ({"due_on": MONDAY - timedelta(days=1)}, Code.PAST_DATE, ("due_on",)),
        ({"unit_id": None}, Code.REQUIRED, ("unit_id",)),
        ({"unit_id": db.new_id()}, Code.NOT_FOUND, ("unit_id",)),
        ({"unit_ids": [db.new_id()]}, Code.NOT_FOUND, ("unit_ids", 0)),
        ({"unit_ids": [db.new_id()] * 1_001}, Code.TOO_MANY, ("unit_ids",)),
        ({"kinds": [UnitKind.ULP] * 11}, Code.TOO_MANY, ("kinds",)),
        ({"initiative_id": db.new_id()}, Code.NOT_FOUND, ("initiative_id",)),
    ],
)
async def test_what_is_no_rollout_is_refused(headquarters, changes, code, path):
    go_to(MONDAY)
    up3 = await f.a_unit(UnitKind.UP3)
    await a_ulp(up3)
    async with refused(code, *path):
        await rollout.create(headquarters, f.a_new_rollout(up3, **changes))
    with pytest.raises(Refused) as caught:
        await rollout.preview(headquarters, f.a_new_rollout(up3, **changes))
    assert [(one.code, one.path) for one in caught.value.problems] == [(code, path)]


async def test_a_closed_unit_that_is_named_is_told_of_and_refused(headquarters):
    up3 = await f.a_unit(UnitKind.UP3)
    await a_ulp(up3)
    closed = await f.a_unit(UnitKind.ULP, up3, closed=True)
    places = await rollout.preview(headquarters, f.a_new_rollout(up3, unit_ids=[closed.id]))
    assert [one.why_not for one in places if one.unit.id == closed.id] == [WhyNot.UNIT_CLOSED]
    async with refused(Code.UNIT_CLOSED, "unit_ids", 0):
        await rollout.create(headquarters, f.a_new_rollout(up3, unit_ids=[closed.id]))


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.PROGRAMME])
async def test_only_the_programmes_people_roll_out(role):
    up3 = await f.a_unit(UnitKind.UP3)
    viewer = await f.a_viewer(role, await f.reference_unit("HQ"))
    async with refused(Code.FORBIDDEN, "unit_id"):
        await rollout.create(viewer, f.a_new_rollout(up3))
    async with refused(Code.FORBIDDEN, "unit_ids", 0):
        await rollout.create(viewer, f.a_new_rollout(None, kinds=[], unit_ids=[up3.id]))


async def test_a_preview_writes_nothing_and_says_what_the_units_have_already(headquarters):
    up3 = await f.a_unit(UnitKind.UP3)
    ulp, ranger = await a_ulp(up3)
    await f.a_task(ulp, initiative="9.2", owner=ranger)
    await f.a_task(ulp, initiative="9.2", owner=ranger, status=TaskStatus.VERIFIED)
    async with unchanged():
        (place,) = await rollout.preview(headquarters, f.a_new_rollout(up3))
    assert (place.open_tasks, place.why_not) == (1, None)


async def test_the_same_rollout_twice_at_once_is_made_once(headquarters):
    up3 = await f.a_unit(UnitKind.UP3)
    for _ in range(3):
        await a_ulp(up3)
    wanted = f.a_new_rollout(up3, client_mutation_id="maret")
    given = await asyncio.gather(*(rollout.create(headquarters, wanted) for _ in range(5)))
    assert {(one.rollout.id, one.count) for one in given} == {(given[0].rollout.id, 3)}
    assert (await Rollout.count(), await Task.count()) == (1, 3)
    async with refused(Code.CLIENT_ID_REUSED, "client_mutation_id"):
        await rollout.create(headquarters, f.a_new_rollout(up3, weight=2, client_mutation_id="maret"))


async def test_an_extension_gives_it_to_who_has_come_or_has_an_owner_now(headquarters):
    # Given
    up3 = await f.a_unit(UnitKind.UP3)
    (first, _), late = await a_ulp(up3), await f.a_unit(UnitKind.ULP, up3)
    row = await f.a_rollout(up3, headquarters)
    async with unchanged():  # there is nobody to give it to
        assert (await rollout.extend(headquarters, extension(row))).count == 0
    # When
    await f.a_person(Role.MANAGER, late)
    new, _ = await a_ulp(up3)
    places = await rollout.preview_extension(headquarters, extension(row))
    given = await rollout.extend(headquarters, extension(row))
    # Then
    assert {one.unit.id: one.why_not for one in places} == {
        first.id: WhyNot.ALREADY_GIVEN,
        late.id: None,
        new.id: None,
    }
    assert given.count == 2
    assert set(await tasks_of(row)) == {first.id, late.id, new.id}
    assert await events_of(row.id) == ["rollout.created", "rollout.extended"]
    async with refused(Code.STALE, "expected_version"):
        await rollout.extend(headquarters, extension(row))


async def test_an_extension_may_have_a_day_of_its_own_where_that_of_the_rollout_has_passed(headquarters):
    go_to(MONDAY)
    up3 = await f.a_unit(UnitKind.UP3)
    await a_ulp(up3)
    row = await f.a_rollout(up3, headquarters, due_on=MONDAY)
    go_to(MONDAY + timedelta(days=7))
    late, _ = await a_ulp(up3)
    async with unchanged():
        assert (await rollout.extend(headquarters, extension(row))).count == 0
    async with refused(Code.PAST_DATE, "due_on"):
        await rollout.extend(headquarters, extension(row, due_on=MONDAY))
    assert (await rollout.extend(headquarters, extension(row, due_in_days=2))).count == 1
    assert (await tasks_of(row))[late.id].due_on == MONDAY + timedelta(days=9)


async def test_of_two_extensions_at_once_one_gives_it(headquarters):
    up3 = await f.a_unit(UnitKind.UP3)
    await a_ulp(up3)
    row = await f.a_rollout(up3, headquarters)
    await a_ulp(up3)
    both = await asyncio.gather(
        *(rollout.extend(headquarters, extension(row)) for _ in range(2)), return_exceptions=True
    )
    assert [one.code for one in both if isinstance(one, Refused)] == [Code.STALE]
    assert len(await tasks_of(row)) == 2


async def test_a_unit_whose_task_was_cancelled_is_not_given_it_again(headquarters):
    up3 = await f.a_unit(UnitKind.UP3)
    (ulp, _), manager = await a_ulp(up3), await f.a_viewer(Role.MANAGER, up3)
    row = await f.a_rollout(up3, headquarters)
    made = (await tasks_of(row))[ulp.id]
    await task.cancel(manager, ChangeTask(made.id, made.version, "Tidak perlu"))
    async with unchanged():
        assert (await rollout.extend(headquarters, extension(row))).count == 0


async def test_a_rollout_is_cancelled_as_a_whole_but_for_what_is_verified(headquarters):
    # Given one task in each status
    up3 = await f.a_unit(UnitKind.UP3)
    manager = await f.a_viewer(Role.MANAGER, up3)
    people = [await a_ulp(up3) for _ in TaskStatus]
    row = await f.a_rollout(up3, headquarters)
    made = await tasks_of(row)
    wanted = {}
    for (place, owner), status in zip(people, TaskStatus, strict=True):
        one = await f.bring(made[place.id], status, owner=await f.viewer_for(owner), manager=manager)
        wanted[place.id] = (
            (status, one.version)
            if status in {TaskStatus.VERIFIED, TaskStatus.CANCELLED}
            else (TaskStatus.CANCELLED, one.version + 1)
        )
    # When
    cancelled = CancelRollout(**version_of(row), reason="Diganti")
    given = await rollout.cancel(headquarters, cancelled)
    # Then
    assert {key: (one.status, one.version) for key, one in (await tasks_of(row)).items()} == wanted
    assert given.count == len(TaskStatus) - 2
    # And their clocks stand, as of tasks that are cancelled one by one
    assert all(one.stopped_at is not None for one in (await tasks_of(row)).values())
    assert (given.rollout.cancel_reason, given.rollout.version) == ("Diganti", 2)
    assert await events_of(row.id) == ["rollout.created", "rollout.cancelled"]
    # And it is over
    again = {"rollout_id": row.id, "expected_version": 2}
    async with refused(Code.WRONG_STATUS, "rollout_id"):
        await rollout.cancel(headquarters, CancelRollout(**again, reason="Lagi"))
    async with refused(Code.WRONG_STATUS, "rollout_id"):
        await rollout.extend(headquarters, ExtendRollout(**again, due=Due()))


async def test_cancelling_needs_a_reason_and_the_version(headquarters):
    up3 = await f.a_unit(UnitKind.UP3)
    await a_ulp(up3)
    row = await f.a_rollout(up3, headquarters)
    async with refused(Code.REQUIRED, "reason"):
        await rollout.cancel(headquarters, CancelRollout(**version_of(row), reason=" "))
    async with refused(Code.STALE, "expected_version"):
        await rollout.cancel(headquarters, CancelRollout(row.id, 9, "Diganti"))


async def test_who_sees_only_a_task_of_it_may_see_but_not_change_it(headquarters):
    up3 = await f.a_unit(UnitKind.UP3)
    ulp, _ = await a_ulp(up3)
    row = await f.a_rollout(up3, headquarters)
    inside, outside = await f.a_viewer(Role.MANAGER, ulp), await f.a_viewer(Role.MANAGER, await f.a_unit())
    for viewer, code in ((inside, Code.FORBIDDEN), (outside, Code.NOT_FOUND)):
        async with refused(code, "rollout_id"):
            await rollout.cancel(viewer, CancelRollout(**version_of(row), reason="Diganti"))


async def test_a_unit_that_closes_meanwhile_gets_nothing(headquarters):
    up3 = await f.a_unit(UnitKind.UP3)
    await a_ulp(up3)
    for _ in range(5):
        ulp, _ = await a_ulp(up3)
        row, closed = await asyncio.gather(
            f.a_rollout(up3, headquarters),
            unit.close(SYSTEM, CloseUnit(ulp.id, ulp.version)),
            return_exceptions=True,
        )
        assert (ulp.id in await tasks_of(row)) is isinstance(closed, Refused)


async def test_three_hundred_units_cost_the_statements_of_one_and_no_time(headquarters):
    # Given
    small, large = await f.a_unit(UnitKind.UP3), await f.a_unit(UnitKind.UP3)
    await a_ulp(small)
    calendar_id = (await db.fetchval("select calendar_id from unit where id = $1", large.id),)
    await db.execute(
        """
        with made as (
            insert into unit (id, code, name, kind, parent_id, path, timezone, calendar_id, version, created_at)
            select gen_random_uuid(), 'MANY-' || n, 'Unit', 'ULP', $1, $2 || 'MANY-' || n || '/', 'Asia/Jakarta', $3, 1, now()
            from generate_series(1, 326) n returning id
        )
        insert into membership (id, person_id, unit_id, role, ranger, granted_at)
        select gen_random_uuid(), $4, id, 'CONTRIBUTOR', true, now() from made
        """,
        large.id,
        large.path,
        *calendar_id,
        (await f.a_person(None)).id,
    )
    counts = {}
    for top in (small, large):
        wanted = f.a_new_rollout(top, client_mutation_id="once")
        wanted = f.replace(wanted, client_mutation_id=str(top.id))
        begun = clock.now()
        # When
        async with statements() as counted:
            given = await rollout.create(headquarters, wanted)
        counts[given.count] = (len(counted), clock.now() - begun)
        async with statements() as counted:
            await rollout.cancel(headquarters, CancelRollout(**version_of(given.rollout), reason="Diganti"))
        counts[given.count] += (len(counted),)
    # Then
    (few, _, cancelling), (many, took, cancelling_many) = counts[1], counts[326]
    assert (few, cancelling) == (many, cancelling_many)
    assert took < timedelta(seconds=5)  # 0.3 s on a machine of its own
