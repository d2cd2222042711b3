"""R10: what the rules are judged by, counted at all the units that they watch: a statement for each kind of rule.

All but `OVERDUE` take the moment ($1). They answer a row for a rule, a unit and, of metrics, a service (null: all of them together).
"""

from jejak.domain import completion
from jejak.domain.alert_rules import DAYS, PACE_DAYS, TRAILING
from jejak.domain.metric_rules import SCALES, Scale
from jejak.domain.vocabulary import AlertPeriod

_WEEK, _MONTH = (DAYS[period] // 7 for period in (AlertPeriod.WEEK, AlertPeriod.MONTH))
_REACH = (1 + TRAILING) * DAYS[AlertPeriod.MONTH]


def _sum(scale: Scale, scores: range) -> str:
    return " + ".join(f"coalesce(t.{scale.name}_{score}, 0)" for score in scores) or "0"


# Of each metric all answers, those for it, and, of NPS, those against it (R8).
_COUNTED = {
    f"{scale.name}_{what}": _sum(scale, scores)
    for scale in SCALES.values()
    for what, scores in {
        "n": scale.scores,
        "up": range(scale.good_from, scale.most + 1),
        "down": range(scale.least, scale.least if scale.bad_to is None else scale.bad_to + 1),
    }.items()
}


def _of_rule(what: str) -> str:
    cases = " ".join(f"when '{metric}' then c.{scale.name}_{what}" for metric, scale in SCALES.items())
    return f"case rule.metric {cases} end as {what}"


_WATCHED = "r.enabled and top.kind = any(r.kinds) and top.closed_at is null"

# Histograms, which hold all that lies below, are summed by weeks back from yesterday, in each unit's zone, before anything
# is joined to them. A ULP has them by feature only.
METRICS = f"""
with rule as materialized (
    select r.*, case r.period when 'WEEK' then {_WEEK} else {_MONTH} end as weeks
    from alert_rule r where r.enabled and r.kind in ('METRIC_FLOOR', 'METRIC_DROP')
), by_service as materialized (
    select u.id as unit_id, u.kind, here.today, (here.today - 1 - t.starts_on) / 7 as back, t.service,
        {", ".join(f"sum({sql}) as {name}" for name, sql in _COUNTED.items())}
    from unit u
    cross join lateral (select ($1::timestamptz at time zone u.timezone)::date as today) here
    join rating_tally t on t.unit_id = u.id and not t.monthly and t.by_feature = (u.kind = 'ULP')
        and t.starts_on < here.today and t.starts_on >= here.today - {_REACH}
    where u.closed_at is null and exists (select from rule where u.kind = any(rule.kinds))
    group by 1, 2, 3, 4, 5
), counted as materialized (
    select * from by_service
    union all
    select unit_id, kind, today, back, null, {", ".join(f"sum({name})" for name in _COUNTED)}
    from by_service group by 1, 2, 3, 4
)
select rule.id as rule_id, c.unit_id, c.service, c.today,
    coalesce(sum(m.n) filter (where c.back < rule.weeks), 0) as n,
    coalesce(sum(m.up) filter (where c.back < rule.weeks), 0) as up,
    coalesce(sum(m.down) filter (where c.back < rule.weeks), 0) as down,
    coalesce(sum(m.n) filter (where c.back >= rule.weeks), 0) as before_n,
    coalesce(sum(m.up) filter (where c.back >= rule.weeks), 0) as before_up,
    coalesce(sum(m.down) filter (where c.back >= rule.weeks), 0) as before_down
from rule join counted c on c.kind = any(rule.kinds) and c.back < {1 + TRAILING} * rule.weeks
    and case when rule.by_service then c.service is not null else c.service is not distinct from rule.service end
cross join lateral (select {_of_rule("n")}, {_of_rule("up")}, {_of_rule("down")}) m
group by rule.id, c.unit_id, c.service, c.today
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
