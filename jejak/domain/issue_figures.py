"""R3: the figures of issues, over the pain points that are seen; dismissed ones count nowhere."""

from jejak.domain import issue_scope, pain_point, pain_point_rules
from jejak.domain.similarity import SeenAt

MOST_SHOWN = 20
TOP = 3


def of(issue: str, sight: SeenAt) -> str:
    """SQL, one row: what there is of an issue, and how far its fixes have come. Takes an alias."""
    return f"""(
        select count(p.unit_id) as pain_points, count(distinct p.unit_id) as units, coalesce(sum(p.priority), 0) as priorities,
            count(*) filter (where p.state in ('RESOLVED', 'CLOSED')) as resolved,
            count(distinct p.unit_id) filter (where p.state in {issue_scope.AT_WORK}) as affected,
            work.tasks, work.verified_tasks, work.verified
        from (
            select count(*) as tasks, count(*) filter (where k.status = 'VERIFIED') as verified_tasks,
                round(round(avg(case when k.status = 'VERIFIED' then 100 else 0 end), 10), 2) as verified
            from rollout o join task k on k.rollout_id = o.id
            where o.issue_id = {issue}.id and k.status <> 'CANCELLED' and {sight("k.unit_id")}
        ) work left join (
            select p.unit_id, {pain_point_rules.priority("p")} as priority, {pain_point.state("p")} as state
            from pain_point p
            where p.issue_id = {issue}.id and p.decision is distinct from 'DISMISSED' and {sight("p.unit_id")}
        ) p on true
        group by work.tasks, work.verified_tasks, work.verified)"""


def top(below: str, sight: SeenAt, conditions: str, first: str) -> str:
    """SQL, a table: the issues with the largest sum of priorities among pain points of units whose path begins with
    `below`. Of equals that with more pain points first, then by id.

    `conditions`: over the aliases `p`, its unit `u` and its journey `j`.
    """
    order = "sum(p.priority) desc, count(*) desc, p.issue_id"
    return f"""(
        select p.issue_id as id, sum(p.priority) as priorities, count(*) as pain_points,
            count(distinct p.unit_id) as units, row_number() over (order by {order}) as rank
        from (
            select p.issue_id, p.unit_id, {pain_point_rules.priority("p")} as priority
            from pain_point p join unit u on u.id = p.unit_id join journey j on j.id = p.journey_id
            where p.issue_id is not null and p.decision is distinct from 'DISMISSED' and u.path ^@ {below}
                and {sight("p.unit_id")} and {conditions}
        ) p group by p.issue_id order by rank limit {first})"""


def recorded(point: str, unit: str, sign: str, day: str) -> str:
    """SQL: the pain point was recorded on a day, in its unit's zone, that compares so. Takes aliases."""
    return f"({point}.created_at at time zone {unit}.timezone)::date {sign} {day}"
