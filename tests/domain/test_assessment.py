"""R9: who records what of a planned visit, and when; templates, waves and plans."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from jejak.domain import (
    api_token,
    assessment,
    assessment_template,
    clock,
    db,
    finding,
    person,
    planned_visit,
    unit,
    wave,
)
from jejak.domain.access import SYSTEM
from jejak.domain.api_token import CreateApiToken
from jejak.domain.assessment import RecordAssessment, ReopenAssessment
from jejak.domain.assessment_content import NewScore
from jejak.domain.assessment_template import CreateAssessmentTemplate, NewDimension, NewItem
from jejak.domain.errors import Code, Refused
from jejak.domain.finding import CreatePainPointFromFinding
from jejak.domain.person import GrantRole
from jejak.domain.planned_visit import PlanVisits, VisitRow
from jejak.domain.tables.assessment import Assessment, AssessmentScore, PlannedVisit, Wave
from jejak.domain.tables.journey import Journey, PainPoint
from jejak.domain.tables.person import Membership
from jejak.domain.task import NewEvidence
from jejak.domain.unit import CloseUnit
from jejak.domain.vocabulary import (
    Category,
    ErrorPolicy,
    Parameter,
    Role,
    RowOutcome,
    Service,
    Touchpoint,
    UnitKind,
)
from jejak.domain.wave import CloseWave, CreateWave, UpdateWave
from tests import factories as f
from tests import shopping as s
from tests.client import Client, as_
from tests.refusals import events_of, refused, unchanged


@pytest.fixture
async def ulp():
    return await f.a_unit()


@pytest.fixture
async def of():
    return await s.a_wave()


@pytest.fixture
async def shopper():
    return await f.a_person(Role.CONTRIBUTOR, await f.reference_unit("BALI"))


async def a_record(visit: PlannedVisit, **changes) -> RecordAssessment:
    today = clock.now().date()
    given = {"planned_visit_id": visit.id, "visited_on": today, "scores": s.scored(s.evenly(50))}
    return RecordAssessment(**given | changes)


async def test_a_draft_is_replaced_whole_until_it_is_handed_in(of, ulp, shopper):
    # given
    visit = await s.a_visit(of, ulp, shopper)
    viewer = await f.viewer_for(shopper)
    whole = await a_record(visit)
    first = [replace(whole.scores[0], note="Ramah", evidence=[NewEvidence(note="Foto")]), whole.scores[1]]
    draft = await assessment.record(viewer, replace(whole, scores=first, evidence=[NewEvidence(note="Peta")]))
    # when
    second = await assessment.record(
        viewer, replace(whole, scores=whole.scores[1:3], expected_version=draft.version, note="Ulang")
    )
    # then
    assert second.id == draft.id
    there = await db.fetch(
        "select i.code, s.score from assessment_score s join assessment_item i on i.id = s.item_id order by 1"
    )
    assert [(row["code"], row["score"]) for row in there] == [("A2", Decimal(50)), ("A3", Decimal(50))]
    assert await db.fetchval("select count(*) from assessment_evidence") == 0
    # and it cannot be handed in with items missing, nor without or with another version
    again = replace(whole, expected_version=second.version)
    async with refused(Code.MISSING_SCORES, "scores"):
        await assessment.record(viewer, replace(again, scores=whole.scores[:-1], submit=True))
    async with refused(Code.REQUIRED, "expected_version"):
        await assessment.record(viewer, replace(again, expected_version=None))
    async with refused(Code.STALE, "expected_version"):
        await assessment.record(viewer, replace(again, expected_version=1))
    # when it is handed in
    done = await assessment.record(viewer, replace(again, submit=True))
    # then it is final
    async with refused(Code.WRONG_STATUS):
        await assessment.record(viewer, replace(again, expected_version=done.version))
    assert await events_of(done.id) == [
        "assessment.recorded",
        "assessment.revised",
        "assessment.revised",
        "assessment.submitted",
    ]


async def test_what_is_wrong_with_an_assessment_is_named_all_at_once(of, ulp, shopper):
    visit = await s.a_visit(of, ulp, shopper)
    now = clock.now()
    wanted = await a_record(
        visit,
        visited_on=of.starts_on - timedelta(days=1),
        reported_at=now - timedelta(hours=1),
        arrived_at=now - timedelta(hours=2),
        scores=[
            NewScore("A1", Decimal("100.01")),
            NewScore("A2", Decimal("1.005")),
            NewScore("A3", Decimal("NaN")),
            NewScore("A4", Decimal(-1)),
            NewScore("A5"),
            NewScore("a1", Decimal(5)),
            NewScore("Z", Decimal(5)),
            NewScore("B", Decimal(5), not_applicable=True),
            NewScore("C", Decimal(5), evidence=[NewEvidence()]),
        ],
    )
    async with unchanged():
        with pytest.raises(Refused) as caught:
            await assessment.record(await f.viewer_for(shopper), wanted)
    assert [(problem.code, problem.path) for problem in caught.value.problems] == [
        (Code.OUT_OF_RANGE, ("visited_on",)),
        (Code.OUT_OF_RANGE, ("arrived_at",)),
        *[(Code.INVALID_SCORE, ("scores", n, "score")) for n in range(4)],
        (Code.REQUIRED, ("scores", 4, "score")),
        (Code.TAKEN, ("scores", 5, "item_code")),
        (Code.NOT_FOUND, ("scores", 6, "item_code")),
        (Code.INVALID_SCORE, ("scores", 7, "score")),
        (Code.REQUIRED, ("scores", 8, "evidence", 0, "note")),
    ]


async def test_only_who_is_to_go_there_records_it(of, ulp, shopper):
    wanted = await a_record(await s.a_visit(of, ulp, shopper), submit=True)
    for who, code in (
        (await f.a_viewer(Role.MANAGER, ulp), Code.NOT_FOUND),
        (await f.a_viewer(Role.MANAGER, await f.reference_unit("HQ")), Code.NOT_FOUND),
        (await s.a_keeper(), Code.FORBIDDEN),
    ):
        async with refused(code, "planned_visit_id"):
            await assessment.record(who, wanted)


async def test_a_program_of_the_assessors_neither_sees_nor_records_it(of, ulp, shopper):
    visit = await s.a_visit(of, ulp, shopper)
    draft = await s.an_assessment(of, ulp, {"A1": 50}, shopper, submit=False)
    person_ = await f.viewer_for(shopper)
    program = replace(person_, integration=True)
    async with unchanged(), refused(Code.NOT_FOUND, "planned_visit_id"):
        await assessment.record(program, await a_record(visit, expected_version=draft.version))
    membership = await Membership.objects().get(Membership.person_id == shopper.id)
    made = await api_token.create(
        person_, CreateApiToken(membership.id, "CEM", clock.now().date() + timedelta(days=3))
    )
    query = "{ plannedVisits(first: 5) { totalCount } assessments(first: 5) { totalCount } }"
    for client, number in ((Client(made.token), 0), (await as_(shopper), 1)):
        shown = await client.data(query)
        assert [one["totalCount"] for one in shown.values()] == [number, number]


async def test_what_is_not_handed_in_becomes_no_pain_point(of, ulp, shopper):
    draft = await s.an_assessment(of, ulp, {"A1": 50}, shopper, submit=False)
    wanted = CreatePainPointFromFinding(draft.id, "A1", "Sepi", 3, 3)
    async with unchanged(), refused(Code.NOT_FOUND, "assessment_id"):
        await finding.create(SYSTEM, wanted)


async def test_in_a_cross_visit_nobody_assesses_their_own_region(of, shopper):
    """Not where they have a role anywhere in it; asked when it is planned, and again when it is handed in."""
    # given units of one region
    region = await f.reference_unit("JATIM")
    up3, other_up3 = [await f.a_unit(UnitKind.UP3, region) for _ in range(2)]
    ulp, other = await f.a_unit(UnitKind.ULP, up3), await f.a_unit(UnitKind.ULP, other_up3)
    keeper = await s.a_keeper()
    near = [await f.a_person(Role.VIEWER, unit) for unit in (ulp, other, up3, region)]
    far = [await f.a_person(Role.VIEWER, await f.reference_unit("HQ")), await f.a_person(None), shopper]
    # then who holds a role in it may not be sent
    for who in near:
        async with refused(Code.OWN_REGION, "visits", 0, "assessor_id"):
            await planned_visit.plan(keeper, PlanVisits(of.id, [VisitRow(who.id, of.ends_on, ulp.id)]))
    # but in a wave that is none, and others
    own = await s.a_wave(cross_visit=False)
    await planned_visit.plan(keeper, PlanVisits(own.id, [VisitRow(near[0].id, own.ends_on, ulp.id)]))
    for who in far:
        await planned_visit.plan(keeper, PlanVisits(of.id, [VisitRow(who.id, of.ends_on, ulp.id)]))
    # when the shopper is given a role there meanwhile
    visit = await s.a_visit(of, ulp, shopper)
    viewer = await f.viewer_for(shopper)
    draft = await assessment.record(viewer, await a_record(visit))
    role = await person.grant(SYSTEM, GrantRole(shopper.id, other.id, Role.VIEWER))
    # then it cannot be handed in
    wanted = await a_record(visit, expected_version=draft.version, submit=True)
    async with refused(Code.OWN_REGION, "planned_visit_id"):
        await assessment.record(viewer, wanted)
    # until that role has ended
    await db.execute("update membership set revoked_at = now() where id = $1", role.id)
    assert (await assessment.record(viewer, wanted)).status == "SUBMITTED"


async def test_visits_are_planned_row_by_row(of, ulp, shopper):
    # given one that is begun
    begun = await f.a_unit()
    await s.an_assessment(of, begun, {"A1": 50}, shopper, submit=False)
    keeper, other = await s.a_keeper(), await f.a_person(None)
    closed, up3 = await f.a_unit(closed=True), await f.a_unit(UnitKind.UP3)
    visits = [
        VisitRow(shopper.id, of.ends_on, ulp.id),
        VisitRow(other.id, of.ends_on, unit_code=ulp.code),
        VisitRow(shopper.id, of.ends_on + timedelta(days=1), unit_code=(await f.a_unit()).code),
        VisitRow(shopper.id, of.ends_on, unit_code="NOWHERE"),
        VisitRow(shopper.id, of.ends_on),
        VisitRow(shopper.id, of.ends_on, closed.id),
        VisitRow(shopper.id, of.ends_on, up3.id),
        VisitRow(other.id, of.ends_on, begun.id),
        VisitRow(ulp.id, of.ends_on, (await f.a_unit()).id),
    ]
    wanted = PlanVisits(of.id, list(visits))
    # then all or none
    async with unchanged():
        with pytest.raises(Refused) as caught:
            await planned_visit.plan(keeper, wanted)
    problems = [(problem.code, problem.path[1:]) for problem in caught.value.problems]
    assert problems == [
        (Code.TAKEN, (1, "unit_code")),
        (Code.OUT_OF_RANGE, (2, "due_on")),
        (Code.NOT_FOUND, (3, "unit_code")),
        (Code.REQUIRED, (4, "unit_code")),
        (Code.UNIT_CLOSED, (5, "unit_id")),
        (Code.INVALID_KIND, (6, "unit_id")),
        (Code.TAKEN, (7, "unit_id")),
        (Code.NOT_FOUND, (8, "assessor_id")),
    ]
    # or the good ones
    done = await planned_visit.plan(keeper, replace(wanted, error_policy=ErrorPolicy.REJECT_FAILED_ROWS))
    assert {n: one.outcome for n, one in done.made.items()} == {0: RowOutcome.CREATED}
    # and again it changes nothing, and another assessor the visit
    async with unchanged():
        again = await planned_visit.plan(keeper, replace(wanted, visits=[visits[0]]))
    assert again.made[0].outcome is RowOutcome.UNCHANGED
    changed = await planned_visit.plan(
        keeper, replace(wanted, visits=[replace(visits[0], assessor_id=other.id)])
    )
    assert changed.made[0].outcome is RowOutcome.CHANGED
    assert await events_of(changed.made[0].visit.id) == ["planned_visit.planned", "planned_visit.replanned"]


async def test_a_closed_wave_takes_nothing_but_its_findings_are_mended(of, ulp, shopper):
    # given one assessment that is handed in, one that is not
    draft_of = await f.a_unit()
    done = await s.an_assessment(of, ulp, s.evenly(20), shopper)
    draft = await s.an_assessment(of, draft_of, s.evenly(20), shopper, submit=False)
    visit = await PlannedVisit.objects().get(PlannedVisit.unit_id == draft_of.id)
    keeper = await s.a_keeper()
    await wave.close(keeper, CloseWave(of.id, of.version))
    # then
    viewer, other = await f.viewer_for(shopper), await f.a_unit()
    async with refused(Code.WRONG_STATUS):
        await assessment.record(viewer, await a_record(visit, expected_version=draft.version))
    async with refused(Code.WRONG_STATUS):
        await planned_visit.plan(keeper, PlanVisits(of.id, [VisitRow(shopper.id, of.ends_on, other.id)]))
    async with refused(Code.WRONG_STATUS):
        await assessment.reopen(keeper, ReopenAssessment(done.id, done.version, "Salah ketik"))
    async with refused(Code.WRONG_STATUS):
        await wave.update(keeper, UpdateWave(of.id, 2, name="Lain"))
    manager = await f.a_viewer(Role.MANAGER, ulp)
    point = await finding.create(manager, CreatePainPointFromFinding(done.id, "B", "Terlambat", 3, 3))
    assert await db.fetchval("select due_at is not null from pain_point where id = $1", point.id)


async def test_an_assessment_is_given_back_to_be_corrected_and_keeps_its_findings(of, ulp, shopper):
    # given
    done = await s.an_assessment(of, ulp, s.evenly(20), shopper)
    manager, keeper = await f.a_viewer(Role.MANAGER, ulp), await s.a_keeper()
    point = await finding.create(manager, CreatePainPointFromFinding(done.id, "B", "Terlambat", 3, 3))
    reopening = ReopenAssessment(done.id, done.version, "Salah ketik")
    async with refused(Code.FORBIDDEN, "assessment_id"):
        await assessment.reopen(manager, reopening)
    # when
    opened = await assessment.reopen(keeper, reopening)
    # then it is a draft like any other, that the unit does not see
    async with refused(Code.NOT_FOUND, "assessment_id"):
        await finding.create(manager, CreatePainPointFromFinding(done.id, "C", "Kotor", 3, 3))
    visit = await PlannedVisit.objects().get(PlannedVisit.unit_id == ulp.id)
    viewer = await f.viewer_for(shopper)
    wanted = await a_record(visit, scores=s.scored({"A1": 90}), expected_version=opened.version)
    partly = await assessment.record(viewer, wanted)
    # and the finding is still that of its item
    scores = {
        row.id: row.score
        for row in await AssessmentScore.objects().where(AssessmentScore.assessment_id == done.id)
    }
    assert len(scores) == 2
    assert scores[point.assessment_score_id] == Decimal(20)
    again = replace(wanted, scores=s.scored(s.evenly(90)), expected_version=partly.version, submit=True)
    await assessment.record(viewer, again)
    corrected = await AssessmentScore.objects().get(AssessmentScore.id == point.assessment_score_id)
    assert corrected is not None
    assert corrected.score == Decimal(90)


async def test_of_many_first_findings_at_once_one_makes_the_journey(of, ulp, shopper):
    done = await s.an_assessment(of, ulp, s.evenly(20), shopper)
    manager = await f.a_viewer(Role.MANAGER, ulp)
    wanted = [CreatePainPointFromFinding(done.id, item, "Terlambat", 3, 3) for item in s.ITEMS[:6]]
    await asyncio.gather(*(finding.create(manager, one) for one in wanted))
    assert await Journey.count().where(Journey.assessment_id == done.id) == 1
    assert await PainPoint.count() == 6
    due = await db.fetch("select distinct sla_started_at from pain_point")
    assert len(due) == 6  # none started another's clock anew


async def test_two_recordings_at_once_make_one_assessment(of, ulp, shopper):
    visit = await s.a_visit(of, ulp, shopper)
    viewer = await f.viewer_for(shopper)
    wanted = [await a_record(visit, client_mutation_id=key) for key in ("one", "one", "two")]
    ended = await asyncio.gather(*(assessment.record(viewer, one) for one in wanted), return_exceptions=True)
    assert len({one.id for one in ended if isinstance(one, Assessment)}) == 1
    assert await Assessment.count() == 1


async def test_a_unit_that_was_closed_meanwhile_is_not_assessed(of, ulp, shopper):
    visit = await s.a_visit(of, ulp, shopper)
    await unit.close(SYSTEM, CloseUnit(ulp.id, ulp.version))
    async with refused(Code.UNIT_CLOSED, "planned_visit_id"):
        await assessment.record(await f.viewer_for(shopper), await a_record(visit))


ITEM = NewItem("A1", "Butir", "Item", 1, Category.SPEED, Parameter.EASE)
DIMENSION = NewDimension("A", "Dimensi", "Dimension", Touchpoint.FIELD_VISIT, [ITEM])


async def test_a_template_that_changes_is_another_version_and_waves_keep_theirs():
    keeper = await s.a_keeper()
    wanted = CreateAssessmentTemplate("PS4", "Templat", "Template", Service.COMPLAINT, [DIMENSION])
    first = await assessment_template.create(keeper, wanted)
    of = await s.a_wave(first)
    async with refused(Code.TAKEN, "code"):
        await assessment_template.create(keeper, wanted)
    async with refused(Code.STALE, "expected_version"):
        await assessment_template.create(keeper, replace(wanted, expected_version=2))
    second = await assessment_template.create(keeper, replace(wanted, expected_version=1))
    assert (first.version, second.version, of.template_id) == (1, 2, first.id)
    manager = await f.a_viewer(Role.MANAGER, await f.reference_unit("HQ"))
    async with refused(Code.FORBIDDEN, "code"):
        await assessment_template.create(manager, wanted)


async def test_what_is_wrong_with_a_template_is_named_all_at_once():
    timed = replace(DIMENSION, code="B", target_minutes=30)
    dimensions = [
        replace(DIMENSION, items=[]),
        replace(timed, items=[ITEM, replace(ITEM, weight=0)]),
        replace(timed, title_en="", items=[replace(ITEM, code="kode salah")]),
    ]
    wanted = CreateAssessmentTemplate("PS4", "Templat", "", Service.COMPLAINT, dimensions)
    keeper = await s.a_keeper()
    async with unchanged():
        with pytest.raises(Refused) as caught:
            await assessment_template.create(keeper, wanted)
    assert [(problem.code, problem.path) for problem in caught.value.problems] == [
        (Code.REQUIRED, ("title_en",)),
        (Code.REQUIRED, ("dimensions", 0, "items")),
        (Code.OUT_OF_RANGE, ("dimensions", 1, "items", 1, "weight")),
        (Code.TAKEN, ("dimensions", 1, "items", 1, "code")),
        (Code.REQUIRED, ("dimensions", 2, "title_en")),
        (Code.TAKEN, ("dimensions", 2, "code")),
        (Code.TAKEN, ("dimensions", 2, "target_minutes")),
        (Code.INVALID_CODE, ("dimensions", 2, "items", 0, "code")),
    ]


async def test_a_wave_has_a_number_of_its_own_and_ends_after_it_begins(of):
    keeper = await s.a_keeper()
    same = CreateWave(of.template_id, "Lagi", of.year, of.number, date(2026, 1, 1), date(2026, 1, 31))
    async with refused(Code.TAKEN, "number"):
        await wave.create(keeper, same)
    async with refused(Code.OUT_OF_RANGE, "ends_on"):
        await wave.create(keeper, replace(same, number=100, ends_on=date(2025, 1, 31)))
    ended = await asyncio.gather(
        *(wave.create(keeper, replace(same, number=99)) for _ in range(3)), return_exceptions=True
    )
    assert sum(isinstance(one, Wave) for one in ended) == 1
    async with refused(Code.STALE, "expected_version"):
        await wave.update(keeper, UpdateWave(of.id, 9, name="Lain"))
    changed = await wave.update(keeper, UpdateWave(of.id, of.version, ends_on=of.ends_on + timedelta(days=5)))
    assert (changed.version, changed.name) == (2, of.name)
