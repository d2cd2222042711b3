"""R9: assessments, and the visits that are planned for them."""

from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from jejak.domain import access, assessment_rules
from jejak.domain.access import Sight
from jejak.graphql.assessment_template import AssessmentItem, title
from jejak.graphql.event import HistoryEntry, history
from jejak.graphql.filters import any_of, between, given, is_it, is_key, under
from jejak.graphql.node import Node, global_id
from jejak.graphql.person import Person
from jejak.graphql.programme import TITLE
from jejak.graphql.reading import (
    Connection,
    Field,
    Key,
    Statement,
    column,
    entity,
    everyone,
    expression,
    many,
    one,
)
from jejak.graphql.vocabulary import AssessmentSource, AssessmentStatus, enum

if TYPE_CHECKING:
    from jejak.graphql.journey import Journey
    from jejak.graphql.pain_point import PainPoint
    from jejak.graphql.unit import Unit
    from jejak.graphql.wave import Wave

_UNIT = "Its unit; null for an assessor who does not see it."
_CODE = "(select at.code from unit at where at.id = {t}.unit_id)"
_NAME = "(select at.name from unit at where at.id = {t}.unit_id)"
_MINUTES = "ceil(extract(epoch from {t}.arrived_at - {t}.reported_at) / 60)::integer"
_TARGET = """(select d.target_minutes from wave w join assessment_dimension d on d.template_id = w.template_id
    where w.id = {t}.wave_id and d.target_minutes is not null)"""
_IN_ORDER = """(select d.position * 1000 + i.position from assessment_item i join assessment_dimension d
    on d.id = i.dimension_id where i.id = {u}.item_id)"""


def keeper(statement: Statement) -> str:
    """SQL: whether the viewer is who plans it all."""
    return statement.of_viewer(access.keeps_rules, "boolean")


def _who(statement: Statement) -> tuple[str, str, str]:
    """SQL: the viewer, whether they plan it all, and whether they are a program."""
    program = statement.of_viewer(lambda viewer: viewer.integration, "boolean")
    return statement.person, keeper(statement), program


def _seen(statement: Statement, alias: str) -> Sight:
    return access.assessment_seen(alias, statement.paths, *_who(statement))


def _score_seen(statement: Statement, alias: str) -> Sight:
    return access.score_seen(f"{alias}.assessment_id", statement.paths, *_who(statement))


def _visit_seen(statement: Statement, alias: str) -> Sight:
    return access.visit_seen(f"{alias}.assessor_id", *_who(statement))


@entity("assessment_evidence", everyone, "What shows what a mystery shopper found.")
class AssessmentEvidence:
    note: str = column("In words.")
    url: str | None = column("A link to it.")
    added_by: Person = one("{u}.id = {t}.added_by", "Who added it.", sees=everyone)
    added_at: datetime = column("When.")


@entity("assessment_score", _score_seen, "What a mystery shopper found of one item.")
class AssessmentScore(Node):
    id: strawberry.ID = global_id("AssessmentScore")
    item: AssessmentItem = one("{u}.id = {t}.item_id", "Of which item.")
    score: Decimal | None = expression(
        "{t}.score::text", "0 to 100, two decimals; null where it did not apply."
    )
    not_applicable: bool = column("Whether it did not apply, so that it counts nowhere.")
    note: str = column("In words.")
    evidence: list[AssessmentEvidence] = many(
        "{u}.assessment_id = {t}.assessment_id and {u}.item_id = {t}.item_id",
        "{u}.added_at, {u}.id",
        "What shows it.",
    )
    assessment: Annotated["Assessment", strawberry.lazy("jejak.graphql.assessment")] = one(
        "{u}.id = {t}.assessment_id", "Of which assessment."
    )
    pain_point: Annotated["PainPoint", strawberry.lazy("jejak.graphql.pain_point")] | None = one(
        "{u}.assessment_score_id = {t}.id",
        "The pain point that it has become; null where it has not, and where the viewer does not see it.",
    )


@entity("assessment_dimension", everyone, "How an assessment came out in one of its stages.")
class DimensionScore:
    code: str = column("The dimension's code.")
    title: str = expression(title, TITLE)
    weight: int = expression("{t}.weight", "That of its items that applied.")
    score: Decimal | None = expression(
        "{t}.score::text", "0 to 100, two decimals; null where nothing applied."
    )


