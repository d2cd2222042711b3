"""R9: mystery shopper: templates, waves, planned visits, assessments and what was published of earlier ones."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from jejak.domain import db

ID = "0016-assessment"
VERSION = "1.38.0"
DESCRIPTION = "mystery shopper"

DDL = """
create table assessment_template (
    id uuid primary key,
    code text not null check (code ~ '^[A-Z0-9][A-Z0-9_-]{0,31}$'),
    version integer not null check (version > 0),
    title_id text not null,
    title_en text not null,
    service text not null,
    created_by uuid references person,
    created_at timestamptz not null,
    unique (code, version)
);
create table assessment_dimension (
    id uuid primary key,
    template_id uuid not null references assessment_template,
    position smallint not null check (position > 0),
    code text not null check (code ~ '^[A-Z0-9][A-Z0-9_-]{0,31}$'),
    title_id text not null,
    title_en text not null,
    touchpoint text not null,
    target_minutes integer check (target_minutes >= 0),
    unique (template_id, position),
    unique (template_id, code)
);
-- An assessment has one time from the report to the arrival, so one dimension at most is timed by it.
create unique index assessment_dimension_timed on assessment_dimension (template_id) where target_minutes is not null;
create table assessment_item (
    id uuid primary key,
    template_id uuid not null references assessment_template,
    dimension_id uuid not null references assessment_dimension,
    position smallint not null check (position > 0),
    code text not null check (code ~ '^[A-Z0-9][A-Z0-9_-]{0,31}$'),
    title_id text not null,
    title_en text not null,
    weight integer not null check (weight between 1 and 1000),
    category text not null,
    parameter text not null,
    unique (dimension_id, position),
    unique (template_id, code)
);

create table wave (
    id uuid primary key,
    template_id uuid not null references assessment_template,
    name text not null,
    year integer not null,
    number smallint not null check (number > 0),
    starts_on date not null,
    ends_on date not null check (ends_on >= starts_on),
    cross_visit boolean not null,
    closed_at timestamptz,
    created_by uuid references person,
    version integer not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    unique (template_id, year, number)
);
create index wave_newest on wave (year, number, id);
create table planned_visit (
    id uuid primary key,
    wave_id uuid not null references wave,
    unit_id uuid not null references unit,
    assessor_id uuid not null references person,
    due_on date not null,
    version integer not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    unique (wave_id, unit_id)
);
create index planned_visit_assessor on planned_visit (assessor_id, due_on, id);
create index planned_visit_due on planned_visit (due_on, id);

create table assessment (
    id uuid primary key,
    wave_id uuid not null references wave,
    unit_id uuid not null references unit,
    source text not null check (source in ('VISIT', 'IMPORTED')),
    -- Of an imported one nobody knows who went.
    assessor_id uuid references person check ((source = 'VISIT') = (assessor_id is not null)),
    recorded_by uuid references person,
    visited_on date not null,
    reported_at timestamptz,
    arrived_at timestamptz check (arrived_at >= reported_at),
    note text not null,
    status text not null check (status in ('DRAFT', 'SUBMITTED')),
    submitted_at timestamptz,
    version integer not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    unique (wave_id, unit_id)
);
create index assessment_unit on assessment (unit_id, created_at, id);
create index assessment_assessor on assessment (assessor_id) where assessor_id is not null;
create index assessment_created on assessment (created_at, id);
create table assessment_score (
    id uuid primary key,
    assessment_id uuid not null references assessment,
    item_id uuid not null references assessment_item,
    score numeric(5, 2) check (score between 0 and 100),
    not_applicable boolean not null check (not_applicable = (score is null)),
    note text not null,
    unique (assessment_id, item_id)
);
create index assessment_score_item on assessment_score (item_id);
create table assessment_evidence (
    id uuid primary key,
    assessment_id uuid not null references assessment,
    item_id uuid references assessment_item,
    note text not null,
    url text,
    added_by uuid not null references person,
    added_at timestamptz not null
);
create index assessment_evidence_of on assessment_evidence (assessment_id, item_id);

create table wave_result (
    id uuid primary key,
    wave_id uuid not null references wave,
    unit_id uuid not null references unit,
    dimension_id uuid references assessment_dimension,
    score numeric(5, 2) not null check (score between 0 and 100),
    unique nulls not distinct (wave_id, unit_id, dimension_id)
);
create index wave_result_unit on wave_result (unit_id);

-- The findings of an assessment are pain points of one journey.
alter table journey add column assessment_id uuid references assessment;
create unique index journey_assessment on journey (assessment_id) where assessment_id is not null;
alter table pain_point add column assessment_score_id uuid references assessment_score;
create unique index pain_point_finding on pain_point (assessment_score_id) where assessment_score_id is not null;
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="jejak", description=DESCRIPTION)

    async def create() -> None:
        await db.execute(DDL)

    manager.add_raw(create)
    return manager
