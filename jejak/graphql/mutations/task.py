"""Tasks. What they take, what they answer."""

from datetime import date
from typing import Any

import strawberry

from jejak.domain import task, task_creation
from jejak.graphql.errors import UserError
from jejak.graphql.mutation import CLIENT_ID, VERSION, errors, given, mutation, ref
from jejak.graphql.reading import held
from jejak.graphql.task import Task


@strawberry.input(description="One of many new tasks.")
class TaskRowInput:
    initiative_id: strawberry.ID = ref("Initiative", "Under which initiative.")
    unit_id: strawberry.ID = ref("Unit", "Whose task.")
    title: str = given("What is to be done.")
    due_on: date = given("The last day for it, in the unit's zone.")
    description: str = given("In detail.", "")
    owner_id: strawberry.ID | None = ref(
        "Person", "Who answers for it; the unit's PIC Ranger where left out.", optional=True
    )
    weight: int = given("Share in completion, 1 to 1000.", 1)
    pain_point_id: strawberry.ID | None = ref("PainPoint", "For which pain point.", optional=True)


@strawberry.input(description="A new task.")
class CreateTaskInput(TaskRowInput):
    client_mutation_id: str | None = given(CLIENT_ID, None)


@strawberry.input(description="A change of a task; what is left out stays as it is.")
class UpdateTaskInput:
    task_id: strawberry.ID = ref("Task", "Which task.")
    expected_version: int = given(VERSION)
    title: str | None = given("What is to be done.", None)
    description: str | None = given("In detail.", None)
    owner_id: strawberry.ID | None = ref("Person", "Who answers for it.", optional=True)
    due_on: date | None = given("The last day for it; a new one starts the reminders anew.", None)
    weight: int | None = given("Share in completion, 1 to 1000.", None)


@strawberry.input(description="Evidence: a note, a link, or both.")
class NewEvidenceInput:
    note: str = given("In words.", "")
    url: str | None = given("Where it can be looked at; http or https.", None)


@strawberry.input(description="How far a task has come.")
class ReportProgressInput:
    task_id: strawberry.ID = ref("Task", "Which task.")
    expected_version: int = given(VERSION)
    progress: int = given("Percent, 0 to 100.")
    note: str = given("In words, for the history.", "")
    evidence: list[NewEvidenceInput] = given("What shows it; at most 20.", [])


@strawberry.input(description="Hand a task in as done.")
class SubmitTaskInput:
    task_id: strawberry.ID = ref("Task", "Which task.")
    expected_version: int = given(VERSION)
    evidence: list[NewEvidenceInput] = given("What shows it; at most 20.", [])


@strawberry.input(description="A change of a task.")
class ChangeTaskInput:
    task_id: strawberry.ID = ref("Task", "Which task.")
    expected_version: int = given(VERSION)


@strawberry.input(description="A change of a task that needs a reason.")
class ChangeTaskWithReasonInput:
    task_id: strawberry.ID = ref("Task", "Which task.")
    expected_version: int = given(VERSION)
    reason: str = given("Why.")


@strawberry.type(description="The task as it is now; on STALE, the state to look at before trying again.")
class TaskPayload:
    task: Task | None = held("The task; null where there is none that the viewer sees.")
    errors: list[UserError] = errors()


def _task(change: type, takes: type, act: Any, description: str, current: str | None = "task_id") -> Any:
    return mutation(
        takes, change, act, TaskPayload, lambda made: {"task": made.id}, description, current=current
    )


@strawberry.type
class TaskMutations:
    create_task: TaskPayload = _task(
        task_creation.CreateTask, CreateTaskInput, task_creation.create, "Create a task.", None
    )
    update_task: TaskPayload = _task(
        task.UpdateTask,
        UpdateTaskInput,
        task.update,
        "Change what a task says, its owner, due date or weight.",
    )
    report_progress: TaskPayload = _task(
        task.ReportProgress,
        ReportProgressInput,
        task.report,
        "Report how far a task has come, with evidence.",
    )
    submit_task: TaskPayload = _task(task.SubmitTask, SubmitTaskInput, task.submit, "Hand a task in as done.")
    verify_task: TaskPayload = _task(
        task.ChangeTask,
        ChangeTaskInput,
        task.verify,
        "Verify a task; never by who owns it or submitted it.",
    )
    return_task: TaskPayload = _task(
        task.ChangeTask,
        ChangeTaskWithReasonInput,
        task.return_,
        "Give a submitted task back to work, with a reason.",
    )
    block_task: TaskPayload = _task(
        task.ChangeTask,
        ChangeTaskWithReasonInput,
        task.block,
        "Say that a task cannot go on, and why.",
    )
    unblock_task: TaskPayload = _task(
        task.ChangeTask, ChangeTaskInput, task.unblock, "Say that a blocked task can go on."
    )
    cancel_task: TaskPayload = _task(
        task.ChangeTask,
        ChangeTaskWithReasonInput,
        task.cancel,
        "Give a task up, with a reason; it counts nowhere.",
    )
