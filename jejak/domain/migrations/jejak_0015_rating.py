"""What customers answer (R8): ratings, the officers and agents whom they name, and histograms of them all."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from jejak.domain import db

ID = "0015-rating"
VERSION = "1.38.0"
DESCRIPTION = "ratings"

_SCALES = {"csat": (1, 5), "overall": (1, 5), "ces": (1, 7), "nps": (0, 10)}
_COUNTS = [f"{name}_{score}" for name, (least, most) in _SCALES.items() for score in range(least, most + 1)]

# Null stands for none: most of a small cell's counts are, and a null takes no room.
_COLUMNS = ",\n".join(f"    {name} integer check ({name} > 0)" for name in _COUNTS)


def _names(each: str = "{name}") -> str:
    """`each` for every count."""
    return ", ".join(each.format(name=name) for name in _COUNTS)


DDL = f"""
create table staff (
    id uuid primary key,
    unit_id uuid not null references unit,
    kind text not null check (kind in ('OFFICER', 'AGENT')),
    code text not null,
    name text not null,
    created_at timestamptz not null,
    unique (unit_id, code)
);

-- `day`: in the unit's zone as it was when the answer came. `subject_hash` stands for the customer, by a key of ours.
create table rating (
    id uuid primary key,
    unit_id uuid not null references unit,
    service text not null,
    feature text not null,
    channel text not null,
    staff_id uuid references staff,
    csat smallint check (csat between 1 and 5),
    overall smallint check (overall between 1 and 5),
    ces smallint check (ces between 1 and 7),
    nps smallint check (nps between 0 and 10),
    aspects text[] not null,
    comment text,
    answered_at timestamptz not null,
    day date not null,
    received_at timestamptz not null,
    source text not null,
    external_id text not null,
    subject_hash text,
    check (num_nonnulls(csat, overall, ces, nps) > 0)
);
create unique index rating_once on rating (source, external_id);
create index rating_unit on rating (unit_id, answered_at, id);
create index rating_answered on rating (answered_at, id);
create index rating_received on rating (received_at);
create index rating_staff on rating (staff_id) where staff_id is not null;
create index rating_subject on rating (subject_hash) where subject_hash is not null;

-- What no histogram holds yet; written with its rating, deleted with the histograms' change.
create table rating_pending (
    rating_id uuid primary key
);

-- Of a unit and all below it. `monthly`: of the month that starts there, else of the day. `by_feature`: `feature` says of
-- which, '' where the answer named none; else of all features, and it is ''. The latter are kept where there are units
-- below (not for a ULP), since there the former grow many.
create table rating_tally (
    unit_id uuid not null references unit,
    monthly boolean not null,
    by_feature boolean not null,
    starts_on date not null,
    service text not null,
    channel text not null,
    feature text not null,
{_COLUMNS},
    primary key (unit_id, monthly, by_feature, starts_on, service, channel, feature)
) with (fillfactor = 85);

-- Of an officer or agent, by day.
create table staff_tally (
    staff_id uuid not null references staff,
    starts_on date not null,
{_COLUMNS},
    primary key (staff_id, starts_on)
);

-- What headquarters wants to reach (R8): of CSAT, NPS and completion, in percent, for a region or for all of it, in a year.
create table kpi_target (
    id uuid primary key,
    unit_id uuid not null references unit,
    year integer not null check (year between 2000 and 2100),
    metric text not null check (metric in ('CSAT', 'NPS', 'COMPLETION')),
    target numeric(5, 2) not null check (target between -100 and 100 and (metric = 'NPS' or target >= 0)),
    version integer not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    unique (unit_id, year, metric)
);
create index kpi_target_year on kpi_target (year);

-- A unit takes its histograms along: what was counted above it is counted above its new place. Codes never change, and
-- so name who was above it even while everything below another unit moves.
create function rating_moved() returns trigger language plpgsql as $$
declare
    above_then text[] := string_to_array(rtrim(old.path, '/'), '/');
    above_now text[] := string_to_array(rtrim(new.path, '/'), '/');
begin
    -- As who fills the histograms: what waits is counted before this, or above the new place.
    perform pg_advisory_xact_lock(7311);
    insert into rating_tally as kept (unit_id, monthly, by_feature, starts_on, service, channel, feature, {_names()})
    select above.id, moved.monthly, of.by_feature, moved.starts_on, moved.service, moved.channel,
        case when of.by_feature then moved.feature else '' end, {_names("sum(moved.{name})")}
    from rating_tally moved
    cross join (values (false), (true)) of (by_feature)
    join unit above on above.code = any(above_now) and above.code <> all(above_then)
    where moved.unit_id = new.id and moved.by_feature
    group by 1, 2, 3, 4, 5, 6, 7
    on conflict (unit_id, monthly, by_feature, starts_on, service, channel, feature) do update
    set {_names("{name} = coalesce(kept.{name} + excluded.{name}, kept.{name}, excluded.{name})")};

    update rating_tally kept
    set {_names("{name} = nullif(kept.{name} - coalesce(gone.{name}, 0), 0)")}
    from (
        select above.id, moved.monthly, of.by_feature, moved.starts_on, moved.service, moved.channel,
            case when of.by_feature then moved.feature else '' end as feature, {_names("sum(moved.{name}) as {name}")}
        from rating_tally moved
        cross join (values (false), (true)) of (by_feature)
        join unit above on above.code = any(above_then) and above.code <> all(above_now)
        where moved.unit_id = new.id and moved.by_feature
        group by 1, 2, 3, 4, 5, 6, 7
    ) gone
    where kept.unit_id = gone.id and kept.monthly = gone.monthly and kept.by_feature = gone.by_feature
      and kept.starts_on = gone.starts_on and kept.service = gone.service and kept.channel = gone.channel
      and kept.feature = gone.feature;

    delete from rating_tally kept using unit above
    where above.code = any(above_then) and above.code <> all(above_now) and kept.unit_id = above.id
      and num_nonnulls({_names("kept.{name}")}) = 0;
    return null;
end $$;
create trigger unit_ratings after update of parent_id on unit
    for each row when (old.parent_id is distinct from new.parent_id) execute function rating_moved();
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="jejak", description=DESCRIPTION)

    async def create() -> None:
        await db.execute(DDL)

    manager.add_raw(create)
    return manager
