"""R12: people and their roles."""

import asyncio
from dataclasses import replace
from uuid import uuid4

import pytest

from jejak.domain import access, person
from jejak.domain.errors import Code, Refused
from jejak.domain.person import CreatePerson, GrantRole, RevokeRole, SetLanguage
from jejak.domain.tables.person import Membership, Person
from jejak.domain.vocabulary import Language, Role, UnitKind
from tests.factories import PASSWORD, a_person, a_role, a_unit, a_viewer, reference_unit, viewer_for
from tests.refusals import dump, events_of, refused, unchanged


async def a_wish(unit=None, **changes) -> CreatePerson:
    unit = unit or await reference_unit("JATIM")
    return replace(
        CreatePerson("budi@pln.example", "Budi", Language.EN, unit.id, Role.CONTRIBUTOR, PASSWORD), **changes
    )


async def an_admin(code="HQ"):
    return await a_viewer(Role.ADMIN, await reference_unit(code))


async def test_a_person_starts_with_a_role():
    admin = await an_admin()
    made = await person.create(admin, await a_wish(email="  Budi@PLN.example ", ranger=True))
    kept = await Person.objects().get(Person.id == made.id)
    assert (kept.email, kept.name, kept.language, kept.version) == (
        "budi@pln.example",
        "Budi",
        Language.EN,
        1,
    )
    assert kept.password_hash.startswith("$argon2id$")
    [held] = await Membership.objects().where(Membership.person_id == made.id)
    assert (held.role, held.ranger, held.revoked_at) == (Role.CONTRIBUTOR, True, None)
    assert await events_of(made.id) == ["person.created", "person.role_granted"]
    assert not any(PASSWORD in line for line in await dump())


async def test_an_address_is_taken_once_in_any_case():
    admin, wanted = await an_admin(), await a_wish()
    await person.create(admin, wanted)
    async with refused(Code.TAKEN, "email"):
        await person.create(admin, replace(wanted, email="BUDI@pln.example"))


async def test_of_concurrent_creations_with_one_address_one_wins():
    admin, wanted = await an_admin(), await a_wish()
    made = await asyncio.gather(*(person.create(admin, wanted) for _ in range(4)), return_exceptions=True)
    assert sorted(type(each).__name__ for each in made) == ["Person", "Refused", "Refused", "Refused"]


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("email", "budi", Code.INVALID_EMAIL),
        ("email", "budi@pln", Code.INVALID_EMAIL),
        ("email", "budi@pln.example\0", Code.INVALID_EMAIL),
        ("email", "b" * 200 + "@pln.example", Code.INVALID_EMAIL),
        ("name", "", Code.REQUIRED),
        ("name", "x" * 201, Code.TOO_LONG),
        ("password", "elevenchars", Code.WEAK_PASSWORD),
        ("password", "x" * 257, Code.TOO_LONG),
        ("password", "budi.pln.example", Code.GUESSABLE_PASSWORD),
    ],
)
async def test_malformed_input_is_refused(field, value, code):
    admin, wanted = await an_admin(), await a_wish(**{field: value})
    async with refused(code, field):
        await person.create(admin, wanted)


@pytest.mark.parametrize("role", Role)
async def test_only_administrators_manage_people_and_only_below_them(role):
    region, other = await reference_unit("JATIM"), await reference_unit("BALI")
    viewer = await a_viewer(role, await reference_unit("HQ") if role is Role.PROGRAMME else region)
    wanted = await a_wish(await a_unit(UnitKind.UP3, region))
    if role is Role.ADMIN:
        assert await person.create(viewer, wanted)
        wanted = await a_wish(other, email="lain@pln.example")
        async with refused(Code.NOT_FOUND, "unit_id"):
            await person.create(viewer, wanted)
    else:
        async with refused(Code.FORBIDDEN, "unit_id"):
            await person.create(viewer, wanted)


async def test_the_programme_role_exists_at_headquarters_only():
    admin, root = await an_admin(), await reference_unit("HQ")
    wanted = await a_wish(role=Role.PROGRAMME)
    async with refused(Code.INVALID_KIND, "role"):
        await person.create(admin, wanted)
    assert await person.create(admin, replace(wanted, unit_id=root.id))


