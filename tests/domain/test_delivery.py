"""R6: dead deliveries are resent; preferences; the way out that every mail bears."""

from dataclasses import replace

import pytest

from jejak.domain import clock, db, delivery, notification_preference
from jejak.domain.delivery import ResendDelivery
from jejak.domain.errors import Code
from jejak.domain.notification_preference import Choice, UpdateNotificationPreferences
from jejak.domain.vocabulary import Channel, Language, Role
from tests.deliveries import a_delivery, an_owner, choose, state_of
from tests.factories import a_person, a_viewer, reference_unit, viewer_for
from tests.refusals import events_of, refused, unchanged


async def a_dead_one():
    owner, task = await an_owner()
    key = await a_delivery(owner, task)
    await db.execute(
        "update delivery set state = 'DEAD', attempts = 8, settled_at = $2 where id = $1", key, clock.now()
    )
    return owner, key


async def test_a_dead_one_is_pending_again_under_its_id_once():
    owner, key = await a_dead_one()
    viewer = await viewer_for(owner)
    assert await delivery.resend(viewer, ResendDelivery(key)) == key
    assert await state_of(key) == ("PENDING", 0)
    assert (await events_of(owner.id))[-1] == "person.delivery_resent"
    async with unchanged():
        assert await delivery.resend(viewer, ResendDelivery(key)) == key
    assert [one.id for one in await delivery.claim(Channel.EMAIL, 10)] == [key]


async def test_an_administrator_at_headquarters_may_and_nobody_else():
    _, key = await a_dead_one()
    headquarters = await reference_unit("HQ")
    others = [
        await a_viewer(Role.ADMIN),
        await a_viewer(Role.MANAGER, headquarters),
        await a_viewer(Role.PROGRAMME, headquarters),
        await a_viewer(Role.ADMIN, await reference_unit("JATIM")),
    ]
    for viewer in others:
        async with refused(Code.NOT_FOUND, "delivery_id"):
            await delivery.resend(viewer, ResendDelivery(key))
    admin = await a_viewer(Role.ADMIN, headquarters)
    async with refused(Code.FORBIDDEN):
        await delivery.resend(replace(admin, integration=True), ResendDelivery(key))
    await delivery.resend(admin, ResendDelivery(key))
    assert (await state_of(key))[0] == "PENDING"


@pytest.mark.parametrize("state", ["WITHDRAWN", "DEAD"])
async def test_what_was_given_up_for_good_is_not_resent(state):
    owner, key = await a_dead_one()
    viewer = await viewer_for(owner)
    await choose(viewer, Channel.EMAIL, enabled=False)
    await db.execute("update delivery set state = $2 where id = $1", key, state)
    async with refused(Code.WRONG_STATUS, "delivery_id"):
        await delivery.resend(viewer, ResendDelivery(key))


async def test_a_choice_is_kept_with_its_event_and_making_it_again_changes_nothing():
    viewer = await a_viewer()
    await choose(viewer, Channel.EMAIL, ceiling=7)
    await choose(viewer, Channel.WEBHOOK, enabled=False)
    rows = await db.fetch("select channel, enabled, ceiling from channel_choice order by channel")
    assert [tuple(row) for row in rows] == [("EMAIL", True, 7), ("WEBHOOK", False, 3)]
    assert (await events_of(viewer.person))[1:] == ["person.channel_chosen"] * 2
    async with unchanged():
        await choose(viewer, Channel.EMAIL, ceiling=7, enabled=True)


@pytest.mark.parametrize("ceiling", [0, 25, -1])
async def test_a_ceiling_has_its_bounds(ceiling):
    viewer = await a_viewer()
    wanted = UpdateNotificationPreferences([Choice(Channel.EMAIL), Choice(Channel.WEBHOOK, ceiling=ceiling)])
    async with refused(Code.OUT_OF_RANGE, "preferences", 1, "ceiling"):
        await notification_preference.update(viewer, wanted)


async def test_whoever_holds_a_mail_may_end_them_all():
    owner, task = await an_owner(language=Language.EN)
    key = await a_delivery(owner, task)
    assert await notification_preference.unsubscribe(key) is Language.EN
    assert (await state_of(key))[0] == "WITHDRAWN"
    row = await db.fetchrow("select person_id, channel, enabled from channel_choice")
    assert tuple(row) == (owner.id, "EMAIL", False)
    async with unchanged():
        assert await notification_preference.unsubscribe(key) is Language.EN
        assert await notification_preference.unsubscribe(db.new_id()) is None


async def test_the_account_is_not_a_programs():
    viewer = replace(await viewer_for(await a_person()), integration=True)
    async with refused(Code.FORBIDDEN):
        await choose(viewer, Channel.EMAIL, enabled=False)
