"""R12: the league table tells how far sibling units have come, and nothing else of them."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

from jejak.domain import completion
from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import Role, TaskStatus, UnitKind
from tests import factories as f
from tests.client import as_, gid, schema
from tests.domain.completion_model import Model
from tests.graphql import rows

FIGURES = "reported verified targetUnits unitsStarted tasks overdue verifiedTasks"


async def a_league() -> list[Unit]:
    """Five open UP3s of one region and a closed one, with all kinds of tasks; two of them alike, one without any."""
    region = await f.reference_unit("BALI")
    units = [await f.a_unit(UnitKind.UP3, region) for _ in range(5)]
    owner = await f.a_person(Role.CONTRIBUTOR, units[0])
    below = await f.a_unit(UnitKind.ULP, units[0])
    tasks = []
    for at, n in [(units[0], 1), (below, 2), (units[1], 3), (units[2], 4), (units[3], 4)]:
        for nth, status in enumerate(TaskStatus):
            progress = 100 if status is TaskStatus.VERIFIED else (nth * n * 7) % 100
            code = ("1.1", "2.1", "3.1")[nth % 3]
            tasks.append(
                rows.task(
                    at, owner, status=status, progress=progress, weight=n, initiative_id=f.initiative_id(code)
                )
            )
    await rows.write(*tasks)
    await f.a_unit(UnitKind.UP3, region, closed=True)
    await completion.recompute_all()
    return units


def ranked(model: Model, units: list[Unit], step: int | None = None) -> dict[str, dict[str, Any]]:
    """The league once more, from R5's words."""
    figures = {unit.code: model.figures(unit.path, step=step) for unit in units}

    def place(code: str) -> tuple[Fraction, Fraction]:
        return tuple(  # type: ignore[return-value]
            Fraction(-1) if figures[code][name] is None else Fraction(figures[code][name])
            for name in ("verified", "reported")
        )

    return {
        code: of | {"rank": 1 + sum(place(other) > place(code) for other in figures)}
        for code, of in figures.items()
    }


def number(value: Any) -> Any:
    return Decimal(value) if isinstance(value, str) else value


def plain(entry: dict[str, Any]) -> dict[str, Any]:
    names = {
        "targetUnits": "target_units",
        "unitsStarted": "units_started",
        "verifiedTasks": "verified_tasks",
    }
    return {names.get(name, name): value for name, value in entry.items()}


async def test_the_league_is_what_the_rules_say_for_every_sibling_and_every_step():
    # given
    units = await a_league()
    model = await Model.read()
    client = await as_(await f.a_person(Role.VIEWER, units[1]))
    for step in (None, 1, 2, 3, 9):
        # when
        query = f"query ($id: ID!, $step: Int) {{ unit(id: $id) {{ league(stepNumber: $step) {{ rank code name kind itself {FIGURES} }} }} }}"
        league = (await client.data(query, id=gid(units[1]), step=step))["unit"]["league"]
        # then
        expected = ranked(model, units, step)
        assert [entry["code"] for entry in league] == sorted(
            expected, key=lambda code: (expected[code]["rank"], code)
        )
        for entry in league:
            told = plain({name: entry[name] for name in ["rank", *FIGURES.split()]})
            wanted = expected[entry["code"]]
            assert {name: number(value) for name, value in told.items()} == wanted, entry["code"]
            assert (entry["itself"], entry["kind"]) == (entry["code"] == units[1].code, "UP3")
    ranks = sorted(of["rank"] for of in ranked(model, units).values())
    assert ranks != sorted(set(ranks)), "two are alike"


async def test_figures_and_nothing_else_of_a_sibling_are_reached():
    units = await a_league()
    entry = schema().type_map["LeagueEntry"]
    named = {str(field.type).strip("[]!") for field in entry.fields.values()}
    assert named <= {"Int", "String", "Boolean", "Decimal", "UnitKind"}
    # and they bring the sibling itself no nearer
    client = await as_(await f.a_person(Role.MANAGER, units[1]))
    for sibling in units[:1] + units[2:]:
        query = "query ($id: ID!) { unit(id: $id) { league { code } } node(id: $id) { id } }"
        assert await client.data(query, id=gid(sibling)) == {"unit": None, "node": None}


async def test_headquarters_is_alone_and_a_region_is_among_the_22():
    client = await as_(await f.a_person(Role.VIEWER, await f.reference_unit("HQ")))
    data = await client.data(
        '{ hq: unit(code: "HQ") { league { code itself } } region: unit(code: "BALI") { league { code itself } } }'
    )
    assert data["hq"]["league"] == [{"code": "HQ", "itself": True}]
    assert len(data["region"]["league"]) == 22
    assert [entry["code"] for entry in data["region"]["league"] if entry["itself"]] == ["BALI"]
