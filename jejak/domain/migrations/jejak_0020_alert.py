"""Early warning (R10): the rules as data, alerts and their evidence, the programme's end."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from jejak.domain import db

ID = "0020-alert"
VERSION = "1.38.0"
DESCRIPTION = "early warning"

_FIGURES = """
    value numeric(6, 2),
    n integer not null check (n >= 0),
    hits integer check (hits between 0 and n),
    low numeric(6, 2),
    high numeric(6, 2),
    reached numeric(6, 2),
    from_on date,
    to_on date,
    base numeric(6, 2),
    base_n integer check (base_n >= 0),
    base_low numeric(6, 2),
    base_high numeric(6, 2),
"""

DDL = f"""
alter table programme
    add column ends_on date,
    add column version integer not null default 1;

-- `clear_at`: where an open alert ends; beside the threshold, so that nothing opens and closes at every answer.
create table alert_rule (
    id uuid primary key,
    kind text not null check (kind in ('METRIC_FLOOR', 'METRIC_DROP', 'OVERDUE_SHARE', 'COMPLETION_PACE', 'REVIEW_SPIKE')),
    title_id text not null,
    title_en text not null,
    metric text check (metric in ('CSAT', 'OVERALL', 'NPS', 'CES')),
    service text,
    by_service boolean not null,
    kinds text[] not null check (cardinality(kinds) > 0),
    period text check (period in ('WEEK', 'MONTH')),
    threshold numeric(6, 2) not null check (threshold between -100 and 200),
    clear_at numeric(6, 2) check (clear_at between -100 and 100),
    least_n integer not null check (least_n between 1 and 1000000),
    severity text not null check (severity in ('INFO', 'WARNING', 'CRITICAL')),
    audience text not null check (audience in ('UNIT', 'UP3', 'REGION', 'HEADQUARTERS')),
    enabled boolean not null,
    version integer not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    check ((kind in ('METRIC_FLOOR', 'METRIC_DROP')) = (metric is not null)),
    check ((metric is null) = (period is null)),
    check (metric is not null or service is null and not by_service),
    check (service is null or not by_service),
    check ((kind in ('METRIC_FLOOR', 'OVERDUE_SHARE', 'COMPLETION_PACE')) = (clear_at is not null))
);

create table alert (
    id uuid primary key,
    rule_id uuid not null references alert_rule,
    unit_id uuid not null references unit,
    service text,
    severity text not null check (severity in ('INFO', 'WARNING', 'CRITICAL')),
    opened_at timestamptz not null,
    acknowledged_at timestamptz,
    acknowledged_by uuid references person,
    note text not null,
    closed_at timestamptz,
    closed_because text check (closed_because in ('RECOVERED', 'SETTLED', 'NO_DATA', 'RULE_OFF', 'UNIT_CLOSED')),
    version integer not null,
    check ((acknowledged_at is null) = (acknowledged_by is null)),
    check ((closed_at is null) = (closed_because is null))
);
-- Whatever runs twice, at once or again: of one cause one alert is open.
create unique index alert_open on alert (rule_id, unit_id, service) nulls not distinct where closed_at is null;
create index alert_unit on alert (unit_id, opened_at, id);
create index alert_opened on alert (opened_at, id);

-- What the alert rests on: as it was when it opened, and as it is now or was at its end.
create table alert_evidence (
    id uuid primary key,
    alert_id uuid not null references alert,
    moment text not null check (moment in ('OPENED', 'LATEST')),
    at timestamptz not null,
{_FIGURES}    unique (alert_id, moment)
);

-- Levels that have to be told of an alert and have not been: none is told at night.
create table alert_call (
    id uuid primary key,
    alert_id uuid not null references alert,
    reach integer not null check (reach between 0 and 3),
    unique (alert_id, reach)
);

alter table task add column alert_id uuid references alert;
create index task_alert on task (alert_id) where alert_id is not null;

alter table notice
    add column alert_id uuid references alert,
    drop constraint notice_kind_check,
    add constraint notice_kind_check check (kind in (
        'DUE_SOON', 'DUE_TODAY', 'OVERDUE', 'BLOCKED', 'AWAITING_VERIFICATION', 'ESCALATED', 'NO_MANAGER',
        'HANDED_OVER', 'CHANNEL_PAUSED', 'ALERT')),
    add constraint notice_of_alert check ((kind = 'ALERT') = (alert_id is not null));
create unique index notice_alert on notice (alert_id, person_id) where alert_id is not null;

-- What headquarters begins with, and changes as it learns.
insert into alert_rule (id, kind, title_id, title_en, metric, by_service, kinds, period, threshold, clear_at, least_n,
    severity, audience, enabled, version, created_at, updated_at)
select gen_random_uuid(), r.kind, r.title_id, r.title_en, r.metric, r.by_service, r.kinds, r.period, r.threshold,
    r.clear_at, r.least_n, r.severity, r.audience, true, 1, now(), now()
from (values
    ('METRIC_FLOOR', 'CSAT di bawah batas', 'CSAT below its floor', 'CSAT', false,
        array['HQ', 'UID', 'UIW', 'UP3', 'ULP'], 'MONTH', 80, 80, 30, 'WARNING', 'UNIT'),
    ('METRIC_FLOOR', 'NPS di bawah batas', 'NPS below its floor', 'NPS', false,
        array['HQ', 'UID', 'UIW', 'UP3', 'ULP'], 'MONTH', 50, 50, 30, 'WARNING', 'UNIT'),
    ('METRIC_FLOOR', 'CES di bawah batas', 'CES below its floor', 'CES', false,
        array['HQ', 'UID', 'UIW', 'UP3', 'ULP'], 'MONTH', 70, 70, 30, 'INFO', 'UNIT'),
    ('METRIC_DROP', 'CSAT suatu layanan turun', 'CSAT of a service has dropped', 'CSAT', true,
        array['HQ', 'UID', 'UIW', 'UP3', 'ULP'], 'WEEK', 5, null, 30, 'WARNING', 'UNIT'),
    ('METRIC_DROP', 'NPS turun', 'NPS has dropped', 'NPS', false,
        array['HQ', 'UID', 'UIW', 'UP3', 'ULP'], 'MONTH', 10, null, 30, 'WARNING', 'UNIT'),
    ('OVERDUE_SHARE', 'Banyak tugas terlambat', 'Many tasks are overdue', null, false,
        array['UID', 'UIW', 'UP3'], null, 25, 15, 10, 'WARNING', 'UNIT'),
    ('OVERDUE_SHARE', 'Separuh tugas terlambat', 'Half of the tasks are overdue', null, false,
        array['UID', 'UIW', 'UP3'], null, 50, 35, 20, 'CRITICAL', 'UNIT'),
    ('COMPLETION_PACE', 'Laju penyelesaian tidak cukup', 'Completion is too slow for the end of the programme', null, false,
        array['HQ', 'UID', 'UIW'], null, 95, 100, 1, 'WARNING', 'UNIT'),
    ('REVIEW_SPIKE', 'Lonjakan ulasan buruk di Play Store', 'A spike of bad reviews on Play Store', null, false,
        array['HQ'], null, 0, null, 30, 'CRITICAL', 'HEADQUARTERS')
) r (kind, title_id, title_en, metric, by_service, kinds, period, threshold, clear_at, least_n, severity, audience);
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="jejak", description=DESCRIPTION)

    async def create() -> None:
        await db.execute(DDL)

    manager.add_raw(create)
    return manager
