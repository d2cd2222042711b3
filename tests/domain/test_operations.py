"""How the service is: told from what the workers note, and from what waits."""

from dataclasses import replace
from datetime import timedelta

import pytest

from jejak.domain import (
    channel,
    clock,
    db,
    delivery_making,
    heartbeat,
    housekeeping,
    job_run,
    operations,
    relay,
)
from jejak.domain.heartbeat import Process
from jejak.domain.migrations.run import known
from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import Channel
from tests.deliveries import a_delivery, an_owner, told
from tests.factories import a_person, a_unit

STEPS = {"relay": 5, "forgetting": 3600}


@pytest.fixture(autouse=True)
def _connected(database):
    pass


def a_process(pid: int = 4711) -> Process:
    return Process(db.new_id(), "app-1", pid, "0.2.0")


async def a_healthy_service() -> Process:
    """A worker that lives and has done each of its steps; nothing waits."""
    await relay.drain()
    living = a_process()
    await heartbeat.beat(living)
    await job_run.known(STEPS)
    for name in STEPS:
        await does(name)
    return living


async def does(name: str, error: Exception | None = None) -> None:
    run = await job_run.started(name, STEPS[name])
    await job_run.ended(name, run, 12, error)


async def step(name: str) -> dict:
    return next(one for one in (await operations.status(0))["steps"] if one["name"] == name)


async def troubles(queue: int | None = 0) -> list[str]:
    told = await operations.status(queue)
    assert told["healthy"] == (not told["troubles"])
    return told["troubles"]


async def test_all_is_well_where_a_worker_lives_and_has_done_its_steps():
    await a_healthy_service()
    told = await operations.status(3)
    assert told["healthy"]
    assert (told["pendingEvents"], told["lagSeconds"], told["queueLength"]) == (0, 0, 3)
    assert told["database"]["missingMigrations"] == []
    assert told["database"]["megabytes"] > 0
    [worker] = told["workers"]
    assert (worker["host"], worker["pid"], worker["version"], worker["alive"]) == (
        "app-1",
        4711,
        "0.2.0",
        True,
    )
    assert [(one["name"], one["everySeconds"], one["milliseconds"]) for one in told["steps"]] == [
        ("forgetting", 3600, 12),
        ("relay", 5, 12),
    ]
    assert not any(one["running"] or one["late"] or one["failures"] for one in told["steps"])


async def test_events_that_wait_are_counted_and_are_no_trouble_at_first():
    await a_healthy_service()
    await a_unit()
    waiting = await db.fetchval("select count(*) from pending_event")
    clock.shift(timedelta(seconds=20))
    told = await operations.status(0)
    assert told["troubles"] == []
    assert told["pendingEvents"] == waiting > 0
    assert 20 <= told["lagSeconds"] < 25


async def test_events_that_wait_for_longer_than_a_minute_are_a_trouble():
    living = await a_healthy_service()
    await a_unit()
    clock.shift(timedelta(seconds=61))
    await heartbeat.beat(living)
    await does("relay")
    assert await troubles() == ["EVENTS_WAIT"]
    await relay.drain()
    assert await troubles() == []


async def test_a_worker_that_is_killed_is_shown_as_silent_and_forgotten_in_the_end():
    living, killed = await a_healthy_service(), a_process(815)
    await heartbeat.beat(killed)
    clock.shift(timedelta(seconds=31))
    await heartbeat.beat(living)
    told = await operations.status(0)
    # Another does its work: nobody has to come for it.
    assert told["troubles"] == []
    assert [(one["pid"], one["alive"]) for one in told["workers"]] == [(4711, True), (815, False)]
    clock.shift(timedelta(minutes=60))
    await heartbeat.beat(living)
    await housekeeping.forget_old()
    assert [one["pid"] for one in (await operations.status(0))["workers"]] == [4711]


async def test_without_a_living_worker_that_is_the_trouble():
    living = await a_healthy_service()
    clock.shift(timedelta(seconds=31))
    assert await troubles() == ["NO_WORKER"]
    # Whoever was only asleep is known again
    await heartbeat.beat(living)
    assert await troubles() == []
    await heartbeat.end(living)
    assert await troubles() == ["NO_WORKER"]


async def test_two_processes_with_one_number_are_two():
    one = a_process()
    await heartbeat.beat(one)
    await heartbeat.beat(replace(one, id=db.new_id()))
    await heartbeat.end(one)
    assert len((await operations.status(0))["workers"]) == 1


async def test_a_step_that_has_missed_two_runs_is_late():
    living = await a_healthy_service()
    clock.shift(timedelta(seconds=69))
    await heartbeat.beat(living)
    assert not (await step("relay"))["late"]
    clock.shift(timedelta(seconds=2))
    assert (await step("relay"))["late"]
    assert not (await step("forgetting"))["late"]
    assert await troubles() == ["STEP_LATE"]
    await does("relay")
    assert await troubles() == []


