"""What a bulk mutation costs: the same few statements for any number of rows, and no waiting for each other."""

import asyncio
from dataclasses import replace
from typing import Any

from jejak.domain import db
from jejak.domain.tables.person import Person
from jejak.domain.vocabulary import UnitKind
from tests import factories as f
from tests.client import as_, document, gid, problems
from tests.graphql.test_bulk import FAILED_ROWS
from tests.graphql.world import VALID, World, a_task_input
from tests.refusals import unchanged
from tests.sql import statements


async def test_a_call_makes_no_more_tasks_for_pain_points_than_it_may(world):
    manager = await as_(world.manager)
    rows = [{"painPointId": gid(world.open_point), "tasks": [a_task_input(world)] * 51}] * 10
    async with unchanged():
        refusals = await manager.refusals("assignPainPoints", assignments=rows)
    assert refusals == [("TOO_MANY", ["assignments"])]


async def many(world: World, number: int) -> dict[str, tuple[Person, dict[str, Any], str]]:
    """A call of every bulk mutation with so many rows: who makes it, its input, and what it shows."""
    tasks = [await f.a_task(world.here, owner=world.owner) for _ in range(number)]
    points = [await f.a_pain_point(world.here) for _ in range(number)]
    loose = [await f.a_pain_point(world.here) for _ in range(number)]
    of_one = [await f.a_pain_point(world.here) for _ in range(number)]
    grouped = await f.an_issue(*of_one)
    review = VALID["importStoreReviews"](world)[1]["rows"][0]
    untagged = [await f.a_review() for _ in range(number)]
    row = VALID["importUnits"](world)[1]["rows"][0]
    someone = VALID["importPeople"](world)[1]["rows"][0]
    return {
        "createTasks": (
            world.manager,
            {
                "tasks": [
                    a_task_input(world, title=f"T{n}", painPointId=gid(points[n])) for n in range(number)
                ]
            },
            "task { id unit { name } owner { memberships { id } } }",
        ),
        "updateTasks": (
            world.manager,
            {
                "tasks": [
                    {
                        "taskId": gid(task),
                        "expectedVersion": 1,
                        "ownerId": gid(world.manager),
                        "dueOn": f.in_working_days(world.here, 15).isoformat(),
                    }
                    for task in tasks
                ]
            },
            "task { id version again: version unit { name } } more: task { title }",
        ),
        "assignPainPoints": (
            world.manager,
            {
                "assignments": [
                    {"painPointId": gid(point), "tasks": [a_task_input(world)] * 2} for point in points
                ]
            },
            "painPoint { state journey { title } } tasks { title owner { name } }",
        ),
        "importUnits": (
            world.programme,
            {"rows": [row | {"code": f"ULP-{number}-{n}"} for n in range(number)]},
            "unit { id parent { id } }",
        ),
        "importPeople": (
            world.admin,
            {"rows": [someone | {"email": f"b{number}-{n}@pln.example"} for n in range(number)]},
            "person { id email memberships { role } } membership { unit { name } }",
        ),
        "addToIssue": (
            world.programme,
            {"issueId": gid(world.issue), "painPoints": [{"painPointId": gid(one)} for one in loose]},
            "painPoint { state issue { title } }",
        ),
        "importStoreReviews": (
            world.programme,
            {"rows": [review | {"externalId": f"gp:{number}-{n}"} for n in range(number)]},
            "storeReview { id cause { code } suggestedCauses { similarity cause { id } } }",
        ),
        "tagStoreReviews": (
            world.programme,
            {
                "reviews": [
                    {"storeReviewId": gid(one), "expectedVersion": 1, "causeId": gid(world.cause)}
                    for one in untagged
                ]
            },
            "storeReview { id cause { title } }",
        ),
        "removeFromIssue": (
            world.programme,
            {"issueId": gid(grouped), "painPoints": [{"painPointId": gid(one)} for one in of_one]},
            "painPoint { state issue { title } }",
        ),
        "submitRatings": (
            world.programme,
            VALID["submitRatings"](world)[1]
            | {
                "ratings": [
                    VALID["submitRatings"](world)[1]["ratings"][0]
                    | {"externalId": f"{number}-{n}", "staffCode": f"{number}-{n}"}
                    for n in range(number)
                ]
            },
            "outcome",
        ),
        "setKpiTargets": (
            world.programme,
            {
                "targets": [
                    {"unitId": gid(world.region), "year": 2030 + n, "metric": metric, "target": "50"}
                    for metric in [{1: "CSAT", 2: "NPS"}.get(number, "COMPLETION")]
                    for n in range(number)
                ]
            },
            "kpiTarget { unit { code } target }",
        ),
    }


