"""R8: the histograms are what a count of all answers gives, whatever was sent, counted and moved in whichever order."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jejak.domain import db, rating_tally, unit
from jejak.domain.access import SYSTEM
from jejak.domain.tables.unit import Unit
from jejak.domain.unit import MoveUnit
from jejak.domain.vocabulary import RatingChannel, Service, UnitKind
from tests import factories as f
from tests.ratings import SCORES, a_rating, added, export

pytestmark = pytest.mark.usefixtures("database")

_COUNTED = ", ".join(f"count(*) filter (where r.{name} = {score})" for name, score in SCORES)


async def kept() -> dict[tuple[Any, ...], tuple[int, ...]]:
    rows = await db.fetch(
        f"""select unit_id::text, monthly, by_feature, starts_on, service, channel, feature,
        {", ".join(f"coalesce({name}_{score}, 0)" for name, score in SCORES)} from rating_tally"""
    )
    return {tuple(row)[:7]: tuple(row)[7:] for row in rows}


async def counted_anew() -> dict[tuple[Any, ...], tuple[int, ...]]:
    """By the tree as it is now, from the raw answers that do not wait any more."""
    duck = await export()
    waiting = [str(row["rating_id"]) for row in await db.fetch("select rating_id from rating_pending")]
    rows = duck.execute(
        f"""select above.id, span.monthly, detail.by_feature,
            case when span.monthly then date_trunc('month', r.day)::date else r.day end, r.service, r.channel,
            case when detail.by_feature then r.feature else '' end, {_COUNTED}
        from rating r join unit here on here.id = r.unit_id join unit above on starts_with(here.path, above.path)
        cross join (values (true), (false)) span (monthly) cross join (values (true), (false)) detail (by_feature)
        where not list_contains($1, r.id) and (detail.by_feature or above.kind <> 'ULP')
        group by 1, 2, 3, 4, 5, 6, 7""",
        [waiting],
    ).fetchall()
    return {row[:7]: row[7:] for row in rows}


picks = st.integers(0, 99)
scores = st.fixed_dictionaries(
    {"nps": st.integers(0, 10)},
    optional={"csat": st.integers(1, 5), "overall": st.integers(1, 5), "ces": st.integers(1, 7)},
)
answers = st.tuples(
    st.just("answer"),
    picks,
    st.sampled_from(Service),
    st.sampled_from(["", "TOKEN"]),
    st.integers(0, 40),
    scores,
)
STEPS = st.one_of(
    answers,
    answers,
    st.just(("count",)),
    st.tuples(st.just("up3 moves"), picks, picks),
    st.tuples(st.just("ulp moves"), picks, picks),
)


@given(steps=st.lists(STEPS, max_size=14))
@settings(max_examples=12)
async def test_histograms_are_what_a_count_of_the_answers_gives(clean, steps):
    await clean()
    regions = [await f.reference_unit(code) for code in ("JATIM", "BALI")]
    up3s = [await f.a_unit(UnitKind.UP3, region) for region in (*regions, regions[0])]
    ulps = [await f.a_unit(UnitKind.ULP, up3) for up3 in up3s]
    places = [await f.reference_unit("HQ"), *regions, *up3s, *ulps]
    for step in steps:
        match step:
            case ("answer", place, service, feature, day, given_scores):
                at = datetime(2026, 2, 20, tzinfo=UTC) + timedelta(days=day)
                about = {"service": service, "feature": feature, "answered_at": at}
                await added([a_rating(places[place % len(places)], **about, **given_scores)])
            case ("count",):
                await rating_tally.drain(2)
                assert await kept() == await counted_anew()
            case (kind, which, where):
                moving, above = (up3s, regions) if kind == "up3 moves" else (ulps, up3s)
                await move(moving[which % len(moving)], above[where % len(above)])
                assert await kept() == await counted_anew()
    await rating_tally.drain()
    assert await kept() == await counted_anew()
    assert await db.fetchval("select count(*) from rating_pending") == 0


async def move(place: Unit, parent: Unit) -> None:
    version = await db.fetchval("select version from unit where id = $1", place.id)
    await unit.move(SYSTEM, MoveUnit(place.id, parent.id, version))


async def test_workers_that_count_at_once_count_nothing_twice_and_a_move_meanwhile_loses_nothing():
    up3 = await f.a_unit(UnitKind.UP3)
    place = await f.a_unit(UnitKind.ULP, up3)
    await added(
        [
            a_rating(place, nps=n % 11, answered_at=datetime(2026, 1, 1 + n % 28, tzinfo=UTC))
            for n in range(300)
        ]
    )
    draining = [rating_tally.drain(20) for _ in range(3)]
    counted = await asyncio.gather(*draining, move(up3, await f.reference_unit("BALI")))
    assert sum(n or 0 for n in counted) == 300
    assert await kept() == await counted_anew()


async def test_what_dies_half_way_is_counted_by_the_next(monkeypatch):
    place = await f.a_unit()
    await added([a_rating(place, csat=3)])
    lock = db.lock

    async def cut(which: db.Lock) -> None:
        await lock(which)
        await db.execute(rating_tally._COUNT, 10)
        raise ConnectionResetError

    monkeypatch.setattr(db, "lock", cut)
    with pytest.raises(ConnectionResetError):
        await rating_tally.drain()
    monkeypatch.undo()
    assert await kept() == {}
    assert await rating_tally.drain() == 1
    assert await kept() == await counted_anew()


async def test_officers_and_agents_are_counted_by_day():
    place = await f.a_unit()
    who = db.new_id()
    await db.execute(
        "insert into staff (id, unit_id, kind, code, name, created_at) values ($1, $2, 'AGENT', 'A1', 'Dewi', now())",
        who,
        place.id,
    )
    about = [{"csat": 5, "channel": RatingChannel.CALL}, {"csat": 5, "nps": 9}, {"csat": 1}]
    await added([a_rating(place, staff_id=who, **one) for one in about] + [a_rating(place)])
    await rating_tally.drain()
    rows = await db.fetch("select starts_on, csat_1, csat_5, nps_9, csat_2 from staff_tally")
    assert [tuple(row)[1:] for row in rows] == [(1, 2, 1, None)]
    assert Counter(row["starts_on"].isoformat() for row in rows) == {"2026-03-10": 1}


async def test_a_worker_counts_part_by_part_and_leaves_it_to_whoever_is_at_it(monkeypatch):
    unit = await f.a_unit()
    await added([a_rating(unit, csat=5) for _ in range(5)])
    monkeypatch.setattr(rating_tally, "_A_TURN", 2)
    # given somebody who counts, or moves a unit
    async with db.connection() as other, other.transaction():
        await other.execute("select pg_advisory_xact_lock($1)", int(db.Lock.RATINGS))
        async with asyncio.timeout(2):
            await rating_tally.keep_up()
        assert await db.fetchval("select count(*) from rating_pending") == 5
    # when the worker's time is up after one part
    monkeypatch.setattr(rating_tally, "monotonic", iter([0.0, 1.0, 100.0]).__next__)
    await rating_tally.keep_up()
    assert await db.fetchval("select count(*) from rating_pending") == 3
    monkeypatch.undo()
    await rating_tally.keep_up()
    # then all is counted, once
    assert await db.fetchval("select count(*) from rating_pending") == 0
    counted = "select csat_5 from rating_tally where unit_id = $1 and monthly and by_feature"
    assert await db.fetchval(counted, unit.id) == 5
