"""What became of each step that the workers run by the clock: a row for each, of its last run.

Each function is one statement of its own, so that what is noted of a step is neither held by its transaction nor lost
with it. A step that dies half-way has started and not ended.
"""

from collections.abc import Mapping
from uuid import UUID

from jejak.domain import clock, db

LONGEST_ERROR = 500


async def known(steps: Mapping[str, int]) -> None:
    """The steps that a worker runs, each with the seconds between two runs. Those of another version are forgotten."""
    await db.execute(
        """
        with gone as (delete from job_run where name <> all($1::text[]))
        insert into job_run (name, every_seconds, known_at)
        select name, every_seconds, $3 from unnest($1::text[], $2::integer[]) step(name, every_seconds) order by name
        on conflict (name) do update set every_seconds = excluded.every_seconds
        """,
        list(steps),
        list(steps.values()),
        clock.now(),
    )


async def started(name: str, every_seconds: int) -> UUID:
    """The id of the run, for `ended`."""
    run = db.new_id()
    await db.execute(
        """
        insert into job_run (name, every_seconds, known_at, run_id, started_at) values ($1, $2, $3, $4, $3)
        on conflict (name) do update set run_id = excluded.run_id, started_at = excluded.started_at
        """,
        name,
        every_seconds,
        clock.now(),
        run,
    )
    return run


async def ended(name: str, run: UUID | None, milliseconds: int, error: Exception | None = None) -> None:
    """`run` is None where its start could not be noted. Of several at once each says how it ended, the last stands."""
    await db.execute(
        """
        update job_run set ended_at = $2, milliseconds = $4, error = $5,
            run_id = nullif(run_id, $3),
            succeeded_at = case when $5::text is null then $2 else succeeded_at end,
            failures = case when $5::text is null then 0 else failures + 1 end
        where name = $1
        """,
        name,
        clock.now(),
        run,
        milliseconds,
        None if error is None else said(error),
    )


def said(error: Exception) -> str:
    """Its class, and the first line of what it says."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    line = str(error).strip().partition("\n")[0].replace("\x00", "")
    name = type(error).__name__
    return f"{name}: {line}"[:LONGEST_ERROR] if line else name
