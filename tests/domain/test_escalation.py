"""R6: late tasks go up the line of their unit, and whoever was told can take care of them."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

import pytest

from jejak.domain import clock, db, escalation, feed, person, reminder, task
from jejak.domain.access import SYSTEM
from jejak.domain.errors import Code
from jejak.domain.escalation import AcknowledgeEscalation
from jejak.domain.person import RevokeRole
from jejak.domain.tables.notice import Acknowledgement, Digest, Notice, Vacancy
from jejak.domain.tables.person import Membership, Person
from jejak.domain.tables.task import Task
from jejak.domain.tables.unit import Unit
from jejak.domain.task import ChangeTask, UpdateTask
from jejak.domain.vocabulary import Role, TaskStatus, UnitKind
from tests.factories import a_person, a_role, a_task, a_unit, bring, reference_unit, shut_for_good, viewer_for
from tests.moments import MONDAY, go_to
from tests.refusals import events_of, refused, unchanged

DAY = timedelta(days=1)
DUE = MONDAY + 4 * DAY  # a Friday
LATE_3, LATE_7, LATE_14 = (DUE + n * DAY for n in (5, 11, 20))  # so many working days later
WIT = "Asia/Jayapura"


@dataclass
class Line:
    """A unit and all that lies above it, each with a manager of its own."""

    units: dict[str, Unit]
    managers: dict[str, Person]

    async def late(self, at: str = "ULP", **of_task) -> Task:
        """A task that is due on `DUE`."""
        boss = await viewer_for(self.managers["HQ"])
        return await a_task(self.units[at], viewer=boss, due_on=DUE, **of_task)


async def a_line(*, zone: str | None = None, without: tuple[str, ...] = ()) -> Line:
    go_to(MONDAY)
    root = await reference_unit("HQ")
    region = await a_unit(UnitKind.UID, root)
    up3 = await a_unit(UnitKind.UP3, region, timezone=zone)
    units = {"HQ": root, "UID": region, "UP3": up3, "ULP": await a_unit(UnitKind.ULP, up3, timezone=zone)}
    managers = {
        name: await a_person(Role.MANAGER, unit) for name, unit in units.items() if name not in without
    }
    return Line(units, managers)


async def told(kind: str = "ESCALATED") -> set[tuple]:
    """Who was told, at which unit, as whom."""
    return set(await every(kind))


async def every(kind: str = "ESCALATED") -> list[tuple]:
    rows = await db.fetch(
        """select p.id, u.code, r.audience from notice n join person p on p.id = n.person_id
        join unit u on u.id = n.unit_id left join reminder r on r.id = n.reminder_id where n.kind = $1""",
        kind,
    )
    return [tuple(row) for row in rows]


def as_managers(line: Line, *at: str) -> set[tuple]:
    audience = {"ULP": "UNIT", "UP3": "UP3", "UID": "REGION", "HQ": "HEADQUARTERS"}
    return {(line.managers[name].id, line.units[name].code, audience[name]) for name in at}


async def on(day, hour: int = 10, **at) -> int:
    go_to(day, hour, **at)
    return await reminder.run()


async def dismiss(who: Person) -> None:
    held = await Membership.objects().get((Membership.person_id == who.id) & Membership.revoked_at.is_null())
    await person.revoke(SYSTEM, RevokeRole(held.id))


async def test_a_unit_that_is_shut_for_good_hides_nothing_from_those_above():
    line = await a_line()
    early = await line.late()
    await shut_for_good(line.units["ULP"])
    late = await line.late()
    assert await on(DUE + 70 * DAY) > 0
    rows = await db.fetch("select task_id, person_id from notice where kind = 'ESCALATED'")
    assert {tuple(row) for row in rows} == {
        (of.id, line.managers[name].id) for of in (early, late) for name in ("UP3", "UID", "HQ")
    }


async def test_a_late_task_goes_up_its_line_level_by_level():
    line = await a_line()
    await a_line()  # nobody of another line hears of it
    await line.late()
    await on(LATE_3 - DAY)
    assert await told() == set()
    assert await on(LATE_3) == 2
    assert await told() == as_managers(line, "ULP", "UP3")
    await on(LATE_7 - DAY)
    assert await told() == as_managers(line, "ULP", "UP3")
    await on(LATE_7)
    assert await told() == as_managers(line, "ULP", "UP3", "UID")
    await on(LATE_14)
    headquarters = {row for row in await told() if row[2] == "HEADQUARTERS"}
    assert as_managers(line, "HQ") <= headquarters
    async with unchanged():
        assert await reminder.run() == 0


@pytest.mark.parametrize("status", [TaskStatus.SUBMITTED, TaskStatus.VERIFIED, TaskStatus.CANCELLED])
async def test_what_is_handed_in_or_over_is_not_escalated(status):
    line = await a_line()
    await line.late(status=status)
    await on(LATE_14)
    assert await told() == set()


async def test_a_block_does_not_stop_the_escalation():
    line = await a_line()
    given = await line.late(status=TaskStatus.BLOCKED)
    await on(LATE_3)
    assert await told() == as_managers(line, "ULP", "UP3")
    assert not await Notice.exists().where(Notice.person_id == given.owner_id)


async def test_after_a_downtime_each_level_is_told_once_and_one_person_once():
    """Whoever manages two levels hears of a task once, as the higher."""
    line = await a_line()
    await a_role(line.managers["ULP"], Role.MANAGER, line.units["UID"])
    await line.late()
    await on(LATE_14 + 28 * DAY)
    both = (line.managers["ULP"].id, line.units["UID"].code, "REGION")
    assert await told() == {*as_managers(line, "UP3", "UID", "HQ"), both}


async def test_the_owner_is_not_told_of_themselves_and_the_next_above_is():
    line = await a_line()
    owner = line.managers["ULP"]
    await line.late(owner=owner)
    await on(LATE_3)
    assert await told() == as_managers(line, "UP3")
    # And nobody says that the unit has no manager
    assert await told("NO_MANAGER") == set()


@pytest.mark.parametrize("at", ["UP3", "UID", "HQ"])
async def test_levels_that_a_line_lacks_fall_to_the_next(at):
    line = await a_line()
    await line.late(at)
    await on(LATE_3)
    assert {row[:2] for row in await told()} == {(line.managers[at].id, line.units[at].code)}


async def test_a_unit_without_a_manager_is_passed_over_and_headquarters_hears_of_it_once_until_there_is_one():
    # Given a ULP and a UP3 without a manager
    line = await a_line(without=("ULP", "UP3"))
    keeper = await a_person(Role.PROGRAMME, line.units["HQ"])
    for _ in range(2):
        await line.late()
    # When tasks of it are late
    await on(LATE_3)
    # Then the region is told of each, and headquarters of both units
    region = (line.managers["UID"].id, line.units["UID"].code)
    assert [row[:2] for row in await every()] == [region] * 2
    headquarters = {(who.id, "HQ", None) for who in (keeper, line.managers["HQ"])}
    assert await told("NO_MANAGER") == headquarters
    assert await Notice.count().where(Notice.kind == "NO_MANAGER") == 4
    # And not again as long as it lasts
    await on(LATE_7)
    assert await Notice.count().where(Notice.kind == "NO_MANAGER") == 4
    # But when there was one, who left
    heir = await a_person(Role.MANAGER, line.units["ULP"])
    await on(LATE_7 + DAY)
    assert [row.closed_at is None for row in await Vacancy.objects().order_by(Vacancy.closed_at)] == [
        False,
        True,
    ]
    await dismiss(heir)
    go_to(MONDAY)
    await line.late()
    await on(LATE_3)
    assert await Notice.count().where(Notice.kind == "NO_MANAGER") == 6


async def test_at_headquarters_without_a_manager_whoever_keeps_the_programme_is_told():
    line = await a_line()
    keeper = await a_person(Role.PROGRAMME, line.units["HQ"])
    await line.late("UID")
    await dismiss(line.managers["HQ"])
    await on(LATE_14)
    assert (keeper.id, "HQ", "HEADQUARTERS") in await told()


async def test_whoever_is_told_is_told_in_their_own_working_time():
    """When it is nine in Jayapura it is seven at a region in Jakarta, and four o'clock there is six here."""
    line = await a_line(zone=WIT)
    await line.late()
    go_to(LATE_14 + 7 * DAY, 8, 59, zone=WIT)
    async with unchanged():
        assert await reminder.run() == 0
    await on(LATE_14 + 7 * DAY, 9, zone=WIT)
    assert await told() == as_managers(line, "ULP", "UP3")
    await on(LATE_14 + 7 * DAY, 9)
    assert await told() == as_managers(line, "ULP", "UP3", "UID", "HQ")


