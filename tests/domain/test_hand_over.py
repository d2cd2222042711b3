"""Handing over what a person has open to another: all that can be, at once, and what cannot be is named."""

import asyncio

import pytest

from jejak.domain import db, event, feed, hand_over, reminder, task
from jejak.domain.errors import Code, Refused
from jejak.domain.event_kind import EventKind
from jejak.domain.hand_over import HandOver
from jejak.domain.tables.notice import Notice, Reminder
from jejak.domain.tables.person import Membership, Person
from jejak.domain.tables.task import Task
from jejak.domain.task import ChangeTask
from jejak.domain.vocabulary import Role, TaskStatus, UnitKind
from tests import factories as f
from tests.graphql import rows
from tests.graphql.world import a_notice
from tests.moments import MONDAY, go_to
from tests.refusals import events_of, refused, unchanged
from tests.sql import statements


class Office:
    """A UP3 with two ULPs, who leaves, who comes, and the manager of the UP3."""

    @classmethod
    async def opened(cls) -> "Office":
        office = cls()
        office.up3 = await f.a_unit(UnitKind.UP3)
        office.ulp, office.other = [await f.a_unit(UnitKind.ULP, office.up3) for _ in range(2)]
        office.leaves = await f.a_person(Role.CONTRIBUTOR, office.up3)
        office.comes = await f.a_person(Role.CONTRIBUTOR, office.up3)
        office.manager = await f.a_viewer(Role.MANAGER, office.up3)
        return office

    def wanted(self, **changes) -> HandOver:
        given = {"from_id": self.leaves.id, "to_id": self.comes.id, "reason": "Mutasi"}
        return HandOver(**given | changes)

    async def task(self, unit=None, **changes) -> Task:
        return await f.a_task(unit or self.ulp, owner=self.leaves, viewer=self.manager, **changes)


@pytest.fixture
async def office() -> Office:
    return await Office.opened()


async def owner_of(one: Task):
    return await db.fetchval("select owner_id from task where id = $1", one.id)


async def test_open_tasks_go_to_the_other_and_the_rest_stays(office):
    # Given one in each status
    tasks = {status: await office.task(status=status) for status in TaskStatus}
    colleagues = await f.a_task(office.ulp, owner=office.comes, viewer=office.manager)
    # When
    done = await hand_over.hand_over(office.manager, office.wanted())
    # Then
    ended = {TaskStatus.VERIFIED, TaskStatus.CANCELLED}
    assert set(done.tasks) == {one.id for status, one in tasks.items() if status not in ended}
    for status, one in tasks.items():
        assert await owner_of(one) == (office.leaves.id if status in ended else office.comes.id)
    one = tasks[TaskStatus.PLANNED]
    assert await events_of(one.id) == ["task.created", "task.handed_over"]
    assert await db.fetchval("select version from task where id = $1", one.id) == one.version + 1
    assert await events_of(colleagues.id) == ["task.created"]
    assert await events_of(office.leaves.id) == ["person.role_granted", "person.handed_over"]
    assert (done.left, done.memberships, done.notices) == ([], [], 0)
    # And once more there is nothing
    async with unchanged():
        assert (await hand_over.hand_over(office.manager, office.wanted())).tasks == []


async def test_the_history_says_from_whom_to_whom_and_why(office):
    one = await office.task()
    await hand_over.hand_over(office.manager, office.wanted())
    row = await db.fetchrow(
        "select before::text, after::text, actor_id from event where subject_id = $1 and kind = $2",
        one.id,
        EventKind.TASK_HANDED_OVER.value,
    )
    assert row["before"] == f'{{"owner_id":"{office.leaves.id}"}}'
    assert row["after"] == f'{{"owner_id":"{office.comes.id}","reason":"Mutasi"}}'
    assert row["actor_id"] == office.manager.person_id


async def test_only_what_lies_at_the_unit_that_is_named_and_below_it(office):
    here, there = await office.task(office.ulp), await office.task(office.other)
    done = await hand_over.hand_over(office.manager, office.wanted(unit_id=office.ulp.id))
    assert done.tasks == [here.id]
    assert await owner_of(there) == office.leaves.id


