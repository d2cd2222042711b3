"""Many assessments, or what was published of them, in one call. What they take, what they answer."""

from datetime import date
from decimal import Decimal
from typing import Any

import strawberry

from jejak.domain import assessment_import, wave_result
from jejak.graphql.assessment import Assessment
from jejak.graphql.bulk_mutation import (
    DRY_RUN,
    bulk_mutation,
    call_errors,
    error_policy,
    outcome,
    results,
    row_errors,
    written,
)
from jejak.graphql.errors import UserError
from jejak.graphql.mutation import given, ref
from jejak.graphql.reading import held
from jejak.graphql.vocabulary import ErrorPolicy, RowOutcome

_MANY = " In a dry run: how many would be."


@strawberry.input(description="A score of an item, or that it did not apply; what is not known is left out.")
class ImportedScoreInput:
    item_code: str = given("Which item, by its code.")
    score: Decimal | None = given("0 to 100, at most two decimals.", None)
    not_applicable: bool = given("Whether it did not apply.", False)


@strawberry.input(description="An assessment of a ULP. One that was imported before is changed.")
class AssessmentRowInput:
    unit_code: str = given("Which ULP, by its code.")
    visited_on: date = given("The day of the visit.")
    scores: list[ImportedScoreInput] = given("What was found.")
    note: str = given("What else there is to say; at most 5000 characters.", "")


@strawberry.input(description="Assessments of a wave; they count like those that were handed in.")
class ImportAssessmentsInput:
    wave_id: strawberry.ID = ref("Wave", "Of which wave.")
    rows: list[AssessmentRowInput] = given("The assessments; at most 1000.")
    error_policy: ErrorPolicy = error_policy()
    dry_run: bool = given(DRY_RUN, False)


@strawberry.type(description="What became of a row.")
class ImportedAssessmentResult:
    assessment: Assessment | None = held(
        "The assessment as it is now; null where the row was refused, or would make it in a dry run."
    )
    outcome: RowOutcome | None = outcome()
    errors: list[UserError] = row_errors()


@strawberry.type(description="What became of each row.")
class ImportAssessmentsPayload:
    results: list[ImportedAssessmentResult] = results()
    count: int = written(_MANY)
    errors: list[UserError] = call_errors()


@strawberry.input(description="A published score.")
class ResultRowInput:
    unit_code: str = given("For which unit, of any kind, by its code.")
    score: Decimal = given("0 to 100, at most two decimals.")
    dimension_code: str | None = given("In which of the template's stages; left out for the whole.", None)


@strawberry.input(description="What was published of a wave, where the assessments behind it are not known.")
class ImportWaveResultsInput:
    wave_id: strawberry.ID = ref("Wave", "Of which wave.")
    rows: list[ResultRowInput] = given("The scores; at most 1000.")
    error_policy: ErrorPolicy = error_policy()
    dry_run: bool = given(DRY_RUN, False)


@strawberry.type(description="What became of a row.")
class PublishedRowResult:
    outcome: RowOutcome | None = outcome()
    errors: list[UserError] = row_errors()


@strawberry.type(description="What became of each row.")
class ImportWaveResultsPayload:
    results: list[PublishedRowResult] = results()
    count: int = written(_MANY)
    errors: list[UserError] = call_errors()


def _imported(made: assessment_import.Imported) -> dict[str, Any]:
    return {"assessment": made.assessment.id, "outcome": made.outcome}


@strawberry.type
class AssessmentImportMutations:
    import_assessments: ImportAssessmentsPayload = bulk_mutation(
        ImportAssessmentsInput,
        assessment_import.ImportAssessments,
        assessment_import.import_assessments,
        ImportAssessmentsPayload,
        "rows",
        _imported,
        "Bring in assessments of an earlier wave.",
    )
    import_wave_results: ImportWaveResultsPayload = bulk_mutation(
        ImportWaveResultsInput,
        wave_result.ImportWaveResults,
        wave_result.import_results,
        ImportWaveResultsPayload,
        "rows",
        lambda made: {"outcome": made.outcome},
        "Bring in what was published of a wave. It is shown beside what is computed, and enters no figure.",
    )
