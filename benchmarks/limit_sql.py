"""What an engineer writes by hand for these screens: one statement each, whose one value is the answer.

`$1` are the paths of the viewer's units, asked of the root rows alone: what hangs on them lies at the same units.
"""

_SEEN = "in (select seen.id from unit seen where seen.path ^@ any($1::text[]))"
_MORE = """'pageInfo', json_build_object('hasNextPage', count(*) > {size}, 'endCursor',
    (array_agg(translate(encode(convert_to(json_build_array('{order}', {keys})::text, 'UTF8'), 'base64'), E'+/\\n', '-_')
        order by p.nth desc) filter (where p.nth <= {size}))[1])"""


def _id(kind: str, key: str) -> str:
    return f"encode(convert_to('{kind}:' || {key}, 'UTF8'), 'base64')"


NESTED = f"""
with page as materialized (
    select j.*, row_number() over (order by j.created_at desc, j.id desc) as nth from (
        select id, unit_id, title, service, status, occurred_on, created_at from journey
        where unit_id {_SEEN} order by created_at desc, id desc limit 51
    ) j
)
select json_build_object('data', json_build_object('journeys', json_build_object(
    'nodes', coalesce(json_agg(json_build_object(
        'id', {_id("Journey", "p.id")}, 'title', p.title, 'service', p.service, 'status', p.status,
        'occurredOn', p.occurred_on,
        'unit', json_build_object('id', {_id("Unit", "u.id")}, 'code', u.code, 'name', u.name),
        'stages', (select coalesce(json_agg(json_build_object(
            'position', s.position, 'name', s.name, 'touchpoint', s.touchpoint, 'emotion', s.emotion,
            'painPoints', (select coalesce(json_agg(json_build_object(
                'id', {_id("PainPoint", "o.id")}, 'description', o.description, 'category', o.category,
                'severity', o.severity, 'reach', o.reach, 'priority', o.severity * o.reach,
                'tasks', (select coalesce(json_agg(json_build_object(
                    'id', {_id("Task", "t.id")}, 'title', t.title, 'status', t.status, 'progress', t.progress,
                    'dueOn', t.due_on) order by t.created_at, t.id), '[]')
                    from task t where t.pain_point_id = o.id)
                ) order by o.severity * o.reach desc, o.id), '[]') from pain_point o where o.stage_id = s.id)
            ) order by s.position), '[]') from stage s where s.journey_id = p.id)
        ) order by p.nth) filter (where p.nth <= 50), '[]'),
    {_MORE.format(size=50, order="JourneyOrder.NEWEST_FIRST", keys="p.created_at, p.id")})))
from page p join unit u on u.id = p.unit_id
"""

FLAT = f"""
with page as materialized (
    select t.*, row_number() over (order by t.due_on, t.id) as nth from (
        select id, unit_id, initiative_id, owner_id, title, status, progress, due_on, version from task
        where unit_id {_SEEN} and unit_id in (
            select below.id from unit top join unit below on below.path ^@ top.path where top.id = $2::uuid
        ) and status = any($3::text[]) order by due_on, id limit 101
    ) t
)
select json_build_object('data', json_build_object('tasks', json_build_object(
    'nodes', coalesce(json_agg(json_build_object(
        'id', {_id("Task", "p.id")}, 'title', p.title, 'status', p.status, 'progress', p.progress, 'dueOn', p.due_on,
        'version', p.version,
        'unit', json_build_object('id', {_id("Unit", "u.id")}, 'code', u.code, 'name', u.name),
        'initiative', json_build_object('code', i.code, 'title', i.title_id),
        'owner', json_build_object('id', {_id("Person", "o.id")}, 'name', o.name)
        ) order by p.nth) filter (where p.nth <= 100), '[]'),
    {_MORE.format(size=100, order="TaskOrder.DUE_FIRST", keys="p.due_on, p.id")})))
from page p join unit u on u.id = p.unit_id join initiative i on i.id = p.initiative_id join person o on o.id = p.owner_id
"""

