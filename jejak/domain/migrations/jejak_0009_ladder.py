"""The ladder as data, escalation along the tree, and what else a person is told."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from jejak.domain import db

ID = "0009-ladder"
VERSION = "1.38.0"
DESCRIPTION = "the ladder as data"

DDL = """
alter table ladder
    add column unit_id uuid references unit,
    add column created_by uuid references person,
    add column inherits boolean not null default false,
    add column snooze_limit_days smallint not null default 5 check (snooze_limit_days between 0 and 60),
    add column acknowledge_days smallint not null default 3 check (acknowledge_days between 1 and 60);
create index ladder_unit on ladder (unit_id, version);
alter table rung
    drop constraint rung_audience_check,
    add constraint rung_audience_check check (audience in ('OWNER', 'UNIT', 'UP3', 'REGION', 'HEADQUARTERS')),
    add constraint rung_after_due check (audience = 'OWNER' or offset_days > 0);
alter table reminder
    drop constraint reminder_outcome_check,
    add constraint reminder_outcome_check check (outcome in ('SENT', 'FOLDED', 'DROPPED'));
-- In the order in which a run looks at them, batch by batch.
drop index reminder_open;
create index reminder_open on reminder (remind_on, task_id) where outcome is null;

-- The first ladder, and nobody has changed it since: escalation joins it. What is planned stays as it is.
with second as (
    insert into ladder (id, version, created_at)
    select gen_random_uuid(), 2, now() where (select max(version) from ladder) = 1
    returning id
)
insert into rung (id, ladder_id, offset_days, audience)
select gen_random_uuid(), second.id, step.offset_days, step.audience
from second cross join (values
    (-7, 'OWNER'), (-3, 'OWNER'), (-1, 'OWNER'), (0, 'OWNER'), (1, 'OWNER'),
    (3, 'UNIT'), (3, 'UP3'), (7, 'REGION'), (14, 'HEADQUARTERS')
) step (offset_days, audience);

create table snooze (
    id uuid primary key,
    task_id uuid not null references task,
    due_on date not null,
    set_on date not null,
    until date not null,
    spent_days smallint not null,
    unique (task_id, due_on)
);
create table acknowledgement (
    id uuid primary key,
    task_id uuid not null references task,
    due_on date not null,
    reminder_id uuid not null unique references reminder,
    offset_days smallint not null,
    audience text not null,
    acknowledged_by uuid not null references person,
    at timestamptz not null,
    until date not null,
    note text not null
);
create index acknowledgement_task on acknowledgement (task_id, due_on);
create table vacancy (
    id uuid primary key,
    unit_id uuid not null references unit,
    opened_at timestamptz not null,
    closed_at timestamptz
);
create unique index vacancy_open on vacancy (unit_id) where closed_at is null;

alter table digest add column open boolean not null default false;
create unique index digest_open on digest (person_id) where open;

alter table notice
    add column unit_id uuid references unit,
    add column occasion integer,
    add column vacancy_id uuid references vacancy,
    alter column task_id drop not null,
    alter column reminder_id drop not null,
    alter column due_on drop not null,
    drop constraint notice_kind_check,
    add constraint notice_kind_check check (kind in (
        'DUE_SOON', 'DUE_TODAY', 'OVERDUE', 'BLOCKED', 'AWAITING_VERIFICATION', 'ESCALATED', 'NO_MANAGER',
        'HANDED_OVER', 'CHANNEL_PAUSED'));
update notice n set unit_id = t.unit_id from task t where t.id = n.task_id;
alter table notice alter column unit_id set not null;
create unique index notice_once on notice (task_id, kind, occasion, person_id) where occasion is not null;
create unique index notice_vacancy on notice (vacancy_id, person_id) where vacancy_id is not null;

-- Counts the changes of a task's status: what a notice of one of them is told by from the next. A task that waits for
-- somebody calls for them, until they are told or it waits no more.
alter table task add column status_nth integer not null default 0;
create table task_call (
    id uuid primary key default gen_random_uuid(),
    task_id uuid not null unique references task
);
create function task_calls() returns trigger language plpgsql as $$
begin
    new.status_nth := old.status_nth + 1;
    delete from task_call where task_id = new.id;
    if new.status in ('BLOCKED', 'SUBMITTED') then
        insert into task_call (task_id) values (new.id);
    end if;
    return new;
end $$;
create trigger task_calls before update of status on task
    for each row when (old.status is distinct from new.status) execute function task_calls();
insert into task_call (task_id) select id from task where status in ('BLOCKED', 'SUBMITTED');

-- How high a unit stands in the tree, and from where up an audience is.
create function level_of(kind text) returns integer language sql immutable as $$
    select case $1 when 'ULP' then 0 when 'UP3' then 1 when 'UID' then 2 when 'UIW' then 2 when 'HQ' then 3 end
$$;
create function reach_of(audience text) returns integer language sql immutable as $$
    select case $1 when 'OWNER' then -1 when 'UNIT' then 0 when 'UP3' then 1 when 'REGION' then 2 when 'HEADQUARTERS' then 3 end
$$;
-- A unit and what lies above it, from below.
create function line_of(unit uuid) returns table (id uuid, kind text, nth integer) language sql stable rows 4 as $$
    with recursive line as (
        select u.id, u.parent_id, u.kind, 0 as nth from unit u where u.id = $1
        union all
        select above.id, above.parent_id, above.kind, line.nth + 1
        from line join unit above on above.id = line.parent_id
    )
    select line.id, line.kind, line.nth from line
$$;
-- The ladder in force at a unit: its region's own, else the whole programme's.
create function ladder_at(unit uuid) returns uuid language sql stable as $$
    select found.id from (
        (
            select l.id, l.inherits, 0 as nth
            from line_of($1) region join ladder l on l.unit_id = region.id
            order by l.version desc limit 1
        )
        union all
        (select l.id, false, 1 from ladder l where l.unit_id is null order by l.version desc limit 1)
    ) found
    where not found.inherits order by found.nth limit 1
$$;
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="jejak", description=DESCRIPTION)

    async def create() -> None:
        await db.execute(DDL)

    manager.add_raw(create)
    return manager
