"""R11 in the API: reports that are kept, and the way to each."""

from datetime import date, datetime
from enum import Enum

import strawberry

from jejak.domain.vocabulary import ReportState
from jejak.graphql.event import HistoryEntry, history
from jejak.graphql.filters import any_of, between, given, under
from jejak.graphql.node import Node, global_id
from jejak.graphql.person import Person
from jejak.graphql.reading import (
    Connection,
    Field,
    Key,
    column,
    entity,
    everyone,
    one,
    page,
    within,
)
from jejak.graphql.unit import Unit
from jejak.graphql.vocabulary import enum

enum(
    ReportState,
    "How binding a monthly report is.",
    PREVIEW="Computed when it was asked for; the next time it may say something else.",
    DRAFT="Kept after its month, to be looked at and published.",
    PUBLISHED="Frozen: it says the same for ever.",
)


@entity("report", within("unit_id"), "A monthly report that is kept: a draft, or published for ever.")
class Report(Node):
    id: strawberry.ID = global_id("Report")
    unit: Unit = one("{u}.id = {t}.unit_id", "Whose it is.")
    month: date = column("The first day of its month.")
    state: ReportState = column("`DRAFT` or `PUBLISHED`.")
    formula_version: int = column("By which version of the formulas it was computed.")
    digest: str = column("SHA-256 of its content, whatever the language.")
    computed_at: datetime = column("When it was computed.")
    published_at: datetime | None = column("When it was published; null for a draft.")
    published_by: Person | None = one(
        "{u}.id = {t}.published_by", "Who published it; null for a draft.", sees=everyone
    )
    version: int = column("To be named as `expectedVersion` by `publishReport`.")
    history: Connection[HistoryEntry] = history()


class ReportOrder(Enum):
    NEWEST_FIRST = (
        Key("{u}.month", "date", descending=True),
        Key("{u}.id", "uuid", descending=True),
    )
    OLDEST_FIRST = (Key("{u}.month", "date"), Key("{u}.id", "uuid"))


enum(
    ReportOrder, "Order of reports.", NEWEST_FIRST="Latest month first.", OLDEST_FIRST="Earliest month first."
)


@strawberry.input(description="Which reports.")
class ReportFilter:
    unit_id: strawberry.ID | None = given("Of this unit and those below it.")
    states: list[ReportState] | None = given("In one of these states.")
    month_from: date | None = given("Of months that begin on this day or later.")
    month_to: date | None = given("Of months that begin on this day or earlier.")

    def where(self, field: Field) -> list[str]:
        return [
            *under(field, "unit_id", self.unit_id),
            *any_of(field, self, states="{u}.state"),
            *between(field, "month", self.month_from, self.month_to),
        ]


def reports() -> Connection[Report]:
    made: Connection[Report] = page(
        "true",
        "Reports that are kept, of units that the viewer sees.",
        order=ReportOrder,
        filters=ReportFilter,
    )
    return made
