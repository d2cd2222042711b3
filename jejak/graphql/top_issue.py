"""R3: the largest issues of a unit, service and period."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from jejak.domain import issue_figures
from jejak.graphql.filters import key_of, one_of
from jejak.graphql.likeness import Arguments, at_most, first_of, seen_at
from jejak.graphql.reading import Field, entity, everyone, expression, many, one
from jejak.graphql.reading.declare import REQUIRED
from jejak.graphql.vocabulary import Service

if TYPE_CHECKING:
    from jejak.graphql.issue import Issue


@entity(
    "issue",
    everyone,
    "One of the largest issues, by the pain points that the viewer sees; dismissed ones are left out.",
)
class TopIssue:
    rank: int = expression("{t}.rank", "1 for the largest.")
    priority_sum: int = expression("{t}.priorities", "Sum of severity x reach.")
    pain_points: int = expression("{t}.pain_points", "How many pain points.")
    units: int = expression("{t}.units", "Of how many units.")
    issue: Annotated["Issue", strawberry.lazy("jejak.graphql.issue")] = one(
        "{u}.id = {t}.id", "Which issue.", sees=everyone
    )


_ABOUT = "The issues with the largest sum of priorities among pain points"
_ARGUMENTS: Arguments = {
    "services": (list[Service] | None, strawberry.UNSET, "In journeys of these services."),
    "from_": (date | None, strawberry.UNSET, "Recorded on this day or later, in their units' zones."),
    "to": (date | None, strawberry.UNSET, "Recorded on this day or earlier."),
    **first_of(issue_figures.MOST_SHOWN, issue_figures.TOP),
}


def _rows(field: Field, below: str) -> str:
    conditions = one_of(field, "j.service", field.args["services"], "services")
    for name, sign in (("from_", ">="), ("to", "<=")):
        if field.args[name] is not None:
            conditions.append(issue_figures.recorded("p", "u", sign, field.param(name, "date")))
    chosen = " and ".join(conditions) or "true"
    return issue_figures.top(below, seen_at(field), chosen, at_most(field, issue_figures.MOST_SHOWN))


def top_issues_here() -> Any:
    """For the unit that the field hangs on."""
    return many(
        "true",
        "{u}.rank",
        f"{_ABOUT} here and below.",
        rows=lambda field: _rows(field, f"{field.t}.path"),
        arguments=_ARGUMENTS,
    )


def top_issues_of_a_unit() -> Any:
    def rows(field: Field) -> str:
        place = key_of(field, "unit_id", "Unit")
        return _rows(field, f"(select top.path from unit top where top.id = {place})")

    return many(
        "true",
        "{u}.rank",
        f"{_ABOUT} of a unit and everything below it.",
        rows=rows,
        arguments={"unit_id": (strawberry.ID, REQUIRED, "The unit whose subtree is meant."), **_ARGUMENTS},
    )
