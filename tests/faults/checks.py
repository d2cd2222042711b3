"""The database, held against what was acknowledged and against reckonings of our own. Each check yields differences."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg

from tests.faults.load import Kept

# The feed keeps seven days.
_KEPT = timedelta(days=6)


async def acknowledged(connection: asyncpg.Connection, kept: Kept) -> AsyncIterator[str]:
    """Everything that was acknowledged is there once and as it was last acknowledged; and nothing else is."""
    rows = await connection.fetch(
        "select id, title, version, status, progress, due_on from task where title like 'faults task %'"
    )
    found = {row["id"]: row for row in rows}
    kinds: dict[Any, Counter[str]] = defaultdict(Counter)
    for row in await connection.fetch("select subject_id, kind from event where subject_type = 'task'"):
        kinds[row["subject_id"]][row["kind"]] += 1
    known = {task.id for task in kept.tasks}
    for row in rows:
        if row["id"] not in known:
            yield f"{row['title']} is there and {'was refused' if row['title'] in kept.refused else 'was never acknowledged'}"
    for task in kept.tasks:
        row = found.get(task.id)
        if row is None:
            yield f"{task.title} was acknowledged and is not there"
            continue
        there = (row["version"], row["status"], row["progress"], str(row["due_on"]))
        wanted = (task.version, task.status, task.progress, task.due_on)
        if there != wanted:
            yield f"{task.title} was acknowledged as {wanted} and is {there}"
        if kinds[task.id] != task.kinds:
            yield f"{task.title}: done were {dict(task.kinds)}, its history tells {dict(kinds[task.id])}"
    journeys = {
        row["id"]: (row["title"], row["stages"], row["points"])
        for row in await connection.fetch(
            """
            select j.id, j.title, (select count(*) from stage s where s.journey_id = j.id) as stages,
                (select count(*) from pain_point p where p.journey_id = j.id) as points
            from journey j where j.title like 'faults journey %'
            """
        )
    }
    wanted_journeys = {one.id: (one.title, one.stages, one.points) for one in kept.journeys}
    for key in sorted(journeys.keys() | wanted_journeys.keys()):
        if journeys.get(key) != wanted_journeys.get(key):
            yield f"journey {key} was acknowledged as {wanted_journeys.get(key)} and is {journeys.get(key)}"


async def relayed(connection: asyncpg.Connection, now: datetime) -> AsyncIterator[str]:
    """Every event has been carried on, once: none is pending, and the feed tells of each."""
    if pending := await connection.fetchval("select count(*) from pending_event"):
        yield f"{pending} events are still pending"
    since = now - _KEPT
    happened: Counter[Any] = Counter()
    lately: Counter[Any] = Counter()
    for row in await connection.fetch(
        """
        select case when e.subject_type = 'task' then 'TASK' else 'JOURNEY' end as topic, e.kind,
            coalesce(p.journey_id, e.subject_id) as subject, e.at
        from event e left join pain_point p on e.subject_type = 'pain_point' and p.id = e.subject_id
        where e.subject_type in ('task', 'journey', 'pain_point')
        """
    ):
        what = (row["topic"], row["kind"], row["subject"])
        happened[what] += 1
        lately[what] += row["at"] > since
    told = Counter(
        map(
            tuple,
            await connection.fetch(
                "select topic, kind, subject_id from feed where topic in ('TASK', 'JOURNEY') and kind is not null"
            ),
        )
    )
    for what in happened.keys() | told.keys():
        if not lately[what] <= told[what] <= happened[what]:
            yield f"{what} happened {happened[what]} times, the feed tells of it {told[what]} times"
    notices = await connection.fetchval(
        "select count(*) from notice n where created_at > $1 and 1 <> (select count(*) from feed f where f.subject_id = n.id)",
        since,
    )
    if notices:
        yield f"{notices} notices are not told by the feed, or more than once"


async def completed(connection: asyncpg.Connection, now: datetime) -> AsyncIterator[str]:
    """R5: the rows of sums are those that a reckoning of our own makes from the tasks."""
    zones = {
        row["id"]: ZoneInfo(row["timezone"])
        for row in await connection.fetch("select id, timezone from unit")
    }
    wanted: dict[Any, Counter[str]] = {
        (row["initiative_id"], row["unit_id"]): Counter()
        for row in await connection.fetch(
            "select i.id as initiative_id, u.id as unit_id from initiative i join unit u on u.kind = any(i.scope) and u.closed_at is null"
        )
    }
    for task in await connection.fetch("select * from task where status <> 'CANCELLED'"):
        sums = wanted.setdefault((task["initiative_id"], task["unit_id"]), Counter())
        verified = task["status"] == "VERIFIED"
        overdue = task["due_on"] < now.astimezone(zones[task["unit_id"]]).date()
        begun = (task["blocked_from"] or task["status"]) != "PLANNED" or task["progress"] > 0
        sums.update(
            weight_sum=task["weight"],
            progress_sum=task["weight"] * task["progress"],
            verified_sum=task["weight"] * verified,
            tasks=1,
            verified=int(verified),
            overdue=int(overdue and task["status"] not in {"SUBMITTED", "VERIFIED"}),
            started=int(begun),
        )
    names = ("weight_sum", "progress_sum", "verified_sum", "tasks", "verified", "overdue")
    found = {
        (row["initiative_id"], row["unit_id"]): (*(row[name] for name in names), row["started"])
        for row in await connection.fetch("select * from completion")
    }
    mine = {key: (*(sums[name] for name in names), sums["started"] > 0) for key, sums in wanted.items()}
    for key in found.keys() | mine.keys():
        if found.get(key) != mine.get(key):
            yield f"completion of initiative and unit {key} is {found.get(key)}, not {mine.get(key)}"


async def noted(connection: asyncpg.Connection, now: datetime) -> AsyncIterator[str]:
    """The day before is kept, once; and nobody's digest is empty or holds what is somebody else's."""
    zone = await connection.fetchval("select timezone from unit where kind = 'HQ'")
    yesterday = now.astimezone(ZoneInfo(zone)).date() - timedelta(days=1)
    kept, units = (
        await connection.fetchval("select count(*) from unit_snapshot where day = $1", yesterday),
        await connection.fetchval("select count(*) from unit"),
    )
    if kept != units:
        yield f"the snapshot of {yesterday} holds {kept} of {units} units"
    if wrong := await connection.fetchval(
        "select count(*) from digest d where not exists (select from notice n where n.digest_id = d.id and n.person_id = d.person_id)"
    ):
        yield f"{wrong} digests are empty, or somebody else's"
