"""Rollouts as clients see them: previews, figures of what each viewer sees, lists, histories."""

import asyncio
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import pytest

from jejak.domain import clock, db, recurrence
from jejak.domain.tables.rollout import Rollout
from jejak.domain.tables.task import Task
from jejak.domain.vocabulary import Role, TaskStatus, UnitKind
from jejak.graphql import ids
from tests import factories as f
from tests.client import as_, gid
from tests.graphql import rows
from tests.graphql.world import initiative
from tests.moments import MONDAY, go_to
from tests.refusals import unchanged
from tests.sql import statements

PREVIEW = """query ($input: RolloutInitiativeInput!) { rolloutPreview(input: $input) {
    units given withoutOwner closed alreadyGiven pastDue
    results { unit { code } owner { name } rule dueOn openTasks whyNot } errors { code path } } }"""
PROGRESS = "units tasks started submitted verifiedTasks overdue reported verified"


@pytest.fixture
async def programme():
    return await as_(await f.a_viewer(Role.PROGRAMME, await f.reference_unit("HQ")))


def wanted(top, **more) -> dict[str, Any]:
    given = {"initiativeId": initiative("9.2"), "title": "Mystery shopping silang", "unitId": gid(top)}
    return given | {"kinds": ["ULP"], "dueInDays": 10} | more


async def a_region_with(statuses: list[list[TaskStatus]]):
    """UP3s, each with a ULP for each of these statuses, whose task of a rollout stands there."""
    up3s = []
    for _ in statuses:
        up3s.append(await f.a_unit(UnitKind.UP3))
        for _ in statuses[len(up3s) - 1]:
            await f.a_person(Role.CONTRIBUTOR, await f.a_unit(UnitKind.ULP, up3s[-1]), ranger=True)
    row = await f.a_rollout(await f.reference_unit("JATIM"))
    for up3, of_up3 in zip(up3s, statuses, strict=True):
        manager = await f.a_viewer(Role.MANAGER, up3)
        found = await db.fetch(
            "select t.id, t.owner_id from task t join unit u on u.id = t.unit_id where u.parent_id = $1 order by t.id",
            up3.id,
        )
        for one, status in zip(found, of_up3, strict=True):
            made = await Task.objects().get(Task.id == one["id"])
            owner = await f.Person.objects().get(f.Person.id == one["owner_id"])
            await f.bring(made, status, owner=await f.viewer_for(owner), manager=manager)
    return row, up3s


def shown(value: Fraction) -> str:
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return str(exact.quantize(Decimal("0.01"), ROUND_HALF_UP))


async def modelled(row: Rollout, path: str) -> dict[str, Any]:
    """The figures of a subtree in plain fractions."""
    found = await db.fetch(
        "select t.*, u.path from task t join unit u on u.id = t.unit_id where t.rollout_id = $1", row.id
    )
    tasks = [one for one in found if one["path"].startswith(path) and one["status"] != "CANCELLED"]
    top = await db.fetchval("select path from unit where id = $1", row.top_id)
    scope = {
        unit["id"]
        for unit in await db.fetch("select id, path, kind from unit where closed_at is null")
        if unit["kind"] in row.kinds and unit["path"].startswith(top) and unit["path"].startswith(path)
    }
    verified = [one for one in tasks if one["status"] == "VERIFIED"]
    today = clock.today("Asia/Jakarta")
    open_ = {"PLANNED", "IN_PROGRESS", "RETURNED", "BLOCKED"}
    return {
        "units": len(scope | {one["unit_id"] for one in tasks}),
        "tasks": len(tasks),
        "started": sum(
            (one["blocked_from"] or one["status"]) != "PLANNED" or one["progress"] > 0 for one in tasks
        ),
        "submitted": sum(one["status"] == "SUBMITTED" for one in tasks),
        "verifiedTasks": len(verified),
        "overdue": sum(one["status"] in open_ and one["due_on"] < today for one in tasks),
        "reported": shown(Fraction(sum(one["progress"] for one in tasks), len(tasks))) if tasks else None,
        "verified": shown(Fraction(100 * len(verified), len(tasks))) if tasks else None,
    }


