import pytest
from argon2 import PasswordHasher

from jejak.domain import password
from tests.graphql.world import World, a_world


@pytest.fixture(autouse=True)
async def _connected(database):
    """Every test of the API starts from a clean database, connected."""


@pytest.fixture(autouse=True)
def _quick_passwords(monkeypatch):
    """What the costs of argon2id are is not the API's to test, and dozens of them are seconds."""
    monkeypatch.setattr(password, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
async def world(_connected) -> World:
    return await a_world()
