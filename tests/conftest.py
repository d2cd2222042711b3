"""Real servers, one clean database for every test that asks for it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import asdict

import pytest
from argon2 import PasswordHasher
from hypothesis import HealthCheck, Phase, settings

from jejak.domain import clock, password
from tests import servers

# Deliberately: an example that needs a clean database cleans it itself, with the fixture `clean`.
settings.register_profile(
    "jejak",
    deadline=None,
    max_examples=25,
    # Without Phase.explain, which costs minutes where every example fills a database.
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("jejak")

_ending = pytest.StashKey[ExitStack]()
_start = pytest.StashKey[object]()


def pytest_configure(config):
    if not hasattr(config, "workerinput"):
        config.stash[_ending] = ExitStack()
        config.stash[_start] = config.stash[_ending].enter_context(servers.stopped_at_the_end())


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    """In xdist's controller: the workers are told where its servers are."""
    node.workerinput["run"] = asdict(node.config.stash[_start]())


def pytest_unconfigure(config):
    if _ending in config.stash:
        config.stash[_ending].close()


@pytest.fixture(scope="session")
def _run(request) -> servers.Run:
    given = getattr(request.config, "workerinput", None)
    return servers.Run(**given["run"]) if given else request.config.stash[_start]()


@pytest.fixture(scope="session")
async def _clone(_run, request) -> AsyncIterator[str]:
    worker = getattr(request.config, "workerinput", {}).get("workerid", "alone")
    async with servers.a_clone(_run, worker) as url:
        yield url


@pytest.fixture(scope="session")
async def _cleaner(_clone) -> AsyncIterator[servers.Cleaner]:
    async with servers.Cleaner.of(_clone) as cleaner:
        yield cleaner


@pytest.fixture(scope="session")
async def _redis(_run) -> AsyncIterator[str]:
    async with servers.a_redis(_run) as url:
        yield url


@pytest.fixture
async def database_url(_clone, _cleaner) -> str:
    """The worker's own database: migrated, with reference data and nothing else. Nothing is connected to it yet."""
    await _cleaner.clean()
    return _clone


@pytest.fixture(scope="session")
async def _pool(_clone) -> AsyncIterator[servers.Pool]:
    pool = servers.Pool(_clone)
    yield pool
    await pool.close()


@pytest.fixture
async def database(database_url, _pool) -> AsyncIterator[str]:
    """As `database_url`, and the domain is connected to it."""
    await _pool.lend()
    yield database_url
    await _pool.take_back()


@pytest.fixture
async def live(database):
    """The API behind a real socket."""
    from tests.following import an_api  # noqa: PLC0415 -- slow, and most tests do without it

    async with an_api() as api:
        yield api


@pytest.fixture
def clean(_cleaner):
    """A function to call at the start of every hypothesis example: the database as it was at the start of the test."""
    return _cleaner.clean


@pytest.fixture
async def redis_url(_redis) -> str:
    """An empty numbered database that no other worker uses."""
    await servers.empty(_redis)
    return _redis


@pytest.fixture(autouse=True)
def _clock_in_time() -> Iterator[None]:
    yield
    clock.shift(-clock.shifted())


@pytest.fixture
def _quick_passwords(monkeypatch):
    """For tests of many passwords, to which the costs of argon2id are nothing."""
    monkeypatch.setattr(password, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    password._nobody.cache_clear()
    yield
    password._nobody.cache_clear()
