"""R8: figures over time, from the histograms. SQL: whoever asks says for which unit, of which answers and how they are broken down."""

from dataclasses import dataclass

from jejak.domain import metric
from jejak.domain.metric_rules import SCALES
from jejak.domain.vocabulary import Breakdown, Grain, RatingChannel, Service

MOST_CELLS = 400
MOST_FEATURES = 30
# So many groups there are of each kind, or at most; of units about so many.
_GROUPS = {
    Breakdown.NONE: 1,
    Breakdown.SERVICE: len(Service),
    Breakdown.CHANNEL: len(RatingChannel),
    Breakdown.FEATURE: MOST_FEATURES,
    Breakdown.UNIT: 30,
}
_DAYS = {Grain.DAY: 1, Grain.WEEK: 7, Grain.MONTH: 28, Grain.QUARTER: 90, Grain.YEAR: 365}
_STEP = {
    Grain.DAY: "1 day",
    Grain.WEEK: "7 days",
    Grain.MONTH: "1 month",
    Grain.QUARTER: "3 months",
    Grain.YEAR: "1 year",
}


def most_days(grain: Grain, by: Breakdown) -> int:
    """How many days may be asked for at once, so that there are no more than 400 figures or so."""
    return MOST_CELLS // _GROUPS[by] * _DAYS[grain]


def most_cells(grain: Grain, by: Breakdown, days: int) -> int:
    """How many figures there may be for so many days."""
    periods = days // _DAYS[grain] + 2 if days > 0 else 1
    return min(MOST_CELLS, periods * _GROUPS[by])


@dataclass(frozen=True, slots=True)
class Asked:
    """All but the first three are expressions: a condition on the unit `w`, the first and the last day (a date each), conditions
    on the cells `c` by what they are about, and the features asked for, a text[], None for all.
    """

    grain: Grain
    by: Breakdown
    by_feature: bool
    place: str
    first: str
    last: str
    services: str | None = None
    channels: str | None = None
    features: str | None = None


def rows(asked: Asked) -> str:
    """SQL for a row for every whole period of the calendar that the days touch, and every group: `starts_on`, `ends_on`,
    `unit_id` (the group's, else the unit's), `service`, `channel`, `feature` (null unless broken down by it), `rank` of the
    group, and an array of counts for each metric, also of the period before (`..._before`).
    """
    step = f"interval '{_STEP[asked.grain]}'"
    first, last = (
        f"date_trunc('{asked.grain.value.lower()}', {day}::timestamp)" for day in (asked.first, asked.last)
    )
    starts_on = f"date_trunc('{asked.grain.value.lower()}', c.starts_on::timestamp)::date"
    monthly = asked.grain not in {Grain.DAY, Grain.WEEK}
    group = {
        Breakdown.NONE: "''",
        Breakdown.SERVICE: "c.service",
        Breakdown.CHANNEL: "c.channel",
        Breakdown.FEATURE: "c.feature",
        Breakdown.UNIT: "at.id::text",
    }[asked.by]
    chosen = [
        f"c.{column} = any({values})"
        for column, values in (
            ("service", asked.services),
            ("channel", asked.channels),
            ("feature", asked.features),
        )
        if values is not None
    ]
    arrays = [scale.name for scale in SCALES.values()]
    kept = ", ".join(f"{metric.counts(scale, 'c')} as {scale.name}" for scale in SCALES.values())
    filled = ", ".join(
        f"coalesce(cell.{scale.name}, {metric.none(scale)}) as {scale.name}" for scale in SCALES.values()
    )
    before = ", ".join(f"lag(every.{name}) over series as {name}_before" for name in arrays)
    return f"""(
        with place as (
            select w.id, w.kind from unit w where {asked.place}
        ), at as (
            {_at(asked.by)}
        ), period as (
            select day::date as starts_on, (day + {step} - interval '1 day')::date as ends_on
            from generate_series({first} - {step}, {last}, {step}) day
        ), cell as (
            select {starts_on} as starts_on, {group} as of_group, {kept}
            from at join rating_tally c on c.unit_id = at.id
            where c.monthly = {monthly} and c.by_feature = ({asked.by_feature} or at.kind = 'ULP')
              and c.starts_on >= ({first} - {step})::date and c.starts_on < ({last} + {step})::date
              {"".join(f" and {condition}" for condition in chosen)}
            group by 1, 2
        ), of_group as (
            {_groups(asked, first)}
        ), every as (
            select g.of_group, g.rank, period.starts_on, period.ends_on, place.id, {filled}
            from place cross join of_group g cross join period
            left join cell on cell.starts_on = period.starts_on and cell.of_group = g.of_group
        ), whole as (
            select every.*, {before} from every window series as (partition by every.of_group order by every.starts_on)
        )
        select whole.*, {_named(asked.by)} from whole where whole.starts_on >= {first}::date)"""


