"""`clientMutationId`: the same id again returns the first result; another body under it is refused."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, is_dataclass
from typing import Any
from uuid import UUID

import orjson
from asyncpg import Record

from jejak.domain import clock, db
from jejak.domain.access import Viewer
from jejak.domain.errors import Code, Problem, Refused


async def claim(
    viewer: Viewer, mutation: str, client_id: str | None, body: Any, count: int = 1
) -> tuple[list[UUID], bool]:
    """The `count` ids to create under, and whether they are new; not new: the rows exist, return them.

    Of two concurrent claims the second waits for the first one's transaction to end.
    """
    ids = [db.new_id() for _ in range(count)]
    if client_id is None:
        return ids, True
    if not 1 <= len(client_id) <= 100 or not client_id.isprintable():
        raise Refused(Code.INVALID_ID, "client_mutation_id")
    digest = _digest(body)
    inserted = await db.fetchval(
        """
        insert into client_mutation (id, person_id, mutation, client_id, digest, result_ids, created_at)
        values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing returning true
        """,
        db.new_id(),
        viewer.person,
        mutation,
        client_id,
        digest,
        ids,
        clock.now(),
    )
    if inserted:
        return ids, True
    first = await _first(viewer, mutation, client_id)
    if first is None or first["digest"] != digest:
        raise Refused(Code.CLIENT_ID_REUSED, "client_mutation_id")
    return list(first["result_ids"]), False


async def keep_refused(
    viewer: Viewer, mutation: str, client_id: str | None, problems: Sequence[Problem]
) -> None:
    """What a bulk create refused of its rows, inside the transaction that claimed `client_id`."""
    if client_id is None or not problems:
        return
    await db.execute(
        "update client_mutation set refused = $4 where person_id = $1 and mutation = $2 and client_id = $3",
        viewer.person,
        mutation,
        client_id,
        orjson.dumps([asdict(problem) for problem in problems], default=str).decode(),
    )


async def refused(viewer: Viewer, mutation: str, client_id: str | None) -> list[Problem]:
    """What the first call under `client_id` refused of its rows."""
    first = None if client_id is None else await _first(viewer, mutation, client_id)
    kept = orjson.loads(first["refused"]) if first and first["refused"] else []
    return [Problem(Code(one["code"]), tuple(one["path"]), one["values"]) for one in kept]


async def _first(viewer: Viewer, mutation: str, client_id: str) -> Record | None:
    return await db.fetchrow(
        "select digest, result_ids, refused from client_mutation where person_id = $1 and mutation = $2 and client_id = $3",
        viewer.person,
        mutation,
        client_id,
    )


def _digest(body: Any) -> str:
    plain = asdict(body) if is_dataclass(body) and not isinstance(body, type) else body
    return hashlib.sha256(orjson.dumps(plain, default=str, option=orjson.OPT_SORT_KEYS)).hexdigest()
