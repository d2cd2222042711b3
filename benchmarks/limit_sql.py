"""What an engineer writes by hand for these screens: one statement each, whose one value is the answer.

Objects are rows, which PostgreSQL writes as JSON in two thirds of the time that `json_build_object` takes.

`$1` are the paths of the viewer's units, asked of the root rows alone: what hangs on them lies at the same units.
"""

_SEEN = "in (select seen.id from unit seen where seen.path ^@ any($1::text[]))"


def _id(kind: str, key: str) -> str:
    return f"encode(convert_to('{kind}:' || {key}, 'UTF8'), 'base64')"


def _page(size: int, order: str, keys: str) -> str:
    """What there is to say of the rows of `page`, numbered by `nth`, of which one more was read than is shown."""
    cursor = f"encode(convert_to(json_build_array('{order}', {keys})::text, 'UTF8'), 'base64')"
    return f"""json_build_object('hasNextPage', exists (select from page where nth > {size}), 'endCursor', (
        select translate({cursor}, E'+/\\n', '-_') from page p where p.nth <= {size} order by p.nth desc limit 1))"""


_UNIT = f"""(select r from (select {_id("Unit", "u.id")} as id, u.code, u.name) r) as unit"""

NESTED = f"""
with page as materialized (
    select j.*, row_number() over (order by j.created_at desc, j.id desc) as nth from (
        select id, unit_id, title, service, status, occurred_on, created_at from journey
        where unit_id {_SEEN} order by created_at desc, id desc limit 51
    ) j
)
select json_build_object('data', json_build_object('journeys', json_build_object('nodes', (
    select coalesce(json_agg(r), '[]') from (
        select {_id("Journey", "p.id")} as id, p.title, p.service, p.status, p.occurred_on as "occurredOn", {_UNIT}, (
            select coalesce(json_agg(r), '[]') from (
                select s.position, s.name, s.touchpoint, s.emotion, (
                    select coalesce(json_agg(r), '[]') from (
                        select {_id("PainPoint", "o.id")} as id, o.description, o.category, o.severity, o.reach,
                            o.severity * o.reach as priority, (
                            select coalesce(json_agg(r), '[]') from (
                                select {_id("Task", "t.id")} as id, t.title, t.status, t.progress, t.due_on as "dueOn"
                                from task t where t.pain_point_id = o.id order by t.created_at, t.id
                            ) r) as tasks
                        from pain_point o where o.stage_id = s.id order by o.severity * o.reach desc, o.id
                    ) r) as "painPoints"
                from stage s where s.journey_id = p.id order by s.position
            ) r) as stages
        from page p join unit u on u.id = p.unit_id where p.nth <= 50 order by p.nth
    ) r), 'pageInfo', {_page(50, "JourneyOrder.NEWEST_FIRST", "p.created_at, p.id")})))
"""

# Units as an array, so that tasks are walked in their order until the page is full, however many there are.
FLAT = f"""
with page as materialized (
    select t.*, row_number() over (order by t.due_on, t.id) as nth from (
        select id, unit_id, initiative_id, owner_id, title, status, progress, due_on, version from task
        where unit_id = any(array(
            select below.id from unit top join unit below on below.path ^@ top.path
            where top.id = $2::uuid and below.path ^@ any($1::text[])
        )) and status = any($3::text[]) order by due_on, id limit 101
    ) t
)
select json_build_object('data', json_build_object('tasks', json_build_object('nodes', (
    select coalesce(json_agg(r), '[]') from (
        select {_id("Task", "p.id")} as id, p.title, p.status, p.progress, p.due_on as "dueOn", p.version, {_UNIT},
            (select r from (select i.code, i.title_id as title) r) as initiative,
            (select r from (select {_id("Person", "o.id")} as id, o.name) r) as owner
        from page p join unit u on u.id = p.unit_id join initiative i on i.id = p.initiative_id
        join person o on o.id = p.owner_id where p.nth <= 100 order by p.nth
    ) r), 'pageInfo', {_page(100, "TaskOrder.DUE_FIRST", "p.due_on, p.id")})))
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
select json_build_object('data', json_build_object('steps', (select json_agg(r) from (
    select s.number, s.title_id as title, (select r from (
        select round(round(f.reported, 10), 2)::text as reported, round(round(f.verified, 10), 2)::text as verified,
            coalesce(n.target_units, 0) as "targetUnits", coalesce(n.units_started, 0) as "unitsStarted",
            coalesce(n.tasks, 0) as tasks, coalesce(n.overdue, 0) as overdue, coalesce(n.verified_tasks, 0) as "verifiedTasks"
    ) r) as completion
    from step s left join figure f on f.step_id = s.id left join counted n on n.step_id = s.id order by s.number
) r)))
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
select json_build_object('data', json_build_object('task', (select r from (
    select {_id("Task", "t.id")} as id, t.title, t.description, t.status, t.progress, t.due_on as "dueOn", t.version, {_UNIT},
        (select r from (select i.code, i.title_id as title) r) as initiative,
        (select r from (select {_id("Person", "o.id")} as id, o.name) r) as owner,
        (select coalesce(json_agg(r), '[]') from (
            select e.note, e.url from evidence e where e.task_id = t.id order by e.added_at, e.id
        ) r) as evidence, (
        with page as materialized (
            select e.nth, e.at, e.kind, e.actor_id, e.before, e.after, row_number() over (order by e.nth) as place
            from event e where e.subject_id = t.id order by e.nth limit 21
        )
        select json_build_object('nodes', (select coalesce(json_agg(r), '[]') from (
            select p.at, upper(replace(p.kind, '.', '_')) as kind,
                case when a.id is not null then (select r from (select {_id("Person", "a.id")} as id, a.name) r) end as actor,
                {_told("before")} as before, {_told("after")} as after
            from page p left join person a on a.id = p.actor_id where p.place <= 20 order by p.place
        ) r), 'pageInfo', json_build_object('hasNextPage', (select count(*) > 20 from page)))) as history
    from task t join unit u on u.id = t.unit_id join initiative i on i.id = t.initiative_id join person o on o.id = t.owner_id
    where t.id = $2::uuid and t.unit_id {_SEEN}
) r)))
"""
