"""Asking customers through the API: links for everybody, requests to single customers, and forgetting one."""

from datetime import timedelta

import pytest

from jejak.api.app import create_app
from jejak.domain import clock, db, rating_link
from jejak.domain.vocabulary import Role
from tests import factories as f
from tests.client import SETTINGS, as_, gid, over
from tests.rating_pages import a_link, a_request, open_page, sent
from tests.ratings import export
from tests.refusals import events_of, unchanged
from tests.sql import statements

LINKS = """query ($filter: RatingLinkFilter) { ratingLinks(first: 50, filter: $filter) { totalCount
    nodes { id name service feature channel path answered active unit { code } createdBy { name }
    history(first: 5) { nodes { kind after } } } } }"""


@pytest.fixture(autouse=True)
async def _connected(database):
    """Every test starts from a clean database, connected."""


async def a_program():
    """Of PLN's, which asks customers."""
    return await as_(await f.a_person(Role.PROGRAMME, await f.reference_unit("HQ")))


def in_days(days: int) -> str:
    return (clock.today("Asia/Jakarta") + timedelta(days=days)).isoformat()


async def test_a_link_is_made_seen_where_its_unit_is_and_ended():
    # given
    program, unit = await a_program(), await f.a_unit()
    given = {"unitId": gid(unit), "service": "COMPLAINT", "channel": "SOCIAL_MEDIA"}
    # when
    made = await program.done(
        "createRatingLink",
        "ratingLink { id path }",
        **given,
        name="Bio",
        feature="lapor",
        expiresOn=in_days(700),
        clientMutationId="bio",
    )
    again = await program.done(
        "createRatingLink",
        "ratingLink { id path }",
        **given,
        name="Bio",
        feature="lapor",
        expiresOn=in_days(700),
        clientMutationId="bio",
    )
    # then
    assert again == made
    manager = await as_(await f.a_person(Role.MANAGER, unit))
    stranger = await as_(await f.a_person(Role.MANAGER, await f.a_unit()))
    (seen,) = (await manager.data(LINKS))["ratingLinks"]["nodes"]
    assert (seen["path"], seen["feature"], seen["active"]) == (made["ratingLink"]["path"], "LAPOR", True)
    assert (seen["answered"], seen["unit"]["code"]) == (0, unit.code)
    assert [entry["kind"] for entry in seen["history"]["nodes"]] == ["RATING_LINK_CREATED"]
    assert (await stranger.data(LINKS))["ratingLinks"] == {"totalCount": 0, "nodes": []}
    assert await manager.refusals("revokeRatingLink", ratingLinkId=seen["id"]) == [
        ("FORBIDDEN", ["ratingLinkId"])
    ]
    assert await stranger.refusals("revokeRatingLink", ratingLinkId=seen["id"]) == [
        ("NOT_FOUND", ["ratingLinkId"])
    ]
    for _ in range(2):
        ended = await program.done(
            "revokeRatingLink", "ratingLink { active revokedAt }", ratingLinkId=seen["id"]
        )
        assert ended["ratingLink"]["active"] is False
    key = await db.fetchval("select id from rating_link")
    assert await events_of(key) == ["rating_link.created", "rating_link.revoked"]
    for active, number in ((True, 0), (False, 1)):
        found = await manager.data(
            LINKS, filter={"active": active, "unitId": gid(unit), "channels": ["SOCIAL_MEDIA"]}
        )
        assert found["ratingLinks"]["totalCount"] == number


async def test_a_link_ends_within_two_years_and_a_unit_has_so_many(monkeypatch):
    program, unit = await a_program(), await f.a_unit()
    given = {"unitId": gid(unit), "service": "COMPLAINT", "channel": "OFFICE", "name": "Loket"}
    for wrong, code, at in (
        ({"expiresOn": in_days(-1)}, "PAST_DATE", "expiresOn"),
        ({"expiresOn": in_days(732)}, "OUT_OF_RANGE", "expiresOn"),
        ({"expiresOn": in_days(1), "name": " "}, "REQUIRED", "name"),
        ({"expiresOn": in_days(1), "feature": "<b>"}, "INVALID_FEATURE", "feature"),
    ):
        async with unchanged():
            assert await program.refusals("createRatingLink", **given | wrong) == [(code, [at])]
    monkeypatch.setattr(rating_link, "MOST_LINKS", 1)
    await program.done("createRatingLink", **given, expiresOn=in_days(0))
    async with unchanged():
        refusals = await program.refusals("createRatingLink", **given, expiresOn=in_days(0))
    assert refusals == [("TOO_MANY", ["unitId"])]
    clock.shift(timedelta(days=1, hours=1))
    await (await a_program()).done("createRatingLink", **given, expiresOn=in_days(0))


