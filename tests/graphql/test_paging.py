"""Pages: every order walks every row once, in both directions, and stays in place while rows are added."""

from base64 import urlsafe_b64decode
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jejak.domain import clock, db
from jejak.domain.tables.alert import AlertRule
from jejak.domain.tables.person import Person
from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import Role, UnitKind
from jejak.graphql import ids
from tests import factories as f
from tests.client import Client, as_, gid, schema
from tests.graphql import rows
from tests.graphql.world import a_notice
from tests.sql import statements

LISTS = [
    "units",
    "journeys",
    "painPoints",
    "tasks",
    "people",
    "notices",
    "deliveries",
    "rollouts",
    "recurrences",
    "monthlyReports",
    "issues",
    "storeReviews",
    "alerts",
    "ratings",
    "ratingLinks",
]


def orders_of(listed: str) -> list[str]:
    return list(schema().query_type.fields[listed].args["order"].type.of_type.values)


ORDERS = [(listed, order) for listed in LISTS for order in orders_of(listed)]
# What the rows are ordered by, said once more in SQL; ties by id in the same direction.
IN_SQL = {
    ("units", "BY_TREE"): "path, id",
    ("units", "BY_NAME"): "name, id",
    ("journeys", "NEWEST_FIRST"): "created_at desc, id desc",
    ("journeys", "OLDEST_FIRST"): "created_at, id",
    ("painPoints", "WORST_FIRST"): "severity * reach desc, id desc",
    ("painPoints", "SLA_FIRST"): "due_at, id",
    ("painPoints", "NEWEST_FIRST"): "created_at desc, id desc",
    ("tasks", "DUE_FIRST"): "due_on, id",
    ("tasks", "SLA_FIRST"): "due_at, id",
    ("tasks", "NEWEST_FIRST"): "created_at desc, id desc",
    ("tasks", "LEAST_PROGRESS_FIRST"): "progress, id",
    ("people", "BY_NAME"): "name, id",
    ("people", "NEWEST_FIRST"): "created_at desc, id desc",
    ("notices", "NEWEST_FIRST"): "created_at desc, id desc",
    ("notices", "OLDEST_FIRST"): "created_at, id",
    ("deliveries", "NEWEST_FIRST"): "created_at desc, id desc",
    ("deliveries", "OLDEST_FIRST"): "created_at, id",
    ("rollouts", "NEWEST_FIRST"): "created_at desc, id desc",
    ("rollouts", "OLDEST_FIRST"): "created_at, id",
    ("recurrences", "NEXT_FIRST"): "upcoming[1] nulls last, id",
    ("recurrences", "NEWEST_FIRST"): "created_at desc, id desc",
    ("monthlyReports", "NEWEST_FIRST"): "month desc, id desc",
    ("monthlyReports", "OLDEST_FIRST"): "month, id",
    ("issues", "NEWEST_FIRST"): "created_at desc, id desc",
    ("issues", "OLDEST_FIRST"): "created_at, id",
    ("storeReviews", "NEWEST_FIRST"): "written_at desc, id desc",
    ("storeReviews", "WORST_FIRST"): "rating, written_at desc, id desc",
    ("alerts", "NEWEST_FIRST"): "opened_at desc, id desc",
    ("alerts", "WORST_FIRST"): "closed_at is not null, severity = 'CRITICAL' desc, opened_at desc, id desc",
    ("ratings", "NEWEST_FIRST"): "answered_at desc, id desc",
    ("ratings", "OLDEST_FIRST"): "answered_at, id",
    ("ratingLinks", "NEWEST_FIRST"): "created_at desc, id desc",
    ("ratingLinks", "OLDEST_FIRST"): "created_at, id",
}
TABLE = {
    "units": "unit",
    "journeys": "journey",
    "painPoints": "pain_point",
    "tasks": "task",
    "people": "person",
    "notices": "notice",
    "deliveries": "delivery",
    "rollouts": "rollout",
    "recurrences": "recurrence",
    "monthlyReports": "report",
    "issues": "issue",
    "storeReviews": "store_review",
    "alerts": "alert",
    "ratings": "rating",
    "ratingLinks": "rating_link",
}
TYPE = {
    "units": "Unit",
    "journeys": "Journey",
    "painPoints": "PainPoint",
    "tasks": "Task",
    "people": "Person",
    "notices": "Notice",
    "deliveries": "Delivery",
    "rollouts": "Rollout",
    "recurrences": "Recurrence",
    "monthlyReports": "Report",
    "issues": "Issue",
    "storeReviews": "StoreReview",
    "alerts": "Alert",
    "ratings": "Rating",
    "ratingLinks": "RatingLink",
}


