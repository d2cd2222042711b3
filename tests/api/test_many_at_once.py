"""Fifty phones that send the same at once, over real connections: one thing is made, and all are answered alike."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from argon2 import PasswordHasher

from jejak.domain import db, password
from tests.client import Client, as_, document, http
from tests.graphql.test_mutations import MADE
from tests.graphql.world import VALID, a_world

AT_ONCE = 50
ROWS_OF = {
    "createTask": "task",
    "createTasks": "task",
    "assignPainPoint": "task",
    "assignPainPoints": "task",
    "captureJourney": "journey",
    "createPerson": "person",
    "createUnit": "unit",
}
EVENT_OF = {
    "task": "task.created",
    "journey": "journey.captured",
    "person": "person.created",
    "unit": "unit.created",
}


@asynccontextmanager
async def served() -> AsyncIterator[str]:
    """The application on a socket, served by uvicorn in this process."""
    app: Any = http()._transport.app  # type: ignore[attr-defined]
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="warning", ws="none"))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving


async def at_once(url: str, client: Client, mutation: str, given: dict[str, Any]) -> list[Any]:
    """The answers to the same mutation, each over a connection of its own."""
    body = {"query": document(mutation, MADE[mutation]), "variables": {"input": given}}
    limits = httpx.Limits(max_connections=AT_ONCE)
    async with httpx.AsyncClient(
        base_url=url, headers=client.all_headers, limits=limits, timeout=60
    ) as phones:
        answers = await asyncio.gather(*(phones.post("/graphql", json=body) for _ in range(AT_ONCE)))
    assert {answer.status_code for answer in answers} == {200}
    return [answer.json()["data"][mutation] for answer in answers]


async def counted(mutation: str) -> tuple[int, int]:
    """Rows and events of what the mutation makes."""
    table = ROWS_OF[mutation]
    return (
        await db.fetchval(f"select count(*) from {table}"),
        await db.fetchval("select count(*) from event where kind = $1", EVENT_OF[table]),
    )


@pytest.mark.parametrize("connections", [2, 10])
@pytest.mark.parametrize("mutation", ROWS_OF)
async def test_fifty_identical_creates_make_one(database_url, monkeypatch, mutation, connections):
    # given as many database connections as in production, and hardly any
    monkeypatch.setattr(password, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    await db.connect(database_url, max_size=connections)
    try:
        who, given = VALID[mutation](await a_world())
        client, (rows, events) = await as_(who), await counted(mutation)
        async with served() as url:
            # when
            payloads = await at_once(url, client, mutation, given | {"clientMutationId": "phone-1"})
        # then
        assert payloads[0]["errors"] == []
        assert all(payload == payloads[0] for payload in payloads)
        assert await counted(mutation) == (rows + 1, events + 1)
    finally:
        await db.close()
