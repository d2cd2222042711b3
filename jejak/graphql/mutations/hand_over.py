"""Handing over what a person does. What it takes, what it answers."""

from typing import Any

import strawberry

from jejak.domain import access, hand_over
from jejak.domain.errors import Problem, Refused
from jejak.graphql.context import Info
from jejak.graphql.errors import UserError, user_errors
from jejak.graphql.mutation import done, errors, field, given, ref, translate
from jejak.graphql.person import Membership, Person
from jejak.graphql.reading import answers, held
from jejak.graphql.reading.schema import rehearse
from jejak.graphql.task import Task

# So many are shown of each list; the counts are of all.
MOST_SHOWN = 500


@strawberry.input(description="Hand over what a person has open to another.")
class HandOverInput:
    from_id: strawberry.ID = ref("Person", "Whose tasks they are.")
    to_id: strawberry.ID = ref("Person", "Who answers for them from now on.")
    reason: str = given("Why, for the history of each task.")
    unit_id: strawberry.ID | None = ref(
        "Unit", "Only what lies at this unit and below it; left out: wherever the viewer may.", optional=True
    )
    roles: bool = given(
        "Also their roles and PIC Ranger marks there, for which the right to manage people is needed.", False
    )
    preview: bool = given("Only say what would be done: nothing is written.", False)


@strawberry.type(description="A task or a role that stays where it is.")
class HandOverResult:
    task: Task | None = held("The task, if it is one.")
    membership: Membership | None = held("The role, if it is one.")
    errors: list[UserError] = strawberry.field(description="Why.", default_factory=list)


@strawberry.type(description="What was handed over, or would be.")
class HandOverPayload:
    person: Person | None = held("Whose tasks they were; null where there is nobody whom the viewer sees.")
    tasks: list[Task] | None = held("The tasks, 500 at the most.")
    roles: list[Membership] | None = held("The roles as they were held until now, 500 at the most.")
    left: list[HandOverResult] | None = answers("What stays where it is, 500 at the most.")
    task_count: int | None = strawberry.field(
        description="How many tasks; null where it was refused.", default=None
    )
    notice_count: int | None = strawberry.field(
        description="How many unread notices came along; null where it was refused.", default=None
    )
    role_count: int | None = strawberry.field(
        description="How many roles; null where it was refused.", default=None
    )
    left_count: int | None = strawberry.field(
        description="How much stays where it is; null where it was refused.", default=None
    )
    errors: list[UserError] = errors()


def _shown(info: Info, made: hand_over.HandedOver, person: Any) -> Any:
    language = info.context.language
    # Held objects are given by their keys.
    result: Any = HandOverResult
    payload: Any = HandOverPayload
    left = [
        result(
            task=one.task_id,
            membership=one.membership_id,
            errors=user_errors(Refused.because([Problem(one.why)]), language),
        )
        for one in made.left[:MOST_SHOWN]
    ]
    return payload(
        person=person,
        tasks=made.tasks[:MOST_SHOWN],
        roles=made.memberships[:MOST_SHOWN],
        left=left,
        task_count=len(made.tasks),
        notice_count=made.notices,
        role_count=len(made.memberships),
        left_count=len(made.left),
    )


async def _hand_over(info: Info, input: Any) -> Any:  # noqa: A002 -- Relay's name
    viewer = access.signed_in(info.context.viewer)
    # How much it is cannot be told from the input.
    rehearse(info.schema, info._raw_info, MOST_SHOWN)  # noqa: SLF001
    try:
        wanted = translate(input, hand_over.HandOver)
        return _shown(info, await done(hand_over.hand_over, viewer, wanted), wanted.from_id)
    except Refused as refused:
        wrong = user_errors(refused, info.context.language)
        return HandOverPayload(person=None, tasks=None, roles=None, left=[], errors=wrong)


@strawberry.type
class HandOverMutations:
    hand_over: HandOverPayload = field(
        _hand_over,
        HandOverInput,
        HandOverPayload,
        "Hand over a person's open tasks, with the unread notices about them and, where wanted, their roles. "
        "All that can be, at once; what cannot be is named.",
    )
