"""Digests as webhooks, to a real receiver that may do what it likes."""

import asyncio
import datetime as dt
import json
import socket
from datetime import timedelta
from ipaddress import ip_network
from typing import Any
from uuid import UUID

import pytest
from cryptography import x509
from standardwebhooks import Webhook, WebhookVerificationError

from jejak.channels import outbox, webhook
from jejak.channels.webhook import Posts
from jejak.domain import channel, clock, db, delivery, delivery_making, digest, webhook_target
from jejak.domain import webhook as webhooks
from jejak.domain.vocabulary import Channel
from jejak.domain.webhook import ChangeWebhook, Registered, RegisterWebhook
from jejak.domain.webhook_target import Policy
from jejak.graphql import ids
from jejak.settings import Settings
from tests import factories as f
from tests.channels.conftest import LOOPBACK, Posted, Receiver, a_receiver, answering, certificates
from tests.deliveries import an_owner, attempts_of, choose, state_of, told
from tests.moments import MONDAY, go_to

Told = tuple[Any, Any, Registered, UUID]


async def registered(receiver: Receiver) -> Told:
    """An owner with a webhook and one notice for it, made into a delivery."""
    owner, task = await an_owner()
    viewer = await f.viewer_for(owner)
    await choose(viewer, Channel.EMAIL, enabled=False)
    made = await webhooks.register(viewer, RegisterWebhook(receiver.url))
    await told(owner, task)
    assert await delivery_making.make() == 1
    key = await db.fetchval("select id from delivery where endpoint_id = $1", made.id)
    return owner, task, made, key


def verified(posted: Posted, secret: str) -> Any:
    """As a receiver does it, at the service's time."""
    stamp = posted.headers["webhook-timestamp"]
    assert abs(int(stamp) - clock.now().timestamp()) < 60
    # The library compares with the machine's clock, and tests play at another time.
    at = dt.datetime.fromtimestamp(int(stamp), dt.UTC)
    wanted = Webhook(secret).sign(posted.headers["webhook-id"], at, posted.body.decode())
    if wanted not in posted.headers["webhook-signature"].split(" "):
        raise WebhookVerificationError
    return json.loads(posted.body)


async def said(key: UUID) -> str:
    return await db.fetchval(
        "select said from delivery_attempt where delivery_id = $1 order by nth desc limit 1", key
    )


async def test_a_digest_is_posted_and_signed_by_standard_webhooks(receiver):
    owner, task, made, key = await registered(receiver)
    assert await outbox.send() == 1
    (posted,) = receiver.posted
    assert posted.path == "/hook?x=1"
    assert posted.headers["host"] == receiver.url.split("/")[2]
    assert posted.headers["webhook-id"] == str(key)
    body = verified(posted, made.secret)
    assert body["type"] == "digest"
    data = body["data"]
    assert data["person"] == {"id": ids.encode("Person", owner.id), "name": owner.name, "email": owner.email}
    assert (data["language"], data["timeZone"]) == ("id", "Asia/Jakarta")
    (section,) = data["sections"]
    (line,) = section["lines"]
    assert (section["section"], section["title"]) == ("DUE", "Akan jatuh tempo")
    assert (line["taskId"], line["dueOn"], line["status"], line["kind"]) == (
        ids.encode("Task", task.id),
        "2027-03-04",
        "PLANNED",
        "DUE_SOON",
    )
    assert "Pelatihan PS4" in data["text"]
    assert data["totals"] == {"open": 1, "overdue": 0, "dueThisWeek": 1, "blocked": 0, "toVerify": 0}
    assert await state_of(key) == ("DELIVERED", 1)


async def test_the_signature_is_one_that_the_library_takes(receiver):
    """At the machine's own time, which the library compares with."""
    owner = await f.a_person()
    made = await webhooks.register(await f.viewer_for(owner), RegisterWebhook(receiver.url))
    await webhooks.test(await f.viewer_for(owner), ChangeWebhook(made.id))
    await outbox.send()
    (posted,) = receiver.posted
    assert Webhook(made.secret).verify(posted.body, posted.headers)["type"] == "test"
    with pytest.raises(WebhookVerificationError):
        Webhook(made.secret).verify(posted.body + b" ", posted.headers)


