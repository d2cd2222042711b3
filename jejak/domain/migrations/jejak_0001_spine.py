"""The spine: units, people, programme, journeys, tasks, events, completion, notices."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from jejak.domain import db

ID = "0001-spine"
VERSION = "1.38.0"
DESCRIPTION = "the spine"

DDL = """
create table unit (
    id uuid primary key,
    code text not null unique check (code ~ '^[A-Z0-9][A-Z0-9_-]{0,31}$'),
    name text not null,
    kind text not null check (kind in ('HQ', 'UID', 'UIW', 'UP3', 'ULP')),
    parent_id uuid references unit,
    path text not null,
    timezone text not null,
    closed_at timestamptz,
    version integer not null,
    created_at timestamptz not null,
    check ((kind = 'HQ') = (parent_id is null))
);
create unique index unit_one_root on unit (kind) where kind = 'HQ';
create index unit_parent on unit (parent_id);
-- Not unique: changing a key column would lock the row against all that refers to it. Codes are unique already.
create index unit_path on unit (path text_pattern_ops);

create table person (
    id uuid primary key,
    email text not null unique,
    name text not null,
    language text not null check (language in ('id', 'en')),
    password_hash text not null,
    version integer not null,
    created_at timestamptz not null
);
create table membership (
    id uuid primary key,
    person_id uuid not null references person,
    unit_id uuid not null references unit,
    role text not null check (role in ('VIEWER', 'CONTRIBUTOR', 'MANAGER', 'ADMIN', 'PROGRAMME')),
    ranger boolean not null,
    granted_at timestamptz not null,
    revoked_at timestamptz
);
create unique index membership_once on membership (person_id, unit_id, role) where revoked_at is null;
create index membership_unit on membership (unit_id) where revoked_at is null;
create table session (
    id uuid primary key,
    person_id uuid not null references person,
    token_hash text not null unique,
    created_at timestamptz not null,
    expires_at timestamptz not null
);
create index session_expires on session (expires_at);

create table programme (
    id uuid primary key,
    code text not null unique,
    title_id text not null,
    title_en text not null
);
create table step (
    id uuid primary key,
    programme_id uuid not null references programme,
    number integer not null unique,
    title_id text not null,
    title_en text not null,
    aligned_with text[] not null,
    weight integer not null check (weight > 0)
);
create table measure (
    id uuid primary key,
    step_id uuid not null references step,
    position integer not null,
    title_id text not null,
    title_en text not null,
    unique (step_id, position)
);
create table initiative (
    id uuid primary key,
    step_id uuid not null references step,
    code text not null unique,
    position integer not null,
    title_id text not null,
    title_en text not null,
    weight integer not null check (weight > 0),
    scope text[] not null,
    evidence_required boolean not null
);
create index initiative_step on initiative (step_id);
create table reference_load (
    name text primary key,
    version integer not null,
    digest text not null,
    loaded_at timestamptz not null
);

