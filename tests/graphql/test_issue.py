"""Issues as clients see them: the largest ones, what is like them, and only what each viewer sees."""

from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pytest

from jejak.domain import db, issue, pain_point
from jejak.domain.issue import PointRow, Regroup
from jejak.domain.vocabulary import Category, JourneyStatus, Role, Service, UnitKind
from jejak.graphql import ids
from tests import factories as f
from tests.client import as_, gid
from tests.graphql import rows
from tests.graphql.test_access import seats
from tests.graphql.world import VALID, initiative
from tests.refusals import unchanged

TOP = """query ($unit: ID!, $services: [Service!], $from: Date, $to: Date, $first: Int! = 3) {
    topIssues(unitId: $unit, services: $services, from: $from, to: $to, first: $first) {
        rank prioritySum painPoints units issue { id } }
    unit(id: $unit) { topIssues(services: $services, from: $from, to: $to, first: $first) {
        rank prioritySum painPoints units issue { id } } } }"""


@pytest.fixture
async def programme():
    return await as_(await f.a_viewer(Role.PROGRAMME, await f.reference_unit("HQ")))


async def a_landscape() -> tuple[list[Any], list[Any]]:
    """Units in three zones; issues that tie, in two services, on the days around midnight; some dismissed."""
    jatim, bali = await f.reference_unit("JATIM"), await f.reference_unit("BALI")
    units = [
        await f.a_unit(UnitKind.UP3, jatim),
        await f.a_unit(UnitKind.UP3, jatim),
        await f.a_unit(UnitKind.UP3, bali, timezone="Asia/Makassar"),
        await f.a_unit(UnitKind.UP3, await f.reference_unit("PPB"), timezone="Asia/Jayapura"),
    ]
    who = await f.a_person(Role.CONTRIBUTOR, units[0])
    issues = [rows.issue(who) for _ in range(6)]
    written: list[Any] = [*issues]
    start = datetime(2026, 8, 31, 14, 30, tzinfo=UTC)
    for n in range(90):
        at = units[n * 7 % 4]
        service = Service.PB_PD if n % 3 else Service.SPKLU
        journey = rows.journey(at, who, service=service)
        stage = rows.stage(journey)
        point = rows.pain_point(
            stage,
            at,
            severity=n % 5 + 1,
            reach=n * 3 % 5 + 1,
            created_at=start + timedelta(minutes=30 * (n % 11)),
            issue_id=issues[n % 7].id if n % 7 < 6 else None,
            decision="DISMISSED" if n % 13 == 0 else None,
        )
        written += [journey, stage, point]
    # Two that are equal in all but their ids.
    for one in issues[4:]:
        journey = rows.journey(units[1], who, service=Service.PREPAID)
        stage = rows.stage(journey)
        written += [journey, stage, rows.pain_point(stage, units[1], issue_id=one.id, created_at=start)]
    await rows.write(*written)
    return units, issues


async def exported() -> duckdb.DuckDBPyConnection:
    """The raw rows, in another database."""
    found = await db.fetch(
        """select p.id::text as id, p.issue_id::text as issue_id, p.severity::int as severity, p.reach::int as reach,
            p.decision, j.service, p.unit_id::text as unit_id, u.path, u.timezone, p.created_at
        from pain_point p join journey j on j.id = p.journey_id join unit u on u.id = p.unit_id"""
    )
    duck = duckdb.connect()
    duck.execute("set timezone = 'UTC'")
    duck.execute(
        "create table point (id text, issue_id text, severity int, reach int, decision text, service text, unit_id text, path text, timezone text, created_at timestamptz)"
    )
    duck.executemany(
        "insert into point values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [list(row.values()) for row in found]
    )
    return duck


