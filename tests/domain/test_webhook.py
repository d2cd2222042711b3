"""R6: webhooks of people: registered, given new secrets, tried, removed."""

from datetime import timedelta

import pytest

from jejak.domain import clock, db, webhook
from jejak.domain.errors import Code
from jejak.domain.tables.channel import WebhookEndpoint
from jejak.domain.webhook import ChangeWebhook, RegisterWebhook
from tests.factories import a_viewer
from tests.refusals import events_of, refused, unchanged

PUBLIC = "https://1.1.1.1/hook"


async def kept(key) -> WebhookEndpoint:
    return await WebhookEndpoint.objects().get(WebhookEndpoint.id == key)


async def test_it_has_a_secret_of_its_own():
    viewer = await a_viewer()
    first = await webhook.register(viewer, RegisterWebhook(PUBLIC))
    second = await webhook.register(viewer, RegisterWebhook(PUBLIC + "2"))
    assert first.secret.startswith("whsec_")
    assert first.secret != second.secret
    assert await events_of(viewer.person) == ["person.role_granted"] + ["person.webhook_registered"] * 2
    # which no event tells
    told = await db.fetch("select before::text || after::text as said from event")
    assert not [row for row in told if row["said"] and first.secret in row["said"]]


async def test_the_same_address_twice_is_taken():
    viewer = await a_viewer()
    await webhook.register(viewer, RegisterWebhook(PUBLIC))
    async with refused(Code.TAKEN, "url"):
        await webhook.register(viewer, RegisterWebhook(" https://1.1.1.1/hook "))


async def test_a_person_has_five_at_most():
    viewer = await a_viewer()
    for n in range(webhook.MOST):
        await webhook.register(viewer, RegisterWebhook(f"{PUBLIC}{n}"))
    async with refused(Code.TOO_MANY):
        await webhook.register(viewer, RegisterWebhook(PUBLIC))


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://1.1.1.1/", Code.FORBIDDEN_URL),
        ("ftp://1.1.1.1/", Code.INVALID_URL),
        ("https://user@1.1.1.1/", Code.INVALID_URL),
        ("https://127.0.0.1/", Code.FORBIDDEN_URL),
        ("https://2130706433/", Code.FORBIDDEN_URL),
        ("https://no-such-host.invalid/", Code.FORBIDDEN_URL),
    ],
)
async def test_where_no_webhook_may_go_none_is_registered(url, code):
    viewer = await a_viewer()
    async with refused(code, "url"):
        await webhook.register(viewer, RegisterWebhook(url))


async def test_a_new_secret_leaves_the_one_before_for_a_day():
    viewer = await a_viewer()
    made = await webhook.register(viewer, RegisterWebhook(PUBLIC))
    new = await webhook.rotate(viewer, ChangeWebhook(made.id))
    row = await kept(made.id)
    assert (row.secret, row.previous_secret) == (new.secret, made.secret)
    assert timedelta(hours=23) < row.previous_until - clock.now() <= webhook.OVERLAP


async def test_a_removed_one_has_no_secret_and_comes_to_nothing():
    viewer = await a_viewer()
    made = await webhook.register(viewer, RegisterWebhook(PUBLIC))
    await webhook.rotate(viewer, ChangeWebhook(made.id))
    key = await webhook.test(viewer, ChangeWebhook(made.id))
    await webhook.remove(viewer, ChangeWebhook(made.id))
    row = await kept(made.id)
    assert (row.secret, row.previous_secret, row.removed_at is not None) == ("", None, True)
    assert await db.fetchval("select state from delivery where id = $1", key) == "WITHDRAWN"
    async with unchanged():
        await webhook.remove(viewer, ChangeWebhook(made.id))
    for change in (webhook.rotate, webhook.test):
        async with refused(Code.NOT_FOUND, "webhook_id"):
            await change(viewer, ChangeWebhook(made.id))
    # and its address is free again
    await webhook.register(viewer, RegisterWebhook(PUBLIC))


async def test_nobody_elses_is_found():
    made = await webhook.register(await a_viewer(), RegisterWebhook(PUBLIC))
    other = await a_viewer()
    for change in (webhook.rotate, webhook.test, webhook.remove):
        async with refused(Code.NOT_FOUND, "webhook_id"):
            await change(other, ChangeWebhook(made.id))


async def test_a_test_that_waits_is_not_doubled():
    viewer = await a_viewer()
    made = await webhook.register(viewer, RegisterWebhook(PUBLIC))
    key = await webhook.test(viewer, ChangeWebhook(made.id))
    async with unchanged():
        assert await webhook.test(viewer, ChangeWebhook(made.id)) == key
