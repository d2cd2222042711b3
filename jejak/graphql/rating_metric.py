"""R8 in the API: figures of a unit and all below it, by periods and broken down; and those of its officers and agents."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from jejak.domain import access, metric_series
from jejak.domain.access import Right, Sight
from jejak.domain.errors import Code, Refused
from jejak.domain.metric_series import Asked
from jejak.domain.vocabulary import RatingMetric
from jejak.graphql.filters import MOST_VALUES, key_of
from jejak.graphql.metric import Metric, of_answers
from jejak.graphql.rating_vocabulary import Breakdown, Grain, RatingChannel, StaffKind
from jejak.graphql.reading import Field, Statement, column, entity, everyone, many, one, within
from jejak.graphql.reading.declare import REQUIRED, Arguments
from jejak.graphql.reading.request import Given, Request
from jejak.graphql.vocabulary import Service

if TYPE_CHECKING:
    from jejak.graphql.unit import Unit

_EARLIEST, _LATEST = date(2000, 1, 1), date(2100, 12, 31)


@entity("rating_tally", everyone, "What customers answered about a unit and all below it, in a period.")
class RatingFigures:
    starts_on: date = column("The period's first day.")
    ends_on: date = column("Its last day.")
    service: Service | None = column("Of which service, where figures are broken down by it.")
    feature: str | None = column("Of which feature, where figures are broken down by it.")
    channel: RatingChannel | None = column("By which channel, where figures are broken down by it.")
    unit: Annotated["Unit", strawberry.lazy("jejak.graphql.unit")] = one(
        "{u}.id = {t}.unit_id", "Of which unit and all below it."
    )
    csat: Metric = of_answers(RatingMetric.CSAT, "How satisfied customers are.")
    nps: Metric = of_answers(RatingMetric.NPS, "Whether customers recommend PLN.")
    ces: Metric = of_answers(RatingMetric.CES, "How easy it was.")
    overall: Metric = of_answers(RatingMetric.OVERALL, "How customers find it overall.")


_PERIOD: Arguments = {
    "from_": (date, REQUIRED, "The first day."),
    "to": (date, REQUIRED, "The last day, itself included."),
}
_ARGUMENTS: Arguments = _PERIOD | {
    "grain": (Grain, Grain.MONTH, "How long the periods are: all whole ones that the days touch."),
    "by": (
        Breakdown,
        Breakdown.NONE,
        "What the figures are broken down by: for at most 400 periods by nothing, 57 by service, 66 by channel, 13 by feature or unit.",
    ),
    "services": (list[Service] | None, strawberry.UNSET, "Of these services only."),
    "features": (list[str] | None, strawberry.UNSET, "Of these features only."),
    "channels": (list[RatingChannel] | None, strawberry.UNSET, "By these channels only."),
}
_ORDER = "{u}.starts_on, {u}.rank"


def metrics_of_a_unit() -> Any:
    """For a unit that comes as an argument; none where the viewer does not see it."""

    def rows(field: Field) -> str:
        place = key_of(field, "unit_id", "Unit")
        return _rows(field, f"w.id = {place} and {within('id')(field.statement, 'w')}")

    about = "What customers answered about a unit and all below it, the earliest period first; empty periods are there. Nothing for a unit that the viewer does not see."
    unit_id: Arguments = {"unit_id": (strawberry.ID, REQUIRED, "Which unit.")}
    return many("true", _ORDER, about, rows=rows, arguments=unit_id | _ARGUMENTS, length=_length)


def metrics_here() -> Any:
    return many(
        "true",
        _ORDER,
        "What customers answered here and below, the earliest period first; empty periods are there.",
        rows=lambda field: _rows(field, f"w.id = {field.t}.id"),
        arguments=_ARGUMENTS,
        length=_length,
    )


def _rows(field: Field, place: str) -> str:
    args = field.args
    grain, by = args["grain"], args["by"]
    span = _span(field, metric_series.most_days(grain, by))
    return metric_series.rows(
        Asked(
            grain=grain,
            by=by,
            by_feature=by is Breakdown.FEATURE or args["features"] is not None,
            place=place,
            first=f"({span})[1]",
            last=f"({span})[2]",
            services=_values(field, "services"),
            channels=_values(field, "channels"),
            features=_features(field),
        )
    )


# How many figures there may be: a few answers, since each has a statement of its own.
_LENGTHS = (5, 25, 100, metric_series.MOST_CELLS)


def _length(field: Field) -> int:
    ends, grain, by = _ends(field), field.args["grain"], field.args["by"]

    def at_most(request: Request) -> int:
        first, last = (end.of(request) if isinstance(end, Given) else end for end in ends)
        cells = metric_series.most_cells(grain, by, (last - first).days)
        return next(length for length in _LENGTHS if cells <= length)

    length: int = field.statement.ask("how many figures", at_most)
    return length


def _ends(field: Field) -> list[Any]:
    return [field.args[name] for name in ("from_", "to")]


def _span(field: Field, most: int) -> str:
    """The placeholder for the first and the last day. Refuses OUT_OF_RANGE."""
    ends = _ends(field)

    def told(days: Sequence[date]) -> list[date]:
        first, last = days
        for day, name in ((first, "from"), (last, "to")):
            if not _EARLIEST <= day <= _LATEST:
                raise Refused(Code.OUT_OF_RANGE, name, least=_EARLIEST, most=_LATEST)
        if not timedelta(0) <= last - first < timedelta(days=most):
            raise Refused(Code.OUT_OF_RANGE, "to", least=first, most=first + timedelta(days=most - 1))
        return [first, last]

    def given(request: Request) -> list[date]:
        return [end.of(request) if isinstance(end, Given) else end for end in ends]

    several: Any = Given(given, "from, to") if any(isinstance(end, Given) for end in ends) else ends
    return field.statement.param(several, "date[]", convert=told)


def _values(field: Field, name: str) -> str | None:
    if field.args[name] is None:
        return None

    def told(chosen: Sequence[Any]) -> list[str]:
        return [value.value for value in _few(chosen, name)]

    return field.statement.param(field.args[name], "text[]", name, convert=told)


def _features(field: Field) -> str | None:
    if field.args["features"] is None:
        return None

    def told(chosen: Sequence[str]) -> list[str]:
        few = _few(chosen, "features")
        if len(few) > metric_series.MOST_FEATURES:
            raise Refused(Code.TOO_MANY, "features", most=metric_series.MOST_FEATURES)
        return [value.strip().upper() for value in few]

    return field.statement.param(field.args["features"], "text[]", "features", convert=told)


def _few(chosen: Sequence[Any], name: str) -> Sequence[Any]:
    if len(chosen) > MOST_VALUES:
        raise Refused(Code.TOO_MANY, name, most=MOST_VALUES)
    return chosen


def _own_staff(statement: Statement, alias: str) -> Sight:
    manages = statement.of_viewer(lambda viewer: access.paths_with(viewer, Right.STAFF), "text[]")
    return access.staff_seen(f"{alias}.unit_id", manages)


@entity("staff", _own_staff, "An officer or agent; for who is MANAGER at the very unit, for nobody else.")
class Staff:
    code: str = column("How the unit's systems call them.")
    name: str = column("Their name.")
    kind: StaffKind = column("What they are.")


@entity(
    "staff",
    _own_staff,
    "What customers answered about an officer or agent; for who is MANAGER at the very unit.",
)
class StaffFigures:
    staff: Staff = one("{u}.id = {t}.id", "Who.")
    csat: Metric = of_answers(RatingMetric.CSAT, "How satisfied customers are.", targets=False)
    nps: Metric = of_answers(RatingMetric.NPS, "Whether customers recommend PLN.", targets=False)
    ces: Metric = of_answers(RatingMetric.CES, "How easy it was.", targets=False)
    overall: Metric = of_answers(RatingMetric.OVERALL, "How customers find it overall.", targets=False)


_MOST_DAYS = 366


def staff_metrics() -> Any:
    def rows(field: Field) -> str:
        span = _span(field, _MOST_DAYS)
        return metric_series.of_staff(key_of(field, "unit_id", "Unit"), f"({span})[1]", f"({span})[2]")

    return many(
        "true",
        "{u}.code, {u}.id",
        "What customers answered about each officer and agent of a unit, against as many days right before; "
        "for who is MANAGER at the very unit, empty for everybody else. At most 366 days.",
        rows=rows,
        arguments={"unit_id": (strawberry.ID, REQUIRED, "Which unit.")} | _PERIOD,
    )


def staff_of_a_rating() -> Any:
    return one(
        "{u}.id = {t}.staff_id",
        "The officer or agent whom they met; for who is MANAGER at the very unit, null for everybody else.",
    )