async def test_the_answers_of_each_link_are_counted_as_a_second_look_counts_them():
    here, there = await a_link(feature="a"), await a_link(feature="b")
    async with over(create_app(SETTINGS)) as browser:
        for link, times in ((here, 3), (there, 1)):
            for _ in range(times):
                page = await open_page(browser, f"/r/{link.token}?again=1")
                for _ in range(2):
                    await browser.post(f"/r/{link.token}", data=sent(page, csat="4"))
    nodes = (await (await a_program()).data(LINKS))["ratingLinks"]["nodes"]
    duck = await export()
    counted = duck.execute("select feature, count(*) from rating group by 1 order by 1").fetchall()
    assert sorted((node["feature"], node["answered"]) for node in nodes) == counted == [("A", 3), ("B", 1)]


async def test_customers_are_asked_row_by_row_and_a_retry_gives_the_same_links():
    program, unit = await a_program(), await f.a_unit()
    closed = await f.a_unit(closed=True)
    row = {"unitId": gid(unit), "service": "PB_PD", "channel": "CALL"}
    rows = [
        row | {"customerRef": "PEL-1", "staffCode": "cc-7", "staffName": "Dewi", "staffKind": "AGENT"},
        row | {"unitId": gid(closed)},
        row | {"validDays": 31},
        row | {"staffCode": "cc-7"},
        row | {"customerRef": "x" * 101},
        row | {"unitId": "bm9uc2Vuc2U="},
        row | {"staffCode": "cc-7", "staffName": "Dewi S.", "staffKind": "AGENT", "validDays": 30},
    ]
    shows = "count results { path expiresAt optedOut }"
    given = {"requests": rows, "errorPolicy": "REJECT_FAILED_ROWS", "clientMutationId": "calls"}
    async with unchanged():
        await program.do("requestRatings", shows, **given | {"errorPolicy": "REJECT_EVERYTHING"})
    first = await program.do("requestRatings", shows, **given)
    assert [[error["code"] for error in one["errors"]] for one in first["results"]] == [
        [], ["UNIT_CLOSED"], ["OUT_OF_RANGE"], ["REQUIRED", "REQUIRED"], ["TOO_LONG"], ["INVALID_ID"], [],
    ]  # fmt: skip
    assert first["count"] == 2
    async with unchanged():
        assert await program.do("requestRatings", shows, **given) == first
    staff = await db.fetch("select code, name, kind from staff")
    assert [tuple(one) for one in staff] == [("cc-7", "Dewi S.", "AGENT")]
    told = await db.fetchval("select after from event where kind = 'ratings.requested'")
    assert "PEL" not in told
    assert '"requests":2' in told


async def test_a_thousand_requests_cost_the_statements_of_one():
    program, unit = await a_program(), await f.a_unit()
    await program.data("{ viewer { id } }")
    row = {
        "unitId": gid(unit),
        "service": "PB_PD",
        "channel": "CALL",
        "staffName": "Dewi",
        "staffKind": "AGENT",
    }
    counts = []
    for number in (1, 2, 1_000):
        rows = [row | {"customerRef": f"{number}-{n}", "staffCode": f"{n % 20}"} for n in range(number)]
        async with statements() as counted:
            payload = await program.at_limits().done("requestRatings", "count", requests=rows)
        assert payload["count"] == number
        counts.append(len(counted))
    assert len(set(counts)) == 1
    async with unchanged():
        refusals = await program.at_limits().refusals("requestRatings", requests=[row] * 1_001)
    assert refusals == [("TOO_MANY", ["requests"])]


async def test_only_the_programme_asks_and_forgets_customers():
    unit = await f.a_unit()
    manager, nobody = await as_(await f.a_person(Role.MANAGER, unit)), await f.a_person(None)
    administrator = await f.a_person(Role.ADMIN, await f.reference_unit("HQ"))
    row = {"unitId": gid(unit), "service": "PB_PD", "channel": "CALL"}
    path = await a_request(unit, customer_ref="PEL-1")
    others = [manager, await as_(nobody), await as_(administrator)]
    async with unchanged():
        assert await manager.refusals("requestRatings", requests=[row]) == [
            ("FORBIDDEN", ["requests", "0", "unitId"])
        ]
        for who in others:
            assert await who.refusals("eraseCustomer", customerRef="PEL-1") == [("FORBIDDEN", [])]
    erased = await (await a_program()).done("eraseCustomer", "ratings requests", customerRef="pel-1")
    assert (erased["ratings"], erased["requests"]) == (0, 1)
    async with over(create_app(SETTINGS)) as browser:
        assert (await browser.get(path)).status_code == 410
