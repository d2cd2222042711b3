"""What the story is played on: servers of its own, the people in it, and a clock that can be moved."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import httpx
from arq.connections import ArqRedis
from rich.console import Console

from jejak import running
from jejak.demo.client import Client, DemoFailed, expect
from jejak.domain import calendar, clock, programme, working_time
from jejak.settings import Settings

ZONE = "Asia/Pontianak"


@dataclass(slots=True)
class Stage:
    """Who and what the story has so far."""

    console: Console
    http: httpx.AsyncClient
    servers: running.Servers
    rules: working_time.Rules
    people: dict[str, Client]
    units: dict[str, str]
    tasks: dict[str, dict[str, Any]]

    def say(self, text: str) -> None:
        self.console.print(f"  {text}", highlight=False)

    def chapter(self, title: str) -> None:
        self.console.print(f"\n[bold]{title}[/bold]", highlight=False)


@contextlib.asynccontextmanager
async def a_stage(settings: Settings, folder: Path) -> AsyncIterator[Stage]:
    console = Console(width=110)
    console.print("Starting PostgreSQL, Valkey, the API and a worker ...", highlight=False)
    async with contextlib.AsyncExitStack() as stack:
        sock = stack.enter_context(running.listening("127.0.0.1", 0))
        servers = await stack.enter_async_context(running.servers(settings, folder, alone=True))
        await stack.enter_async_context(running.database(servers.database_url))
        prepared = await running.prepare(settings.admin_email)
        if prepared.password is None:
            raise running.CannotRun(f"{folder} already holds a Jejak; the demo needs a new folder")
        rules = await calendar.rules(programme.reference_id("unit", "HQ"))
        move_to(working_morning(rules, clock.today(ZONE)))
        await stack.enter_async_context(running.worker(servers.redis_url, settings))
        await stack.enter_async_context(running.api(settings, sock, servers.redis_url))
        base = f"http://127.0.0.1:{sock.getsockname()[1]}"
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=base, timeout=30))
        admin = Client(http, settings.admin_email, prepared.password)
        yield Stage(console, http, servers, rules, {"admin": admin}, {}, {})


async def run(stage: Stage, name: str = "minute") -> None:
    """Asks the worker for a job that it runs by the clock anyway, and waits for its end."""
    queue = ArqRedis.from_url(stage.servers.redis_url)
    try:
        job = await queue.enqueue_job(name)
        expect(holds=job is not None, told="the worker takes jobs")
        for _ in range(600):
            if job and not await queue.exists(f"arq:job:{job.job_id}"):
                return
            await asyncio.sleep(0.05)
    finally:
        await queue.aclose()
    raise DemoFailed("the worker did not run its job within 30 s")


async def relayed(stage: Stage) -> None:
    """Waits until the worker has carried every event on."""
    await until(stage, "select not exists (select from pending_event)", "the worker carries the events on")


async def until(stage: Stage, holds: str, told: str) -> None:
    """Waits until a statement says so."""
    connection = await asyncpg.connect(dsn=stage.servers.database_url)
    try:
        for _ in range(600):
            if await connection.fetchval(holds):
                return
            await asyncio.sleep(0.05)
    finally:
        await connection.close()
    raise DemoFailed(f"expected within 30 s: {told}")


def working_morning(rules: working_time.Rules, day: date) -> datetime:
    """10:00 in Pontianak on the first working day from `day` on."""
    while not rules.works(day):
        day += timedelta(days=1)
    return datetime(day.year, day.month, day.day, 10, tzinfo=ZoneInfo(ZONE))


def move_to(moment: datetime) -> None:
    clock.shift(moment - clock.now())
