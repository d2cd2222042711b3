"""R9: waves, what came out of them, and how two compare."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from jejak.domain import access, assessment_rules
from jejak.graphql.assessment import keeper
from jejak.graphql.assessment_template import AssessmentTemplate, title
from jejak.graphql.event import HistoryEntry, history
from jejak.graphql.filters import MOST_VALUES, given, holds, is_it, is_key, key_of
from jejak.graphql.node import Node, global_id
from jejak.graphql.person import Person
from jejak.graphql.programme import TITLE
from jejak.graphql.reading import (
    Connection,
    Field,
    Key,
    column,
    entity,
    everyone,
    expression,
    many,
    one,
    page,
    within,
)
from jejak.graphql.reading.declare import REQUIRED
from jejak.graphql.vocabulary import UnitKind, enum

if TYPE_CHECKING:
    from jejak.graphql.unit import Unit

_SCORE = "0 to 100, two decimals: the mean over the units that were assessed; null where none was."
_ASSESSED = "So many units were assessed, by assessments that were handed in."
_UNIT = (strawberry.ID, REQUIRED, "The unit whose subtree is meant.")


@entity("assessment_dimension", everyone, "How a wave came out in one of the template's stages.")
class WaveDimension:
    code: str = column("The dimension's code.")
    title: str = expression(title, TITLE)
    weight: int = expression("{t}.weight", "That of its items together.")
    score: Decimal | None = expression("{t}.score::text", _SCORE)
    assessed: int = expression("{t}.assessed", "So many units have a score in it.")


@entity(
    "unit",
    everyone,
    "A unit's place by its score in a wave: figures, its code and its name, and nothing else of it.",
)
class WaveRank:
    rank: int = expression("{t}.rank", "1 for the best; equals share a rank.")
    code: str = column("The unit's code.")
    name: str = column("The unit's name.")
    kind: UnitKind = column("The unit's kind.")
    itself: bool = expression(
        "({t}.unit_id = {t}.beside_id)", "Whether this is the unit that was asked about."
    )
    score: Decimal = expression("{t}.score::text", _SCORE)
    assessed: int = expression("{t}.assessed", _ASSESSED)


def _ranked(field: Field, chosen: str) -> str:
    t = field.t
    rows = assessment_rules.ranking(f"{t}.wave_id", f"{t}.template_id", chosen)
    return f"(select f.*, {t}.unit_id as beside_id from {rows} f)"


def _league(field: Field) -> str:
    return _ranked(field, access.league("place.parent_id", f"{field.t}.unit_id", field.statement.paths))


def _kinds(chosen: list[Any]) -> list[str]:
    return [str(kind.value) for kind in chosen[:MOST_VALUES]]


def _ranking(field: Field) -> str:
    if field.args["kinds"] is None:
        return _ranked(field, f"place.parent_id = {field.t}.unit_id")
    kinds = field.statement.param(field.args["kinds"], "text[]", convert=_kinds)
    # Whoever sees a unit sees all below it.
    return _ranked(field, f"place.kind = any({kinds}) and place.path ^@ {field.t}.path")


class WaveRankOrder(Enum):
    BEST_FIRST = (Key("{u}.rank::integer", "integer"), Key("{u}.code"))
    WORST_FIRST = (
        Key("{u}.rank::integer", "integer", descending=True),
        Key("{u}.code", descending=True),
    )


enum(
    WaveRankOrder, "Order of a ranking.", BEST_FIRST="Highest score first.", WORST_FIRST="Lowest score first."
)


def _planned(field: Field) -> str:
    below = f"select from unit at where at.id = v.unit_id and at.path ^@ {field.t}.path"
    count = f"(select count(*) from planned_visit v where v.wave_id = {field.t}.wave_id and exists ({below}))"
    return f"case when {keeper(field.statement)} then {count} end"


@entity("wave", everyone, "What came out of a wave in a unit and everything below it.")
class WaveResult:
    score: Decimal | None = expression("{t}.score::text", _SCORE)
    assessed: int = expression("{t}.assessed", _ASSESSED)
    planned: int | None = expression(
        _planned, "So many visits are planned; null for who does not keep the rules at headquarters."
    )
    dimensions: list[WaveDimension] = many(
        "true",
        "{u}.position",
        "The same for each of the template's stages.",
        rows=lambda field: assessment_rules.dimensions(
            f"{field.t}.wave_id", f"{field.t}.template_id", f"{field.t}.path"
        ),
    )
    ranking: Connection[WaveRank] = page(
        "true",
        "Units below by their scores; those without any are left out.",
        rows=_ranking,
        order=WaveRankOrder,
        arguments={
            "kinds": (
                list[UnitKind] | None,
                strawberry.UNSET,
                "Units of these kinds, there and below; those right below it where left out.",
            )
        },
    )
    league: list[WaveRank] = many(
        "true",
        "{u}.rank, {u}.code",
        "The units with the same parent by their scores, as figures only.",
        rows=_league,
    )
    template: AssessmentTemplate = one("{u}.id = {t}.template_id", "By which template it is scored.")
    unit: Annotated["Unit", strawberry.lazy("jejak.graphql.unit")] = one(
        "{u}.id = {t}.unit_id", "For which unit."
    )


def _result(wave: str, template: str, units: str) -> str:
    """SQL for the row of `WaveResult`; `units` is what comes after `from` for the unit `w`."""
    return f"""(select w.id as unit_id, w.path, {wave} as wave_id, {template} as template_id, f.score, f.assessed
        from {units.replace("unit w", f"unit w cross join lateral {assessment_rules.figures(wave, template, 'w.path')} f", 1)})"""


def _unit(field: Field) -> str:
    return f"w.id = {key_of(field, 'unit_id', 'Unit')} and {within('id')(field.statement, 'w')}"


def _here(field: Field) -> str:
    units = f"unit w where {_unit(field)}"
    if field.args["by_template_of_id"] is None:
        return _result(f"{field.t}.id", f"{field.t}.template_id", units)
    other = key_of(field, "by_template_of_id", "Wave")
    template = f"(select o.template_id from wave o where o.id = {other})"
    return _result(f"{field.t}.id", template, f"{units} and {template} is not null")


def _compared(wave: str, template: str) -> Callable[[Field], str]:
    def rows(field: Field) -> str:
        t = field.t
        return _result(f"{t}.{wave}", f"{t}.{template}", f"unit w where w.id = {t}.unit_id")

    return rows


@entity(
    "assessment_item", everyone, "An item of which the other wave's template has none with the same code."
)
class UnmatchedItem:
    code: str = column("Its code.")
    title: str = expression(title, TITLE)
    weight: int = column("Its weight.")


def _unmatched(template: str, other: str) -> Callable[[Field], str]:
    return lambda field: assessment_rules.unmatched(f"{field.t}.{template}", f"{field.t}.{other}")


_ITEMS = "{u}.dimension, {u}.position"


@entity(
    "wave",
    everyone,
    "Two waves, each by its own weights and by the other's, so that they can be compared.",
)
class WaveComparison:
    unit: Annotated["Unit", strawberry.lazy("jejak.graphql.unit")] = one(
        "{u}.id = {t}.unit_id", "In which unit and everything below it."
    )
    own: WaveResult = one("true", "This wave by its own template.", rows=_compared("wave_id", "template_id"))
    own_by_other: WaveResult = one(
        "true",
        "This wave by the other's template: its items have the weights that the same codes have there.",
        rows=_compared("wave_id", "other_template_id"),
    )
    other: WaveResult = one(
        "true", "The other wave by its own template.", rows=_compared("other_id", "other_template_id")
    )
    other_by_own: WaveResult = one(
        "true", "The other wave by this one's template.", rows=_compared("other_id", "template_id")
    )
    only_here: list[UnmatchedItem] = many(
        "true",
        _ITEMS,
        "Items of this wave that the other does not have: left out of `ownByOther`.",
        rows=_unmatched("template_id", "other_template_id"),
    )
    only_there: list[UnmatchedItem] = many(
        "true",
        _ITEMS,
        "Items of the other wave that this one does not have: left out of `otherByOwn`.",
        rows=_unmatched("other_template_id", "template_id"),
    )


def _comparison(field: Field) -> str:
    other = key_of(field, "with_id", "Wave")
    return f"""(select {field.t}.id as wave_id, {field.t}.template_id, o.id as other_id,
        o.template_id as other_template_id, w.id as unit_id from unit w cross join wave o
        where o.id = {other} and {_unit(field)})"""


@entity(
    "wave_result",
    within("unit_id"),
    "A score that was published of a wave without the assessments behind it: it enters no computed figure.",
)
class PublishedResult:
    unit: Annotated["Unit", strawberry.lazy("jejak.graphql.unit")] = one(
        "{u}.id = {t}.unit_id", "For which unit."
    )
    dimension_code: str | None = expression(
        "(select d.code from assessment_dimension d where d.id = {t}.dimension_id)",
        "In which of the template's stages; null for the whole.",
    )
    score: Decimal = expression("{t}.score::text", "As it was published.")


_PUBLISHED = """(select at.path from unit at where at.id = {u}.unit_id), (select d.position from assessment_dimension d
    where d.id = {u}.dimension_id) nulls first"""


@entity("wave", everyone, "A round of mystery shopping.")
class Wave(Node):
    id: strawberry.ID = global_id("Wave")
    name: str = column("Its name.")
    year: int = column("Of which year.")
    number: int = column("The how-manieth of its template in that year.")
    template: AssessmentTemplate = one("{u}.id = {t}.template_id", "What is looked at.")
    starts_on: date = column("Its first day.")
    ends_on: date = column("Its last day.")
    cross_visit: bool = column("Whether nobody visits a unit of a region in which they hold a role.")
    closed_at: datetime | None = column("When it was closed; null while it is open.")
    created_by: Person | None = one("{u}.id = {t}.created_by", "Who made it.", sees=everyone)
    version: int = column("To be named as `expectedVersion` by the next change.")
    created_at: datetime = column("When it was made.")
    updated_at: datetime = column("When it was last changed.")
    results: WaveResult | None = one(
        "true",
        "What came out of it in a unit and everything below it; null where the viewer does not see the unit.",
        rows=_here,
        arguments={
            "unit_id": _UNIT,
            "by_template_of_id": (
                strawberry.ID | None,
                strawberry.UNSET,
                "Scored by the template of this wave: items are matched by code, what has no match is left out.",
            ),
        },
    )
    comparison: WaveComparison | None = one(
        "true",
        "This wave beside another, in a unit and everything below it; null where the viewer does not see the unit.",
        rows=_comparison,
        arguments={"with_id": (strawberry.ID, REQUIRED, "The other wave."), "unit_id": _UNIT},
    )
    published: list[PublishedResult] = many(
        "{u}.wave_id = {t}.id",
        _PUBLISHED,
        "What was published of it, for units that the viewer sees; never mixed with what is computed.",
    )
    history: Connection[HistoryEntry] = history()


class WaveOrder(Enum):
    NEWEST_FIRST = (
        Key("{u}.year", "integer", descending=True),
        Key("{u}.number::integer", "integer", descending=True),
        Key("{u}.id", "uuid", descending=True),
    )


@strawberry.input(description="Which waves.")
class WaveFilter:
    year: int | None = given("Of this year.")
    template_id: strawberry.ID | None = given("By this version of a template.")
    closed: bool | None = given("Only those that are (or are not) closed.")
    text: str | None = given("Whose name holds this.")

    def where(self, field: Field) -> list[str]:
        conditions = [
            *is_key(field, "template_id", "AssessmentTemplate", self.template_id),
            *is_it(f"{field.u}.closed_at is not null", wanted=self.closed),
            *holds(field, ("name",), self.text),
        ]
        if self.year is not None:
            conditions.append(f"{field.u}.year = {field.statement.param(self.year, 'integer')}")
        return conditions
