"""The statements of `dataset`. `pg_temp.draw` gives a fraction that depends on a number, the seed and a salt alone."""

TOOLS = (
    """
    create or replace function pg_temp.draw(n bigint, salt bigint) returns double precision language sql immutable parallel safe as
    $$ select (hashint8extended(n, salt) & 1048575)::double precision / 1048576 $$
    """,
    """
    create or replace function pg_temp.pick(texts text[], n bigint, salt bigint) returns text language sql immutable parallel safe as
    $$ select texts[1 + floor(pg_temp.draw(n, salt) * cardinality(texts))::integer] $$
    """,
    # As UUIDv7: ordered by time, so that indexes are as dense as those of the service.
    """
    create or replace function pg_temp.id(at timestamptz, n bigint, salt bigint) returns uuid language sql immutable parallel safe as
    $$ select (lpad(to_hex(floor(extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || substr(hash, 1, 3) || '8'
        || substr(hash, 4, 15))::uuid from md5(n || ' ' || salt) hash $$
    """,
    """
    create temporary table place on commit drop as
    select u.id, u.calendar_id, u.timezone, ranger.person_id as ranger_id, manager.person_id as manager_id,
        row_number() over (order by u.code) - 1 as nth, count(*) over () as number
    from unit u join membership ranger on ranger.unit_id = u.id and ranger.ranger
    join membership manager on manager.unit_id = u.id and manager.role = 'MANAGER'
    where u.kind in ('UP3', 'ULP')
    """,
    """
    create temporary table work on commit drop as
    select id, row_number() over (order by code) - 1 as nth, count(*) over () as number from initiative
    """,
    "analyze place, work",
)

_SERVICES = "array['PB_PD', 'COMPLAINT', 'SPKLU', 'PREPAID', 'POSTPAID', 'NON_TAGLIS', 'SWACAM']"
_TOUCHPOINTS = """array['PLN_MOBILE', 'CC123_CALL', 'CC123_LIVE_CHAT', 'SOCIAL_MEDIA', 'ULP_OFFICE', 'UP3_OFFICE',
    'PAYMENT_COUNTER', 'FIELD_VISIT', 'SPKLU_STATION']"""
_CATEGORIES = """array['COMPETENCE', 'RELIABILITY', 'COMPLAINT_HANDLING', 'COMFORT', 'SPEED', 'PROCESS_EFFICIENCY',
    'RESPONSIVENESS', 'COMMUNICATION', 'INFORMATION_ACCESSIBILITY', 'VALUE_ADDED']"""
_PARAMETERS = "array['EFFECTIVENESS', 'EASE', 'EMOTION']"
_TITLES = """array['Pasang baru rumah tangga', 'Tambah daya usaha kecil', 'Lapor gangguan malam hari', 'Isi daya mobil listrik',
    'Token tidak masuk', 'Tagihan tidak sesuai', 'Baca meter mandiri', 'Ubah nama pelanggan', 'Penyambungan sementara']"""
_STAGES = "array['Mencari informasi', 'Mengajukan permohonan', 'Menunggu kabar', 'Petugas datang', 'Menilai layanan']"
_DID = """array['Membuka aplikasi dan memilih layanan', 'Menelepon 123 dan menyampaikan nomor pelanggan',
    'Datang ke kantor dan mengambil nomor antrean', 'Menunggu petugas di rumah', 'Membayar dan menyimpan bukti']"""
_SAID = """array['Prosesnya cepat, saya tidak perlu datang dua kali', 'Saya tidak tahu kapan petugas datang',
    'Aplikasinya sering keluar sendiri', 'Petugasnya ramah dan menjelaskan', '']"""
_HURTS = """array['Menunggu tanpa kabar lebih dari yang dijanjikan', 'Harus mengisi data yang sama di tiga tempat',
    'Petugas tidak membawa material yang diperlukan', 'Biaya akhir berbeda dari simulasi di aplikasi',
    'Nomor pengaduan ditutup sebelum listrik menyala', 'Ruang tunggu penuh dan panas pada jam sibuk']"""
