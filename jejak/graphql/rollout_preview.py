"""What a rollout would do, unit by unit, before it is done."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Annotated, Any

import strawberry

from jejak.domain import access, rollout
from jejak.domain.errors import Refused
from jejak.domain.rollout_scope import Place
from jejak.domain.vocabulary import WhyNot as Why
from jejak.graphql.context import Info
from jejak.graphql.errors import UserError, user_errors
from jejak.graphql.mutation import done, translate
from jejak.graphql.mutations.rollout import ExtendRolloutInput, RolloutInitiativeInput
from jejak.graphql.person import Person
from jejak.graphql.reading import answers, held
from jejak.graphql.unit import Unit
from jejak.graphql.vocabulary import OwnerRule, WhyNot


@strawberry.type(description="A unit of the scope: who would get its task and until when, or why nobody.")
class RolloutPreviewResult:
    unit: Unit | None = held("The unit.")
    owner: Person | None = held("Who would answer for the task; null without anybody.")
    rule: OwnerRule | None = strawberry.field(
        description="By which rule that is; null without anybody.", default=None
    )
    due_on: date = strawberry.field(description="The last day for it, as the unit works.")
    open_tasks: int = strawberry.field(
        description="Open tasks that the unit has under the same initiative already."
    )
    why_not: WhyNot | None = strawberry.field(
        description="Why it would get no task; null where it would.", default=None
    )


@strawberry.type(description="What would be done. Nothing is.")
class RolloutPreviewPayload:
    results: list[RolloutPreviewResult] = answers("Every unit of the scope, in the order of the tree.")
    units: int = strawberry.field(description="Units in the scope.", default=0)
    given: int = strawberry.field(description="Units that would get a task.", default=0)
    without_owner: int = strawberry.field(description="Units with nobody to answer for it.", default=0)
    closed: int = strawberry.field(description="Units that are named and closed.", default=0)
    already_given: int = strawberry.field(description="Units that have it.", default=0)
    past_due: int = strawberry.field(description="Units where the day for it has passed.", default=0)
    errors: list[UserError] = strawberry.field(
        description="What is wrong with the input or with the scope as a whole.", default_factory=list
    )


def _shown(places: list[Place]) -> RolloutPreviewPayload:
    # Held objects are given by their keys.
    result: Any = RolloutPreviewResult
    reasons = [place.why_not for place in places]
    return RolloutPreviewPayload(
        results=[
            result(
                unit=place.unit.id,
                owner=place.owner_id,
                rule=place.rule,
                due_on=place.due_on,
                open_tasks=place.open_tasks,
                why_not=place.why_not,
            )
            for place in places
        ],
        units=len(places),
        given=reasons.count(None),
        without_owner=reasons.count(Why.NO_OWNER),
        closed=reasons.count(Why.UNIT_CLOSED),
        already_given=reasons.count(Why.ALREADY_GIVEN),
        past_due=reasons.count(Why.PAST_DATE),
    )


async def looked_at(
    info: Info, change: type, act: Callable[..., Awaitable[list[Place]]], given: Any
) -> RolloutPreviewPayload:
    viewer = access.signed_in(info.context.viewer)
    try:
        return _shown(await done(act, viewer, translate(given, change)))
    except Refused as refused:
        return RolloutPreviewPayload(results=[], errors=user_errors(refused, info.context.language))


_INPUT = strawberry.argument(description="As for the mutation.")


@strawberry.type
class RolloutPreviews:
    @strawberry.field(
        description="What `rolloutInitiative` would do with the same input; for whoever may do it."
    )  # type: ignore[untyped-decorator]
    async def rollout_preview(
        self,
        info: Info,
        input: Annotated[RolloutInitiativeInput, _INPUT],  # noqa: A002 -- as mutations call it
    ) -> RolloutPreviewPayload:
        return await looked_at(info, rollout.RolloutInitiative, rollout.preview, input)

    @strawberry.field(description="What `extendRollout` would do with the same input; for whoever may do it.")  # type: ignore[untyped-decorator]
    async def rollout_extension_preview(
        self,
        info: Info,
        input: Annotated[ExtendRolloutInput, _INPUT],  # noqa: A002 -- as mutations call it
    ) -> RolloutPreviewPayload:
        return await looked_at(info, rollout.ExtendRollout, rollout.preview_extension, input)
