"""Working weeks and special days. What they take, what they answer."""

from datetime import date
from typing import Any

import strawberry

from jejak.domain import calendar_change
from jejak.graphql.bulk_mutation import DRY_RUN
from jejak.graphql.errors import UserError
from jejak.graphql.mutation import VERSION, errors, given, mutation, ref
from jejak.graphql.mutations.unit import UnitPayload
from jejak.graphql.reading import held
from jejak.graphql.unit import Unit
from jejak.graphql.vocabulary import SpecialDayKind


@strawberry.input(description="Open from `opens` until just before `closes`.")
class OpenHoursInput:
    opens: str = given("As 09:00, in the unit's zone.")
    closes: str = given("As 17:00; 24:00 is the end of the day.")


@strawberry.input(description="A day of the week.")
class WeekdayInput:
    weekday: int = given("1 (Monday) to 7 (Sunday).")
    hours: list[OpenHoursInput] = given("When it is open, in order and apart; at most 6. None: closed.", [])


@strawberry.input(description="The usual week of a unit and everything below it.")
class SetWorkingWeekInput:
    unit_id: strawberry.ID = ref("Unit", "Which unit.")
    expected_version: int = given(VERSION)
    days: list[WeekdayInput] | None = given(
        "A day that is not named is closed; one is open at least. Left out: the week of the unit above holds again.",
        None,
    )


@strawberry.input(description="A day, or several in a row, on which the week does not hold.")
class SpecialDayInput:
    day: date = given("Which day, in the unit's zone.")
    until: date | None = given("The last of several days in a row, at most 366.", None)
    kind: SpecialDayKind = given("Why; a region's managers say CLOSURE only.")
    name: str = given("Its name, as people know it.")
    hours: list[OpenHoursInput] = given(
        "With SPECIAL_HOURS alone: when it is open, in order and apart; at most 6.", []
    )


@strawberry.input(description="Days on which the week does not hold at a unit and everything below it.")
class SetSpecialDaysInput:
    unit_id: strawberry.ID = ref("Unit", "Which unit.")
    rows: list[SpecialDayInput] = given("The days; at most 1000. One that is there already is changed.")


@strawberry.input(description="Days on which the week, or what a unit above says, holds again.")
class RemoveSpecialDaysInput:
    unit_id: strawberry.ID = ref("Unit", "Which unit.")
    days: list[date] = given("Days of which this unit itself says something; at most 1000.")


@strawberry.input(description="The days of an iCalendar file, closed at a unit and everything below it.")
class ImportSpecialDaysInput:
    unit_id: strawberry.ID = ref("Unit", "Which unit.")
    ics: str = given(
        "The text of an iCalendar file: events of whole days, once or every year. At most 500,000 characters and 1000 events."
    )
    kind: SpecialDayKind = given(
        "What the days are; a region's managers say CLOSURE.", SpecialDayKind.HOLIDAY
    )
    dry_run: bool = given(DRY_RUN, False)


@strawberry.type(description="What became of the days of a file, or would in a dry run.")
class ImportSpecialDaysPayload:
    unit: Unit | None = held("The unit as it is now; null where there is none that the viewer sees.")
    created: list[date] | None = strawberry.field(description="Days that are new.")
    changed: list[date] | None = strawberry.field(description="Days of which something else was said.")
    unchanged: list[date] | None = strawberry.field(description="Days that were so already.")
    errors: list[UserError] = errors()


def _imported(made: calendar_change.Imported) -> dict[str, Any]:
    days = {name: getattr(made, name) for name in ("created", "changed", "unchanged")}
    return {"unit": made.unit.id} | days


def _unit(made: Any) -> dict[str, Any]:
    return {"unit": made.id}


@strawberry.type
class CalendarMutations:
    set_working_week: UnitPayload = mutation(
        SetWorkingWeekInput,
        calendar_change.SetWorkingWeek,
        calendar_change.set_week,
        UnitPayload,
        _unit,
        "Set the usual week of a unit and everything below it. Reminders and deadlines that lie ahead follow within minutes.",
        current="unit_id",
    )
    set_special_days: UnitPayload = mutation(
        SetSpecialDaysInput,
        calendar_change.SetSpecialDays,
        calendar_change.set_special_days,
        UnitPayload,
        _unit,
        "Set holidays, joint leave, closures and days of other hours: all of them or none. Reminders and deadlines that lie ahead follow within minutes.",
    )
    remove_special_days: UnitPayload = mutation(
        RemoveSpecialDaysInput,
        calendar_change.RemoveSpecialDays,
        calendar_change.remove_special_days,
        UnitPayload,
        _unit,
        "Remove special days of a unit: all of them or none.",
    )
    import_special_days: ImportSpecialDaysPayload = mutation(
        ImportSpecialDaysInput,
        calendar_change.ImportSpecialDays,
        calendar_change.import_special_days,
        ImportSpecialDaysPayload,
        _imported,
        "Set the days of an iCalendar file: all of them or none. Importing it again changes nothing.",
    )
