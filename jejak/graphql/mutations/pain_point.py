"""Pain points. What they take, what they answer."""

from datetime import date
from typing import Any

import strawberry

from jejak.domain import pain_point, task_creation
from jejak.graphql.errors import UserError
from jejak.graphql.mutation import CLIENT_ID, VERSION, errors, given, mutation, ref
from jejak.graphql.pain_point import PainPoint
from jejak.graphql.reading import held
from jejak.graphql.task import Task


@strawberry.input(description="A task for a pain point.")
class NewTaskInput:
    initiative_id: strawberry.ID = ref("Initiative", "Under which initiative.")
    title: str = given("What is to be done.")
    due_on: date = given("The last day for it, in the unit's zone.")
    unit_id: strawberry.ID | None = ref(
        "Unit", "Whose task; the pain point's unit where left out.", optional=True
    )
    description: str = given("In detail.", "")
    owner_id: strawberry.ID | None = ref(
        "Person", "Who answers for it; the unit's PIC Ranger where left out.", optional=True
    )
    weight: int = given("Share in completion, 1 to 1000.", 1)


@strawberry.input(description="One or several tasks for a pain point: all of them or none.")
class AssignPainPointInput:
    pain_point_id: strawberry.ID = ref("PainPoint", "Which pain point; its journey must be accepted.")
    tasks: list[NewTaskInput] = given("The tasks; at most 100.")
    client_mutation_id: str | None = given(CLIENT_ID, None)


@strawberry.input(description="Close a resolved pain point.")
class ClosePainPointInput:
    pain_point_id: strawberry.ID = ref("PainPoint", "Which pain point.")
    expected_version: int = given(VERSION)


@strawberry.input(description="Dismiss a pain point that nobody will work on.")
class DismissPainPointInput:
    pain_point_id: strawberry.ID = ref("PainPoint", "Which pain point.")
    expected_version: int = given(VERSION)
    reason: str = given("Why.")


@strawberry.type(description="The pain point as it is now.")
class PainPointPayload:
    pain_point: PainPoint | None = held("The pain point; null where there is none that the viewer sees.")
    errors: list[UserError] = errors()


@strawberry.type(description="The pain point as it is now, and the tasks made for it.")
class AssignPainPointPayload:
    pain_point: PainPoint | None = held("The pain point; null where there is none that the viewer sees.")
    tasks: list[Task] | None = held("The tasks that were made; null where it was refused.")
    errors: list[UserError] = errors()


def _point(change: type, takes: type, act: Any, description: str) -> Any:
    return mutation(
        takes,
        change,
        act,
        PainPointPayload,
        lambda made: {"pain_point": made.id},
        description,
        current="pain_point_id",
    )


@strawberry.type
class PainPointMutations:
    assign_pain_point: AssignPainPointPayload = mutation(
        AssignPainPointInput,
        task_creation.AssignPainPoint,
        task_creation.assign,
        AssignPainPointPayload,
        lambda made: {"tasks": [one.id for one in made], "pain_point": made[0].pain_point_id},
        "Give a pain point one or several tasks: all of them or none.",
        current="pain_point_id",
    )
    close_pain_point: PainPointPayload = _point(
        pain_point.ClosePainPoint,
        ClosePainPointInput,
        pain_point.close,
        "Close a resolved pain point; for the region or headquarters.",
    )
    dismiss_pain_point: PainPointPayload = _point(
        pain_point.DismissPainPoint,
        DismissPainPointInput,
        pain_point.dismiss,
        "Dismiss a pain point without tasks, with a reason.",
    )
