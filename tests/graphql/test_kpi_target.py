"""R8: what headquarters wants to reach: set for many regions at once, by version, and shown beside completion."""

from typing import Any

import pytest

from jejak.domain import clock, completion
from jejak.domain.vocabulary import Role, TaskStatus, UnitKind
from jejak.graphql import ids
from tests import factories as f
from tests.client import Client, as_, gid
from tests.refusals import events_of, unchanged

pytestmark = pytest.mark.usefixtures("database")
SHOWS = "count results { kpiTarget { id target version unit { code } } errors { code path } }"
LIST = "query ($year: Int!) { kpiTargets(year: $year) { unit { code } metric target version } }"


async def somebody(role: Role, code: str = "HQ") -> Client:
    return await as_(await f.a_person(role, await f.reference_unit(code)))


async def rows(*wanted: tuple[str, str, str | None, int | None]) -> list[dict[str, Any]]:
    """Of 2026, as code, metric, target and version."""
    return [
        {
            "unitId": gid(await f.reference_unit(code)),
            "year": 2026,
            "metric": metric,
            "target": target,
            "expectedVersion": version,
        }
        for code, metric, target, version in wanted
    ]


async def test_targets_are_set_changed_and_removed_each_by_its_version():
    # given
    client = await somebody(Role.PROGRAMME)
    made = await client.done(
        "setKpiTargets",
        SHOWS,
        targets=await rows(("HQ", "NPS", "-5", None), ("JATIM", "CSAT", "80.255", None)),
    )
    key = made["results"][1]["kpiTarget"]["id"]
    assert [row["kpiTarget"]["target"] for row in made["results"]] == ["-5.00", "80.26"]
    # when
    changed = await client.done(
        "setKpiTargets", SHOWS, targets=await rows(("JATIM", "CSAT", "90", 1), ("HQ", "NPS", "-5", 1))
    )
    # then what is set as it was stays at its version
    assert [(row["kpiTarget"]["target"], row["kpiTarget"]["version"]) for row in changed["results"]] == [
        ("90.00", 2),
        ("-5.00", 1),
    ]
    async with unchanged():
        late = await client.do(
            "setKpiTargets",
            SHOWS,
            targets=await rows(
                ("JATIM", "CSAT", "91", 1), ("HQ", "NPS", "1", None), ("BALI", "CSAT", "1", 4)
            ),
        )
    assert [[(error["code"], error["path"][-1]) for error in row["errors"]] for row in late["results"]] == [
        [("STALE", "expectedVersion")]
    ] * 3
    gone = await client.done("setKpiTargets", SHOWS, targets=await rows(("JATIM", "CSAT", None, 2)))
    assert gone["results"][0]["kpiTarget"] is None
    assert await events_of(ids.split(key)[1]) == ["kpi_target.set", "kpi_target.set", "kpi_target.removed"]
    assert (await client.data(LIST, year=2026))["kpiTargets"] == [
        {"unit": {"code": "HQ"}, "metric": "NPS", "target": "-5.00", "version": 1}
    ]
    assert (await client.data(LIST, year=2027))["kpiTargets"] == []


async def test_a_target_is_a_regions_and_stands_once_in_a_call():
    client = await somebody(Role.PROGRAMME)
    up3 = await f.a_unit(UnitKind.UP3)
    wanted = await rows(("BALI", "CSAT", "80", None), ("BALI", "CSAT", "81", None))
    async with unchanged():
        refused = await client.refusals("setKpiTargets", targets=[*wanted, wanted[0] | {"unitId": gid(up3)}])
    assert refused == [("TAKEN", ["targets", "1", "metric"]), ("INVALID_KIND", ["targets", "2", "unitId"])]


async def test_only_who_keeps_the_rules_sets_targets_and_who_sees_the_region_sees_them():
    wanted = await rows(("JATIM", "CSAT", "80", None))
    for role in (Role.VIEWER, Role.CONTRIBUTOR, Role.MANAGER, Role.ADMIN):
        for code, told in (("HQ", "FORBIDDEN"), ("JATIM", "FORBIDDEN"), ("BALI", "NOT_FOUND")):
            client = await somebody(role, code)
            async with unchanged():
                refused = await client.refusals("setKpiTargets", targets=wanted)
            assert refused == [(told, ["targets", "0", "unitId"])], (role, code)
    await (await somebody(Role.PROGRAMME)).done("setKpiTargets", targets=wanted)
    assert len((await (await somebody(Role.VIEWER, "JATIM")).data(LIST, year=2026))["kpiTargets"]) == 1
    assert (await (await somebody(Role.VIEWER, "BALI")).data(LIST, year=2026))["kpiTargets"] == []


async def test_the_target_stands_beside_completion_and_says_how_far_it_is():
    # given half of a unit's work verified
    place = await f.a_unit()
    manager = await f.a_viewer(Role.MANAGER, place)
    for status in (TaskStatus.VERIFIED, TaskStatus.PLANNED):
        await f.a_task(place, status=status, viewer=manager)
    await completion.recompute_all()
    year = clock.today("Asia/Jakarta").year
    wanted = [row | {"year": year} for row in await rows(("JATIM", "COMPLETION", "60", None))]
    await (await somebody(Role.PROGRAMME)).done("setKpiTargets", targets=wanted)
    client = await as_(manager)
    # when
    shown = await client.data(
        """query ($id: ID!, $long: Date!) { unit(id: $id) { completion { verified target distance } then: completion(on: $long) { verified target distance } }
        programme { completion(unitId: $id) { target } } steps { completion(unitId: $id) { target } } }""",
        id=gid(place),
        long=f"{year - 1}-12-31",
    )
    # then
    now = shown["unit"]["completion"]
    assert (now["target"], float(now["distance"])) == ("60.00", float(now["verified"]) - 60)
    assert shown["unit"]["then"] == {"verified": None, "target": None, "distance": None}
    assert shown["programme"]["completion"]["target"] == "60.00"
    assert {step["completion"]["target"] for step in shown["steps"]} == {"60.00"}
