"""The benchmark's data is what the rules would have left behind, and comes from its seed."""

import pytest

from benchmarks import dataset
from benchmarks.dataset import Scale, Size
from jejak.domain import completion, db, task_rules

SIZE = Scale.SMALL.value
# Each gives the rows that break a rule.
RULES = {
    "R2: five stages in order": "select journey_id from stage group by 1 having array_agg(position::integer order by position) <> '{1,2,3,4,5}'",
    "R3: only accepted journeys have tasks": """select t.id from task t join pain_point p on p.id = t.pain_point_id
        join journey j on j.id = p.journey_id where j.status not in ('ACCEPTED', 'ARCHIVED')""",
    "R3: a pain point is of its stage's journey and unit": """select p.id from pain_point p join stage s on s.id = p.stage_id
        join journey j on j.id = p.journey_id where s.journey_id <> j.id or p.unit_id <> j.unit_id""",
    "R4: a task is of its pain point's unit": "select t.id from task t join pain_point p on p.id = t.pain_point_id where t.unit_id <> p.unit_id",
    "R4: owners work at the unit": """select t.id from task t where not exists (
        select from membership m where m.person_id = t.owner_id and m.unit_id = t.unit_id and m.revoked_at is null)""",
    "R4: four eyes": "select id from task where verified_by in (owner_id, submitted_by)",
    "R4: what is handed in is done": "select id from task where (status in ('SUBMITTED', 'VERIFIED')) <> (progress = 100)",
    "R4: reasons": "select id from task where (status in ('RETURNED', 'BLOCKED', 'CANCELLED')) <> (status_reason is not null)",
    "R7: accepted pain points and tasks have deadlines": """select id from task where due_at is null union all
        select p.id from pain_point p join journey j on j.id = p.journey_id
        where (j.status in ('ACCEPTED', 'ARCHIVED')) <> (p.due_at is not null)""",
    "R13: history without gaps": """select subject_id from event where subject_type in ('task', 'journey', 'pain_point')
        group by 1 having (min(nth), max(nth), count(distinct nth)) <> (1, count(*), count(*))""",
    "R13: a version for each change": """select t.id from task t where version <> (
        select count(*) from event e where e.subject_id = t.id and e.kind <> 'task.evidence_added')""",
    "R13: nothing happened in the future": "select id from event where at > now()",
    "R13: history ends with the status": """select t.id from task t where not exists (select from event e
        where e.subject_id = t.id and e.nth = (select max(nth) from event l where l.subject_id = t.id) and (e.kind, t.status) in (
            ('task.created', 'PLANNED'), ('task.progress_reported', 'IN_PROGRESS'), ('task.submitted', 'SUBMITTED'),
            ('task.verified', 'VERIFIED'), ('task.returned', 'RETURNED'), ('task.blocked', 'BLOCKED'), ('task.cancelled', 'CANCELLED')))""",
    "nothing waits": "select event_id::text from pending_event union all select id::text from feed",
}


@pytest.fixture
async def superuser(database):
    if not await db.fetchval("select usesuper from pg_user where usename = current_user"):
        pytest.skip("only a superuser may write rows without their triggers")


async def test_it_is_as_large_as_asked_for_and_as_the_service_would_have_left_it(superuser):
    # Given a set
    await dataset.build(SIZE, 7)
    # Then there are as many rows as asked for, in every state, and none breaks a rule
    assert await _counts("unit", "journey", "stage", "pain_point", "task", "search_entry") == {
        "unit": 512,
        "journey": SIZE.journeys,
        "stage": 5 * SIZE.journeys,
        "pain_point": SIZE.pain_points,
        "task": SIZE.tasks,
        "search_entry": SIZE.journeys + SIZE.pain_points + SIZE.tasks,
    }
    states = {row["status"] for row in await db.fetch("select distinct status from task")}
    assert states == task_rules.OPEN | task_rules.OVER
    broken = {
        rule: await db.fetchval(f"select count(*) from ({rows}) broken") for rule, rows in RULES.items()
    }
    assert broken == dict.fromkeys(RULES, 0)
    # And when the service derives anew what is derived, nothing changes
    before = await db.fetchval(_WORDS)
    await completion.recompute_all()
    await db.execute("select search_enter_journeys(array(select id from journey))")
    assert await _counts("feed") == {"feed": 0}
    assert await db.fetchval(_WORDS) == before


async def test_the_rows_come_from_the_seed(superuser, clean):
    async def values(seed: int) -> str:
        await clean()
        await dataset.build(Size(20, 60, 120), seed)
        return await db.fetchval(_VALUES)

    first = await values(7)
    assert await values(7) == first
    assert await values(8) != first


async def _counts(*tables: str) -> dict[str, int]:
    return {table: await db.fetchval(f"select count(*) from {table}") for table in tables}


_WORDS = "select md5(string_agg(id::text || words::text, ' ' order by id)) from search_entry"
_VALUES = """
select md5(string_agg(concat_ws('|', u.code, t.title, t.status, t.progress, t.weight, t.version, i.code, p.description, j.title,
    j.status, s.name), ' ' order by t.title))
from task t join unit u on u.id = t.unit_id join initiative i on i.id = t.initiative_id
left join pain_point p on p.id = t.pain_point_id left join journey j on j.id = p.journey_id left join stage s on s.id = p.stage_id
"""