def _dimensions(field: Field) -> str:
    t = field.t
    return f"""(select d.*, {assessment_rules.of_assessment(t, "d")} as score, coalesce((
            select sum(i.weight) from assessment_score s join assessment_item i on i.id = s.item_id
            where s.assessment_id = {t}.id and s.score is not null and i.dimension_id = d.id), 0) as weight
        from wave w join assessment_dimension d on d.template_id = w.template_id where w.id = {t}.wave_id)"""


@entity("assessment", _seen, "What a mystery shopper found at a unit in a wave.")
class Assessment(Node):
    id: strawberry.ID = global_id("Assessment")
    wave: Annotated["Wave", strawberry.lazy("jejak.graphql.wave")] = one(
        "{u}.id = {t}.wave_id", "In which wave."
    )
    unit: Annotated["Unit", strawberry.lazy("jejak.graphql.unit")] | None = one("{u}.id = {t}.unit_id", _UNIT)
    unit_code: str = expression(_CODE, "The unit's code.")
    unit_name: str = expression(_NAME, "The unit's name.")
    source: AssessmentSource = column("How it came here.")
    status: AssessmentStatus = column("Where it stands.")
    assessor: Person | None = one(
        "{u}.id = {t}.assessor_id", "Who went there; null for an imported one.", sees=everyone
    )
    visited_on: date = column("The day of the visit, in the unit's zone.")
    reported_at: datetime | None = column("When the complaint was made.")
    arrived_at: datetime | None = column("When somebody arrived.")
    response_minutes: int | None = expression(
        _MINUTES, "Begun minutes from the report to the arrival; null where one is unknown."
    )
    inside_sla: bool | None = expression(
        f"({_MINUTES} <= {_TARGET})", "Whether it took no longer than it should; null where that is unknown."
    )
    note: str = column("What else there is to say.")
    score: Decimal | None = expression(
        f"{assessment_rules.of_assessment('{t}')}::text",
        "sum(weight x score) / sum(weight) over the items that apply, two decimals; null where none does. Of a draft as far as it goes.",
    )
    dimensions: list[DimensionScore] = many(
        "true", "{u}.position", "The same for each of its stages.", rows=_dimensions
    )
    scores: list[AssessmentScore] = many(
        "{u}.assessment_id = {t}.id", _IN_ORDER, "What was found, in the template's order."
    )
    evidence: list[AssessmentEvidence] = many(
        "{u}.assessment_id = {t}.id and {u}.item_id is null",
        "{u}.added_at, {u}.id",
        "What shows it as a whole.",
    )
    findings: list[Annotated["PainPoint", strawberry.lazy("jejak.graphql.pain_point")]] = many(
        "{u}.assessment_score_id in (select s.id from assessment_score s where s.assessment_id = {t}.id)",
        "{u}.severity * {u}.reach desc, {u}.id",
        "What has become a pain point, where the viewer sees it, the worst first.",
    )
    journey: Annotated["Journey", strawberry.lazy("jejak.graphql.journey")] | None = one(
        "{u}.assessment_id = {t}.id", "The journey that holds these; null where the viewer does not see it."
    )
    version: int = column("To be named as `expectedVersion` by the next change.")
    created_at: datetime = column("When it was first recorded.")
    updated_at: datetime = column("When it was last changed.")
    submitted_at: datetime | None = column("When it was handed in.")
    history: Connection[HistoryEntry] = history()


class AssessmentOrder(Enum):
    NEWEST_FIRST = (
        Key("{u}.created_at", "timestamptz", descending=True),
        Key("{u}.id", "uuid", descending=True),
    )
    WORST_FIRST = (
        Key(
            lambda _, u: f"coalesce((100 * {assessment_rules.of_assessment(u)})::integer, 10001)",
            "integer",
        ),
        Key("{u}.id", "uuid"),
    )


enum(
    AssessmentOrder,
    "Order of assessments.",
    NEWEST_FIRST="Latest recorded first.",
    WORST_FIRST="Lowest score first, those without any last.",
)


