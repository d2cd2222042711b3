"""R6 once more: by e-mail and by every webhook each notice is said once, in one delivery that has come to its end."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from typing import Any

import asyncpg

from tests.faults.load import Kept

_AWAITED = {"PLANNED", "IN_PROGRESS", "RETURNED", "BLOCKED"}
# While its task is in one of these states a notice asks for something. Others are said whatever happens.
_ASKS = {
    "DUE_SOON": _AWAITED,
    "DUE_TODAY": _AWAITED,
    "OVERDUE": _AWAITED,
    "ESCALATED": _AWAITED,
    "BLOCKED": {"BLOCKED"},
    "AWAITING_VERIFICATION": {"SUBMITTED"},
}


async def untold(connection: asyncpg.Connection) -> list[tuple[Any, Any]]:
    """Targets and notices that are due there, and in no delivery."""
    targets: dict[Any, list[tuple[Any, Any]]] = defaultdict(list)
    began_at = await connection.fetchval("select began_at from channel_state where channel = 'EMAIL'")
    for row in await connection.fetch("select id from person"):
        targets[row["id"]].append((row["id"], began_at))
    for row in await connection.fetch("select id, person_id, created_at from webhook_endpoint"):
        targets[row["person_id"]].append((row["id"], row["created_at"]))
    told = {
        (row["target"], row["notice_id"])
        for row in await connection.fetch("select target, notice_id from delivery_notice")
    }
    return [
        (target, row["id"])
        for row in await connection.fetch("select id, person_id, created_at from notice")
        for target, since in targets[row["person_id"]]
        if row["created_at"] >= since and (target, row["id"]) not in told
    ]


async def differences(connection: asyncpg.Connection, kept: Kept) -> AsyncIterator[str]:
    """After mornings enough that everything could be said."""
    for target, notice in await untold(connection):
        yield f"the notice {notice} was never said to {target}"
    ledger: dict[Any, list[Any]] = defaultdict(list)
    said: Counter[Any] = Counter()
    for row in await connection.fetch(
        "select l.delivery_id, l.target, n.id, n.kind, n.task_id, n.person_id from delivery_notice l join notice n on n.id = l.notice_id"
    ):
        ledger[row["delivery_id"]].append(row)
        said[row["target"], row["id"]] += 1
    for (target, notice), times in said.items():
        if times > 1:
            yield f"the notice {notice} is in {times} deliveries to {target}"
    held = {task.id: set(task.statuses) for task in kept.tasks}
    for row in await connection.fetch("select * from delivery"):
        notices = ledger[row["id"]]
        name = f"the delivery {row['id']} by {row['channel']}"
        if row["claim"] or row["leased_until"] or row["state"] not in {"DELIVERED", "WITHDRAWN"}:
            yield f"{name} is {row['state']} after {row['attempts']} attempts, claimed until {row['leased_until']}"
        if not notices or {(one["target"], one["person_id"]) for one in notices} != {
            (row["target"], row["person_id"])
        }:
            yield f"{name} is empty, or somebody else's"
        # Nothing is left to say once its tasks went on, or its channel was in reach again.
        if row["state"] == "WITHDRAWN" and not all(
            one["kind"] == "CHANNEL_PAUSED" or held[one["task_id"]] - _ASKS[one["kind"]] for one in notices
        ):
            yield f"{name} was withdrawn, and there was something to say"