async def test_the_top_issues_are_those_with_the_largest_sum_of_priorities(programme):
    # given
    units, _ = await a_landscape()
    duck = await exported()
    hq, jatim = await f.reference_unit("HQ"), await f.reference_unit("JATIM")
    region = await as_(await f.a_viewer(Role.VIEWER, jatim))
    somewhere = await as_(await f.a_viewer(Role.VIEWER, units[1]))
    offsets = {"Asia/Jakarta": 7, "Asia/Makassar": 8, "Asia/Jayapura": 9}
    zones = " ".join(f"when '{zone}' then {hours}" for zone, hours in offsets.items())
    asked = 0
    for client, sight in ((programme, "HQ/"), (region, jatim.path), (somewhere, units[1].path)):
        for top in (hq, jatim, units[1]):
            for services in (None, ["PB_PD"], ["PREPAID"]):
                for start, end in ((None, None), ("2026-09-01", None), ("2026-08-31", "2026-08-31")):
                    for first in (1, 3, 20):
                        wanted = duck.execute(
                            f"""select sum(severity * reach), count(*), count(distinct unit_id), issue_id from point
                            where issue_id is not null and coalesce(decision, '') <> 'DISMISSED'
                                and starts_with(path, ?) and starts_with(path, ?)
                                and (? is null or list_contains(?, service))
                                and (? is null or cast(created_at + to_hours(case timezone {zones} end) as date) >= cast(? as date))
                                and (? is null or cast(created_at + to_hours(case timezone {zones} end) as date) <= cast(? as date))
                            group by issue_id order by 1 desc, 2 desc, 4 limit ?""",
                            [top.path, sight, services, services, start, start, end, end, first],
                        ).fetchall()
                        # when
                        data = await client.data(
                            TOP, unit=gid(top), services=services, **{"from": start, "to": end}, first=first
                        )
                        # then
                        found = [
                            (
                                one["prioritySum"],
                                one["painPoints"],
                                one["units"],
                                str(ids.split(one["issue"]["id"])[1]),
                            )
                            for one in data["topIssues"]
                        ]
                        assert found == wanted, (sight, top.code, services, start, end)
                        assert [one["rank"] for one in data["topIssues"]] == list(range(1, len(found) + 1))
                        if data["unit"] is not None:
                            assert data["unit"]["topIssues"] == data["topIssues"]
                        asked += bool(found)
    assert asked > 40


async def test_of_a_unit_that_is_not_seen_nothing_is_told_and_only_so_many_are_shown(programme):
    await a_landscape()
    stranger = await as_(await f.a_viewer(Role.MANAGER, await f.a_unit()))
    (unit,) = [await f.reference_unit("JATIM")]
    assert (await stranger.data(TOP, unit=gid(unit)))["topIssues"] == []
    for first in (0, 21):
        _, errors = await programme.post(TOP, unit=gid(unit), first=first)
        assert {error["extensions"]["code"] for error in errors} == {"OUT_OF_RANGE"}


SIMILAR = """query ($id: ID!) { painPoint(id: $id) { similar(first: 20) { similarity painPoint { id } } } }"""
SUGGESTED = (
    """query ($id: ID!) { issue(id: $id) { suggestions(first: 20) { similarity painPoint { id } } } }"""
)
GROUPS = """query ($unit: ID) { issueSuggestions(unitId: $unit, first: 20) {
    category prioritySum units painPoints { similarity painPoint { id } } } }"""
ALIKE = [
    "Petugas tidak memberi kabar jadwal pemasangan",
    "Tidak ada kabar dari petugas tentang jadwal pemasangan",
    "Petugas tidak memberi kabar jadwal",
]
OTHER = "Aplikasi menutup sendiri saat membayar token"


def trigrams(text: str) -> set[str]:
    """As the manual of pg_trgm says: two blanks before each word, one after."""
    words = "".join(letter if letter.isalnum() else " " for letter in text.lower()).split()
    return {f"  {word} "[n : n + 3] for word in words for n in range(len(word) + 1)}


def similarity(one: str, other: str) -> float:
    mine, yours = trigrams(one), trigrams(other)
    return len(mine & yours) / len(mine | yours)