# R5 for all ten steps in one pass over the region's rows.
COMPLETION = """
with part as (
    select c.*, i.step_id, i.weight as initiative_weight
    from unit top join unit at on at.path ^@ top.path join completion c on c.unit_id = at.id
    join initiative i on i.id = c.initiative_id
    where top.id = $2::uuid and exists (select from unnest($1::text[]) seen where top.path ^@ seen)
), figure as (
    select step_id, sum(weight * reported) / sum(weight) as reported, sum(weight * verified) / sum(weight) as verified
    from (
        select step_id, initiative_weight as weight,
            avg(case when weight_sum > 0 then progress_sum::numeric / weight_sum else 0 end) as reported,
            avg(case when weight_sum > 0 then verified_sum::numeric * 100 / weight_sum else 0 end) as verified
        from part group by initiative_id, step_id, initiative_weight
    ) by_initiative group by step_id
), counted as (
    select step_id, count(distinct unit_id) as target_units, count(distinct unit_id) filter (where started) as units_started,
        sum(tasks) as tasks, sum(overdue) as overdue, sum(verified) as verified_tasks
    from part group by step_id
)
select json_build_object('data', json_build_object('steps', json_agg(json_build_object(
    'number', s.number, 'title', s.title_id, 'completion', json_build_object(
        'reported', round(round(f.reported, 10), 2)::text, 'verified', round(round(f.verified, 10), 2)::text,
        'targetUnits', coalesce(n.target_units, 0), 'unitsStarted', coalesce(n.units_started, 0),
        'tasks', coalesce(n.tasks, 0), 'overdue', coalesce(n.overdue, 0), 'verifiedTasks', coalesce(n.verified_tasks, 0)
    )) order by s.number)))
from step s left join figure f on f.step_id = s.id left join counted n on n.step_id = s.id
"""

_NAMED = {"initiative_id": "Initiative"} | dict.fromkeys(
    ("owner_id", "submitted_by", "verified_by"), "Person"
)


def _told(side: str) -> str:
    """What an event says, under the API's names and with global ids: those that histories of tasks hold."""
    ids = " ".join(
        f"when '{name}' then case when told.value <> 'null' then to_jsonb({_id(kind, '(told.value #>> array[]::text[])')}) end"
        for name, kind in _NAMED.items()
    )
    return f"""(select jsonb_object_agg(camel_case(told.key), case told.key {ids} else camel_keys(told.value) end)
        from jsonb_each(p.{side}::jsonb) told)"""


ONE = f"""
select json_build_object('data', json_build_object('task', (select json_build_object(
    'id', {_id("Task", "t.id")}, 'title', t.title, 'description', t.description, 'status', t.status, 'progress', t.progress,
    'dueOn', t.due_on, 'version', t.version,
    'unit', json_build_object('id', {_id("Unit", "u.id")}, 'code', u.code, 'name', u.name),
    'initiative', json_build_object('code', i.code, 'title', i.title_id),
    'owner', json_build_object('id', {_id("Person", "o.id")}, 'name', o.name),
    'evidence', (select coalesce(json_agg(json_build_object('note', e.note, 'url', e.url) order by e.added_at, e.id), '[]')
        from evidence e where e.task_id = t.id),
    'history', (
        select json_build_object(
            'nodes', coalesce(json_agg(json_build_object('at', p.at, 'kind', upper(replace(p.kind, '.', '_')),
                'actor', case when a.id is not null then json_build_object('id', {_id("Person", "a.id")}, 'name', a.name) end,
                'before', {_told("before")}, 'after', {_told("after")}
                ) order by p.nth) filter (where p.nth <= 20), '[]'),
            'pageInfo', json_build_object('hasNextPage', count(*) > 20))
        from (select e.nth, e.at, e.kind, e.actor_id, e.before, e.after from event e where e.subject_id = t.id
            order by e.nth limit 21) p
        left join person a on a.id = p.actor_id)
    ) from task t join unit u on u.id = t.unit_id join initiative i on i.id = t.initiative_id join person o on o.id = t.owner_id
    where t.id = $2::uuid and t.unit_id {_SEEN})))
"""
