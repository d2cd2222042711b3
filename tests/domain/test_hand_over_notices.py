"""R6: a hand-over is told to the new owner, once; what was not read comes along to where it makes sense."""

import asyncio
from datetime import timedelta

import pytest

from jejak.domain import db, delivery_making, hand_over, reminder, task
from jejak.domain.hand_over import HandOver
from jejak.domain.tables.notice import Notice
from jejak.domain.task import UpdateTask
from jejak.domain.vocabulary import Role, TaskStatus, UnitKind
from tests import factories as f
from tests.deliveries import bundles, mail_is_on, told
from tests.moments import MONDAY, go_to
from tests.refusals import unchanged

FAR = MONDAY + timedelta(days=60)


class Office:
    """A UP3 with a ULP; who leaves and who comes, at the ULP; and headquarters, which does it."""

    @classmethod
    async def opened(cls) -> "Office":
        office = cls()
        go_to(MONDAY)
        office.hq = await f.reference_unit("HQ")
        office.up3 = await f.a_unit(UnitKind.UP3)
        office.ulp = await f.a_unit(UnitKind.ULP, office.up3)
        office.leaves = await f.a_person(Role.CONTRIBUTOR, office.ulp)
        office.comes = await f.a_person(Role.CONTRIBUTOR, office.up3)
        chief = await f.a_person(Role.ADMIN, office.hq)
        await f.a_role(chief, Role.MANAGER, office.hq)
        office.chief = await f.viewer_for(chief)
        return office

    async def task(self, **changes):
        given = {"owner": self.leaves, "viewer": self.chief, "due_on": FAR} | changes
        return await f.a_task(self.ulp, **given)

    async def hand_over(self, viewer=None, **changes):
        given = {"from_id": self.leaves.id, "to_id": self.comes.id, "reason": "Mutasi"} | changes
        return await hand_over.hand_over(viewer or self.chief, HandOver(**given))


@pytest.fixture
async def office() -> Office:
    return await Office.opened()


async def handed() -> list[tuple]:
    """To whom, and of which task."""
    rows = await Notice.objects().where(Notice.kind == "HANDED_OVER").order_by(Notice.created_at)
    return [(row.person_id, row.task_id) for row in rows]


async def test_the_new_owner_is_told_of_each_task_in_one_digest_and_once(office):
    tasks = [await office.task() for _ in range(3)]
    await office.hand_over()
    assert await handed() == []
    assert await reminder.run() == 3
    assert sorted(await handed()) == sorted((office.comes.id, one.id) for one in tasks)
    rows = await Notice.objects().where(Notice.kind == "HANDED_OVER")
    assert len({row.digest_id for row in rows}) == 1
    # Where they work, and of which due date
    assert {(row.unit_id, row.due_on) for row in rows} == {(office.up3.id, FAR)}
    async with unchanged():
        assert await reminder.run() == 0


async def test_they_are_told_in_their_own_working_time(office):
    east = await f.a_unit(UnitKind.ULP, office.up3, timezone="Asia/Jayapura")
    one = await f.a_task(east, owner=await f.a_person(unit=east), viewer=office.chief, due_on=FAR)
    await office.hand_over(from_id=one.owner_id)
    # At the task's unit people are at work; at that of the new owner, two hours to the west, they are not
    go_to(MONDAY + timedelta(days=1), 9, 0, "Asia/Jayapura")
    async with unchanged():
        assert await reminder.run() == 0
    go_to(MONDAY + timedelta(days=1), 10)
    assert await reminder.run() == 1


async def test_of_two_hand_overs_each_is_told_and_of_two_in_quick_succession_the_last(office):
    one = await office.task()
    third = await f.a_person(Role.CONTRIBUTOR, office.ulp)
    await office.hand_over()
    await reminder.run()
    await office.hand_over(from_id=office.comes.id, to_id=office.leaves.id)
    await office.hand_over(to_id=third.id)
    await reminder.run()
    await office.hand_over(from_id=third.id, to_id=office.comes.id)
    await reminder.run()
    # Whoever got it twice is told twice
    assert await handed() == [(who.id, one.id) for who in (office.comes, third, office.comes)]


async def test_what_is_not_theirs_any_more_when_they_come_to_work_is_not_told(office):
    given, done, kept = [await office.task() for _ in range(3)]
    await office.hand_over()
    third = await f.a_person(Role.CONTRIBUTOR, office.ulp)
    await task.update(office.chief, UpdateTask(given.id, given.version + 1, owner_id=third.id))
    await db.execute("update task set status = 'CANCELLED' where id = $1", done.id)
    await reminder.run()
    assert await handed() == [(office.comes.id, kept.id)]
    assert await db.fetchval("select count(*) from hand_over_call") == 0


async def test_whoever_takes_over_themselves_and_whoever_only_looks_tells_nobody(office):
    await office.task()
    manager = await f.a_person(Role.MANAGER, office.up3)
    await office.hand_over(preview=True)
    await office.hand_over(await f.viewer_for(manager), to_id=manager.id)
    assert await reminder.run() == 0


async def test_ten_workers_at_once_tell_it_once(office):
    tasks = [await office.task() for _ in range(5)]
    await office.hand_over()
    assert sum(await asyncio.gather(*(reminder.run() for _ in range(10)))) == len(tasks)
    assert len(await handed()) == len(tasks)


async def test_batches_tell_all(office, monkeypatch):
    monkeypatch.setattr("jejak.domain.hand_over_notices.BATCH", 2)
    for _ in range(5):
        await office.task()
    await office.hand_over()
    assert await reminder.run() == 5