async def test_what_waits_for_somebody_is_told_once_each_time():
    line = await a_line()
    owner, boss = await viewer_for(line.managers["ULP"]), await viewer_for(line.managers["HQ"])
    # Given a task of the unit's manager: they can neither help themselves nor verify
    given = await line.late(owner=line.managers["ULP"])
    for status, kind in ((TaskStatus.BLOCKED, "BLOCKED"), (TaskStatus.SUBMITTED, "AWAITING_VERIFICATION")):
        for times in (1, 2):
            # When it is blocked or handed in, outside of working time
            go_to(MONDAY, 7)
            given = await bring(given, status, owner=owner, manager=boss)
            async with unchanged():
                assert await reminder.run() == 0
            # Then the next above is told when they are there, once
            assert await on(MONDAY + DAY) == 1
            assert {row[0] for row in await told_of(kind)} == {line.managers["UP3"].id}
            assert len(await told_of(kind)) == times
            async with unchanged():
                assert await reminder.run() == 0
            back = task.unblock if status is TaskStatus.BLOCKED else task.return_
            given = await back(boss, ChangeTask(given.id, given.version, "Lagi"))


async def told_of(kind: str) -> list[tuple]:
    return [
        tuple(row) for row in await db.fetch("select person_id, occasion from notice where kind = $1", kind)
    ]


