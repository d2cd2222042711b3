"""R5 in the API: two figures, always shown together, and the counts beside them."""

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from jejak.domain import completion, kpi_target, metric
from jejak.graphql.filters import key_of
from jejak.graphql.reading import Field, entity, everyone, expression, one, within
from jejak.graphql.reading.declare import REQUIRED

if TYPE_CHECKING:
    from jejak.graphql.unit import Unit


def _target(field: Field) -> str:
    today = f"({field.statement.now} at time zone (select timezone from unit where kind = 'HQ'))::date"
    year = f"extract(year from coalesce({field.t}.on_day, {today}))"
    return kpi_target.target(f"{field.t}.unit_id", "'COMPLETION'", year)


@entity("completion", everyone, "How far something has come in a unit and everything below it.")
class Completion:
    reported: Decimal | None = expression(
        "{t}.reported::text",
        "Percent by reported progress, two decimals; null where no unit is to carry it out.",
    )
    verified: Decimal | None = expression(
        "{t}.verified::text",
        "Percent by verified tasks, two decimals; null where no unit is to carry it out.",
    )
    target_units: int = expression("{t}.target_units", "Units that are to carry it out.")
    units_started: int = expression("{t}.units_started", "Target units that have begun.")
    tasks: int = expression("{t}.tasks", "Tasks, cancelled ones left out.")
    overdue: int = expression("{t}.overdue", "Tasks past their due date that are not handed in.")
    verified_tasks: int = expression("{t}.verified_tasks", "Verified tasks.")
    target: Decimal | None = expression(
        lambda field: f"{_target(field)}::text",
        "What the region (or, at headquarters, all of PLN) is to reach in that year, against `verified`; null where headquarters "
        "has set none.",
    )
    distance: Decimal | None = expression(
        lambda field: f"{metric.shown(f'({field.t}.verified - {_target(field)})')}::text",
        "`verified` less the target; null where either is.",
    )
    taken_at: datetime | None = expression(
        "{t}.taken_at", "When a past day's figures were kept, normally at its end; null for those of now."
    )
    unit: Annotated["Unit", strawberry.lazy("jejak.graphql.unit")] = one(
        "{u}.id = {t}.unit_id", "For which unit."
    )


ON = (
    date | None,
    strawberry.UNSET,
    "As the figures stood at the end of this day, null and 0 where none were kept; today's where left out.",
)


def completion_for(group: str | None, description: str) -> Any:
    """Of the initiatives (`i`) whose `group` is the row that the field hangs on; of all without one. The unit comes as an
    argument.
    """

    def rows(field: Field) -> str:
        place = key_of(field, "unit_id", "Unit")
        where = f"w.id = {place} and {within('id')(field.statement, 'w')}"
        if group is None:
            return _rows(field, "true", where)
        if not field.statement.in_a_list:
            return _rows(field, f"{group} = {field.t}.id", where)
        # One pass over the rows for the whole list.
        figures = completion.figures_by(group, path="w.path", on=_on(field))
        unit = field.statement.once(f"select w.id, w.path from unit w where {where}")
        every = field.statement.once(f"select f.* from {unit} w cross join lateral {figures} f")
        counts = ", ".join(f"coalesce(f.{name}, 0) as {name}" for name in completion.COUNTS)
        return f"""(select w.id as unit_id, {_on(field) or "null::date"} as on_day, f.reported, f.verified, f.taken_at, {counts}
            from {unit} w left join {every} f on f.of_group = {field.t}.id)"""

    arguments = {"unit_id": (strawberry.ID, REQUIRED, "The unit whose subtree is meant."), "on": ON}
    return one("true", description, rows=rows, arguments=arguments)


def completion_here(description: str) -> Any:
    """Of the whole programme, for the unit that the field hangs on."""
    return one(
        "true",
        description,
        rows=lambda field: _rows(field, "true", f"w.id = {field.t}.id"),
        arguments={"on": ON},
    )


def _on(field: Field) -> str | None:
    return field.param("on", "date") if field.args["on"] is not None else None


def _rows(field: Field, chosen: str, where: str) -> str:
    figures = completion.figures(path="w.path", chosen=chosen, on=_on(field))
    on_day = f"{_on(field) or 'null::date'} as on_day"
    return f"(select w.id as unit_id, {on_day}, f.* from unit w cross join lateral {figures} f where {where})"
