"""What is known of the workers: that they live, and what became of each step of their jobs."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from jejak.domain import db

ID = "0012-operations"
VERSION = "1.38.0"
DESCRIPTION = "operations"

DDL = """
create table worker (
    id uuid primary key,
    host text not null,
    pid integer not null,
    version text not null,
    started_at timestamptz not null,
    seen_at timestamptz not null
);
create table job_run (
    name text primary key,
    every_seconds integer not null,
    known_at timestamptz not null,
    run_id uuid,
    started_at timestamptz,
    ended_at timestamptz,
    succeeded_at timestamptz,
    milliseconds integer,
    error text,
    failures integer not null default 0
);
-- Rows that are written every few seconds, and of which there are a handful.
alter table worker set (fillfactor = 50);
alter table job_run set (fillfactor = 50);
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="jejak", description=DESCRIPTION)

    async def create() -> None:
        await db.execute(DDL)

    manager.add_raw(create)
    return manager