async def test_what_the_other_could_not_carry_out_stays(office):
    elsewhere = await f.a_person(Role.CONTRIBUTOR, office.other)
    here, there = await office.task(office.ulp), await office.task(office.other)
    done = await hand_over.hand_over(office.manager, office.wanted(to_id=elsewhere.id))
    assert done.tasks == [there.id]
    assert [(one.task_id, one.why) for one in done.left] == [(here.id, Code.NOT_STAFF)]
    assert await owner_of(here) == office.leaves.id


async def test_tasks_that_the_viewer_sees_but_may_not_assign_stay_and_others_are_not_spoken_of(office):
    # Given tasks elsewhere, of which the viewer sees those of one unit
    seen, hidden = await f.a_unit(), await f.a_unit()
    for unit in (seen, hidden):
        await f.a_role(office.leaves, Role.CONTRIBUTOR, unit)
        await f.a_role(office.comes, Role.CONTRIBUTOR, unit)
    shown = await f.a_task(seen, owner=office.leaves)
    await f.a_task(hidden, owner=office.leaves)
    person = await Person.objects().get(Person.id == office.manager.person_id)
    await f.a_role(person, Role.VIEWER, seen)
    here = await office.task()
    # When
    done = await hand_over.hand_over(await f.viewer_for(person), office.wanted())
    # Then
    assert done.tasks == [here.id]
    assert [(one.task_id, one.why) for one in done.left] == [(shown.id, Code.FORBIDDEN)]


async def test_four_eyes_stay_true(office):
    # Given a task that its owner handed in, and one that a colleague handed in for its owner, a manager
    boss = await f.a_person(Role.MANAGER, office.up3)
    own = await office.task(status=TaskStatus.SUBMITTED)
    colleague = await f.viewer_for(office.comes)
    planned = await f.a_task(office.ulp, owner=boss, viewer=office.manager)
    for_boss = await f.bring(planned, TaskStatus.SUBMITTED, owner=colleague, manager=office.manager)
    # When the one is handed over, then who handed it in may still not verify it, and neither may the new owner
    manager = await f.a_person(Role.MANAGER, office.up3)
    await f.a_role(office.leaves, Role.MANAGER, office.up3)
    done = await hand_over.hand_over(office.manager, office.wanted(to_id=manager.id))
    assert done.tasks == [own.id]
    for who in (office.leaves, manager):
        async with refused(Code.FOUR_EYES, "task_id"):
            await task.verify(await f.viewer_for(who), ChangeTask(own.id, own.version + 1))
    # And the other stays: its owner until now could else verify what was theirs when it was handed in
    wanted = office.wanted(from_id=boss.id, to_id=manager.id)
    async with unchanged():
        done = await hand_over.hand_over(office.manager, wanted)
    assert [(one.task_id, one.why) for one in done.left] == [(for_boss.id, Code.FOUR_EYES)]


async def test_unread_notices_about_them_come_along_and_read_ones_stay(office):
    # Given three tasks that were spoken of: unread, read, and of one that stays
    unread, read, stays = [await office.task() for _ in range(3)]
    told = {one.id: await a_notice(office.leaves, one) for one in (unread, read, stays)}
    await db.execute("update notice set read_at = now() where id = $1", told[read.id].id)
    await db.execute("update task set unit_id = $2 where id = $1", stays.id, (await f.a_unit()).id)
    before = await feed.latest()
    # When
    done = await hand_over.hand_over(office.manager, office.wanted())
    # Then
    assert done.notices == 1
    notices = {one.task_id: one for one in await Notice.objects()}
    assert {key: one.person_id for key, one in notices.items()} == {
        unread.id: office.comes.id,
        read.id: office.leaves.id,
        stays.id: office.leaves.id,
    }
    digests = await db.fetch(
        "select n.person_id, d.person_id as of from notice n join digest d on d.id = n.digest_id"
    )
    assert all(row["person_id"] == row["of"] for row in digests)
    assert [one.person_id for one in await feed.after(before)] == [office.comes.id]


