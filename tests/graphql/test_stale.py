"""`expectedVersion` at every mutation that takes one: what is refused as stale is shown as it is now."""

import re
from typing import Any
from uuid import uuid4

import pytest
from graphql import get_named_type, is_leaf_type

from jejak.domain import db
from jejak.domain.vocabulary import Role, TaskStatus
from jejak.graphql import ids
from tests import factories as f
from tests.client import as_, gid, is_bulk, problems, schema
from tests.graphql.test_access import answers_of
from tests.graphql.world import VALID, World
from tests.refusals import unchanged


def versioned() -> dict[str, str | None]:
    """Every mutation that names a version: in its input (None), or in the rows of which list."""
    found = {}
    for name, field in schema().mutation_type.fields.items():
        fields = field.args["input"].type.of_type.fields
        lists = {at: get_named_type(one.type) for at, one in fields.items()}
        within = [at for at, kind in lists.items() if "expectedVersion" in getattr(kind, "fields", {})]
        if "expectedVersion" in fields or within:
            found[name] = within[0] if within else None
    return found


# The version it names is that of the rules, not of the unit: its test is in test_reminder.
OWN = {"updateReminderRules"}
# What these make anew they name by something else: theirs are in tests/domain/test_assessment.py.
OWN |= {"createAssessmentTemplate", "recordAssessment"}
# A target is named by unit, year and metric: its test is in test_kpi_target.
OWN |= {"setKpiTargets"}
VERSIONED = {name: rows for name, rows in versioned().items() if name not in OWN}
EVERYBODY_SEES = {"updateSlaPolicy", "updateAlertRule", "setProgrammeEnd", "updateWave", "closeWave"}


def the_input(mutation: str, world: World) -> tuple[Any, dict[str, Any]]:
    """Who may do it, and the part of the input that names the version."""
    who, given = VALID[mutation](world)
    rows = VERSIONED[mutation]
    part = given[rows][0] if rows else given
    if mutation == "captureJourney":  # which replaces a draft where it names one
        replaced = {"journeyId": gid(world.draft), "expectedVersion": world.draft.version}
        part = part | replaced | {"recapturesId": None}
    return who, part


def whole(mutation: str, part: dict[str, Any]) -> dict[str, Any]:
    rows = VERSIONED[mutation]
    return {rows: [part]} if rows else part


def subject(mutation: str) -> tuple[str, str]:
    """What the payload shows, and the input that names it."""
    (shown,) = [
        name for name, field in answers_of(mutation).fields.items() if not is_leaf_type(get_named_type(field.type))
        and name != "errors"
    ]  # fmt: skip
    return shown, f"{shown}Id"


def everything(kind: Any) -> str:
    """Every field of the type that is no object, and the ids of those that are one."""
    parts = []
    for name, field in kind.fields.items():
        target = get_named_type(field.type)
        if is_leaf_type(target):
            parts.append(name)
        elif "id" in target.fields:
            parts.append(f"{name} {{ id }}")
        elif "nodes" in target.fields:
            parts.append(f"{name}(first: 20) {{ totalCount }}")
    return " ".join(parts)


async def refused(client: Any, mutation: str, part: dict[str, Any]) -> tuple[list[tuple[str, str]], Any]:
    """Why, and what is shown."""
    shown, _ = subject(mutation)
    kind = get_named_type(answers_of(mutation).fields[shown].type)
    asked = f"{shown} {{ {everything(kind)} }}"
    payload = await client.do(
        mutation, f"results {{ {asked} }}" if is_bulk(mutation) else asked, **whole(mutation, part)
    )
    told = [(error["code"], error["path"][-1]) for error in problems(payload)]
    return told, (payload["results"][0] if is_bulk(mutation) else payload)[shown]


def test_there_are_many():
    assert len(VERSIONED) > 15
    assert "updateTasks" in VERSIONED


