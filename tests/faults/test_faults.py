"""A short run of what `make faults` does for longer, and that its checks see what they look for."""

import asyncio
import socket
from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import pytest

from jejak.channels import outbox
from jejak.domain import clock, completion, relay, reminder
from jejak.domain.tables.task import Task
from jejak.domain.vocabulary import TaskStatus
from jejak.settings import Settings
from tests import factories as f
from tests.faults import checks, deliveries, reminders
from tests.faults.load import Kept, KeptTask
from tests.faults.plan import Kind, plan
from tests.faults.receivers import Receiver, mail_server
from tests.faults.run import BEGINS, children, left, run
from tests.moments import go_to

SEED = 4


async def test_nothing_acknowledged_is_lost_and_nothing_is_done_twice(tmp_path):
    outcome = await run(SEED, 12, 1.2, keep=tmp_path, mornings=5)
    assert outcome.differences == []
    assert outcome.counts["writes acknowledged"] > 20
    assert [kind for kind in Kind if kind not in outcome.counts] == []


def test_a_seed_gives_the_same_plan_again_and_every_kind_comes_before_any_comes_again():
    assert plan(3, 60, 2) == plan(3, 60, 2) != plan(4, 60, 2)
    assert plan(3, 20, 2) == [fault for fault in plan(3, 60, 2) if fault.at < 20]
    assert {fault.kind for fault in plan(SEED, 12, 1.2)} == set(Kind)
    kinds = [fault.kind for fault in plan(3, 60, 2)]
    assert len(kinds) > 2 * len(Kind)
    assert set(kinds[: len(Kind)]) == set(kinds[len(Kind) : 2 * len(Kind)]) == set(Kind)


@pytest.fixture
async def connection(database):
    """Whatever a test damages by it, and whatever keeps it from that, is as it was in the end."""
    connection = await asyncpg.connect(dsn=database)
    damage = connection.transaction()
    await damage.start()
    await connection.execute("set local session_replication_role = replica")
    await connection.execute("alter table notice drop constraint notice_reminder_id_person_id_key")
    yield connection
    await damage.rollback()
    await connection.close()


@pytest.fixture
async def done(database) -> Task:
    """A task that is due on Wednesday, on the Friday after it, when everything has been carried on."""
    go_to(BEGINS)
    made = await f.a_task(
        due_on=BEGINS + timedelta(days=2), title="faults task 1", status=TaskStatus.IN_PROGRESS
    )
    for day in (2, 4):
        go_to(BEGINS + timedelta(days=day))
        await relay.drain()
        await completion.recompute_all()
        await completion.snapshot()
        await reminder.run()
    return made


def kept(task: Task, **changes) -> Kept:
    told = {
        "version": task.version,
        "status": task.status,
        "progress": task.progress,
        "due_on": str(task.due_on),
    }
    one = KeptTask(task.id, task.title, None, **told | changes)
    one.kinds["task.progress_reported"] += 1
    return Kept([one])


async def all_of(found) -> list[str]:
    return [difference async for difference in found]


async def test_where_nothing_went_wrong_no_check_finds_anything(done, connection):
    now = clock.now()
    for check in (
        checks.acknowledged(connection, kept(done)),
        checks.relayed(connection, now),
        checks.completed(connection, now),
        checks.noted(connection, now),
        reminders.differences(connection, now, [], kept(done)),
    ):
        assert await all_of(check) == []


@pytest.mark.parametrize(
    "damage",
    [
        "update task set version = version + 1",
        "update task set progress = 41",
        "delete from task",
        "insert into task select (jsonb_populate_record(t, jsonb_build_object('id', gen_random_uuid()))).* from task t",
    ],
)
async def test_a_write_that_is_lost_or_done_twice_is_found(done, connection, damage):
    await connection.execute(damage)
    assert len(await all_of(checks.acknowledged(connection, kept(done)))) == 1


async def test_history_that_tells_of_more_or_less_than_was_done_is_found(done, connection):
    wrong = kept(done)
    wrong.tasks[0].kinds["task.submitted"] += 1
    [found] = await all_of(checks.acknowledged(connection, wrong))
    assert "its history tells" in found


@pytest.mark.parametrize(
    "damage",
    [
        "delete from feed where topic = 'TASK' and kind = 'task.created'",
        "insert into feed (id, at, topic, kind, subject_id, unit_id) select gen_random_uuid(), at, topic, kind, subject_id, unit_id from feed where kind = 'task.created'",
        "insert into pending_event select min(id) from event",
        "delete from feed where topic = 'NOTICE' and position = (select max(position) from feed where topic = 'NOTICE')",
    ],
)
async def test_an_event_that_is_carried_on_never_or_twice_is_found(done, connection, damage):
    await connection.execute(damage)
    assert len(await all_of(checks.relayed(connection, clock.now()))) == 1