_TASKS = """array['Pelatihan petugas loket', 'Perbaiki alur permohonan di aplikasi', 'Pasang papan informasi SLA',
    'Tambah petugas pada jam sibuk', 'Kabari pelanggan di setiap tahap', 'Periksa stok material tiap pagi']"""
_BODY = """array['Dikerjakan bersama bagian niaga dan teknik, dilaporkan setiap minggu kepada manajer unit.',
    'Sasaran: keluhan yang sama berkurang separuh dalam satu triwulan, dengan bukti foto dan daftar hadir.',
    'Lihat catatan perjalanan pelanggan dan hasil rapat evaluasi bulan lalu.']"""

_JOURNEYS = f"""
insert into journey (id, unit_id, service, title, narrative, occurred_on, status, return_reason, captured_by, version,
    created_at, updated_at)
select pg_temp.id(at, n, $1), place.id, pg_temp.pick({_SERVICES}, n, $1 + 1), pg_temp.pick({_TITLES}, n, $1 + 2) || ' ' || n,
    pg_temp.pick({_SAID}, n, $1 + 3) || '. ' || pg_temp.pick({_BODY}, n, $1 + 4),
    (at at time zone place.timezone)::date - floor(pg_temp.draw(n, $1 + 5) * 6)::integer, status,
    case when status = 'RETURNED' then 'Kurang lengkap' end, place.ranger_id,
    case status when 'DRAFT' then 1 when 'SUBMITTED' then 2 when 'ARCHIVED' then 4 else 3 end,
    at, least(at + interval '3 days', $4::timestamptz)
from generate_series(1, $2::bigint) n
cross join lateral (select $3::timestamptz + ($4::timestamptz - $3::timestamptz) * ((n - 0.5) / $2) as at) made
join place on place.nth = floor(pg_temp.draw(n, $1 + 6) * place.number)
cross join lateral (select case
    when chance < 0.1 then 'DRAFT' when chance < 0.2 then 'SUBMITTED' when chance < 0.25 then 'RETURNED'
    when chance < 0.9 then 'ACCEPTED' else 'ARCHIVED' end as status from pg_temp.draw(n, $1 + 7) chance) life
"""
_STAGE_ROWS = f"""
insert into stage (id, journey_id, position, name, touchpoint, emotion, customer_did, customer_said, target_minutes,
    actual_minutes)
select pg_temp.id(j.created_at, key, $1 + 10), j.id, position, ({_STAGES})[position],
    pg_temp.pick({_TOUCHPOINTS}, key, $1 + 11), floor(pg_temp.draw(key, $1 + 12) * 5) - 2,
    pg_temp.pick({_DID}, key, $1 + 13), pg_temp.pick({_SAID}, key, $1 + 14), 15 * position,
    floor(pg_temp.draw(key, $1 + 15) * 30 * position)
from (select *, row_number() over (order by created_at, id) as n from journey) j
cross join generate_series(1, 5) position
cross join lateral (select n * 5 + position as key) k
"""
# A clock runs from acceptance on, a day after the capture. Deadlines are reckoned once for each calendar, day and band.
_PAIN_POINTS = f"""
with captured as materialized (
    select j.*, row_number() over (order by created_at, id) - 1 as n from journey j
), drawn as materialized (
    select m, c.id as journey_id, c.unit_id, c.created_at, c.status in ('ACCEPTED', 'ARCHIVED') as accepted,
        1 + floor(pg_temp.draw(m, $1 + 21) * 5)::integer as position, 1 + floor(pg_temp.draw(m, $1 + 22) * 5)::integer as severity,
        1 + floor(pg_temp.draw(m, $1 + 23) * 5)::integer as reach, least(c.created_at + interval '1 day', $3) as started
    from generate_series(1, $2::bigint) m
    join captured c on c.n = floor(pg_temp.draw(m, $1 + 20) * (select count(*) from captured))
), due as materialized (
    select calendar_id, day, days, fix_due(calendar_id, day::timestamp at time zone timezone, days, 0) as at
    from (select distinct p.calendar_id, p.timezone, (d.started at time zone p.timezone)::date as day,
        sla_days(1, d.severity * d.reach) as days from drawn d join place p on p.id = d.unit_id) wanted
)
insert into pain_point (id, unit_id, journey_id, stage_id, description, category, parameter, severity, reach, version,
    created_at, sla_started_at, sla_version, due_at)
select pg_temp.id(d.created_at, m, $1 + 24), d.unit_id, d.journey_id, s.id, pg_temp.pick({_HURTS}, m, $1 + 25) || ', nomor ' || m,
    pg_temp.pick({_CATEGORIES}, m, $1 + 26), pg_temp.pick({_PARAMETERS}, m, $1 + 27), severity, reach, 1, d.created_at,
    case when accepted then started end, case when accepted then 1 end, case when accepted then due.at end
from drawn d join stage s on s.journey_id = d.journey_id and s.position = d.position
join place p on p.id = d.unit_id
join due on due.calendar_id = p.calendar_id and due.day = (d.started at time zone p.timezone)::date
    and due.days = sla_days(1, severity * reach)
"""
# Every second task is for a pain point of an accepted journey. Of what is due by now most is done.
_TASK_ROWS = f"""
with hurting as materialized (
    select p.id, p.unit_id, p.sla_started_at, row_number() over (order by p.sla_started_at, p.id) - 1 as nth from pain_point p
    where p.sla_started_at is not null
), given as materialized (
    select n, h.id as pain_point_id, h.unit_id,
        h.sla_started_at + ($4 - h.sla_started_at) * power(pg_temp.draw(n, $1 + 31), 3) as at
    from generate_series(1, $2::bigint / 2) n
    join hurting h on h.nth = floor(pg_temp.draw(n, $1 + 30) * (select count(*) from hurting))
    union all
    select n, null, p.id, $3::timestamptz + ($4 - $3) * pg_temp.draw(n, $1 + 31)
    from generate_series($2::bigint / 2 + 1, $2::bigint) n join place p on p.nth = floor(pg_temp.draw(n, $1 + 30) * p.number)
), dated as materialized (
    select g.*, p.calendar_id, p.timezone, p.ranger_id, p.manager_id,
        (g.at at time zone p.timezone)::date + 7 + floor(pg_temp.draw(n, $1 + 32) * 53)::integer as due_on,
        pg_temp.draw(n, $1 + 33) as chance
    from given g join place p on p.id = g.unit_id
), due as materialized (
    select calendar_id, due_on, task_due(calendar_id, due_on, (due_on - 6)::timestamp at time zone timezone, 0) as at
    from (select distinct calendar_id, timezone, due_on from dated) wanted
), lived as (
    select d.*, case
        when d.due_on < ($4::timestamptz at time zone d.timezone)::date then (case
            when chance < 0.7 then 'VERIFIED' when chance < 0.75 then 'CANCELLED' when chance < 0.8 then 'SUBMITTED'
            when chance < 0.83 then 'RETURNED' when chance < 0.86 then 'BLOCKED' when chance < 0.95 then 'IN_PROGRESS'
            else 'PLANNED' end)
        when chance < 0.1 then 'VERIFIED' when chance < 0.15 then 'SUBMITTED' when chance < 0.18 then 'RETURNED'
        when chance < 0.21 then 'BLOCKED' when chance < 0.6 then 'IN_PROGRESS' else 'PLANNED' end as status,
        least(d.at + interval '1 day' * (1 + 20 * pg_temp.draw(n, $1 + 34)), $4) as changed,
        5 + 5 * floor(pg_temp.draw(n, $1 + 35) * 18)::integer as reported
    from dated d
)
insert into task (id, initiative_id, unit_id, pain_point_id, title, description, owner_id, weight, due_on, status, progress,
    status_reason, progress_before, blocked_from, submitted_by, verified_by, version, created_at, updated_at, due_at,
    stopped_at, verified_at)
select pg_temp.id(l.at, n, $1 + 36), work.id, l.unit_id, l.pain_point_id, pg_temp.pick({_TASKS}, n, $1 + 37) || ' ' || n,
    pg_temp.pick({_BODY}, n, $1 + 38), l.ranger_id, 1 + floor(pg_temp.draw(n, $1 + 39) * 5), l.due_on, l.status,
    case when l.status in ('SUBMITTED', 'VERIFIED') then 100 when l.status = 'PLANNED' then 0 else l.reported end,
    case l.status when 'RETURNED' then 'Bukti kurang' when 'BLOCKED' then 'Menunggu material' when 'CANCELLED' then 'Tidak perlu lagi' end,
    case when l.status in ('SUBMITTED', 'VERIFIED', 'RETURNED') then l.reported end,
    case when l.status = 'BLOCKED' then 'IN_PROGRESS' end,
    case when l.status in ('SUBMITTED', 'VERIFIED', 'RETURNED') then l.ranger_id end,
    case when l.status = 'VERIFIED' then l.manager_id end,
    case l.status when 'PLANNED' then 1 when 'VERIFIED' then 4 when 'RETURNED' then 4 when 'IN_PROGRESS' then 2 else 3 end
        + case when l.status = 'PLANNED' then 0 else n % 3 end,
    l.at, l.changed, due.at,
    case when l.status in ('BLOCKED', 'SUBMITTED', 'VERIFIED', 'CANCELLED') then l.changed end,
    case when l.status = 'VERIFIED' then l.changed end
from lived l join due using (calendar_id, due_on) join work on work.nth = floor(pg_temp.draw(n, $1 + 40) * work.number)
"""
_CALLS = "insert into task_call (task_id) select id from task where status in ('BLOCKED', 'SUBMITTED')"
_EVIDENCE = """
insert into evidence (id, task_id, note, added_by, added_at)
select pg_temp.id(updated_at, row_number() over (order by id), $1 + 50), id, 'Daftar hadir dan foto', submitted_by, updated_at
from task where status in ('SUBMITTED', 'VERIFIED', 'RETURNED')
"""
# In the order in which it happened, so that one thing's history lies scattered, as it does in life.
_EVENTS = """
with told as (
    select t.id as subject_id, 'task' as subject_type, t.unit_id, t.created_at, t.updated_at, p.ranger_id, p.manager_id,
        array['task.created'] || array_fill('task.progress_reported'::text, array[t.version - (case t.status
            when 'PLANNED' then 1 when 'VERIFIED' then 3 when 'RETURNED' then 3 when 'IN_PROGRESS' then 1 else 2 end)])
        || case t.status
            when 'SUBMITTED' then array['task.evidence_added', 'task.submitted']
            when 'VERIFIED' then array['task.evidence_added', 'task.submitted', 'task.verified']
            when 'RETURNED' then array['task.evidence_added', 'task.submitted', 'task.returned']
            when 'BLOCKED' then array['task.blocked'] when 'CANCELLED' then array['task.cancelled'] else '{}' end as kinds,
        json_build_object('title', t.title, 'description', t.description, 'status', 'PLANNED', 'initiative_id', t.initiative_id,
            'owner_id', t.owner_id, 'due_on', t.due_on, 'weight', t.weight) as first,
        coalesce(t.progress_before, t.progress) as reported
    from task t join place p on p.id = t.unit_id
    union all
    select j.id, 'journey', j.unit_id, j.created_at, j.updated_at, p.ranger_id, p.manager_id,
        (array['journey.captured', 'journey.submitted', case when j.status = 'RETURNED' then 'journey.returned' else 'journey.accepted' end,
            'journey.archived'])[:j.version],
        json_build_object('status', 'DRAFT', 'unit_id', j.unit_id, 'service', j.service, 'title', j.title,
            'occurred_on', j.occurred_on), 0
    from journey j join place p on p.id = j.unit_id
    union all
    select o.id, 'pain_point', o.unit_id, o.created_at, o.created_at, p.ranger_id, p.manager_id, array['pain_point.recorded'],
        json_build_object('description', o.description, 'severity', o.severity, 'reach', o.reach), 0
    from pain_point o join place p on p.id = o.unit_id
)
insert into event (nth, at, actor_id, kind, subject_type, subject_id, unit_id, before, after)
select nth, created_at + (updated_at - created_at) * (nth - 1) / greatest(cardinality(kinds) - 1, 1),
    case when kind in ('task.created', 'task.verified', 'task.returned', 'task.cancelled', 'journey.accepted', 'journey.returned',
        'journey.archived') then manager_id else ranger_id end,
    kind, subject_type, subject_id, unit_id,
    case kind
        when 'task.progress_reported' then json_build_object('progress', reported * (nth - 2) / nth)
        when 'task.submitted' then json_build_object('status', 'IN_PROGRESS', 'progress', reported, 'submitted_by', null)
        when 'task.verified' then json_build_object('status', 'SUBMITTED', 'verified_by', null)
        when 'task.returned' then json_build_object('status', 'SUBMITTED', 'status_reason', null)
        when 'task.blocked' then json_build_object('status', 'IN_PROGRESS', 'status_reason', null)
        when 'task.cancelled' then json_build_object('status', 'IN_PROGRESS', 'status_reason', null)
        when 'journey.submitted' then json_build_object('status', 'DRAFT')
        when 'journey.accepted' then json_build_object('status', 'SUBMITTED')
        when 'journey.returned' then json_build_object('status', 'SUBMITTED', 'return_reason', null)
        when 'journey.archived' then json_build_object('status', 'ACCEPTED') end,
    case kind
        when 'task.progress_reported' then json_build_object('progress', reported * (nth - 1) / nth)
        when 'task.evidence_added' then json_build_object('evidence', json_build_array(json_build_object('note', 'Daftar hadir dan foto', 'url', null)))
        when 'task.submitted' then json_build_object('status', 'SUBMITTED', 'progress', 100, 'submitted_by', ranger_id)
        when 'task.verified' then json_build_object('status', 'VERIFIED', 'verified_by', manager_id)
        when 'task.returned' then json_build_object('status', 'RETURNED', 'status_reason', 'Bukti kurang')
        when 'task.blocked' then json_build_object('status', 'BLOCKED', 'status_reason', 'Menunggu material')
        when 'task.cancelled' then json_build_object('status', 'CANCELLED', 'status_reason', 'Tidak perlu lagi')
        when 'journey.submitted' then json_build_object('status', 'SUBMITTED')
        when 'journey.accepted' then json_build_object('status', 'ACCEPTED')
        when 'journey.returned' then json_build_object('status', 'RETURNED', 'return_reason', 'Kurang lengkap')
        when 'journey.archived' then json_build_object('status', 'ARCHIVED')
        else first end
from told cross join lateral unnest(kinds) with ordinality happened (kind, nth)
order by 2, subject_id, nth
"""