def test_every_order_of_every_list_is_walked():
    assert set(ORDERS) == set(IN_SQL)
    paged = {name for name, field in schema().query_type.fields.items() if "last" in field.args}
    own = {"search", "waves", "plannedVisits", "assessments"}
    assert paged - set(LISTS) == own, "they have tests of their own"


@dataclass
class Shelf:
    """A unit full of rows that tie in whatever they are ordered by."""

    unit: Unit
    person: Person
    national: Person

    async def client(self, listed: str) -> Client:
        """Of who sees that list's rows of the shelf and no others."""
        return await as_(self.national if listed == "storeReviews" else self.person)

    async def add(self, ranks: list[int]) -> None:
        """A row of each kind for every rank: the same rank is a tie."""
        rule = await AlertRule.objects().first()
        for rank in ranks:
            at = rows.AT + timedelta(microseconds=rank)
            below = rows.unit_below(self.unit, name=f"Unit é {rank}", created_at=at)
            journey = rows.journey(self.unit, self.person, created_at=at)
            stage = rows.stage(journey)
            issue = rows.issue(self.person, created_at=at)
            point = rows.pain_point(
                stage, self.unit, severity=rank % 5 + 1, created_at=at, due_at=at, issue_id=issue.id
            )
            task = rows.task(
                self.unit,
                self.person,
                due_on=rows.DAY + timedelta(rank),
                progress=rank,
                created_at=at,
                due_at=at,
            )
            one = rows.person(name=f"Orang é {rank}", created_at=at)
            rollout = rows.rollout(self.unit, self.person, created_at=at)
            upcoming = [rows.DAY + timedelta(rank)] if rank else []
            comes = rows.recurrence(self.unit, self.person, upcoming=upcoming, created_at=at)
            # Of one rule and unit only one may be open.
            ended = {"closed_at": at, "closed_because": "RECOVERED"}
            severity = "CRITICAL" if rank % 2 else "INFO"
            warning = rows.alert(self.unit, rule, opened_at=at, severity=severity, **ended)
            answer = rows.rating(self.unit, answered_at=at)
            link = rows.rating_link(self.unit, self.person, rank, created_at=at, token=str(task.id))
            await rows.write(below, journey, stage, issue, point, rollout, comes, task, one, warning)
            await rows.write(answer, link)
            await rows.write(*rows.evidence_of(warning))
            await rows.write(rows.membership(one, self.unit))
            await rows.notices([task], self.person, [(0, at)])
            await rows.write(rows.delivery(self.person, self.unit, created_at=at))
            await rows.write(rows.report(below, month=date(2026, rank + 1, 1)))
            await rows.write(rows.review(rank, submitted_at=at, written_at=at))

    async def in_order(self, listed: str, order: str) -> list[str]:
        """Every global id of a list, as SQL orders them."""
        where = {
            "notices": "person_id = $1",
            "deliveries": "person_id = $1",
            "units": "path ^@ $1",
            "storeReviews": "$1::uuid is not null",
            "issues": "id in (select issue_id from pain_point where unit_id = $1)",
            "people": "id in (select person_id from membership where unit_id = $1)",
            "monthlyReports": "unit_id in (select id from unit where parent_id = $1)",
        }.get(listed, "unit_id = $1")
        key = {
            "notices": self.person.id,
            "deliveries": self.person.id,
            "units": self.unit.path,
        }.get(listed, self.unit.id)
        found = await db.fetch(
            f"select id from {TABLE[listed]} where {where} order by {IN_SQL[listed, order]}", key
        )
        return [ids.encode(TYPE[listed], row["id"]) for row in found]


async def a_shelf(ranks: list[int]) -> Shelf:
    unit = await f.a_unit(UnitKind.UP3)
    national = await f.a_person(Role.VIEWER, await f.reference_unit("HQ"))
    shelf = Shelf(unit, await f.a_person(Role.MANAGER, unit), national)
    await shelf.add(ranks)
    return shelf