@strawberry.input(description="Which assessments.")
class AssessmentFilter:
    wave_id: strawberry.ID | None = given("Of this wave.")
    unit_id: strawberry.ID | None = given("Of this unit and everything below it.")
    assessor_id: strawberry.ID | None = given("By this assessor.")
    statuses: list[AssessmentStatus] | None = given("In these states.")
    sources: list[AssessmentSource] | None = given("That came here in these ways.")
    score_below: int | None = given("Whose score is below this, 0 to 100.")
    visited_from: date | None = given("Of visits on this day or later.")
    visited_to: date | None = given("Of visits on this day or earlier.")

    def where(self, field: Field) -> list[str]:
        conditions = [
            *is_key(field, "wave_id", "Wave", self.wave_id),
            *under(field, "unit_id", self.unit_id),
            *is_key(field, "assessor_id", "Person", self.assessor_id),
            *any_of(field, self, statuses="{u}.status", sources="{u}.source"),
            *between(field, "visited_on", self.visited_from, self.visited_to),
        ]
        if self.score_below is not None:
            most = field.statement.param(self.score_below, "integer")
            conditions.append(f"{assessment_rules.of_assessment(field.u)} < {most}")
        return conditions


_ASSESSED = "a.wave_id = {t}.wave_id and a.unit_id = {t}.unit_id"


@entity(
    "planned_visit",
    _visit_seen,
    "Who is to visit which unit. Its assessor sees it, and who keeps the rules at headquarters; the unit does not.",
)
class PlannedVisit(Node):
    id: strawberry.ID = global_id("PlannedVisit")
    wave: Annotated["Wave", strawberry.lazy("jejak.graphql.wave")] = one(
        "{u}.id = {t}.wave_id", "In which wave."
    )
    unit: Annotated["Unit", strawberry.lazy("jejak.graphql.unit")] | None = one("{u}.id = {t}.unit_id", _UNIT)
    unit_code: str = expression(_CODE, "The unit's code.")
    unit_name: str = expression(_NAME, "The unit's name.")
    assessor: Person = one("{u}.id = {t}.assessor_id", "Who is to go there.", sees=everyone)
    due_on: date = column("Until which day, in the unit's zone.")
    assessment: Assessment | None = one(
        "{u}.wave_id = {t}.wave_id and {u}.unit_id = {t}.unit_id", "What came of it; null until it is begun."
    )
    version: int = column("Counts its changes.")
    created_at: datetime = column("When it was planned.")
    updated_at: datetime = column("When it was last planned anew.")
    history: Connection[HistoryEntry] = history()


class PlannedVisitOrder(Enum):
    DUE_FIRST = (Key("{u}.due_on", "date"), Key("{u}.id", "uuid"))
    NEWEST_FIRST = (
        Key("{u}.created_at", "timestamptz", descending=True),
        Key("{u}.id", "uuid", descending=True),
    )


enum(
    PlannedVisitOrder,
    "Order of planned visits.",
    DUE_FIRST="Earliest due date first.",
    NEWEST_FIRST="Latest planned first.",
)


@strawberry.input(description="Which planned visits.")
class PlannedVisitFilter:
    wave_id: strawberry.ID | None = given("Of this wave.")
    unit_id: strawberry.ID | None = given("Of this unit and everything below it, where the viewer sees it.")
    assessor_id: strawberry.ID | None = given("By this assessor.")
    mine: bool | None = given("Only those that the viewer is (or is not) to make.")
    assessed: bool | None = given("Only those whose assessment was (or was not) handed in.")
    due_from: date | None = given("Due on this day or later.")
    due_to: date | None = given("Due on this day or earlier.")

    def where(self, field: Field) -> list[str]:
        done = f"exists (select from assessment a where {_ASSESSED.format(t=field.u)} and a.status = 'SUBMITTED')"
        return [
            *is_key(field, "wave_id", "Wave", self.wave_id),
            *under(field, "unit_id", self.unit_id),
            *is_key(field, "assessor_id", "Person", self.assessor_id),
            *is_it(lambda: f"{field.u}.assessor_id = {field.statement.person}", wanted=self.mine),
            *is_it(done, wanted=self.assessed),
            *between(field, "due_on", self.due_from, self.due_to),
        ]
