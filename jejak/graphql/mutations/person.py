"""People and their roles. What they take, what they answer."""

import strawberry

from jejak.domain import person
from jejak.graphql.errors import UserError
from jejak.graphql.mutation import CLIENT_ID, errors, given, mutation, ref
from jejak.graphql.person import Membership, Person, Viewer
from jejak.graphql.reading import held
from jejak.graphql.vocabulary import Language, Role


@strawberry.input(description="A new person with a first role.")
class CreatePersonInput:
    email: str = given("E-mail address, used to sign in.")
    name: str = given("Full name.")
    unit_id: strawberry.ID = ref("Unit", "Where the person works.")
    role: Role = given("The role there.")
    password: str | None = given(
        "At least 15 characters. Better left out: the person sets it by an invitation, and nobody else knows it.",
        None,
    )
    language: Language = given("In which language messages come.", Language.ID)
    ranger: bool = given("Whether this is the unit's PIC Ranger.", False)
    client_mutation_id: str | None = given(CLIENT_ID, None)


@strawberry.input(description="A role for a person.")
class GrantRoleInput:
    person_id: strawberry.ID = ref("Person", "Who.")
    unit_id: strawberry.ID = ref("Unit", "Where, and everywhere below it.")
    role: Role = given("The role.")
    ranger: bool = given("Whether this is the unit's PIC Ranger.", False)


@strawberry.input(description="Take a role away.")
class RevokeRoleInput:
    membership_id: strawberry.ID = ref("Membership", "Which role.")


@strawberry.input(description="One's own language.")
class SetLanguageInput:
    language: Language = given("In which language titles, messages and notices come.")


@strawberry.type(description="The person as they are now.")
class PersonPayload:
    person: Person | None = held("The person; null where there is none that the viewer sees.")
    errors: list[UserError] = errors()


@strawberry.type(description="The role as it is now.")
class MembershipPayload:
    membership: Membership | None = held("The role; null where there is none that the viewer sees.")
    errors: list[UserError] = errors()


@strawberry.type(description="The viewer as they are now.")
class ViewerPayload:
    viewer: Viewer | None = held("The viewer; null where it was refused.")
    errors: list[UserError] = errors()


@strawberry.type
class PersonMutations:
    set_language: ViewerPayload = mutation(
        SetLanguageInput,
        person.SetLanguage,
        person.set_language,
        ViewerPayload,
        lambda made: {"viewer": made.id},
        "Choose one's own language.",
    )
    create_person: PersonPayload = mutation(
        CreatePersonInput,
        person.CreatePerson,
        person.create,
        PersonPayload,
        lambda made: {"person": made.id},
        "Add a person with a first role.",
    )
    grant_role: MembershipPayload = mutation(
        GrantRoleInput,
        person.GrantRole,
        person.grant,
        MembershipPayload,
        lambda made: {"membership": made.id},
        "Give a person a role at a unit, optionally as its PIC Ranger. Where whoever gave or invited them to their "
        "password does not manage people there, it ends, and they need a new invitation.",
    )
    revoke_role: MembershipPayload = mutation(
        RevokeRoleInput,
        person.RevokeRole,
        person.revoke,
        MembershipPayload,
        lambda made: {"membership": made.id},
        "Take a role away; it ends with the person's next request.",
        current="membership_id",
    )
