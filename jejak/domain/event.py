"""R13: every change is an event, written in the same transaction; the relay carries it on after the commit."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

from jejak.domain import clock, db
from jejak.domain.access import Allowed
from jejak.domain.vocabulary import EventKind

_listeners: list[Callable[[], None]] = []


def on_commit(listener: Callable[[], None]) -> None:
    """Registers a wake-up to be called after each commit that held events. It carries no truth: losing it is safe."""
    if listener not in _listeners:
        _listeners.append(listener)


def forget(listener: Callable[[], None]) -> None:
    _listeners.remove(listener)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID | date | datetime) else value


async def append(
    by: Allowed,
    kind: str,  # an EventKind, or the action that it is the value of
    subject: tuple[str, UUID],
    unit_id: UUID | None,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Records what happened to `subject` (its table and id) inside the open transaction."""
    as_json = [None if d is None else orjson.dumps(d, default=_plain).decode() for d in (before, after)]
    await db.execute(
        """
        with happened as (
            -- Whoever appends holds the subject's row, so that counting its events is safe.
            insert into event (nth, at, actor_id, kind, subject_type, subject_id, unit_id, before, after)
            select coalesce(max(nth), 0) + 1, $1, $2, $3, $4, $5, $6, $7, $8 from event where subject_id = $5 returning id
        )
        insert into pending_event (event_id) select id from happened
        """,
        clock.now(),
        by.viewer.person_id,
        EventKind(kind),
        *subject,
        unit_id,
        *as_json,
    )
    for listener in _listeners:
        db.after_commit(listener)
