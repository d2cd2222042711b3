"""A rollout to all 326 ULP, beside the statements that write the same rows without asking anything."""

from datetime import timedelta

from benchmarks.measure import Result, compare
from benchmarks.organisation import ULP
from jejak.domain import access, clock, db, programme, rollout
from jejak.domain.rollout import RolloutInitiative, Work
from jejak.domain.rollout_scope import Due, Scope
from jejak.domain.vocabulary import UnitKind

_WORK = Work(programme.reference_id("initiative", "6.1"), "Terapkan 5S/5R di ruang tunggu")


async def measure(rounds: int) -> list[Result]:
    due = clock.today("Asia/Jakarta") + timedelta(days=45)
    top = programme.reference_id("unit", "HQ")

    async def ours() -> int:
        wanted = RolloutInitiative(_WORK, Scope(top, [UnitKind.ULP]), Due(due_on=due))
        return (await rollout.create(access.SYSTEM, wanted)).count

    async def bare() -> int:
        new = db.new_id()
        async with db.transaction():
            for number, statement in enumerate(_BARE):
                values = (new, _WORK.initiative_id, _WORK.title, due, clock.now(), top)
                await db.execute(statement, *values[: (6, 5, 1, 1)[number]])
        return ULP

    async def again() -> None:
        await db.execute("truncate pending_event")
        await db.execute(
            "delete from reminder r using task t where t.id = r.task_id and t.rollout_id is not null"
        )
        await db.execute("alter table task disable trigger user")
        await db.execute("delete from task where rollout_id is not null")
        await db.execute("alter table task enable trigger user")
        await db.execute("vacuum analyze task")

    result = await compare(f"a rollout to {ULP} units", ours, bare, again, rounds * 3)
    await again()
    return [result]


_BARE = (
    """
    insert into rollout (id, initiative_id, unit_id, top_id, kinds, unit_ids, title, description, weight, due_on, version,
        created_at, updated_at)
    values ($1, $2, $6, $6, '{ULP}', '{}', $3, '', 1, $4, 1, $5, $5)
    """,
    """
    insert into task (id, initiative_id, unit_id, rollout_id, title, description, owner_id, weight, due_on, status, progress,
        version, created_at, updated_at)
    select gen_random_uuid(), $2, u.id, $1, $3, '', m.person_id, 1, working_day_from(u.calendar_id, $4, 0), 'PLANNED', 0,
        1, $5, $5
    from unit u join membership m on m.unit_id = u.id and m.ranger where u.kind = 'ULP'
    """,
    """
    insert into reminder (id, task_id, due_on, rung_id, offset_days, audience, remind_on)
    select gen_random_uuid(), t.id, t.due_on, g.id, g.offset_days, g.audience,
        working_day_from(u.calendar_id, t.due_on, g.offset_days)
    from task t join unit u on u.id = t.unit_id
    join rung g on g.ladder_id = (select id from ladder where unit_id is null order by version desc limit 1)
    where t.rollout_id = $1
    """,
    """
    with happened as (
        insert into event (nth, at, kind, subject_type, subject_id, unit_id, after)
        select 1, t.created_at, 'task.created', 'task', t.id, t.unit_id,
            json_build_object('title', t.title, 'description', t.description, 'status', t.status,
                'initiative_id', t.initiative_id, 'owner_id', t.owner_id, 'due_on', t.due_on, 'weight', t.weight)
        from task t where t.rollout_id = $1 returning id
    )
    insert into pending_event (event_id) select id from happened
    """,
)