async def test_what_is_like_a_pain_point_is_suggested_to_whom_sees_it_and_never_joins_by_itself(programme):
    # given three that are alike in two regions, one of another category, and one of other words
    here, there = await f.a_unit(), await f.a_unit(UnitKind.UP3, await f.reference_unit("BALI"))
    points = [
        await f.a_pain_point(at, description=text, severity=5 - n)
        for n, (at, text) in enumerate(zip((here, there, here), ALIKE, strict=True))
    ]
    await f.a_pain_point(here, description=ALIKE[0], category=Category.COMFORT)
    await f.a_pain_point(here, description=OTHER)
    local = await as_(await f.a_viewer(Role.VIEWER, here))
    async with unchanged():
        for client, seen in ((programme, [1, 2]), (local, [2])):
            # when
            found = (await client.data(SIMILAR, id=gid(points[0])))["painPoint"]["similar"]
            # then
            scores = sorted(((similarity(ALIKE[0], ALIKE[n]), n) for n in seen), reverse=True)
            assert [(one["similarity"], one["painPoint"]["id"]) for one in found] == [
                (f"{score:.2f}", gid(points[n])) for score, n in scores
            ]
            (group,) = (await client.data(GROUPS))["issueSuggestions"]
            assert {one["painPoint"]["id"] for one in group["painPoints"]} == {
                gid(points[n]) for n in [0, *seen]
            }
            assert (group["category"], group["units"]) == ("SPEED", 2 if len(seen) == 2 else 1)
    assert (await programme.data(GROUPS, unit=gid(there)))["issueSuggestions"] == []
    # and once a person has made an issue of one, the others are suggested to it, not to a second
    made = await f.an_issue(points[0], title="Tanpa kabar")
    found = (await programme.data(SUGGESTED, id=gid(made)))["issue"]["suggestions"]
    assert [one["painPoint"]["id"] for one in found] == [gid(points[2]), gid(points[1])]
    (group,) = (await programme.data(GROUPS))["issueSuggestions"]
    assert gid(points[0]) not in str(group)
    assert await db.fetchval("select count(*) from pain_point where issue_id is not null") == 1


async def test_a_dismissed_one_and_one_that_is_no_more_than_a_draft_are_not_suggested_to_an_issue(programme):
    unit = await f.a_unit()
    point, dropped = [await f.a_pain_point(unit, description=ALIKE[0]) for _ in range(2)]
    manager = await f.a_viewer(Role.MANAGER, unit)
    await pain_point.dismiss(manager, pain_point.DismissPainPoint(dropped.id, 1, "Bukan"))
    stages = [f.a_stage(pain_points=[f.a_new_pain_point(description=ALIKE[0])])]
    await f.a_journey(unit, status=JourneyStatus.SUBMITTED, stages=stages)
    made = await f.an_issue(point, title=ALIKE[0])
    assert (await programme.data(SUGGESTED, id=gid(made)))["issue"]["suggestions"] == []


async def test_an_issue_is_seen_by_whoever_sees_one_of_its_pain_points_with_the_figures_of_those(programme):
    # given
    here, there = await f.a_unit(), await f.a_unit()
    for unit in (here, there):
        await f.a_person(Role.CONTRIBUTOR, unit, ranger=True)
    points = [await f.a_pain_point(here), await f.a_pain_point(there), await f.a_pain_point(there)]
    made = await f.an_issue(*points)
    await programme.done(
        "assignIssue", issueId=gid(made), initiativeId=initiative("9.2"), title="Kabari", dueInDays=10
    )
    query = """query ($id: ID!) { issues(first: 9) { totalCount nodes { id } } node(id: $id) { ... on Issue { title
        figures { prioritySum painPoints resolved units affectedUnits tasks verifiedTasks verified }
        painPoints(first: 9) { totalCount } tasks(first: 9) { totalCount } affectedUnits(first: 9) { totalCount }
        rollouts(first: 9) { totalCount } history(first: 9) { nodes { kind after } } } } }"""
    for client, points_seen, units_seen in (
        (programme, 3, 2),
        (await as_(await f.a_viewer(Role.VIEWER, here)), 1, 1),
        (await as_(await f.a_viewer(Role.VIEWER, there)), 2, 1),
    ):
        # when
        data = await client.data(query, id=gid(made))
        # then
        node = data["node"]
        assert node["figures"] == {
            "prioritySum": 12 * points_seen,
            "painPoints": points_seen,
            "resolved": 0,
            "units": units_seen,
            "affectedUnits": units_seen,
            "tasks": units_seen,
            "verifiedTasks": 0,
            "verified": "0.00",
        }
        counts = [node[name]["totalCount"] for name in ("painPoints", "tasks", "affectedUnits", "rollouts")]
        assert counts == [points_seen, units_seen, units_seen, 1]
        assert data["issues"] == {"totalCount": 1, "nodes": [{"id": gid(made)}]}
        created, assigned = node["history"]["nodes"]
        assert ("points" in created["after"]) == (client is programme)
        assert set(assigned["after"]) == {"rolloutId"}
    stranger = await as_(await f.a_viewer(Role.MANAGER, await f.a_unit()))
    data = await stranger.data(query, id=gid(made))
    assert data == {"issues": {"totalCount": 0, "nodes": []}, "node": None}


