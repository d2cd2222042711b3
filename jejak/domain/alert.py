"""R10: early warning. A run counts what the rules watch, opens what fires, closes what is gone; people take care of it."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from jejak.domain import access, alert_judging, change, clock, db, event, idempotency, task_creation
from jejak.domain.access import Right, Viewer
from jejak.domain.alert_judging import Found
from jejak.domain.alert_rules import Reading, Verdict, why_recovered
from jejak.domain.change import Altered
from jejak.domain.checks import REASON, Checks
from jejak.domain.errors import Code, Refused
from jejak.domain.event import Happened
from jejak.domain.event_kind import EventKind
from jejak.domain.tables.alert import Alert, AlertCall, AlertEvidence
from jejak.domain.tables.task import Task
from jejak.domain.task_creation import NewTask, Wanted
from jejak.domain.vocabulary import AlertClosed, AlertKind, AlertSeverity, UnitKind

_FIGURES = tuple(f.name for f in fields(Reading))
_REACH = {"UNIT": 0, "UP3": 1, "REGION": 2, "HEADQUARTERS": 3}


@dataclass(frozen=True, slots=True)
class AcknowledgeAlert:
    alert_id: UUID
    note: str = ""


@dataclass(frozen=True, slots=True)
class AssignAlert:
    """A task without a unit goes to the alert's own unit."""

    alert_id: UUID
    tasks: list[NewTask]
    client_mutation_id: str | None = None


class Ran(NamedTuple):
    opened: int
    closed: int


def state(alias: str) -> str:
    """SQL: an AlertState."""
    return f"""case when {alias}.closed_at is not null then 'CLOSED'
        when {alias}.acknowledged_at is not null then 'ACKNOWLEDGED' else 'OPEN' end"""


async def run(now: datetime | None = None) -> Ran:
    """Judges every rule at every unit that it watches, in one transaction; any number of workers may, one after the other.

    Of what is open the latest figures are kept, without a word: only opening and closing are events.
    """
    now = now or clock.now()
    async with db.transaction():
        await db.lock(db.Lock.ALERTS)
        found = await alert_judging.judge_all(now)
        opened = await _open(found, now)
        closed = await _settle(found, now)
    return Ran(len(opened), len(closed))


async def _open(found: Found, now: datetime) -> list[Alert]:
    made: list[tuple[Alert, Reading, Sequence[int]]] = []
    for subject, judged in found.judged.items():
        if judged.verdict is not Verdict.FIRES or subject in found.open:
            continue
        rule = found.rules[subject.rule_id]
        row = Alert(
            id=db.new_id(),
            rule_id=subject.rule_id,
            unit_id=subject.unit_id,
            service=subject.service,
            severity=rule.severity,
            opened_at=now,
            note="",
        )
        made.append(
            (row, judged.reading, _levels(rule.severity, rule.audience, found.units[subject.unit_id]))
        )
    await change.insert([row for row, _, _ in made])
    await change.insert(
        [
            _evidence(row.id, moment, reading, now)
            for row, reading, _ in made
            for moment in ("OPENED", "LATEST")
        ]
    )
    await change.insert(
        [AlertCall(alert_id=row.id, reach=reach) for row, _, levels in made for reach in levels]
    )
    await event.append_all(
        [
            Happened(
                access.SERVICE,
                EventKind.ALERT_OPENED,
                ("alert", row.id),
                row.unit_id,
                after={"severity": row.severity} | _told(reading),
            )
            for row, reading, _ in made
        ]
    )
    return [row for row, _, _ in made]


def _levels(severity: str, audience: str, kind: str) -> list[int]:
    """From where up somebody is told. What is critical is told to the region as well, of a region to headquarters."""
    levels = {_REACH[audience]}
    if severity == AlertSeverity.CRITICAL:
        levels.add(_REACH["HEADQUARTERS" if UnitKind(kind) in access.REGIONAL else "REGION"])
    return sorted(levels)


