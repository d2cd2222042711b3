"""R12: a password is good where whoever stands for it manages people, and nobody's elsewhere."""

import pytest

from jejak.domain import invitation, person, person_import, sign_in
from jejak.domain.errors import Code, Refused
from jejak.domain.invitation import AcceptInvitation, InvitePerson
from jejak.domain.person import CreatePerson, GrantRole
from jejak.domain.person_import import ImportPeople, PersonRow
from jejak.domain.sign_in import ChangePassword, SignIn
from jejak.domain.tables.person import Person
from jejak.domain.vocabulary import Language, Role, UnitKind
from tests import factories as f
from tests.refusals import events_of

EMAIL = "direktur@pln.example"
KNOWN = "gajah biru menari pelan"
OTHER = "perahu kertas di atas awan"


async def signs_in(password: str) -> bool:
    try:
        await sign_in.sign_in(SignIn(EMAIL, password))
    except Refused as refused:
        if refused.code is not Code.WRONG_CREDENTIALS:
            raise
        return False
    return True


async def made_by(admin, unit, password: str | None = KNOWN) -> Person:
    return await person.create(
        admin, CreatePerson(EMAIL, "Direktur", Language.ID, unit.id, Role.VIEWER, password)
    )


async def grant(who: Person, unit) -> None:
    headquarters = await f.a_viewer(Role.ADMIN, await f.reference_unit("HQ"))
    await person.grant(headquarters, GrantRole(who.id, unit.id, Role.MANAGER))


async def import_role(who: Person, unit) -> None:
    headquarters = await f.a_viewer(Role.ADMIN, await f.reference_unit("HQ"))
    row = PersonRow(EMAIL, "Direktur", Role.MANAGER, unit_id=unit.id)
    done = await person_import.load(headquarters, ImportPeople([row]))
    assert done.problems == []


@pytest.mark.parametrize("give", [grant, import_role])
async def test_a_password_that_a_small_units_administrator_knows_opens_nothing_greater(give):
    # Given an account that somebody at a ULP made ahead, for who will come to the region
    ulp = await f.a_unit(UnitKind.ULP)
    who = await made_by(await f.a_viewer(Role.ADMIN, ulp), ulp)
    opened = await sign_in.sign_in(SignIn(EMAIL, KNOWN))
    # When the region's role comes
    await give(who, await f.reference_unit("JATIM"))
    # Then neither the password nor what was opened by it is good any more
    assert not await signs_in(KNOWN)
    assert await sign_in.current(opened.viewer) is None
    assert (await events_of(who.id))[-1] == "person.password_ended"
    # And who has a role there gets the person in
    headquarters = await f.a_viewer(Role.ADMIN, await f.reference_unit("HQ"))
    invited = await invitation.invite(headquarters, InvitePerson(who.id))
    await invitation.accept(AcceptInvitation(invited.token, OTHER))
    assert await signs_in(OTHER)


async def test_an_invitation_that_was_accepted_by_somebody_else_opens_nothing_greater():
    ulp = await f.a_unit(UnitKind.ULP)
    admin = await f.a_viewer(Role.ADMIN, ulp)
    who = await made_by(admin, ulp, None)
    invited = await invitation.invite(admin, InvitePerson(who.id))
    await invitation.accept(AcceptInvitation(invited.token, KNOWN))
    # Nor does it help to change it
    viewer = (await sign_in.sign_in(SignIn(EMAIL, KNOWN))).viewer
    await sign_in.change_password(viewer, ChangePassword(KNOWN, OTHER))
    assert await signs_in(OTHER)
    await grant(who, await f.reference_unit("JATIM"))
    assert not await signs_in(OTHER)


async def test_a_role_where_they_who_stand_for_it_manage_people_leaves_a_password_as_it_is():
    ulp = await f.a_unit(UnitKind.ULP)
    up3 = await f.a_unit(UnitKind.UP3)
    who = await made_by(await f.a_viewer(Role.ADMIN, await f.reference_unit("JATIM")), ulp)
    await grant(who, up3)
    assert await signs_in(KNOWN)


async def test_the_operator_stands_for_a_password_everywhere():
    ulp = await f.a_unit(UnitKind.ULP)
    who = await made_by(await f.a_viewer(Role.ADMIN, ulp), ulp)
    password = await sign_in.reset_password(EMAIL)
    assert password is not None
    await grant(who, await f.reference_unit("JATIM"))
    assert await signs_in(password)
