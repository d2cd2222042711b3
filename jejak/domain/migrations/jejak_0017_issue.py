"""Issues: pain points of many units that are the same problem, and the rollouts that fix them."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from jejak.domain import db

ID = "0017-issue"
VERSION = "1.38.0"
DESCRIPTION = "issues"

DDL = """
create extension if not exists pg_trgm;
create extension if not exists btree_gin;

create table issue (
    id uuid primary key,
    title text not null,
    description text not null,
    category text not null,
    status text not null check (status in ('OPEN', 'CLOSED')),
    close_reason text,
    closed_at timestamptz,
    created_by uuid references person,
    version integer not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    check ((status = 'CLOSED') = (closed_at is not null)),
    check ((status = 'CLOSED') = (close_reason is not null))
);
create index issue_created on issue (created_at, id);

alter table pain_point add column issue_id uuid references issue;
create index pain_point_issue on pain_point (issue_id, unit_id) where issue_id is not null;
-- What may still be grouped: the worst of a category, and those with a text like another.
create index pain_point_loose on pain_point (category, (severity * reach) desc, id)
    where issue_id is null and decision is null and sla_started_at is not null;
create index pain_point_text on pain_point using gin (category, description gin_trgm_ops);

alter table rollout add column issue_id uuid references issue;
create index rollout_issue on rollout (issue_id) where issue_id is not null;
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="jejak", description=DESCRIPTION)

    async def create() -> None:
        await db.execute(DDL)

    manager.add_raw(create)
    return manager