async def test_a_preview_tells_of_each_unit_what_the_rollout_then_does(programme):
    # Given
    up3 = await f.a_unit(UnitKind.UP3)
    ready, bare, closed = [
        await f.a_unit(UnitKind.ULP, up3, code=f"ULP-{name}", closed=name == "C") for name in "ABC"
    ]
    await f.a_person(Role.CONTRIBUTOR, ready, ranger=True, name="Budi")
    given = wanted(up3, unitIds=[gid(closed)])
    # When
    async with unchanged():
        preview = (await programme.data(PREVIEW, input=given))["rolloutPreview"]
    # Then
    due = f.in_working_days(up3, 10).isoformat()
    nobody = {"owner": None, "rule": None, "dueOn": due, "openTasks": 0}
    assert preview == {
        "units": 3,
        "given": 1,
        "withoutOwner": 1,
        "closed": 1,
        "alreadyGiven": 0,
        "pastDue": 0,
        "results": [
            nobody | {"unit": {"code": "ULP-A"}, "owner": {"name": "Budi"}, "rule": "RANGER", "whyNot": None},
            nobody | {"unit": {"code": "ULP-B"}, "whyNot": "NO_OWNER"},
            nobody | {"unit": {"code": "ULP-C"}, "whyNot": "UNIT_CLOSED"},
        ],
        "errors": [],
    }
    shows = "count rollout { id withoutOwner(first: 9) { nodes { code } } }"
    done = await programme.done("rolloutInitiative", shows, **wanted(up3))
    assert (done["count"], done["rollout"]["withoutOwner"]["nodes"]) == (1, [{"code": bare.code}])
    # And the extension's preview knows who has it
    await f.a_person(Role.MANAGER, bare)
    extension = """query ($input: ExtendRolloutInput!) { rolloutExtensionPreview(input: $input) {
        given alreadyGiven results { unit { code } whyNot } errors { code path } } }"""
    asked = {"rolloutId": done["rollout"]["id"], "expectedVersion": 1}
    preview = (await programme.data(extension, input=asked))["rolloutExtensionPreview"]
    assert preview["results"] == [
        {"unit": {"code": "ULP-A"}, "whyNot": "ALREADY_GIVEN"},
        {"unit": {"code": "ULP-B"}, "whyNot": None},
    ]
    assert (preview["given"], preview["alreadyGiven"], preview["errors"]) == (1, 1, [])


async def test_a_preview_is_refused_as_the_rollout_would_be(programme):
    up3 = await f.a_unit(UnitKind.UP3)
    manager = await as_(await f.a_viewer(Role.MANAGER, up3))
    stranger = await as_(await f.a_viewer(Role.MANAGER))
    for client, given, code, at in [
        (programme, wanted(up3, title=""), "REQUIRED", "title"),
        (programme, wanted(up3, unitId="nonsense"), "INVALID_ID", "unitId"),
        (manager, wanted(up3), "FORBIDDEN", "unitId"),
        (stranger, wanted(up3), "NOT_FOUND", "unitId"),
    ]:
        preview = (await client.data(PREVIEW, input=given))["rolloutPreview"]
        assert preview["errors"] == [{"code": code, "path": ["input", at]}]
        assert (preview["results"], preview["units"]) == ([], 0)


async def test_a_preview_costs_the_same_statements_for_a_hundred_units(programme):
    counts = []
    for number in (1, 100):
        up3 = await f.a_unit(UnitKind.UP3)
        units = [rows.unit_below(up3, calendar_id=up3.calendar_id) for _ in range(number)]
        await rows.write(*units)
        await db.execute(
            "update unit set calendar_id = (select calendar_id from unit where kind = 'HQ') where calendar_id is null"
        )
        async with statements() as counted:
            preview = (await programme.data(PREVIEW, input=wanted(up3)))["rolloutPreview"]
        assert len(preview["results"]) == number
        counts.append(len([text for text in counted.sql if "current_setting('jit')" not in text]))
    assert counts[0] == counts[1]


