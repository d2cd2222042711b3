"""API tokens of programs."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from jejak.domain import access
from jejak.domain.access import Right, Sight
from jejak.graphql.node import Node, global_id
from jejak.graphql.reading import Field, Statement, column, entity, everyone, expression, one
from jejak.graphql.session import running

if TYPE_CHECKING:
    from jejak.graphql.person import Membership


def _seen(statement: Statement, alias: str) -> Sight:
    viewer = statement.viewer
    return access.token_seen(
        f"{alias}.membership_id",
        statement.param(viewer.person, "uuid"),
        statement.param(access.paths_with(viewer, Right.PEOPLE), "text[]"),
        statement.param(viewer.integration, "boolean"),
    )


def in_force(field: Field) -> str:
    """SQL: it can be used, as far as it is its own to say."""
    return f"{running(field)} and {field.u}.revoked_at is null"


def of_the_person(field: Field) -> str:
    """SQL: in force, by a membership of the person's that is in force as well."""
    return f"""{in_force(field)} and exists (
        select from membership held
        where held.id = {field.u}.membership_id and held.person_id = {field.t}.id and held.revoked_at is null
    )"""


@entity("api_token", _seen, "For a program. Whose it is sees it, and who manages people at its unit.")
class ApiToken(Node):
    id: strawberry.ID = global_id("ApiToken")
    name: str = column("What it is for.")
    membership: Annotated["Membership", strawberry.lazy("jejak.graphql.person")] = one(
        "{u}.id = {t}.membership_id", "The role by which it acts.", sees=everyone
    )
    created_at: datetime = column("When it was made.")
    expires_on: date = column("Its last day, in the unit's zone.")
    last_used_at: datetime | None = expression(
        "{t}.used_at", "When it was last used, to a minute; null where it never was."
    )
    revoked_at: datetime | None = column("When it was revoked; null while it is not.")
