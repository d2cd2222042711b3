"""R8: every figure, by whatever it is broken down, is what DuckDB reckons from the single answers."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from jejak.domain import db, kpi_target, rating_tally, unit
from jejak.domain.access import SYSTEM
from jejak.domain.kpi_target import SetKpiTargets, TargetRow
from jejak.domain.metric_rules import SCALES, figures, overlap
from jejak.domain.tables.unit import Unit
from jejak.domain.unit import CloseUnit
from jejak.domain.vocabulary import KpiMetric, RatingChannel, RatingMetric, Role, Service, UnitKind
from tests import factories as f
from tests.client import Client, as_, gid
from tests.ratings import a_rating, a_staff, added, export
from tests.sql import statements

pytestmark = pytest.mark.usefixtures("database")

METRIC = """n value mean low high indicative distribution { score count } before { n value low high } change overlaps
    target distance"""
QUERY = f"""query ($unit: ID!, $from: Date!, $to: Date!, $grain: Grain!, $by: Breakdown!, $services: [Service!],
        $features: [String!], $channels: [RatingChannel!]) {{
    ratingMetrics(unitId: $unit, from: $from, to: $to, grain: $grain, by: $by, services: $services, features: $features,
            channels: $channels) {{
        startsOn endsOn service feature channel unit {{ code }}
        csat {{ {METRIC} }} nps {{ {METRIC} }} ces {{ {METRIC} }} overall {{ {METRIC} }}
    }} }}"""
FIRST, DAYS = date(2025, 11, 20), 110


async def some_ratings() -> dict[str, Unit]:
    """Some hundred answers of two regions, over a New Year; the same each time."""
    pick = random.Random(8)  # noqa: S311 -- no secret
    regions = {code: await f.reference_unit(code) for code in ("JATIM", "BALI")}
    up3s = [
        await f.a_unit(UnitKind.UP3, region)
        for region in (regions["JATIM"], regions["JATIM"], regions["BALI"])
    ]
    ulps = [await f.a_unit(UnitKind.ULP, up3) for up3 in (up3s[0], up3s[0], up3s[1], up3s[2])]
    places = [*ulps, *ulps, *up3s, regions["JATIM"]]
    ratings = []
    for _ in range(700):
        day = FIRST + timedelta(days=pick.randrange(DAYS))
        scores = {
            scale.name: pick.choice([scale.least, scale.most - 1, scale.most])
            for scale in SCALES.values()
            if pick.random() < 0.7
        }
        ratings.append(
            a_rating(
                pick.choice(places),
                service=pick.choice([Service.COMPLAINT, Service.PREPAID, Service.SPKLU]),
                channel=pick.choice(list(RatingChannel)[:3]),
                feature=pick.choice(["", "TOKEN", "SWACAM"]),
                answered_at=datetime(day.year, day.month, day.day, pick.randrange(24), tzinfo=UTC),
                **(scores or {"nps": 7}),
            )
        )
    await added(ratings)
    await rating_tally.drain()
    return {"HQ": await f.reference_unit("HQ"), **regions, "UP3": up3s[0], "ULP": ulps[0]}


def reckoned(
    duck: Any, place: Unit, given: dict[str, Any]
) -> dict[tuple[date, str | None], dict[str, list[int]]]:
    """By period and group: how often each score was given, from the single answers."""
    group = {
        "NONE": "''",
        "SERVICE": "r.service",
        "CHANNEL": "r.channel",
        "FEATURE": "r.feature",
        "UNIT": "(select b.code from unit b where starts_with(here.path, b.path) and len(b.path) > len($2) order by len(b.path) limit 1)",
    }[given["by"]]
    scores = ", ".join(
        f"[{', '.join(f'count(*) filter (where r.{scale.name} = {score})' for score in scale.scores)}]"
        for scale in SCALES.values()
    )
    chosen = " and ".join(
        f"r.{column} in ({', '.join(repr(value) for value in given[name])})"
        for name, column in (("services", "service"), ("features", "feature"), ("channels", "channel"))
        if given.get(name)
    )
    rows = duck.execute(
        f"""select date_trunc('{given["grain"].lower()}', r.day)::date, {group}, {scores} from rating r join unit here on here.id = r.unit_id
        where starts_with(here.path, $1) and {chosen or "true"} {"and $2 is not null" if given["by"] == "UNIT" else ""} group by 1, 2""",
        [place.path, place.path] if given["by"] == "UNIT" else [place.path],
    ).fetchall()
    names = [scale.name for scale in SCALES.values()]
    return {(row[0], row[1]): dict(zip(names, row[2:], strict=True)) for row in rows}


def check(shown: dict[str, Any], of: RatingMetric, now: list[int], before: list[int]) -> None:
    one, other = figures(of, now), figures(of, before)

    def text(value: Decimal | None) -> str | None:
        return None if value is None else str(value)

    assert (shown["n"], *(shown[name] for name in ("value", "mean", "low", "high"))) == (
        one.n, text(one.value), text(one.mean), text(one.low), text(one.high)
    )  # fmt: skip
    assert shown["indicative"] == one.indicative
    assert [row["count"] for row in shown["distribution"]] == now
    assert [row["score"] for row in shown["distribution"]] == list(SCALES[of].scores)
    assert shown["before"] == {
        "n": other.n,
        "value": text(other.value),
        "low": text(other.low),
        "high": text(other.high),
    }
    assert shown["overlaps"] == overlap(one, other)
    if one.value is None or other.value is None:
        assert shown["change"] is None
    else:
        assert abs(Decimal(shown["change"]) - (one.value - other.value)) <= Decimal("0.01")


def begin_before(day: date, grain: str) -> date:
    match grain:
        case "DAY" | "WEEK":
            return day - timedelta(days=1 if grain == "DAY" else 7)
        case "YEAR":
            return day.replace(year=day.year - 1)
    months = day.year * 12 + day.month - 1 - (1 if grain == "MONTH" else 3)
    return date(months // 12, months % 12 + 1, 1)


ASKED: list[tuple[str, dict[str, Any], int]] = [
    ("HQ", {"grain": "MONTH", "by": "SERVICE"}, 5 * 7),
    ("HQ", {"grain": "WEEK", "by": "NONE"}, 17),
    ("HQ", {"grain": "YEAR", "by": "UNIT"}, 2 * 22),
    ("JATIM", {"grain": "QUARTER", "by": "CHANNEL", "channels": ["PLN_MOBILE", "CALL"]}, 2 * 2),
    ("JATIM", {"grain": "MONTH", "by": "UNIT", "services": ["SPKLU"]}, 5 * 2),
    ("BALI", {"grain": "MONTH", "by": "FEATURE"}, 5 * 3),
    ("UP3", {"grain": "DAY", "by": "NONE", "features": ["TOKEN"]}, 110),
    ("ULP", {"grain": "MONTH", "by": "NONE"}, 5),
    (
        "ULP",
        {"grain": "WEEK", "by": "FEATURE", "features": ["SWACAM", "NONE"], "services": ["PREPAID"]},
        11 * 2,
    ),
]


async def test_figures_are_what_another_database_reckons_from_the_single_answers():
    # given
    places = await some_ratings()
    client = await as_(await f.a_viewer(Role.VIEWER, places["HQ"]))
    duck = await export()
    regions = await db.fetchval("select count(*) from unit where kind in ('UID', 'UIW')")
    for code, about, number in ASKED:
        days = 70 if about["by"] == "FEATURE" and about["grain"] == "WEEK" else DAYS
        span = {"from": FIRST.isoformat(), "to": (FIRST + timedelta(days=days - 1)).isoformat()}
        # when
        rows = (await client.at_limits().data(QUERY, unit=gid(places[code]), **about, **span))[
            "ratingMetrics"
        ]
        # then
        expected = 2 * regions if (code, about["by"]) == ("HQ", "UNIT") else number
        assert len(rows) == expected, (code, about, len(rows))
        raw = reckoned(duck, places[code], about)
        answered = 0
        for row in rows:
            starts_on = date.fromisoformat(row["startsOn"])
            group = {"NONE": "", "UNIT": row["unit"]["code"]}.get(
                about["by"], row.get(about["by"].lower()) or ""
            )
            for of, scale in SCALES.items():
                none = [0] * len(scale.columns)
                now = raw.get((starts_on, group), {}).get(scale.name, none)
                before = raw.get((begin_before(starts_on, about["grain"]), group), {}).get(scale.name, none)
                check(row[scale.name], of, list(now), list(before))
                answered += sum(now)
        assert answered > 0, (code, about)


async def test_empty_periods_are_there_and_null_never_nought():
    place = await f.a_unit()
    client = await as_(await f.a_viewer(Role.VIEWER, place))
    span = {"from": "2026-01-31", "to": "2026-03-01"}
    rows = (await client.data(QUERY, unit=gid(place), grain="MONTH", by="NONE", **span))["ratingMetrics"]
    assert [(row["startsOn"], row["endsOn"]) for row in rows] == [
        ("2026-01-01", "2026-01-31"),
        ("2026-02-01", "2026-02-28"),
        ("2026-03-01", "2026-03-31"),
    ]
    empty = {"n": 0, "indicative": True, "before": {"n": 0, "value": None, "low": None, "high": None}}
    assert all(
        row[name].items() >= empty.items() for row in rows for name in ("csat", "nps", "ces", "overall")
    )
    assert {
        row["nps"][name] for row in rows for name in ("value", "mean", "low", "high", "change", "overlaps")
    } == {None}


async def test_the_target_of_the_region_and_year_stands_beside_the_figure():
    # given
    up3 = await f.a_unit(UnitKind.UP3)
    place, region, hq = (
        await f.a_unit(parent=up3),
        await f.reference_unit("JATIM"),
        await f.reference_unit("HQ"),
    )
    targets = [
        TargetRow(region.id, 2025, KpiMetric.CSAT, Decimal(80)),
        TargetRow(region.id, 2026, KpiMetric.CSAT, Decimal("90.5")),
        TargetRow(hq.id, 2026, KpiMetric.NPS, Decimal(-10)),
    ]
    await kpi_target.set_targets(SYSTEM, SetKpiTargets(list(targets)))
    await added(
        [
            a_rating(place, csat=score, nps=10, answered_at=datetime(2026, 1, 5, tzinfo=UTC))
            for score in (5, 5, 1)
        ]
    )
    await rating_tally.drain()
    client = await as_(await f.a_viewer(Role.VIEWER, hq))
    span = {"from": "2025-12-01", "to": "2026-01-31", "grain": "MONTH", "by": "NONE"}
    # when
    found = {}
    for where in (place, region, hq):
        rows = (await client.data(QUERY, unit=gid(where), **span))["ratingMetrics"]
        found[where.code] = [
            (row[name]["target"], row[name]["distance"]) for row in rows for name in ("csat", "nps", "ces")
        ]
    # then
    regional = [("80.00", None), (None, None), (None, None), ("90.50", "-23.83"), (None, None), (None, None)]
    assert found[place.code] == found[region.code] == regional
    assert found[hq.code] == [(None, None)] * 4 + [("-10.00", "110.00"), (None, None)]


async def test_figures_of_a_unit_that_is_not_seen_are_of_none():
    mine, theirs = await f.a_unit(), await f.a_unit()
    await added([a_rating(theirs)])
    await rating_tally.drain()
    client = await as_(await f.a_viewer(Role.MANAGER, mine))
    span = {"from": "2026-03-01", "to": "2026-03-31", "grain": "MONTH", "by": "NONE"}
    assert (await client.data(QUERY, unit=gid(theirs), **span))["ratingMetrics"] == []


async def test_a_closed_unit_is_none_of_those_below_and_counts_above():
    up3 = await f.a_unit(UnitKind.UP3)
    place = await f.a_unit(parent=up3)
    await added([a_rating(place)])
    await rating_tally.drain()
    await unit.close(SYSTEM, CloseUnit(place.id, 1))
    client = await as_(await f.a_viewer(Role.VIEWER, up3))
    span = {"from": "2026-03-01", "to": "2026-03-31", "grain": "MONTH"}
    assert (await client.data(QUERY, unit=gid(up3), by="UNIT", **span))["ratingMetrics"] == []
    (row,) = (await client.data(QUERY, unit=gid(up3), by="NONE", **span))["ratingMetrics"]
    assert row["csat"]["n"] == 1


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ({"from": "2026-01-02", "to": "2026-01-01"}, "OUT_OF_RANGE"),
        ({"from": "2024-01-01", "to": "2026-01-01", "grain": "DAY"}, "OUT_OF_RANGE"),
        ({"from": "1999-01-01", "to": "1999-01-02"}, "OUT_OF_RANGE"),
        ({"by": "FEATURE", "from": "2024-01-01", "to": "2026-01-01"}, "OUT_OF_RANGE"),
        ({"features": ["A"] * 31}, "TOO_MANY"),
    ],
)
async def test_more_than_there_can_be_is_refused(given, refused):
    place = await f.a_unit()
    client = await as_(await f.a_viewer(Role.VIEWER, place))
    asked = {"from": "2026-01-01", "to": "2026-01-31", "grain": "MONTH", "by": "NONE"} | given
    _, errors = await client.post(QUERY, unit=gid(place), **asked)
    assert [error["extensions"]["code"] for error in errors] == [refused]


STAFF = """query ($unit: ID!) { staffMetrics(unitId: $unit, from: "2026-03-10", to: "2026-03-11") {
    staff { code name kind } csat { n value before { n } target } nps { n } }
    ratings(first: 9, filter: { unitId: $unit }) { nodes { csat staff { code } } } }"""


async def test_officers_are_shown_to_their_own_managers_only():
    # given
    up3 = await f.a_unit(UnitKind.UP3)
    place = await f.a_unit(parent=up3)
    key = await a_staff(place, "P1")
    await a_staff(up3, "P9")
    days = (8, 9, 10, 11, 12)
    await added(
        [
            a_rating(place, staff_id=key, csat=day % 5 + 1, answered_at=datetime(2026, 3, day, 3, tzinfo=UTC))
            for day in days
        ]
    )
    await rating_tally.drain()
    shown = {"staff": {"code": "P1", "name": "Budi", "kind": "OFFICER"}, "nps": {"n": 0}}
    csat = {"n": 2, "value": "0.00", "before": {"n": 2}, "target": None}

    async def asked(client: Client) -> tuple[list[Any], set[str | None]]:
        found = await client.data(STAFF, unit=gid(place))
        nodes = found["ratings"]["nodes"]
        return found["staffMetrics"], {node["staff"]["code"] if node["staff"] else None for node in nodes}

    # then
    assert await asked(await as_(await f.a_viewer(Role.MANAGER, place))) == ([shown | {"csat": csat}], {"P1"})
    assert await asked(await as_(await f.a_viewer(Role.MANAGER, up3))) == ([], {None})
    assert await asked(await as_(await f.a_viewer(Role.PROGRAMME, await f.reference_unit("HQ")))) == (
        [],
        {None},
    )
    for role in (Role.VIEWER, Role.CONTRIBUTOR, Role.ADMIN):
        assert await asked(await as_(await f.a_viewer(role, place))) == ([], set()), role


async def test_a_dashboard_is_one_statement_however_much_it_shows():
    places = await some_ratings()
    client = await as_(await f.a_viewer(Role.VIEWER, places["HQ"]))
    counts = set()
    for days, by in ((1, "NONE"), (100, "SERVICE")):
        span = {"from": FIRST.isoformat(), "to": (FIRST + timedelta(days=days)).isoformat()}
        await client.data(QUERY, unit=gid(places["HQ"]), grain="MONTH", by=by, **span)
        async with statements() as counted:
            await client.data(QUERY, unit=gid(places["HQ"]), grain="MONTH", by=by, **span)
        counts.add(len(counted))
    assert counts == {1}


async def test_what_a_dashboard_costs_grows_with_its_periods():
    place = await f.a_unit()
    client = (await as_(await f.a_viewer(Role.VIEWER, place))).at_limits()

    async def rows_of(last: str, by: str) -> int:
        asked = {"unit": gid(place), "from": "2026-01-01", "to": last, "grain": "DAY", "by": by}
        answer = (await client.raw(QUERY, asked)).json()
        return int(answer["extensions"]["cost"]["rows"])

    day, month, year = [await rows_of(last, "NONE") for last in ("2026-01-01", "2026-01-31", "2026-12-31")]
    assert day < month < year
    assert await rows_of("2026-01-31", "SERVICE") == year
    within_half = 25_000
    assert year <= within_half
