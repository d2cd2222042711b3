"""The databases of a run: built sets, which are kept in the data folder by scale and seed, and copies to be changed."""

import contextlib
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import asyncpg

from benchmarks import dataset
from benchmarks.dataset import Scale
from jejak import running


@contextlib.asynccontextmanager
async def copied(server_url: str, scale: Scale, seed: int) -> AsyncIterator[str]:
    """The URL of a copy of the set, which is gone afterwards. The set is built where it is not there yet."""
    await built(server_url, scale, seed)
    copy = f"bench_{scale.name.lower()}"
    await _do(server_url, f"drop database if exists {copy} with (force)")
    # Writes its files at once, where the other strategy would write each page to the log first.
    await _do(server_url, f"create database {copy} template {_name(scale, seed)} strategy file_copy")
    try:
        yield _at(server_url, copy)
    finally:
        await _do(server_url, f"drop database if exists {copy} with (force)")


async def built(server_url: str, scale: Scale, seed: int) -> None:
    name = _name(scale, seed)
    if await _do(server_url, "select from pg_database where datname = $1", name):
        return
    # Under another name until it is whole: a run that ends half-way leaves nothing that looks like a set.
    await _do(server_url, f"drop database if exists {name}_begun with (force)")
    await _do(server_url, f"create database {name}_begun")
    async with running.database(_at(server_url, f"{name}_begun")):
        await running.prepare("admin@pln.example")
        await dataset.build(scale.value, seed)
    await _do(server_url, f"alter database {name}_begun rename to {name}")
    await _do(server_url, "checkpoint")


def _name(scale: Scale, seed: int) -> str:
    return f"set_{scale.name.lower()}_{seed}"


def _at(server_url: str, name: str) -> str:
    return urlsplit(server_url)._replace(path=f"/{name}").geturl()


async def _do(server_url: str, statement: str, *values: object) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(server_url)
    try:
        rows: list[asyncpg.Record] = await connection.fetch(statement, *values)
        return rows
    finally:
        await connection.close()
