"""Mystery shopping that tests start from: real domain calls, by the deck's own template unless another is given."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from jejak.domain import (
    assessment,
    assessment_import,
    assessment_template,
    change,
    clock,
    planned_visit,
    wave,
)
from jejak.domain.access import SYSTEM, Viewer
from jejak.domain.assessment import RecordAssessment
from jejak.domain.assessment_content import NewScore, items_of
from jejak.domain.assessment_import import AssessmentRow, ImportAssessments
from jejak.domain.assessment_template import CreateAssessmentTemplate, NewDimension, NewItem
from jejak.domain.planned_visit import PlanVisits, VisitRow
from jejak.domain.tables.assessment import (
    Assessment,
    AssessmentDimension,
    AssessmentEvidence,
    AssessmentItem,
    AssessmentScore,
    AssessmentTemplate,
    PlannedVisit,
    Wave,
    WaveResult,
)
from jejak.domain.tables.journey import Journey, PainPoint
from jejak.domain.tables.person import Person
from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import Category, Parameter, Role, Service, Touchpoint
from jejak.domain.wave import CreateWave
from tests import factories as f

_n = count(1)
ITEMS = ("A1", "A2", "A3", "A4", "A5", "B", "C", "D", "E1", "E2", "E3", "E4")


async def a_keeper() -> Viewer:
    """Who plans it all: PROGRAMME at headquarters."""
    return await f.a_viewer(Role.PROGRAMME, await f.reference_unit("HQ"))


async def the_template() -> AssessmentTemplate:
    """The deck's, which comes with the service."""
    found = await AssessmentTemplate.objects().order_by(AssessmentTemplate.created_at).first()
    assert found is not None
    return found


async def a_template(
    weights: Mapping[str, Mapping[str, int]], *, code: str | None = None, version: int | None = None
) -> AssessmentTemplate:
    """Of dimensions with items with weights, all by their codes."""
    dimensions = [
        NewDimension(
            dimension,
            f"Dimensi {dimension}",
            f"Dimension {dimension}",
            Touchpoint.FIELD_VISIT,
            [
                NewItem(item, f"Butir {item}", f"Item {item}", weight, Category.SPEED, Parameter.EASE)
                for item, weight in items.items()
            ],
        )
        for dimension, items in weights.items()
    ]
    wanted = CreateAssessmentTemplate(
        code or f"T-{next(_n)}", "Templat", "Template", Service.COMPLAINT, dimensions, version
    )
    return await assessment_template.create(await a_keeper(), wanted)


async def a_wave(template: AssessmentTemplate | None = None, **changes: Any) -> Wave:
    """Of this month's days around today, by the deck's template; a cross visit."""
    template = template or await the_template()
    today = clock.now().date()
    number = next(_n)
    given = {
        "template_id": template.id,
        "name": f"Gelombang {number}",
        "year": today.year,
        "number": number % 100 + 1,
        "starts_on": today - timedelta(days=20),
        "ends_on": today + timedelta(days=20),
    }
    return await wave.create(await a_keeper(), CreateWave(**given | changes))


async def a_visit(of: Wave, unit: Unit, assessor: Person, due_on: date | None = None) -> PlannedVisit:
    row = VisitRow(assessor.id, due_on or of.ends_on, unit.id)
    done = await planned_visit.plan(await a_keeper(), PlanVisits(of.id, [row]))
    return done.made[0].visit


def scored(scores: Mapping[str, Any]) -> list[NewScore]:
    """By item; None: it does not apply."""
    return [
        NewScore(item, None if score is None else Decimal(str(score)), not_applicable=score is None)
        for item, score in scores.items()
    ]


def evenly(score: Any) -> dict[str, Any]:
    """The same for every item of the deck's template."""
    return dict.fromkeys(ITEMS, score)


async def an_assessment(
    of: Wave,
    unit: Unit,
    scores: Mapping[str, Any],
    assessor: Person | None = None,
    *,
    submit: bool = True,
    **changes: Any,
) -> Assessment:
    """Of a visit that is planned for it, today."""
    assessor = assessor or await f.a_person(Role.CONTRIBUTOR, await f.reference_unit("BALI"))
    visit = await a_visit(of, unit, assessor)
    given = {
        "planned_visit_id": visit.id,
        "visited_on": clock.today(unit.timezone),
        "scores": scored(scores),
        "submit": submit,
    }
    return await assessment.record(await f.viewer_for(assessor), RecordAssessment(**given | changes))


async def imported(of: Wave, rows: Iterable[tuple[Unit, Mapping[str, Any]]]) -> None:
    """Assessments by the hundred."""
    wanted: Sequence[AssessmentRow] = [
        AssessmentRow(unit.code, of.starts_on, scored(scores)) for unit, scores in rows
    ]
    await assessment_import.load(SYSTEM, ImportAssessments(of.id, list(wanted)))


@dataclass(frozen=True)
class Shopping:
    """An open cross wave by the deck's template with a visit that `visit.assessor_id` is to make and an assessment that
    was handed in; and a closed one of last year by another template, of which only results were published.
    """

    template: AssessmentTemplate
    wave: Wave
    visit: PlannedVisit
    assessment: Assessment
    earlier: Wave


