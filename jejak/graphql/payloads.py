"""What mutations answer: the object as it is now, and why not, if not."""

from datetime import datetime
from typing import Any

import strawberry

from jejak.graphql.errors import UserError
from jejak.graphql.journey import Journey
from jejak.graphql.notice import Notice
from jejak.graphql.pain_point import PainPoint
from jejak.graphql.person import Membership, Person, Viewer
from jejak.graphql.reading import held
from jejak.graphql.task import Task
from jejak.graphql.unit import Unit


def errors() -> Any:
    return strawberry.field(description="Empty where it was done.", default_factory=list)


@strawberry.type(description="The unit as it is now.")
class UnitPayload:
    unit: Unit | None = held("The unit; null where there is none that the viewer sees.")
    errors: list[UserError] = errors()


@strawberry.type(description="The person as they are now.")
class PersonPayload:
    person: Person | None = held("The person; null where there is none that the viewer sees.")
    errors: list[UserError] = errors()


@strawberry.type(description="The role as it is now.")
class MembershipPayload:
    membership: Membership | None = held("The role; null where there is none that the viewer sees.")
    errors: list[UserError] = errors()


@strawberry.type(description="The journey as it is now.")
class JourneyPayload:
    journey: Journey | None = held("The journey; null where there is none that the viewer sees.")
    errors: list[UserError] = errors()


@strawberry.type(description="The pain point as it is now.")
class PainPointPayload:
    pain_point: PainPoint | None = held("The pain point; null where there is none that the viewer sees.")
    errors: list[UserError] = errors()


@strawberry.type(description="The pain point as it is now, and the tasks made for it.")
class AssignPainPointPayload:
    pain_point: PainPoint | None = held("The pain point; null where there is none that the viewer sees.")
    tasks: list[Task] | None = held("The tasks that were made; null where it was refused.")
    errors: list[UserError] = errors()


@strawberry.type(description="The task as it is now; on STALE, the state to look at before trying again.")
class TaskPayload:
    task: Task | None = held("The task; null where there is none that the viewer sees.")
    errors: list[UserError] = errors()


@strawberry.type(description="The notices as they are now.")
class NoticesPayload:
    notices: list[Notice] | None = held("The notices; null where it was refused.")
    errors: list[UserError] = errors()


@strawberry.type(description="A bearer token, shown once.")
class SignInPayload:
    token: str | None = strawberry.field(
        description="To be sent as `Authorization: Bearer ...`.", default=None
    )
    expires_at: datetime | None = strawberry.field(description="Until when it holds.", default=None)
    viewer: Viewer | None = held("Who is signed in now.")
    errors: list[UserError] = errors()