@pytest.mark.parametrize("role", Role)
async def test_a_ranger_can_carry_tasks_out(role):
    admin, root = await an_admin(), await reference_unit("HQ")
    wanted = await a_wish(root, role=role, ranger=True)
    if role in {Role.CONTRIBUTOR, Role.MANAGER}:
        assert await person.create(admin, wanted)
    else:
        async with refused(Code.NOT_STAFF, "ranger"):
            await person.create(admin, wanted)


async def test_granting_a_held_role_changes_its_ranger_mark_only():
    admin, unit = await an_admin(), await a_unit()
    who = await a_person(Role.CONTRIBUTOR, unit)
    wanted = GrantRole(who.id, unit.id, Role.CONTRIBUTOR, ranger=True)
    first = await person.grant(admin, wanted)
    async with unchanged():
        again = await person.grant(admin, wanted)
    assert (again.id, again.ranger) == (first.id, True)
    assert await Membership.count().where(Membership.person_id == who.id) == 1


async def test_concurrent_grants_of_one_role_make_one_membership():
    admin, unit = await an_admin(), await a_unit()
    who = await a_person(Role.CONTRIBUTOR, unit)
    made = await asyncio.gather(
        *(person.grant(admin, GrantRole(who.id, unit.id, Role.VIEWER)) for _ in range(6))
    )
    assert len({each.id for each in made}) == 1
    assert await events_of(who.id) == ["person.role_granted"] * 2


async def test_a_role_is_granted_to_somebody_who_exists_at_an_open_unit():
    admin, who = await an_admin(), await a_person(Role.VIEWER)
    closed = await a_unit(closed=True)
    async with refused(Code.NOT_FOUND, "person_id"):
        await person.grant(admin, GrantRole(uuid4(), (await reference_unit("HQ")).id, Role.VIEWER))
    async with refused(Code.UNIT_CLOSED, "unit_id"):
        await person.grant(admin, GrantRole(who.id, closed.id, Role.VIEWER))


async def test_a_revoked_role_stays_as_history_and_can_be_granted_again():
    admin, unit = await an_admin(), await a_unit()
    who = await a_person(Role.MANAGER, unit)
    [held] = await Membership.objects().where(Membership.person_id == who.id)
    revoked = await person.revoke(admin, RevokeRole(held.id))
    assert revoked.revoked_at is not None
    assert (await viewer_for(who)).grants == ()
    async with unchanged():
        again = await person.revoke(admin, RevokeRole(held.id))
    assert again.revoked_at == revoked.revoked_at
    await a_role(who, Role.MANAGER, unit)
    assert await Membership.count().where(Membership.person_id == who.id) == 2
    assert (await events_of(who.id))[-2:] == ["person.role_revoked", "person.role_granted"]


async def test_a_membership_elsewhere_does_not_exist_for_an_administrator():
    admin, unit = await an_admin("BALI"), await a_unit()
    who = await a_person(Role.MANAGER, unit)
    [held] = await Membership.objects().where(Membership.person_id == who.id)
    for unseen in (held.id, uuid4()):
        async with refused(Code.NOT_FOUND, "membership_id"):
            await person.revoke(admin, RevokeRole(unseen))


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
async def test_a_role_is_revoked_by_administrators_only(role):
    viewer, unit = await a_viewer(role, await reference_unit("HQ")), await a_unit()
    who = await a_person(Role.MANAGER, unit)
    [held] = await Membership.objects().where(Membership.person_id == who.id)
    async with refused(Code.FORBIDDEN, "membership_id"):
        await person.revoke(viewer, RevokeRole(held.id))


async def test_the_first_administrator_is_made_once_and_may_manage_people_and_units():
    secrets = await asyncio.gather(*(person.first_administrator("admin@pln.example") for _ in range(4)))
    assert sorted(secret is None for secret in secrets) == [False, True, True, True]
    async with unchanged():
        assert await person.first_administrator("other@pln.example") is None
    [who] = await Person.objects()
    viewer = await viewer_for(who)
    for right in (access.Right.PEOPLE, access.Right.UNITS):
        assert access.may(viewer, right, "HQ/BALI/")
    assert not any(secret in line for line in await dump() for secret in secrets if secret)


