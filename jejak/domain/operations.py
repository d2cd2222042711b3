"""How the service itself is: its workers, what waits, what became of each step of their jobs.

The figures are SQL, which the API puts into its statement and `status` runs by itself: both tell the same.
"""

from datetime import timedelta
from typing import Any

import orjson

from jejak.domain import channel, clock, db, heartbeat
from jejak.domain.migrations.run import known
from jejak.domain.vocabulary import Trouble

# What a commit sets off is done at once, or by the sweep a few seconds later.
LONGEST_LAG = timedelta(minutes=1)
# Of the same step, one after the other: a database that is started anew costs one.
MOST_FAILURES = 3


def facts(*, now: str, queue: str, migrations: str) -> str:
    """SQL for one row. Takes expressions: an instant, the length of the queue (null where Valkey is out of reach), and
    the migrations of this version (text[]).
    """
    behind = f"""array(
        select wanted from unnest({migrations}) wanted
        where wanted not in (select name from migration where app_name = 'jejak') order by wanted)"""
    troubles = ", ".join(
        f"case when {sign} then '{trouble}' end" for trouble, sign in _signs(now, "f.queue").items()
    )
    return f"""(
        select f.*, array_remove(array[{troubles}], null) as troubles
        from (
            select waiting.*, outgoing.*, (select at from event order by id limit 1) as first_event_at,
                {queue} as queue, {behind} as missing_migrations, current_setting('server_version') as postgresql,
                ceil(pg_database_size(current_database()) / 1048576.0)::integer as megabytes
            from (
                select count(*)::integer as pending, min(e.at) as oldest_pending_at
                from pending_event p join event e on e.id = p.event_id
            ) waiting cross join (
                select count(*) filter (where state = 'PENDING')::integer as deliveries_waiting,
                    count(*) filter (where state = 'PENDING' and next_attempt_at <= {now})::integer as deliveries_due,
                    count(*) filter (where state = 'DEAD')::integer as deliveries_dead
                from delivery where state in ('PENDING', 'DEAD')
            ) outgoing
        ) f)"""


def _signs(now: str, queue: str) -> dict[Trouble, str]:
    """What shows each trouble: conditions on `f`, a row of `facts`. What is built on later adds its line here."""
    return {
        Trouble.MIGRATIONS_MISSING: "cardinality(f.missing_migrations) > 0",
        Trouble.NO_WORKER: f"not exists (select from {workers(now=now)} w where w.alive)",
        Trouble.EVENTS_WAIT: f"f.oldest_pending_at < {now} - {_interval(LONGEST_LAG)}",
        Trouble.STEP_LATE: f"exists (select from {steps(now=now)} s where s.late)",
        Trouble.STEP_FAILS: f"exists (select from job_run s where s.failures >= {MOST_FAILURES})",
        Trouble.VALKEY_AWAY: f"{queue} is null",
        # A webhook's receiver is its owner's to look after.
        Trouble.EMAIL_PAUSED: "exists (select from channel_state s where s.channel = 'EMAIL' and s.state = 'PAUSED')",
    }


def workers(*, now: str) -> str:
    """SQL for a row for each worker that lives or was killed not long ago."""
    return f"(select w.*, w.seen_at >= {now} - {_interval(heartbeat.SILENT)} as alive from worker w)"


def steps(*, now: str) -> str:
    """SQL for a row for each step that the workers run by the clock. It is late when it has missed two runs."""
    return f"""(
        select r.*, r.run_id is not null as running,
            coalesce(r.succeeded_at, r.known_at) < {now} - make_interval(secs => 2 * r.every_seconds + 60) as late
        from job_run r)"""


def _interval(of: timedelta) -> str:
    return f"make_interval(secs => {of.total_seconds():g})"


async def status(queue: int | None) -> dict[str, Any]:
    """Everything there is to tell, as it goes into JSON. For whoever runs the service: it names machines and errors."""
    told = await db.fetchval(
        f"""
        select json_build_object(
            'troubles', f.troubles, 'pendingEvents', f.pending, 'oldestPendingAt', f.oldest_pending_at,
            'lagSeconds', coalesce(round(extract(epoch from $1::timestamptz - f.oldest_pending_at), 1), 0),
            'firstEventAt', f.first_event_at, 'queueLength', f.queue,
            'database', json_build_object('postgresql', f.postgresql, 'megabytes', f.megabytes,
                'missingMigrations', f.missing_migrations),
            'deliveries', json_build_object('waiting', f.deliveries_waiting, 'due', f.deliveries_due,
                'dead', f.deliveries_dead),
            'channels', (
                select coalesce(json_agg(json_build_object('channel', c.channel, 'webhook', c.endpoint_id,
                    'state', c.state, 'since', c.since, 'until', c.until, 'reason', c.reason, 'waiting', c.waiting)
                    order by c.channel, c.state desc, c.since, c.id), '[]')
                from {channel.conditions()} c),
            'workers', (
                select coalesce(json_agg(json_build_object('host', w.host, 'pid', w.pid, 'version', w.version,
                    'startedAt', w.started_at, 'seenAt', w.seen_at, 'alive', w.alive) order by w.started_at, w.id), '[]')
                from {workers(now="$1::timestamptz")} w),
            'steps', (
                select coalesce(json_agg(json_build_object('name', s.name, 'everySeconds', s.every_seconds,
                    'startedAt', s.started_at, 'endedAt', s.ended_at, 'succeededAt', s.succeeded_at,
                    'milliseconds', s.milliseconds, 'running', s.running, 'late', s.late, 'error', s.error,
                    'failures', s.failures) order by s.name), '[]')
                from {steps(now="$1::timestamptz")} s)
        )
        from {facts(now="$1::timestamptz", queue="$2::integer", migrations="$3::text[]")} f
        """,
        clock.now(),
        queue,
        known(),
    )
    read: dict[str, Any] = orjson.loads(told)
    return {"healthy": not read["troubles"]} | read
