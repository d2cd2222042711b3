"""R6 as a property: whatever happens when, the notices are those that a plain computation says."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jejak.domain import calendar, clock, db, escalation, ladder, person, reminder, snooze, task
from jejak.domain.access import SYSTEM, Grant, Viewer
from jejak.domain.errors import Code, Refused
from jejak.domain.escalation import AcknowledgeEscalation
from jejak.domain.ladder import NewRung, UpdateReminderRules
from jejak.domain.person import RevokeRole
from jejak.domain.snooze import SnoozeReminders
from jejak.domain.tables.calendar import SpecialDay
from jejak.domain.tables.notice import Digest, Notice, Reminder
from jejak.domain.tables.person import Membership, Person
from jejak.domain.task import ChangeTask, NewEvidence, SubmitTask, UpdateTask
from jejak.domain.vocabulary import Audience, Language, Role, UnitKind
from tests.domain.ladder_model import DAY, Followed, Model, Place
from tests.factories import a_person, a_role, a_task, a_unit, reference_unit
from tests.moments import MONDAY, go_to

JAKARTA, MAKASSAR, JAYAPURA = ZONES = ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura")
HOLIDAYS = frozenset({MONDAY + 3 * DAY, MONDAY + 4 * DAY, MONDAY + 15 * DAY})
STEEP = [
    (-1, "OWNER"),
    (1, "UNIT"),
    (1, "OWNER"),
    (2, "REGION"),
    (2, "HEADQUARTERS"),
    (3, "UNIT"),
    (5, "REGION"),
]
SNOOZE_DAYS, ACKNOWLEDGE_DAYS = 5, 3
FULL = ("HQ", "UP3-1", "REGION-2", "ULP-1", "ULP-2", "REGION-1", "UP3-2", "ULP-3")


@dataclass
class World:
    model: Model
    places: dict[str, Place]
    people: list[Person]
    boss: Person  # who does what has to be done, and holds no role by which they would be told

    def by(self, who: Any) -> Viewer:
        """Somebody, with all rights whatever their roles."""
        return Viewer(who, Language.ID, (Grant("HQ/", UnitKind.HQ, Role.MANAGER),))


async def a_world(managers: list[tuple[int, int]], programme: bool) -> World:
    """Two regions, one with holidays, the other with a ladder of its own; units in three zones."""
    root = await reference_unit("HQ")
    one, other = await a_unit(UnitKind.UID, root), await a_unit(UnitKind.UID, root, timezone=JAYAPURA)
    up3, second = await a_unit(UnitKind.UP3, one), await a_unit(UnitKind.UP3, other, timezone=JAYAPURA)
    units = {
        "HQ": root, "REGION-1": one, "REGION-2": other, "UP3-1": up3, "UP3-2": second,
        "ULP-1": await a_unit(UnitKind.ULP, up3),
        "ULP-2": await a_unit(UnitKind.ULP, second, timezone=MAKASSAR),
        "ULP-3": await a_unit(UnitKind.ULP, second, timezone=JAYAPURA),
    }  # fmt: skip
    async with db.transaction():
        await db.lock(db.Lock.UNIT_TREE)
        for day in HOLIDAYS:
            await SpecialDay(
                unit_id=one.id, day=day, kind="CLOSURE", name="Tutup", hours="[]", updated_at=clock.now()
            ).save()
        await calendar.settle()
    rungs = [NewRung(offset, Audience(audience)) for offset, audience in STEEP]
    await ladder.update(SYSTEM, UpdateReminderRules(other.id, 1, rungs))
    places: dict[str, Place] = {}
    for name, unit in units.items():
        above = next((p for p in places.values() if p.id == unit.parent_id), None)
        closed = HOLIDAYS if name in {"REGION-1", "UP3-1", "ULP-1"} else frozenset()
        places[name] = Place(unit.id, unit.kind, unit.timezone, above, closed)
    places["REGION-2"].ladder = STEEP
    clocks = [*places.values(), *(Place(None, "ULP", zone) for zone in ZONES)]
    people = [await a_person(None) for _ in range(6)]
    world = World(Model(places["HQ"], clocks), places, people, await a_person(None))
    for who, where in managers:
        await grant(world, people[who], places[FULL[where]], Role.MANAGER)
    if programme:
        await grant(world, people[5], places["HQ"], Role.PROGRAMME)
    return world


async def grant(world: World, who: Person, place: Place, role: Role) -> None:
    code = await db.fetchval("select code from unit where id = $1", place.id)
    await a_role(who, role, await reference_unit(code))
    if role is Role.MANAGER:
        place.managers.add(who.id)
    else:
        place.others[who.id] = role.value


async def a_followed(world: World, where: str, whose: int, days: int) -> Followed:
    """A task of somebody at headquarters, somebody at the unit itself, or its manager."""
    place = world.places[where]
    unit = await reference_unit(await db.fetchval("select code from unit where id = $1", place.id))
    if whose == 2 and place.managers:
        owner = await Person.objects().get(Person.id == min(place.managers))
    else:
        owner = await a_person(None)
        await grant(world, owner, place if whose else world.places["HQ"], Role.CONTRIBUTOR)
    assert owner is not None
    due = clock.today(unit.timezone) + timedelta(days=days)
    made = await a_task(unit, owner=owner, viewer=world.by(world.boss.id), due_on=due)
    followed = Followed(made.id, place, owner.id, due)
    followed.plan(due, clock.now())
    world.model.tasks.append(followed)
    return followed


async def act(world: World, step: str, one: Followed, n: int) -> None:
    """Does it, where it may be done, here and in the plain computation."""
    today = one.unit.today(clock.now())
    if step == "manager":
        await hire_or_dismiss(world, n)
    elif one.status in {"VERIFIED", "CANCELLED"}:
        return
    elif step == "due" and one.due != today + n * DAY:
        due = today + n * DAY
        await task.update(world.by(world.boss.id), UpdateTask(one.id, await version(one), due_on=due))
        one.plan(due, clock.now())
    elif step == "snooze" and one.status != "SUBMITTED":
        wanted = SnoozeReminders(one.id, today + n * DAY)
        if one.snooze(wanted.until, clock.now(), SNOOZE_DAYS):
            await snooze.snooze(world.by(one.owner), wanted)
        else:
            with pytest.raises(Refused) as refused:
                await snooze.snooze(world.by(one.owner), wanted)
            assert refused.value.code is Code.SNOOZE_LIMIT
    elif step == "acknowledge" and one.status != "SUBMITTED":
        await acknowledge(world, one, n)
    else:
        await go_on(world, step, one, n)


async def version(one: Followed) -> int:
    return await db.fetchval("select version from task where id = $1", one.id)


async def go_on(world: World, step: str, one: Followed, n: int) -> None:
    """Takes the task from one status to another."""
    boss, at_work = world.by(world.boss.id), one.status in {"PLANNED", "RETURNED"}
    if step == "block" and at_work:
        await task.block(boss, ChangeTask(one.id, await version(one), "Menunggu"))
        one.before = one.status
        one.becomes("BLOCKED")
    elif step == "unblock" and one.status == "BLOCKED":
        await task.unblock(boss, ChangeTask(one.id, await version(one)))
        one.becomes(one.before)
    elif step == "submit" and at_work:
        one.submitter = min(one.unit.managers) if n % 2 and one.unit.managers else world.boss.id
        by = world.by(one.submitter)
        await task.submit(by, SubmitTask(one.id, await version(one), [NewEvidence("Foto")]))
        one.becomes("SUBMITTED")
    elif step in {"return", "verify"} and one.status == "SUBMITTED":
        verified = step == "verify" and n > 6
        other = world.by((await a_person(None)).id)
        wanted = ChangeTask(one.id, await version(one), "Kurang")
        await (task.verify if verified else task.return_)(other, wanted)
        one.becomes("VERIFIED" if verified else "RETURNED")
    elif step == "cancel" and n > 10:
        await task.cancel(boss, ChangeTask(one.id, await version(one), "Tidak perlu"))
        one.becomes("CANCELLED")


async def acknowledge(world: World, one: Followed, n: int) -> None:
    """Some rung of the due date that was escalated, by one of those whom it told."""
    of_task = (Notice.task_id == one.id) & (Notice.kind == "ESCALATED") & (Notice.due_on == one.due)
    notices = await Notice.objects().where(of_task).order_by(Notice.created_at, Notice.id)
    if not notices:
        return
    notice = notices[n % len(notices)]
    rung = await Reminder.objects().get(Reminder.id == notice.reminder_id)
    assert rung is not None
    key = (one.due, rung.offset_days, rung.audience)
    if key not in one.acknowledged:
        await escalation.acknowledge(world.by(notice.person_id), AcknowledgeEscalation(notice.id))
        one.acknowledged[key] = one.unit.day_from(one.unit.today(clock.now()), ACKNOWLEDGE_DAYS)


async def hire_or_dismiss(world: World, n: int) -> None:
    who, place = world.people[n % 5], world.places[FULL[n % len(FULL)]]
    if who.id not in place.managers:
        await grant(world, who, place, Role.MANAGER)
        return
    its = (Membership.person_id == who.id) & (Membership.unit_id == place.id) & (Membership.role == "MANAGER")
    held = await Membership.objects().get(its & Membership.revoked_at.is_null())
    assert held is not None
    await person.revoke(SYSTEM, RevokeRole(held.id))
    place.managers.remove(who.id)


SAID = """
select n.kind, n.person_id, n.unit_id, n.task_id, n.due_on, r.offset_days, r.audience
from notice n left join reminder r on r.id = n.reminder_id
"""
ACTIONS = [
    *["", "acknowledge", "acknowledge", "snooze", "manager", "block", "unblock", "submit"] * 2,
    "return",
    "verify",
    "cancel",
    "due",
]
STEPS = st.lists(
    st.tuples(
        st.one_of(st.just(1), st.integers(1, 30), st.integers(24, 130)),  # hours that pass
        st.booleans(),  # whether a worker is up then
        st.sampled_from(ACTIONS),
        st.integers(0, 2),  # the task
        st.integers(0, 12),
    ),
    min_size=8,
    max_size=30,
)


@settings(max_examples=12)
@given(
    start=st.integers(0, 24 * 5),
    managers=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 7)), max_size=8, unique=True),
    programme=st.booleans(),
    tasks=st.lists(
        st.tuples(st.sampled_from(FULL[:6]), st.integers(0, 2), st.integers(0, 15)), min_size=3, max_size=3
    ),
    steps=STEPS,
)
async def test_the_notices_are_those_of_a_plain_computation(clean, start, managers, programme, tasks, steps):
    await clean()
    # Given three tasks at random units, of random owners, in a random organisation
    go_to(MONDAY, 0, 30)
    clock.shift(timedelta(hours=start))
    world = await a_world(managers, programme)
    followed = [await a_followed(world, *each) for each in tasks]
    said: list[tuple[Any, ...]] = []
    for hours, up, step, n, number in steps:
        clock.shift(timedelta(hours=hours))
        await act(world, step, followed[n], number)
        if not up:
            continue
        # When a worker runs
        digests = await Digest.count()
        now = clock.now()
        made = await reminder.run(now)
        new = world.model.run(now)
        # Then what it says is what the plain computation says, in one digest a person
        said += new
        assert made == len(new)
        assert sorted(map(str, map(tuple, await db.fetch(SAID)))) == sorted(map(str, said))
        assert await Digest.count() - digests == len({who for _, who, *_ in new})
        # And every rung has the outcome that it says
        rungs = await db.fetch(
            "select task_id, due_on, offset_days, audience, remind_on, outcome from reminder"
        )
        assert {tuple(row) for row in rungs} == {
            (one.id, rung.due, rung.offset, rung.audience, rung.day, rung.outcome)
            for one in followed
            for rung in one.rungs.values()
        }
    # And nobody was told twice of one rung
    of_rungs = [word[1:2] + word[3:] for word in said if word[5] is not None]
    assert len(set(of_rungs)) == len(of_rungs)