async def test_lists_by_owner_pain_point_and_service_know_the_fixes_of_issues(programme):
    # given a pain point with a task of its own, and one that an issue's fix works on
    unit = await f.a_unit()
    ranger = await f.a_person(Role.CONTRIBUTOR, unit, ranger=True)
    own, by_issue, _ = [await f.a_pain_point(unit) for _ in range(3)]
    await f.a_task(unit, pain_point=own, owner=ranger)
    made = await f.an_issue(by_issue)
    fix = await programme.done(
        "assignIssue",
        "rollout { tasks(first: 1) { nodes { id } } }",
        issueId=gid(made),
        initiativeId=initiative("9.2"),
        title="Kabari",
        dueInDays=10,
    )
    ((task,),) = [[node["id"] for node in fix["rollout"]["tasks"]["nodes"]]]
    # when
    data = await programme.data(
        """query ($owner: ID!, $point: ID!) {
        painPoints(first: 9, filter: { ownerId: $owner }) { nodes { id } }
        tasks(first: 9, filter: { painPointId: $point }) { nodes { id } }
        served: tasks(first: 9, filter: { services: [PB_PD], categories: [SPEED] }) { totalCount }
        other: tasks(first: 9, filter: { services: [SPKLU] }) { totalCount }
        painPoint(id: $point) { state tasks { id } issue { id } } }""",
        owner=gid(ranger),
        point=gid(by_issue),
    )
    # then
    assert {node["id"] for node in data["painPoints"]["nodes"]} == {gid(own), gid(by_issue)}
    assert [node["id"] for node in data["tasks"]["nodes"]] == [task]
    assert (data["served"]["totalCount"], data["other"]["totalCount"]) == (2, 0)
    assert data["painPoint"] == {"state": "ASSIGNED", "tasks": [{"id": task}], "issue": {"id": gid(made)}}


async def test_issues_are_made_at_headquarters(world):
    """Whoever sees the pain points elsewhere is told that they may not, who does not see them that there are none."""
    given = {
        name: value for name, value in VALID["createIssue"](world)[1].items() if name != "clientMutationId"
    }
    async for seat, client in seats(world, world.here):
        may = seat.unit.kind == UnitKind.HQ and seat.role in {Role.MANAGER, Role.PROGRAMME}
        wanted = [("FORBIDDEN", [])] if seat.sees else [("NOT_FOUND", ["painPointIds", "0"])]
        if may:
            wanted = [("REQUIRED", ["title"])]
        async with unchanged():
            assert await client.refusals("createIssue", **given | ({"title": ""} if may else {})) == wanted, (
                str(seat)
            )


async def test_the_preview_is_for_who_may_assign(world):
    query = "query ($input: AssignIssueInput!) { assignIssuePreview(input: $input) { units given results { unit { id } whyNot } errors { code path } } }"
    given = VALID["assignIssue"](world)[1]
    programme, manager = await as_(world.programme), await as_(world.manager)
    async with unchanged():
        told = (await programme.data(query, input=given))["assignIssuePreview"]
        assert told == {
            "units": 1,
            "given": 1,
            "results": [{"unit": {"id": gid(world.here)}, "whyNot": None}],
            "errors": [],
        }
        told = (await manager.data(query, input=given))["assignIssuePreview"]
        assert [(error["code"], error["path"]) for error in told["errors"]] == [
            ("FORBIDDEN", ["input", "issueId"])
        ]


async def test_what_is_taken_out_of_an_issue_is_not_named_to_who_no_longer_sees_it(programme):
    unit = await f.a_unit()
    point = await f.a_pain_point(unit)
    made = await f.an_issue(point, await f.a_pain_point())
    headquarters = await f.a_viewer(Role.PROGRAMME, await f.reference_unit("HQ"))
    await issue.remove(headquarters, Regroup(made.id, [PointRow(point.id)]))
    query = "query ($id: ID!) { painPoint(id: $id) { history(first: 9) { nodes { kind after } } } }"
    local = await as_(await f.a_viewer(Role.VIEWER, unit))
    for client, sees in ((programme, True), (local, False)):
        nodes = (await client.data(query, id=gid(point)))["painPoint"]["history"]["nodes"]
        grouped = next(node for node in nodes if node["kind"] == "PAIN_POINT_GROUPED")
        assert grouped["after"] == ({"issueId": gid(made)} if sees else {})