create table journey (
    id uuid primary key,
    unit_id uuid not null references unit,
    service text not null,
    title text not null,
    narrative text not null,
    occurred_on date not null,
    status text not null check (status in ('DRAFT', 'SUBMITTED', 'ACCEPTED', 'RETURNED', 'ARCHIVED')),
    return_reason text,
    recaptures_id uuid references journey,
    captured_by uuid not null references person,
    version integer not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create index journey_unit on journey (unit_id, created_at, id);
create index journey_created on journey (created_at, id);
create index journey_recaptures on journey (recaptures_id) where recaptures_id is not null;
create table stage (
    id uuid primary key,
    journey_id uuid not null references journey,
    position smallint not null,
    name text not null,
    touchpoint text not null,
    emotion smallint not null check (emotion between -2 and 2),
    customer_did text not null,
    customer_said text not null,
    target_minutes integer check (target_minutes >= 0),
    actual_minutes integer check (actual_minutes >= 0),
    unique (journey_id, position)
);
create table pain_point (
    id uuid primary key,
    unit_id uuid not null references unit,
    journey_id uuid not null references journey,
    stage_id uuid not null references stage,
    description text not null,
    category text not null,
    parameter text not null,
    severity smallint not null check (severity between 1 and 5),
    reach smallint not null check (reach between 1 and 5),
    decision text check (decision in ('CLOSED', 'DISMISSED')),
    decision_reason text,
    version integer not null,
    created_at timestamptz not null
);
create index pain_point_stage on pain_point (stage_id);
create index pain_point_journey on pain_point (journey_id);
create index pain_point_unit on pain_point (unit_id);
create index pain_point_priority on pain_point ((severity * reach), id);

create table task (
    id uuid primary key,
    initiative_id uuid not null references initiative,
    unit_id uuid not null references unit,
    pain_point_id uuid references pain_point,
    title text not null,
    description text not null,
    owner_id uuid not null references person,
    weight integer not null check (weight between 1 and 1000),
    due_on date not null,
    status text not null
        check (status in ('PLANNED', 'IN_PROGRESS', 'SUBMITTED', 'VERIFIED', 'RETURNED', 'BLOCKED', 'CANCELLED')),
    progress smallint not null check (progress between 0 and 100),
    status_reason text,
    progress_before smallint,
    blocked_from text,
    blocked_from_reason text,
    submitted_by uuid references person,
    verified_by uuid references person check (verified_by <> owner_id),
    version integer not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create index task_unit on task (unit_id, initiative_id);
create index task_pain_point on task (pain_point_id) where pain_point_id is not null;
create index task_owner on task (owner_id, due_on, id);
create index task_due on task (due_on, id);
create index task_initiative on task (initiative_id);
create table evidence (
    id uuid primary key,
    task_id uuid not null references task,
    note text not null,
    url text,
    added_by uuid not null references person,
    added_at timestamptz not null
);
create index evidence_task on evidence (task_id);

create table event (
    id bigint generated always as identity primary key,
    nth integer not null,
    at timestamptz not null,
    actor_id uuid references person,
    kind text not null,
    subject_type text not null,
    subject_id uuid not null,
    unit_id uuid references unit,
    before json,
    after json
);
create unique index event_nth on event (subject_id, nth);
create table pending_event (event_id bigint primary key references event);
create function event_is_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'events are append-only';
end $$;
create trigger event_append_only before update or delete on event
    for each row execute function event_is_append_only();
create table client_mutation (
    id uuid primary key,
    person_id uuid not null references person,
    mutation text not null,
    client_id text not null,
    digest text not null,
    result_ids uuid[] not null,
    created_at timestamptz not null,
    unique (person_id, mutation, client_id)
);
create index client_mutation_created on client_mutation (created_at);

create table completion (
    id uuid primary key,
    initiative_id uuid not null references initiative,
    unit_id uuid not null references unit,
    weight_sum bigint not null,
    progress_sum bigint not null,
    verified_sum bigint not null,
    tasks integer not null,
    verified integer not null,
    overdue integer not null,
    started boolean not null,
    unique (unit_id, initiative_id)
);
create index completion_initiative on completion (initiative_id);
create table unit_snapshot (
    id uuid primary key,
    day date not null,
    unit_id uuid not null references unit,
    path text not null,
    unique (day, unit_id)
);
create table completion_snapshot (
    id uuid primary key,
    day date not null,
    initiative_id uuid not null references initiative,
    unit_id uuid not null references unit,
    step_id uuid not null references step,
    initiative_weight integer not null,
    step_weight integer not null,
    weight_sum bigint not null,
    progress_sum bigint not null,
    verified_sum bigint not null,
    tasks integer not null,
    verified integer not null,
    overdue integer not null,
    started boolean not null,
    taken_at timestamptz not null,
    unique (day, unit_id, initiative_id)
);

create table ladder (
    id uuid primary key,
    version integer not null unique,
    created_at timestamptz not null
);
create table rung (
    id uuid primary key,
    ladder_id uuid not null references ladder,
    offset_days smallint not null check (offset_days between -60 and 60),
    audience text not null check (audience in ('OWNER')),
    unique (ladder_id, offset_days, audience)
);
create table reminder (
    id uuid primary key,
    task_id uuid not null references task,
    due_on date not null,
    rung_id uuid not null references rung,
    offset_days smallint not null,
    audience text not null,
    remind_on date not null,
    outcome text check (outcome in ('SENT', 'FOLDED')),
    settled_at timestamptz,
    unique (task_id, due_on, offset_days, audience)
);
create index reminder_open on reminder (remind_on) where outcome is null;
create table digest (
    id uuid primary key,
    person_id uuid not null references person,
    created_at timestamptz not null
);
create table notice (
    id uuid primary key,
    person_id uuid not null references person,
    digest_id uuid not null references digest,
    kind text not null check (kind in ('DUE_SOON', 'DUE_TODAY', 'OVERDUE')),
    task_id uuid not null references task,
    reminder_id uuid not null references reminder,
    due_on date not null,
    created_at timestamptz not null,
    read_at timestamptz,
    unique (reminder_id, person_id)
);
create index notice_inbox on notice (person_id, created_at, id);
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="jejak", description=DESCRIPTION)

    async def create() -> None:
        await db.execute(DDL)

    manager.add_raw(create)
    return manager
