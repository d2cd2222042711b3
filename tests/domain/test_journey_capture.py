"""R2: capturing a journey anew, until it is accepted."""

from dataclasses import replace

import orjson
import pytest

from jejak.domain import db, journey_capture
from jejak.domain.errors import Code
from jejak.domain.tables.journey import Journey, PainPoint, Stage
from jejak.domain.vocabulary import JourneyStatus, Role
from tests.factories import a_capture, a_journey, a_new_pain_point, a_stage, a_unit, a_viewer
from tests.refusals import events_of, refused, unchanged

DRAFT, SUBMITTED, ACCEPTED, RETURNED, ARCHIVED = JourneyStatus


def anew(unit, given, **changes):
    """The input that replaces the content of a journey that was read."""
    stages = [a_stage(name="Baru", pain_points=[a_new_pain_point(description="Lain", severity=1)])]
    more = {
        "stages": stages,
        "title": "Judul baru",
        "journey_id": given.id,
        "expected_version": given.version,
    }
    return a_capture(unit, **more | changes)


@pytest.mark.parametrize("status", JourneyStatus)
async def test_the_content_is_replaced_until_the_journey_is_handed_in(status):
    unit = await a_unit()
    viewer, given = await a_viewer(Role.CONTRIBUTOR, unit), await a_journey(unit, status=status)
    wanted = anew(unit, given)
    if status not in {DRAFT, RETURNED}:
        async with refused(Code.WRONG_STATUS):
            await journey_capture.capture(viewer, wanted)
        return
    version = given.version
    made = await journey_capture.capture(viewer, wanted)
    kept = await Journey.objects().get(Journey.id == given.id)
    assert (made.id, made.version, kept.status, kept.title) == (given.id, version + 1, status, "Judul baru")
    assert kept.captured_by == given.captured_by
    assert [(s.position, s.name) for s in await Stage.objects().where(Stage.journey_id == given.id)] == [
        (1, "Baru")
    ]
    assert [p.description for p in await PainPoint.objects().where(PainPoint.journey_id == given.id)] == [
        "Lain"
    ]
    assert (await events_of(given.id))[-1] == "journey.revised"


async def test_a_returned_journey_can_be_corrected_and_handed_in_at_once():
    unit = await a_unit()
    viewer, given = await a_viewer(Role.CONTRIBUTOR, unit), await a_journey(unit, status=RETURNED)
    await journey_capture.capture(viewer, anew(unit, given, submit=True))
    kept = await Journey.objects().get(Journey.id == given.id)
    # As after `journey.submit`: the reason belonged to the return
    assert (kept.status, kept.return_reason) == (SUBMITTED, None)


async def test_a_replacement_names_the_version_that_it_read():
    unit = await a_unit()
    viewer, given = await a_viewer(Role.CONTRIBUTOR, unit), await a_journey(unit)
    async with refused(Code.REQUIRED, "expected_version"):
        await journey_capture.capture(viewer, anew(unit, given, expected_version=None))
    async with refused(Code.STALE, "expected_version"):
        await journey_capture.capture(viewer, anew(unit, given, expected_version=2))


async def test_a_replacement_can_be_retried():
    unit = await a_unit()
    viewer, given = await a_viewer(Role.CONTRIBUTOR, unit), await a_journey(unit)
    wanted = anew(unit, given, client_mutation_id="phone-2")
    await journey_capture.capture(viewer, wanted)
    async with unchanged():
        again = await journey_capture.capture(viewer, wanted)
    assert (again.id, again.version) == (given.id, 2)
    async with refused(Code.CLIENT_ID_REUSED, "client_mutation_id"):
        await journey_capture.capture(viewer, replace(wanted, expected_version=2))


