"""Templates, waves and planned visits of mystery shopping. What they take, what they answer."""

from datetime import date
from typing import Any

import strawberry

from jejak.domain import assessment_template, planned_visit, wave
from jejak.graphql.assessment import PlannedVisit
from jejak.graphql.assessment_template import AssessmentTemplate
from jejak.graphql.bulk_mutation import (
    bulk_mutation,
    call_errors,
    error_policy,
    outcome,
    results,
    row_errors,
    written,
)
from jejak.graphql.errors import UserError
from jejak.graphql.mutation import CLIENT_ID, VERSION, errors, given, mutation, ref
from jejak.graphql.reading import held
from jejak.graphql.vocabulary import Category, ErrorPolicy, Parameter, RowOutcome, Service, Touchpoint
from jejak.graphql.wave import Wave

_CODE = "1 to 32 capital letters, digits, '-' or '_'"


@strawberry.input(description="What a mystery shopper scores.")
class NewAssessmentItemInput:
    code: str = given(f"{_CODE}; unique in the template. By it items of two templates are the same.")
    title_id: str = given("Indonesian title.")
    title_en: str = given("English title.")
    weight: int = given("Its share, 1 to 1000.")
    category: Category = given("CX100 category of a pain point that it comes to.")
    parameter: Parameter = given("Which of the 3E, likewise.")


@strawberry.input(description="A stage of the journey that is assessed.")
class NewAssessmentDimensionInput:
    code: str = given(f"{_CODE}; unique in the template.")
    title_id: str = given("Indonesian title.")
    title_en: str = given("English title.")
    touchpoint: Touchpoint = given("Where the customer meets PLN.")
    items: list[NewAssessmentItemInput] = given("Its items, in order; 1 to 50, and 200 in all dimensions.")
    target_minutes: int | None = given(
        "Within how many minutes after the report somebody is to arrive; for one dimension at most.", None
    )


@strawberry.input(description="A template, whole: the first version of its code, or the next one.")
class CreateAssessmentTemplateInput:
    code: str = given(f"{_CODE}; the same for all its versions.")
    title_id: str = given("Indonesian title.")
    title_en: str = given("English title.")
    service: Service = given("The service whose journey is assessed.")
    dimensions: list[NewAssessmentDimensionInput] = given("Its stages, in order; 1 to 20.")
    expected_version: int | None = given("The latest version of this code, where there is one.", None)
    client_mutation_id: str | None = given(CLIENT_ID, None)


@strawberry.type(description="The template.")
class AssessmentTemplatePayload:
    assessment_template: AssessmentTemplate | None = held("The template; null where it was refused.")
    errors: list[UserError] = errors()


@strawberry.input(description="A round of mystery shopping.")
class CreateWaveInput:
    template_id: strawberry.ID = ref("AssessmentTemplate", "What is looked at.")
    name: str = given("Its name.")
    year: int = given("Of which year.")
    number: int = given("The how-manieth of its template in that year, 1 to 100.")
    starts_on: date = given("Its first day.")
    ends_on: date = given("Its last day.")
    cross_visit: bool = given("Whether nobody may visit a unit of a region in which they hold a role.", True)
    client_mutation_id: str | None = given(CLIENT_ID, None)


@strawberry.input(description="A change of a wave; what is left out stays as it is.")
class UpdateWaveInput:
    wave_id: strawberry.ID = ref("Wave", "Which wave.")
    expected_version: int = given(VERSION)
    name: str | None = given("Its name.", None)
    starts_on: date | None = given("Its first day.", None)
    ends_on: date | None = given("Its last day.", None)


@strawberry.input(description="Nothing is added to a wave any more.")
class CloseWaveInput:
    wave_id: strawberry.ID = ref("Wave", "Which wave.")
    expected_version: int = given(VERSION)


@strawberry.type(description="The wave as it is now.")
class WavePayload:
    wave: Wave | None = held("The wave; null where there is none.")
    errors: list[UserError] = errors()


@strawberry.input(description="Who is to visit which unit.")
class VisitRowInput:
    assessor_id: strawberry.ID = ref("Person", "Who is to go there.")
    due_on: date = given("Until which day of the wave.")
    unit_id: strawberry.ID | None = ref("Unit", "Which ULP; or name it by `unitCode`.", optional=True)
    unit_code: str | None = given("Which ULP, by its code; or name it by `unitId`.", None)


@strawberry.input(description="Visits of a wave; a unit that is planned already is planned anew.")
class PlanVisitsInput:
    wave_id: strawberry.ID = ref("Wave", "In which wave.")
    visits: list[VisitRowInput] = given("The visits; at most 500.")
    error_policy: ErrorPolicy = error_policy()


@strawberry.type(description="What became of a row.")
class PlannedVisitResult:
    planned_visit: PlannedVisit | None = held("The visit as it is now; null where the row was refused.")
    outcome: RowOutcome | None = outcome()
    errors: list[UserError] = row_errors()


@strawberry.type(description="What became of each row.")
class PlanVisitsPayload:
    results: list[PlannedVisitResult] = results()
    count: int = written()
    errors: list[UserError] = call_errors()


def _planned(made: planned_visit.Planned) -> dict[str, Any]:
    return {"planned_visit": made.visit.id, "outcome": made.outcome}


def _wave(change: type, takes: type, act: Any, description: str, current: str | None = "wave_id") -> Any:
    return mutation(
        takes, change, act, WavePayload, lambda made: {"wave": made.id}, description, current=current
    )


@strawberry.type
class WaveMutations:
    create_assessment_template: AssessmentTemplatePayload = mutation(
        CreateAssessmentTemplateInput,
        assessment_template.CreateAssessmentTemplate,
        assessment_template.create,
        AssessmentTemplatePayload,
        lambda made: {"assessment_template": made.id},
        "Say what mystery shoppers look at: a new template, or the next version of one. Waves keep the version that they began with.",
    )
    create_wave: WavePayload = _wave(
        wave.CreateWave, CreateWaveInput, wave.create, "Begin a round of mystery shopping.", None
    )
    update_wave: WavePayload = _wave(
        wave.UpdateWave, UpdateWaveInput, wave.update, "Change the name or the days of an open wave."
    )
    close_wave: WavePayload = _wave(
        wave.CloseWave,
        CloseWaveInput,
        wave.close,
        "Close a wave: nothing is planned, recorded or imported for it any more. Findings can still become pain points.",
    )
    plan_visits: PlanVisitsPayload = bulk_mutation(
        PlanVisitsInput,
        planned_visit.PlanVisits,
        planned_visit.plan,
        PlanVisitsPayload,
        "visits",
        _planned,
        "Plan who visits which ULP in a wave; nobody in their own region where it is a cross visit.",
    )
