"""While the database is away, a caller is told to come back, and not that the service has a fault."""

import asyncio
import logging
from contextlib import suppress
from urllib.parse import parse_qs, urlsplit

import pytest

from jejak.domain import db
from jejak.domain.vocabulary import Role
from tests import factories as f
from tests.client import as_, http

QUERY = {"query": "{ steps { number } }"}
MUTATION = {"query": "mutation { setLanguage(input: {language: EN}) { errors { code } } }"}


class Way:
    """The way to the database, which can be closed in the middle of everything."""

    def __init__(self, url: str) -> None:
        self._parts, self._writers = urlsplit(url), set()
        self.closed = False

    def url_by(self, folder) -> str:
        netloc = f"{self._parts.username or ''}@"
        return self._parts._replace(netloc=netloc, query=f"host={folder}&port=5432").geturl()

    async def pass_on(self, reader, writer) -> None:
        if self.closed:
            writer.close()
            return
        host = parse_qs(self._parts.query).get("host", [""])[0]
        there = await (
            asyncio.open_unix_connection(f"{host}/.s.PGSQL.5432")
            if host
            else asyncio.open_connection(self._parts.hostname, self._parts.port or 5432)
        )
        self._writers |= {writer, there[1]}
        await asyncio.gather(self._copy(reader, there[1]), self._copy(there[0], writer))

    @staticmethod
    async def _copy(reader, writer) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        writer.close()

    def close(self) -> None:
        self.closed = True
        for writer in self._writers:
            writer.transport.abort()


@pytest.fixture
async def way(database_url, tmp_path_factory):
    """Connected by a way that the test may close."""
    folder = tmp_path_factory.mktemp("way")
    way = Way(database_url)
    async with await asyncio.start_unix_server(way.pass_on, folder / ".s.PGSQL.5432"):
        await db.connect(way.url_by(folder), max_size=5)
        yield way
        way.close()
        db.DB.pool.terminate()
        with suppress(*db.OUT_OF_REACH):
            async with asyncio.timeout(5):
                await db.close()


@pytest.mark.parametrize("body", [QUERY, MUTATION], ids=["query", "mutation"])
async def test_it_is_said_before_anything_is_read(way, caplog, body):
    client = await as_(await f.a_person(Role.VIEWER))
    way.close()
    response = await http().post("/graphql", json=body, headers=client.all_headers)
    assert response.status_code == 503
    assert int(response.headers["retry-after"]) > 0
    assert [error["extensions"]["code"] for error in response.json()["errors"]] == ["UNAVAILABLE"]
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
    assert "the database is out of reach" in caplog.text


async def test_it_is_said_in_the_middle_of_a_request(way, monkeypatch, caplog):
    client = await as_(await f.a_person(Role.VIEWER))
    real = db.fetchrow

    async def closes(*args, **more):
        way.close()
        return await real(*args, **more)

    monkeypatch.setattr(db, "fetchrow", closes)
    response = await http().post("/graphql", json=QUERY, headers=client.all_headers)
    assert [error["extensions"]["code"] for error in response.json()["errors"]] == ["UNAVAILABLE"]
    assert response.json()["data"] is None
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_what_cannot_be_written_is_our_mistake_and_not_the_databases():
    assert not db.is_away(db.asyncpg.DataError("invalid input for query argument $1"))
    assert not db.is_away(KeyError("x"))
    assert db.is_away(db.asyncpg.InterfaceError("connection is closed"))
    assert db.is_away(ConnectionRefusedError())
