"""R8: what customers answered, brought in over the API: counted once, told by row, and read by who may."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from jejak.domain import api_token, clock, db, rating_tally
from jejak.domain.api_token import CreateApiToken
from jejak.domain.tables.person import Membership, Person
from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import Role, UnitKind
from tests import factories as f
from tests.client import Client, as_, gid
from tests.ratings import a_rating, added
from tests.refusals import unchanged

pytestmark = pytest.mark.usefixtures("database")
FAILED_ROWS = {"errorPolicy": "REJECT_FAILED_ROWS"}
SHOWS = "submitted count results { outcome }"


def an_answer(place: Unit, name: str, **changes: Any) -> dict[str, Any]:
    given = {
        "externalId": name,
        "unitCode": place.code,
        "service": "PREPAID",
        "channel": "CALL",
        "answeredAt": (clock.now() - timedelta(hours=1)).isoformat(),
        "nps": 9,
    }
    return given | changes


async def programme() -> Person:
    return await f.a_person(Role.PROGRAMME, await f.reference_unit("HQ"))


async def a_program_of(who: Person) -> Client:
    """By an API token."""
    membership = await Membership.objects().get(Membership.person_id == who.id)
    assert membership is not None
    last = clock.now().date() + timedelta(days=9)
    made = await api_token.create(await f.viewer_for(who), CreateApiToken(membership.id, "CEM", last))
    return Client(made.token)


async def test_a_program_brings_answers_in_and_again_by_another_token_of_another_person():
    # given
    place = await f.a_unit()
    first, second = await a_program_of(await programme()), await a_program_of(await programme())
    rows = [an_answer(place, name) for name in "aba"]
    # when
    done = await first.done("submitRatings", SHOWS, source="cc123", ratings=rows)
    again = await second.done("submitRatings", SHOWS, source="CC123", ratings=[*rows, an_answer(place, "d")])
    # then
    new, there = ({"outcome": outcome, "errors": []} for outcome in ("SUBMITTED", "ALREADY_THERE"))
    assert (done["submitted"], done["count"], done["results"]) == (2, 3, [new, new, there])
    assert (again["submitted"], again["results"]) == (1, [there, there, there, new])
    assert await db.fetchval("select count(*) from rating") == 3
    told = await db.fetch("select after from event where kind = 'ratings.submitted' order by id")
    assert [row["after"] for row in told] == [
        '{"source":"CC123","submitted":2,"already_there":1}',
        '{"source":"CC123","submitted":1,"already_there":3}',
    ]


async def test_what_is_sent_twice_at_once_is_there_once():
    place, client = await f.a_unit(), await as_(await programme())
    rows = [
        an_answer(place, str(n), staffCode=f"P{n % 3}", staffName="Budi", staffKind="OFFICER")
        for n in range(40)
    ]
    done = await asyncio.gather(
        *(
            client.done("submitRatings", "submitted", source="APP", ratings=each)
            for each in (rows, rows[::-1]) * 3
        )
    )
    assert sum(one["submitted"] for one in done) == 40
    assert await db.fetchval("select count(*) from rating") == 40
    assert await db.fetchval("select count(*) from staff") == 3
    assert await rating_tally.drain() == 40


async def test_a_bad_row_says_why_and_rejects_all_or_itself():
    # given
    place, client = await f.a_unit(), await as_(await programme())
    rows = [
        an_answer(place, "good"),
        an_answer(place, "none", nps=None),
        an_answer(place, "half", staffName="Budi"),
        an_answer(place, "where", unitCode="NOWHERE"),
        an_answer(place, "both", unitId=gid(await f.a_unit())),
    ]
    wrong = [
        [],
        [("REQUIRED", "csat")],
        [("REQUIRED", "staffCode"), ("REQUIRED", "staffKind")],
        [("NOT_FOUND", "unitCode")],
        [("NOT_FOUND", "unitId")],
    ]
    shows = "submitted count results { outcome errors { code path } }"

    def told(payload: dict[str, Any]) -> list[list[tuple[str, str]]]:
        return [[(error["code"], error["path"][-1]) for error in row["errors"]] for row in payload["results"]]

    # then
    async with unchanged():
        refused = await client.do("submitRatings", shows, source="APP", ratings=rows)
    assert (refused["submitted"], told(refused)) == (0, wrong)
    async with unchanged():
        tried = await client.do(
            "submitRatings", shows, source="APP", ratings=rows, dryRun=True, **FAILED_ROWS
        )
    done = await client.do("submitRatings", shows, source="APP", ratings=rows, **FAILED_ROWS)
    assert (done["submitted"], done["count"], told(done)) == (1, 1, wrong)
    assert [row["outcome"] for row in done["results"]] == ["SUBMITTED", *[None] * 4]
    assert tried == done


async def test_who_is_known_by_their_code_is_called_as_they_are_now():
    place, client = await f.a_unit(), await as_(await programme())
    for name, kind in (("Dewi", "AGENT"), ("Dewi Lestari", "OFFICER")):
        row = an_answer(place, name, staffCode="A1", staffName=name, staffKind=kind)
        await client.done("submitRatings", source="APP", ratings=[row])
    rows = await db.fetch("select code, name, kind from staff")
    assert [tuple(row) for row in rows] == [("A1", "Dewi Lestari", "OFFICER")]


LIST = """query ($filter: RatingFilter, $order: RatingOrder!) { ratings(first: 20, filter: $filter, order: $order) {
    totalCount nodes { comment } } }"""


async def test_answers_are_found_by_what_they_say_and_where():
    # given
    up3 = await f.a_unit(UnitKind.UP3)
    here, there = await f.a_unit(parent=up3), await f.a_unit()
    now = clock.now()
    answers = [
        a_rating(here, comment="satu", nps=3, answered_at=now - timedelta(days=3)),
        a_rating(here, comment="dua", csat=2, service="SPKLU", answered_at=now - timedelta(days=2)),
        a_rating(up3, comment="tiga", csat=5, channel="OFFICE", answered_at=now - timedelta(days=1)),
        a_rating(here, csat=5, answered_at=now),
        a_rating(there, comment="lain", csat=1),
    ]
    await added(answers)
    client = await as_(await f.a_person(Role.MANAGER, up3))

    async def found(order: str = "NEWEST_FIRST", **about: Any) -> list[str | None]:
        data = (await client.data(LIST, filter=about, order=order))["ratings"]
        assert data["totalCount"] == len(data["nodes"])
        return [node["comment"] for node in data["nodes"]]

    # then
    assert await found() == [None, "tiga", "dua", "satu"]
    assert await found("OLDEST_FIRST", unitId=gid(here)) == ["satu", "dua", None]
    assert await found(unitId=gid(there)) == []
    assert await found(services=["SPKLU"]) == ["dua"]
    assert await found(channels=["OFFICE"]) == ["tiga"]
    assert await found(csatAtMost=2) == ["dua"]
    assert await found(npsAtMost=6) == ["satu"]
    assert await found(commented=False) == [None]
    assert await found(text="TIG") == ["tiga"]
    span = {"answeredFrom": (now - timedelta(days=2)).isoformat(), "answeredTo": now.isoformat()}
    assert await found(**span) == ["tiga", "dua"]


async def test_of_a_customer_only_a_hash_is_kept_by_which_they_are_forgotten():
    place, client = await f.a_unit(), await as_(await programme())
    refs = (("a", "PLG-1"), ("b", " plg-1"), ("c", "x"))
    rows = [an_answer(place, name, customerRef=ref, comment="Lama") for name, ref in refs]
    await client.done("submitRatings", source="APP", ratings=rows)
    found = await db.fetch("select external_id, subject_hash from rating")
    kept = {row["external_id"]: row["subject_hash"] for row in found}
    assert kept["a"] == kept["b"] != kept["c"]
    assert "plg" not in str(kept.values()).lower()
    await client.done("eraseCustomer", customerRef="plg-1")
    left = await db.fetch(
        "select external_id from rating where comment is not null or subject_hash is not null"
    )
    assert [row["external_id"] for row in left] == ["c"]