async def test_what_ends_before_anybody_is_at_work_is_not_told():
    line = await a_line()
    given = await line.late()
    owner = await viewer_for(await Person.objects().get(Person.id == given.owner_id))
    go_to(MONDAY, 20)
    blocked = await bring(given, TaskStatus.BLOCKED, owner=owner, manager=owner)
    await reminder.run()
    await task.unblock(owner, ChangeTask(blocked.id, blocked.version))
    await on(MONDAY + DAY)
    assert await told("BLOCKED") == set()


async def notice_of(who: Person) -> Notice:
    found = (
        await Notice.objects()
        .where(Notice.person_id == who.id)
        .order_by(Notice.created_at, ascending=False)
        .first()
    )
    assert found is not None
    return found


async def test_an_acknowledgement_holds_the_rungs_above_for_its_time():
    line = await a_line()
    given = await line.late()
    await on(LATE_7 - DAY)  # a Monday; the region would be told on Tuesday
    manager = line.managers["UP3"]
    wanted = AcknowledgeEscalation((await notice_of(manager)).id, " Kami dampingi ")
    assert (await escalation.acknowledge(await viewer_for(manager), wanted)).id == given.id
    (held,) = await Acknowledgement.objects()
    assert (held.until, held.audience, held.note) == (LATE_7 + 2 * DAY, "UP3", "Kami dampingi")
    assert (await events_of(given.id))[-1] == "task.escalation_acknowledged"
    for day in (0, 1):
        await on(LATE_7 + day * DAY)
        assert await told() == as_managers(line, "ULP", "UP3")
    await on(LATE_7 + 2 * DAY)
    assert await told() == as_managers(line, "ULP", "UP3", "UID")


async def test_an_acknowledgement_holds_where_nobody_works_any_more():
    line = await a_line()
    await line.late()
    await on(LATE_3)
    manager = line.managers["ULP"]
    await shut_for_good(line.units["ULP"])
    wanted = AcknowledgeEscalation((await notice_of(manager)).id)
    await escalation.acknowledge(await viewer_for(manager), wanted)
    (held,) = await Acknowledgement.objects()
    assert held.until == LATE_3 + 3 * DAY


async def test_an_acknowledgement_is_of_one_due_date():
    line = await a_line()
    given = await line.late()
    await on(LATE_3)
    manager = await viewer_for(line.managers["ULP"])
    await escalation.acknowledge(manager, AcknowledgeEscalation((await notice_of(line.managers["ULP"])).id))
    await task.update(manager, UpdateTask(given.id, given.version, due_on=LATE_3))
    await on(LATE_3 + 7 * DAY)  # three working days have not passed since; five have
    assert sorted(await every(), key=str) == sorted([*as_managers(line, "ULP", "UP3")] * 2, key=str)


