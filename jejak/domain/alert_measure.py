"""R10: what the rules are judged by, counted at all the units that they watch: a statement for each kind of rule.

All but `OVERDUE` take the moment ($1). They answer a row for a rule, a unit and, of metrics, a service (null: all of them together).
"""

from jejak.domain import completion
from jejak.domain.alert_rules import DAYS, PACE_DAYS, TRAILING
from jejak.domain.vocabulary import AlertPeriod

_WEEK, _MONTH = (DAYS[period] // 7 for period in (AlertPeriod.WEEK, AlertPeriod.MONTH))
_REACH = (1 + TRAILING) * DAYS[AlertPeriod.MONTH]


def _sum(name: str, least: int, most: int) -> str:
    return " + ".join(f"coalesce(t.{name}_{score}, 0)" for score in range(least, most + 1))


# Of each metric all answers, those for it, and, of NPS, those against it (R8).
_COUNTED = {
    "csat_n": _sum("csat", 1, 5),
    "csat_up": _sum("csat", 4, 5),
    "nps_n": _sum("nps", 0, 10),
    "nps_up": _sum("nps", 9, 10),
    "nps_down": _sum("nps", 0, 6),
    "ces_n": _sum("ces", 1, 7),
    "ces_up": _sum("ces", 5, 7),
}

_WATCHED = "r.enabled and top.kind = any(r.kinds) and top.closed_at is null"

# Histograms are summed by weeks back from yesterday, in each unit's zone, before anything is joined to them. Regions and
# headquarters have histograms of all that lies below; a UP3's are its own and those of its ULPs.
METRICS = f"""
with rule as materialized (
    select r.*, case r.period when 'WEEK' then {_WEEK} else {_MONTH} end as weeks
    from alert_rule r where r.enabled and r.kind in ('METRIC_FLOOR', 'METRIC_DROP')
), week as materialized (
    select u.id as unit_id, t.service, (here.today - 1 - t.starts_on) / 7 as back,
        {", ".join(f"sum({sql}) as {name}" for name, sql in _COUNTED.items())}
    from unit u
    cross join lateral (select ($1::timestamptz at time zone u.timezone)::date as today) here
    join rating_tally t on t.unit_id = u.id and t.subtree = (u.kind in ('HQ', 'UID', 'UIW')) and not t.monthly
        and t.starts_on < here.today and t.starts_on >= here.today - {_REACH}
    where exists (select from rule)
    group by 1, 2, 3
), covers as materialized (
    select top.id as top_id, top.kind, below.id as unit_id
    from unit top join unit below on below.id = top.id or top.kind = 'UP3' and below.parent_id = top.id
    where top.closed_at is null
), counted as materialized (
    select covers.top_id, covers.kind, week.back, week.service,
        {", ".join(f"sum(week.{name}) as {name}" for name in _COUNTED)}
    from covers join week on week.unit_id = covers.unit_id
    group by grouping sets ((1, 2, 3, 4), (1, 2, 3))
)
select rule.id as rule_id, c.top_id as unit_id, c.service, ($1::timestamptz at time zone top.timezone)::date as today,
    coalesce(sum(m.n) filter (where c.back < rule.weeks), 0) as n,
    coalesce(sum(m.up) filter (where c.back < rule.weeks), 0) as up,
    coalesce(sum(m.down) filter (where c.back < rule.weeks), 0) as down,
    coalesce(sum(m.n) filter (where c.back >= rule.weeks), 0) as before_n,
    coalesce(sum(m.up) filter (where c.back >= rule.weeks), 0) as before_up,
    coalesce(sum(m.down) filter (where c.back >= rule.weeks), 0) as before_down
from rule join counted c on c.kind = any(rule.kinds) and c.back < {1 + TRAILING} * rule.weeks
    and case when rule.by_service then c.service is not null else c.service is not distinct from rule.service end
join unit top on top.id = c.top_id
cross join lateral (
    select case rule.metric when 'CSAT' then c.csat_n when 'NPS' then c.nps_n else c.ces_n end as n,
        case rule.metric when 'CSAT' then c.csat_up when 'NPS' then c.nps_up else c.ces_up end as up,
        case rule.metric when 'NPS' then c.nps_down else 0 end as down
) m
group by rule.id, c.top_id, c.service, top.timezone
"""

OVERDUE = f"""
with own as materialized (
    select u.id, u.path, sum(c.tasks - c.verified) as open, sum(c.overdue) as overdue
    from completion c join unit u on u.id = c.unit_id group by u.id
)
select r.id as rule_id, top.id as unit_id, coalesce(sum(own.open), 0) as open, coalesce(sum(own.overdue), 0) as overdue
from alert_rule r join unit top on {_WATCHED} left join own on own.path ^@ top.path
where r.kind = 'OVERDUE_SHARE' group by r.id, top.id
"""

# The day that a pace is reckoned from is the last of which a snapshot is kept, so many days before the last of all.
PACE = f"""
with rule as materialized (
    select r.id, r.kinds from alert_rule r where r.enabled and r.kind = 'COMPLETION_PACE'
), top as materialized (
    select u.id, u.path from unit u
    where u.closed_at is null and exists (select from rule where u.kind = any(rule.kinds))
), last as materialized (
    select max(day) as day from unit_snapshot
), first as materialized (
    select max(kept.day) as day from unit_snapshot kept, last where kept.day <= last.day - {PACE_DAYS}
), now as materialized (select * from {completion.figures_of("top")} f),
was_last as materialized (select * from {completion.figures_of("top", on="(select day from last)")} f),
was_first as materialized (select * from {completion.figures_of("top", on="(select day from first)")} f)
select rule.id as rule_id, top.id as unit_id, now.verified as now, coalesce(now.tasks, 0) as tasks, p.ends_on,
    ($1::timestamptz at time zone hq.timezone)::date as today,
    was_last.verified as last, last.day as last_on, was_first.verified as first, first.day as first_on
from rule join top on true join unit here on here.id = top.id and here.kind = any(rule.kinds)
join unit hq on hq.kind = 'HQ' cross join programme p cross join last cross join first
left join now on now.of_unit = top.id left join was_last on was_last.of_unit = top.id
left join was_first on was_first.of_unit = top.id
"""
