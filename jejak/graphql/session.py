"""Sessions: where somebody is signed in."""

from datetime import datetime

import strawberry

from jejak.domain import access
from jejak.domain.access import Sight
from jejak.graphql.node import Node, global_id
from jejak.graphql.reading import Field, Statement, column, entity, expression


def account(statement: Statement, person: str) -> Sight:
    """The viewer's own account; `person` is an SQL expression."""
    program = statement.of_viewer(lambda viewer: viewer.integration, "boolean")
    return access.account_seen(person, statement.person, program)


def _current(field: Field) -> str:
    came_by = field.statement.of_viewer(lambda viewer: viewer.credential, "uuid")
    return f"{field.t}.id is not distinct from {came_by}"


def running(field: Field) -> str:
    """SQL: it has not ended; for whatever has an `expires_at`."""
    return f"{field.u}.expires_at > {field.statement.now}"


@entity(
    "session",
    lambda statement, alias: account(statement, f"{alias}.person_id"),
    "A sign-in of the viewer's own. Nobody else sees it.",
)
class Session(Node):
    id: strawberry.ID = global_id("Session")
    created_at: datetime = column("When it began.")
    last_used_at: datetime = expression("{t}.used_at", "When it was last used, to a minute.")
    expires_at: datetime = column("When it ends, unless it is refreshed before.")
    browser: bool = column("Whether it is kept in a browser's cookie.")
    address: str = column("The network that it was begun from; empty where that is not known.")
    client: str = expression("{t}.agent", "What the program called itself, at most 120 characters.")
    current: bool = expression(_current, "Whether this request came by it.")
