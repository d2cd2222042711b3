"""The statements of a capture and of a report of progress, as the service issues them, written out by hand.

Nothing is checked but what the statements themselves check, and nothing that the reader of the code would not expect of
an endpoint for a single purpose.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from uuid_utils.compat import uuid7

Row = dict[str, Any]
# The kind, the table and the key of what it happened to, before and after.
_Told = tuple[str, str, UUID, Row | None, Row]


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks, as the token would have told: their id and the paths of their units."""

    person: str
    paths: list[str]


@dataclass(frozen=True, slots=True)
class _Change:
    """What is the same for all that one change writes."""

    connection: asyncpg.Connection
    viewer: Viewer
    at: datetime
    unit: UUID

    async def told(self, statement: str, events: Sequence[_Told], *more: Any) -> None:
        """Records events, by a statement that may do `more`."""
        people, units = [self.viewer.person] * len(events), [self.unit] * len(events)
        kinds, tables, keys, befores, afters = zip(*events, strict=True)
        sides = [
            [None if side is None else orjson.dumps(side).decode() for side in told]
            for told in (befores, afters)
        ]
        await self.connection.execute(statement, self.at, people, kinds, tables, keys, units, *sides, *more)


async def capture(connection: asyncpg.Connection, viewer: Viewer, given: Row) -> bytes:
    """A new journey with its stages and pain points, its events, and the key that makes a retry safe."""
    journey = uuid7()
    change = _Change(connection, viewer, datetime.now(UTC), UUID(given["unit"]))
    async with connection.transaction():
        await _claim(change, journey, given)
        await connection.fetchrow(_UNIT + " for share", change.unit)
        await _journey(change, journey, given)
        stages = [(uuid7(), stage) for stage in given["stages"]]
        rows = [_stage(key, journey, nth, stage) for nth, (key, stage) in enumerate(stages)]
        await _insert(connection, "stage", _STAGE, rows)
        points = [(uuid7(), key, point) for key, stage in stages for point in stage.get("painPoints", ())]
        await _insert(
            connection, "pain_point", _PAIN_POINT, [_pain_point(change, journey, *one) for one in points]
        )
        recorded: list[_Told] = [
            ("pain_point.recorded", "pain_point", key, None, {name: point[name] for name in _RECORDED})
            for key, _, point in points
        ]
        await change.told(_EVENTS.format(""), [_captured(journey, given), *recorded])
    answer: bytes = await connection.fetchval(_CAPTURED, viewer.paths, journey)
    return answer


async def _claim(change: _Change, journey: UUID, given: Row) -> None:
    digest = hashlib.sha256(orjson.dumps(given, option=orjson.OPT_SORT_KEYS)).hexdigest()
    of = (change.viewer.person, "captureJourney", given["clientMutationId"], digest, [journey], change.at)
    await change.connection.fetchval(_CLAIM, uuid7(), *of)


async def _journey(change: _Change, journey: UUID, given: Row) -> None:
    said = (given["service"], given["title"], given["narrative"], date.fromisoformat(given["occurredOn"]))
    rest = ("DRAFT", None, None, change.viewer.person, 1, change.at, change.at)
    await change.connection.execute(_JOURNEY, journey, change.unit, *said, *rest)


def _captured(journey: UUID, given: Row) -> _Told:
    after = {name: given[name] for name in ("unit", "service", "title", "narrative", "occurredOn", "stages")}
    return "journey.captured", "journey", journey, None, after | {"status": "DRAFT"}


def _stage(key: UUID, journey: UUID, nth: int, given: Row) -> tuple[Any, ...]:
    return (key, journey, nth + 1, given["name"], given["touchpoint"], given["emotion"], "", "", None, None)


def _pain_point(change: _Change, journey: UUID, key: UUID, stage: UUID, given: Row) -> tuple[Any, ...]:
    said = (given["description"], given["category"], given["parameter"], given["severity"], given["reach"])
    return (key, change.unit, journey, stage, *said, *(None,) * 7, 0, None, 1, change.at)


async def _insert(
    connection: asyncpg.Connection, table: str, columns: str, rows: list[tuple[Any, ...]]
) -> None:
    width = len(rows[0])
    places = (f"({', '.join(f'${row * width + n + 1}' for n in range(width))})" for row in range(len(rows)))
    values = (value for row in rows for value in row)
    await connection.execute(f"insert into {table} ({columns}) values {', '.join(places)}", *values)