async def test_figures_are_of_what_the_viewer_sees_and_as_the_model_says(programme):
    # Given a rollout over two UP3s, with every status, some of it late, and units that have nothing
    go_to(MONDAY)
    s = TaskStatus
    row, up3s = await a_region_with([list(TaskStatus), [s.VERIFIED, s.IN_PROGRESS, s.PLANNED]])
    await f.a_unit(UnitKind.ULP, up3s[1])
    go_to(MONDAY + timedelta(days=30))
    region = await f.reference_unit("JATIM")
    query = f"query ($id: ID!) {{ rollout(id: $id) {{ progress {{ {PROGRESS} }} tasks(first: 100) {{ totalCount }} }} }}"
    for place in (await f.reference_unit("HQ"), region, *up3s):
        # When
        client = await as_(await f.a_viewer(Role.VIEWER, place))
        found = (await client.data(query, id=gid(row)))["rollout"]
        # Then
        assert found["progress"] == await modelled(row, place.path), place.code
    assert found["progress"]["overdue"] == 2
    assert found["progress"]["units"] == 4
    # And a unit that was given nothing does not see it
    outside = await as_(await f.a_viewer(Role.MANAGER, await f.a_unit(UnitKind.UP3, region)))
    assert (await outside.data(query, id=gid(row)))["rollout"] is None


async def test_a_region_sees_a_rollout_of_headquarters_through_its_own_tasks(programme):
    # Given
    hq = await f.reference_unit("HQ")
    mine, theirs = await f.a_unit(UnitKind.UP3), await f.a_unit(UnitKind.UP3, await f.reference_unit("BALI"))
    for up3 in (mine, theirs):
        await f.a_person(Role.CONTRIBUTOR, await f.a_unit(UnitKind.ULP, up3), ranger=True)
    row = await f.a_rollout(hq)
    client = await as_(await f.a_viewer(Role.MANAGER, mine))
    # When
    found = (
        await client.data(
            """{ rollouts(first: 9) { totalCount nodes { id unit { id } createdBy { name } progress { units tasks }
            units(first: 9) { totalCount } withoutOwner(first: 9) { totalCount } tasks(first: 9) { nodes { rollout { id } unit { parent { id } } } }
            history(first: 9) { nodes { kind after } } } } }"""
        )
    )["rollouts"]
    # Then
    assert found["totalCount"] == 1
    (one,) = found["nodes"]
    assert (one["id"], one["unit"], one["progress"]) == (gid(row), None, {"units": 1, "tasks": 1})
    assert (one["units"], one["withoutOwner"]) == ({"totalCount": 1}, {"totalCount": 0})
    assert one["tasks"]["nodes"] == [{"rollout": {"id": gid(row)}, "unit": {"parent": {"id": gid(mine)}}}]
    assert [entry["kind"] for entry in one["history"]["nodes"]] == ["ROLLOUT_CREATED"]


async def test_a_history_names_no_unit_of_a_scope(programme):
    up3 = await f.a_unit(UnitKind.UP3)
    await f.a_person(Role.CONTRIBUTOR, await f.a_unit(UnitKind.ULP, up3), ranger=True)
    other = await f.a_unit()
    row = await f.a_recurrence(up3)
    given = {"recurrenceId": gid(row), "expectedVersion": 1, "unitIds": [gid(other)], "weight": 4}
    shows = "recurrence { history(first: 9) { nodes { kind before after } } }"
    done = await programme.done("updateRecurrence", shows, **given)
    entry = done["recurrence"]["history"]["nodes"][-1]
    # Its place is now headquarters' region, which whoever may change it sees.
    assert entry["kind"] == "RECURRENCE_UPDATED"
    assert entry["after"] == {"weight": 4, "unitId": gid(await f.reference_unit("JATIM"))}