async def test_a_figure_that_is_wrong_is_found(done, connection):
    await connection.execute("update completion set progress_sum = progress_sum + 1 where tasks > 0")
    assert len(await all_of(checks.completed(connection, clock.now()))) == 1


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("delete from notice", "was said {}"),
        (
            "insert into notice select (jsonb_populate_record(n, jsonb_build_object('id', gen_random_uuid(), 'person_id', (select id from person p where p.id <> n.person_id limit 1)))).* from notice n",
            "was said",
        ),
        ("update reminder set outcome = null, settled_at = null where offset_days = 1", "not settled"),
        ("update reminder set outcome = 'FOLDED' where offset_days = 0", "is FOLDED, not SENT"),
        ("update reminder set remind_on = remind_on + 1 where offset_days = 1", "is on"),
        (
            "update reminder set settled_at = settled_at - interval '9 days' where offset_days = 0",
            "before its day",
        ),
        ("delete from reminder where outcome is null or offset_days = 0", "the ledger holds"),
    ],
)
async def test_a_notice_that_is_missing_or_there_twice_is_found(done, connection, damage, said):
    await connection.execute(damage)
    found = await all_of(reminders.differences(connection, clock.now(), [], kept(done)))
    assert any(said in difference for difference in found), found


@pytest.fixture
async def mail(database) -> AsyncIterator[tuple[Task, Receiver]]:
    """A task and a mail server that took what its owner was sent of it."""
    async with mail_server(SEED) as receiver:
        with pytest.MonkeyPatch.context() as environment:
            for name, value in receiver.env.items():
                environment.setenv(name, value)
            outbox.configure(Settings.from_environment())
        go_to(BEGINS)
        await outbox.make()
        made = await f.a_task(
            due_on=BEGINS + timedelta(days=1), title="faults task 1", status=TaskStatus.IN_PROGRESS
        )
        # Within a day, after which e-mail would begin anew.
        go_to(BEGINS + timedelta(days=1), 9)
        await reminder.run()
        await outbox.make()
        await outbox.send()
        yield made, receiver
    outbox.configure(Settings())


async def of_deliveries(mail: tuple[Task, Receiver], connection) -> list[str]:
    made, receiver = mail
    return [
        *await all_of(deliveries.differences(connection, kept(made))),
        *await receiver.differences(connection),
    ]


async def test_what_was_sent_once_is_found_to_be_well(mail, connection):
    assert mail[1].taken.total() == 1
    assert await of_deliveries(mail, connection) == []


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("delete from delivery_notice", "never said"),
        (
            "insert into delivery_notice select (jsonb_populate_record(l, jsonb_build_object('id', gen_random_uuid()))).* from delivery_notice l",
            "is in 2 deliveries",
        ),
        (
            "update delivery set state = 'PENDING', settled_at = null, claim = gen_random_uuid(), leased_until = created_at",
            "claimed until 2027",
        ),
        ("update delivery set state = 'PENDING', settled_at = null", "is PENDING"),
        ("update delivery set state = 'WITHDRAWN'", "there was something to say"),
        ("update delivery_notice set target = gen_random_uuid()", "somebody else's"),
        ("update delivery set id = gen_random_uuid()", "which is no delivery"),
        (
            "insert into delivery select (jsonb_populate_record(d, jsonb_build_object('id', gen_random_uuid()))).* from delivery d",
            "which is said to be delivered",
        ),
    ],
)
async def test_a_delivery_that_is_missing_or_half_done_is_found(mail, connection, damage, said):
    await connection.execute(
        "alter table delivery_notice drop constraint delivery_notice_target_notice_id_key"
    )
    await connection.execute(damage)
    found = await of_deliveries(mail, connection)
    assert any(said in difference for difference in found), found


async def test_processes_and_sockets_that_are_left_are_found(tmp_path):
    before = children()
    assert left(tmp_path, before) == []
    # Given a process that says nothing of the folder, and a socket whose file is gone
    process = await asyncio.create_subprocess_exec("sleep", "60", cwd=tmp_path)
    with socket.socket(socket.AF_UNIX) as gone, socket.socket(socket.AF_UNIX) as there:
        for one, name in ((gone, "gone"), (there, "there")):
            one.bind(str(tmp_path / name))
        (tmp_path / "gone").unlink()
        found = left(tmp_path, before)
    process.kill()
    await process.wait()
    assert f"process {process.pid} is still there, and was not before" in found
    assert f"process {process.pid} is still there: sleep 60" in found
    assert {f"the socket {tmp_path / name} is still there" for name in ("gone", "there")} <= {*found}
    (tmp_path / "there").unlink()
    assert left(tmp_path, before) == []