async def a_shopping(assessed: Unit, ahead: Unit, shopper: Person, by: Person) -> Shopping:
    """Written as rows, since hundreds of tests begin with it; `shopper` is to visit the unit that is `ahead`."""
    now = clock.now()
    stamps = {"created_at": now, "updated_at": now}
    template = await the_template()
    other = AssessmentTemplate(
        code=f"MS-LAMA-{next(_n)}",
        version=1,
        title_id="Lama",
        title_en="Old",
        service="COMPLAINT",
        created_by=by.id,
        created_at=now,
    )
    named = {"title_id": "Tiba", "title_en": "Arrival", "touchpoint": "FIELD_VISIT"}
    dimension = AssessmentDimension(template_id=other.id, position=1, code="B", **named)
    titles = {"title_id": "Butir", "title_en": "Item", "category": "SPEED", "parameter": "EASE"}
    items = [
        AssessmentItem(
            template_id=other.id, dimension_id=dimension.id, position=n, code=code, weight=n, **titles
        )
        for n, code in enumerate(("B", "OLD"), 1)
    ]
    today = now.date()
    days = {"starts_on": today - timedelta(days=20), "ends_on": today + timedelta(days=20)}
    wave = Wave(
        template_id=template.id,
        name="Gelombang 1",
        year=today.year,
        number=1 + await Wave.count().where(Wave.template_id == template.id),
        cross_visit=True,
        created_by=by.id,
        **days,
        **stamps,
    )
    past = {
        "starts_on": days["starts_on"] - timedelta(days=365),
        "ends_on": days["ends_on"] - timedelta(days=365),
    }
    earlier = Wave(
        template_id=other.id, name="Gelombang lama", year=today.year - 1, number=1, cross_visit=False,
        closed_at=now, created_by=by.id, **past, **stamps,
    )  # fmt: skip
    given = {"wave_id": wave.id, "due_on": wave.ends_on, **stamps}
    visit = PlannedVisit(unit_id=ahead.id, assessor_id=shopper.id, **given)
    made = PlannedVisit(unit_id=assessed.id, assessor_id=by.id, **given)
    reported = now - timedelta(hours=3)
    assessment = Assessment(
        wave_id=wave.id, unit_id=assessed.id, source="VISIT", assessor_id=by.id, recorded_by=by.id, visited_on=today,
        reported_at=reported, arrived_at=reported + timedelta(minutes=34), note="Ramah", status="SUBMITTED",
        submitted_at=now, **stamps,
    )  # fmt: skip
    found = await items_of(template.id)
    scores = [
        AssessmentScore(
            assessment_id=assessment.id,
            item_id=item.id,
            score=None if code == "E4" else Decimal(60),
            not_applicable=code == "E4",
            note="",
        )
        for code, item in found.items()
    ]
    evidence = [
        AssessmentEvidence(
            assessment_id=assessment.id,
            item_id=item,
            note="Foto",
            url="https://pln.example/foto",
            added_by=by.id,
            added_at=now,
        )
        for item in (None, found["A1"].id)
    ]
    published = [
        WaveResult(wave_id=earlier.id, unit_id=assessed.id, dimension_id=of, score=Decimal("56.66"))
        for of in (None, dimension.id)
    ]
    for rows in (
        [other],
        [dimension],
        items,
        [wave, earlier],
        [visit, made],
        [assessment],
        scores,
        evidence,
        published,
    ):
        await change.insert(rows)
    return Shopping(template, wave, visit, assessment, earlier)


async def shopped(
    units: Sequence[Unit], by: Person, points: Sequence[PainPoint], journeys: Sequence[Journey]
) -> Wave:
    """A wave in which `by` has assessed every one of the units, by a template with a dimension for each pain point, each of
    which is a finding of the first; written as rows.
    """
    now = clock.now()
    stamps, titles = {"created_at": now, "updated_at": now}, {"title_id": "Butir", "title_en": "Item"}
    template = AssessmentTemplate(
        code=f"T-{next(_n)}", version=1, service="COMPLAINT", created_by=by.id, created_at=now, **titles
    )
    dimensions = [
        AssessmentDimension(
            template_id=template.id, position=n, code=f"D{n}", touchpoint="FIELD_VISIT", **titles
        )
        for n, _ in enumerate(points, 1)
    ]
    items = [
        AssessmentItem(
            template_id=template.id,
            dimension_id=of.id,
            position=1,
            code=f"I{n}",
            weight=1,
            category="SPEED",
            parameter="EASE",
            **titles,
        )
        for n, of in enumerate(dimensions, 1)
    ]
    wave = Wave(
        template_id=template.id, name="Gelombang", year=now.year, number=1, starts_on=now.date(), ends_on=now.date(),
        cross_visit=False, created_by=by.id, **stamps,
    )  # fmt: skip
    visits = [
        PlannedVisit(wave_id=wave.id, unit_id=unit.id, assessor_id=by.id, due_on=now.date(), **stamps)
        for unit in units
    ]
    made = [
        Assessment(
            wave_id=wave.id, unit_id=unit.id, source="VISIT", assessor_id=by.id, recorded_by=by.id, visited_on=now.date(),
            note="", status="SUBMITTED", submitted_at=now, **stamps,
        )
        for unit in units
    ]  # fmt: skip
    scores = [
        AssessmentScore(assessment_id=one.id, item_id=item.id, score=Decimal(50), note="")
        for one in made
        for item in (items if one is made[0] else items[:1])
    ]
    evidence = [
        AssessmentEvidence(assessment_id=made[0].id, item_id=item, note="Foto", added_by=by.id, added_at=now)
        for item in [None, items[0].id] * len(points)
    ]
    published = [WaveResult(wave_id=wave.id, unit_id=unit.id, score=Decimal(50)) for unit in units]
    for rows in ([template], dimensions, items, [wave], visits, made, scores, evidence, published):
        await change.insert(rows)
    for point, score in zip(points, scores, strict=False):
        await PainPoint.update({PainPoint.assessment_score_id: score.id}).where(PainPoint.id == point.id)
    for journey, one in zip(journeys, made, strict=False):
        await Journey.update({Journey.assessment_id: one.id}).where(Journey.id == journey.id)
    return wave