def _at(by: Breakdown) -> str:
    if by is Breakdown.UNIT:
        return "select u.id, u.kind, u.code from place join unit u on u.parent_id = place.id where u.closed_at is null"
    return "select place.id, place.kind from place"


def _groups(asked: Asked, first: str) -> str:
    """The groups, whether or not anybody answered."""
    match asked.by:
        case Breakdown.NONE:
            return "select '' as of_group, 1::bigint as rank"
        case Breakdown.SERVICE:
            return _of_these([service.value for service in Service], asked.services)
        case Breakdown.CHANNEL:
            return _of_these([channel.value for channel in RatingChannel], asked.channels)
        case Breakdown.UNIT:
            return "select at.id::text as of_group, row_number() over (order by at.code) as rank from at"
    if asked.features is not None:
        return f"""select distinct on (name) name as of_group, nth as rank
            from unnest({asked.features}) with ordinality chosen (name, nth) order by name, nth"""
    answers = " + ".join(f"(select sum(one) from unnest(cell.{scale.name}) one)" for scale in SCALES.values())
    return f"""select cell.of_group, row_number() over (order by sum({answers}) desc, cell.of_group) as rank
        from cell where cell.starts_on >= {first}::date group by 1 order by 2 limit {MOST_FEATURES}"""


def _of_these(names: list[str], chosen: str | None) -> str:
    every = ", ".join(f"'{name}'" for name in names)
    rows = (
        f"select name as of_group, nth as rank from unnest(array[{every}]) with ordinality given (name, nth)"
    )
    return rows if chosen is None else f"{rows} where name = any({chosen})"


def _named(by: Breakdown) -> str:
    columns = {
        Breakdown.SERVICE: "service",
        Breakdown.CHANNEL: "channel",
        Breakdown.FEATURE: "feature",
    }
    named = [
        f"{'nullif(whole.of_group, $$$$)' if column == columns.get(by) else 'null::text'} as {column}"
        for column in columns.values()
    ]
    unit = "whole.of_group::uuid" if by is Breakdown.UNIT else "whole.id"
    return ", ".join([*named, f"{unit} as unit_id"])


def of_staff(unit_id: str, first: str, last: str) -> str:
    """SQL for a row for each officer and agent of a unit: their `id`, `unit_id`, `code`, and arrays of counts from the first to
    the last day (expressions), also of as many days right before (`..._before`).
    """
    began = f"({first} - ({last} - {first}) - 1)"
    arrays = ", ".join(
        f"{metric.counts(scale, 'c', where)} as {scale.name}{suffix}"
        for scale in SCALES.values()
        for suffix, where in (("", f"c.starts_on >= {first}"), ("_before", f"c.starts_on < {first}"))
    )
    return f"""(
        select s.id, s.unit_id, s.code, {arrays}
        from staff s left join staff_tally c on c.staff_id = s.id and c.starts_on between {began} and {last}
        where s.unit_id = {unit_id} group by s.id)"""
