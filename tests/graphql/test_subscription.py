"""What subscriptions tell, and to whom: over a real connection, with a real worker's work."""

import pytest

from jejak.domain import relay
from jejak.domain.vocabulary import Role
from tests import factories as f
from tests.client import as_, gid
from tests.live import an_api

TASKS = "subscription ($unitId: ID, $since: String) { taskChanged(unitId: $unitId, since: $since) { eventId kind task { id progress } } }"


@pytest.fixture
async def live(database, redis_url):
    async with an_api(redis_url) as api:
        yield api


async def test_a_task_that_changes_is_told(live):
    unit = await f.a_unit()
    who = await f.a_person(Role.MANAGER, unit)
    async with live.socket(await as_(who)) as talk:
        key = await talk.begin(TASKS)
        task = await f.a_task(unit)
        await relay.drain()
        told = (await talk.next(key))["taskChanged"]
        assert (told["kind"], told["task"]) == ("TASK_CREATED", {"id": gid(task), "progress": 0})
