"""The feed that subscriptions follow."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from jejak.domain import db

ID = "0003-feed"
VERSION = "1.38.0"
DESCRIPTION = "the feed"

DDL = """
create table feed (
    position bigint generated always as identity primary key,
    id uuid not null unique,
    at timestamptz not null,
    topic text not null check (topic in ('TASK', 'JOURNEY', 'COMPLETION', 'NOTICE', 'PERSON', 'UNIT')),
    kind text,
    subject_id uuid not null,
    unit_id uuid references unit,
    person_id uuid references person
);
create index feed_at on feed using brin (at);
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="jejak", description=DESCRIPTION)

    async def create() -> None:
        await db.execute(DDL)

    manager.add_raw(create)
    return manager
