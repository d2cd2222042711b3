"""Digests by e-mail, to a real server."""

import asyncio
import logging
from datetime import timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509

from jejak.channels import mail, outbox
from jejak.domain import channel, clock, db, delivery, delivery_making, delivery_rules, digest, person
from jejak.domain.access import SYSTEM
from jejak.domain.person import RevokeRole
from jejak.domain.tables.person import Membership
from jejak.domain.vocabulary import Language, Role, TaskStatus
from jejak.settings import Mail, Settings
from tests import factories as f
from tests.channels.conftest import a_mail_server, by_mail, certificates, logs_in
from tests.deliveries import a_delivery, an_owner, attempts_of, last, state_of, told
from tests.moments import MONDAY, go_to

CLEAR = "ignore:Requiring AUTH while not requiring TLS:UserWarning"


async def test_a_digest_is_text_and_html_in_the_persons_language(mailbox):
    # given tasks of every kind of section
    owner, task = await an_owner(name="Sri & <b>Co</b>")
    unit = await f.Unit.objects().get(f.Unit.id == task.unit_id)
    await told(owner, task)
    blocked = await f.a_task(unit, owner=owner, title="Ganti <trafo>\nlama", status=TaskStatus.BLOCKED)
    await told(owner, blocked, "BLOCKED")
    await delivery_making.make()
    # when
    await outbox.send()
    # then
    (one,) = mailbox.mails
    key = await last(owner)
    assert one["To"].addresses[0].addr_spec == owner.email
    assert one["From"].addresses[0].display_name == "Jejak"
    assert one["Message-ID"] == f"<{key}@pln.example>"
    assert one["Auto-Submitted"] == "auto-generated"
    assert one["Subject"] == "Jejak: 1 akan jatuh tempo, 1 terhambat"
    assert one.get_content_type() == "multipart/alternative"
    text, html = (part.get_content() for part in one.iter_parts())
    assert f"- Pelatihan PS4 ({unit.name}, jatuh tempo 4 Maret 2027, belum dimulai)" in text
    assert "- Ganti <trafo> lama (" in text
    assert (
        "Tugas Anda saat ini: 2 terbuka, 0 lewat jatuh tempo, 1 jatuh tempo dalam 7 hari, 1 terhambat."
        in text
    )
    assert "Ganti &lt;trafo&gt; lama" in html
    assert "Sri &amp; &lt;b&gt;Co&lt;/b&gt;" in html
    assert "<b>" not in html
    assert (await state_of(key), await attempts_of(key)) == (("DELIVERED", 1), ["DELIVERED"])


async def test_who_speaks_english_is_written_to_in_english(mailbox):
    owner, task = await an_owner(language=Language.EN)
    await a_delivery(owner, task)
    await outbox.send()
    (one,) = mailbox.mails
    assert one["Subject"] == "Jejak: 1 due soon"
    assert one["Content-Language"] == "en"
    assert "due on 4 March 2027, not started" in one.get_body(("plain",)).get_content()