async def test_a_step_that_only_fails_is_late_as_well_and_one_that_never_ran_from_when_it_was_known():
    living = await a_healthy_service()
    await job_run.known(STEPS | {"new": 60})
    clock.shift(timedelta(seconds=179))
    await heartbeat.beat(living)
    await does("relay", OSError("the disk is full"))
    assert (await step("relay"))["late"]
    assert not (await step("new"))["late"]
    clock.shift(timedelta(seconds=2))
    assert (await step("new"))["late"]


async def test_failures_are_counted_one_after_the_other_and_the_third_is_a_trouble():
    await a_healthy_service()
    for count in (1, 2, 3):
        assert await troubles() == []
        await does("relay", OSError("the disk is full\nand this is the second line"))
        told = await step("relay")
        assert (told["failures"], told["error"]) == (count, "OSError: the disk is full")
    assert await troubles() == ["STEP_FAILS"]
    await does("relay")
    assert await troubles() == []
    assert (await step("relay"))["error"] is None


async def test_a_step_that_dies_half_way_has_started_and_not_ended():
    await a_healthy_service()
    before = await step("relay")
    clock.shift(timedelta(seconds=5))
    await job_run.started("relay", 5)
    told = await step("relay")
    assert told["running"]
    assert told["startedAt"] > before["startedAt"]
    assert told["endedAt"] == before["endedAt"]
    # The next run sets it right
    await does("relay")
    assert not (await step("relay"))["running"]


async def test_of_two_runs_at_once_the_one_that_has_not_ended_is_seen():
    await a_healthy_service()
    first, second = await job_run.started("relay", 5), await job_run.started("relay", 5)
    await job_run.ended("relay", first, 1)
    assert (await step("relay"))["running"]
    await job_run.ended("relay", second, 1)
    assert not (await step("relay"))["running"]


async def test_e_mail_that_is_paused_is_a_trouble_and_somebodys_webhook_is_only_shown():
    # given deliveries that wait, one of them not yet due, and a dead one
    owner, task = await an_owner()
    later, dead = [await a_person(unit=await a_unit()) for _ in range(2)]
    await a_delivery(owner, task)
    for one in (later, dead):
        await told(one, task, unit=await Unit.objects().get(Unit.id == task.unit_id))
    await delivery_making.make()
    await db.execute(
        "update delivery set next_attempt_at = $2 where person_id = $1",
        later.id,
        clock.now() + timedelta(hours=1),
    )
    await db.execute("update delivery set state = 'DEAD', settled_at = now() where person_id = $1", dead.id)
    await a_healthy_service()
    assert await troubles() == []
    # when e-mail and a webhook are out of reach
    hook = db.new_id()
    await db.execute(
        "insert into webhook_endpoint (id, person_id, url, secret, created_at) values ($1, $2, 'https://x', 'w', now())",
        hook,
        owner.id,
    )
    async with db.transaction():
        await channel.unreachable(Channel.WEBHOOK, hook, "HTTP 502", probe=False)
    assert await troubles() == []
    async with db.transaction():
        await channel.unreachable(Channel.EMAIL, None, "no route to host", probe=False)
    # then
    told_ = await operations.status(0)
    assert told_["troubles"] == ["EMAIL_PAUSED"]
    assert told_["deliveries"] == {"waiting": 2, "due": 1, "dead": 1}
    assert [
        (one["channel"], one["webhook"], one["state"], one["reason"], one["waiting"])
        for one in told_["channels"]
    ] == [
        ("EMAIL", None, "PAUSED", "no route to host", 2),
        ("WEBHOOK", str(hook), "PAUSED", "HTTP 502", 0),
    ]
    async with db.transaction():
        await channel.reached(Channel.EMAIL, None)
    assert await troubles() == []


async def test_steps_of_another_version_are_forgotten_and_the_others_keep_what_is_known_of_them():
    await a_healthy_service()
    before = await step("relay")
    await job_run.known({"relay": 10})
    told = await operations.status(0)
    assert told["steps"] == [before | {"everySeconds": 10}]


async def test_without_valkey_that_is_said_and_the_rest_as_well():
    await a_healthy_service()
    assert await troubles(None) == ["VALKEY_AWAY"]
    await db.execute("delete from migration where name = $1", known()[-1])
    try:
        assert await troubles(None) == ["MIGRATIONS_MISSING", "VALKEY_AWAY"]
        assert (await operations.status(0))["database"]["missingMigrations"] == [known()[-1]]
    finally:
        await db.execute(
            "insert into migration (name, app_name, ran_on) values ($1, 'jejak', now())", known()[-1]
        )


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(), "OSError"),
        (ExceptionGroup("some", [ExceptionGroup("inner", [KeyError("x")])]), "KeyError: 'x'"),
        (ValueError("a\x00b" + "c" * 600), "ValueError: ab" + "c" * (500 - len("ValueError: ab"))),
    ],
)
def test_an_error_is_its_class_and_its_first_line(error, told):
    assert job_run.said(error) == told
