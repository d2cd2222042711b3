"""R8: every answer is taken in once."""

from datetime import UTC, date, datetime

import pytest

from jejak.domain import db, rating
from jejak.domain.vocabulary import RatingAspect
from tests import factories as f
from tests.ratings import a_rating, added
from tests.sql import statements

pytestmark = pytest.mark.usefixtures("database")


async def test_what_a_source_has_sent_once_is_never_counted_twice():
    place = await f.a_unit()
    first = [a_rating(place, external_id="a", csat=5), a_rating(place, external_id="b", csat=4)]
    assert await added(first, "APP") == {0, 1}

    again = [a_rating(place, external_id=name, csat=1) for name in ("b", "c", "c")]
    assert await added(again, "APP") == {1}
    assert await added(again[:1], "CALLS") == {0}

    kept = await db.fetch("select source, external_id, csat from rating order by source, external_id")
    assert [tuple(row) for row in kept] == [
        ("APP", "a", 5),
        ("APP", "b", 4),
        ("APP", "c", 1),
        ("CALLS", "b", 1),
    ]
    assert await db.fetchval("select count(*) from rating_pending") == 4


async def test_the_day_of_an_answer_is_the_units_own():
    jakarta, jayapura = await f.a_unit(), await f.a_unit(timezone="Asia/Jayapura")
    late = datetime(2026, 3, 10, 15, 30, tzinfo=UTC)
    await added([a_rating(place, answered_at=late) for place in (jakarta, jayapura)])
    days = {row["unit_id"]: row["day"] for row in await db.fetch("select unit_id, day from rating")}
    assert days == {jakarta.id: date(2026, 3, 10), jayapura.id: date(2026, 3, 11)}


async def test_an_answer_is_kept_as_it_was_given():
    place = await f.a_unit()
    await added([a_rating(place, nps=0, aspects=(RatingAspect.FAST,), comment="Cepat", feature="TOKEN")])
    row = await db.fetchrow("select csat, overall, ces, nps, aspects, comment, feature, staff_id from rating")
    assert row is not None
    assert tuple(row) == (None, None, None, 0, ["FAST"], "Cepat", "TOKEN", None)


async def test_many_ratings_cost_one_statement():
    place = await f.a_unit()
    async with db.transaction(), statements() as counted:
        await rating.add([a_rating(place) for _ in range(500)], "TEST")
    assert len(counted) == 1
