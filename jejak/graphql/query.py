"""The queries."""

from typing import Any

import strawberry

from jejak.domain import access
from jejak.domain.errors import Code, Refused
from jejak.graphql.alert import AlertQueries
from jejak.graphql.assessment_queries import AssessmentQueries
from jejak.graphql.channel import NotificationPreference, preferences
from jejak.graphql.context import Info
from jejak.graphql.delivery import Delivery, DeliveryFilter, DeliveryOrder
from jejak.graphql.filters import key_of
from jejak.graphql.issue_queries import IssueQueries
from jejak.graphql.journey import Journey, JourneyFilter, JourneyOrder
from jejak.graphql.monthly_report import MonthlyReports
from jejak.graphql.node import Node
from jejak.graphql.notice import Notice, NoticeFilter, NoticeOrder
from jejak.graphql.operations import Operations, operations
from jejak.graphql.pain_point import PainPoint, PainPointFilter, PainPointOrder
from jejak.graphql.person import Person, PersonFilter, PersonOrder, Viewer
from jejak.graphql.programme import Initiative, Programme, Step
from jejak.graphql.rating import Ratings
from jejak.graphql.rating_link import RatingLinks
from jejak.graphql.reading import Connection, Field, many, named, one, page
from jejak.graphql.reading.declare import REQUIRED
from jejak.graphql.reminder import ReminderRules, rules_for
from jejak.graphql.rollout import (
    Recurrence,
    RecurrenceFilter,
    RecurrenceOrder,
    Rollout,
    RolloutFilter,
    RolloutOrder,
)
from jejak.graphql.rollout_preview import RolloutPreviews
from jejak.graphql.search import SearchHit, searched
from jejak.graphql.sla import SlaPolicy
from jejak.graphql.store_review import StoreReviewQueries
from jejak.graphql.task import Task, TaskFilter, TaskOrder
from jejak.graphql.unit import Unit, UnitFilter, UnitOrder


def _unit(field: Field) -> str:
    given = {name for name in ("id", "code") if field.args[name] is not None}
    if len(given) != 1:
        raise Refused(Code.REQUIRED, "id")
    if given == {"code"}:
        return f"{field.u}.code = {field.param('code', 'text')}"
    return f"{field.u}.id = {key_of(field, 'id', 'Unit')}"


def _by_id(type_name: str, description: str) -> Any:
    def is_it(field: Field) -> str:
        return f"{field.u}.id = {key_of(field, 'id', type_name)}"

    return one(is_it, description, arguments={"id": (strawberry.ID, REQUIRED, "Its id.")})


@strawberry.type(description="What can be asked.")
class Query(
    RolloutPreviews,
    Ratings,
    RatingLinks,
    StoreReviewQueries,
    IssueQueries,
    AssessmentQueries,
    AlertQueries,
    MonthlyReports,
):
    viewer: Viewer = one("true", "Who is signed in.")
    unit: Unit | None = one(
        _unit,
        "A unit, by id or by code.",
        arguments={
            "id": (strawberry.ID | None, strawberry.UNSET, "Its id."),
            "code": (str | None, strawberry.UNSET, "Its code."),
        },
    )
    units: Connection[Unit] = page("true", "Units that the viewer sees.", order=UnitOrder, filters=UnitFilter)
    programme: Programme = one("true", "The programme.")
    steps: list[Step] = many("true", "{u}.number", "The ten steps.")
    step: Step | None = one(
        lambda field: f"{field.u}.number = {field.param('number', 'integer')}",
        "A step.",
        arguments={"number": (int, REQUIRED, "1 to 10.")},
    )
    initiative: Initiative | None = one(
        lambda field: f"{field.u}.code = {field.param('code', 'text')}",
        "An initiative.",
        arguments={"code": (str, REQUIRED, "`1.1` to `10.3`.")},
    )
    sla_policy: SlaPolicy = one("true", "In how many working days a pain point is to be fixed.")
    journeys: Connection[Journey] = page(
        "true", "Journeys that the viewer sees.", order=JourneyOrder, filters=JourneyFilter
    )
    pain_points: Connection[PainPoint] = page(
        "true", "Pain points that the viewer sees.", order=PainPointOrder, filters=PainPointFilter
    )
    tasks: Connection[Task] = page("true", "Tasks that the viewer sees.", order=TaskOrder, filters=TaskFilter)
    journey: Journey | None = _by_id("Journey", "A journey; null where the viewer does not see it.")
    pain_point: PainPoint | None = _by_id("PainPoint", "A pain point; null where the viewer does not see it.")
    task: Task | None = _by_id("Task", "A task; null where the viewer does not see it.")
    rollout: Rollout | None = _by_id("Rollout", "A rollout; null where the viewer does not see it.")
    rollouts: Connection[Rollout] = page(
        "true",
        "Rollouts that the viewer sees: those of their units, and those that their units were given.",
        order=RolloutOrder,
        filters=RolloutFilter,
    )
    recurrences: Connection[Recurrence] = page(
        "true",
        "Rollouts that come again, of which the viewer sees some, or where they lie.",
        order=RecurrenceOrder,
        filters=RecurrenceFilter,
    )
    people: Connection[Person] = page(
        "true", "People that the viewer sees.", order=PersonOrder, filters=PersonFilter
    )
    search: Connection[SearchHit] = searched()
    reminder_rules: ReminderRules | None = rules_for()
    notices: Connection[Notice] = page("true", "The viewer's inbox.", order=NoticeOrder, filters=NoticeFilter)
    notification_preferences: list[NotificationPreference] = preferences()
    deliveries: Connection[Delivery] = page(
        "true",
        "What was sent by e-mail and webhook: the viewer's own, for who is ADMIN at headquarters everybody's.",
        order=DeliveryOrder,
        filters=DeliveryFilter,
    )
    operations: Operations | None = operations()

    @strawberry.field(
        description="What a page sends as `X-CSRF-Token` with every POST; null where the session is not in a cookie."
    )  # type: ignore[untyped-decorator]
    def csrf_token(self, info: Info) -> str | None:
        access.signed_in(info.context.viewer)
        return info.context.csrf_token

    node: Node | None = named(
        "id", strawberry.ID, "Its id.", "Anything by its global id; null where the viewer does not see it."
    )
    nodes: list[Node | None] = named(
        "ids",
        list[strawberry.ID],
        "Their ids, at most 100.",
        "Up to 100 things by their ids, in order; null for what the viewer does not see.",
    )