STATEMENTS = (
    (_JOURNEYS, ("seed", "journeys", "begun", "now")),
    ("analyze journey", ()),
    (_STAGE_ROWS, ("seed",)),
    ("analyze stage", ()),
    (_PAIN_POINTS, ("seed", "pain_points", "now")),
    ("analyze pain_point", ()),
    (_TASK_ROWS, ("seed", "tasks", "begun", "now")),
    ("analyze task", ()),
    (_CALLS, ()),
    (_EVIDENCE, ("seed",)),
    (_EVENTS, ()),
)

# What the triggers of `search_entry` would have kept. The index is made anew over all of it, in a fraction of the time.
SEARCH = (
    "drop index search_entry_words",
    """
    insert into search_entry (id, kind, unit_id, created_at, words)
    select j.id, 'JOURNEY', j.unit_id, j.created_at, search_vector(j.title, concat_ws(' ', j.narrative, s.words))
    from journey j join (
        select journey_id, string_agg(concat_ws(' ', name, customer_did, customer_said), ' ' order by position) as words
        from stage group by journey_id
    ) s on s.journey_id = j.id
    union all
    select id, 'PAIN_POINT', unit_id, created_at, search_vector(description, '') from pain_point
    union all
    select id, 'TASK', unit_id, created_at, search_vector(title, description) from task
    """,
    "create index search_entry_words on search_entry using gin (words)",
)
