"""R12 alone: roles and what they reach. Pure, but for the SQL that says the same."""

from uuid import uuid4

import pytest

from jejak.domain import access, db
from jejak.domain.access import SYSTEM, Grant, Right, Viewer
from jejak.domain.errors import Code, Refused
from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import Language, Role, UnitKind
from tests.factories import a_unit, reference_unit

# Written from R12.
MAY = {
    Role.VIEWER: {Right.SEE},
    Role.CONTRIBUTOR: {Right.SEE, Right.CAPTURE, Right.PROGRESS},
    Role.MANAGER: {
        Right.SEE,
        Right.CAPTURE,
        Right.PROGRESS,
        Right.ASSIGN,
        Right.REVIEW,
        Right.VERIFY,
        Right.CLOSURES,
        Right.ANSWERS,
        Right.STAFF,
        Right.ISSUES,
        Right.STORE_REVIEWS,
    },
    Role.ADMIN: {Right.SEE, Right.PEOPLE, Right.OPERATE},
    Role.PROGRAMME: {
        Right.SEE,
        Right.UNITS,
        Right.ROLL_OUT,
        Right.RULES,
        Right.CALENDAR,
        Right.CLOSURES,
        Right.OPERATE,
        Right.MEASURE,
        Right.ANSWERS,
        Right.ISSUES,
        Right.STORE_REVIEWS,
    },
}


def a_viewer_of(*grants: tuple[str, UnitKind, Role]) -> Viewer:
    return Viewer(uuid4(), Language.ID, tuple(Grant(*grant) for grant in grants))


def a_unit_at(path: str) -> Unit:
    return Unit(path=path, kind=UnitKind.ULP)


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("role", Role)
def test_a_role_holds_its_rights_over_its_whole_subtree_and_nowhere_else(role, right):
    viewer = a_viewer_of(("HQ/JATIM/MLG/", UnitKind.UP3, role))
    allowed = right in MAY[role]
    for path, reached in {
        "HQ/JATIM/MLG/": allowed,
        "HQ/JATIM/MLG/KOTA/": allowed,
        "HQ/JATIM/": False,
        "HQ/": False,
        "HQ/JATIM/MLG2/": False,
        "HQ/BALI/MLG/": False,
    }.items():
        assert access.may(viewer, right, path) is reached, path


def test_nobody_may_anything_without_a_role():
    nobody = a_viewer_of()
    assert not any(access.may(nobody, right, "HQ/") for right in Right)
    assert nobody.paths == []


def test_roles_at_several_places_do_not_mix():
    viewer = a_viewer_of(("HQ/", UnitKind.HQ, Role.VIEWER), ("HQ/BALI/", UnitKind.UID, Role.MANAGER))
    assert access.may(viewer, Right.VERIFY, "HQ/BALI/DPS/")
    assert not access.may(viewer, Right.VERIFY, "HQ/JATIM/")
    assert access.may(viewer, Right.SEE, "HQ/JATIM/")
    assert viewer.paths == ["HQ/", "HQ/BALI/"]


def test_what_is_not_seen_is_not_found_and_what_is_seen_but_not_allowed_is_forbidden():
    viewer = a_viewer_of(("HQ/BALI/", UnitKind.UID, Role.VIEWER))
    for path, code in (("HQ/JATIM/", Code.NOT_FOUND), ("HQ/BALI/DPS/", Code.FORBIDDEN)):
        with pytest.raises(Refused) as caught:
            access.require(viewer, Right.ASSIGN, a_unit_at(path), "unit_id")
        assert (caught.value.code, caught.value.problems[0].path) == (code, ("unit_id",))
    access.require(viewer, Right.SEE, a_unit_at("HQ/BALI/DPS/"), "unit_id")


def test_a_right_of_the_region_is_not_made_of_a_role_below_and_a_view_above():
    viewer = a_viewer_of(("HQ/", UnitKind.HQ, Role.VIEWER), ("HQ/BALI/DPS/", UnitKind.UP3, Role.MANAGER))
    with pytest.raises(Refused) as caught:
        access.require_regional(viewer, Right.ASSIGN, a_unit_at("HQ/BALI/DPS/"), "x")
    assert caught.value.code is Code.FORBIDDEN
    region = a_viewer_of(("HQ/BALI/", UnitKind.UID, Role.MANAGER))
    access.require_regional(region, Right.ASSIGN, a_unit_at("HQ/BALI/DPS/"), "x")


def test_the_service_itself_may_everything_but_answers_for_nothing():
    assert all(access.may(SYSTEM, right, "HQ/BALI/") for right in Right)
    with pytest.raises(RuntimeError):
        _ = SYSTEM.person


@pytest.mark.parametrize("paths", [[], ["HQ/"], ["HQ/JATIM/"], ["HQ/JATIM/UP3-A/", "HQ/BALI/"], ["HQ/NTT/"]])
async def test_the_sql_sees_what_the_rule_sees(paths):
    up3 = await a_unit(UnitKind.UP3, await reference_unit("JATIM"), code="UP3-A")
    for parent in (up3, await a_unit(UnitKind.UP3, await reference_unit("JATIM"), code="UP3-A2")):
        await a_unit(UnitKind.ULP, parent)
    viewer = a_viewer_of(*((path, UnitKind.UID, Role.VIEWER) for path in paths))
    rows = await db.fetch(
        f"select u.path from unit u where {access.seen('u.id', '$1::text[]')}", viewer.paths
    )
    every = await db.fetch("select path from unit")
    assert {row["path"] for row in rows} == {
        row["path"] for row in every if access.may(viewer, Right.SEE, row["path"])
    }
