"""R8 in the API: what headquarters wants to reach."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from jejak.graphql.event import HistoryEntry, history
from jejak.graphql.node import Node, global_id
from jejak.graphql.rating_vocabulary import KpiMetric
from jejak.graphql.reading import Connection, column, entity, expression, many, one, within
from jejak.graphql.reading.declare import REQUIRED

if TYPE_CHECKING:
    from jejak.graphql.unit import Unit


@entity("kpi_target", within("unit_id"), "What is to be reached in a year, in a region or in all of PLN.")
class KpiTarget(Node):
    id: strawberry.ID = global_id("KpiTarget")
    year: int = column("In which year.")
    metric: KpiMetric = column("Of what.")
    target: Decimal = expression("{t}.target::text", "In percent, two decimals; NPS from -100 to 100.")
    version: int = column("To be named as `expectedVersion` by the next change.")
    updated_at: datetime = column("When it was last changed.")
    unit: Annotated["Unit", strawberry.lazy("jejak.graphql.unit")] = one(
        "{u}.id = {t}.unit_id", "In which region; headquarters stands for all of PLN."
    )
    history: Connection[HistoryEntry] = history()


def targets() -> Any:
    return many(
        lambda field: f"{field.u}.year = {field.param('year', 'integer')}",
        "{u}.metric, {u}.unit_id",
        "The targets of a year, at the units that the viewer sees.",
        arguments={"year": (int, REQUIRED, "Which year.")},
    )