async def test_acknowledging_is_refused_where_there_is_nothing_to_acknowledge():
    line = await a_line()
    colleague = await a_person(Role.MANAGER, line.units["ULP"])
    given = await line.late()
    await on(LATE_3)
    manager = await viewer_for(line.managers["ULP"])
    wanted = AcknowledgeEscalation((await notice_of(line.managers["ULP"])).id)
    async with refused(Code.NOT_FOUND, "notice_id"):
        await escalation.acknowledge(manager, AcknowledgeEscalation(uuid4()))
    async with refused(Code.NOT_FOUND, "notice_id"):
        await escalation.acknowledge(await viewer_for(colleague), wanted)
    owner = await Person.objects().get(Person.id == given.owner_id)
    async with refused(Code.NOT_ESCALATED, "notice_id"):
        await escalation.acknowledge(
            await viewer_for(owner), AcknowledgeEscalation((await notice_of(owner)).id)
        )
    async with refused(Code.TOO_LONG, "note"):
        await escalation.acknowledge(manager, AcknowledgeEscalation(wanted.notice_id, "x" * 1_001))
    # Once it is acknowledged, repeating it changes nothing, and a colleague is told so
    await escalation.acknowledge(manager, wanted)
    async with unchanged():
        await escalation.acknowledge(manager, wanted)
    theirs = AcknowledgeEscalation((await notice_of(colleague)).id)
    async with refused(Code.ALREADY_ACKNOWLEDGED, "notice_id"):
        await escalation.acknowledge(await viewer_for(colleague), theirs)
    # And what is handed in, or due another day, is no longer escalated
    above = AcknowledgeEscalation((await notice_of(line.managers["UP3"])).id)
    submitted = await bring(given, TaskStatus.SUBMITTED, owner=await viewer_for(owner), manager=manager)
    async with refused(Code.ESCALATION_ENDED, "notice_id"):
        await escalation.acknowledge(await viewer_for(line.managers["UP3"]), above)
    returned = await task.return_(manager, ChangeTask(given.id, submitted.version, "Lagi"))
    await task.update(manager, UpdateTask(given.id, returned.version, due_on=LATE_7))
    async with refused(Code.ESCALATION_ENDED, "notice_id"):
        await escalation.acknowledge(await viewer_for(line.managers["UP3"]), above)
    # Nor does whoever sees the task no more have anything to say
    await dismiss(line.managers["UP3"])
    async with refused(Code.NOT_FOUND, "notice_id"):
        await escalation.acknowledge(await viewer_for(line.managers["UP3"]), above)


async def test_ten_workers_at_once_tell_everybody_once(monkeypatch):
    monkeypatch.setattr(reminder, "BATCH", 3)  # so that they take turns
    line = await a_line(without=("UP3",))
    for _ in range(6):
        await line.late()
    await line.late(status=TaskStatus.BLOCKED)
    go_to(LATE_14)
    now = clock.now()
    made = await asyncio.gather(*(asyncio.create_task(reminder.run(now)) for _ in range(10)))
    twice = await db.fetch("select person_id, task_id, kind from notice group by 1, 2, 3 having count(*) > 1")
    assert twice == []
    assert sum(made) == await Notice.count()
    assert not await Digest.exists().where(Digest.open.eq(True))
    async with unchanged():
        assert await reminder.run(now) == 0


async def test_a_run_that_is_killed_between_two_batches_is_ended_by_the_next_in_the_same_digests(monkeypatch):
    """As when workers are restarted every few hours: nothing stops, nothing is said twice."""
    monkeypatch.setattr(reminder, "BATCH", 3)
    line = await a_line()
    for _ in range(6):
        await line.late()
    real, left = feed.noticed, [1]

    async def dies(notices):
        await real(notices)
        if not left:
            raise ConnectionError("killed")
        left.pop()

    monkeypatch.setattr(feed, "noticed", dies)
    go_to(LATE_14)
    with pytest.raises(ConnectionError):
        await reminder.run()
    before = await Notice.count()
    assert before
    assert await Digest.exists().where(Digest.open.eq(True))
    monkeypatch.setattr(feed, "noticed", real)
    await reminder.run()
    people = await db.fetchval("select count(distinct person_id) from notice")
    assert await Notice.count() > before
    assert await Digest.count() == people
    assert not await Digest.exists().where(Digest.open.eq(True))
    assert {
        row["n"]
        for row in await db.fetch(
            "select count(*) as n from notice where kind = 'ESCALATED' group by person_id"
        )
    } == {6}
