"""What can be asked about issues."""

from typing import Annotated

import strawberry

from jejak.domain import issue_assignment
from jejak.graphql.context import Info
from jejak.graphql.filters import key_of
from jejak.graphql.issue import Issue, IssueFilter, IssueOrder, IssueSuggestion, issue_suggestions
from jejak.graphql.mutations.issue import AssignIssueInput
from jejak.graphql.reading import Connection, one, page
from jejak.graphql.reading.declare import REQUIRED
from jejak.graphql.rollout_preview import RolloutPreviewPayload, looked_at
from jejak.graphql.top_issue import TopIssue, top_issues_of_a_unit

_INPUT = strawberry.argument(description="As for the mutation.")


@strawberry.type
class IssueQueries:
    issue: Issue | None = one(
        lambda field: f"{field.u}.id = {key_of(field, 'id', 'Issue')}",
        "An issue; null where the viewer does not see it.",
        arguments={"id": (strawberry.ID, REQUIRED, "Its id.")},
    )
    issues: Connection[Issue] = page(
        "true",
        "Issues that the viewer sees: those with a pain point that they see.",
        order=IssueOrder,
        filters=IssueFilter,
    )
    top_issues: list[TopIssue] = top_issues_of_a_unit()
    issue_suggestions: list[IssueSuggestion] = issue_suggestions()

    @strawberry.field(description="What `assignIssue` would do with the same input; for whoever may do it.")  # type: ignore[untyped-decorator]
    async def assign_issue_preview(
        self,
        info: Info,
        input: Annotated[AssignIssueInput, _INPUT],  # noqa: A002 -- as mutations call it
    ) -> RolloutPreviewPayload:
        return await looked_at(info, issue_assignment.AssignIssue, issue_assignment.preview, input)