async def where(key) -> tuple:
    row = await Notice.objects().get(Notice.id == key)
    return row.person_id, row.unit_id


async def test_what_its_owner_was_told_comes_along_to_where_the_new_one_works(office):
    one = await office.task()
    key = await told(office.leaves, one)
    await office.hand_over()
    assert await where(key) == (office.comes.id, office.up3.id)


async def test_what_they_were_told_as_owner_by_another_hand_over_stays_and_is_not_sent(office):
    await office.task()
    await office.hand_over()
    await reminder.run()
    ((_, about),) = await handed()
    await office.hand_over(from_id=office.comes.id, to_id=office.leaves.id)
    await reminder.run()
    assert await handed() == [(office.comes.id, about), (office.leaves.id, about)]


@pytest.mark.parametrize("kind", ["ESCALATED", "BLOCKED", "AWAITING_VERIFICATION"])
async def test_what_they_were_told_as_managers_goes_with_the_role_and_only_with_it(office, kind):
    # Given a manager's notices: of a colleague's task, and of one that is the new manager's own
    boss = await f.a_person(Role.MANAGER, office.up3)
    colleague = await f.a_person(Role.CONTRIBUTOR, office.ulp)
    others = await told(boss, await office.task(owner=colleague), kind, office.up3)
    own = await told(boss, await office.task(owner=office.comes), kind, office.up3)
    # When only tasks are handed over
    await office.hand_over(from_id=boss.id)
    assert [await where(key) for key in (others, own)] == [(boss.id, office.up3.id)] * 2
    # When the role is
    done = await office.hand_over(from_id=boss.id, roles=True)
    assert done.notices == 1
    assert await where(others) == (office.comes.id, office.up3.id)
    assert await where(own) == (boss.id, office.up3.id)


async def test_what_the_new_manager_handed_in_is_for_others_to_verify(office):
    boss = await f.a_person(Role.MANAGER, office.up3)
    colleague = await f.a_person(Role.CONTRIBUTOR, office.ulp)
    planned = await office.task(owner=colleague)
    await f.bring(planned, TaskStatus.SUBMITTED, owner=await f.viewer_for(office.comes), manager=office.chief)
    key = await told(boss, planned, "AWAITING_VERIFICATION", office.up3)
    await office.hand_over(from_id=boss.id, roles=True)
    assert await where(key) == (boss.id, office.up3.id)


async def test_what_headquarters_is_told_of_units_and_of_e_mail_goes_with_the_office(office):
    # Given who keeps the programme and was told that a unit has no manager, and of e-mail, and of their own webhook
    keeper, heir = [await f.a_person(role, office.hq) for role in (Role.PROGRAMME, Role.VIEWER)]
    await db.execute(
        """
        with v as (insert into vacancy (id, unit_id, opened_at) values ($1, $2, now()) returning id),
        e as (
            insert into webhook_endpoint (id, person_id, url, secret, created_at)
            values ($1, $3, 'https://pln.example', 'whsec_', now()) returning id
        ), d as (insert into digest (id, person_id, created_at) values ($1, $3, now()) returning id)
        insert into notice (id, person_id, digest_id, unit_id, kind, vacancy_id, channel, endpoint_id, created_at)
        select gen_random_uuid(), $3::uuid, d.id, $4::uuid, 'NO_MANAGER', v.id, null, null::uuid, now() from d, v
        union all select gen_random_uuid(), $3::uuid, d.id, $4::uuid, 'CHANNEL_PAUSED', null, 'EMAIL', null, now() from d
        union all select gen_random_uuid(), $3::uuid, d.id, $4::uuid, 'CHANNEL_PAUSED', null, 'WEBHOOK', e.id, now() from d, e
        """,
        db.new_id(),
        office.ulp.id,
        keeper.id,
        office.hq.id,
    )
    done = await office.hand_over(from_id=keeper.id, to_id=heir.id, roles=True)
    assert done.notices == 2
    rows = await Notice.objects().where(Notice.person_id == heir.id)
    assert sorted((row.kind, row.channel) for row in rows) == [
        ("CHANNEL_PAUSED", "EMAIL"),
        ("NO_MANAGER", None),
    ]


async def test_a_delivery_says_it_to_the_one_or_the_other(office):
    # Given a notice that waits to be sent
    await mail_is_on()
    await told(office.leaves, await office.task())
    assert await delivery_making.make() == 1
    # When it is handed over before, then the new owner gets it
    await office.hand_over()
    assert await delivery_making.make() == 1
    assert await bundles() == [0, 1]
    # And when it comes back, as it was, whoever had it first is sent it after all
    await office.hand_over(from_id=office.comes.id, to_id=office.leaves.id)
    assert await bundles() == [0, 0]
    await db.execute("update delivery set state = 'WITHDRAWN', settled_at = now()")
    assert await delivery_making.make() == 1
    assert await bundles() == [0, 0, 1]


async def test_what_was_sent_to_somebody_is_not_sent_to_them_again(office):
    await mail_is_on()
    await told(office.leaves, await office.task())
    await delivery_making.make()
    await db.execute("update delivery set state = 'DELIVERED', settled_at = now()")
    await office.hand_over()
    await office.hand_over(from_id=office.comes.id, to_id=office.leaves.id)
    go_to(MONDAY, 14)
    async with unchanged():
        assert await delivery_making.make() == 0
