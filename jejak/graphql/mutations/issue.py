"""Issues. What they take, what they answer."""

from datetime import date
from typing import Any

import strawberry

from jejak.domain import issue, issue_assignment
from jejak.graphql.bulk_mutation import (
    bulk_mutation,
    call_errors,
    error_policy,
    results,
    row_errors,
    written,
)
from jejak.graphql.errors import UserError
from jejak.graphql.issue import Issue
from jejak.graphql.mutation import CLIENT_ID, VERSION, errors, given, mutation, ref
from jejak.graphql.pain_point import PainPoint
from jejak.graphql.reading import held
from jejak.graphql.rollout import Rollout
from jejak.graphql.vocabulary import Category, ErrorPolicy, WithoutOwner


@strawberry.input(description="A new issue.")
class CreateIssueInput:
    title: str = given("The problem.")
    category: Category = given("CX100 category.")
    description: str = given("In detail.", "")
    pain_point_ids: list[strawberry.ID] = strawberry.field(
        description="Its pain points, at most 500; their journeys must be accepted.",
        default_factory=list,
        metadata={"ref": "PainPoint"},
    )
    client_mutation_id: str | None = given(CLIENT_ID, None)


@strawberry.input(description="A change of an issue; what is left out stays as it is.")
class UpdateIssueInput:
    issue_id: strawberry.ID = ref("Issue", "Which issue.")
    expected_version: int = given(VERSION)
    title: str | None = given("The problem.", None)
    description: str | None = given("In detail.", None)
    category: Category | None = given("CX100 category.", None)


@strawberry.input(description="A pain point.")
class IssuePainPointInput:
    pain_point_id: strawberry.ID = ref("PainPoint", "Which pain point.")


@strawberry.input(description="Pain points that are, or are not, the same problem as an issue.")
class RegroupPainPointsInput:
    issue_id: strawberry.ID = ref("Issue", "Which issue; it must be open.")
    pain_points: list[IssuePainPointInput] = given("Which pain points; at most 500.")
    error_policy: ErrorPolicy = error_policy()


@strawberry.input(description="Nothing is to be done about an issue any more.")
class CloseIssueInput:
    issue_id: strawberry.ID = ref("Issue", "Which issue.")
    expected_version: int = given(VERSION)
    reason: str = given("Why.")


@strawberry.input(description="Work on an issue again.")
class ReopenIssueInput:
    issue_id: strawberry.ID = ref("Issue", "Which issue.")
    expected_version: int = given(VERSION)


@strawberry.input(description="One fix for all units that an issue affects: a task each.")
class AssignIssueInput:
    issue_id: strawberry.ID = ref("Issue", "Which issue; it must be open.")
    initiative_id: strawberry.ID = ref("Initiative", "Under which initiative.")
    title: str = given("What is to be done.")
    description: str = given("In detail.", "")
    weight: int = given("Share of each task in completion, 1 to 1000.", 1)
    due_on: date | None = given("Due on the last working day up to this one, in each unit.", None)
    due_in_days: int | None = given(
        "Or instead: due so many working days from today, in each unit, 1 to 500.", None
    )
    without_owner: WithoutOwner = given(
        "What becomes of it where units have nobody to answer for it.", WithoutOwner.SKIP
    )
    client_mutation_id: str | None = given(CLIENT_ID, None)


@strawberry.type(description="The issue as it is now.")
class IssuePayload:
    issue: Issue | None = held("The issue; null where there is none that the viewer sees.")
    errors: list[UserError] = errors()


@strawberry.type(description="What became of a row.")
class RegroupPainPointsResult:
    pain_point: PainPoint | None = held("The pain point as it is now; null where the viewer sees none.")
    errors: list[UserError] = row_errors()


@strawberry.type(description="What became of each row.")
class RegroupPainPointsPayload:
    results: list[RegroupPainPointsResult] = results()
    count: int = written()
    errors: list[UserError] = call_errors()


@strawberry.type(description="The fix that was given.")
class AssignIssuePayload:
    issue: Issue | None = held("The issue; null where it was refused.")
    rollout: Rollout | None = held("The rollout that fixes it; null where it was refused.")
    count: int | None = strawberry.field(
        description="How many tasks were made; null where it was refused.", default=None
    )
    errors: list[UserError] = errors()


def _change(change: type, takes: type, act: Any, description: str) -> Any:
    current = None if takes is CreateIssueInput else "issue_id"
    return mutation(
        takes, change, act, IssuePayload, lambda made: {"issue": made.id}, description, current=current
    )


def _regroup(act: Any, description: str) -> Any:
    return bulk_mutation(
        RegroupPainPointsInput,
        issue.Regroup,
        act,
        RegroupPainPointsPayload,
        "pain_points",
        lambda made: {"pain_point": made.id},
        description,
        current="pain_point_id",
    )


@strawberry.type
class IssueMutations:
    create_issue: IssuePayload = _change(
        issue.CreateIssue,
        CreateIssueInput,
        issue.create,
        "Make an issue of pain points that are the same problem: of all of them, or not at all.",
    )
    update_issue: IssuePayload = _change(
        issue.UpdateIssue, UpdateIssueInput, issue.update, "Change title, description or category."
    )
    add_to_issue: RegroupPainPointsPayload = _regroup(
        issue.add,
        "Confirm that pain points are the same problem. One that belongs to another issue is taken out there first.",
    )
    remove_from_issue: RegroupPainPointsPayload = _regroup(
        issue.remove, "Take pain points out of an issue: its fixes count for them no longer."
    )
    close_issue: IssuePayload = _change(
        issue.CloseIssue,
        CloseIssueInput,
        issue.close,
        "Close an issue; its pain points and rollouts stay as they are.",
    )
    reopen_issue: IssuePayload = _change(
        issue.ReopenIssue, ReopenIssueInput, issue.reopen, "Open an issue again."
    )
    assign_issue: AssignIssuePayload = mutation(
        AssignIssueInput,
        issue_assignment.AssignIssue,
        issue_assignment.assign,
        AssignIssuePayload,
        lambda made: {"issue": made.rollout.issue_id, "rollout": made.rollout.id, "count": made.count},
        "Give one fix to all units where a pain point of the issue is neither resolved nor decided on, as a rollout. The pain points there follow its tasks. `assignIssuePreview` tells beforehand which unit gets it; `extendRollout` gives it to units that are affected later.",
    )
