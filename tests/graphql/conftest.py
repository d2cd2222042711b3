import os

import pytest

from jejak.domain import completion, relay
from tests import factories as f
from tests.client import Client
from tests.graphql.executors import of_both
from tests.graphql.world import World, a_world
from tests.kept import Kept


@pytest.fixture(autouse=True)
async def _connected(database):
    """Every test of the API starts from a clean database, connected."""


@pytest.fixture(autouse=True)
def _quick(_quick_passwords):
    """What the costs of argon2id are is not the API's to test, and dozens of them are seconds."""


@pytest.fixture(autouse=True)
def _asked_of_both(request, monkeypatch):
    """With EXECUTORS=both every query of every test goes to both executors, save where it is counted what one of them
    does. `make differential` asks for it.
    """
    if os.environ.get("EXECUTORS") == "both" and "validated" not in request.fixturenames:
        monkeypatch.setattr(Client, "send", of_both(Client.send))


@pytest.fixture
async def ulp(database):
    """A unit, of which everything that came before has been carried on."""
    made = await f.a_unit()
    await relay.drain()
    await completion.recompute_all()
    return made


@pytest.fixture(scope="session")
def kept(_cleaner) -> Kept:
    return Kept(_cleaner, a_world)


@pytest.fixture
async def database_url(_clone, _cleaner, kept, request) -> str:
    """As everywhere, but for the world, where that is asked for."""
    await (kept if "world" in request.fixturenames else _cleaner).clean()
    return _clone


@pytest.fixture
async def world(database, kept) -> World:
    return await kept.get()