async def test_what_both_were_told_stays_with_each(office):
    one = await office.task()
    notice = await a_notice(office.leaves, one)
    await db.execute(
        "insert into notice select (n).* from (select json_populate_record(n, json_build_object('id', $2::text, 'person_id', $3::text)) as n from notice n where id = $1) n",
        notice.id,
        str(db.new_id()),
        str(office.comes.id),
    )
    done = await hand_over.hand_over(office.manager, office.wanted())
    assert (done.notices, len(done.tasks)) == (0, 1)


async def test_reminders_to_come_go_to_whom_it_belongs_then(office):
    go_to(MONDAY)
    one = await office.task(due_on=MONDAY)
    planned = await Reminder.count()
    await hand_over.hand_over(office.manager, office.wanted())
    await reminder.run()
    notices = await Notice.objects().where(Notice.kind == "DUE_TODAY")
    assert [(told.person_id, told.task_id) for told in notices] == [(office.comes.id, one.id)]
    assert await Reminder.count() == planned


async def test_a_preview_says_the_same_and_writes_nothing(office):
    # Given
    admin = await f.a_person(Role.ADMIN, office.up3)
    await f.a_role(admin, Role.MANAGER, office.up3)
    viewer = await f.viewer_for(admin)
    await a_notice(office.leaves, await office.task())
    stranger = await f.a_person(Role.VIEWER, office.up3)
    wanted = {"to_id": stranger.id, "roles": True}
    # When
    async with unchanged():
        preview = await hand_over.hand_over(viewer, office.wanted(**wanted, preview=True))
    # Then
    assert preview == await hand_over.hand_over(viewer, office.wanted(**wanted))
    assert (len(preview.tasks), preview.notices, len(preview.memberships)) == (1, 1, 1)


async def roles_of(who: Person):
    rows_ = await Membership.objects().where(
        (Membership.person_id == who.id) & Membership.revoked_at.is_null()
    )
    return {(row.unit_id, row.role, row.ranger) for row in rows_}


async def test_roles_and_the_mark_of_the_ranger_go_along(office):
    # Given
    hq = await f.reference_unit("HQ")
    chief = await f.a_person(Role.ADMIN, hq)
    await f.a_role(chief, Role.MANAGER, hq)
    leaves, comes = await f.a_person(None), await f.a_person(Role.VIEWER, office.other)
    await f.a_role(leaves, Role.CONTRIBUTOR, office.ulp, ranger=True)
    await f.a_role(leaves, Role.MANAGER, office.other)
    await f.a_role(comes, Role.MANAGER, office.other)
    one = await f.a_task(office.ulp, owner=leaves)
    # When
    wanted = HandOver(leaves.id, comes.id, "Mutasi", roles=True)
    done = await hand_over.hand_over(await f.viewer_for(chief), wanted)
    # Then who was no staff there until now is
    assert (done.tasks, len(done.memberships), done.left) == ([one.id], 2, [])
    assert await roles_of(leaves) == set()
    assert await roles_of(comes) == {
        (office.other.id, Role.VIEWER, False),
        (office.other.id, Role.MANAGER, False),
        (office.ulp.id, Role.CONTRIBUTOR, True),
    }
    assert (await events_of(comes.id))[-1] == "person.role_granted"
    assert (await events_of(leaves.id))[-3:] == ["person.role_revoked"] * 2 + ["person.handed_over"]
    assert await owner_of(one) == comes.id


async def test_roles_that_the_viewer_may_not_give_stay(office):
    admin = await f.a_viewer(Role.ADMIN, office.up3)
    region = await f.reference_unit("JATIM")
    held = await f.a_person(Role.VIEWER, region)
    await f.a_role(held, Role.CONTRIBUTOR, office.ulp)
    person = await Person.objects().get(Person.id == admin.person_id)
    await f.a_role(person, Role.VIEWER, region)
    wanted = office.wanted(from_id=held.id, roles=True)
    done = await hand_over.hand_over(await f.viewer_for(person), wanted)
    assert await roles_of(held) == {(region.id, Role.VIEWER, False)}
    assert [one.why for one in done.left] == [Code.FORBIDDEN]
    assert len(done.memberships) == 1


