"""Signing in. What they take, what they answer."""

from datetime import datetime
from typing import Any

import strawberry

from jejak.domain import sign_in as signing  # a field below has the module's own name
from jejak.domain.errors import Refused
from jejak.graphql.context import Info
from jejak.graphql.errors import UserError, user_errors
from jejak.graphql.mutation import errors, field, given, mutation
from jejak.graphql.mutations.person import PersonPayload
from jejak.graphql.person import Viewer
from jejak.graphql.reading import held


@strawberry.input(description="Sign in.")
class SignInInput:
    email: str = given("E-mail address.")
    password: str = given("Password.")


@strawberry.input(description="A new password of one's own.")
class ChangePasswordInput:
    current_password: str = given("The one until now.")
    new_password: str = given("At least 12 characters.")


@strawberry.type(description="A bearer token, shown once.")
class SignInPayload:
    token: str | None = strawberry.field(
        description="To be sent as `Authorization: Bearer ...`.", default=None
    )
    expires_at: datetime | None = strawberry.field(description="Until when it holds.", default=None)
    viewer: Viewer | None = held("Who is signed in now.")
    errors: list[UserError] = errors()


async def _sign_in(info: Info, input: SignInInput) -> SignInPayload:  # noqa: A002 -- Relay's name
    try:
        signed = await signing.sign_in(signing.SignIn(input.email, input.password))
    except Refused as refused:
        return SignInPayload(viewer=None, errors=user_errors(refused, info.context.language))
    info.context.viewer = signed.viewer
    info.context.language = signed.viewer.language
    who: Any = signed.viewer.person
    return SignInPayload(token=signed.token, expires_at=signed.expires_at, viewer=who)


@strawberry.type
class SignInMutations:
    sign_in: SignInPayload = field(
        _sign_in,
        SignInInput,
        SignInPayload,
        "Sign in with e-mail and password; gives a bearer token.",
    )
    change_password: PersonPayload = mutation(
        ChangePasswordInput,
        signing.ChangePassword,
        signing.change_password,
        PersonPayload,
        lambda made: {"person": made.id},
        "Change one's own password; every sign-in ends, this one too.",
    )
