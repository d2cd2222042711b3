"""R12: how far the units with the same parent have come, as figures only."""

from decimal import Decimal
from typing import Any

import strawberry

from jejak.domain import access, completion
from jejak.domain.access import Sight
from jejak.graphql.reading import Field, Statement, column, entity, expression, many
from jejak.graphql.vocabulary import UnitKind


def _seen(statement: Statement, alias: str) -> Sight:
    return access.league(f"{alias}.parent_id", f"{alias}.beside_id", statement.paths)


@entity(
    "unit",
    _seen,
    "A unit's place among the open units with the same parent: figures, and nothing else of it.",
)
class LeagueEntry:
    rank: int = expression("{t}.rank", "1 for the first; equals share a rank.")
    code: str = column("The unit's code.")
    name: str = column("The unit's name.")
    kind: UnitKind = column("The unit's kind.")
    itself: bool = expression("({t}.unit_id = {t}.beside_id)", "Whether this is the unit whose league it is.")
    reported: Decimal | None = expression(
        "{t}.reported::text",
        "Percent by reported progress, two decimals; null where nothing is to be carried out.",
    )
    verified: Decimal | None = expression(
        "{t}.verified::text",
        "Percent by verified tasks, two decimals; null where nothing is to be carried out.",
    )
    target_units: int = expression("{t}.target_units", "Units that are to carry it out.")
    units_started: int = expression("{t}.units_started", "Target units that have begun.")
    tasks: int = expression("{t}.tasks", "Tasks, cancelled ones left out.")
    overdue: int = expression("{t}.overdue", "Tasks past their due date that are not handed in.")
    verified_tasks: int = expression("{t}.verified_tasks", "Verified tasks.")


def league() -> Any:
    """For the unit that the field hangs on."""

    def rows(field: Field) -> str:
        chosen = field.args["step_number"] is not None
        step = f"s.number = {field.param('step_number', 'integer')}" if chosen else "true"
        figures = completion.league(parent=f"{field.t}.parent_id", chosen=step)
        return f"(select {field.t}.id as beside_id, f.* from {figures} f)"

    return many(
        "true",
        "{u}.rank, {u}.code",
        "How far the open units with the same parent have come, the most verified first.",
        rows=rows,
        arguments={"step_number": (int | None, strawberry.UNSET, "In this step only.")},
    )