async def pages(
    client: Client, listed: str, order: str, size: int, *, backwards: bool = False
) -> list[dict[str, Any]]:
    """Every page, followed by its cursors until there are no more."""
    count, place, end, more = (
        ("last", "before", "startCursor", "hasPreviousPage")
        if backwards
        else ("first", "after", "endCursor", "hasNextPage")
    )
    query = f"""query ($size: Int, $at: String) {{ {listed}({count}: $size, {place}: $at, order: {order}) {{
        nodes {{ id }} edges {{ cursor node {{ id }} }} pageInfo {{ startCursor endCursor hasNextPage hasPreviousPage }} }} }}"""
    found: list[dict[str, Any]] = []
    at = None
    while len(found) < 200:
        page = (await client.data(query, size=size, at=at))[listed]
        found.append(page)
        if not page["pageInfo"][more]:
            return found
        at = page["pageInfo"][end]
    raise AssertionError("the pages never end")


@settings(max_examples=8)
@given(ranks=st.lists(st.integers(0, 4), min_size=1, max_size=12), size=st.integers(1, 5))
async def test_every_order_walks_every_row_once_in_both_directions(clean, ranks, size):
    await clean()
    shelf = await a_shelf(ranks)
    for listed, order in ORDERS:
        client = await shelf.client(listed)
        expected = await shelf.in_order(listed, order)
        forwards = await pages(client, listed, order, size)
        backwards = await pages(client, listed, order, size, backwards=True)
        assert [node["id"] for page in forwards for node in page["nodes"]] == expected
        assert [node["id"] for page in reversed(backwards) for node in page["nodes"]] == expected
        for page in forwards + backwards:
            assert [edge["node"] for edge in page["edges"]] == page["nodes"]
            assert len(page["nodes"]) <= size
            assert page["pageInfo"]["startCursor"] == page["edges"][0]["cursor"]
            assert page["pageInfo"]["endCursor"] == page["edges"][-1]["cursor"]
        assert [page["pageInfo"]["hasPreviousPage"] for page in forwards] == [
            n > 0 for n in range(len(forwards))
        ]
        assert [page["pageInfo"]["hasNextPage"] for page in backwards] == [
            n > 0 for n in range(len(backwards))
        ]


@pytest.mark.parametrize(("listed", "order"), ORDERS)
async def test_pages_stay_in_place_while_rows_are_added(listed, order):
    # given
    shelf = await a_shelf([3, 1, 2, 3, 1, 2])
    client = await shelf.client(listed)
    expected = await shelf.in_order(listed, order)
    query = f"query ($at: String) {{ {listed}(first: 2, after: $at, order: {order}) {{ nodes {{ id }} pageInfo {{ endCursor hasNextPage }} }} }}"
    walked, at, more = [], None, True
    while more:
        # when: new rows come before, among and after what has been walked
        page = (await client.data(query, at=at))[listed]
        walked += [node["id"] for node in page["nodes"]]
        at, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"] and len(walked) < 60
        if len(walked) < 6:
            await shelf.add([0, 2, 4])
    # then what was there at the start was met once, in its order
    assert len(walked) == len(set(walked))
    assert [one for one in walked if one in expected] == expected


async def test_a_page_between_two_cursors_holds_what_lies_between():
    shelf = await a_shelf([0, 1, 2, 3, 4])
    client = await as_(shelf.person)
    whole = (await client.data("{ tasks(first: 9) { edges { cursor node { id } } } }"))["tasks"]["edges"]
    query = "query ($a: String, $b: String) { first: tasks(first: 9, after: $a, before: $b) { nodes { id } } last: tasks(last: 9, after: $a, before: $b) { nodes { id } } }"
    found = await client.data(query, a=whole[0]["cursor"], b=whole[4]["cursor"])
    between = [edge["node"] for edge in whole[1:4]]
    assert found == {"first": {"nodes": between}, "last": {"nodes": between}}
    turned = await client.data(query, a=whole[4]["cursor"], b=whole[0]["cursor"])
    assert turned == {"first": {"nodes": []}, "last": {"nodes": []}}


async def test_a_cursor_outlives_its_row():
    shelf = await a_shelf([0, 1, 2])
    client = await as_(shelf.person)
    edges = (
        await client.data("{ journeys(first: 9, order: OLDEST_FIRST) { edges { cursor node { id } } } }")
    )["journeys"]["edges"]
    _, key = ids.split(edges[1]["node"]["id"])
    for statement in (
        "delete from pain_point where journey_id = $1",
        "delete from stage where journey_id = $1",
        "delete from journey where id = $1",
    ):
        await db.execute(statement, key)
    query = "query ($at: String) { journeys(first: 9, after: $at, order: OLDEST_FIRST) { nodes { id } } }"
    assert (await client.data(query, at=edges[1]["cursor"]))["journeys"]["nodes"] == [edges[2]["node"]]