async def test_the_last_administrator_may_hand_the_office_over(office):
    hq = await f.reference_unit("HQ")
    last, heir = await f.a_person(Role.ADMIN, hq), await f.a_person(Role.VIEWER, hq)
    await hand_over.hand_over(await f.viewer_for(last), HandOver(last.id, heir.id, "Pensiun", roles=True))
    assert (hq.id, Role.ADMIN, False) in await roles_of(heir)
    assert await roles_of(last) == set()


async def test_a_password_that_nobody_stands_for_where_the_role_is_ends(office):
    hq = await f.reference_unit("HQ")
    chief = await f.viewer_for(await f.a_person(Role.ADMIN, hq))
    heir = await f.a_person(Role.VIEWER, office.ulp)
    await db.execute("update person set vouched_at = $2 where id = $1", heir.id, [office.ulp.id])
    await hand_over.hand_over(chief, office.wanted(to_id=heir.id, roles=True))
    assert await db.fetchval("select password_hash from person where id = $1", heir.id) is None


async def test_what_is_no_handing_over_is_refused(office):
    await office.task()
    for changes, code, path in [
        ({"from_id": db.new_id()}, Code.NOT_FOUND, "from_id"),
        ({"to_id": db.new_id()}, Code.NOT_FOUND, "to_id"),
        ({"to_id": (await f.a_person()).id}, Code.NOT_FOUND, "to_id"),
        ({"to_id": office.leaves.id}, Code.SAME_PERSON, "to_id"),
        ({"unit_id": (await f.a_unit()).id}, Code.NOT_FOUND, "unit_id"),
        ({"reason": " "}, Code.REQUIRED, "reason"),
        ({"roles": True}, Code.FORBIDDEN, "roles"),
    ]:
        async with refused(code, path):
            await hand_over.hand_over(office.manager, office.wanted(**changes))


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.MANAGER, Role.PROGRAMME}])
async def test_tasks_are_handed_over_by_who_may_assign_them(office, role):
    await office.task()
    viewer = await f.a_viewer(role, office.up3)
    async with refused(Code.FORBIDDEN, "from_id"):
        await hand_over.hand_over(viewer, office.wanted())
    async with refused(Code.FORBIDDEN, "unit_id"):
        await hand_over.hand_over(viewer, office.wanted(unit_id=office.ulp.id))


async def test_what_fails_half_way_has_moved_nothing(office, monkeypatch):
    await a_notice(office.leaves, await office.task())

    async def fails(*_given, **_told):
        raise OSError("killed")

    monkeypatch.setattr(event, "append", fails)
    async with unchanged():
        with pytest.raises(OSError, match="killed"):
            await hand_over.hand_over(office.manager, office.wanted())


async def test_a_report_at_the_same_time_is_not_lost(office):
    for _ in range(5):
        one = await office.task()
        reporting = task.report(
            await f.viewer_for(office.leaves), task.ReportProgress(one.id, one.version, 40)
        )
        done, reported = await asyncio.gather(
            hand_over.hand_over(office.manager, office.wanted()), reporting, return_exceptions=True
        )
        assert done.tasks == [one.id]
        now = await Task.objects().get(Task.id == one.id)
        assert now.owner_id == office.comes.id
        if isinstance(reported, Refused):
            assert (reported.code, now.progress) == (Code.STALE, 0)
        else:
            assert now.progress == 40


async def test_a_thousand_tasks_cost_the_statements_of_one(office):
    counts = []
    for number in (1, 1_000):
        await rows.write(*(rows.task(office.ulp, office.leaves) for _ in range(number)))
        async with statements() as counted:
            done = await hand_over.hand_over(office.manager, office.wanted())
        assert len(done.tasks) == number
        counts.append(len(counted))
    assert counts[0] == counts[1]
