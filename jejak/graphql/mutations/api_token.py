"""API tokens. What they take, what they answer."""

from datetime import date

import strawberry

from jejak.domain import api_token
from jejak.graphql.api_token import ApiToken
from jejak.graphql.errors import UserError
from jejak.graphql.mutation import errors, given, mutation, ref
from jejak.graphql.reading import held


@strawberry.input(description="A token for a program.")
class CreateApiTokenInput:
    membership_id: strawberry.ID = ref(
        "Membership", "By which of one's own roles the program acts, and by no other."
    )
    name: str = given("What it is for; at most 200 characters.")
    expires_on: date = given("Its last day, in the unit's zone; at most 366 days ahead.")


@strawberry.input(description="End a program's token.")
class RevokeApiTokenInput:
    api_token_id: strawberry.ID = ref("ApiToken", "Which token.")


@strawberry.type(description="A token for a program, shown once.")
class CreateApiTokenPayload:
    token: str | None = strawberry.field(
        description="To be sent as `Authorization: Bearer ...`.", default=None
    )
    api_token: ApiToken | None = held("What is kept of it; null where it was refused.")
    errors: list[UserError] = errors()


@strawberry.type(description="The token as it is now.")
class ApiTokenPayload:
    api_token: ApiToken | None = held("The token; null where there is none that the viewer sees.")
    errors: list[UserError] = errors()


@strawberry.type
class ApiTokenMutations:
    create_api_token: CreateApiTokenPayload = mutation(
        CreateApiTokenInput,
        api_token.CreateApiToken,
        api_token.create,
        CreateApiTokenPayload,
        lambda made: {"token": made.token, "api_token": made.id},
        "Make a token by which a program acts in one of one's own roles. It ends with the role, and does not reach the "
        "account: no password, no sessions, no tokens.",
    )
    revoke_api_token: ApiTokenPayload = mutation(
        RevokeApiTokenInput,
        api_token.RevokeApiToken,
        api_token.revoke,
        ApiTokenPayload,
        lambda made: {"api_token": made},
        "End a token at once; for whose it is, and for who manages people at its unit.",
        current="api_token_id",
    )
