"""Changes of the tree. What they take, what they answer."""

from typing import Any

import strawberry

from jejak.domain import unit
from jejak.graphql.errors import UserError
from jejak.graphql.mutation import CLIENT_ID, VERSION, errors, given, mutation, ref
from jejak.graphql.reading import held
from jejak.graphql.unit import Unit
from jejak.graphql.vocabulary import UnitKind


@strawberry.input(description="A new unit.")
class CreateUnitInput:
    parent_id: strawberry.ID = ref("Unit", "The unit above.")
    code: str = given("1 to 32 capital letters, digits, '-' or '_'; unique, never changed.")
    name: str = given("Name.")
    kind: UnitKind = given("Kind; the parent must be of the next kind up.")
    timezone: str = given("IANA zone, as `Asia/Jakarta`.")
    client_mutation_id: str | None = given(CLIENT_ID, None)


@strawberry.input(description="Another place in the tree.")
class MoveUnitInput:
    unit_id: strawberry.ID = ref("Unit", "Which unit.")
    parent_id: strawberry.ID = ref("Unit", "The unit above from now on.")
    expected_version: int = given(VERSION)


@strawberry.input(description="Close a unit.")
class CloseUnitInput:
    unit_id: strawberry.ID = ref("Unit", "Which unit.")
    expected_version: int = given(VERSION)


@strawberry.type(description="The unit as it is now.")
class UnitPayload:
    unit: Unit | None = held("The unit; null where there is none that the viewer sees.")
    errors: list[UserError] = errors()


def _unit(change: type, takes: type, act: Any, description: str, current: str | None = "unit_id") -> Any:
    return mutation(
        takes, change, act, UnitPayload, lambda made: {"unit": made.id}, description, current=current
    )


@strawberry.type
class UnitMutations:
    create_unit: UnitPayload = _unit(
        unit.CreateUnit, CreateUnitInput, unit.create, "Add a unit to the tree.", None
    )
    move_unit: UnitPayload = _unit(
        unit.MoveUnit,
        MoveUnitInput,
        unit.move,
        "Move a unit with everything below it; its history comes along.",
    )
    close_unit: UnitPayload = _unit(
        unit.CloseUnit,
        CloseUnitInput,
        unit.close,
        "Close a unit: it takes no new work and keeps its history.",
    )
