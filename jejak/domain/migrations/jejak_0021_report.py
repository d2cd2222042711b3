"""Monthly reports (R11): what they say is kept, and frozen once they are published."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from jejak.domain import db

ID = "0021-report"
VERSION = "1.38.0"
DESCRIPTION = "monthly reports"

DDL = """
-- `digest`: SHA-256 of the canonical content. `publisher`: the name of who published it, as it was then.
create table report (
    id uuid primary key,
    unit_id uuid not null references unit,
    month date not null check (extract(day from month) = 1),
    state text not null check (state in ('DRAFT', 'PUBLISHED')),
    content jsonb not null,
    formula_version integer not null,
    digest text not null,
    computed_at timestamptz not null,
    published_at timestamptz,
    published_by uuid references person,
    publisher text,
    version integer not null,
    created_at timestamptz not null,
    unique (unit_id, month),
    check (state <> 'DRAFT' or num_nonnulls(published_at, published_by, publisher) = 0),
    check (state <> 'PUBLISHED' or num_nulls(published_at, published_by, publisher) = 0)
);
create index report_month on report (month, id);

create function report_is_frozen() returns trigger language plpgsql as $$
begin
    raise exception 'a published report never changes';
end $$;
create trigger report_frozen before update or delete on report
    for each row when (old.state = 'PUBLISHED') execute function report_is_frozen();

-- What happened in a month is found by when it did.
create index event_accepted on event (at) where kind = 'journey.accepted';
create index task_verified_at on task (verified_at) where verified_at is not null;
create index reminder_escalated on reminder (settled_at) where outcome = 'SENT' and audience <> 'OWNER';
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="jejak", description=DESCRIPTION)

    async def create() -> None:
        await db.execute(DDL)

    manager.add_raw(create)
    return manager
