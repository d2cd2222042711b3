"""PLN's organisation at its real size: 512 units, each with a manager and a PIC Ranger, and tasks made by the database."""

from itertools import cycle, islice
from typing import Any

from jejak.domain import access, calendar, clock, db, unit
from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import UnitKind

UP3, ULP = 163, 326
HOUR = 3600  # seconds


async def build() -> None:
    """Adds the UP3 and ULP to the regions that are there, and the people of every unit."""
    async with db.transaction():
        await db.lock(db.Lock.UNIT_TREE)
        regions = (
            await Unit.objects().where(Unit.kind.is_in([UnitKind.UID, UnitKind.UIW])).order_by(Unit.code)
        )
        up3 = [_below(parent, UnitKind.UP3, n) for n, parent in enumerate(islice(cycle(regions), UP3))]
        ulp = [_below(parent, UnitKind.ULP, n) for n, parent in enumerate(islice(cycle(up3), ULP))]
        await unit.add([(access.SERVICE, one) for one in (*up3, *ulp)])
        await calendar.settle()
        await db.execute(_PEOPLE, clock.now())
        await db.execute("delete from pending_event")
    await db.execute("vacuum analyze")


def _below(parent: Unit, kind: UnitKind, n: int) -> Unit:
    code = f"{kind}-{n:03}"
    return unit.below(parent, db.new_id(), code=code, name=code, kind=kind, timezone=parent.timezone)


_PEOPLE = """
with made as (
    insert into person (id, email, name, language, version, created_at)
    select gen_random_uuid(), lower(u.code) || '-' || lower(kind.role) || '@pln.example', u.code || ' ' || kind.role,
        case when u.kind = 'ULP' then 'id' else 'en' end, 1, $1
    from unit u cross join (values ('CONTRIBUTOR'), ('MANAGER')) kind (role)
    returning id, name
)
insert into membership (id, person_id, unit_id, role, ranger, granted_at)
select gen_random_uuid(), made.id, u.id, split_part(made.name, ' ', 2), made.name like '% CONTRIBUTOR', $1
from made join unit u on u.code = split_part(made.name, ' ', 1)
"""


async def give_tasks(number: int, due_within: int) -> None:
    """`number` open tasks over all units and initiatives, due on days from `due_within` days ago to as many ahead."""
    await patiently(_TASKS, number, due_within, clock.now())
    await patiently("vacuum analyze task")


async def patiently(statement: str, *values: Any) -> Any:
    """A single value of a statement that may take longer than any of the service's."""
    return await db.fetchval(statement, *values, timeout=HOUR)


_TASKS = """
with place as (
    select u.id, m.person_id, row_number() over (order by u.id) - 1 as nth, count(*) over () as units
    from unit u join membership m on m.unit_id = u.id and m.ranger
), work as (
    select id, row_number() over (order by id) - 1 as nth, count(*) over () as initiatives from initiative
)
insert into task (id, initiative_id, unit_id, title, description, owner_id, weight, due_on, status, progress, version,
    created_at, updated_at)
select gen_random_uuid(), work.id, place.id, 'Tugas ' || n, '', place.person_id, 1 + n % 5,
    ($3 at time zone 'Asia/Jakarta')::date + (n * 7919 % (2 * $2 + 1))::integer - $2,
    case when n % 3 = 0 then 'IN_PROGRESS' else 'PLANNED' end, (n % 3 = 0)::integer * 40, 1, $3, $3
from generate_series(1, $1::bigint) n
join place on place.nth = n % (select max(units) from place)
join work on work.nth = n / 512 % (select max(initiatives) from work)
"""
