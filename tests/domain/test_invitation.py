"""Invitations: people set their own passwords, and nobody takes an account over by one."""

import asyncio
from datetime import timedelta

import pytest

from jejak.domain import clock, db, housekeeping, invitation, person, sign_in
from jejak.domain.access import SYSTEM
from jejak.domain.errors import Code, Refused
from jejak.domain.invitation import AcceptInvitation, InvitePerson
from jejak.domain.person import CreatePerson, RevokeRole
from jejak.domain.session import Origin
from jejak.domain.sign_in import SignIn
from jejak.domain.tables.person import Membership, Person
from jejak.domain.tables.sign_in import Invitation
from jejak.domain.vocabulary import Language, Role, UnitKind
from tests.factories import PASSWORD, a_person, a_role, a_unit, a_viewer, reference_unit, viewer_for
from tests.refusals import dump, events_of, refused

NEW = "gajah biru menari pelan"


async def an_admin(code: str = "HQ"):
    return await a_viewer(Role.ADMIN, await reference_unit(code))


async def accepted(token: str, new: str = NEW) -> Person:
    return await invitation.accept(AcceptInvitation(token, new), Origin("198.51.100.7"))


async def test_a_person_without_a_password_sets_their_own():
    # given
    unit = await reference_unit("JATIM")
    admin = await an_admin("JATIM")
    wanted = CreatePerson("budi@pln.example", "Budi", Language.ID, unit.id, Role.MANAGER)
    made = await person.create(admin, wanted)
    assert made.password_hash is None
    # when
    invited = await invitation.invite(admin, InvitePerson(made.id))
    assert (await accepted(invited.token)).id == made.id
    # then
    assert (await sign_in.sign_in(SignIn("budi@pln.example", NEW))).viewer.person_id == made.id
    assert await events_of(made.id) == [
        "person.created",
        "person.role_granted",
        "person.invited",
        "person.password_changed",
    ]
    actors = [
        row["actor_id"] for row in await db.fetch("select actor_id from event order by id desc limit 2")
    ]
    assert actors == [made.id, admin.person_id]
    kept = await dump()
    assert not any(secret in line for line in kept for secret in (invited.token, NEW))


async def test_a_create_without_a_password_can_be_retried_and_is_not_one_with():
    unit, admin = await reference_unit("JATIM"), await an_admin()
    wanted = CreatePerson(
        "budi@pln.example", "Budi", Language.ID, unit.id, Role.VIEWER, client_mutation_id="budi-1"
    )
    first = await person.create(admin, wanted)
    assert (await person.create(admin, wanted)).id == first.id
    with_password = CreatePerson(
        "budi@pln.example", "Budi", Language.ID, unit.id, Role.VIEWER, PASSWORD, client_mutation_id="budi-1"
    )
    async with refused(Code.CLIENT_ID_REUSED, "client_mutation_id"):
        await person.create(admin, with_password)


async def test_a_lost_password_is_replaced_and_every_session_ends():
    who = await a_person()
    before = await sign_in.sign_in(SignIn(who.email, PASSWORD))
    invited = await invitation.invite(await an_admin(), InvitePerson(who.id))
    # Until it is accepted everything stays as it is.
    assert await sign_in.viewer_of(before.token)
    await accepted(invited.token)
    assert await sign_in.viewer_of(before.token) is None
    async with refused(Code.WRONG_CREDENTIALS, "password"):
        await sign_in.sign_in(SignIn(who.email, PASSWORD))


async def test_it_is_good_once():
    who = await a_person()
    invited = await invitation.invite(await an_admin(), InvitePerson(who.id))
    await accepted(invited.token)
    async with refused(Code.INVITATION_ENDED, "token"):
        await accepted(invited.token, "sepuluh kuda berlari kencang")


async def test_of_two_who_accept_at_once_one_does():
    who = await a_person()
    invited = await invitation.invite(await an_admin(), InvitePerson(who.id))
    answers = await asyncio.gather(*(accepted(invited.token) for _ in range(3)), return_exceptions=True)
    assert sorted(type(each).__name__ for each in answers) == ["Person", "Refused", "Refused"]
    assert {each.code for each in answers if isinstance(each, Refused)} == {Code.INVITATION_ENDED}
    assert (await events_of(who.id)).count("person.password_changed") == 1


async def test_a_new_one_replaces_the_one_before():
    who, admin = await a_person(), await an_admin()
    first = await invitation.invite(admin, InvitePerson(who.id))
    second = await invitation.invite(admin, InvitePerson(who.id))
    async with refused(Code.INVITATION_ENDED, "token"):
        await accepted(first.token)
    await accepted(second.token)


async def test_it_holds_for_a_week():
    who, admin = await a_person(), await an_admin()
    invited = await invitation.invite(admin, InvitePerson(who.id))
    clock.shift(timedelta(days=7, seconds=1))
    async with refused(Code.INVITATION_ENDED, "token"):
        await accepted(invited.token)
    await housekeeping.forget_old()
    assert await Invitation.count() == 0
    again = await invitation.invite(admin, InvitePerson(who.id))
    clock.shift(timedelta(days=6, hours=23))
    await accepted(again.token)


