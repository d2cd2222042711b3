"""R6 in the API: the working time that is in force at a unit."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from jejak.graphql.reading import Field, column, entity, everyone, expression, many, one
from jejak.graphql.vocabulary import SpecialDayKind

if TYPE_CHECKING:
    from jejak.graphql.unit import Unit

# The nearest unit above the row `{t}` (or itself) that says something, by what it says.
_NEAREST = "join unit above on above.id = said.unit_id where {t}.path ^@ above.path"


@entity("open_interval", everyone, "Hours of a day, from `opens` until just before `closes`.")
class OpenHours:
    opens: str = expression("({t}.told ->> 0)", "As 09:00, in the unit's zone.")
    closes: str = expression("({t}.told ->> 1)", "As 17:00; 24:00 is the end of the day.")


def _hours(description: str) -> Any:
    return many(
        "true",
        "{u}.place",
        description,
        rows="(select told, place from jsonb_array_elements({t}.hours) with ordinality each (told, place))",
    )


@entity("working_week", everyone, "A day of the usual week.")
class Weekday:
    weekday: int = column("1 (Monday) to 7 (Sunday).")
    hours: list[OpenHours] = _hours("When it is open, in order; none: closed.")


@entity("special_day", everyone, "A day on which the week does not hold.")
class SpecialDay:
    day: date = column("Which day, in the unit's zone.")
    kind: SpecialDayKind = column("Why.")
    name: str = column("Its name; `(perkiraan)` marks a date that follows the moon and is an estimate.")
    hours: list[OpenHours] = _hours("When it is open all the same, in order; none: closed.")
    unit: Annotated["Unit", strawberry.lazy("jejak.graphql.unit")] | None = one(
        "{u}.id = {t}.unit_id",
        "Which unit says so, for itself and everything below it; null where the viewer does not see it.",
    )


def _open_now(field: Field) -> str:
    return f"open_at({field.t}.calendar_id, {field.statement.now})"


def _opens_at(field: Field) -> str:
    now = field.statement.now
    return f"(select min(o.opens) from open_interval o where o.calendar_id = {field.t}.calendar_id and o.opens > {now})"


def _special_days(field: Field) -> str:
    def given(name: str, otherwise: str) -> str:
        return (
            field.param(name, "date")
            if field.args.get(name) is not None
            else f"({_this_year(field)} {otherwise})::date"
        )

    end = given("to", "+ interval '2 years' - interval '1 day'")
    days = f"said.day between {given('from_', '')} and {end}"
    nearest = _NEAREST.format(t=field.t)
    return f"""(select distinct on (said.day) said.* from special_day said {nearest} and {days}
        order by said.day, length(above.path) desc)"""


def _this_year(field: Field) -> str:
    now = field.statement.now
    return f"date_trunc('year', {now} at time zone {field.t}.zone)"


_WEEK = f"""(select n as weekday, coalesce(nearest.hours -> n::text, '[]'::jsonb) as hours from generate_series(1, 7) n
    left join lateral (select said.hours from working_week said {_NEAREST}
        order by length(above.path) desc limit 1) nearest on true)"""
_FROM = (date | None, strawberry.UNSET, "On this day or later; from this year's beginning where left out.")
_TO = (date | None, strawberry.UNSET, "On this day or earlier; to the next year's end where left out.")


@entity("calendar", everyone, "The working time in force at a unit: its own, or that of the units above it.")
class Calendar:
    zone: str = column("IANA zone, as `Asia/Jakarta`.")
    open_now: bool = expression(_open_now, "Whether it is working time.")
    opens_at: datetime | None = expression(_opens_at, "When working time begins next.")
    week: list[Weekday] = many("true", "{u}.weekday", "The usual week: all seven days.", rows=_WEEK)
    week_from: Annotated["Unit", strawberry.lazy("jejak.graphql.unit")] | None = one(
        "{u}.id = (select above.id from working_week said "
        + _NEAREST
        + " order by length(above.path) desc limit 1)",
        "Which unit the week comes from; null where the viewer does not see it.",
    )
    special_days: list[SpecialDay] = many(
        "true",
        "{u}.day",
        "Holidays, joint leave, closures and days of other hours, in order.",
        rows=_special_days,
        arguments={"from_": _FROM, "to": _TO},
    )


def calendar() -> Any:
    """For the unit that the field hangs on."""
    return one(
        "true",
        "When people work here.",
        rows="(select {t}.id as unit_id, {t}.path, {t}.calendar_id, c.zone from calendar c where c.id = {t}.calendar_id)",
    )
