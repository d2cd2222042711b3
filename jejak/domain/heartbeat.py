"""That a worker lives: a row that it renews every few seconds, takes away when it ends, and leaves when it is killed."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from jejak.domain import clock, db

BEAT_SECONDS = 5
# Of one that has been silent for longer nobody expects anything any more.
SILENT = timedelta(seconds=30)
FORGOTTEN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Process:
    """A worker process. `id` is of this run: another on the same machine may come to have the same `pid`."""

    id: UUID
    host: str
    pid: int
    version: str


async def beat(who: Process) -> None:
    """It lives. Whoever was forgotten meanwhile, as on a machine that slept, is known again."""
    await db.execute(
        """
        insert into worker (id, host, pid, version, started_at, seen_at) values ($1, $2, $3, $4, $5, $5)
        on conflict (id) do update set seen_at = excluded.seen_at
        """,
        who.id,
        who.host,
        who.pid,
        who.version,
        clock.now(),
    )


async def end(who: Process) -> None:
    await db.execute("delete from worker where id = $1", who.id)


async def forget_dead() -> None:
    """Those that were killed, once they have been shown for long enough."""
    await db.execute("delete from worker where seen_at < $1", clock.now() - FORGOTTEN)
