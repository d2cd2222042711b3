"""Working calendars of units."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from jejak.domain import db

ID = "0007-calendar"
VERSION = "1.38.0"
DESCRIPTION = "working calendars"

DDL = """
create table calendar (
    id uuid primary key,
    digest text not null unique,
    zone text not null,
    until date not null
);
alter table unit add column calendar_id uuid references calendar;
create index unit_calendar on unit (calendar_id);
create table working_day (
    id uuid primary key default gen_random_uuid(),
    calendar_id uuid not null references calendar on delete cascade,
    day date not null,
    nth integer not null
);
create unique index working_day_on on working_day (calendar_id, day) include (nth);
create unique index working_day_nth on working_day (calendar_id, nth) include (day);
create table open_interval (
    id uuid primary key default gen_random_uuid(),
    calendar_id uuid not null references calendar on delete cascade,
    opens timestamptz not null,
    closes timestamptz not null check (closes > opens),
    seconds_before bigint not null
);
create unique index open_interval_at on open_interval (calendar_id, opens) include (closes, seconds_before);
create unique index open_interval_after on open_interval (calendar_id, seconds_before) include (opens);
create table working_week (
    id uuid primary key,
    unit_id uuid not null unique references unit,
    hours jsonb not null,
    version integer not null,
    updated_at timestamptz not null
);
create table special_day (
    id uuid primary key,
    unit_id uuid not null references unit,
    day date not null,
    kind text not null check (kind in ('HOLIDAY', 'JOINT_LEAVE', 'CLOSURE', 'SPECIAL_HOURS')),
    name text not null,
    hours jsonb not null,
    version integer not null,
    updated_at timestamptz not null,
    unique (unit_id, day)
);

-- The day that lies so many working days after a day, or before it; 0: itself, or the working day before it.
create function working_day_from(calendar uuid, day date, days integer) returns date language sql stable as $$
    select (
        select target.day from working_day target where target.calendar_id = $1 and target.nth = $3 + case
            when $3 < 0 then (
                select near.nth from working_day near where near.calendar_id = $1 and near.day >= $2 order by near.day limit 1)
            else (
                select near.nth from working_day near where near.calendar_id = $1 and near.day <= $2 order by near.day desc limit 1)
        end)
$$;
create function open_at(calendar uuid, at timestamptz) returns boolean language sql stable as $$
    select coalesce((
        select $2 < near.closes from open_interval near where near.calendar_id = $1 and near.opens <= $2
        order by near.opens desc limit 1), false)
$$;
-- Working time since the calendar's beginning. The difference of two is the working time between.
create function working_seconds(calendar uuid, at timestamptz) returns bigint language sql stable as $$
    select coalesce((
        select near.seconds_before + floor(extract(epoch from least($2, near.closes) - near.opens))::bigint
        from open_interval near where near.calendar_id = $1 and near.opens <= $2
        order by near.opens desc limit 1), 0)
$$;
-- The other way round: the first moment at which so much working time has passed.
create function working_moment(calendar uuid, seconds bigint) returns timestamptz language sql stable as $$
    select (
        select near.opens + make_interval(secs => $2 - near.seconds_before)
        from open_interval near where near.calendar_id = $1 and near.seconds_before < $2
        order by near.seconds_before desc limit 1)
$$;
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="jejak", description=DESCRIPTION)

    async def create() -> None:
        await db.execute(DDL)

    manager.add_raw(create)
    return manager
