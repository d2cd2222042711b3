"""Rollouts to random trees, and what is extended later, against a plain model written from their words."""

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jejak.domain import db, rollout
from jejak.domain.access import Grant, Viewer
from jejak.domain.errors import Code, Refused
from jejak.domain.rollout import ExtendRollout
from jejak.domain.rollout_scope import Due
from jejak.domain.tables.task import Task
from jejak.domain.vocabulary import Language, Role, UnitKind, WhyNot, WithoutOwner
from tests import factories as f
from tests.graphql import rows

# A unit: the UP3 that it is below (None: one of these itself), whether it is closed, and who works there, in order.
STAFF = st.lists(
    st.tuples(st.sampled_from((Role.VIEWER, Role.CONTRIBUTOR, Role.MANAGER)), st.booleans(), st.booleans()),
    max_size=4,
)
ULPS = st.lists(st.tuples(st.integers(0, 2), st.booleans(), STAFF), min_size=1, max_size=6)
SCOPES = st.fixed_dictionaries(
    {
        "top": st.none() | st.integers(0, 3),
        "kinds": st.lists(st.sampled_from((UnitKind.UP3, UnitKind.ULP, UnitKind.UID)), max_size=3),
        "named": st.lists(st.integers(0, 20), max_size=3),
        "without_owner": st.sampled_from(WithoutOwner),
    }
)


@dataclass
class Model:
    """Everything by hand: units, and by unit those who work there in the order in which they came."""

    units: list[Any]
    staff: dict[Any, list[tuple[Any, Role, bool]]]

    def owner(self, unit: Any) -> Any:
        working = self.staff.get(unit.id, [])
        rangers = [who for who, _, ranger in working if ranger]
        managers = [who for who, role, _ in working if role is Role.MANAGER]
        return next(iter(rangers + managers), None)

    def scope(self, top: Any, kinds: list[UnitKind], named: set[Any]) -> list[Any]:
        return [
            unit
            for unit in self.units
            if unit.id in named
            or (top and unit.closed_at is None and unit.kind in kinds and unit.path.startswith(top.path))
        ]

    def told(self, units: list[Any], given: set[Any]) -> dict[Any, Any]:
        """What becomes of each: its owner, or why it gets nothing."""
        found = {}
        for unit in units:
            owner = self.owner(unit)
            if unit.closed_at is not None:
                found[unit.id] = WhyNot.UNIT_CLOSED
            elif unit.id in given:
                found[unit.id] = WhyNot.ALREADY_GIVEN
            else:
                found[unit.id] = owner or WhyNot.NO_OWNER
        return found


async def a_tree(ulps) -> Model:
    region = await f.reference_unit("JATIM")
    up3s = [rows.unit_below(region, kind=UnitKind.UP3) for _ in range(3)]
    units = [*up3s]
    people, roles, staff = [], [], {}
    for below, closed, working in ulps:
        unit = rows.unit_below(up3s[below], closed_at=rows.AT if closed else None)
        units.append(unit)
        for role, ranger, revoked in working:
            who = rows.person()
            people.append(who)
            marked = ranger and role is not Role.VIEWER
            roles.append(
                rows.membership(
                    who,
                    unit,
                    role=role,
                    ranger=marked,
                    granted_at=f.clock.now(),
                    revoked_at=rows.AT if revoked else None,
                )
            )
            if not revoked:
                staff.setdefault(unit.id, []).append((who.id, role, marked))
    await rows.write(*units, *people, *roles)
    await db.execute("update unit set calendar_id = $1 where calendar_id is null", region.calendar_id)
    return Model([region, *units], staff)


def told_of(places) -> dict[Any, Any]:
    return {place.unit.id: place.why_not or place.owner_id for place in places}


async def given_by(row) -> dict[Any, Any]:
    return {task.unit_id: task.owner_id for task in await Task.objects().where(Task.rollout_id == row.id)}


def owners_in(told: dict[Any, Any]) -> dict[Any, Any]:
    return {key: value for key, value in told.items() if not isinstance(value, WhyNot)}


def expected_refusal(told: dict[Any, Any], policy: WithoutOwner) -> Code | None:
    reasons = list(told.values())
    if WhyNot.UNIT_CLOSED in reasons:
        return Code.UNIT_CLOSED
    if not reasons:
        return Code.NO_UNITS
    lacking = reasons.count(WhyNot.NO_OWNER)
    if lacking and (policy is WithoutOwner.REFUSE or lacking == len(reasons)):
        return Code.UNITS_WITHOUT_OWNER
    return None


@settings(max_examples=15)
@given(ULPS, SCOPES, ULPS)
@example(
    [(0, False, [(Role.MANAGER, False, False)]), (0, True, [])],
    {"top": 0, "kinds": [], "named": [], "without_owner": WithoutOwner.SKIP},
    [(0, False, [])],
)
async def test_every_unit_gets_what_the_model_says(clean, ulps, scope, later):
    # Given
    await clean()
    model = await a_tree(ulps)
    up3s = model.units[1:4]
    who = await f.a_person(None)
    viewer = Viewer(who.id, Language.ID, (Grant("HQ/", UnitKind.HQ, Role.PROGRAMME),))
    top = None if scope["top"] is None else model.units[scope["top"]]
    named = [model.units[n % len(model.units)].id for n in scope["named"]]
    if top is None and not named:
        top = up3s[0]
    kinds = scope["kinds"] or [UnitKind.ULP]
    wanted = f.a_new_rollout(top, kinds=kinds, unit_ids=named, without_owner=scope["without_owner"])
    told = model.told(model.scope(top, kinds, set(named)), set())
    # When it is previewed, then each unit is told of as it is
    places = await rollout.preview(viewer, wanted)
    assert told_of(places) == told
    assert [place.unit.path for place in places] == sorted(place.unit.path for place in places)
    # And when it is done, then just so
    refusal = expected_refusal(told, scope["without_owner"])
    if refusal is not None:
        with pytest.raises(Refused) as refused:
            await rollout.create(viewer, wanted)
        assert refused.value.code is refusal
        return
    made = await rollout.create(viewer, wanted)
    assert await given_by(made.rollout) == owners_in(told)
    # And given that more units come, and people to those that there are
    more = await a_tree(later)
    for unit in model.units[4:]:
        if not model.staff.get(unit.id) and not unit.closed_at:
            ranger = await f.a_person(Role.CONTRIBUTOR, unit, ranger=True)
            model.staff[unit.id] = [(ranger.id, Role.CONTRIBUTOR, True)]
    whole = Model(model.units + more.units[1:], model.staff | more.staff)
    given = set(owners_in(told))
    told = whole.told(whole.scope(top, kinds, set(named)), given)
    # When it is extended, then just those get it that can and did not
    extension = ExtendRollout(made.rollout.id, made.rollout.version, Due())
    before = await given_by(made.rollout)
    assert told_of(await rollout.preview_extension(viewer, extension)) == told
    assert (await rollout.extend(viewer, extension)).count == len(owners_in(told))
    assert await given_by(made.rollout) == before | owners_in(told)
