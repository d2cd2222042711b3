from piccolo.columns import UUID, Integer, Text, Timestamptz
from piccolo.table import Table

from jejak.domain.db import DB, new_id


class Worker(Table, db=DB, tablename="worker"):
    """A worker process, as it last told of itself."""

    id = UUID(primary_key=True, default=new_id)
    host = Text()
    pid = Integer()
    version = Text()
    started_at = Timestamptz()
    seen_at = Timestamptz()


class JobRun(Table, db=DB, tablename="job_run"):
    """The last run of a step. `run_id` is that of a run that has begun and not yet ended, or died half-way."""

    name = Text(primary_key=True)
    every_seconds = Integer()
    known_at = Timestamptz()
    run_id = UUID(null=True, default=None)
    started_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)
    succeeded_at = Timestamptz(null=True, default=None)
    milliseconds = Integer(null=True, default=None)
    error = Text(null=True, default=None)
    failures = Integer(default=0)
