"""Deadlines of pain points and tasks, and units whose dates are to be reckoned anew."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from jejak.domain import db

ID = "0008-sla"
VERSION = "1.38.0"
DESCRIPTION = "deadlines"

DDL = """
-- By which calendar the dates of a unit's work are reckoned; another one than `calendar_id`: they are to be reckoned anew.
alter table unit add column planned_calendar_id uuid references calendar;
create index unit_planned_calendar on unit (planned_calendar_id);

create table sla_policy (
    id uuid primary key,
    version integer not null,
    updated_at timestamptz not null
);
create table sla_band (
    id uuid primary key default gen_random_uuid(),
    policy_id uuid not null references sla_policy,
    version integer not null,
    priority_from smallint not null check (priority_from between 1 and 25),
    days smallint not null check (days between 1 and 250),
    unique (version, priority_from)
);
insert into sla_policy (id, version, updated_at) values ('6a2f0d6e-2c55-4b0c-9c38-0f4f2d0b5140', 1, now());
insert into sla_band (policy_id, version, priority_from, days)
select p.id, 1, given.priority_from, given.days
from sla_policy p, (values (20, 3), (12, 7), (6, 14), (1, 30)) given (priority_from, days);

alter table pain_point
    add column sla_started_at timestamptz,
    add column sla_version integer,
    add column due_at timestamptz,
    add column paused_at timestamptz,
    add column paused_seconds bigint not null default 0,
    add column pause_reason text,
    add column decided_at timestamptz;
alter table task
    add column due_at timestamptz,
    add column stopped_at timestamptz,
    add column stopped_seconds bigint not null default 0,
    add column verified_at timestamptz;
create index pain_point_sla_version on pain_point (sla_version) where sla_version is not null;

-- When the last working time ends that begins on the day or before it.
create function closing_by(calendar uuid, day date) returns timestamptz language sql stable as $$
    select near.closes from open_interval near
    where near.calendar_id = $1
      and near.opens < (($2 + 1)::timestamp at time zone (select c.zone from calendar c where c.id = $1))
    order by near.opens desc limit 1
$$;
-- A deadline moved by so much working time.
create function moved_by(calendar uuid, due timestamptz, seconds bigint) returns timestamptz language sql stable as $$
    select case when $3 = 0 then $2 else working_moment($1, working_seconds($1, $2) + $3) end
$$;
-- R7: the end of the n-th working day after the one on which the clock started, and the working time paused.
create function fix_due(calendar uuid, started timestamptz, days integer, paused bigint)
returns timestamptz language sql stable as $$
    select moved_by($1, closing_by($1, working_day_from($1,
        ($2 at time zone (select c.zone from calendar c where c.id = $1))::date, $3)), $4)
$$;
-- R7: the end of the due day's working time, and the working time for which the task stood still. Where none is left
-- after the date was set, the end of the day itself.
create function task_due(calendar uuid, due_on date, at timestamptz, stopped bigint)
returns timestamptz language sql stable as $$
    select moved_by($1, case when closing_by($1, $2) > $3 then closing_by($1, $2)
        else ($2 + 1)::timestamp at time zone (select c.zone from calendar c where c.id = $1) end, $4)
$$;
create function sla_days(version integer, priority integer) returns integer language sql stable as $$
    select b.days::integer from sla_band b where b.version = $1 and b.priority_from <= $2
    order by b.priority_from desc limit 1
$$;
"""


# What has happened so far. Deadlines follow as soon as units have their calendars (replanning.py).
SO_FAR = """
update task t set
    verified_at = case when t.status = 'VERIFIED' then coalesce(
        (select max(e.at) from event e where e.subject_id = t.id and e.kind = 'task.verified'), t.updated_at) end,
    stopped_at = coalesce(
        (select max(e.at) from event e where e.subject_id = t.id and e.kind = case t.status
            when 'BLOCKED' then 'task.blocked' when 'CANCELLED' then 'task.cancelled' else 'task.submitted' end),
        t.updated_at)
where t.status in ('BLOCKED', 'SUBMITTED', 'VERIFIED', 'CANCELLED');
update pain_point p set
    sla_started_at = coalesce(
        (select max(e.at) from event e where e.subject_id = j.id and e.kind = 'journey.accepted'), j.updated_at),
    sla_version = 1,
    decided_at = case when p.decision is not null then coalesce(
        (select max(e.at) from event e where e.subject_id = p.id
            and e.kind in ('pain_point.closed', 'pain_point.dismissed')), p.created_at) end
from journey j
where j.id = p.journey_id and (j.status = 'ACCEPTED' or exists (
    select from event e where e.subject_id = j.id and e.kind = 'journey.accepted'));

"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="jejak", description=DESCRIPTION)

    async def create() -> None:
        await db.execute(DDL)
        await db.execute(SO_FAR)

    manager.add_raw(create)
    return manager
