"""R5: how far every initiative, step and the programme have come, for every unit.

`recompute` keeps one row of exact integer sums per initiative and target unit; `figures` is the roll-up over those
rows, for any level and any subtree, in PostgreSQL's numeric. `snapshot` keeps each day's rows as they stood.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from jejak.domain import clock, db, feed, task_rules
from jejak.domain.vocabulary import UnitKind

SUMS = "weight_sum, progress_sum, verified_sum, tasks, verified, overdue, started"


async def recompute(units: Sequence[UUID] | None = None, now: datetime | None = None) -> None:
    """Brings the rows of `units`, or of all units, up to the tasks and the tree as they are.

    Incremental and full are the same statement, so they give the same rows. Opens no transaction of its own.
    The feed is told of the units whose rows have really changed.
    """
    # Taken before the statement's snapshot, so that two recomputations see each other's commits in order.
    await db.lock(db.Lock.COMPLETION)
    changed = await db.fetch(_RECOMPUTE, units, now or clock.now())
    await feed.completion_changed([UUID(str(row["unit_id"])) for row in changed])


async def recompute_all() -> None:
    async with db.transaction():
        await recompute()


async def snapshot() -> date | None:
    """Keeps the rows as they stand for the day that has ended at headquarters; the day, or None where it is kept already."""
    zone = await db.fetchval("select timezone from unit where kind = $1", UnitKind.HQ)
    if zone is None:
        return None
    day = clock.today(zone) - timedelta(days=1)
    async with db.transaction():
        await db.lock(db.Lock.COMPLETION)
        if await db.fetchval("select exists (select from unit_snapshot where day = $1)", day):
            return None
        # The lock is held already; what is pending in the relay's queue must not be missing from a day for good.
        await recompute()
        await db.execute(
            "insert into unit_snapshot (id, day, unit_id, path) select gen_random_uuid(), $1, id, path from unit",
            day,
        )
        await db.execute(_SNAPSHOT, day, clock.now())
    return day


def figures(*, path: str, chosen: str, on: str | None = None) -> str:
    """SQL for one row: `reported`, `verified` (percent, two decimals, null where undefined) and the counts beside them.

    `path` is an expression for the path, as it is now, of the unit whose subtree is meant, `chosen` a condition on `i`
    (initiative), which may speak of `i.id` and `i.step_id`; `on` an expression for a past day, for the figures of
    the last snapshot up to it.
    """
    return _roll_up(_source(path, chosen, on))


def _source(path: str, chosen: str, on: str | None, more: str = "", beside: str = "") -> str:
    if on is None:
        return f"""
            select {more}c.initiative_id, c.unit_id, i.step_id, i.weight as initiative_weight, s.weight as step_weight,
                null::timestamptz as taken_at, {_columns("c")}
            from {beside}completion c join initiative i on i.id = c.initiative_id join step s on s.id = i.step_id
            join unit at on at.id = c.unit_id where at.path ^@ {path} and {chosen}"""
    # The subtree as it was then, found by the unit that lies at `path` now.
    return f"""
        select {more}c.initiative_id, c.unit_id, c.step_id, c.initiative_weight, c.step_weight, c.taken_at, {_columns("c")}
        from (select max(kept.day) as day from unit_snapshot kept where kept.day <= {on}) last
        join unit root on root.path = {path}
        join unit_snapshot top on top.day = last.day and top.unit_id = root.id
        join unit_snapshot at on at.day = last.day and at.path ^@ top.path
        join completion_snapshot c on c.day = last.day and c.unit_id = at.unit_id
        cross join lateral (select c.initiative_id as id, c.step_id) i where {chosen}"""


def figures_by(group: str, *, path: str, on: str | None = None) -> str:
    """SQL for a row for each `group` (an expression on `i`, as `chosen` of `figures`) that there are rows for, named
    `of_group`, with what `figures` gives for it. One pass over the rows, however many groups there are.
    """
    return _roll_up(_source(path, "true", on, f"{group} as of_group, "), "of_group")


def league(*, parent: str, chosen: str) -> str:
    """SQL for a row for each open unit right below `parent`, an expression for an id or null: what `figures` gives
    for the unit, with its `rank`, `unit_id`, `parent_id`, `code`, `name` and `kind`. By verified, then reported, those without
    figures last; equals share a rank. One pass over the rows, however many units there are.
    """
    source = f"""
        select top.id as of_unit, c.initiative_id, c.unit_id, i.step_id, i.weight as initiative_weight,
            s.weight as step_weight, null::timestamptz as taken_at, {_columns("c")}
        from sibling top join unit at on at.path ^@ top.path join completion c on c.unit_id = at.id
        join initiative i on i.id = c.initiative_id join step s on s.id = i.step_id where {chosen}"""
    return f"""(
        with sibling as (
            select * from unit u where u.parent_id is not distinct from {parent} and u.closed_at is null
        )
        select rank() over (order by f.verified desc nulls last, f.reported desc nulls last) as rank,
            top.id as unit_id, top.parent_id, top.code, top.name, top.kind, f.reported, f.verified,
            {_counted("f")}
        from sibling top left join {_roll_up(source, "of_unit")} f on f.of_unit = top.id)"""


def figures_of(tops: str, *, on: str | None = None) -> str:
    """SQL for a row for each unit of `tops` (rows of `id` and `path`) that there are rows for, named `of_unit`, with what
    `figures` gives for it; `on`: an expression for a day of which a snapshot is kept. One pass, however many units.
    """
    if on is None:
        return _roll_up(
            _source("top.path", "true", None, "top.id as of_unit, ", f"{tops} top cross join "), "of_unit"
        )
    source = f"""
        select top.id as of_unit, c.initiative_id, c.unit_id, c.step_id, c.initiative_weight, c.step_weight, c.taken_at,
            {_columns("c")}
        from {tops} top join unit_snapshot was on was.day = {on} and was.unit_id = top.id
        join unit_snapshot at on at.day = was.day and at.path ^@ was.path
        join completion_snapshot c on c.day = was.day and c.unit_id = at.unit_id"""
    return _roll_up(source, "of_unit")


COUNTS = ("target_units", "units_started", "tasks", "overdue", "verified_tasks")


def _counted(alias: str) -> str:
    return ", ".join(f"coalesce({alias}.{name}, 0) as {name}" for name in COUNTS)


def _roll_up(source: str, of: str = "") -> str:
    """One row over the rows of `source`; where `of` is given, one for each of its values that there are rows for."""
    each, every, by = (
        (f"{of}, ", f"group by {of}", f"join counts using ({of})") if of else ("", "", "cross join counts")
    )
    return f"""(
        with part as ({source}
        ), by_initiative as (
            select {each}step_id, step_weight, initiative_weight as weight,
                avg(case when weight_sum > 0 then progress_sum::numeric / weight_sum else 0 end) as reported,
                avg(case when weight_sum > 0 then verified_sum::numeric * 100 / weight_sum else 0 end) as verified
            from part group by {each}initiative_id, step_id, step_weight, initiative_weight
        ), by_step as (
            select {each}step_weight as weight, sum(weight * reported) / sum(weight) as reported,
                sum(weight * verified) / sum(weight) as verified
            from by_initiative group by {each}step_id, step_weight
        ), whole as (
            select {each}sum(weight * reported) / sum(weight) as reported, sum(weight * verified) / sum(weight) as verified
            from by_step {every}
        ), counts as (
            select {each}count(*) as target_units, count(*) filter (where started) as units_started,
                coalesce(sum(tasks), 0) as tasks, coalesce(sum(overdue), 0) as overdue,
                coalesce(sum(verified), 0) as verified_tasks, max(taken_at) as taken_at
            from (
                select {each}bool_or(started) as started, sum(tasks) as tasks, sum(overdue) as overdue,
                    sum(verified) as verified, max(taken_at) as taken_at
                from part group by {each}unit_id
            ) by_unit {every}
        )
        select {each}{_shown("whole.reported")} as reported, {_shown("whole.verified")} as verified,
            {", ".join(f"counts.{name}" for name in COUNTS)}, counts.taken_at
        from whole {by})"""


def _columns(alias: str) -> str:
    return ", ".join(f"{alias}.{name}" for name in SUMS.split(", "))


def _shown(value: str) -> str:
    # numeric division carries 16 digits or more; the inner rounding keeps a true half from being seen as just below it.
    return f"round(round({value}, 10), 2)"


_RECOMPUTE = f"""
with target as (
    select i.id as initiative_id, u.id as unit_id
    from initiative i join unit u on u.kind = any(i.scope) and u.closed_at is null
    where $1::uuid[] is null or u.id = any($1)
    union
    select t.initiative_id, t.unit_id from task t
    where t.status <> 'CANCELLED' and ($1::uuid[] is null or t.unit_id = any($1))
), summed as (
    select t.initiative_id, t.unit_id, sum(t.weight) as weight_sum, sum(t.weight * t.progress) as progress_sum,
        coalesce(sum(t.weight) filter (where t.status = 'VERIFIED'), 0) as verified_sum, count(*) as tasks,
        count(*) filter (where t.status = 'VERIFIED') as verified,
        count(*) filter (where {task_rules.overdue("t", "u", "$2::timestamptz")}) as overdue,
        bool_or({task_rules.begun("t")}) as started
    from task t join unit u on u.id = t.unit_id
    where t.status <> 'CANCELLED' and ($1::uuid[] is null or t.unit_id = any($1))
    group by t.initiative_id, t.unit_id
), wanted as (
    select initiative_id, unit_id, coalesce(weight_sum, 0) as weight_sum, coalesce(progress_sum, 0) as progress_sum,
        coalesce(verified_sum, 0) as verified_sum, coalesce(tasks, 0) as tasks, coalesce(verified, 0) as verified,
        coalesce(overdue, 0) as overdue, coalesce(started, false) as started
    from target left join summed using (initiative_id, unit_id)
), gone as (
    delete from completion c
    where ($1::uuid[] is null or c.unit_id = any($1))
      and not exists (select from wanted w where w.unit_id = c.unit_id and w.initiative_id = c.initiative_id)
    returning c.unit_id
), kept as (
    insert into completion as c (id, initiative_id, unit_id, {SUMS})
    select gen_random_uuid(), initiative_id, unit_id, {SUMS} from wanted
    on conflict (unit_id, initiative_id) do update
    set ({SUMS}) = ({", ".join(f"excluded.{name}" for name in SUMS.split(", "))})
    where ({", ".join(f"c.{name}" for name in SUMS.split(", "))})
        is distinct from ({", ".join(f"excluded.{name}" for name in SUMS.split(", "))})
    returning c.unit_id
)
select unit_id from gone union select unit_id from kept order by unit_id
"""

_SNAPSHOT = f"""
insert into completion_snapshot (id, day, initiative_id, unit_id, step_id, initiative_weight, step_weight, taken_at, {SUMS})
select gen_random_uuid(), $1, c.initiative_id, c.unit_id, i.step_id, i.weight, s.weight, $2, {_columns("c")}
from completion c join initiative i on i.id = c.initiative_id join step s on s.id = i.step_id
"""
