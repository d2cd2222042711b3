"""People, their roles, and the viewer."""

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from jejak.domain import access
from jejak.domain.access import Sight
from jejak.graphql.api_token import ApiToken, of_the_person, of_the_role
from jejak.graphql.channel import (
    CalendarFeed,
    NotificationPreference,
    Webhook,
    calendar_feed,
    preferences,
    webhooks,
)
from jejak.graphql.filters import any_of, given, holds, is_it, one_of, under, where_any
from jejak.graphql.node import Node, global_id
from jejak.graphql.reading import (
    Field,
    Key,
    Statement,
    column,
    entity,
    everyone,
    expression,
    many,
    one,
    own,
    within,
)
from jejak.graphql.session import Session, running
from jejak.graphql.vocabulary import Language, Role, enum

if TYPE_CHECKING:
    from jejak.graphql.unit import Unit


def _seen(statement: Statement, alias: str) -> Sight:
    return access.person_seen(f"{alias}.id", statement.paths, statement.person)


def _email(field: Field) -> str:
    return f"case when {_seen(field.statement, field.t)} then {field.t}.email end"


@entity("membership", within("unit_id"), "A role that a person holds at a unit and everywhere below it.")
class Membership(Node):
    id: strawberry.ID = global_id("Membership")
    role: Role = column("The role.")
    ranger: bool = column("Whether this is the unit's PIC Ranger: the default owner of its tasks.")
    unit: Annotated["Unit", strawberry.lazy("jejak.graphql.unit")] = one("{u}.id = {t}.unit_id", "Where.")
    person: Annotated["Person", strawberry.lazy("jejak.graphql.person")] = one(
        "{u}.id = {t}.person_id", "Who.", sees=everyone
    )
    granted_at: datetime = column("Since when.")
    revoked_at: datetime | None = column("Until when; null while it holds.")
    api_tokens: list[ApiToken] = many(
        of_the_role,
        "{u}.created_at, {u}.id",
        "Programs' tokens in force that act by it; for whose it is and who manages people there, for others empty.",
    )


class MembershipOrder(Enum):
    LONGEST_FIRST = (Key("{u}.granted_at", "timestamptz"), Key("{u}.id", "uuid"))
    LATEST_FIRST = (
        Key("{u}.granted_at", "timestamptz", descending=True),
        Key("{u}.id", "uuid", descending=True),
    )


@strawberry.input(description="Which roles.")
class MembershipFilter:
    roles: list[Role] | None = given("Of these roles.")
    ranger: bool | None = given("Only those that are (or are not) a PIC Ranger's.")

    def where(self, field: Field) -> list[str]:
        return [
            *any_of(field, self, roles="{u}.role"),
            *is_it(f"{field.u}.ranger", wanted=self.ranger),
        ]


enum(MembershipOrder, "Order of roles.", LONGEST_FIRST="Longest held first.", LATEST_FIRST="Latest first.")


@entity("person", _seen, "A person. Whoever sees a thing sees the names of those who acted on it.")
class Person(Node):
    id: strawberry.ID = global_id("Person")
    name: str = column("Full name.")
    email: str | None = expression(_email, "E-mail address; null for people outside the viewer's units.")
    memberships: list[Membership] = many(
        "{u}.person_id = {t}.id and {u}.revoked_at is null",
        "{u}.granted_at, {u}.id",
        "Roles in force, where the viewer sees.",
    )


class PersonOrder(Enum):
    BY_NAME = (Key("{u}.name", "text"), Key("{u}.id", "uuid"))
    NEWEST_FIRST = (
        Key("{u}.created_at", "timestamptz", descending=True),
        Key("{u}.id", "uuid", descending=True),
    )


enum(PersonOrder, "Order of people.", BY_NAME="By name.", NEWEST_FIRST="Latest added first.")


@strawberry.input(description="Which people. Conditions on roles all hold of one and the same role in force.")
class PersonFilter:
    unit_id: strawberry.ID | None = given("With a role at this unit or below it.")
    roles: list[Role] | None = given("With one of these roles.")
    ranger: bool | None = given("Only those who are PIC Ranger somewhere (or have a role without being so).")
    text: str | None = given("Whose name or e-mail address holds this.")

    def where(self, field: Field) -> list[str]:
        scope = access.seen("held.unit_id", field.statement.paths)
        held = f"membership held where held.person_id = {field.u}.id and held.revoked_at is null and {scope}"
        return [
            *where_any(
                held,
                under(field, "held.unit_id", self.unit_id),
                one_of(field, "held.role", self.roles, "filter", "roles"),
                is_it("held.ranger", wanted=self.ranger),
            ),
            *holds(field, ("name", "email"), self.text),
        ]


def _acting(field: Field) -> str:
    """SQL: in force, and by an API token the one that it is for."""
    program = field.statement.of_viewer(lambda viewer: viewer.integration, "boolean")
    token = field.statement.of_viewer(lambda viewer: viewer.credential, "uuid")
    return f"""{field.u}.person_id = {field.t}.id and {field.u}.revoked_at is null
        and (not {program} or {field.u}.id = (select came.membership_id from api_token came where came.id = {token}))"""


@entity("person", own("id"), "Who is signed in.")
class Viewer:
    id: strawberry.ID = global_id("Person")
    name: str = column("Full name.")
    email: str = column("E-mail address, used to sign in.")
    language: Language = column("In which language messages come.")
    memberships: list[Membership] = many(
        _acting,
        "{u}.granted_at, {u}.id",
        "Roles in force; for a program with an API token the one by which it acts.",
    )
    sessions: list[Session] = many(
        lambda field: f"{field.u}.person_id = {field.t}.id and {running(field)}",
        "{u}.used_at desc, {u}.id",
        "Where they are signed in, the last used first.",
    )
    api_tokens: list[ApiToken] = many(
        of_the_person, "{u}.created_at, {u}.id", "Programs' tokens in force, of all their roles."
    )
    notification_preferences: list[NotificationPreference] = preferences()
    webhooks: list[Webhook] = webhooks()
    calendar_feed: CalendarFeed | None = calendar_feed()
