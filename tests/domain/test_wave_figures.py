"""The deck's first wave of 2025 over 326 ULPs, computed a second time by DuckDB from an export of the raw rows."""

import random
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest

from jejak.domain import assessment_rules, clock, db
from jejak.domain.tables.assessment import AssessmentTemplate, Wave
from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import Role, UnitKind
from tests import factories as f
from tests import shopping as s
from tests.graphql import rows

ULPS = 326
# What was published of the wave: the overall score and those of B, D and E. Of A and C it was not: together with the
# overall they must come to 5 A + 15 C = 1482.25, as these two do.
PUBLISHED = {"A": "71.45", "B": "15.30", "C": "75.00", "D": "45.08", "E": "53.35"}
OVERALL = "51.63"
MEANS = {
    **dict.fromkeys(("A1", "A2", "A3", "A4", "A5"), 71.45), "B": 15.3, "C": 75.0, "D": 45.08,
    "E1": 60.1, "E2": 70.25, "E3": 44.0, "E4": 53.6,
}  # fmt: skip


def spread(mean: float, number: int, chance: random.Random) -> list[Decimal]:
    """So many scores that differ widely and have exactly this mean."""
    made = [round(mean * 100)] * number
    for _ in range(number * 6):
        one, other = chance.sample(range(number), 2)
        moved = chance.randint(0, min(made[one], 10_000 - made[other]))
        made[one], made[other] = made[one] - moved, made[other] + moved
    return [Decimal(one) / 100 for one in made]


async def the_tree(chance: random.Random) -> list[Unit]:
    """326 ULPs under the 22 regions, unevenly."""
    regions = await Unit.objects().where(Unit.kind.is_in([UnitKind.UID, UnitKind.UIW])).order_by(Unit.code)
    assert len(regions) == 22
    up3s = [rows.unit_below(region, kind=UnitKind.UP3) for region in regions for _ in range(2)]
    weights = [chance.randint(1, 20) for _ in up3s]
    above = up3s + chance.choices(up3s, weights, k=ULPS - len(up3s))
    ulps = [rows.unit_below(up3, closed_at=None) for up3 in above]
    await rows.write(*up3s, *ulps)
    return ulps


@pytest.fixture
async def wave():
    chance = random.Random(2025)  # noqa: S311 -- the same every time
    ulps = await the_tree(chance)
    scores = {item: spread(mean, ULPS, chance) for item, mean in MEANS.items()}
    made = await s.a_wave()
    await s.imported(
        made, [(ulp, {item: of[n] for item, of in scores.items()}) for n, ulp in enumerate(ulps)]
    )
    return made


async def exported(folder: Path, **tables: str) -> duckdb.DuckDBPyConnection:
    """Rows of PostgreSQL as files, and DuckDB over these."""
    second = duckdb.connect()
    for name, sql in tables.items():
        file = folder / f"{name}.json"
        lines = [orjson.dumps(dict(row), default=str) for row in await db.fetch(sql)]
        file.write_bytes(b"\n".join(lines))
        second.execute(f"create table {name} as from read_json('{file}', format = 'newline_delimited')")
    return second


RAW: dict[str, str] = {
    "unit": "select id, code, kind, path from unit",
    "visit": "select id, wave_id, unit_id, status from assessment",
    "answer": "select assessment_id, item_id, score::float8 as score from assessment_score where score is not null",
    "item": "select id, template_id, dimension_id, code, weight from assessment_item",
    "dimension": "select id, code from assessment_dimension",
}
# The formula a second time: of each ULP, then of whoever lies above it.
BY_UNIT = """
    select u.path, d.code as dimension, sum(theirs.weight * answer.score) as weighted, sum(theirs.weight) as weight
    from visit join answer on answer.assessment_id = visit.id join unit u on u.id = visit.unit_id
    join item own on own.id = answer.item_id
    join item theirs on theirs.code = own.code and theirs.template_id = $template
    join dimension d on d.id = theirs.dimension_id
    where visit.wave_id = $wave and visit.status = 'SUBMITTED' group by all
"""


def second_look(
    second: duckdb.DuckDBPyConnection, wave: Wave, template: AssessmentTemplate
) -> tuple[dict[str, float], dict[tuple[str, str], float]]:
    """The scores of all units, by code; and by unit and dimension."""
    keys = {"wave": str(wave.id), "template": str(template.id)}
    whole = second.execute(
        f"""with by_unit as ({BY_UNIT}), ulp as (
            select path, sum(weighted) / sum(weight) as score from by_unit group by path)
        select place.code, avg(ulp.score) from unit place join ulp on starts_with(ulp.path, place.path) group by 1""",
        keys,
    ).fetchall()
    parts = second.execute(
        f"""with by_unit as ({BY_UNIT})
        select place.code, dimension, avg(weighted / weight) from unit place
        join by_unit on starts_with(by_unit.path, place.path) group by 1, 2""",
        keys,
    ).fetchall()
    return dict(whole), {(unit, dimension): score for unit, dimension, score in parts}


