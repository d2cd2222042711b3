"""What carries notices out of the house: choices, webhooks, deliveries, calendar feeds."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from jejak.domain import db

ID = "0010-channels"
VERSION = "1.38.0"
DESCRIPTION = "channels and deliveries"

DDL = """
create table channel_choice (
    id uuid primary key,
    person_id uuid not null references person,
    channel text not null check (channel in ('EMAIL', 'WEBHOOK')),
    enabled boolean not null,
    ceiling smallint not null check (ceiling between 1 and 24),
    since timestamptz not null,
    unique (person_id, channel)
);
create table webhook_endpoint (
    id uuid primary key,
    person_id uuid not null references person,
    url text not null,
    secret text not null,
    previous_secret text,
    previous_until timestamptz,
    created_at timestamptz not null,
    rotated_at timestamptz,
    removed_at timestamptz,
    check (removed_at is null or secret = '' and previous_secret is null)
);
create index webhook_endpoint_person on webhook_endpoint (person_id) where removed_at is null;
create table channel_state (
    id uuid primary key,
    channel text not null check (channel in ('EMAIL', 'WEBHOOK')),
    endpoint_id uuid references webhook_endpoint,
    state text not null check (state in ('OFF', 'OPEN', 'PAUSED')),
    failures integer not null,
    since timestamptz not null,
    until timestamptz,
    reason text not null,
    able_at timestamptz,
    began_at timestamptz not null,
    unique nulls not distinct (channel, endpoint_id),
    check ((state = 'PAUSED') = (until is not null)),
    check ((channel = 'WEBHOOK') = (endpoint_id is not null))
);

alter table notice add column channel text check (channel in ('EMAIL', 'WEBHOOK'));
alter table notice add column endpoint_id uuid references webhook_endpoint;
alter table notice add check ((kind = 'CHANNEL_PAUSED') = (channel is not null));
create index notice_created on notice (created_at);

create table delivery (
    id uuid primary key,
    person_id uuid not null references person,
    channel text not null check (channel in ('EMAIL', 'WEBHOOK')),
    endpoint_id uuid references webhook_endpoint,
    target uuid not null,
    unit_id uuid references unit,
    day date not null,
    test boolean not null,
    state text not null check (state in ('PENDING', 'DELIVERED', 'DEAD', 'WITHDRAWN')),
    attempts integer not null,
    next_attempt_at timestamptz not null,
    claim uuid,
    leased_until timestamptz,
    expires_at timestamptz not null,
    created_at timestamptz not null,
    settled_at timestamptz,
    check ((claim is null) = (leased_until is null)),
    check ((state = 'PENDING') = (settled_at is null)),
    check (claim is null or state = 'PENDING'),
    check (target = coalesce(endpoint_id, person_id)),
    check (test or unit_id is not null)
);
create index delivery_target on delivery (target, created_at);
create index delivery_due on delivery (channel, next_attempt_at) where state = 'PENDING';
create index delivery_person on delivery (person_id, created_at, id);
create index delivery_created on delivery (created_at, id);
create index delivery_settled on delivery (settled_at);
create table delivery_notice (
    id uuid primary key,
    delivery_id uuid not null references delivery,
    target uuid not null,
    notice_id uuid not null references notice,
    unique (target, notice_id)
);
create index delivery_notice_delivery on delivery_notice (delivery_id);
create table delivery_attempt (
    id uuid primary key,
    delivery_id uuid not null references delivery,
    nth integer not null,
    at timestamptz not null,
    milliseconds integer not null,
    outcome text not null check (outcome in ('DELIVERED', 'FAILED', 'REFUSED', 'UNREACHABLE')),
    said text not null,
    answer text not null,
    unique (delivery_id, nth)
);
-- What waits for somebody's verification is counted in their digests.
create index task_submitted on task (unit_id) where status = 'SUBMITTED';

create table calendar_feed (
    id uuid primary key,
    person_id uuid not null references person,
    token_hash text not null unique,
    created_at timestamptz not null,
    used_at timestamptz,
    revoked_at timestamptz
);
create unique index calendar_feed_once on calendar_feed (person_id) where revoked_at is null;
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="jejak", description=DESCRIPTION)

    async def create() -> None:
        await db.execute(DDL)

    manager.add_raw(create)
    return manager
