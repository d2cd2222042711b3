"""Signing in and out. What they take, what they answer."""

from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry

from jejak.domain import access, session
from jejak.domain import sign_in as signing  # a field below has the module's own name
from jejak.domain.errors import Code, Refused
from jejak.domain.vocabulary import Language
from jejak.graphql.context import Info
from jejak.graphql.errors import UserError, user_errors
from jejak.graphql.mutation import errors, field, given, mutation, ref, translate
from jejak.graphql.mutations.person import PersonPayload
from jejak.graphql.person import Viewer
from jejak.graphql.reading import held
from jejak.graphql.reading.schema import rehearse

RULES = (
    "15 to 256 characters of any kind; not one in common use, not made of one's name, not repeating itself."
)


# Whoever is about to sign in; nobody knows yet who that is.
_SOMEBODY = access.Viewer(UUID(int=0), Language.ID, ())


@strawberry.input(description="Sign in.")
class SignInInput:
    email: str = given("E-mail address.")
    password: str = given("Password.")
    browser: bool = given(
        "Whether to keep the session in a cookie, out of reach of scripts, instead of answering tokens.",
        False,
    )


@strawberry.input(description="Go on with a session.")
class RefreshSessionInput:
    refresh_token: str = given(
        "The last one that was given; each is good once, and ends the session if used again."
    )


@strawberry.input(description="Sign out.")
class SignOutInput:
    everywhere: bool = given("Whether to end all of one's sessions, not only this one.", False)


@strawberry.input(description="End a session.")
class EndSessionInput:
    session_id: strawberry.ID = ref("Session", "Which of one's own sessions.")


@strawberry.input(description="A new password of one's own.")
class ChangePasswordInput:
    current_password: str = given("The one until now.")
    new_password: str = given(RULES)


@strawberry.type(
    description="A session's tokens, shown once; none of them where a browser keeps it in a cookie."
)
class SignInPayload:
    token: str | None = strawberry.field(
        description="To be sent as `Authorization: Bearer ...`; holds for 15 minutes.", default=None
    )
    expires_at: datetime | None = strawberry.field(
        description="Until when the token, or the cookie, holds.", default=None
    )
    refresh_token: str | None = strawberry.field(
        description="For `refreshSession`, once. Keep it where other programs cannot read it.", default=None
    )
    refresh_expires_at: datetime | None = strawberry.field(
        description="Until when it holds; a session goes on for 30 days at most.", default=None
    )
    csrf_token: str | None = strawberry.field(
        description="With a cookie: to be sent as `X-CSRF-Token` with every POST. A reloaded page asks for `csrfToken`.",
        default=None,
    )
    viewer: Viewer | None = held("Who is signed in now.")
    errors: list[UserError] = errors()


@strawberry.type(description="Whether the sign-out was done.")
class SignOutPayload:
    errors: list[UserError] = errors()


@strawberry.type(description="The viewer with the sessions that are left.")
class EndSessionPayload:
    viewer: Viewer | None = held("The viewer; null where this request's own session was ended, or none.")
    errors: list[UserError] = errors()


def _rehearse(info: Info) -> None:
    """A payload that is badly asked for must not use up a token, or sign anybody out."""
    context = info.context
    before, context.viewer = context.viewer, context.viewer or _SOMEBODY
    try:
        rehearse(info.schema, info._raw_info)  # noqa: SLF001
    finally:
        context.viewer = before


def _shown(info: Info, signed: signing.SignedIn, *, browser: bool = False) -> SignInPayload:
    context, opened = info.context, signed.opened
    context.viewer = signed.viewer
    context.language = signed.viewer.language
    who: Any = signed.viewer.person
    if browser:
        csrf_token = context.keep(opened.token, opened.expires_at)
        return SignInPayload(expires_at=opened.expires_at, csrf_token=csrf_token, viewer=who)
    return SignInPayload(
        token=opened.token,
        expires_at=opened.expires_at,
        refresh_token=opened.refresh_token,
        refresh_expires_at=opened.refresh_expires_at,
        viewer=who,
    )


async def _sign_in(info: Info, input: SignInInput) -> SignInPayload:  # noqa: A002 -- Relay's name
    _rehearse(info)
    wanted: signing.SignIn = translate(input, signing.SignIn)
    if wanted.browser and not info.context.keeps:
        raise Refused(Code.BAD_REQUEST, "browser")
    try:
        signed = await signing.sign_in(wanted, info.context.origin)
    except Refused as refused:
        return SignInPayload(viewer=None, errors=user_errors(refused, info.context.language))
    return _shown(info, signed, browser=wanted.browser)


async def _refresh(info: Info, input: RefreshSessionInput) -> SignInPayload:  # noqa: A002 -- Relay's name
    _rehearse(info)
    try:
        signed = await signing.refresh(translate(input, session.RefreshSession))
    except Refused as refused:
        return SignInPayload(viewer=None, errors=user_errors(refused, info.context.language))
    return _shown(info, signed)


async def _sign_out(info: Info, input: SignOutInput) -> SignOutPayload:  # noqa: A002 -- Relay's name
    viewer = access.signed_in(info.context.viewer)
    try:
        await session.sign_out(viewer, translate(input, session.SignOut))
    except Refused as refused:
        return SignOutPayload(errors=user_errors(refused, info.context.language))
    info.context.drop()
    return SignOutPayload()


async def _end_session(info: Info, input: EndSessionInput) -> EndSessionPayload:  # noqa: A002 -- Relay's name
    viewer = access.signed_in(info.context.viewer)
    _rehearse(info)
    try:
        ended = await session.end(viewer, translate(input, session.EndSession))
    except Refused as refused:
        return EndSessionPayload(viewer=None, errors=user_errors(refused, info.context.language))
    if ended == viewer.credential:
        info.context.drop()
        return EndSessionPayload(viewer=None)
    who: Any = viewer.person
    return EndSessionPayload(viewer=who)


@strawberry.type
class SignInMutations:
    sign_in: SignInPayload = field(
        _sign_in,
        SignInInput,
        SignInPayload,
        "Sign in with e-mail and password; gives a token for 15 minutes and one to refresh it, or a cookie for 12 hours. "
        "After failures the next attempt has to wait: TOO_MANY_ATTEMPTS.",
    )
    refresh_session: SignInPayload = field(
        _refresh,
        RefreshSessionInput,
        SignInPayload,
        "New tokens for a refresh token, which is used up by it. Using one twice ends the session.",
    )
    sign_out: SignOutPayload = field(
        _sign_out, SignOutInput, SignOutPayload, "End this session, or all of one's own. API tokens stay."
    )
    end_session: EndSessionPayload = field(
        _end_session, EndSessionInput, EndSessionPayload, "End one of one's own sessions."
    )
    change_password: PersonPayload = mutation(
        ChangePasswordInput,
        signing.ChangePassword,
        signing.change_password,
        PersonPayload,
        lambda made: {"person": made.id},
        "Change one's own password; every sign-in ends, this one too. API tokens stay.",
    )