async def told(
    wave: Wave, template: AssessmentTemplate
) -> tuple[dict[str, Decimal], dict[tuple[str, str], Decimal]]:
    """The service's own, as it shows them."""
    keys = f"'{wave.id}'::uuid", f"'{template.id}'::uuid"
    whole = await db.fetch(
        f"select u.code, f.score from unit u cross join lateral {assessment_rules.figures(*keys, 'u.path')} f where u.kind <> 'ULP'"
    )
    parts = await db.fetch(
        f"""select u.code, f.code as dimension, f.score
        from unit u cross join lateral {assessment_rules.dimensions(*keys, "u.path")} f where u.kind in ('HQ', 'UID', 'UIW')"""
    )
    return (
        {row["code"]: row["score"] for row in whole if row["score"] is not None},
        {(row["code"], row["dimension"]): row["score"] for row in parts if row["score"] is not None},
    )


def alike(mine: dict[Any, Decimal], second: dict[Any, float]) -> bool:
    """To the two decimals that are shown."""
    return bool(mine) and all(abs(float(score) - second[key]) < 0.00501 for key, score in mine.items())


async def test_the_published_dimensions_give_the_published_overall_score(wave, tmp_path):
    # given
    template = await s.the_template()
    second = await exported(tmp_path, **RAW)
    # when
    whole, parts = await told(wave, template)
    # then
    assert {dimension: str(parts["HQ", dimension]) for dimension in PUBLISHED} == PUBLISHED
    assert str(whole["HQ"]) == OVERALL
    # and whoever computes it a second time comes to the same, of every unit
    its_whole, its_parts = second_look(second, wave, template)
    assert alike(whole, its_whole)
    assert alike(parts, its_parts)
    assert len(whole) == 1 + 22 + 44
    # and headquarters' is the mean over ULPs, which the mean over regions of unequal size is not
    regions = {row["code"] for row in await db.fetch("select code from unit where kind in ('UID', 'UIW')")}
    of_regions = sum(its_whole[code] for code in regions) / len(regions)
    assert abs(of_regions - float(OVERALL)) > 0.05


async def test_the_ranking_of_regions_is_the_order_of_their_means(wave, tmp_path):
    template = await s.the_template()
    second = await exported(tmp_path, **RAW)
    ranking = assessment_rules.ranking(
        f"'{wave.id}'::uuid", f"'{template.id}'::uuid", "place.kind in ('UID', 'UIW')"
    )
    told_order = [row["code"] for row in await db.fetch(f"select code from {ranking} f order by rank")]
    scores, _ = second_look(second, wave, template)
    assert told_order == sorted(told_order, key=lambda code: -scores[code])
    assert len(told_order) == 22


async def test_a_wave_is_scored_anew_by_the_weights_of_another(wave, tmp_path):
    """Last year's template weighs otherwise, puts an item elsewhere, lacks one and has one that is gone."""
    other = await s.a_template(
        {
            "CHAT": {"A1": 4, "A2": 4, "A3": 4, "A4": 4},
            "VISIT": {"B": 20, "C": 20, "OLD": 9, "E1": 10, "E2": 10},
            "WORK": {"D": 15, "E3": 5, "E4": 4},
        }
    )
    second = await exported(tmp_path, **RAW)
    whole, parts = await told(wave, other)
    its_whole, its_parts = second_look(second, wave, other)
    assert alike(whole, its_whole)
    assert alike(parts, its_parts)
    assert str(whole["HQ"]) != OVERALL


# Of the two cases that were published. Their items were not: these come to the score, and the second was late.
CASES = [
    ("86.07", 25, dict.fromkeys(("A1", "A2", "A3", "A4", "A5"), 100) | {"B": 100, "C": 90, "D": 85, "E1": 90, "E2": 95, "E3": 70, "E4": 81.4}),
    ("41.39", 34, dict.fromkeys(("A1", "A2", "A3", "A4", "A5"), 80) | {"B": 0, "C": 50, "D": 40, "E1": 60, "E2": 70, "E3": 35, "E4": 7.8}),
]  # fmt: skip


@pytest.mark.parametrize(("published", "minutes", "scores"), CASES)
async def test_a_case_of_the_deck_has_its_score_and_is_inside_its_thirty_minutes_or_not(
    published, minutes, scores
):
    ulp = await f.a_unit(UnitKind.ULP, await f.a_unit(UnitKind.UP3, await f.reference_unit("KALBAR")))
    shopper = await f.a_person(Role.CONTRIBUTOR, await f.reference_unit("BALI"))
    reported = clock.now() - timedelta(hours=2)
    made = await s.an_assessment(
        await s.a_wave(),
        ulp,
        scores,
        shopper,
        reported_at=reported,
        arrived_at=reported + timedelta(minutes=minutes),
    )
    found = await db.fetchrow(
        f"select {assessment_rules.of_assessment('a')}::text as score, a.arrived_at - a.reported_at as took from assessment a where a.id = $1",
        made.id,
    )
    assert found is not None
    assert (found["score"], found["took"] <= timedelta(minutes=30)) == (published, minutes <= 30)