async def test_with_a_public_address_there_is_a_way_to_end_it_in_one_click(mailbox):
    by_mail(mailbox, public_url="https://jejak.example")
    owner, task = await an_owner()
    key = await a_delivery(owner, task)
    await outbox.send()
    (one,) = mailbox.mails
    assert one["List-Unsubscribe"].strip() == f"<https://jejak.example/unsubscribe/{key}>"
    assert one["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f"https://jejak.example/unsubscribe/{key}" in one.get_body(("plain",)).get_content()


async def test_what_is_said_is_what_is_true_when_it_is_sent(mailbox):
    # given a notice that a task is due soon, which is overdue by the time it is sent
    owner, task = await an_owner()
    await a_delivery(owner, task)
    go_to(MONDAY + timedelta(days=4))
    await outbox.send()
    assert [one["Subject"] for one in mailbox.mails] == ["Jejak: 1 lewat jatuh tempo"]


async def test_what_is_done_by_then_is_not_said(mailbox):
    owner, task = await an_owner()
    key = await a_delivery(owner, task)
    manager = await f.a_viewer(Role.MANAGER, await f.Unit.objects().get(f.Unit.id == task.unit_id))
    await f.bring(task, TaskStatus.SUBMITTED, owner=await f.viewer_for(owner), manager=manager)
    await outbox.send()
    assert mailbox.mails == []
    assert (await state_of(key), await attempts_of(key)) == (("WITHDRAWN", 0), [])


async def test_who_no_longer_sees_a_task_is_told_nothing_of_it(mailbox):
    # given somebody with a task at one unit, who also sees another
    owner, task = await an_owner()
    elsewhere = await f.a_unit()
    other = await f.a_task(elsewhere, title="Rahasia", due_on=MONDAY + timedelta(days=2))
    await f.a_role(owner, Role.VIEWER, elsewhere)
    await told(owner, other)
    await a_delivery(owner, task)
    # when that role ends before it is sent
    role = await Membership.objects().get(
        (Membership.person_id == owner.id) & (Membership.unit_id == elsewhere.id)
    )
    await person.revoke(SYSTEM, RevokeRole(role.id))
    await outbox.send()
    # then
    (one,) = mailbox.mails
    assert one["Subject"] == "Jejak: 1 akan jatuh tempo"
    assert "Rahasia" not in one.as_string()
    assert elsewhere.name not in one.as_string()


async def test_many_mails_take_one_connection(mailbox):
    _, task = await an_owner()
    people = [await f.a_person(unit=await f.Unit.objects().get(f.Unit.id == task.unit_id)) for _ in range(20)]
    for who in people:
        await told(who, task)
    assert await delivery_making.make() == 20
    assert await outbox.send() == 20
    assert mailbox.to() == sorted(who.email for who in people)
    assert mailbox.connections == 1


async def test_ten_workers_at_once_send_each_once(mailbox):
    _, task = await an_owner()
    unit = await f.Unit.objects().get(f.Unit.id == task.unit_id)
    people = [await f.a_person(unit=unit) for _ in range(30)]
    for who in people:
        await told(who, task)
    assert await delivery_making.make() == 30
    await asyncio.gather(*(outbox.send() for _ in range(10)))
    assert mailbox.to() == sorted(who.email for who in people)
    assert await db.fetchval("select count(*) from delivery where state = 'DELIVERED'") == 30


async def test_an_address_that_is_refused_ends_at_once_and_the_others_go_out(mailbox):
    owner, task = await an_owner()
    key = await a_delivery(owner, task)
    other = await f.a_person(unit=await f.Unit.objects().get(f.Unit.id == task.unit_id))
    await told(other, task)
    await delivery_making.make()
    mailbox.says = lambda to: "550 5.1.1 No such user" if to == owner.email else None
    await outbox.send()
    assert (await state_of(key), await attempts_of(key)) == (("DEAD", 1), ["REFUSED"])
    assert (
        await db.fetchval("select said from delivery_attempt where delivery_id = $1", key)
        == "550 5.1.1 No such user"
    )
    assert mailbox.to() == [other.email]
    assert mailbox.connections == 1


async def test_an_address_that_is_deferred_is_tried_later_under_the_same_id(mailbox):
    owner, task = await an_owner()
    key = await a_delivery(owner, task)
    mailbox.says = lambda _: "450 4.2.1 Try again later"
    await outbox.send()
    assert (await state_of(key), await attempts_of(key)) == (("PENDING", 1), ["FAILED"])
    mailbox.says = lambda _: None
    # not at once
    await db.execute("update delivery set next_attempt_at = $1", clock.now() + timedelta(seconds=20))
    assert await outbox.send() == 0
    clock.shift(timedelta(seconds=31))
    assert await outbox.send() == 1
    assert (await state_of(key), await attempts_of(key)) == (("DELIVERED", 2), ["FAILED", "DELIVERED"])
    assert [one["Message-ID"] for one in mailbox.mails] == [f"<{key}@pln.example>"]


async def test_one_that_fails_every_time_is_dead_in_the_end(mailbox):
    owner, task = await an_owner()
    key = await a_delivery(owner, task)
    mailbox.says = lambda _: "450 4.2.1 Try again later"
    for _ in range(delivery_rules.MOST_ATTEMPTS):
        await db.execute("update delivery set next_attempt_at = $1", clock.now())
        await outbox.send()
    assert (await state_of(key), len(await attempts_of(key))) == (
        ("DEAD", delivery_rules.MOST_ATTEMPTS),
        delivery_rules.MOST_ATTEMPTS,
    )


async def test_one_that_cannot_even_be_gathered_fails_alone_and_the_others_go_out(
    mailbox, monkeypatch, caplog
):
    # given two that wait, of which one has something in it that nobody thought of
    broken, other = [(await an_owner()) for _ in range(2)]
    keys = [await a_delivery(*one) for one in (broken, other)]
    whole = digest._digest

    def breaks(head, *given):
        if head["id"] == keys[0]:
            raise LookupError("nobody thought of it")
        return whole(head, *given)

    monkeypatch.setattr(digest, "_digest", breaks)
    # when
    assert await outbox.send() == 2
    # then
    assert mailbox.to() == [other[0].email]
    assert [await state_of(key) for key in keys] == [("PENDING", 1), ("DELIVERED", 1)]
    assert await attempts_of(keys[0]) == ["FAILED"]
    assert "nobody thought of it" in caplog.text


async def test_it_is_never_tried_outside_of_working_time(mailbox):
    owner, task = await an_owner()
    key = await a_delivery(owner, task)
    for day, hour in ((0, 17), (0, 23), (1, 3), (5, 10)):  # Saturday, too
        go_to(MONDAY + timedelta(days=day), hour)
        assert await outbox.send() == 0
    go_to(MONDAY + timedelta(days=2), 9)
    assert await outbox.send() == 1
    assert (await state_of(key))[0] == "DELIVERED"


async def test_a_worker_that_dies_half_way_leaves_it_to_the_next_after_its_lease(mailbox):
    # given a worker that dies while the server takes the mail
    owner, task = await an_owner()
    key = await a_delivery(owner, task)
    mailbox.hold = asyncio.Event()
    dying = asyncio.create_task(outbox.send())
    await asyncio.wait_for(mailbox.begun.wait(), 5)
    dying.cancel()
    await asyncio.wait([dying])
    mailbox.hold.set()
    mailbox.mails.clear()
    # then nobody else sends it for a while
    assert await outbox.send() == 0
    clock.shift(delivery.LEASE + timedelta(seconds=1))
    assert await outbox.send() == 1
    assert [one["Message-ID"] for one in mailbox.mails] == [f"<{key}@pln.example>"]
    assert await state_of(key) == ("DELIVERED", 1)


async def test_without_a_mail_server_e_mail_is_off_and_says_so():
    outbox.configure(Settings())
    go_to(MONDAY)
    owner = await f.a_person()
    task = await f.a_task(await f.a_unit(), due_on=MONDAY + timedelta(days=3))
    await told(owner, task)
    assert await outbox.make() == 0
    assert await outbox.send() == 0
    (state,) = await channel.states()
    assert (state.channel, state.state, state.reason) == ("EMAIL", "OFF", "SMTP_URL is not set")


async def test_a_worker_without_a_mail_server_beside_one_that_has_one_switches_nothing_off(mailbox):
    go_to(MONDAY)
    await outbox.make()
    outbox.configure(Settings())
    await outbox.make()
    assert [one.state for one in await channel.states()] == ["OPEN"]
    clock.shift(timedelta(minutes=20))
    await outbox.make()
    assert [one.state for one in await channel.states()] == ["OFF"]


@pytest.mark.filterwarnings(CLEAR)
async def test_a_password_is_given_to_the_server(mailbox):
    owner, task = await an_owner()
    key = await a_delivery(owner, task)
    async with a_mail_server(**logs_in("jejak", "rahasia")) as box:
        by_mail(box, user="jejak", password="rahasia")
        await outbox.send()
        assert (await state_of(key))[0] == "DELIVERED"
        assert len(box.mails) == 1


@pytest.mark.filterwarnings(CLEAR)
async def test_a_wrong_password_pauses_the_channel_and_does_not_use_up_attempts(caplog):
    owner, task = await an_owner()
    key = await a_delivery(owner, task)
    async with a_mail_server(**logs_in("jejak", "rahasia")) as box:
        by_mail(box, user="jejak", password="wrong")
        await outbox.send()
    assert (await state_of(key), await attempts_of(key)) == (("PENDING", 0), ["UNREACHABLE"])
    (state,) = await channel.states()
    assert (state.state, state.waiting) == ("PAUSED", 1)
    assert "535" in state.reason
    assert "wrong" not in caplog.text


@pytest.mark.filterwarnings(CLEAR)
async def test_a_password_is_not_sent_in_the_clear_over_a_network(monkeypatch):
    owner, task = await an_owner()
    key = await a_delivery(owner, task)
    async with a_mail_server(**logs_in("jejak", "rahasia")) as box:
        given = Mail(
            "127.0.0.1", box.port, "jejak@pln.example", "jejak@pln.example", user="jejak", password="rahasia"
        )
        outbox.configure(Settings(mail=given))
        monkeypatch.setattr(mail, "_LOOPBACK", set())
        await outbox.send()
        assert box.mails == []
    assert await attempts_of(key) == ["UNREACHABLE"]
    assert (await channel.states())[
        0
    ].reason == "the server offers no TLS, and the password is not sent without"


async def test_a_server_that_is_down_is_looked_for_by_one_mail_and_longer_pauses(caplog):
    # given thirty mails and no server
    caplog.set_level(logging.WARNING)
    _, task = await an_owner()
    unit = await f.Unit.objects().get(f.Unit.id == task.unit_id)
    admin = await f.a_person(Role.ADMIN, await f.reference_unit("HQ"))
    for who in [await f.a_person(unit=unit) for _ in range(30)]:
        await told(who, task)
    await delivery_making.make()
    outbox.configure(Settings(mail=Mail("127.0.0.1", 1, "jejak@pln.example", "jejak@pln.example")))
    # when ten workers try
    await asyncio.gather(*(outbox.send() for _ in range(10)))
    # then it is paused, said once, and left alone
    (state,) = await channel.states()
    assert (state.state, state.waiting) == ("PAUSED", 30)
    assert caplog.text.count("is out of reach and paused") == 1
    tried = await db.fetchval("select count(*) from delivery_attempt")
    await asyncio.gather(*(outbox.send() for _ in range(10)))
    assert await db.fetchval("select count(*) from delivery_attempt") == tried
    # and looked for by one at a time, less and less often
    pauses = []
    for _ in range(4):
        (state,) = await channel.states()
        clock.shift(state.until - clock.now() + timedelta(seconds=1))
        await asyncio.gather(*(outbox.send() for _ in range(10)))
        tried += 1
        assert await db.fetchval("select count(*) from delivery_attempt") == tried
        pauses.append(round(((await channel.states())[0].until - clock.now()).total_seconds() / 60))
    assert pauses == [2, 4, 8, 15]
    assert await db.fetchval("select sum(attempts) from delivery") == 0
    # and the administrator at headquarters is told, once
    notices = await db.fetch("select person_id, channel from notice where kind = 'CHANNEL_PAUSED'")
    assert [tuple(row) for row in notices] == [(admin.id, "EMAIL")]


async def test_a_server_that_comes_back_gets_everything_and_is_said_to_be_back(mailbox, caplog):
    owner, task = await an_owner()
    key = await a_delivery(owner, task)
    outbox.configure(Settings(mail=Mail("127.0.0.1", 1, "jejak@pln.example", "jejak@pln.example")))
    await outbox.send()
    by_mail(mailbox)
    assert await outbox.send() == 0
    clock.shift(timedelta(minutes=1, seconds=1))
    assert await outbox.send() == 1
    assert await state_of(key) == ("DELIVERED", 1)
    (state,) = await channel.states()
    assert (state.state, state.until, state.reason) == ("OPEN", None, "")
    assert "in reach again" in caplog.text


async def test_a_server_that_has_had_enough_of_a_connection_is_given_another(mailbox):
    _, task = await an_owner()
    unit = await f.Unit.objects().get(f.Unit.id == task.unit_id)
    people = [await f.a_person(unit=unit) for _ in range(5)]
    for who in people:
        await told(who, task)
    await delivery_making.make()
    mailbox.most_mails = 2
    assert await outbox.send() == 5
    assert mailbox.to() == sorted(who.email for who in people)
    assert mailbox.connections == 3
    assert (await channel.states())[0].state == "OPEN"


async def test_an_address_in_letters_that_the_server_does_not_take_is_refused_alone():
    owner, task = await an_owner(email="jürgen@pln.example")
    key = await a_delivery(owner, task)
    other = await f.a_person(unit=await f.Unit.objects().get(f.Unit.id == task.unit_id))
    await told(other, task)
    await delivery_making.make()
    async with a_mail_server(utf8=False) as box:
        by_mail(box)
        await outbox.send()
        assert box.to() == [other.email]
    assert (await state_of(key))[0] == "DEAD"
    assert (await channel.states())[0].state == "OPEN"


async def test_where_the_server_offers_tls_it_is_used_and_then_the_password_is_given(monkeypatch, tmp_path):
    owner, task = await an_owner()
    key = await a_delivery(owner, task)
    client, server = certificates(tmp_path, x509.IPAddress(ip_address("127.0.0.1")))
    monkeypatch.setattr(mail, "_LOOPBACK", set())
    options = logs_in("jejak", "rahasia") | {"auth_require_tls": True, "tls_context": server}
    async with a_mail_server(**options) as box:
        by_mail(box, user="jejak", password="rahasia")
        # by authorities that do not know the server it is not trusted, and nothing is sent
        await outbox.send()
        assert (await attempts_of(key), box.mails) == (["UNREACHABLE"], [])
        monkeypatch.setattr(mail, "_tls", lambda: client)
        clock.shift(timedelta(minutes=2))
        await outbox.send()
        assert len(box.mails) == 1
    assert (await state_of(key))[0] == "DELIVERED"


async def test_what_a_slow_server_does_not_take_in_time_is_given_back(mailbox, monkeypatch):
    _, task = await an_owner()
    unit = await f.Unit.objects().get(f.Unit.id == task.unit_id)
    for who in [await f.a_person(unit=unit) for _ in range(3)]:
        await told(who, task)
    await delivery_making.make()
    monkeypatch.setattr(outbox, "BACK_AFTER", -1)
    assert await outbox.send() == 0
    assert await db.fetchval("select count(*) from delivery where claim is not null") == 0
    monkeypatch.undo()
    assert await outbox.send() == 3
