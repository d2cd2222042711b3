"""How the service is, as headquarters is told: the same as `jejak status` tells."""

import pytest

from jejak.api.queue import Queue
from jejak.domain import channel, db, heartbeat, job_run, operations
from jejak.domain.vocabulary import Channel, Role, UnitKind
from tests import factories as f
from tests.client import SETTINGS, as_, over
from tests.sql import statements

QUERY = """{ operations {
    troubles pendingEvents oldestPendingAt firstEventAt queueLength postgresql databaseMegabytes missingMigrations
    deliveriesWaiting deliveriesDue deliveriesDead channels { channel state since until waiting }
    workers { host pid version startedAt seenAt alive }
    steps { name everySeconds startedAt endedAt succeededAt milliseconds running late failures error }
} }"""


@pytest.fixture(autouse=True)
def _connected(database):
    pass


async def an_administrator(role: Role = Role.ADMIN):
    return await f.a_person(role, await f.reference_unit("HQ"))


async def a_service() -> None:
    await heartbeat.beat(heartbeat.Process(db.new_id(), "app-1", 4711, "0.2.0"))
    run = await job_run.started("relay", 5)
    await job_run.ended("relay", run, 7, OSError("password=secret"))


@pytest.mark.parametrize("role", [Role.ADMIN, Role.PROGRAMME])
async def test_headquarters_is_told_what_status_tells(role):
    # given
    await a_service()
    async with db.transaction():
        await channel.unreachable(Channel.EMAIL, None, "no route", probe=False)
    client = await as_(await an_administrator(role))
    # when
    told = (await client.data(QUERY))["operations"]
    # then
    known = await operations.status(None)
    assert told["troubles"] == known["troubles"]
    assert "VALKEY_AWAY" in told["troubles"]
    assert told["queueLength"] is None
    for name in ("pendingEvents", "firstEventAt", "oldestPendingAt"):
        assert told[name] == known[name]
    assert told["postgresql"] == known["database"]["postgresql"]
    assert told["databaseMegabytes"] == known["database"]["megabytes"]
    for name, count in known["deliveries"].items():
        assert told[f"deliveries{name.capitalize()}"] == count
    assert [one | {"webhook": None, "reason": "no route"} for one in told["channels"]] == known["channels"]
    assert told["workers"] == known["workers"]
    [step], [known_step] = told["steps"], known["steps"]
    assert known_step["error"] == "OSError: password=secret"
    # but no word of what an error said
    assert step == known_step | {"error": "OSError"}


@pytest.mark.parametrize("kind", [UnitKind.UIW, UnitKind.UP3])
async def test_an_administrator_of_a_part_is_told_nothing(kind):
    await a_service()
    client = await as_(await f.a_person(Role.ADMIN, await f.a_unit(kind)))
    assert await client.data(QUERY) == {"operations": None}


@pytest.mark.parametrize("role", [Role.VIEWER, Role.CONTRIBUTOR, Role.MANAGER])
async def test_other_roles_at_headquarters_are_told_nothing(role):
    client = await as_(await an_administrator(role))
    assert await client.data(QUERY) == {"operations": None}


async def test_it_costs_one_statement_however_many_workers_there_are():
    for _ in range(30):
        await a_service()
    client = await as_(await an_administrator())
    async with statements() as counted:
        told = await client.data(QUERY)
    assert len(told["operations"]["workers"]) == 30
    assert len(counted) == 2  # the token, and this


async def test_the_length_of_the_queue_is_told_where_valkey_answers(redis_url):
    from jejak.api.app import create_app  # noqa: PLC0415 -- as in tests.client

    client = await as_(await an_administrator())
    queue = Queue()
    async with queue.on(redis_url), over(create_app(SETTINGS, queue=queue)) as http:
        answer = await http.post(
            "/graphql", json={"query": "{ operations { queueLength } }"}, headers=client.all_headers
        )
    assert answer.json()["data"] == {"operations": {"queueLength": 0}}
