"""Many people in one call. What they take, what they answer."""

from typing import Any

import strawberry

from jejak.domain import person_import
from jejak.graphql.bulk_mutation import (
    DRY_RUN,
    bulk_mutation,
    call_errors,
    error_policy,
    outcome,
    results,
    row_errors,
    written,
)
from jejak.graphql.errors import UserError
from jejak.graphql.mutation import given, ref
from jejak.graphql.person import Membership, Person
from jejak.graphql.reading import held
from jejak.graphql.vocabulary import ErrorPolicy, Language, Role, RowOutcome


@strawberry.input(
    description="A person with a role. Who is known by this e-mail address gets the role, and keeps name and language."
)
class PersonRowInput:
    email: str = given("E-mail address, used to sign in.")
    name: str = given("Full name.")
    role: Role = given("The role at the unit.")
    language: Language = given("In which language messages come.", Language.ID)
    unit_id: strawberry.ID | None = ref(
        "Unit", "Where the person works; or name it by `unitCode`.", optional=True
    )
    unit_code: str | None = given("Where the person works, by the unit's code; or name it by `unitId`.", None)
    ranger: bool = given("Whether this is the unit's PIC Ranger.", False)


@strawberry.input(description="People with their roles; several rows may give one person several roles.")
class ImportPeopleInput:
    rows: list[PersonRowInput] = given("The people; at most 1000.")
    error_policy: ErrorPolicy = error_policy()
    dry_run: bool = given(DRY_RUN, False)


@strawberry.type(description="What became of a row.")
class PersonResult:
    person: Person | None = held(
        "The person as they are now; null where the row was refused, or would make them in a dry run."
    )
    membership: Membership | None = held("The role, in the same way.")
    outcome: RowOutcome | None = outcome()
    errors: list[UserError] = row_errors()


@strawberry.type(description="What became of each row.")
class ImportPeoplePayload:
    results: list[PersonResult] = results()
    count: int = written(" In a dry run: how many would be.")
    errors: list[UserError] = call_errors()


def _shown(made: person_import.Imported) -> dict[str, Any]:
    return {"person": made.person.id, "membership": made.role.membership.id, "outcome": made.outcome}


@strawberry.type
class PersonImportMutations:
    import_people: ImportPeoplePayload = bulk_mutation(
        ImportPeopleInput,
        person_import.ImportPeople,
        person_import.import_people,
        ImportPeoplePayload,
        "rows",
        _shown,
        "Add people who are new, without a password, and give roles to those who are known, as `grantRole` does.",
    )
