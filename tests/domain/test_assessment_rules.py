"""R9 in numbers: what PostgreSQL says is what exact fractions say."""

from collections.abc import Mapping
from fractions import Fraction
from math import floor

from hypothesis import given, settings
from hypothesis import strategies as st

from jejak.domain import assessment_rules, db
from jejak.domain.tables.assessment import AssessmentTemplate, Wave
from jejak.domain.vocabulary import UnitKind
from tests import factories as f
from tests import shopping as s

CODES = ["A", "B", "C", "D", "E", "F"]
Weights = dict[str, dict[str, int]]


@st.composite
def templates(draw) -> Weights:
    """One to three dimensions with up to four items between them."""
    codes = draw(st.lists(st.sampled_from(CODES), min_size=1, max_size=4, unique=True))
    made: Weights = {}
    for code in codes:
        made.setdefault(f"D{draw(st.integers(1, 3))}", {})[code] = draw(st.integers(1, 7))
    return made


SCORE = st.one_of(st.none(), st.integers(0, 100), st.integers(0, 10_000).map(lambda n: Fraction(n, 100)))


def flat(weights: Weights) -> dict[str, int]:
    return {code: weight for items in weights.values() for code, weight in items.items()}


def mean(values: list[Fraction]) -> Fraction | None:
    return sum(values, Fraction(0)) / len(values) if values else None


def score(weights: Mapping[str, int], scores: Mapping[str, Fraction | int | None]) -> Fraction | None:
    """R9: sum(weight * score) / sum(weight) over the items that apply."""
    apply = {code: weight for code, weight in weights.items() if scores.get(code) is not None}
    total = sum(apply.values())
    return (
        sum((weight * Fraction(scores[code]) for code, weight in apply.items()), Fraction(0)) / total
        if total
        else None
    )


def shown(value: Fraction | None) -> str | None:
    """Half away from zero."""
    return None if value is None else f"{floor(value * 100 + Fraction(1, 2)) / 100:.2f}"


def of_all(
    weights: Mapping[str, int], every: list[dict[str, Fraction | int | None]]
) -> tuple[str | None, int]:
    found = [one for one in (score(weights, scores) for scores in every) if one is not None]
    return shown(mean(found)), len(found)


async def told(wave: Wave, template: AssessmentTemplate, path: str) -> tuple[str | None, int]:
    rows = assessment_rules.figures(f"'{wave.id}'::uuid", f"'{template.id}'::uuid", "$1")
    row = await db.fetchrow(f"select * from {rows} f", path)
    assert row is not None
    return None if row["score"] is None else str(row["score"]), row["assessed"]


async def told_by_dimension(
    wave: Wave, template: AssessmentTemplate, path: str
) -> dict[str, tuple[str | None, int]]:
    rows = assessment_rules.dimensions(f"'{wave.id}'::uuid", f"'{template.id}'::uuid", "$1")
    found = await db.fetch(f"select * from {rows} f", path)
    return {
        row["code"]: (None if row["score"] is None else str(row["score"]), row["assessed"]) for row in found
    }


@settings(max_examples=20)
@given(own=templates(), other=templates(), data=st.data())
async def test_scores_means_and_rescoring_are_those_of_exact_fractions(clean, own, other, data):
    # given units of two regions, assessed by one template, and another template
    await clean()
    mine, its = await s.a_template(own), await s.a_template(other)
    wave = await s.a_wave(mine)
    scores: dict[str, list[dict[str, Fraction | int | None]]] = {}
    rows = []
    for region in ("JATIM", "BALI"):
        up3 = await f.a_unit(UnitKind.UP3, await f.reference_unit(region))
        for _ in range(data.draw(st.integers(0, 3))):
            ulp = await f.a_unit(UnitKind.ULP, up3)
            drawn = {code: data.draw(SCORE) for code in flat(own)}
            scores.setdefault(up3.path, []).append(drawn)
            rows.append((ulp, {code: None if one is None else float(one) for code, one in drawn.items()}))
    await s.imported(wave, rows)
    every = [one for of_region in scores.values() for one in of_region]
    for template, weights in ((mine, own), (its, other)):
        # then, of the whole and of each region, by its own weights and by the other's
        for path, of in [("HQ/", every), *scores.items()]:
            assert await told(wave, template, path) == of_all(flat(weights), of)
            assert await told_by_dimension(wave, template, path) == {
                dimension: of_all(items, of) for dimension, items in weights.items()
            }


async def test_a_score_that_lies_just_between_two_is_rounded_up():
    """1/3 and 2/3 of 0.01 have no end as decimals, and their mean is a half all the same."""
    template = await s.a_template({"A": {"X": 1, "Y": 2}})
    wave = await s.a_wave(template)
    up3 = await f.a_unit(UnitKind.UP3)
    scores = [{"X": 0.01, "Y": 0}, {"X": 0, "Y": 0.01}]
    await s.imported(wave, [(await f.a_unit(UnitKind.ULP, up3), one) for one in scores])
    assert await told(wave, template, "HQ/") == ("0.01", 2)
