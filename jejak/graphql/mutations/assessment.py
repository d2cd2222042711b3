"""Assessments. What they take, what they answer."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import strawberry

from jejak.domain import assessment, finding
from jejak.graphql.assessment import Assessment
from jejak.graphql.errors import UserError
from jejak.graphql.mutation import CLIENT_ID, VERSION, errors, given, mutation, ref
from jejak.graphql.mutations.pain_point import PainPointPayload
from jejak.graphql.mutations.task import NewEvidenceInput
from jejak.graphql.reading import held
from jejak.graphql.vocabulary import Category, Parameter

_EVIDENCE = "What shows it; at most 20."


@strawberry.input(description="What was found of one item: a score, or that it did not apply.")
class NewScoreInput:
    item_code: str = given("Which item, by its code.")
    score: Decimal | None = given("0 to 100, at most two decimals.", None)
    not_applicable: bool = given("Whether it did not apply.", False)
    note: str = given("In words; at most 1000 characters.", "")
    evidence: list[NewEvidenceInput] = given(_EVIDENCE, [])


@strawberry.input(description="An assessment, whole.")
class RecordAssessmentInput:
    planned_visit_id: strawberry.ID = ref("PlannedVisit", "Of which visit; it is the viewer's to make.")
    visited_on: date = given("The day of the visit, in the unit's zone, within the wave.")
    scores: list[NewScoreInput] = given("What was found; to hand it in, of every item of the template.", [])
    note: str = given("What else there is to say; at most 5000 characters.", "")
    reported_at: datetime | None = given("When the complaint was made.", None)
    arrived_at: datetime | None = given("When somebody arrived.", None)
    evidence: list[NewEvidenceInput] = given(f"Of the visit as a whole. {_EVIDENCE}", [])
    expected_version: int | None = given(
        "Where there is a draft, which this replaces: the `version` that was read.", None
    )
    submit: bool = given("Whether to hand it in at once.", False)
    client_mutation_id: str | None = given(CLIENT_ID, None)


@strawberry.input(description="Give an assessment that was handed in back to its assessor.")
class ReopenAssessmentInput:
    assessment_id: strawberry.ID = ref("Assessment", "Which assessment.")
    expected_version: int = given(VERSION)
    reason: str = given("Why.")


@strawberry.type(description="The assessment as it is now.")
class AssessmentPayload:
    assessment: Assessment | None = held("The assessment; null where there is none that the viewer sees.")
    errors: list[UserError] = errors()


@strawberry.input(description="A finding that is to be fixed.")
class CreatePainPointFromFindingInput:
    assessment_id: strawberry.ID = ref("Assessment", "Of which assessment, which was handed in.")
    item_code: str = given("Of which item, by its code; it has a score.")
    description: str = given("What hurt.")
    severity: int = given("How bad, 1 to 5.")
    reach: int = given("How many customers it meets, 1 to 5.")
    category: Category | None = given("CX100 category; the item's where left out.", None)
    parameter: Parameter | None = given("Which of the 3E; the item's where left out.", None)
    client_mutation_id: str | None = given(CLIENT_ID, None)


def _assessment(change: type, takes: type, act: Any, description: str, current: str | None = None) -> Any:
    return mutation(
        takes,
        change,
        act,
        AssessmentPayload,
        lambda made: {"assessment": made.id},
        description,
        current=current,
    )


@strawberry.type
class AssessmentMutations:
    record_assessment: AssessmentPayload = _assessment(
        assessment.RecordAssessment,
        RecordAssessmentInput,
        assessment.record,
        "Record what was found at a planned visit, or replace the draft of it; for its assessor alone.",
    )
    reopen_assessment: AssessmentPayload = _assessment(
        assessment.ReopenAssessment,
        ReopenAssessmentInput,
        assessment.reopen,
        "Give an assessment back to its assessor, with a reason, to correct it. Until it is handed in again it counts nowhere.",
        "assessment_id",
    )
    create_pain_point_from_finding: PainPointPayload = mutation(
        CreatePainPointFromFindingInput,
        finding.CreatePainPointFromFinding,
        finding.create,
        PainPointPayload,
        lambda made: {"pain_point": made.id},
        "Make a pain point of a finding, in the stage that its item belongs to. The first of an assessment makes its journey, accepted, so that the deadline runs.",
    )
