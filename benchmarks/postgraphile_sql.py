"""What PostGraphile is given besides the tables, and what it is asked: the same screens under its own names.

Functions say what a table does not: R5's figures by the service's own roll-up, a subtree's tasks, a task's history. It
looks at nobody's rights, and so has less to do than the service.
"""

from jejak.domain import completion

_FIGURES = completion.figures(path="top.path", chosen="i.step_id = ($1).id")

SCREENS = (
    """
    create function pain_point_priority(point pain_point) returns integer language sql stable as
    $$ select ($1).severity * ($1).reach $$
    """,
    "comment on function pain_point_priority is '@behavior +orderBy'",
    """
    create function tasks_below(unit uuid, statuses text[]) returns setof task language sql stable as $$
        select t.* from task t where t.unit_id in (
            select below.id from unit top join unit below on below.path ^@ top.path where top.id = $1
        ) and t.status = any($2) order by t.due_on, t.id
    $$
    """,
    """
    create function task_history(task task) returns setof event language sql stable as
    $$ select e.* from event e where e.subject_id = ($1).id order by e.nth $$
    """,
    """
    create type figures as (reported numeric, verified numeric, target_units integer, units_started integer, tasks integer,
        overdue integer, verified_tasks integer)
    """,
    f"""
    create function step_completion(step step, unit uuid) returns figures language sql stable as $$
        select f.reported, f.verified, f.target_units, f.units_started, f.tasks, f.overdue, f.verified_tasks
        from unit top cross join lateral {_FIGURES} f where top.id = $2
    $$
    """,
)

_UNIT = "unit: unitByUnitId { id code name }"
_OF_A_TASK = f"""{_UNIT} initiative: initiativeByInitiativeId {{ code title: titleId }}
    owner: personByOwnerId {{ id name }}"""

DOCUMENTS = {
    "nested": f"""query Journeys {{ journeys: allJourneys(first: 50, orderBy: [CREATED_AT_DESC, ROW_ID_DESC]) {{
  nodes {{ id title service status occurredOn {_UNIT}
    stages: stagesByJourneyIdList(orderBy: [POSITION_ASC]) {{ position name touchpoint emotion
      painPoints: painPointsByStageIdList(orderBy: [PRIORITY_DESC, ROW_ID_ASC]) {{
        id description category severity reach priority
        tasks: tasksByPainPointIdList(orderBy: [CREATED_AT_ASC, ROW_ID_ASC]) {{ id title status progress dueOn }} }} }} }}
  pageInfo {{ hasNextPage endCursor }} }} }}""",
    "flat": f"""query Tasks($unit: UUID!, $statuses: [String!]!) {{
  tasks: tasksBelow(unit: $unit, statuses: $statuses, first: 100) {{
    nodes {{ id title status progress dueOn version {_OF_A_TASK} }} pageInfo {{ hasNextPage endCursor }} }} }}""",
    "completion": """query Completion($unit: UUID!) { steps: allStepsList(orderBy: [NUMBER_ASC]) { number title: titleId
  completion(unit: $unit) { reported verified targetUnits unitsStarted tasks overdue verifiedTasks } } }""",
    "one": f"""query Task($task: UUID!) {{ task: taskByRowId(rowId: $task) {{
  id title description status progress dueOn version {_OF_A_TASK}
  evidence: evidencesByTaskIdList(orderBy: [ADDED_AT_ASC, ROW_ID_ASC]) {{ note url }}
  history(first: 20) {{ nodes {{ at kind actor: personByActorId {{ id name }} before after }} pageInfo {{ hasNextPage }} }} }} }}""",
}
