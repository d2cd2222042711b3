"""R9: the queries of mystery shopping."""

import strawberry

from jejak.graphql.assessment import (
    Assessment,
    AssessmentFilter,
    AssessmentOrder,
    PlannedVisit,
    PlannedVisitFilter,
    PlannedVisitOrder,
)
from jejak.graphql.assessment_template import AssessmentTemplate
from jejak.graphql.filters import key_of
from jejak.graphql.reading import Connection, many, one, page
from jejak.graphql.reading.declare import REQUIRED
from jejak.graphql.wave import Wave, WaveFilter, WaveOrder


@strawberry.type
class AssessmentQueries:
    assessment_templates: list[AssessmentTemplate] = many(
        "true",
        "{u}.code, {u}.version desc, {u}.id",
        "What mystery shoppers look at, the latest version first.",
    )
    wave: Wave | None = one(
        lambda field: f"{field.u}.id = {key_of(field, 'id', 'Wave')}",
        "A wave.",
        arguments={"id": (strawberry.ID, REQUIRED, "Its id.")},
    )
    waves: Connection[Wave] = page(
        "true", "Rounds of mystery shopping, the latest first.", order=WaveOrder, filters=WaveFilter
    )
    planned_visits: Connection[PlannedVisit] = page(
        "true",
        "Visits that the viewer is to make; all of them for who keeps the rules at headquarters.",
        order=PlannedVisitOrder,
        filters=PlannedVisitFilter,
    )
    assessment: Assessment | None = one(
        lambda field: f"{field.u}.id = {key_of(field, 'id', 'Assessment')}",
        "An assessment; null where the viewer does not see it.",
        arguments={"id": (strawberry.ID, REQUIRED, "Its id.")},
    )
    assessments: Connection[Assessment] = page(
        "true",
        "Assessments that the viewer sees, and their own.",
        order=AssessmentOrder,
        filters=AssessmentFilter,
    )