async def test_lists_are_filtered(programme):
    # Given
    up3, hq = await f.a_unit(UnitKind.UP3), await f.reference_unit("HQ")
    ulp = await f.a_unit(UnitKind.ULP, up3)
    owner = await f.a_person(Role.CONTRIBUTOR, ulp, ranger=True)
    plain = await f.a_rollout(up3, title="Pelatihan", initiative_id=f.initiative_id("1.1"))
    cancelled = await f.a_rollout(hq, title="Batal")
    await programme.done("cancelRollout", rolloutId=gid(cancelled), expectedVersion=1, reason="Ganti")
    start = clock.today(up3.timezone) + timedelta(days=1)
    comes = await f.a_recurrence(up3, title="Laporan {month}", start_on=start, rule="FREQ=DAILY;COUNT=1")
    ended = await f.a_recurrence(up3)
    await programme.done("endRecurrence", recurrenceId=gid(ended), expectedVersion=1)
    await recurrence.run()
    made = await Rollout.objects().get(Rollout.recurrence_id == comes.id)
    every = {"plain": gid(plain), "cancelled": gid(cancelled), "made": gid(made)}
    names = {key: name for name, key in every.items()} | {gid(comes): "comes", gid(ended): "ended"}

    async def found(listed: str, kind: str, filter_: dict[str, Any], order: str) -> list[str]:
        query = f"query ($f: {kind}Filter) {{ {listed}(first: 9, filter: $f, order: {order}) {{ nodes {{ id }} }} }}"
        return [names[node["id"]] for node in (await programme.data(query, f=filter_))[listed]["nodes"]]

    for filter_, expected in [
        ({}, ["plain", "cancelled", "made"]),
        ({"initiativeId": initiative("1.1")}, ["plain"]),
        ({"stepNumber": 9}, ["cancelled", "made"]),
        ({"recurrenceId": gid(comes)}, ["made"]),
        ({"unitId": gid(ulp)}, ["plain", "cancelled", "made"]),
        ({"unitId": gid(await f.a_unit())}, []),
        ({"cancelled": True}, ["cancelled"]),
        ({"cancelled": False}, ["plain", "made"]),
        ({"occursFrom": start.isoformat(), "occursTo": start.isoformat()}, ["made"]),
        ({"text": "latih"}, ["plain"]),
    ]:
        assert await found("rollouts", "Rollout", filter_, "OLDEST_FIRST") == expected, filter_
    assert await found("rollouts", "Rollout", {}, "NEWEST_FIRST") == ["made", "cancelled", "plain"]
    for filter_, expected in [
        ({}, ["comes", "ended"]),
        ({"ended": True}, ["ended"]),
        ({"ended": False}, ["comes"]),
        ({"initiativeId": initiative("9.2"), "stepNumber": 9}, ["comes", "ended"]),
        ({"stepNumber": 1}, []),
        ({"text": "laporan"}, ["comes"]),
    ]:
        assert sorted(await found("recurrences", "Recurrence", filter_, "NEXT_FIRST")) == expected, filter_
    query = "query ($f: TaskFilter) { tasks(first: 9, filter: $f) { nodes { owner { id } rollout { id } } } }"
    tasks = (await programme.data(query, f={"rolloutId": gid(plain)}))["tasks"]["nodes"]
    assert tasks == [{"owner": {"id": gid(owner)}, "rollout": {"id": gid(plain)}}]


async def test_recurrences_page_by_their_next_day_those_without_any_last(programme):
    up3 = await f.a_unit(UnitKind.UP3)
    days = [clock.today(up3.timezone) + timedelta(days=n) for n in (30, 20)]
    later, sooner = [await f.a_recurrence(up3, start_on=day, rule="FREQ=DAILY") for day in days]
    ended = await f.a_recurrence(up3)
    await programme.done("endRecurrence", recurrenceId=gid(ended), expectedVersion=1)
    query = """query ($after: String) { recurrences(first: 1, after: $after, order: NEXT_FIRST) {
        pageInfo { hasNextPage endCursor } nodes { id nextOccurrences } } }"""
    seen, after = [], None
    while True:
        page = (await programme.data(query, after=after))["recurrences"]
        seen += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert [node["id"] for node in seen] == [gid(sooner), gid(later), gid(ended)]
    first = days[1]
    assert seen[0]["nextOccurrences"] == [(first + timedelta(days=n)).isoformat() for n in range(12)]


