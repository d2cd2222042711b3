import pytest
from argon2 import PasswordHasher

from jejak.domain import password


@pytest.fixture(autouse=True)
async def _connected(database):
    """Every test of the domain starts from a clean database, connected."""


@pytest.fixture
def _quick_passwords(monkeypatch):
    """For tests of many passwords, to which the costs of argon2id are nothing."""
    monkeypatch.setattr(password, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    password._nobody.cache_clear()
    yield
    password._nobody.cache_clear()
