"""Two changes at once: each waits for the other, and neither undoes it."""

import asyncio

import pytest

from jejak.domain import db, person, task_creation, unit
from jejak.domain.access import SYSTEM
from jejak.domain.errors import Code, Refused
from jejak.domain.person import GrantRole, RevokeRole
from jejak.domain.tables.person import Membership
from jejak.domain.tables.task import Task
from jejak.domain.tables.unit import Unit
from jejak.domain.task_creation import CreateTask, NewTask
from jejak.domain.unit import CloseUnit
from jejak.domain.vocabulary import Role
from tests.factories import a_person, a_unit, a_viewer, in_working_days, initiative_id
from tests.sql import waiting


async def until_it_waits() -> None:
    async with asyncio.timeout(10):
        while not await waiting():
            await asyncio.sleep(0.01)


async def test_a_task_that_waits_for_a_closing_unit_is_refused():
    # Given a unit that is being closed, not yet committed
    ulp = await a_unit()
    manager, owner = await a_viewer(Role.MANAGER, ulp), await a_person(Role.CONTRIBUTOR, ulp)
    new = NewTask(initiative_id("1.1"), "Perbaiki", in_working_days(ulp, 5), ulp.id, owner_id=owner.id)
    async with db.connection() as closing, closing.transaction():
        await closing.execute("update unit set closed_at = now() where id = $1", ulp.id)
        # When somebody creates a task there meanwhile
        creating = asyncio.create_task(task_creation.create(manager, CreateTask(new)))
        await until_it_waits()
    # Then it waits for the closing, and is refused
    with pytest.raises(Refused) as refused:
        await creating
    assert refused.value.code is Code.UNIT_CLOSED
    assert await Task.count() == 0


async def test_of_closing_and_creating_at_once_one_is_refused():
    for _ in range(10):
        ulp = await a_unit()
        manager, owner = await a_viewer(Role.MANAGER, ulp), await a_person(Role.CONTRIBUTOR, ulp)
        new = NewTask(initiative_id("1.1"), "Perbaiki", in_working_days(ulp, 5), ulp.id, owner_id=owner.id)
        both = await asyncio.gather(
            task_creation.create(manager, CreateTask(new)),
            unit.close(SYSTEM, CloseUnit(ulp.id, ulp.version)),
            return_exceptions=True,
        )
        codes = [one.code for one in both if isinstance(one, Refused)]
        assert codes in ([Code.UNIT_CLOSED], [Code.HAS_OPEN_TASKS])
        closed = (await Unit.objects().get(Unit.id == ulp.id)).closed_at is not None
        assert closed is (await Task.count().where(Task.unit_id == ulp.id) == 0)


async def test_a_role_that_is_revoked_while_it_is_granted_again_does_not_come_back_to_life():
    # Given a role that is being revoked, not yet committed
    ulp = await a_unit()
    who = await a_person(Role.CONTRIBUTOR, ulp)
    held = await Membership.objects().get(Membership.person_id == who.id)
    async with db.connection() as revoking, revoking.transaction():
        await revoking.execute("select from person where id = $1 for no key update", who.id)
        await revoking.execute("update membership set revoked_at = now() where id = $1", held.id)
        # When it is granted anew meanwhile, as the unit's ranger
        granting = asyncio.create_task(
            person.grant(SYSTEM, GrantRole(who.id, ulp.id, Role.CONTRIBUTOR, ranger=True))
        )
        await until_it_waits()
    granted = await granting
    # Then the old role stays revoked, and there is a new one
    rows = {row.id: row for row in await Membership.objects().where(Membership.person_id == who.id)}
    assert rows[held.id].revoked_at is not None
    assert rows[granted.id].revoked_at is None
    assert len(rows) == 2


async def test_a_role_granted_and_revoked_at_once_ends_as_one_of_the_two_orders_says():
    ulp = await a_unit()
    for ranger in (True, False) * 3:
        who = await a_person(Role.CONTRIBUTOR, ulp)
        held = await Membership.objects().get(Membership.person_id == who.id)
        await asyncio.gather(
            person.grant(SYSTEM, GrantRole(who.id, ulp.id, Role.CONTRIBUTOR, ranger)),
            person.revoke(SYSTEM, RevokeRole(held.id)),
        )
        rows = await Membership.objects().where(Membership.person_id == who.id)
        # Either it was granted first and is revoked, or revoked first and granted anew beside it.
        assert [row.id for row in rows if row.revoked_at is not None] == [held.id]
        assert len(rows) in {1, 2}
