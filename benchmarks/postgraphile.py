"""PostGraphile, installed from its registry where Node 22 or newer is at hand: the program that does nearest to the same."""

import asyncio
import contextlib
import os
import re
import shutil
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from collections.abc import AsyncIterator
from pathlib import Path

import orjson

from benchmarks import load, postgraphile_sql
from benchmarks.contenders import Contender, started
from benchmarks.workloads import Question
from jejak import running
from jejak.domain import db

NAME = "PostGraphile"
VERSION = "5.1.5"
_NODE = (22, 0)
_PROGRAM = Path(__file__).with_name("postgraphile.mjs")


class NotAtHand(Exception):  # noqa: N818 -- said to a person, in one line
    """There is no PostGraphile on this machine, and why."""


async def installed(folder: Path) -> tuple[str, Path]:
    """Node, and the program in the folder with all that it imports. Refuses, by NotAtHand, where there is none."""
    node = os.environ.get("NODE") or shutil.which("node")
    npm = (shutil.which("npm", path=str(Path(node).parent)) if node else None) or shutil.which("npm")
    if node is None or npm is None:
        raise NotAtHand("there is no Node")
    said = await _said(node, "--version")
    found = re.match(r"v(\d+)\.(\d+)", said)
    if found is None or (int(found[1]), int(found[2])) < _NODE:
        raise NotAtHand(f"Node is {said.strip() or 'of no version'}, and PostGraphile needs 22; give NODE=")
    place = folder / f"postgraphile-{VERSION}"
    if not (place / "node_modules" / "postgraphile").exists():
        place.mkdir(parents=True, exist_ok=True)
        (place / "package.json").write_text('{"private": true}')
        await _said(
            npm, "install", "--no-audit", "--no-fund", "--prefix", str(place), f"postgraphile@{VERSION}"
        )
    program = place / _PROGRAM.name
    shutil.copyfile(_PROGRAM, program)
    return node, program


async def _said(*command: str) -> str:
    process = await asyncio.create_subprocess_exec(*command, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT)
    said, _ = await process.communicate()
    if process.returncode != 0:
        lines = said.decode(errors="replace").strip().splitlines() or ["nothing said"]
        raise NotAtHand(f"{Path(command[0]).name} {command[1]} failed: {lines[-1]}")
    return said.decode()


@contextlib.asynccontextmanager
async def postgraphile(database_url: str, node: str, program: Path) -> AsyncIterator[Contender]:
    """Over a copy that may be changed: it is given functions for what a table does not say."""
    async with running.database(database_url):
        for statement in postgraphile_sql.SCREENS:
            await db.execute(statement)

    def request(name: str, question: Question) -> bytes:
        body = {"query": postgraphile_sql.DOCUMENTS[name], "variables": question.plain}
        return load.request("/graphql", orjson.dumps(body), {})

    environment = {"NODE_ENV": "production", "GRAPHILE_ENV": "production"}
    async with started([node, str(program), database_url], environment) as process:
        yield Contender(NAME, process, request, frozenset(postgraphile_sql.DOCUMENTS))
