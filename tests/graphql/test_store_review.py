"""The store's rating as headquarters sees it, against another database; nobody else sees any of it."""

from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from math import sqrt

import duckdb
import pytest

from jejak.domain import db
from jejak.domain.access import SYSTEM
from jejak.domain.metric_rules import wilson
from jejak.domain.store_review import ImportStoreReviews, load
from jejak.domain.vocabulary import Language, Role, UnitKind
from jejak.graphql import ids
from tests import factories as f
from tests.client import as_, gid
from tests.graphql import rows
from tests.graphql.test_access import seats
from tests.graphql.world import VALID
from tests.refusals import unchanged
from tests.sql import statements

PERIOD = "startOn endOn reviews mean distribution negative share low high indicative"
FIGURES = f"""query ($from: Date!, $to: Date!, $first: Int! = 5) {{ storeReviewFigures(from: $from, to: $to) {{
    period {{ {PERIOD} }} before {{ {PERIOD} }} apart causes(first: $first) {{ reviews share cause {{ id title }} }} }} }}"""


@pytest.fixture
async def national():
    return await as_(await f.a_viewer(Role.VIEWER, await f.reference_unit("HQ"), language=Language.EN))


async def two_months() -> list:
    """Reviews around midnights in Jakarta, of every number of stars, some with a cause."""
    causes = [rows.cause(n) for n in range(7)]
    start = datetime(2026, 8, 1, 16, 30, tzinfo=UTC)
    reviews = []
    for n in range(400):
        rating = 1 + (n * n + n // 200) % 5
        cause = causes[n % 11] if n % 11 < 7 and rating <= 3 else None
        at = start + timedelta(hours=3 * n)
        tagged = {"cause_id": cause.id, "tagged_at": at} if cause else {}
        reviews.append(rows.review(n, rating=rating, submitted_at=at, written_at=at, **tagged))
    await rows.write(*causes, *reviews)
    return causes


def shown(value: float | None) -> str | None:
    return None if value is None else str(Decimal(repr(value)).quantize(Decimal("0.01"), ROUND_HALF_UP))


def modelled(duck, start: date, end: date) -> dict:
    counts = [
        duck.execute(
            "select count(*) from review where rating = ? and cast(written_at + interval 7 hour as date) between ? and ?",
            [stars, start, end],
        ).fetchone()[0]
        for stars in range(1, 6)
    ]
    of, bad = sum(counts), counts[0] + counts[1]
    low = high = share = mean = None
    if of:
        share, mean = bad / of, sum(n * stars for stars, n in enumerate(counts, 1)) / of
        middle, half = (
            share + 1.96**2 / (2 * of),
            1.96 * sqrt((share * (1 - share) + 1.96**2 / (4 * of)) / of),
        )
        low, high = ((middle - half) / (1 + 1.96**2 / of), (middle + half) / (1 + 1.96**2 / of))
    return {
        "startOn": start.isoformat(),
        "endOn": end.isoformat(),
        "reviews": of,
        "mean": shown(mean),
        "distribution": counts,
        "negative": bad,
        "share": shown(share and 100 * share),
        "low": shown(low and max(0.0, 100 * low)),
        "high": shown(high and 100 * high),
        "indicative": of < 30,
    }


async def test_figures_are_those_of_another_database(national):
    # given
    await two_months()
    duck = duckdb.connect()
    duck.execute("set timezone = 'UTC'")
    duck.execute("create table review (rating int, cause_id text, written_at timestamp)")
    found = await db.fetch(
        "select rating::int, cause_id::text, written_at at time zone 'UTC' from store_review"
    )
    duck.executemany("insert into review values (?, ?, ?)", [list(row.values()) for row in found])
    for start, days in (
        (date(2026, 8, 2), 1),
        (date(2026, 8, 10), 7),
        (date(2026, 9, 1), 20),
        (date(2027, 1, 1), 5),
    ):
        end = start + timedelta(days=days - 1)
        # when
        data = await national.data(FIGURES, **{"from": start.isoformat(), "to": end.isoformat(), "first": 20})
        # then
        told = data["storeReviewFigures"]
        now, before = (
            modelled(duck, start, end),
            modelled(duck, start - timedelta(days=days), start - timedelta(days=1)),
        )
        assert (told["period"], told["before"]) == (now, before)
        if now["reviews"] and before["reviews"]:
            mine, theirs = (wilson(one["negative"], one["reviews"]) for one in (now, before))
            assert told["apart"] == (mine[0] > theirs[1] or theirs[0] > mine[1])
        else:
            assert told["apart"] is None
        wanted = duck.execute(
            """select cause_id, count(*) from review where rating <= 2
            and cast(written_at + interval 7 hour as date) between ? and ? group by 1 order by 2 desc, 1 nulls last""",
            [start, end],
        ).fetchall()
        causes = [
            (one["cause"] and one["cause"]["id"], one["reviews"], one["share"]) for one in told["causes"]
        ]
        assert causes == [
            (key and gid_of(key), number, shown(100 * number / now["negative"])) for key, number in wanted
        ]
    # and of all of them the five largest
    data = await national.data(FIGURES, **{"from": "2026-08-01", "to": "2026-09-30"})
    assert len(data["storeReviewFigures"]["causes"]) == 5
    assert data["storeReviewFigures"]["causes"][1]["cause"]["title"] == "Slow"


def gid_of(key: str) -> str:
    return ids.encode("ReviewCause", key)


async def test_days_beyond_reason_are_refused_and_turned_ones_are_empty(national):
    _, errors = await national.post(FIGURES, **{"from": "0001-01-01", "to": "9999-12-31"})
    assert [error["extensions"]["code"] for error in errors] == ["OUT_OF_RANGE"]
    data = await national.data(FIGURES, **{"from": "2026-09-02", "to": "2026-09-01"})
    assert data["storeReviewFigures"]["period"]["reviews"] == 0


async def test_reviews_are_filtered_and_causes_suggested_by_what_was_said_before(national):
    # given
    login, slow = await f.a_cause(title_en="Cannot sign in"), await f.a_cause(title_en="Slow")
    await f.a_tagged_review(login, text="Kode OTP tidak pernah datang ke nomor saya")
    await f.a_tagged_review(slow, text="Aplikasi lambat sekali saat beli token", version_name="5.1")
    new = await f.a_review(text="OTP tidak datang ke nomor saya", rating=2, title="OTP")
    query = """query ($f: StoreReviewFilter) { storeReviews(first: 9, filter: $f, order: WORST_FIRST) { totalCount nodes {
        id rating cause { title } suggestedCauses { similarity cause { title } } } } }"""
    async with unchanged():
        # when
        everything = (await national.data(query))["storeReviews"]
        # then
        assert [node["rating"] for node in everything["nodes"]] == [1, 1, 2]
        (suggested, *_) = everything["nodes"][-1]["suggestedCauses"]
        assert suggested["cause"]["title"] == "Cannot sign in"
        assert float(suggested["similarity"]) > 0.5
        day = datetime.now(UTC).date()
        for chosen, number in (
            ({"ratings": [2]}, 1),
            ({"ratings": [1, 2]}, 3),
            ({"tagged": False}, 1),
            ({"causeId": gid(slow)}, 1),
            ({"versionName": "5.1"}, 1),
            ({"text": "otp"}, 2),
            ({"from": (day - timedelta(days=3)).isoformat()}, 3),
            ({"to": (day - timedelta(days=3)).isoformat()}, 0),
        ):
            assert (await national.data(query, f=chosen))["storeReviews"]["totalCount"] == number, chosen
    assert (await national.data(query, f={"text": "OTP tidak datang"}))["storeReviews"]["nodes"][0][
        "id"
    ] == gid(new)


async def test_nobody_below_headquarters_sees_or_changes_any_of_it(world):
    query = """query ($id: ID!, $cause: ID!) { storeReviews(first: 5) { totalCount nodes { id } } reviewCauses { id }
        storeReviewFigures(from: "2026-01-01", to: "2026-12-31") { apart period { reviews } }
        node(id: $id) { id } cause: node(id: $cause) { id } }"""
    acts = {
        name: VALID[name](world)[1]
        for name in ("tagStoreReviews", "updateReviewCause", "importStoreReviews", "createReviewCause")
    }
    acts["updateReviewCause"] |= {"expectedVersion": 9}
    acts["importStoreReviews"] |= {"rows": [acts["importStoreReviews"]["rows"][0] | {"rating": 6}]}
    acts["tagStoreReviews"] |= {"reviews": [acts["tagStoreReviews"]["reviews"][0] | {"expectedVersion": 9}]}
    acts["createReviewCause"] = {"code": "-", "titleId": "x", "titleEn": "y"}
    told = {"STALE", "OUT_OF_RANGE", "INVALID_CODE"}
    async for seat, client in seats(world, world.here):
        sees = seat.unit.kind == UnitKind.HQ
        data = await client.data(query, id=gid(world.review), cause=gid(world.cause))
        assert bool(data["node"]) == bool(data["cause"]) == bool(data["reviewCauses"]) == sees, str(seat)
        assert (data["storeReviews"]["totalCount"], bool(data["storeReviewFigures"])) == (2 * sees, sees), (
            str(seat)
        )
        may = sees and seat.role in {Role.MANAGER, Role.PROGRAMME}
        async with unchanged():
            for name, given in acts.items():
                ((code, _),) = await client.refusals(name, **given)
                if may:
                    assert code in told, (str(seat), name)
                else:
                    named = name in {"tagStoreReviews", "updateReviewCause"}
                    assert code == ("NOT_FOUND" if named and not sees else "FORBIDDEN"), (str(seat), name)


async def test_a_list_of_reviews_costs_one_statement_however_long(national):
    query = "{ storeReviews(first: 100) { nodes { id cause { title } taggedBy { name } suggestedCauses { cause { id } } history(first: 2) { nodes { kind } } } } reviewCauses { title } }"
    cause = await f.a_cause()
    counts = []
    await national.data(query)
    for _ in range(2):
        async with statements() as counted:
            await national.data(query)
        counts.append(len(counted))
        await load(SYSTEM, ImportStoreReviews([f.a_review_row() for _ in range(30)]))
        await f.a_tagged_review(cause)
    assert counts[0] == counts[1]
