"""Two changes at once: each waits for the other, and neither undoes it."""

import asyncio

import pytest

from jejak.domain import db, person, task, unit
from jejak.domain.access import SYSTEM
from jejak.domain.errors import Code, Refused
from jejak.domain.person import GrantRole, RevokeRole
from jejak.domain.tables.person import Membership
from jejak.domain.tables.task import Task
from jejak.domain.tables.unit import Unit
from jejak.domain.task import CreateTask, NewTask
from jejak.domain.unit import CloseUnit
from jejak.domain.vocabulary import Role
from tests.factories import a_person, a_unit, a_viewer, in_working_days, initiative_id


async def waiting() -> int:
    return await db.fetchval(
        "select count(*) from pg_locks where not granted and (database is null or database = "
        "(select oid from pg_database where datname = current_database()))"
    )


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
        creating = asyncio.create_task(task.create(manager, CreateTask(new)))
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
            task.create(manager, CreateTask(new)),
            unit.close(SYSTEM, CloseUnit(ulp.id, ulp.version)),
            return_exceptions=True,
        )
        codes = [one.code for one in both if isinstance(one, Refused)]
        assert codes in ([Code.UNIT_CLOSED], [Code.HAS_OPEN_TASKS])
        closed = (await Unit.objects().get(Unit.id == ulp.id)).closed_at is not None
        assert closed is (await Task.count().where(Task.unit_id == ulp.id) == 0)


async def test_a_role_that_is_revoked_while_it_is_granted_again_does_not_come_back_to_life():
    ulp = await a_unit()
    for ranger in (True, False) * 5:
        who = await a_person(Role.CONTRIBUTOR, ulp)
        held = await Membership.objects().get(Membership.person_id == who.id)
        await asyncio.gather(
            person.grant(SYSTEM, GrantRole(who.id, ulp.id, Role.CONTRIBUTOR, ranger)),
            person.revoke(SYSTEM, RevokeRole(held.id)),
        )
        rows = await Membership.objects().where(Membership.person_id == who.id)
        # Either it was granted first and is revoked, or revoked first and granted anew beside it.
        assert [row.id for row in rows if row.revoked_at is not None] == [held.id]
        assert len([row for row in rows if row.revoked_at is None]) == len(rows) - 1
