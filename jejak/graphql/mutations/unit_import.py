"""Many units in one call. What they take, what they answer."""

from typing import Any

import strawberry

from jejak.domain import unit_import
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
from jejak.graphql.mutation import given
from jejak.graphql.reading import held
from jejak.graphql.unit import Unit
from jejak.graphql.vocabulary import ErrorPolicy, RowOutcome, UnitKind


@strawberry.input(
    description="A unit as it is to be; one of this code that there is gets the rest of the row."
)
class UnitRowInput:
    code: str = given("1 to 32 capital letters, digits, '-' or '_'; unique, never changed.")
    name: str = given("Name.")
    kind: UnitKind = given("Kind; the parent must be of the next kind up.")
    timezone: str = given("IANA zone, as `Asia/Jakarta`.")
    parent_code: str = given(
        "The code of the unit above, which may be another row's; empty for headquarters.", ""
    )


@strawberry.input(description="Units to be created or changed, in any order.")
class ImportUnitsInput:
    rows: list[UnitRowInput] = given("The units; at most 1000.")
    error_policy: ErrorPolicy = error_policy()
    dry_run: bool = given(DRY_RUN, False)


@strawberry.type(description="What became of a row.")
class UnitResult:
    unit: Unit | None = held(
        "The unit as it is now; null where the row was refused, or would make it in a dry run."
    )
    outcome: RowOutcome | None = outcome()
    errors: list[UserError] = row_errors()


@strawberry.type(description="What became of each row.")
class ImportUnitsPayload:
    results: list[UnitResult] = results()
    count: int = written(" In a dry run: how many would be.")
    errors: list[UserError] = call_errors()


def _shown(made: unit_import.Imported) -> dict[str, Any]:
    return {"unit": made.unit.id, "outcome": made.outcome}


@strawberry.type
class UnitImportMutations:
    import_units: ImportUnitsPayload = bulk_mutation(
        ImportUnitsInput,
        unit_import.ImportUnits,
        unit_import.import_units,
        ImportUnitsPayload,
        "rows",
        _shown,
        "Create units that are new, and rename or move those that there are.",
    )