@pytest.mark.parametrize("mutation", VERSIONED)
async def test_a_stale_change_is_refused_with_the_object_as_a_query_shows_it(world, mutation):
    # given somebody else's change in the meantime
    who, part = the_input(mutation, world)
    _, at = subject(mutation)
    kind, key = ids.split(part[at])
    table = re.sub(r"(?<!^)(?=[A-Z])", "_", kind).lower()
    await db.execute(f"update {table} set version = version + 3 where id = $1", key)
    client = await as_(who)
    # when
    async with unchanged():
        told, now = await refused(client, mutation, part)
    # then
    assert told == [("STALE", "expectedVersion")]
    asked = f"... on {kind} {{ {everything(schema().type_map[kind])} }}"
    fresh = await client.data(f"query ($id: ID!) {{ node(id: $id) {{ {asked} }} }}", id=part[at])
    assert now == fresh["node"]
    assert now["version"] == part["expectedVersion"] + 3


@pytest.mark.parametrize("mutation", VERSIONED)
async def test_who_may_not_is_told_so_before_how_it_is(world, mutation):
    """NOT_FOUND, then FORBIDDEN, then STALE: nobody learns by a version of what they do not see or may not do."""
    _, part = the_input(mutation, world)
    _, at = subject(mutation)
    # What a journey is captured anew for must be seen at the unit that is named first.
    at = "unitId" if mutation == "captureJourney" else at
    stale = part | {"expectedVersion": 99}
    stranger = await as_(await f.a_person(Role.MANAGER, world.elsewhere))
    onlooker = await as_(await f.a_person(Role.VIEWER, world.hq))
    async with unchanged():
        if mutation not in EVERYBODY_SEES:
            assert await refused(stranger, mutation, stale) == ([("NOT_FOUND", at)], None)
        told, now = await refused(onlooker, mutation, stale)
        assert told == [("FORBIDDEN", at)]
        assert now is not None
        unknown = {at: ids.encode(ids.split(part[at])[0], uuid4())}
        told, _ = await refused(onlooker, mutation, stale | unknown)
    assert told == [("NOT_FOUND", at)]


# Of what is in another state than the change wants, and who asks.
DONE = {
    "submitJourney": ("journeyId", lambda w: w.accepted),
    "acceptJourney": ("journeyId", lambda w: w.accepted),
    "returnJourney": ("journeyId", lambda w: w.accepted),
    "archiveJourney": ("journeyId", lambda w: w.draft),
    "captureJourney": ("journeyId", lambda w: w.accepted),
    "closePainPoint": ("painPointId", lambda w: w.open_point),
    "pausePainPoint": ("painPointId", lambda w: w.paused_point),
    "resumePainPoint": ("painPointId", lambda w: w.open_point),
    "updateTask": ("taskId", None),
    "updateTasks": ("taskId", None),
    "reportProgress": ("taskId", None),
    "submitTask": ("taskId", None),
    "verifyTask": ("taskId", None),
    "returnTask": ("taskId", None),
    "blockTask": ("taskId", None),
    "unblockTask": ("taskId", None),
    "cancelTask": ("taskId", None),
}


@pytest.mark.parametrize("mutation", DONE)
async def test_a_stale_version_is_told_before_the_state(world, mutation):
    """Whoever has not seen the state is first shown it."""
    # given
    who, part = the_input(mutation, world)
    at, which = DONE[mutation]
    thing = (
        which(world) if which else await f.a_task(world.here, owner=world.owner, status=TaskStatus.CANCELLED)
    )
    client, named = await as_(who), {at: gid(thing)}
    async with unchanged():
        # when
        stale, _ = await refused(client, mutation, part | named | {"expectedVersion": 99})
        current, _ = await refused(client, mutation, part | named | {"expectedVersion": thing.version})
    # then
    assert stale == [("STALE", "expectedVersion")]
    assert [code for code, _ in current] == ["WRONG_STATUS"]