async def test_an_administrator_that_was_not_committed_can_be_made_again(monkeypatch):
    real = person._add

    async def dies(*_, **__):
        raise ConnectionError("killed")

    async with unchanged():
        monkeypatch.setattr(person, "_add", dies)
        with pytest.raises(ConnectionError):
            await person.first_administrator("admin@pln.example")
    monkeypatch.setattr(person, "_add", real)
    assert await person.first_administrator("admin@pln.example")


async def test_whoever_works_above_works_at_the_unit_and_not_the_other_way_round():
    up3 = await a_unit(UnitKind.UP3)
    ulp = await a_unit(UnitKind.ULP, up3)
    above, below = await a_person(Role.CONTRIBUTOR, up3), await a_person(Role.CONTRIBUTOR, ulp)
    assert [
        await person.works_at(who.id, unit)
        for who, unit in ((above, ulp), (above, up3), (below, ulp), (below, up3))
    ] == [
        True,
        True,
        True,
        False,
    ]


async def test_all_that_is_wrong_with_a_new_person_is_told_at_once():
    admin, wanted = await an_admin(), await a_wish(name="", password="short")
    with pytest.raises(Refused) as caught:
        await person.create(admin, wanted)
    assert [problem.path for problem in caught.value.problems] == [("name",), ("password",)]


@pytest.mark.parametrize("place", ["none", "BALI"])
async def test_a_role_is_granted_only_to_whom_the_administrator_sees(place):
    # Given somebody without any role, or with one in another region only
    admin, unit = await an_admin("JATIM"), await a_unit()
    who = await a_person(None)
    if place != "none":
        await a_role(who, Role.VIEWER, await reference_unit(place))
    # Then they answer as somebody who does not exist
    for person_id in (who.id, uuid4()):
        async with refused(Code.NOT_FOUND, "person_id"):
            await person.grant(admin, GrantRole(person_id, unit.id, Role.VIEWER))
    # While the service itself sees everybody
    assert await person.grant(access.SYSTEM, GrantRole(who.id, unit.id, Role.VIEWER))


async def test_whoever_lost_their_last_role_is_still_seen_where_they_held_it():
    admin, unit = await an_admin("JATIM"), await a_unit()
    who = await a_person(Role.MANAGER, unit)
    [held] = await Membership.objects().where(Membership.person_id == who.id)
    await person.revoke(admin, RevokeRole(held.id))
    assert await person.grant(admin, GrantRole(who.id, unit.id, Role.VIEWER))


async def the_role_of(viewer):
    [held] = await Membership.objects().where(Membership.person_id == viewer.person_id)
    return RevokeRole(held.id)


async def test_the_last_administrator_of_headquarters_stays():
    # Given one at headquarters, and others elsewhere or with other roles
    admin = await an_admin()
    await an_admin("JATIM")
    await a_viewer(Role.PROGRAMME, await reference_unit("HQ"))
    wanted = await the_role_of(admin)
    async with refused(Code.LAST_ADMINISTRATOR, "membership_id"):
        await person.revoke(admin, wanted)
    # When there is a second, the first can go, and the second stays
    second = await an_admin()
    assert (await person.revoke(admin, wanted)).revoked_at is not None
    wanted = await the_role_of(second)
    async with refused(Code.LAST_ADMINISTRATOR, "membership_id"):
        await person.revoke(second, wanted)


async def test_of_two_administrators_that_revoke_each_other_one_stays():
    one, other = await an_admin(), await an_admin()
    results = await asyncio.gather(
        person.revoke(one, await the_role_of(other)),
        person.revoke(other, await the_role_of(one)),
        return_exceptions=True,
    )
    assert sorted(type(result).__name__ for result in results) == ["Membership", "Refused"]


async def test_a_region_may_lose_its_last_administrator():
    admin, regional = await an_admin(), await an_admin("JATIM")
    assert (await person.revoke(admin, await the_role_of(regional))).revoked_at is not None


async def test_people_choose_their_language_and_choosing_it_again_changes_nothing():
    # given
    viewer = await a_viewer(Role.VIEWER, await reference_unit("JATIM"))
    # when
    made = await person.set_language(viewer, SetLanguage(Language.EN))
    # then
    kept = await Person.objects().get(Person.id == viewer.person)
    assert (kept.language, made.language) == (Language.EN, Language.EN)
    assert (await events_of(viewer.person))[-1] == "person.updated"
    async with unchanged():
        await person.set_language(viewer, SetLanguage(Language.EN))
