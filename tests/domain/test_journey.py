"""R2: journeys."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from jejak.domain import clock, journey, journey_capture
from jejak.domain.errors import Code, Refused
from jejak.domain.journey import ChangeJourney
from jejak.domain.tables.event import Event
from jejak.domain.tables.journey import Journey, PainPoint, Stage
from jejak.domain.vocabulary import JourneyStatus, Role, UnitKind
from tests.factories import (
    a_capture,
    a_journey,
    a_new_pain_point,
    a_stage,
    a_unit,
    a_viewer,
    reference_unit,
)
from tests.refusals import events_of, refused, unchanged

DRAFT, SUBMITTED, ACCEPTED, RETURNED, ARCHIVED = JourneyStatus
ACTIONS = {
    "submit": journey.submit,
    "accept": journey.accept,
    "return": journey.return_,
    "archive": journey.archive,
}
# Written from R2: DRAFT -> SUBMITTED -> ACCEPTED | RETURNED (reason) -> ARCHIVED; what was returned can be handed in again.
FOLLOWS = {
    ("submit", DRAFT): SUBMITTED,
    ("submit", RETURNED): SUBMITTED,
    ("accept", SUBMITTED): ACCEPTED,
    ("return", SUBMITTED): RETURNED,
    ("archive", ACCEPTED): ARCHIVED,
    ("archive", RETURNED): ARCHIVED,
}
KINDS = {
    "submit": "journey.submitted",
    "accept": "journey.accepted",
    "return": "journey.returned",
    "archive": "journey.archived",
}


@pytest.mark.parametrize("status", JourneyStatus)
@pytest.mark.parametrize("action", ACTIONS)
async def test_a_journey_lives_by_its_table(action, status):
    # Given a journey in a status
    unit = await a_unit()
    given = await a_journey(unit, status=status)
    manager = await a_viewer(Role.MANAGER, unit)
    change = ChangeJourney(given.id, given.version, "Sebab" if action == "return" else None)
    to = FOLLOWS.get((action, status))
    # When it is to be moved on, the table says whether that is refused
    if to is None:
        async with refused(Code.WRONG_STATUS):
            await ACTIONS[action](manager, change)
        return
    # Or where it arrives, one version later, with an event that tells the difference
    made = await ACTIONS[action](manager, change)
    kept = await Journey.objects().get(Journey.id == given.id)
    assert (made.status, made.version) == (kept.status, kept.version) == (to, given.version + 1)
    # Archiving keeps the reason for which it had been returned.
    reason = given.return_reason if action == "archive" else None
    assert kept.return_reason == ("Sebab" if action == "return" else reason)
    last = (
        await Event.objects().where(Event.subject_id == given.id).order_by(Event.id, ascending=False).first()
    )
    assert (last.kind, last.actor_id, last.unit_id) == (KINDS[action], manager.person_id, unit.id)
    assert f'"status":"{status}"' in last.before
    assert f'"status":"{to}"' in last.after


async def test_a_capture_carries_the_whole_journey():
    unit = await a_unit()
    viewer = await a_viewer(Role.CONTRIBUTOR, unit)
    points = [a_new_pain_point(), a_new_pain_point(description="Petugas tidak ramah", severity=5, reach=5)]
    stages = [
        a_stage(pain_points=points, target_minutes=60, actual_minutes=95, customer_said="Lama sekali"),
        a_stage(name="Menyala", emotion=2),
    ]
    made = await journey_capture.capture(
        viewer, a_capture(unit, stages=stages, submit=True, narrative="Dari awal")
    )
    assert (made.status, made.version, made.captured_by) == (SUBMITTED, 2, viewer.person_id)
    kept = await Stage.objects().where(Stage.journey_id == made.id).order_by(Stage.position)
    assert [(s.position, s.name, s.emotion, s.target_minutes, s.actual_minutes) for s in kept] == [
        (1, "Mengajukan pasang baru", -1, 60, 95),
        (2, "Menyala", 2, None, None),
    ]
    hurt = await PainPoint.objects().where(PainPoint.journey_id == made.id).order_by(PainPoint.severity)
    assert [(p.stage_id, p.unit_id, p.severity, p.reach) for p in hurt] == [
        (kept[0].id, unit.id, 4, 3),
        (kept[0].id, unit.id, 5, 5),
    ]
    assert await events_of(made.id) == ["journey.captured", "journey.submitted"]
    assert [await events_of(p.id) for p in hurt] == [["pain_point.recorded"]] * 2


async def test_a_phone_that_retries_a_capture_gets_the_first_journey():
    unit = await a_unit()
    viewer = await a_viewer(Role.CONTRIBUTOR, unit)
    wanted = a_capture(unit, client_mutation_id="phone-7-1")
    first = await journey_capture.capture(viewer, wanted)
    async with unchanged():
        again = await journey_capture.capture(viewer, wanted)
    assert again.id == first.id
    async with refused(Code.CLIENT_ID_REUSED, "client_mutation_id"):
        await journey_capture.capture(viewer, replace(wanted, title="Lain"))


async def test_a_refused_capture_may_be_retried_under_the_same_id():
    unit = await a_unit()
    viewer = await a_viewer(Role.CONTRIBUTOR, unit)
    async with refused(Code.REQUIRED, "title"):
        await journey_capture.capture(viewer, a_capture(unit, title=" ", client_mutation_id="x"))
    assert await journey_capture.capture(viewer, a_capture(unit, client_mutation_id="x"))


async def test_every_problem_of_a_capture_is_named_with_its_place():
    unit = await a_unit()
    viewer = await a_viewer(Role.CONTRIBUTOR, unit)
    bad = a_new_pain_point(severity=6, reach=0, description="")
    wanted = a_capture(
        unit,
        title="t" * 201,
        occurred_on=clock.today(unit.timezone) + timedelta(days=1),
        stages=[
            a_stage(),
            a_stage(name="", emotion=3, actual_minutes=-1, pain_points=[a_new_pain_point(), bad]),
        ],
    )
    async with unchanged():
        with pytest.raises(Refused) as caught:
            await journey_capture.capture(viewer, wanted)
    assert {(problem.code, problem.path) for problem in caught.value.problems} == {
        (Code.TOO_LONG, ("title",)),
        (Code.FUTURE_DATE, ("occurred_on",)),
        (Code.REQUIRED, ("stages", 1, "name")),
        (Code.OUT_OF_RANGE, ("stages", 1, "emotion")),
        (Code.OUT_OF_RANGE, ("stages", 1, "actual_minutes")),
        (Code.OUT_OF_RANGE, ("stages", 1, "pain_points", 1, "severity")),
        (Code.OUT_OF_RANGE, ("stages", 1, "pain_points", 1, "reach")),
        (Code.REQUIRED, ("stages", 1, "pain_points", 1, "description")),
    }


async def test_a_capture_has_bounds():
    unit = await a_unit()
    viewer = await a_viewer(Role.CONTRIBUTOR, unit)
    assert await journey_capture.capture(viewer, a_capture(unit, stages=[a_stage()] * 50))
    async with refused(Code.TOO_MANY, "stages"):
        await journey_capture.capture(viewer, a_capture(unit, stages=[a_stage()] * 51))
    async with refused(Code.TOO_MANY, "stages", 0, "pain_points"):
        await journey_capture.capture(
            viewer, a_capture(unit, stages=[a_stage(pain_points=[a_new_pain_point()] * 21)])
        )


async def test_today_at_the_unit_is_no_future_even_where_utc_is_a_day_behind():
    # Given an instant at which it is tomorrow already in Jayapura
    unit = await a_unit(timezone="Asia/Jayapura")
    viewer = await a_viewer(Role.CONTRIBUTOR, unit)
    clock.shift(clock.now().replace(hour=20, minute=0) - clock.now())
    today = clock.today("Asia/Jayapura")
    assert today != clock.now().date()
    assert await journey_capture.capture(viewer, a_capture(unit, occurred_on=today))
    async with refused(Code.FUTURE_DATE, "occurred_on"):
        await journey_capture.capture(viewer, a_capture(unit, occurred_on=today + timedelta(days=1)))


async def test_a_journey_without_stages_can_be_drafted_but_not_handed_in():
    unit = await a_unit()
    viewer = await a_viewer(Role.CONTRIBUTOR, unit)
    draft = await journey_capture.capture(viewer, a_capture(unit, stages=[]))
    async with refused(Code.REQUIRED, "stages"):
        await journey.submit(viewer, ChangeJourney(draft.id, draft.version))
    async with refused(Code.REQUIRED, "stages"):
        await journey_capture.capture(viewer, a_capture(unit, stages=[], submit=True))


@pytest.mark.parametrize("reason", [None, "", "  \n"])
async def test_a_journey_is_returned_with_a_reason(reason):
    unit = await a_unit()
    given = await a_journey(unit, status=SUBMITTED)
    viewer = await a_viewer(Role.MANAGER, unit)
    async with refused(Code.REQUIRED, "reason"):
        await journey.return_(viewer, ChangeJourney(given.id, given.version, reason))


async def test_a_stale_change_is_refused_whatever_the_status():
    unit = await a_unit()
    manager = await a_viewer(Role.MANAGER, unit)
    given = await a_journey(unit, status=SUBMITTED)
    for action in ACTIONS.values():
        async with refused(Code.STALE, "expected_version"):
            await action(manager, ChangeJourney(given.id, given.version - 1, "Sebab"))


async def test_a_recapture_names_the_journey_before():
    unit = await a_unit()
    viewer = await a_viewer(Role.MANAGER, unit)
    before = await a_journey(unit, viewer=viewer, status=ACCEPTED)
    after = await journey_capture.capture(viewer, a_capture(unit, recaptures_id=before.id))
    assert (await Journey.objects().get(Journey.id == after.id)).recaptures_id == before.id


async def test_a_recapture_of_what_one_may_not_see_is_refused_as_of_nothing():
    unit = await a_unit()
    viewer = await a_viewer(Role.CONTRIBUTOR, unit)
    elsewhere = await a_journey()
    for unseen in (elsewhere.id, uuid4()):
        async with refused(Code.NOT_FOUND, "recaptures_id"):
            await journey_capture.capture(viewer, a_capture(unit, recaptures_id=unseen))


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(("action", "status"), list(FOLLOWS))
async def test_contributors_hand_in_and_managers_decide(action, status, role):
    region = await reference_unit("JATIM")
    unit = await a_unit(UnitKind.ULP, await a_unit(UnitKind.UP3, region))
    given = await a_journey(unit, status=status)
    # A role at headquarters reaches the unit through the tree
    viewer = await a_viewer(role, await reference_unit("HQ"))
    change = ChangeJourney(given.id, given.version, "Sebab")
    allowed = {Role.CONTRIBUTOR, Role.MANAGER} if action == "submit" else {Role.MANAGER}
    if role in allowed:
        assert (await ACTIONS[action](viewer, change)).status == FOLLOWS[action, status]
    else:
        async with refused(Code.FORBIDDEN, "journey_id"):
            await ACTIONS[action](viewer, change)


@pytest.mark.parametrize("action", ACTIONS.values())
async def test_a_journey_of_another_subtree_does_not_exist(action):
    given = await a_journey(status=SUBMITTED)
    stranger = await a_viewer(Role.MANAGER, await a_unit())
    async with refused(Code.NOT_FOUND, "journey_id"):
        await action(stranger, ChangeJourney(given.id, given.version, "Sebab"))
