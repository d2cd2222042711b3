"""Reviews of the app from its store, and what the bad ones are about."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from jejak.domain import db

ID = "0018-store-review"
VERSION = "1.38.0"
DESCRIPTION = "store reviews"

DDL = """
create table review_cause (
    id uuid primary key,
    code text not null unique,
    title_id text not null,
    title_en text not null,
    active boolean not null,
    version integer not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
);

create table store_review (
    id uuid primary key,
    store text not null check (store in ('PLAY')),
    package text not null,
    external_id text not null,
    version_code bigint,
    version_name text not null,
    language text not null,
    device text not null,
    submitted_at timestamptz not null,
    written_at timestamptz not null,
    rating smallint not null check (rating between 1 and 5),
    title text not null,
    text text not null,
    replied_at timestamptz,
    reply text not null,
    link text,
    cause_id uuid references review_cause,
    tagged_by uuid references person,
    tagged_at timestamptz,
    version integer not null,
    created_at timestamptz not null,
    check (written_at >= submitted_at),
    check ((cause_id is null) = (tagged_at is null)),
    -- However often it is brought in.
    unique (store, package, external_id)
);
create index store_review_written on store_review (written_at, id) include (rating, cause_id);
create index store_review_rating on store_review (rating, written_at desc, id desc);
create index store_review_cause on store_review (cause_id) where cause_id is not null;
-- By which a new one's cause is guessed.
create index store_review_text on store_review using gin (text gin_trgm_ops) where cause_id is not null;
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="jejak", description=DESCRIPTION)

    async def create() -> None:
        await db.execute(DDL)

    manager.add_raw(create)
    return manager
