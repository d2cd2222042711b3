"""Invitations. What they take, what they answer."""

from datetime import datetime

import strawberry

from jejak.domain import invitation
from jejak.domain.errors import Refused
from jejak.graphql.context import Info
from jejak.graphql.errors import UserError, user_errors
from jejak.graphql.mutation import errors, field, given, mutation, ref, translate
from jejak.graphql.mutations.sign_in import RULES
from jejak.graphql.person import Person
from jejak.graphql.reading import held


@strawberry.input(description="Let a person set their password.")
class InvitePersonInput:
    person_id: strawberry.ID = ref("Person", "Who.")


@strawberry.input(description="Set one's first password, or a new one for one that is lost.")
class AcceptInvitationInput:
    token: str = given("The invitation's token.")
    new_password: str = given(RULES)


@strawberry.type(description="An invitation, shown once, to be handed to the person.")
class InvitePersonPayload:
    token: str | None = strawberry.field(description="For `acceptInvitation`; good once.", default=None)
    expires_at: datetime | None = strawberry.field(description="Until when it holds, 7 days.", default=None)
    person: Person | None = held("The person; null where there is none that the viewer sees.")
    errors: list[UserError] = errors()


@strawberry.type(description="With which e-mail address to sign in now.")
class AcceptInvitationPayload:
    email: str | None = strawberry.field(description="The person's e-mail address.", default=None)
    errors: list[UserError] = errors()


async def _accept(info: Info, input: AcceptInvitationInput) -> AcceptInvitationPayload:  # noqa: A002 -- Relay's name
    wanted: invitation.AcceptInvitation = translate(input, invitation.AcceptInvitation)
    try:
        person = await invitation.accept(wanted, info.context.origin)
    except Refused as refused:
        return AcceptInvitationPayload(errors=user_errors(refused, info.context.language))
    return AcceptInvitationPayload(email=person.email)


@strawberry.type
class InvitationMutations:
    invite_person: InvitePersonPayload = mutation(
        InvitePersonInput,
        invitation.InvitePerson,
        invitation.invite,
        InvitePersonPayload,
        lambda made: {"token": made.token, "expires_at": made.expires_at, "person": made.person_id},
        "Let a person set their password, the first or a new one; for who manages people at every unit where they hold "
        "a role. Replaces an invitation that is open.",
        current="person_id",
    )
    accept_invitation: AcceptInvitationPayload = field(
        _accept,
        AcceptInvitationInput,
        AcceptInvitationPayload,
        "Set the password that an invitation is for. Ends every session; sign in afterwards.",
    )
