"""Commands run as processes; what they share is made once a worker."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from tests import servers
from tests.cli.process import Process, Shell, Site

ADMIN = "admin@jejak.local"


@pytest.fixture(scope="session")
def _pycache(request) -> Path:
    return Path(request.config.cache.mkdir("pycache"))


@pytest.fixture
def shell(tmp_path, _pycache) -> Shell:
    return Shell(tmp_path, _pycache)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A data folder as a first run leaves it."""

    data: Path
    password: str

    def copy(self, to: Path) -> "Prepared":
        subprocess.run(["cp", "-a", self.data, to], check=True)
        return Prepared(to, self.password)

    async def fetchval(self, sql: str):
        """Asks the database behind the API's back, while somebody runs on the folder."""
        url = json.loads((self.data / "servers.json").read_text())["database_url"]
        connection = await asyncpg.connect(dsn=url)
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()


@pytest.fixture(scope="session")
def _prepared(tmp_path_factory, _pycache) -> Prepared:
    folder = tmp_path_factory.mktemp("prepared")
    said = Shell(folder, _pycache).well("migrate", "--data", folder / "data")
    return Prepared(folder / "data", said.split("password")[1].split()[0])


@pytest.fixture
def prepared(_prepared, tmp_path) -> Prepared:
    """A folder of the test's own, which holds a Jejak that has been run before."""
    return _prepared.copy(tmp_path / "data")


@dataclass(frozen=True, slots=True)
class Up:
    """A `jejak up`, and its administrator."""

    process: Process
    site: Site
    prepared: Prepared


@pytest.fixture(scope="session")
def an_up(_prepared, tmp_path_factory, _pycache) -> Iterator[Up]:
    """One for all tests that only look, or add units of their own."""
    folder = tmp_path_factory.mktemp("up")
    prepared = _prepared.copy(folder / "data")
    with Shell(folder, _pycache).started("up", "--port", 0, "--data", prepared.data) as process:
        address = process.says(r"is up at (\S+)/graphql")
        yield Up(process, Site.of(address, ADMIN, prepared.password), prepared)


@pytest.fixture
async def blank_url(_run, _clone, request):
    """A database of the test servers with nothing in it."""
    name = f"{_run.template}_blank_{abs(hash(request.node.nodeid))}"
    await servers.execute(_run.database_url, f"create database {name} template template0 encoding 'UTF8'")
    yield _run.url_of(name)
    await servers.execute(_run.database_url, f"drop database {name} with (force)")
