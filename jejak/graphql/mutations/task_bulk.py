"""Many tasks in one call. What they take, what they answer."""

import strawberry

from jejak.domain import task_bulk
from jejak.graphql.bulk_mutation import WRITTEN, bulk_mutation, error_policy, results
from jejak.graphql.errors import UserError
from jejak.graphql.mutation import CLIENT_ID, errors, given, ref
from jejak.graphql.mutations.pain_point import NewTaskInput
from jejak.graphql.mutations.task import TaskRowInput, UpdateTaskInput
from jejak.graphql.pain_point import PainPoint
from jejak.graphql.reading import held
from jejak.graphql.task import Task
from jejak.graphql.vocabulary import ErrorPolicy


@strawberry.input(description="Many new tasks.")
class CreateTasksInput:
    tasks: list[TaskRowInput] = given("The tasks; at most 500.")
    error_policy: ErrorPolicy = error_policy()
    client_mutation_id: str | None = given(CLIENT_ID, None)


@strawberry.input(description="Changes of many tasks.")
class UpdateTasksInput:
    tasks: list[UpdateTaskInput] = given(
        "The changes, one after the other; at most 500. A second one of the same task names the version that the first leaves."
    )
    error_policy: ErrorPolicy = error_policy()


@strawberry.input(description="A pain point with the tasks that it is to be given: all of them or none.")
class AssignmentInput:
    pain_point_id: strawberry.ID = ref("PainPoint", "Which pain point; its journey must be accepted.")
    tasks: list[NewTaskInput] = given("The tasks; at most 100.")


@strawberry.input(description="Tasks for many pain points.")
class AssignPainPointsInput:
    assignments: list[AssignmentInput] = given("The pain points; at most 500, with at most 500 tasks in all.")
    error_policy: ErrorPolicy = error_policy()
    client_mutation_id: str | None = given(CLIENT_ID, None)


@strawberry.type(description="What became of a row.")
class TaskResult:
    task: Task | None = held(
        "The task as it is now; null where it was not written. Where a change of it was refused, the state to look at."
    )
    errors: list[UserError] = errors()


@strawberry.type(description="What became of each row.")
class TasksPayload:
    results: list[TaskResult] = results()
    count: int = strawberry.field(description=WRITTEN, default=0)
    errors: list[UserError] = errors()


@strawberry.type(description="What became of a row.")
class AssignmentResult:
    pain_point: PainPoint | None = held("The pain point as it is now; null where it was not assigned.")
    tasks: list[Task] | None = held("The tasks that were made; null where it was refused.")
    errors: list[UserError] = errors()


@strawberry.type(description="What became of each row.")
class AssignPainPointsPayload:
    results: list[AssignmentResult] = results()
    count: int = strawberry.field(description=WRITTEN, default=0)
    errors: list[UserError] = errors()


@strawberry.type
class TaskBulkMutations:
    create_tasks: TasksPayload = bulk_mutation(
        CreateTasksInput,
        task_bulk.CreateTasks,
        task_bulk.create,
        TasksPayload,
        "tasks",
        lambda made: {"task": made[0].id},
        "Create many tasks.",
    )
    update_tasks: TasksPayload = bulk_mutation(
        UpdateTasksInput,
        task_bulk.UpdateTasks,
        task_bulk.update,
        TasksPayload,
        "tasks",
        lambda made: {"task": made.id},
        "Change what many tasks say, their owners, due dates or weights.",
        current="task_id",
    )
    assign_pain_points: AssignPainPointsPayload = bulk_mutation(
        AssignPainPointsInput,
        task_bulk.AssignPainPoints,
        task_bulk.assign,
        AssignPainPointsPayload,
        "assignments",
        lambda made: {"pain_point": made[0].pain_point_id, "tasks": [one.id for one in made]},
        "Give many pain points their tasks; for each all of them or none.",
        current="pain_point_id",
    )
