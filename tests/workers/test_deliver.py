"""What the ladder says goes out by itself, once, whatever runs twice."""

import asyncio
from datetime import timedelta

import pytest

from jejak.channels import outbox
from jejak.domain import db
from jejak.settings import Settings
from jejak.workers import jobs
from tests.channels.conftest import Mailbox, a_mail_server, by_mail
from tests.deliveries import mail_is_on
from tests.factories import a_person, a_task, a_unit
from tests.moments import MONDAY, go_to
from tests.refusals import unchanged
from tests.workers.conftest import becomes, pending


@pytest.fixture
async def mailbox():
    async with a_mail_server() as box:
        by_mail(box)
        yield box
    outbox.configure(Settings())


async def a_reminder_is_due() -> str:
    go_to(MONDAY)
    await mail_is_on()
    unit = await a_unit()
    owner = await a_person(unit=unit)
    await a_task(unit, owner=owner, due_on=MONDAY + timedelta(days=1))
    return owner.email


async def test_a_reminder_is_mailed_and_running_everything_twice_mails_nothing_more(
    mailbox: Mailbox, queue, burst
):
    email = await a_reminder_is_due()
    for name in ("minute", "deliver"):
        await queue.enqueue_job(name)
        assert await burst() == 0
    assert mailbox.to() == [email]
    for name in ("minute", "deliver"):
        await queue.enqueue_job(name)
    async with unchanged():
        assert await burst() == 0
    assert mailbox.to() == [email]


async def test_on_two_workers_at_once_it_is_mailed_once(mailbox: Mailbox, queue, burst):
    email = await a_reminder_is_due()
    await queue.enqueue_job("minute")
    assert await burst() == 0
    for _ in range(6):
        await queue.enqueue_job("deliver")
    assert await asyncio.gather(burst(), burst()) == [0, 0]
    assert mailbox.to() == [email]


async def test_a_mail_server_that_is_slow_keeps_no_other_job_waiting(
    mailbox: Mailbox, queue, burst, monkeypatch
):
    # Given more batches of mail than a worker has places, and a mail server that takes its time
    go_to(MONDAY)
    await mail_is_on()
    for _ in range(4):
        owner = await a_person(unit=(unit := await a_unit()))
        await a_task(unit, owner=owner, due_on=MONDAY + timedelta(days=1))
    await jobs.minute({})
    monkeypatch.setattr(outbox, "MAILS", 1)
    mailbox.hold = asyncio.Event()
    for _ in range(4):
        await queue.enqueue_job("deliver")
    working = asyncio.create_task(burst())
    await asyncio.wait_for(mailbox.begun.wait(), 10)
    # When something happens meanwhile
    await a_task(unit, owner=owner, due_on=MONDAY + timedelta(days=1))
    await queue.enqueue_job("relay")

    async def is_carried_on() -> bool:
        return await pending() == 0

    # Then it is carried on, and afterwards all mails have gone
    try:
        await becomes(is_carried_on, 5)
        assert mailbox.mails == []
    finally:
        mailbox.hold.set()
        assert await working == 0
    assert len(mailbox.mails) == 4


async def test_a_mail_server_that_is_down_fails_no_job(queue, burst):
    await a_reminder_is_due()
    await jobs.minute({})
    async with a_mail_server() as gone:
        by_mail(gone)
    try:
        await queue.enqueue_job("deliver")
        assert await burst() == 0
    finally:
        outbox.configure(Settings())
    assert await db.fetchval("select state from channel_state where channel = 'EMAIL'") == "PAUSED"
    assert await db.fetchval("select state from delivery") == "PENDING"
