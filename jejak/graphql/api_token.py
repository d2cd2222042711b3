"""API tokens of programs."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from jejak.domain import access, api_token
from jejak.domain.access import Right, Sight
from jejak.graphql.node import Node, global_id
from jejak.graphql.reading import Field, Statement, column, entity, everyone, expression, one

if TYPE_CHECKING:
    from jejak.graphql.person import Membership


def _seen(statement: Statement, alias: str) -> Sight:
    return access.token_seen(
        f"{alias}.membership_id",
        statement.person,
        statement.of_viewer(lambda viewer: access.paths_with(viewer, Right.PEOPLE), "text[]"),
        statement.of_viewer(lambda viewer: viewer.integration, "boolean"),
    )


def of_the_role(field: Field) -> str:
    """SQL: in force, by this membership."""
    return f"{field.u}.membership_id = {field.t}.id and {_in_force(field, field.t)}"


def of_the_person(field: Field) -> str:
    """SQL: in force, by a membership of the person's."""
    return f"""exists (
        select from membership held
        where held.id = {field.u}.membership_id and held.person_id = {field.t}.id and {_in_force(field, "held")}
    )"""


def _in_force(field: Field, membership: str) -> str:
    return api_token.in_force(field.u, membership, field.statement.now)


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
