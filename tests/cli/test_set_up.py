"""A set-up that cannot work is refused in one line that says what to do."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from jejak.embedded import running
from tests import servers
from tests.cli.process import refusal


@contextmanager
def closed_port() -> Iterator[int]:
    """A port of ours where nobody listens, and nobody else can."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.mark.parametrize("name", ["up", "worker"])
def test_database_out_of_reach(shell, name):
    where = ("--port", 0) if name == "up" else ()
    with closed_port() as port:
        url = f"postgresql://jejak:secret@127.0.0.1:{port}/jejak"
        said = shell.refused(name, *where, DATABASE_URL=url, REDIS_URL="redis://127.0.0.1:1")
    assert "cannot reach the database" in said
    assert "check DATABASE_URL" in said
    assert "secret" not in said
    assert not (shell.folder / "jejak-data").exists()


@pytest.mark.parametrize(
    ("name", "url", "said"),
    [
        ("DATABASE_URL", "mysql://127.0.0.1/jejak", "DATABASE_URL is not a URL of the form postgres"),
        ("REDIS_URL", "http://127.0.0.1:6379", "REDIS_URL is not a URL"),
        ("REDIS_URL", "redis://127.0.0.1:port", "REDIS_URL cannot be read"),
    ],
)
def test_url_that_is_none(shell, name, url, said):
    assert said in shell.refused("up", "--port", 0, **{name: url})
    assert not (shell.folder / "jejak-data").exists()


@dataclass(frozen=True, slots=True)
class WithPassword:
    url: str

    def of(self, user: str, password: str, database: str = "jejak") -> str:
        return f"postgresql://{user}:{password}@/{database}?{urlsplit(self.url).query}"


@pytest.fixture(scope="module")
async def with_password(tmp_path_factory) -> WithPassword:
    """A PostgreSQL that asks `ratna` for a password, and lets her in the database `jejak` but make nothing there."""
    data = tmp_path_factory.mktemp("server")
    async with running(data, valkey=False) as urls:
        assert urls.database_url
        await servers.execute(urls.database_url, "create role ratna login password 'correct'")
        rules = data / "postgres" / "pg_hba.conf"
        rules.write_text(f"local all ratna scram-sha-256\n{rules.read_text()}")
        await servers.execute(urls.database_url, "select pg_reload_conf()")
        yield WithPassword(urls.database_url)


@pytest.mark.parametrize(
    ("password", "database", "said"),
    [
        ("wrong-one", "jejak", 'password authentication failed for user "ratna"'),
        ("correct", "absent", 'database "absent" does not exist'),
        ("correct", "jejak", "the database refused: permission denied for schema public"),
    ],
)
def test_database_that_does_not_let_us_in(shell, with_password, password, database, said):
    ended = shell.run("migrate", DATABASE_URL=with_password.of("ratna", password, database))
    assert said in refusal(ended)
    assert password not in ended.err
