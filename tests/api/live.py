"""Applications with settings of a test's own: without a socket, and served as `jejak serve` serves them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cache
from typing import Any

import asyncpg
import httpx
from litestar import Litestar

from jejak import running
from jejak.api.app import create_app
from jejak.settings import Settings
from tests.client import SETTINGS, over


@cache
def app(settings: Settings) -> Litestar:
    return create_app(settings)


def limited(**limits: Any) -> Settings:
    """The settings of all tests, with these limits."""
    return replace(SETTINGS, limits=replace(SETTINGS.limits, **limits))


def at(settings: Settings, base_url: str = "http://jejak.test", **transport: Any) -> httpx.AsyncClient:
    return over(app(settings), base_url, **transport)


@asynccontextmanager
async def served(settings: Settings, redis_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """On a port of the loopback interface."""
    with running.listening("127.0.0.1", 0) as sock:
        base = f"http://127.0.0.1:{sock.getsockname()[1]}"
        async with running.api(settings, sock, redis_url), httpx.AsyncClient(base_url=base) as client:
            yield client


@asynccontextmanager
async def locked(database_url: str, table: str) -> AsyncIterator[None]:
    """While this is open nobody else reads or writes the table."""
    connection = await asyncpg.connect(dsn=database_url)
    try:
        async with connection.transaction():
            await connection.execute(f"lock table {table} in access exclusive mode")
            yield
    finally:
        await connection.close()


def code(response: httpx.Response) -> str:
    """Of the one error of an answer."""
    (error,) = response.json()["errors"]
    return str(error["extensions"]["code"])