@pytest.mark.parametrize("listed", [name for name in LISTS if name != "people"])  # all see themselves
async def test_an_empty_list_is_an_empty_page(listed):
    client = await as_(await f.a_person(None))
    query = f"{{ {listed}(first: 5) {{ totalCount nodes {{ id }} edges {{ cursor }} pageInfo {{ startCursor endCursor hasNextPage hasPreviousPage }} }} }}"
    nowhere = {"startCursor": None, "endCursor": None, "hasNextPage": False, "hasPreviousPage": False}
    assert (await client.data(query))[listed] == {
        "totalCount": 0,
        "nodes": [],
        "edges": [],
        "pageInfo": nowhere,
    }


@pytest.mark.parametrize("listed", LISTS)
@pytest.mark.parametrize(
    "asked",
    [
        "totalCount",
        "__typename",
        "pageInfo { __typename }",
        "pageInfo { hasPreviousPage }",
        "edges { __typename }",
        "nodes { __typename }",
    ],
)
async def test_any_part_of_a_page_can_be_asked_for_alone(listed, asked):
    """Over several rows and over none."""
    shelf = await a_shelf([0, 1, 2])
    several, none = await shelf.client(listed), await as_(await f.a_person(None))
    for client in (several, none):
        assert (await client.data(f"{{ {listed}(first: 2) {{ {asked} }} }}"))[listed] is not None


async def test_rows_are_counted_only_when_asked_for():
    shelf = await a_shelf([0, 1, 2])
    client = await as_(shelf.person)
    for query, counts in [
        ("{ tasks(first: 2) { nodes { id } pageInfo { hasNextPage } } }", 0),
        ("{ tasks(first: 2) { totalCount } }", 1),
        ("query ($no: Boolean = false) { tasks(first: 2) { nodes { id } totalCount @include(if: $no) } }", 0),
        ("{ units(first: 2) { totalCount nodes { children(first: 2) { nodes { id } } } } }", 1),
        ("{ units(first: 2) { nodes { children(first: 2) { totalCount } } } }", 1),
    ]:
        async with statements() as counted:
            await client.data(query)
        assert counted.sql[-1].count("(select count(*) from") == counts, query


async def test_the_total_counts_every_page_and_heeds_the_filter():
    shelf = await a_shelf([0, 1, 2, 3])
    client = await as_(shelf.person)
    first = await client.data("{ tasks(first: 1) { totalCount pageInfo { endCursor } } }")
    assert first["tasks"]["totalCount"] == 4
    query = "query ($at: String, $day: Date) { after: tasks(first: 1, after: $at) { totalCount } some: tasks(first: 1, filter: {dueTo: $day}) { totalCount } }"
    found = await client.data(query, at=first["tasks"]["pageInfo"]["endCursor"], day="2030-01-02")
    assert found == {"after": {"totalCount": 4}, "some": {"totalCount": 2}}


async def test_history_is_paged_like_any_list():
    task = await f.a_task()
    owner = await as_(await Person.objects().get(Person.id == task.owner_id))
    for progress in range(1, 6):
        await owner.done("reportProgress", taskId=gid(task), expectedVersion=progress, progress=progress)
    query = """query ($id: ID!, $at: String) { node(id: $id) { ... on Task { history(first: 4, after: $at, order: NEWEST_FIRST) {
        totalCount nodes { kind after } pageInfo { endCursor hasNextPage } } } } }"""
    first = (await owner.data(query, id=gid(task)))["node"]["history"]
    second = (await owner.data(query, id=gid(task), at=first["pageInfo"]["endCursor"]))["node"]["history"]
    assert (first["totalCount"], first["pageInfo"]["hasNextPage"], second["pageInfo"]["hasNextPage"]) == (
        6,
        True,
        False,
    )
    assert [entry["after"].get("progress") for entry in first["nodes"] + second["nodes"]] == [
        5,
        4,
        3,
        2,
        1,
        None,
    ]


def what_it_holds(cursor: str) -> list[Any]:
    return orjson.loads(urlsafe_b64decode(cursor))


async def test_a_cursor_of_a_history_counts_the_things_own_events_and_nobody_elses():
    """How much happens in the whole organisation is not for everybody who sees a task."""
    # given two tasks that change by turns
    unit = await f.a_unit()
    owner = await f.a_person(Role.CONTRIBUTOR, unit)
    one, other = [await f.a_task(unit, owner=owner) for _ in range(2)]
    client = await as_(owner)
    for n in range(1, 4):
        for task in (one, other):
            await client.done("reportProgress", taskId=gid(task), expectedVersion=n, progress=n)
    # when
    query = "query ($id: ID!) { node(id: $id) { ... on Task { history(first: 9) { edges { cursor node { kind } } } } } }"
    for task in (one, other):
        edges = (await client.data(query, id=gid(task)))["node"]["history"]["edges"]
        # then
        assert [edge["node"]["kind"] for edge in edges] == ["TASK_CREATED", *["TASK_PROGRESS_REPORTED"] * 3]
        assert [what_it_holds(edge["cursor"])[1:] for edge in edges] == [[1], [2], [3], [4]]