async def test_while_a_secret_is_replaced_both_sign(receiver):
    owner, _, made, _ = await registered(receiver)
    viewer = await f.viewer_for(owner)
    new = await webhooks.rotate(viewer, ChangeWebhook(made.id))
    await outbox.send()
    (posted,) = receiver.posted
    assert verified(posted, made.secret) == verified(posted, new.secret)
    # and after a day only the new one
    clock.shift(webhooks.OVERLAP + timedelta(seconds=1))
    await webhooks.test(viewer, ChangeWebhook(made.id))
    await outbox.send()
    verified(receiver.posted[-1], new.secret)
    with pytest.raises(WebhookVerificationError):
        verified(receiver.posted[-1], made.secret)


async def test_a_failure_is_tried_again_under_the_same_id_and_signed_anew(receiver):
    _, _, made, key = await registered(receiver)
    receiver.answers = [answering(500, b"kaboom\r\n<html>"), answering(200)]
    await outbox.send()
    assert (await state_of(key), await said(key)) == (("PENDING", 1), "HTTP 500")
    assert await db.fetchval("select answer from delivery_attempt") == "kaboom <html>"
    clock.shift(timedelta(seconds=31))
    await outbox.send()
    assert await state_of(key) == ("DELIVERED", 2)
    first, second = receiver.posted
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == str(key)
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]
    verified(second, made.secret)


async def test_who_asks_for_time_is_given_it(receiver):
    _, _, _, key = await registered(receiver)
    receiver.answers = [answering(429, retry_after="3600"), answering(204)]
    await outbox.send()
    clock.shift(timedelta(seconds=3_500))
    assert await outbox.send() == 0
    clock.shift(timedelta(seconds=200))
    assert await outbox.send() == 1
    assert await state_of(key) == ("DELIVERED", 2)


@pytest.mark.parametrize("asked", ["soon", "-1", "Mon, 01 Jan 99999999999999999999 00:00:00 GMT", "9" * 40])
async def test_who_asks_for_time_in_no_words_that_mean_any_is_tried_again_as_ever(receiver, asked):
    _, _, _, key = await registered(receiver)
    receiver.answers = [answering(503, retry_after=asked)]
    await outbox.send()
    assert (await state_of(key), await said(key)) == (("PENDING", 1), "HTTP 503")


async def test_gone_ends_it_at_once(receiver):
    _, _, _, key = await registered(receiver)
    receiver.answers = [answering(410)]
    await outbox.send()
    assert (await state_of(key), await attempts_of(key)) == (("DEAD", 1), ["REFUSED"])


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_not_followed(receiver, status):
    _, _, _, key = await registered(receiver)
    receiver.answers = [answering(status, location=receiver.url + "&again")]
    await outbox.send()
    assert len(receiver.posted) == 1
    assert await said(key) == f"HTTP {status}: redirects are not followed"
    assert (await state_of(key))[0] == "PENDING"


async def hangs(_writer):
    await asyncio.sleep(30)