async def _settle(found: Found, now: datetime) -> list[UUID]:
    """Of what was open: its latest figures; and what is gone is closed."""
    latest: list[AlertEvidence] = []
    closing: dict[UUID, tuple[AlertClosed, Reading | None]] = {}
    for subject, one in found.open.items():
        judged = found.judged.get(subject)
        if judged is None:
            closing[one.id] = found.why_unwatched(subject), None
            continue
        latest.append(_evidence(one.id, "LATEST", judged.reading, now))
        if judged.verdict is Verdict.CLEARS:
            because = judged.because
            if (
                because is AlertClosed.RECOVERED
                and found.rules[subject.rule_id].kind == AlertKind.METRIC_DROP
            ):
                because = why_recovered(judged.reading, one.base_low)
            closing[one.id] = because, judged.reading
    await _keep(latest)
    rows = await change.find_all(Alert, closing)
    altered: list[Altered] = []
    for key, row in rows.items():
        because, reading = closing[key]
        told: change.Told = ({}, _told(reading) if reading else {})
        values = {"closed_at": now, "closed_because": because}
        altered.append(
            change.alter(access.SERVICE, EventKind.ALERT_CLOSED, row, row.unit_id, told=told, **values)
        )
    await change.write(altered)
    if rows:
        # What has ended before anybody was told of it is not told.
        await db.execute("delete from alert_call where alert_id = any($1)", list(rows))
    return list(rows)


async def _keep(latest: Sequence[AlertEvidence]) -> None:
    if not latest:
        return
    columns = ", ".join(_FIGURES)
    given = ", ".join(f"given.{name}" for name in _FIGURES)
    kept = ", ".join(f"e.{name}" for name in _FIGURES)
    await db.execute(
        f"""
        update alert_evidence e set (at, {columns}) = (given.at, {given})
        from json_populate_recordset(null::alert_evidence, $1::json) given
        where e.alert_id = given.alert_id and e.moment = 'LATEST' and ({kept}) is distinct from ({given})
        """,
        orjson.dumps([row.to_dict() for row in latest], default=str).decode(),
    )


def _evidence(alert_id: UUID, moment: str, reading: Reading, now: datetime) -> AlertEvidence:
    values = {name: getattr(reading, name) for name in _FIGURES}
    return AlertEvidence(id=db.new_id(), alert_id=alert_id, moment=moment, at=now, **values)


def _told(reading: Reading) -> dict[str, Any]:
    return {
        name: str(value) if name in {"value", "base"} else value
        for name in ("value", "n", "base")
        if (value := getattr(reading, name)) is not None
    }


async def acknowledge(viewer: Viewer, wanted: AcknowledgeAlert) -> Alert:
    """That somebody takes care of it, once. Refuses WRONG_STATUS once it has closed, ALREADY_ACKNOWLEDGED where somebody
    else did. Repeating it changes nothing.
    """
    with Checks() as checks:
        note = checks.text(wanted.note, "note", most=REASON, required=False)
    async with db.transaction():
        alert, unit, by = await change.take(Alert, viewer, Right.ASSIGN, wanted.alert_id, None, "alert_id")
        if alert.acknowledged_by == viewer.person:
            return alert
        _require_open(alert)
        if alert.acknowledged_by is not None:
            raise Refused(Code.ALREADY_ACKNOWLEDGED, "alert_id")
        await change.apply(by, EventKind.ALERT_ACKNOWLEDGED, alert, unit.id, **_taken_care_of(viewer, note))
    return alert


async def assign(viewer: Viewer, wanted: AssignAlert) -> list[Task]:
    """One or several tasks for an alert: all of them or, with every problem named, none. Whoever gives them takes care of
    it, where nobody has acknowledged it yet. Refuses WRONG_STATUS once it has closed.
    """
    task_creation.check_number(wanted.tasks)
    async with db.transaction():
        ids, fresh = await idempotency.claim(
            viewer, "assignAlert", wanted.client_mutation_id, wanted, len(wanted.tasks)
        )
        if not fresh:
            return await change.all_again(Task, viewer, ids)
        alert, unit, by = await change.take(Alert, viewer, Right.ASSIGN, wanted.alert_id, None, "alert_id")
        _require_open(alert)
        judged = await task_creation.judge(
            viewer,
            [
                Wanted(new_id, new, at=("tasks", position), alert=alert)
                for position, (new_id, new) in enumerate(zip(ids, wanted.tasks, strict=True))
            ],
        )
        made = task_creation.all_or_refused(judged)
        await task_creation.write(made)
        # Not which: who sees the alert need not see every unit that works on it.
        values = {} if alert.acknowledged_at else _taken_care_of(viewer, "")
        await change.apply(by, EventKind.ALERT_ASSIGNED, alert, unit.id, **values)
    return [one.task for one in made]


def _require_open(alert: Alert) -> None:
    if alert.closed_at is not None:
        raise Refused(Code.WRONG_STATUS, "alert_id", status="CLOSED")


def _taken_care_of(viewer: Viewer, note: str) -> dict[str, Any]:
    return {"acknowledged_at": clock.now(), "acknowledged_by": viewer.person, "note": note}
