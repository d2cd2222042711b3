"""Working time and deadlines as front ends see them."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from jejak.domain import calendar_change, replanning
from jejak.domain.access import SYSTEM
from jejak.domain.calendar_change import SetSpecialDays, SpecialDayRow
from jejak.domain.vocabulary import JourneyStatus, Role, Service, SpecialDayKind, TaskStatus, UnitKind
from tests import factories as f
from tests.client import as_, gid
from tests.moments import MONDAY, go_to
from tests.sql import statements

FRIDAY = MONDAY + timedelta(days=4)


def local(day, at: str, zone: str = "Asia/Jakarta") -> datetime:
    return datetime.fromisoformat(f"{day}T{at}").replace(tzinfo=ZoneInfo(zone))


async def test_a_unit_says_when_it_works_and_which_unit_says_so():
    # Given a holiday of all and a closure of a region, seen from below
    go_to(MONDAY, 16, 30)
    root, region = await f.reference_unit("HQ"), await f.a_unit(UnitKind.UID)
    ulp = await f.a_unit(parent=await f.a_unit(UnitKind.UP3, region))
    for unit, day, kind, name in (
        (root, MONDAY + timedelta(days=1), SpecialDayKind.HOLIDAY, "Nyepi (perkiraan)"),
        (root, MONDAY + timedelta(days=2), SpecialDayKind.HOLIDAY, "Idul Fitri"),
        (region, MONDAY + timedelta(days=2), SpecialDayKind.CLOSURE, "Banjir"),
        (root, MONDAY + timedelta(days=400), SpecialDayKind.HOLIDAY, "Nanti"),
    ):
        row = SpecialDayRow(day, kind, name)
        await calendar_change.set_special_days(SYSTEM, SetSpecialDays(unit.id, [row]))
    query = """query ($id: ID!, $from: Date, $to: Date) { unit(id: $id) { calendar { zone openNow opensAt
        week { weekday hours { opens closes } } weekFrom { code }
        specialDays(from: $from, to: $to) { day kind name hours { opens } unit { code } } } } }"""
    below, above = (
        await as_(await f.a_person(Role.VIEWER, ulp)),
        await as_(await f.a_person(Role.VIEWER, root)),
    )
    # When they ask
    days = {"from": MONDAY.isoformat(), "to": (MONDAY + timedelta(days=30)).isoformat()}
    seen = (await above.data(query, id=gid(ulp), **days))["unit"]["calendar"]
    told = (await below.data(query, id=gid(ulp), **days))["unit"]["calendar"]
    # Then what the nearest unit says
    assert seen["specialDays"] == [
        {"day": "2027-03-02", "kind": "HOLIDAY", "name": "Nyepi (perkiraan)", "hours": [], "unit": {"code": "HQ"}},
        {"day": "2027-03-03", "kind": "CLOSURE", "name": "Banjir", "hours": [], "unit": {"code": region.code}},
    ]  # fmt: skip
    assert seen["week"][0] == {"weekday": 1, "hours": [{"opens": "09:00", "closes": "17:00"}]}
    assert [len(day["hours"]) for day in seen["week"]] == [1, 1, 1, 1, 2, 0, 0]
    assert (seen["zone"], seen["openNow"], seen["weekFrom"]) == ("Asia/Jakarta", True, {"code": "HQ"})
    assert datetime.fromisoformat(seen["opensAt"]) == local(MONDAY + timedelta(days=3), "09:00")
    # And who does not see that unit is not told which it is
    assert told["weekFrom"] is None
    assert [day["unit"] for day in told["specialDays"]] == [None, None]
    assert [day["name"] for day in told["specialDays"]] == ["Nyepi (perkiraan)", "Banjir"]
    # And without days, this year and the next
    every = (await above.data(query, id=gid(ulp)))["unit"]["calendar"]["specialDays"]
    assert [day["name"] for day in every] == ["Nyepi (perkiraan)", "Banjir", "Nanti"]


SLA = "sla { dueAt remaining paused breachedAt }"


async def test_tasks_and_pain_points_say_until_when_and_how_much_is_left():
    # Given on Friday at 16:30 a pain point of three days, a task for Monday, one that is late and one that is given up
    go_to(FRIDAY, 16, 30)
    ulp = await f.a_unit()
    point = await f.a_pain_point(ulp, severity=5, reach=5)
    draft = await f.a_pain_point(journey=await f.a_journey(ulp))
    ahead = await f.a_task(ulp, due_on=FRIDAY + timedelta(days=3))
    late = await f.a_task(ulp, due_on=FRIDAY)
    await f.a_task(ulp, status=TaskStatus.CANCELLED)
    handed_in = await f.a_task(ulp, due_on=FRIDAY, status=TaskStatus.SUBMITTED)
    go_to(FRIDAY + timedelta(days=1))
    client = await as_(await f.a_person(Role.MANAGER, ulp))
    query = f"""{{ tasks(first: 9, order: SLA_FIRST) {{ nodes {{ id {SLA} }} }}
        painPoints(first: 9, order: SLA_FIRST) {{ nodes {{ id {SLA} }} }}
        breached: tasks(first: 9, filter: {{breached: true}}) {{ nodes {{ id }} }}
        paused: tasks(first: 9, filter: {{paused: true}}) {{ nodes {{ id }} }} }}"""
    # When it is Saturday
    async with statements() as counted:
        data = await client.data(query)
    # Then
    tasks = {one["id"]: one["sla"] for one in data["tasks"]["nodes"]}
    assert list(tasks)[:3] == [gid(late), gid(ahead), gid(handed_in)]
    assert tasks[gid(ahead)] == {
        "dueAt": "2027-03-08T10:00:00+00:00", "remaining": 8 * 3600, "paused": False, "breachedAt": None,
    }  # fmt: skip
    assert tasks[gid(late)] == {
        "dueAt": "2027-03-05T10:00:00+00:00", "remaining": 0, "paused": False, "breachedAt": "2027-03-05T10:00:00+00:00",
    }  # fmt: skip
    assert tasks[gid(handed_in)]["paused"]
    assert 1700 < tasks[gid(handed_in)]["remaining"] <= 1800
    assert tasks[gid(handed_in)]["breachedAt"] is None
    assert list(tasks.values())[3] is None
    points = {one["id"]: one["sla"] for one in data["painPoints"]["nodes"]}
    assert points == {
        gid(point): {
            "dueAt": "2027-03-10T10:00:00+00:00", "remaining": 24 * 3600, "paused": False, "breachedAt": None,
        },
        gid(draft): None,
    }  # fmt: skip
    assert data["breached"]["nodes"] == [{"id": gid(late)}]
    assert data["paused"]["nodes"] == [{"id": gid(handed_in)}]
    assert len([text for text in counted.sql if "current_setting('jit')" not in text]) == 2


async def test_stages_inside_and_outside_of_their_sla_are_counted():
    # Given stages of journeys here, below, elsewhere, of another service, on another day, and not accepted
    go_to(MONDAY)
    up3 = await f.a_unit(UnitKind.UP3)
    ulp, elsewhere = await f.a_unit(parent=up3), await f.a_unit()
    yesterday = MONDAY - timedelta(days=1)

    async def captured(unit, *minutes, status=JourneyStatus.ACCEPTED, **more):
        stages = [f.a_stage(target_minutes=target, actual_minutes=actual) for target, actual in minutes]
        return await f.a_journey(unit, status=status, stages=stages, **more)

    first = await captured(up3, (10, 10), (10, 11), (None, 5), (5, None), occurred_on=yesterday)
    await captured(ulp, (10, 9), occurred_on=yesterday)
    await captured(ulp, (10, 9), status=JourneyStatus.ARCHIVED, occurred_on=yesterday)
    await captured(ulp, (1, 9), service=Service.COMPLAINT, occurred_on=yesterday)
    await captured(ulp, (1, 9), (1, 9), occurred_on=yesterday - timedelta(days=7))
    await captured(ulp, (1, 9), status=JourneyStatus.SUBMITTED, occurred_on=yesterday)
    await captured(elsewhere, (1, 9), occurred_on=yesterday)
    client = await as_(await f.a_person(Role.VIEWER, up3))
    query = """query ($id: ID!, $journey: ID!, $day: Date) { journey(id: $journey) { stageSla { inside outside unmeasured } }
        unit(id: $id) { every: stageSla { inside outside unmeasured } none: stageSla(services: []) { inside outside unmeasured }
        some: stageSla(services: [PB_PD], from: $day, to: $day) { inside outside unmeasured } } }"""
    # When
    data = await client.data(query, id=gid(up3), journey=gid(first), day=yesterday.isoformat())
    # Then
    assert data == {
        "journey": {"stageSla": {"inside": 1, "outside": 1, "unmeasured": 2}},
        "unit": {
            "every": {"inside": 3, "outside": 4, "unmeasured": 2},
            "some": {"inside": 3, "outside": 1, "unmeasured": 2},
            "none": {"inside": 0, "outside": 0, "unmeasured": 0},
        },
    }


async def test_a_changed_calendar_is_seen_in_deadlines_and_in_the_units_history():
    go_to(MONDAY)
    root, ulp = await f.reference_unit("HQ"), await f.a_unit()
    one = await f.a_task(ulp, due_on=FRIDAY)
    client = await as_(await f.a_person(Role.PROGRAMME, root))
    day = {"day": FRIDAY.isoformat(), "kind": "JOINT_LEAVE", "name": "Cuti bersama"}
    await client.done("setSpecialDays", unitId=gid(ulp), rows=[day])
    await replanning.run()
    data = await client.data(
        """query ($task: ID!, $unit: ID!) { task(id: $task) { dueOn sla { dueAt } }
        unit(id: $unit) { history(first: 5, order: NEWEST_FIRST) { nodes { kind after actor { id } } } } }""",
        task=gid(one),
        unit=gid(ulp),
    )
    assert data["task"] == {
        "dueOn": FRIDAY.isoformat(),
        "sla": {"dueAt": local(FRIDAY - timedelta(days=1), "17:00").astimezone(ZoneInfo("UTC")).isoformat()},
    }
    (told, *_) = data["unit"]["history"]["nodes"]
    assert told["kind"] == "UNIT_SPECIAL_DAYS_SET"
    assert told["after"] == {"specialDays": [day | {"hours": []}]}
