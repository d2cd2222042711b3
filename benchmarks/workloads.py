"""What is asked: screens that a front end shows, and two changes that a unit makes all day.

The reader sees the whole organisation, so that every list is as long as it can be.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, cycle
from typing import Any
from uuid import UUID

from jejak.domain import db
from jejak.graphql import ids

STATUSES = ["PLANNED", "IN_PROGRESS", "RETURNED"]
TASKS = 200  # tasks that are looked at one by one, in turn

_UNIT = "unit { id code name }"
NESTED = f"""query Journeys {{ journeys(first: 50, order: NEWEST_FIRST) {{
  nodes {{ id title service status occurredOn {_UNIT}
    stages {{ position name touchpoint emotion
      painPoints {{ id description category severity reach priority tasks {{ id title status progress dueOn }} }} }} }}
  pageInfo {{ hasNextPage endCursor }} }} }}"""
FLAT = f"""query Tasks($unit: ID!, $statuses: [TaskStatus!]) {{
  tasks(first: 100, order: DUE_FIRST, filter: {{unitId: $unit, statuses: $statuses}}) {{
    nodes {{ id title status progress dueOn version {_UNIT} initiative {{ code title }} owner {{ id name }} }}
    pageInfo {{ hasNextPage endCursor }} }} }}"""
COMPLETION = """query Completion($unit: ID!) { steps { number title
  completion(unitId: $unit) { reported verified targetUnits unitsStarted tasks overdue verifiedTasks } } }"""
ONE = f"""query Task($task: ID!) {{ task(id: $task) {{
  id title description status progress dueOn version {_UNIT} initiative {{ code title }} owner {{ id name }}
  evidence {{ note url }}
  history(first: 20) {{ nodes {{ at kind actor {{ id name }} before after }} pageInfo {{ hasNextPage }} }} }} }}"""
CAPTURE = """mutation Capture($input: CaptureJourneyInput!) { captureJourney(input: $input) {
  journey { id version status createdAt stages { position } } errors { code message path } } }"""
UPDATE = """mutation Report($input: ReportProgressInput!) { reportProgress(input: $input) {
  task { id version status progress updatedAt } errors { code message path } } }"""


@dataclass(frozen=True, slots=True)
class Question:
    """A request of a workload: its variables for the service, and for who takes keys as they are in the tables.

    `answered` is what the answer to a change must hold; of reads the whole answer is known.
    """

    variables: dict[str, Any]
    plain: dict[str, Any]
    answered: bytes = b""


READS = {"nested": NESTED, "flat": FLAT, "completion": COMPLETION, "one": ONE}
CHANGES = {"capture": CAPTURE, "update": UPDATE}
DOCUMENTS = READS | CHANGES
ROWS = {"nested": 50, "flat": 100, "completion": 10}  # of a page that is full


async def reads() -> dict[str, list[Question]]:
    """For each workload the questions that are asked in turn, over the connected database."""
    region = await db.fetchval("select id from unit where kind = 'UID' order by code limit 1")
    tasks = await db.fetch(
        "select id from (select id, row_number() over (order by id) as nth, count(*) over () as number from task) t"
        " where nth % greatest(number / $1, 1) = 0 limit $1",
        TASKS,
    )
    unit = {"unit": ids.encode("Unit", region)}, {"unit": str(region)}
    statuses = {"statuses": STATUSES}
    return {
        "nested": [Question({}, {})],
        "flat": [Question(unit[0] | statuses, unit[1] | statuses)],
        "completion": [Question(*unit)],
        "one": [Question({"task": ids.encode("Task", row["id"])}, {"task": str(row["id"])}) for row in tasks],
    }


async def changes() -> dict[str, Iterator[Question]]:
    """For each workload questions without end, each of which is good once; whoever asks next is asked of by the next."""
    units = await db.fetch("select id from unit where kind = 'ULP' order by code")
    tasks = await db.fetch(
        "select id, version, progress from task where status = 'IN_PROGRESS' order by md5(id::text)"
    )
    return {
        "capture": _captures([row["id"] for row in units]),
        "update": _updates([(row["id"], row["version"]) for row in tasks]),
    }


def _captures(units: list[UUID]) -> Iterator[Question]:
    for nth, unit in enumerate(cycle(units)):
        given = _JOURNEY | {"clientMutationId": f"phone-{nth}", "title": f"Pasang baru {nth}"}
        yield Question(
            {"input": given | {"unitId": ids.encode("Unit", unit)}}, given | {"unit": str(unit)}, b'"DRAFT"'
        )


def _updates(tasks: list[tuple[UUID, int]]) -> Iterator[Question]:
    """Round over all tasks, so that none is asked for while it is under way."""
    for turn in count():
        for nth, (task, version) in enumerate(tasks):
            given = {"expectedVersion": version + turn, "progress": (nth + 7 * turn) % 100}
            yield Question(
                {"input": given | {"taskId": ids.encode("Task", task)}},
                given | {"task": str(task)},
                b'"IN_PROGRESS"',
            )


_JOURNEY = {
    "service": "PB_PD",
    "narrative": "Pelanggan mengajukan pasang baru lewat aplikasi dan menunggu kabar selama empat hari.",
    "occurredOn": "2026-01-05",
    "stages": [
        {"name": "Mengajukan permohonan", "touchpoint": "PLN_MOBILE", "emotion": 1},
        {
            "name": "Menunggu kabar", "touchpoint": "CC123_CALL", "emotion": -1,
            "painPoints": [
                {"description": "Menunggu tanpa kabar", "category": "SPEED", "parameter": "EASE", "severity": 4, "reach": 3},
                {"description": "Harus menelepon dua kali", "category": "COMMUNICATION", "parameter": "EMOTION", "severity": 2, "reach": 2},
            ],
        },
        {"name": "Menyala", "touchpoint": "FIELD_VISIT", "emotion": 2},
    ],
}  # fmt: skip
