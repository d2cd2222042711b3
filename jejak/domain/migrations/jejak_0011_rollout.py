"""Rollouts, and what comes again."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from jejak.domain import db

ID = "0011-rollout"
VERSION = "1.38.0"
DESCRIPTION = "rollouts and recurrences"

DDL = """
create table recurrence (
    id uuid primary key,
    initiative_id uuid not null references initiative,
    unit_id uuid not null references unit,
    top_id uuid references unit,
    kinds text[] not null,
    unit_ids uuid[] not null,
    title text not null,
    description text not null,
    weight integer not null check (weight between 1 and 1000),
    rule text not null,
    start_on date not null,
    lead_days smallint not null check (lead_days >= 0),
    upcoming date[] not null,
    skipped integer not null,
    ended_at timestamptz,
    created_by uuid not null references person,
    version integer not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create index recurrence_unit on recurrence (unit_id);
create index recurrence_created on recurrence (created_at, id);

create table rollout (
    id uuid primary key,
    initiative_id uuid not null references initiative,
    unit_id uuid not null references unit,
    top_id uuid references unit,
    kinds text[] not null,
    unit_ids uuid[] not null,
    title text not null,
    description text not null,
    weight integer not null check (weight between 1 and 1000),
    due_on date,
    due_in_days smallint check (due_in_days > 0),
    recurrence_id uuid references recurrence,
    occurs_on date,
    cancelled_at timestamptz,
    cancel_reason text,
    created_by uuid references person,
    version integer not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    check (num_nonnulls(due_on, due_in_days) = 1),
    check (num_nonnulls(recurrence_id, occurs_on) in (0, 2)),
    -- An occurrence is made once, whatever crashes, on however many workers.
    unique (recurrence_id, occurs_on)
);
create index rollout_unit on rollout (unit_id);
create index rollout_initiative on rollout (initiative_id);
create index rollout_created on rollout (created_at, id);

alter table task add column rollout_id uuid references rollout;
-- And a unit is given it once.
create unique index task_rollout on task (rollout_id, unit_id) where rollout_id is not null;

-- A task that was handed over, until its new owner is told: by `occasion`, the version that it got by that.
create table hand_over_call (
    id uuid primary key,
    task_id uuid not null unique references task,
    person_id uuid not null references person,
    occasion integer not null
);
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="jejak", description=DESCRIPTION)

    async def create() -> None:
        await db.execute(DDL)

    manager.add_raw(create)
    return manager