async def report_progress(connection: asyncpg.Connection, viewer: Viewer, given: Row) -> bytes:
    """Refuses, by ValueError, a version that is not the one that was read."""
    now = datetime.now(UTC)
    async with connection.transaction():
        task = await connection.fetchrow(_TASK, UUID(given["task"]))
        if task["version"] != given["expectedVersion"]:
            raise ValueError(given["task"])
        row = {
            "id": task["id"],
            "progress": given["progress"],
            "status": "IN_PROGRESS",
            "status_reason": None,
        }
        as_json = orjson.dumps([row | {"updated_at": now, "version": task["version"] + 1}], default=str)
        before, after = {"progress": task["progress"]}, {"progress": given["progress"]}
        change = _Change(connection, viewer, now, task["unit_id"])
        happened: _Told = ("task.progress_reported", "task", task["id"], before, after)
        await change.told(_REPORT, [happened], as_json.decode())
    answer: bytes = await connection.fetchval(_REPORTED, viewer.paths, task["id"])
    return answer


_CLAIM = """
insert into client_mutation (id, person_id, mutation, client_id, digest, result_ids, created_at)
values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing returning true
"""
_UNIT = """
select id, code, name, kind, parent_id, path, timezone, calendar_id, planned_calendar_id, closed_at, version, created_at
from unit where id in ($1) order by id asc
"""
_JOURNEY = """
insert into journey (id, unit_id, service, title, narrative, occurred_on, status, return_reason, recaptures_id, captured_by,
    version, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) returning id
"""
_STAGE = "id, journey_id, position, name, touchpoint, emotion, customer_did, customer_said, target_minutes, actual_minutes"
_PAIN_POINT = """id, unit_id, journey_id, stage_id, description, category, parameter, severity, reach, decision,
    decision_reason, decided_at, sla_started_at, sla_version, due_at, paused_at, paused_seconds, pause_reason, version, created_at"""
_RECORDED = ("description", "severity", "reach")
_EVENTS = """
with {}told as (
    select * from unnest($2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::uuid[], $7::text[], $8::text[])
        with ordinality told (actor_id, kind, subject_type, subject_id, unit_id, before, after, place)
), happened as (
    insert into event (nth, at, actor_id, kind, subject_type, subject_id, unit_id, before, after)
    select
        coalesce((select max(nth) from event earlier where earlier.subject_id = told.subject_id), 0)
            + row_number() over (partition by told.subject_id order by told.place),
        $1, actor_id, kind, subject_type, subject_id, unit_id, before::json, after::json
    from told order by place returning id
)
insert into pending_event (event_id) select id from happened
"""
_TASK = """
with held as materialized (select * from task where id = $1 for no key update)
select held.*, u.code, u.name, u.kind, u.parent_id, u.path, u.timezone, u.closed_at, u.version as unit_version
from held join unit u on u.id = held.unit_id
"""
_REPORT = _EVENTS.format("""changed as (
    update task set progress = given.progress, status = given.status, status_reason = given.status_reason,
        updated_at = given.updated_at, version = given.version
    from json_populate_recordset(null::task, $9::json) given where task.id = given.id
), """)
_SEEN = "in (select seen.id from unit seen where seen.path ^@ any($1::text[]))"
_CAPTURED = f"""
select json_build_object('data', json_build_object('captureJourney', json_build_object('journey', (
    select json_build_object('id', encode(convert_to('Journey:' || j.id, 'UTF8'), 'base64'), 'version', j.version,
        'status', j.status, 'createdAt', j.created_at,
        'stages', (select coalesce(json_agg(json_build_object('position', s.position) order by s.position), '[]')
            from stage s where s.journey_id = j.id))
    from journey j where j.id = $2::uuid and j.unit_id {_SEEN}), 'errors', json_build_array())))
"""
_REPORTED = f"""
select json_build_object('data', json_build_object('reportProgress', json_build_object('task', (
    select json_build_object('id', encode(convert_to('Task:' || t.id, 'UTF8'), 'base64'), 'version', t.version,
        'status', t.status, 'progress', t.progress, 'updatedAt', t.updated_at)
    from task t where t.id = $2::uuid and t.unit_id {_SEEN}), 'errors', json_build_array())))
"""