@pytest.mark.parametrize("way", ["change", "reset"])
async def test_a_new_password_by_another_way_ends_it(way):
    who = await a_person()
    invited = await invitation.invite(await an_admin(), InvitePerson(who.id))
    if way == "change":
        await sign_in.change_password(await viewer_for(who), sign_in.ChangePassword(PASSWORD, NEW))
    else:
        await sign_in.reset_password(who.email)
    async with refused(Code.INVITATION_ENDED, "token"):
        await accepted(invited.token)


@pytest.mark.parametrize(
    ("new", "code"),
    [
        ("fourteen chars", Code.WEAK_PASSWORD),
        ("x" * 257, Code.TOO_LONG),
        ("Sri Wahyuni 2024", Code.GUESSABLE_PASSWORD),
    ],
)
async def test_a_poor_password_is_refused_and_the_invitation_stays(new, code):
    who = await a_person()
    invited = await invitation.invite(await an_admin(), InvitePerson(who.id))
    async with refused(code, "new_password"):
        await accepted(invited.token, new)
    await accepted(invited.token)


async def test_an_administrator_invites_only_whose_every_role_they_manage():
    """Else whoever manages a small unit would sign in as somebody with roles above it."""
    # given
    region = await reference_unit("JATIM")
    up3 = await a_unit(UnitKind.UP3, region)
    who = await a_person(Role.MANAGER, await a_unit(parent=up3))
    small, large = await a_viewer(Role.ADMIN, up3), await an_admin("JATIM")
    await invitation.invite(small, InvitePerson(who.id))
    # when
    await a_role(who, Role.VIEWER, region)
    # then
    async with refused(Code.FORBIDDEN, "person_id"):
        await invitation.invite(small, InvitePerson(who.id))
    await invitation.invite(large, InvitePerson(who.id))


async def test_who_gets_a_role_above_while_the_invitation_is_open_is_not_taken_over_by_it():
    # given
    up3 = await a_unit(UnitKind.UP3)
    who = await a_person(Role.VIEWER, await a_unit(parent=up3))
    invited = await invitation.invite(await a_viewer(Role.ADMIN, up3), InvitePerson(who.id))
    # when
    await a_role(who, Role.ADMIN, await reference_unit("HQ"))
    # then
    async with refused(Code.INVITATION_ENDED, "token"):
        await accepted(invited.token)


async def test_an_invitation_by_who_is_no_administrator_any_more_is_none():
    # given
    up3 = await a_unit(UnitKind.UP3)
    who, inviter = await a_person(Role.VIEWER, up3), await a_person(Role.ADMIN, up3)
    invited = await invitation.invite(await viewer_for(inviter), InvitePerson(who.id))
    # when
    [held] = await Membership.objects().where(Membership.person_id == inviter.id)
    await person.revoke(await an_admin(), RevokeRole(held.id))
    # then
    async with refused(Code.INVITATION_ENDED, "token"):
        await accepted(invited.token)


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.ADMIN, Role.PROGRAMME}])
async def test_who_does_not_manage_people_invites_nobody(role):
    unit = await a_unit()
    who = await a_person(Role.VIEWER, unit)
    viewer, elsewhere = await a_viewer(role, await reference_unit("HQ")), await an_admin("BALI")
    async with refused(Code.FORBIDDEN, "person_id"):
        await invitation.invite(viewer, InvitePerson(who.id))
    async with refused(Code.NOT_FOUND, "person_id"):
        await invitation.invite(elsewhere, InvitePerson(who.id))


async def test_nobody_invites_themself():
    """A token that was stolen for a quarter of an hour must not become a password."""
    admin = await an_admin()
    async with refused(Code.FORBIDDEN, "person_id"):
        await invitation.invite(admin, InvitePerson(admin.person))


async def test_who_has_lost_their_last_role_is_invited_by_who_managed_it():
    unit = await a_unit()
    who = await a_person(Role.VIEWER, unit)
    [held] = await Membership.objects().where(Membership.person_id == who.id)
    await person.revoke(await an_admin(), RevokeRole(held.id))
    await invitation.invite(await an_admin("JATIM"), InvitePerson(who.id))


async def test_the_service_itself_invites_anybody():
    who = await a_person(None)
    invited = await invitation.invite(SYSTEM, InvitePerson(who.id))
    await accepted(invited.token)


async def test_guesses_at_invitations_are_slowed_down():
    who = await a_person()
    invited = await invitation.invite(await an_admin(), InvitePerson(who.id))
    for _ in range(11):
        async with refused(Code.INVITATION_ENDED, "token"):
            await accepted("jejak_invitation_guess")
    async with refused(Code.TOO_MANY_ATTEMPTS, "token"):
        await accepted(invited.token)
    clock.shift(timedelta(seconds=1))
    await accepted(invited.token)