async def test_the_monthly_report_of_every_unit_comes_by_itself():
    """The deck's initiative 10.1, from setting it up to the task on a unit's list."""
    # Given
    go_to(MONDAY)
    programme = await as_(await f.a_viewer(Role.PROGRAMME, await f.reference_unit("HQ")))
    ulp = await f.a_unit()
    ranger = await f.a_person(Role.CONTRIBUTOR, ulp, ranger=True)
    hq = await f.reference_unit("HQ")
    await programme.done(
        "createRecurrence",
        initiativeId=initiative("10.1"),
        title="Laporan bulan {month} {year}",
        rule="FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
        startOn=MONDAY.isoformat(),
        leadDays=14,
        unitId=gid(hq),
        kinds=["ULP"],
    )
    # When two weeks are left of the month
    go_to(MONDAY + timedelta(days=17))
    await asyncio.gather(recurrence.run(), recurrence.run())
    # Then
    client = await as_(ranger)
    query = """{ tasks(first: 9, filter: { mine: true }) { nodes { title dueOn initiative { code } overdue
        rollout { occursOn recurrence { rule nextOccurrences } } } } }"""
    assert (await client.data(query))["tasks"]["nodes"] == [
        {
            "title": "Laporan bulan Maret 2027",
            "dueOn": "2027-03-31",
            "initiative": {"code": "10.1"},
            "overdue": False,
            "rollout": {
                "occursOn": "2027-03-31",
                "recurrence": {
                    "rule": "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
                    "nextOccurrences": [
                        "2027-04-30", "2027-05-31", "2027-06-30", "2027-07-30", "2027-08-31", "2027-09-30",
                        "2027-10-29", "2027-11-30", "2027-12-31", "2028-01-31", "2028-02-29", "2028-03-31",
                    ],
                },
            },
        }
    ]  # fmt: skip


async def test_handing_over_answers_what_it_moved_and_what_it_could_not(programme):
    # Given one task that the other can carry out, and one that they cannot
    up3 = await f.a_unit(UnitKind.UP3)
    here, there = [await f.a_unit(UnitKind.ULP, up3) for _ in range(2)]
    leaves, comes = await f.a_person(Role.CONTRIBUTOR, up3), await f.a_person(Role.CONTRIBUTOR, here)
    boss = await f.a_viewer(Role.MANAGER, up3)
    moved, left = [await f.a_task(unit, owner=leaves, viewer=boss) for unit in (here, there)]
    given = {"fromId": gid(leaves), "toId": gid(comes), "reason": "Mutasi"}
    shows = """taskCount leftCount tasks { id owner { id } history(first: 9) { nodes { kind before after } } }
        left { task { id owner { id } } membership { id } errors { code } }"""
    client = await as_(boss)
    # When it is only looked at, then everything is as it was
    async with unchanged():
        preview = await client.done("handOver", shows, **given, preview=True)
    assert [task["owner"] for task in preview["tasks"]] == [{"id": gid(leaves)}]
    # And when it is done
    done = await client.done("handOver", shows, **given)
    assert (done["taskCount"], done["leftCount"]) == (1, 1)
    (task,) = done["tasks"]
    assert (task["id"], task["owner"]) == (gid(moved), {"id": gid(comes)})
    assert task["history"]["nodes"][-1] == {
        "kind": "TASK_HANDED_OVER",
        "before": {"ownerId": gid(leaves)},
        "after": {"ownerId": gid(comes), "reason": "Mutasi"},
    }
    stays = {"id": gid(left), "owner": {"id": gid(leaves)}}
    assert done["left"] == [{"task": stays, "membership": None, "errors": [{"code": "NOT_STAFF"}]}]
    assert ids.split(task["id"])[1] == moved.id


async def test_handing_over_refuses_a_question_that_is_too_dear_before_it_moves_anything(programme):
    up3 = await f.a_unit(UnitKind.UP3)
    leaves, comes = [await f.a_person(Role.CONTRIBUTOR, up3) for _ in range(2)]
    await f.a_task(up3, owner=leaves)
    client = (await as_(await f.a_viewer(Role.MANAGER, up3))).at_limits()
    document = """mutation ($input: HandOverInput!) { handOver(input: $input) {
        tasks { history(first: 100) { nodes { actor { name } } } } errors { code } } }"""
    async with unchanged():
        _, errors = await client.post(
            document, input={"fromId": gid(leaves), "toId": gid(comes), "reason": "Mutasi"}
        )
    assert [error["extensions"]["code"] for error in errors] == ["TOO_COSTLY"]
