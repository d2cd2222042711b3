"""R10: alerts open once, say what they rest on, are taken care of, and close by themselves."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from jejak.domain import alert, alert_rule, clock, completion, db, programme, task, unit
from jejak.domain.access import SYSTEM
from jejak.domain.alert import AcknowledgeAlert, AssignAlert
from jejak.domain.alert_rule import UpdateAlertRule
from jejak.domain.errors import Code
from jejak.domain.programme import SetProgrammeEnd
from jejak.domain.tables.alert import Alert, AlertRule
from jejak.domain.tables.programme import Programme
from jejak.domain.tables.task import Task
from jejak.domain.tables.unit import Unit
from jejak.domain.task import ChangeTask, NewEvidence, SubmitTask
from jejak.domain.unit import CloseUnit
from jejak.domain.vocabulary import AlertKind, AlertPeriod, RatingMetric, Role, TaskStatus, UnitKind
from tests import factories as f
from tests.alerts import answers, evidence, forget_answers, low_csat, only, open_alerts
from tests.moments import MONDAY, go_to
from tests.refusals import events_of, refused, unchanged


async def again(alert_: Alert) -> Alert:
    found = await Alert.objects().get(Alert.id == alert_.id)
    assert found is not None
    return found


async def the_units_with_an_alert() -> set[str]:
    rows = await db.fetch(
        "select u.code from alert a join unit u on u.id = a.unit_id where a.closed_at is null"
    )
    return {row["code"] for row in rows}


async def test_a_metric_below_its_floor_opens_an_alert_at_every_unit_that_it_concerns():
    # given a ULP with few satisfied customers, and a sibling that makes up for it at their UP3 and above
    ulp = await f.a_unit()
    up3 = await Unit.objects().get(Unit.id == ulp.parent_id)
    sibling = await f.a_unit(UnitKind.ULP, up3)
    await only()
    await low_csat(ulp)
    await answers(sibling, csat_5=400)
    # when
    assert await alert.run() == (1, 0)
    # then
    (made,) = await open_alerts()
    assert made.unit_id == ulp.id
    assert await events_of(made.id) == ["alert.opened"]
    said = await evidence(made, "OPENED")
    today = clock.today(ulp.timezone)
    assert (said["value"], said["n"], said["base"]) == (Decimal("50.00"), 40, Decimal("80.00"))
    assert (said["low"], said["high"]) == (Decimal("35.20"), Decimal("64.80"))
    assert (said["from_on"], said["to_on"]) == (today - timedelta(days=28), today - timedelta(days=1))


async def test_a_figure_is_that_of_the_whole_subtree():
    ulp = await f.a_unit()
    await only(kinds=[UnitKind.UP3, UnitKind.UID, UnitKind.HQ])
    await low_csat(ulp)
    await alert.run()
    up3 = await Unit.objects().get(Unit.id == ulp.parent_id)
    assert await the_units_with_an_alert() == {up3.code, "JATIM", "HQ"}


async def test_nothing_opens_below_the_least_number_of_answers_or_of_days_outside_the_period():
    ulp = await f.a_unit()
    await only(least_n=41)
    await low_csat(ulp)
    async with unchanged():
        await alert.run()
    await only(period=AlertPeriod.WEEK)
    await forget_answers()
    await low_csat(ulp, days_ago=[0, 8])  # today is not over
    async with unchanged():
        await alert.run()


async def test_two_workers_at_once_open_one_alert_and_a_second_run_none():
    await low_csat(await f.a_unit())
    await only(kinds=[UnitKind.ULP])
    ran = await asyncio.gather(*(alert.run() for _ in range(4)))
    assert sorted(ran) == [(0, 0)] * 3 + [(1, 0)]
    async with unchanged():
        await alert.run()


async def test_a_run_that_dies_half_way_leaves_nothing_and_the_next_says_it_all(monkeypatch):
    ulp = await f.a_unit()
    await only(kinds=[UnitKind.ULP])
    await low_csat(ulp)

    async def die(*_):
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(alert, "_settle", die)
        async with unchanged():
            with pytest.raises(RuntimeError):
                await alert.run()
    assert await alert.run() == (1, 0)


async def test_it_stays_between_the_two_figures_and_closes_once_the_value_is_back():
    ulp = await f.a_unit()
    await only(kinds=[UnitKind.ULP], clear_at=Decimal(85))
    await low_csat(ulp)
    await alert.run()
    (made,) = await open_alerts()
    # when the interval reaches the floor, then the value, then what clears
    for more, closed in ((20, 0), (60, 0), (80, 1)):
        await answers(ulp, csat_5=more)
        assert await alert.run() == (0, closed), more
    # then
    gone = await again(made)
    assert (gone.closed_because, gone.version) == ("RECOVERED", 2)
    assert (await evidence(made))["n"] == 200
    assert (await evidence(made, "OPENED"))["n"] == 40
    assert await events_of(made.id) == ["alert.opened", "alert.closed"]
    # and opens anew, as another
    await forget_answers()
    await low_csat(ulp)
    assert await alert.run() == (1, 0)
    assert [one.id != made.id for one in await open_alerts()] == [True]


async def test_the_latest_figures_are_kept_without_an_event():
    ulp = await f.a_unit()
    await only(kinds=[UnitKind.ULP])
    await low_csat(ulp)
    await alert.run()
    (made,) = await open_alerts()
    await answers(ulp, csat_1=10)
    await alert.run()
    assert (await evidence(made))["value"] == Decimal("40.00")
    assert await events_of(made.id) == ["alert.opened"]
    assert (await again(made)).version == 1


async def test_without_any_answers_it_closes_as_such_and_with_too_few_it_stays():
    ulp = await f.a_unit()
    await only(kinds=[UnitKind.ULP])
    await low_csat(ulp)
    await alert.run()
    (made,) = await open_alerts()
    await forget_answers()
    await answers(ulp, csat_5=3)
    assert await alert.run() == (0, 0)
    await forget_answers()
    assert await alert.run() == (0, 1)
    assert (await again(made)).closed_because == "NO_DATA"


async def test_a_rule_that_is_switched_off_and_a_unit_that_is_closed_end_their_alerts():
    ulps = [await f.a_unit(), await f.a_unit()]
    rule = await only(kinds=[UnitKind.ULP])
    for one in ulps:
        await low_csat(one)
    assert await alert.run() == (2, 0)
    first, second = await open_alerts()
    place = await Unit.objects().get(Unit.id == first.unit_id)
    await unit.close(SYSTEM, CloseUnit(place.id, place.version))
    assert await alert.run() == (0, 1)
    await alert_rule.update(SYSTEM, UpdateAlertRule(rule.id, 1, enabled=False))
    assert await alert.run() == (0, 1)
    assert [(await again(one)).closed_because for one in (first, second)] == ["UNIT_CLOSED", "RULE_OFF"]


async def test_a_service_that_drops_is_found_though_all_of_them_together_do_not():
    ulp = await f.a_unit()
    drop = {"kind": AlertKind.METRIC_DROP, "period": AlertPeriod.WEEK, "threshold": Decimal(5)}
    await only(**drop, by_service=True, kinds=[UnitKind.ULP])
    for service, last in (("SPKLU", {"csat_1": 30, "csat_5": 10}), ("PREPAID", {"csat_5": 4_000})):
        await answers(ulp, [8, 15, 22], service, csat_1=2, csat_5=18)
        await answers(ulp, 3, service, **last)
    assert await alert.run() == (1, 0)
    (made,) = await open_alerts()
    assert made.service == "SPKLU"
    said = await evidence(made)
    assert (said["value"], said["n"], said["base"], said["base_n"]) == (Decimal(25), 40, Decimal(90), 60)
    # when the low level has become the usual one
    go_to(clock.today(ulp.timezone) + timedelta(days=28))
    await answers(ulp, [3, 10, 17, 24], "SPKLU", csat_1=30, csat_5=10)
    assert await alert.run() == (0, 1)
    assert (await again(made)).closed_because == "SETTLED"


async def test_a_drop_of_few_points_is_none_however_sure():
    ulp = await f.a_unit()
    await only(
        kind=AlertKind.METRIC_DROP,
        metric=RatingMetric.NPS,
        period=AlertPeriod.WEEK,
        threshold=Decimal(10),
        kinds=[UnitKind.ULP],
    )
    await answers(ulp, 8, nps_0=1_000, nps_10=9_000)
    await answers(ulp, 1, nps_0=1_400, nps_10=8_600)
    assert await alert.run() == (0, 0)
    await answers(ulp, 1, nps_5=600)
    assert await alert.run() == (1, 0)


async def test_many_overdue_tasks_open_an_alert_and_verified_ones_close_it():
    up3 = await f.a_unit(UnitKind.UP3)
    ulp = await f.a_unit(UnitKind.ULP, up3)
    owner, boss = await f.a_person(Role.CONTRIBUTOR, ulp), await f.a_viewer(Role.MANAGER, ulp)
    given = [await f.a_task(ulp, owner=owner, viewer=boss) for _ in range(3)]
    later = await f.a_task(up3, due_on=f.in_working_days(up3, 200))
    await only(
        kind=AlertKind.OVERDUE_SHARE,
        threshold=Decimal(50),
        clear_at=Decimal(40),
        least_n=4,
        kinds=[UnitKind.UP3],
    )
    await completion.recompute_all()
    assert await alert.run() == (0, 0)
    go_to(given[0].due_on + timedelta(days=1))
    await completion.recompute_all()
    assert await alert.run() == (1, 0)
    (made,) = await open_alerts()
    assert made.unit_id == up3.id
    said = await evidence(made)
    assert (said["hits"], said["n"], said["value"], said["low"]) == (3, 4, Decimal(75), None)
    # Of two open tasks one is late still, which is between the figures; then of one task none
    for number, closed in ((2, 0), (1, 1)):
        for one in given[:number]:
            await f.bring(one, TaskStatus.VERIFIED, owner=await f.viewer_for(owner), manager=boss)
        given = given[number:]
        await completion.recompute_all()
        assert await alert.run() == (0, closed)
    assert later.unit_id == up3.id


async def ends(days: int | None) -> None:
    found = await Programme.objects().first()
    on = None if days is None else clock.today("Asia/Jakarta") + timedelta(days=days)
    await programme.set_end(SYSTEM, SetProgrammeEnd(found.id, found.version, on))


async def test_a_pace_that_misses_the_programmes_end_opens_an_alert():
    # given one of two tasks verified in 28 days
    go_to(MONDAY)
    up3 = await f.a_unit(UnitKind.UP3)
    first, second = [await f.a_task(up3, initiative="1.1", weight=1) for _ in range(2)]
    await only(
        kind=AlertKind.COMPLETION_PACE, threshold=Decimal(95), clear_at=Decimal(100), kinds=[UnitKind.UP3]
    )
    await db.execute("update initiative set scope = '{}'")
    await completion.snapshot()
    go_to(MONDAY + timedelta(days=28))
    owner = await f.a_person(Role.CONTRIBUTOR, up3)
    await db.execute("update task set owner_id = $1", owner.id)
    boss = await f.a_viewer(Role.MANAGER, up3)
    await f.bring(first, TaskStatus.VERIFIED, owner=await f.viewer_for(owner), manager=boss)
    assert await alert.run() == (0, 0)  # without an end the rule rests
    await ends(14)
    await completion.recompute_all()
    assert await alert.run() == (0, 0)  # and before there is a snapshot of 28 days ago it says nothing
    await completion.snapshot()
    # when
    assert await alert.run() == (1, 0)
    # then half of what is left is missing: 50 % in 28 days, and 14 days to go
    (made,) = await open_alerts()
    said = await evidence(made)
    assert (said["reached"], said["value"], said["base"], said["n"]) == (
        Decimal(50),
        Decimal(75),
        Decimal(95),
        2,
    )
    assert (said["from_on"], said["to_on"]) == (
        MONDAY - timedelta(days=1),
        MONDAY + timedelta(days=42),
    )
    # With the double time the pace suffices
    await ends(28)
    assert await alert.run() == (0, 1)
    await ends(1)
    assert await alert.run() == (1, 0)
    await ends(None)
    assert await alert.run() == (0, 1)
    assert second.status == TaskStatus.PLANNED


async def an_alert_at(place: Unit) -> Alert:
    await only(kinds=[UnitKind(place.kind)])
    await low_csat(place)
    await alert.run()
    (made,) = await open_alerts()
    return made


async def test_it_is_acknowledged_once_by_who_manages_there_or_above():
    ulp = await f.a_unit()
    made = await an_alert_at(ulp)
    for role, code in ((Role.CONTRIBUTOR, Code.FORBIDDEN), (Role.PROGRAMME, Code.FORBIDDEN)):
        place = ulp if role is Role.CONTRIBUTOR else await f.reference_unit("HQ")
        viewer = await f.a_viewer(role, place)
        async with refused(code, "alert_id"):
            await alert.acknowledge(viewer, AcknowledgeAlert(made.id))
    stranger = await f.a_viewer(Role.MANAGER)
    async with refused(Code.NOT_FOUND, "alert_id"):
        await alert.acknowledge(stranger, AcknowledgeAlert(made.id))
    boss = await f.a_viewer(Role.MANAGER, await f.reference_unit("JATIM"))
    wanted = AcknowledgeAlert(made.id, "Kami periksa loketnya")
    taken = await alert.acknowledge(boss, wanted)
    assert (taken.acknowledged_by, taken.note) == (boss.person_id, wanted.note)
    async with unchanged():
        await alert.acknowledge(boss, wanted)
    other = await f.a_viewer(Role.MANAGER, ulp)
    async with refused(Code.ALREADY_ACKNOWLEDGED, "alert_id"):
        await alert.acknowledge(other, wanted)
    # An alert that is acknowledged closes like any other, and is not taken care of afterwards
    await answers(ulp, csat_5=400)
    assert await alert.run() == (0, 1)
    async with refused(Code.WRONG_STATUS, "alert_id"):
        await alert.acknowledge(other, wanted)


async def test_an_alert_becomes_tasks_all_or_none_and_they_are_verified():
    ulp = await f.a_unit()
    made = await an_alert_at(ulp)
    boss = await f.a_viewer(Role.MANAGER, ulp)
    owner = await f.a_person(Role.CONTRIBUTOR, ulp, ranger=True)
    good = replace(f.a_new_task(ulp, title="Tambah loket"), unit_id=None)
    bad = replace(good, title="")
    async with refused(Code.REQUIRED, "tasks", 1, "title"):
        await alert.assign(boss, AssignAlert(made.id, [good, bad]))
    stranger = await f.a_viewer(Role.MANAGER)
    async with refused(Code.NOT_FOUND, "alert_id"):
        await alert.assign(stranger, AssignAlert(made.id, [good]))
    # when
    wanted = AssignAlert(made.id, [good, replace(good, title="Latih petugas")], "retry-1")
    tasks = await alert.assign(boss, wanted)
    async with unchanged():
        retried = await alert.assign(boss, wanted)
    # then
    assert [one.id for one in retried] == [one.id for one in tasks]
    assert [(one.unit_id, one.alert_id, one.owner_id) for one in tasks] == [(ulp.id, made.id, owner.id)] * 2
    taken = await again(made)
    assert taken.acknowledged_by == boss.person_id
    assert await events_of(made.id) == ["alert.opened", "alert.assigned"]
    # and one is carried to its end
    by = await f.viewer_for(owner)
    first = await task.submit(by, SubmitTask(tasks[0].id, 1, [NewEvidence(note="Foto loket")]))
    await task.verify(boss, ChangeTask(first.id, first.version))
    rows = await Task.objects().where(Task.alert_id == made.id).order_by(Task.title)
    assert [row.status for row in rows] == ["PLANNED", "VERIFIED"]
    await answers(ulp, csat_5=400)
    await alert.run()
    async with refused(Code.WRONG_STATUS, "alert_id"):
        await alert.assign(boss, AssignAlert(made.id, [good]))


async def test_the_rules_that_headquarters_begins_with_rest_where_there_is_nothing():
    await f.a_unit()
    await completion.recompute_all()
    assert await AlertRule.count().where(AlertRule.enabled.eq(True)) == 9
    assert await alert.run() == (0, 0)
