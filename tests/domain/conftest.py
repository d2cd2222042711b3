import pytest


@pytest.fixture(autouse=True)
async def _connected(database):
    """Every test of the domain starts from a clean database, connected."""
