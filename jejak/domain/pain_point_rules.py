"""R3: what a pain point's priority is, and which tasks are about it."""


def priority(alias: str) -> str:
    """SQL: severity x reach, 1 to 25."""
    return f"({alias}.severity * {alias}.reach)"


def tasks_of(point: str) -> str:
    """SQL, a table: the tasks that are about a pain point. Takes an alias.

    Its own, and where it belongs to an issue those that rollouts of the issue gave its unit. What was verified before
    the pain point was recorded did not fix it.
    """
    return f"""(
        select own.* from task own where own.pain_point_id = {point}.id
        union all
        select fix.* from rollout given join task fix on fix.rollout_id = given.id and fix.unit_id = {point}.unit_id
        where given.issue_id = {point}.issue_id and {_in_time("fix", point)})"""


def over_tasks(point: str, figure: str) -> str:
    """SQL: an aggregate of the alias `live`, over the tasks that are about a pain point and not cancelled.

    In two ways: most pain points belong to no issue, and for them one index is enough.
    """
    live = "live where live.status <> 'CANCELLED'"
    return f"""case when {point}.issue_id is null
        then (select {figure} from task {live} and live.pain_point_id = {point}.id)
        else (select {figure} from {tasks_of(point)} {live}) end"""


def with_tasks(condition: str) -> str:
    """SQL, a query: the keys of the pain points with a task for which `condition` holds, over the alias `work`."""
    return f"""
        select work.pain_point_id from task work where work.pain_point_id is not null and {condition}
        union all
        select fixed.id from task work join rollout given on given.id = work.rollout_id
        join pain_point fixed on fixed.issue_id = given.issue_id and fixed.unit_id = work.unit_id
        where {_in_time("work", "fixed")} and {condition}"""


def about(task: str, point: str) -> str:
    """SQL: the pain point is one that the task is about, by an issue. Takes aliases; its own is `pain_point_id`."""
    return f"""{point}.issue_id = (select given.issue_id from rollout given where given.id = {task}.rollout_id)
        and {point}.unit_id = {task}.unit_id and {_in_time(task, point)}"""


def _in_time(task: str, point: str) -> str:
    return f"({task}.verified_at is null or {task}.verified_at > {point}.created_at)"