async def test_a_malformed_replacement_leaves_the_old_content():
    unit = await a_unit()
    viewer, given = await a_viewer(Role.CONTRIBUTOR, unit), await a_journey(unit)
    async with refused(Code.OUT_OF_RANGE, "stages", 0, "emotion"):
        await journey_capture.capture(viewer, anew(unit, given, stages=[a_stage(emotion=9)]))


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ADMIN])
async def test_a_replacement_needs_the_right_to_capture(role):
    unit = await a_unit()
    viewer, given = await a_viewer(role, unit), await a_journey(unit)
    async with refused(Code.FORBIDDEN, "unit_id"):
        await journey_capture.capture(viewer, anew(unit, given))


async def test_a_journey_of_another_unit_cannot_be_taken_over():
    given = await a_journey()
    own = await a_unit()
    viewer = await a_viewer(Role.MANAGER, own)
    async with refused(Code.NOT_FOUND, "journey_id"):
        await journey_capture.capture(viewer, anew(own, given))


async def test_a_journey_does_not_recapture_itself():
    unit = await a_unit()
    viewer, given = await a_viewer(Role.CONTRIBUTOR, unit), await a_journey(unit)
    wanted = anew(unit, given, recaptures_id=given.id)
    async with refused(Code.INVALID_ID, "recaptures_id"):
        await journey_capture.capture(viewer, wanted)


async def test_a_replacement_replaces_the_journey_before_as_well():
    unit = await a_unit()
    viewer, before = await a_viewer(Role.MANAGER, unit), await a_journey(unit, status=ACCEPTED)
    given = await a_journey(unit, recaptures_id=before.id)
    await journey_capture.capture(viewer, anew(unit, given, recaptures_id=None))
    assert (await Journey.objects().get(Journey.id == given.id)).recaptures_id is None


async def test_recaptures_form_no_loop_however_long():
    # Given a chain of after-pictures: the third of the second of the first
    unit = await a_unit()
    manager = await a_viewer(Role.MANAGER, unit)
    first = await a_journey(unit)
    second = await a_journey(unit, recaptures_id=first.id)
    third = await a_journey(unit, recaptures_id=second.id)
    # When the first is to come after the second or the third, it is refused
    for later in (second, third):
        async with refused(Code.INVALID_ID, "recaptures_id"):
            await journey_capture.capture(manager, anew(unit, first, recaptures_id=later.id))
    # And several journeys may come after one
    assert await journey_capture.capture(manager, anew(unit, third, recaptures_id=first.id))


async def test_history_keeps_what_a_journey_said_before_it_was_captured_anew():
    unit = await a_unit()
    viewer, given = await a_viewer(Role.CONTRIBUTOR, unit), await a_journey(unit)
    await journey_capture.capture(viewer, anew(unit, given))
    captured, revised = await db.fetch(
        "select kind, before, after from event where subject_id = $1 order by nth", given.id
    )
    first = [("Mengajukan pasang baru", ["Menunggu tanpa kabar"]), ("Menyala", [])]
    assert (captured["kind"], told(captured["after"])) == ("journey.captured", first)
    assert (revised["kind"], told(revised["before"])) == ("journey.revised", first)
    assert told(revised["after"]) == [("Baru", ["Lain"])]
    after = orjson.loads(captured["after"])
    assert after["title"] == given.title
    assert after["stages"][0] == {
        "name": "Mengajukan pasang baru",
        "touchpoint": "PLN_MOBILE",
        "emotion": -1,
        "customer_did": "",
        "customer_said": "",
        "target_minutes": None,
        "actual_minutes": None,
        "pain_points": [
            {
                "description": "Menunggu tanpa kabar",
                "category": "SPEED",
                "parameter": "EASE",
                "severity": 4,
                "reach": 3,
            }
        ],
    }


def told(of_event: str) -> list[tuple[str, list[str]]]:
    """The names of the stages with what hurt in them."""
    return [
        (stage["name"], [point["description"] for point in stage["pain_points"]])
        for stage in orjson.loads(of_event)["stages"]
    ]