async def test_statements_do_not_grow_with_the_rows(world):
    # given
    counts: dict[str, list[int]] = {}
    await (await as_(world.manager)).data("{ viewer { id } }")
    for number in (1, 2, 12):
        for mutation, (who, given, shows) in (await many(world, number)).items():
            client = await as_(who)
            # when
            async with statements() as counted:
                payload = await client.done(mutation, f"count results {{ {shows} }}", **given)
            # then
            assert payload["count"] == number
            counts.setdefault(mutation, []).append(len(counted))
    assert {mutation: len(set(each)) for mutation, each in counts.items()} == dict.fromkeys(counts, 1), counts


async def test_the_answers_of_all_rows_are_one_statement(world):
    manager = await as_(world.manager)
    counts = []
    for shows in ("results { __typename errors { code } }", "results { task { id } other: task { title } }"):
        async with statements() as counted:
            await manager.done("createTasks", shows, tasks=[a_task_input(world)] * 3)
        counts.append(len(counted))
    assert counts[1] == counts[0] + 1


async def test_a_question_that_costs_too_much_is_refused_before_anything_is_written(world):
    """Each row of the input may give a row of the answer."""
    manager = replace(await as_(world.manager), near_limits=True)
    deep = "results { task { unit { memberships(first: 100) { nodes { person { memberships { unit { id } } } } } } } }"
    async with unchanged():
        _, errors = await manager.post(
            document("createTasks", deep), input={"tasks": [a_task_input(world)] * 50}
        )
    assert [error["extensions"]["code"] for error in errors] == ["TOO_COSTLY"]


async def test_more_aliases_than_a_call_of_postgresql_takes_are_no_bug(world):
    manager = replace(await as_(world.manager), near_limits=True)
    shows = " ".join(f"a{n}: task {{ id }}" for n in range(55))
    payload = await manager.done("createTasks", f"results {{ {shows} }}", tasks=[a_task_input(world)])
    (row,) = payload["results"]
    assert len({row[f"a{n}"]["id"] for n in range(55)}) == 1


async def test_calls_that_overlap_in_opposite_order_are_both_done(world):
    """Rows are locked by key, whatever their order in the call: neither waits for the other while it is waited for."""
    # given
    manager = await as_(world.manager)
    tasks = [await f.a_task(world.here, owner=world.owner) for _ in range(30)]
    points = [await f.a_pain_point(world.here) for _ in range(10)]
    units = [await f.a_unit(UnitKind.ULP, world.here) for _ in range(10)]
    deadlocks = "select deadlocks from pg_stat_database where datname = current_database()"
    before = await db.fetchval(deadlocks)
    # when
    changes = [{"taskId": gid(task), "expectedVersion": 1, "title": "Sama", "weight": 3} for task in tasks]
    new = [
        a_task_input(world, unitId=gid(unit), painPointId=gid(point))
        for unit, point in zip(units, points, strict=True)
    ]
    payloads = await asyncio.gather(
        *(
            manager.do("updateTasks", "count", tasks=rows, **FAILED_ROWS)
            for rows in (changes, changes[::-1]) * 4
        ),
        *(manager.do("createTasks", "count", tasks=rows) for rows in (new, new[::-1]) * 4),
    )
    # then
    assert sorted(payload["count"] for payload in payloads) == [0] * 7 + [10] * 8 + [30]
    late = {error["code"] for payload in payloads for error in problems(payload)}
    assert late == {"STALE"}
    await db.execute("select pg_stat_force_next_flush()")
    assert await db.fetchval(deadlocks) == before
