"""R13: every change is an event, written in the same transaction; the relay carries it on after the commit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson

from jejak.domain import clock, db
from jejak.domain.access import Allowed
from jejak.domain.event_kind import EventKind

_listeners: list[Callable[[], None]] = []


def on_commit(listener: Callable[[], None]) -> None:
    """Registers a wake-up to be called after each commit that held events. It carries no truth: losing it is safe."""
    if listener not in _listeners:
        _listeners.append(listener)


def forget(listener: Callable[[], None]) -> None:
    _listeners.remove(listener)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID | date | datetime | Decimal) else value


@dataclass(frozen=True, slots=True)
class Happened:
    """What happened to `subject` (its table and id)."""

    by: Allowed
    kind: str  # an EventKind, or the action that it is the value of
    subject: tuple[str, UUID]
    unit_id: UUID | None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


async def append(
    by: Allowed,
    kind: str,
    subject: tuple[str, UUID],
    unit_id: UUID | None,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Records what happened inside the open transaction."""
    await append_all([Happened(by, kind, subject, unit_id, before, after)])


async def append_all(events: Sequence[Happened], change: tuple[str, str] | None = None) -> None:
    """The same for several events, in their order, by one statement.

    `change` is what they tell of, where it is to be made by the very statement: SQL that takes a text as $9, and the text.
    """
    if not events:
        return
    await db.execute(
        f"""
        with {f"changed as ({change[0]}), " if change else ""}told as (
            select * from unnest($2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::uuid[], $7::text[], $8::text[])
                with ordinality told (actor_id, kind, subject_type, subject_id, unit_id, before, after, place)
        ), happened as (
            -- Whoever appends holds the subject's row, so that counting its events is safe.
            insert into event (nth, at, actor_id, kind, subject_type, subject_id, unit_id, before, after)
            select
                coalesce((select max(nth) from event earlier where earlier.subject_id = told.subject_id), 0)
                    + row_number() over (partition by told.subject_id order by told.place),
                $1, actor_id, kind, subject_type, subject_id, unit_id, before::json, after::json
            from told order by place returning id
        )
        insert into pending_event (event_id) select id from happened
        """,
        clock.now(),
        [one.by.viewer.person_id for one in events],
        [EventKind(one.kind).value for one in events],
        [one.subject[0] for one in events],
        [one.subject[1] for one in events],
        [one.unit_id for one in events],
        [_json(one.before) for one in events],
        [_json(one.after) for one in events],
        *([change[1]] if change else ()),
    )
    for listener in _listeners:
        db.after_commit(listener)


def _json(told: Mapping[str, Any] | None) -> str | None:
    return None if told is None else orjson.dumps(told, default=_plain).decode()