async def test_history_is_in_the_order_of_what_happened_to_the_thing_whatever_the_clock_said():
    # given a clock that is set back between two changes
    unit = await f.a_unit()
    owner = await f.a_person(Role.CONTRIBUTOR, unit)
    task = await f.a_task(unit, owner=owner)
    client = await as_(owner)
    await client.done("reportProgress", taskId=gid(task), expectedVersion=1, progress=1)
    clock.shift(-timedelta(minutes=30))
    await client.done("blockTask", taskId=gid(task), expectedVersion=2, reason="Hujan")
    # then
    query = "query ($id: ID!, $o: HistoryOrder!) { node(id: $id) { ... on Task { history(first: 9, order: $o) { nodes { kind } } } } }"
    kinds = ["TASK_CREATED", "TASK_PROGRESS_REPORTED", "TASK_BLOCKED"]
    for order, expected in (("OLDEST_FIRST", kinds), ("NEWEST_FIRST", kinds[::-1])):
        nodes = (await client.data(query, id=gid(task), o=order))["node"]["history"]["nodes"]
        assert [node["kind"] for node in nodes] == expected


async def test_a_cursor_of_the_tree_tells_nothing_of_what_lies_above_the_viewers_units():
    # given
    up3 = await f.a_unit(UnitKind.UP3)
    ulp = await f.a_unit(UnitKind.ULP, up3)
    query = "{ units(first: 99, order: BY_TREE) { edges { cursor node { code } } } }"
    for at, paths in ((up3, [f"{up3.code}/", f"{up3.code}/{ulp.code}/"]), (ulp, [f"{ulp.code}/"])):
        client = await as_(await f.a_person(Role.VIEWER, at))
        # when
        edges = (await client.data(query))["units"]["edges"]
        # then
        assert [what_it_holds(edge["cursor"])[1] for edge in edges] == paths


async def test_the_tree_is_walked_whole_by_who_sees_two_parts_of_it():
    # given roles at a region and, once more, at a unit inside it, and in another region
    region, bali = await f.reference_unit("JATIM"), await f.reference_unit("BALI")
    up3 = await f.a_unit(UnitKind.UP3, region)
    for above in (up3, up3, await f.a_unit(UnitKind.UP3, bali)):
        await f.a_unit(UnitKind.ULP, above)
    who = await f.a_person(Role.VIEWER, region)
    for at in (up3, bali):
        await f.a_role(who, Role.CONTRIBUTOR, at)
    # then every unit is met once, and each before those below it
    walked = [
        node["id"] for page in await pages(await as_(who), "units", "BY_TREE", 2) for node in page["nodes"]
    ]
    found = await db.fetch(
        "select id from unit where path ^@ any($1) order by path", [region.path, bali.path]
    )
    assert sorted(walked) == sorted(ids.encode("Unit", row["id"]) for row in found)
    place = {one: n for n, one in enumerate(walked)}
    rows_of_tree = await db.fetch(
        "select id, parent_id from unit where path ^@ any($1)", [f"{region.path}", bali.path]
    )
    for row in rows_of_tree:
        parent = ids.encode("Unit", row["parent_id"])
        assert place.get(parent, -1) < place[ids.encode("Unit", row["id"])]


async def test_filters_of_the_inbox():
    unit = await f.a_unit()
    owner = await f.a_person(Role.CONTRIBUTOR, unit)
    read, unread = [await a_notice(owner, await f.a_task(unit, owner=owner)) for _ in range(2)]
    client = await as_(owner)
    await client.done("markNoticesRead", noticeIds=[gid(read)])
    query = "query ($f: NoticeFilter) { notices(first: 9, filter: $f) { nodes { id } } }"
    for filled, expected in [
        ({"unread": True}, [unread]),
        ({"unread": False}, [read]),
        ({"kinds": ["OVERDUE"]}, []),
    ]:
        assert (await client.data(query, f=filled))["notices"]["nodes"] == [
            {"id": gid(one)} for one in expected
        ]