async def drips(writer):
    """An answer without end, a byte at a time."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while True:
        writer.write(b".")
        await writer.drain()
        await asyncio.sleep(0.05)


async def floods(writer):
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
    while True:
        writer.write(b"x" * 65_536)
        await writer.drain()


async def breaks_off(writer):
    writer.write(b"HTTP/1.1 2")
    writer.close()


async def babbles(writer):
    writer.write(b"220 smtp ready\r\n" * 20)
    await writer.drain()


@pytest.mark.parametrize(
    ("behaves", "state", "words"),
    [
        (hangs, "PENDING", "no answer in 0.3 s"),
        (drips, "PENDING", "no answer in 0.3 s"),
        (floods, "DELIVERED", "HTTP 200"),
        (breaks_off, "PENDING", "the connection broke"),
        (babbles, "PENDING", "the connection broke"),
    ],
)
async def test_a_receiver_that_misbehaves_costs_little(receiver, monkeypatch, behaves, state, words):
    _, _, _, key = await registered(receiver)
    monkeypatch.setattr(outbox, "Posts", lambda: Posts(0.3))
    receiver.answers = [behaves]
    async with asyncio.timeout(5):
        await outbox.send()
    assert (await state_of(key))[0] == state
    assert (await said(key)).startswith(words)
    assert len(await db.fetchval("select answer from delivery_attempt")) <= 200


async def test_a_receiver_that_hangs_does_not_hold_up_the_others(monkeypatch):
    monkeypatch.setattr(outbox, "Posts", lambda: Posts(1))
    outbox.configure(Settings(webhooks=LOOPBACK))
    async with a_receiver() as slow, a_receiver() as quick:
        slow.answers = [hangs]
        await registered(slow)
        await registered(quick)
        clock.shift(timedelta(minutes=1))
        sending = asyncio.create_task(outbox.send())
        await asyncio.wait_for(quick.begun.wait(), 0.8)
        await sending
    assert (len(slow.posted), len(quick.posted)) == (1, 1)


async def test_ten_workers_at_once_post_each_once(receiver):
    _, task, _, _ = await registered(receiver)
    for _ in range(20):
        owner = await f.a_person()
        viewer = await f.viewer_for(owner)
        await webhooks.register(viewer, RegisterWebhook(receiver.url))
        await f.a_role(owner, f.Role.VIEWER, await f.Unit.objects().get(f.Unit.id == task.unit_id))
        await told(owner, task)
    assert await delivery_making.make() >= 20
    await asyncio.gather(*(outbox.send() for _ in range(10)))
    keys = [posted.headers["webhook-id"] for posted in receiver.posted]
    assert len(keys) == len(set(keys)) == 21


async def test_a_worker_that_dies_half_way_leaves_it_to_the_next_under_the_same_id(receiver):
    _, _, _, key = await registered(receiver)
    receiver.answers = [hangs, answering(204)]
    dying = asyncio.create_task(outbox.send())
    await asyncio.wait_for(receiver.begun.wait(), 5)
    dying.cancel()
    await asyncio.wait([dying])
    assert await outbox.send() == 0
    clock.shift(delivery.LEASE + timedelta(seconds=1))
    assert await outbox.send() == 1
    assert [one.headers["webhook-id"] for one in receiver.posted] == [str(key)] * 2
    assert await state_of(key) == ("DELIVERED", 1)


async def test_a_late_success_of_a_worker_that_was_given_up_still_counts(receiver):
    """Its failure does not: somebody else is at it."""
    _, _, _, key = await registered(receiver)
    (old,) = await delivery.claim(Channel.WEBHOOK, 10)
    clock.shift(delivery.LEASE + timedelta(seconds=1))
    (new,) = await delivery.claim(Channel.WEBHOOK, 10)
    await delivery.settle(old, webhook.judged(500, {}, ""))
    assert await state_of(key) == ("PENDING", 0)
    await delivery.settle(old, webhook.judged(200, {}, ""))
    assert await state_of(key) == ("DELIVERED", 1)
    await delivery.settle(new, webhook.judged(500, {}, ""))
    assert (await state_of(key), len(await attempts_of(key))) == (("DELIVERED", 1), 3)


async def test_a_host_that_is_away_is_paused_alone_and_its_owner_is_told(receiver):
    # given one webhook that nobody answers at, and one that works
    owner, _, made, key = await registered(receiver)
    await db.execute("update webhook_endpoint set url = 'http://127.0.0.1:1/hook' where id = $1", made.id)
    async with a_receiver() as other:
        await registered(other)
        for _ in range(3):
            clock.shift(timedelta(minutes=2, seconds=1))
            await outbox.send()
        # then the other one got its own, and this one was looked for
        assert len(other.posted) == 1
    assert (await state_of(key), await attempts_of(key)) == (("PENDING", 0), ["UNREACHABLE"] * 3)
    (state,) = [one for one in await channel.states() if one.channel == "WEBHOOK"]
    assert (state.endpoint_id, state.person_id, state.state, state.waiting) == (
        made.id,
        owner.id,
        "PAUSED",
        1,
    )
    rows = await db.fetch("select person_id, endpoint_id from notice where kind = 'CHANNEL_PAUSED'")
    assert [tuple(row) for row in rows] == [(owner.id, made.id)]


async def test_a_test_is_posted_at_any_hour(receiver):
    owner, _, made, _ = await registered(receiver)
    go_to(MONDAY + timedelta(days=6), 3)
    key = await webhooks.test(await f.viewer_for(owner), ChangeWebhook(made.id))
    assert await outbox.send() == 1
    assert verified(receiver.posted[0], made.secret)["type"] == "test"
    assert await state_of(key) == ("DELIVERED", 1)


async def test_nothing_goes_to_a_webhook_that_was_removed_meanwhile(receiver):
    owner, _, made, key = await registered(receiver)
    (mine,) = await delivery.claim(Channel.WEBHOOK, 10)
    await webhooks.remove(await f.viewer_for(owner), ChangeWebhook(made.id))
    assert await digest.gather([mine]) == {}
    assert (await state_of(key))[0] == "WITHDRAWN"


# Where a name leads is decided by who owns it: asked at registration, and again for every connection.


def leads_to(monkeypatch, **names: str) -> list[str]:
    """Names that the machine's resolver knows for this test; which of them it was asked for."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def resolve(host, port, *args, **more):
        known = names.get(str(host).removesuffix(".").replace(".", "_").replace("-", "_"))
        if known is None:
            return real(host, port, *args, **more)
        asked.append(str(host))
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (known, port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return asked


async def test_a_name_that_leads_inside_later_is_not_followed(receiver, monkeypatch):
    """DNS rebinding: public when it was registered."""
    outbox.configure(Settings(webhooks=Policy((), http=True)))
    leads_to(monkeypatch, hooks_example="1.1.1.1")
    port = receiver.url.split(":")[2].split("/")[0]
    receiver.url = f"http://hooks.example:{port}/"
    _, _, _, key = await registered(receiver)
    leads_to(monkeypatch, hooks_example="127.0.0.1")
    await outbox.send()
    assert receiver.posted == []
    assert (await attempts_of(key), await said(key)) == (["UNREACHABLE"], webhook_target.NOWHERE)


async def test_the_name_is_resolved_once_and_the_address_that_was_looked_at_is_connected_to(monkeypatch):
    asked = leads_to(monkeypatch, hooks_example="127.0.0.1")
    outbox.configure(Settings(webhooks=LOOPBACK))
    async with a_receiver(name="hooks.example") as receiver:
        await registered(receiver)
        asked.clear()
        await outbox.send()
        assert asked == ["hooks.example"]
        assert receiver.posted[0].headers["host"] == receiver.url.split("/")[2]


async def test_tls_speaks_of_the_name_and_checks_it(monkeypatch, tmp_path):
    authority, server = certificates(tmp_path, x509.DNSName("hooks.example"))
    monkeypatch.setattr(outbox, "Posts", lambda: Posts(tls=authority))
    leads_to(monkeypatch, hooks_example="127.0.0.1", other_example="127.0.0.1")
    outbox.configure(Settings(webhooks=Policy((ip_network("127.0.0.0/8"),))))
    async with a_receiver(server, "hooks.example") as right, a_receiver(server, "other.example") as wrong:
        _, _, _, good = await registered(right)
        _, _, _, bad = await registered(wrong)
        clock.shift(timedelta(minutes=1))
        await outbox.send()
    assert (await state_of(good))[0] == "DELIVERED"
    assert await attempts_of(bad) == ["UNREACHABLE"]
    assert "certificate" in await said(bad)


async def test_http_that_is_no_longer_allowed_is_not_used(receiver):
    _, _, _, key = await registered(receiver)
    webhook_target.allow(Policy(LOOPBACK.private))
    await outbox.send()
    assert receiver.posted == []
    assert (await state_of(key))[0] == "DEAD"
