"""R6: what becomes a delivery, when, and how many of them."""

import asyncio
from datetime import timedelta

import pytest

from jejak.domain import channel, clock, db, delivery_making, feed, housekeeping, notice, reminder, webhook
from jejak.domain.notice import MarkNoticesRead
from jejak.domain.tables.notice import Notice
from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import Channel
from jejak.domain.webhook import ChangeWebhook, RegisterWebhook
from tests.deliveries import a_delivery, an_owner, bundles, choose, last, mail_is_on, state_of, told
from tests.factories import a_person, a_task, a_unit, viewer_for
from tests.moments import MONDAY, go_to
from tests.refusals import unchanged

PUBLIC = "https://1.1.1.1/hook"


async def test_everything_that_a_person_was_not_told_becomes_one_delivery():
    owner, task = await an_owner()
    for kind in ("DUE_SOON", "BLOCKED", "OVERDUE"):
        await told(owner, task, kind)
    assert await delivery_making.make() == 1
    assert await bundles() == [3]
    # And never again, whoever asks
    async with unchanged():
        assert await delivery_making.make() == 0


async def test_a_run_that_is_half_done_makes_no_delivery_of_its_notices(monkeypatch):
    # given a run that was killed when it had told somebody of one of two tasks
    owner, task = await an_owner()
    other = await a_task(await Unit.objects().get(Unit.id == task.unit_id), owner=owner, due_on=task.due_on)
    monkeypatch.setattr(reminder, "BATCH", 1)
    real, told_of = feed.noticed, []

    async def dies(notices):
        if told_of:
            raise ConnectionError("killed")
        await real(notices)
        told_of.extend(notices)

    monkeypatch.setattr(feed, "noticed", dies)
    with pytest.raises(ConnectionError):
        await reminder.run()
    assert len(told_of) == 1
    # when deliveries are made, then there is none
    async with unchanged():
        assert await delivery_making.make() == 0
    # and once the next run has said the rest, one has both
    monkeypatch.setattr(feed, "noticed", real)
    await reminder.run()
    assert await delivery_making.make() == 1
    assert {row.task_id for row in await Notice.objects()} == {task.id, other.id}
    assert await bundles() == [2]


async def test_every_person_gets_their_own():
    owner, task = await an_owner()
    other = await a_person()
    await told(owner, task)
    await told(other, task)
    assert await delivery_making.make() == 2
    assert await bundles() == [1, 1]


@pytest.mark.parametrize(("hour", "at_work"), [(8, False), (9, True), (16, True), (17, False), (3, False)])
async def test_nothing_is_made_outside_of_working_time(hour, at_work):
    owner, task = await an_owner()
    await told(owner, task)
    go_to(MONDAY + timedelta(days=1), hour)
    assert await delivery_making.make() == int(at_work)


async def test_working_time_is_that_of_the_unit_by_which_they_are_told():
    # given a person in the east, who is told of a task in the west at half past four, when the east has gone home
    owner, task = await an_owner()
    east = await a_unit(timezone="Asia/Jayapura")
    eastern = await a_person(unit=east)
    await told(eastern, task, unit=east)
    await told(owner, task)
    go_to(MONDAY, 16, 30)
    assert await delivery_making.make() == 1
    assert await last(eastern) is None
    # then they are told in their own morning
    go_to(MONDAY + timedelta(days=1), 9, 10, zone="Asia/Jayapura")
    assert await delivery_making.make() == 1
    row = await db.fetchrow("select day from delivery where id = $1", await last(eastern))
    assert row["day"] == MONDAY + timedelta(days=1)


async def test_a_day_has_so_many_and_the_rest_is_folded_into_the_next_one_that_is_allowed():
    owner, task = await an_owner()
    made = []
    for hour in range(10, 17):
        go_to(MONDAY, hour, hour)
        await told(owner, task)
        made.append(await delivery_making.make())
        await _deliver_all()
    assert made == [1, 1, 1, 0, 0, 0, 0]
    go_to(MONDAY + timedelta(days=1), 9, 1)
    assert await delivery_making.make() == 1
    assert await bundles() == [1, 1, 1, 4]


async def test_a_person_chooses_how_many():
    owner, task = await an_owner()
    await choose(await viewer_for(owner), Channel.EMAIL, ceiling=1)
    for hour in (10, 12, 14):
        go_to(MONDAY, hour)
        await told(owner, task)
        await delivery_making.make()
        await _deliver_all()
    assert await bundles() == [1]


async def test_what_comes_in_quick_succession_does_not_use_up_the_day():
    owner, task = await an_owner()
    for minute in (0, 1, 2, 30):
        go_to(MONDAY, 10, minute)
        await told(owner, task)
        await delivery_making.make()
        await _deliver_all()
    assert await bundles() == [1]
    go_to(MONDAY, 11, 1)
    assert await delivery_making.make() == 1
    assert await bundles() == [1, 3]


async def test_while_one_is_under_way_there_is_no_other():
    owner, task = await an_owner()
    await a_delivery(owner, task)
    await told(owner, task)
    go_to(MONDAY, 15)
    assert await delivery_making.make() == 0
    await _deliver_all()
    assert await delivery_making.make() == 1


async def test_who_wants_no_e_mail_gets_none_and_who_wants_it_again_gets_what_comes_then():
    owner, task = await an_owner()
    viewer = await viewer_for(owner)
    await choose(viewer, Channel.EMAIL, enabled=False)
    await told(owner, task)
    assert await delivery_making.make() == 0
    # when
    clock.shift(timedelta(minutes=1))
    await choose(viewer, Channel.EMAIL, enabled=True)
    # then
    assert await delivery_making.make() == 0
    await told(owner, task)
    assert await delivery_making.make() == 1
    assert await bundles() == [1]


async def test_another_ceiling_loses_nothing():
    owner, task = await an_owner()
    await told(owner, task)
    clock.shift(timedelta(minutes=1))
    await choose(await viewer_for(owner), Channel.EMAIL, ceiling=5)
    assert await delivery_making.make() == 1


async def test_switching_a_channel_off_withdraws_what_is_under_way():
    owner, task = await an_owner()
    made = await a_delivery(owner, task)
    await choose(await viewer_for(owner), Channel.EMAIL, enabled=False)
    assert (await state_of(made))[0] == "WITHDRAWN"


async def test_a_mail_server_that_is_new_does_not_send_history():
    go_to(MONDAY)
    owner = await a_person()
    task = await a_task()
    await told(owner, task)
    assert await delivery_making.make() == 0
    clock.shift(timedelta(minutes=1))
    await mail_is_on()
    assert await delivery_making.make() == 0
    await told(owner, task)
    assert await delivery_making.make() == 1


async def test_after_days_without_any_worker_what_the_ladder_catches_up_on_is_mailed():
    # Given somebody with a task, and a mail server
    owner, _ = await an_owner()
    # When all workers stand still over its due date, for longer than a day, and begin again
    go_to(MONDAY + timedelta(days=4))
    await reminder.run()
    clock.shift(timedelta(seconds=2))
    await mail_is_on()
    # Then what the first run says goes out
    assert await delivery_making.make() == 1
    assert await last(owner) is not None


async def test_a_mail_server_that_was_away_for_days_does_not_send_what_was_said_in_between():
    owner, task = await an_owner()
    clock.shift(timedelta(minutes=20))
    await channel.mail_is_set_up(able=False)
    go_to(MONDAY + timedelta(days=2))
    await told(owner, task)
    clock.shift(timedelta(minutes=1))
    await mail_is_on()
    assert await delivery_making.make() == 0


async def test_a_new_webhook_begins_with_what_comes_and_has_its_own_of_each():
    owner, task = await an_owner()
    await told(owner, task)
    clock.shift(timedelta(minutes=1))
    viewer = await viewer_for(owner)
    made = await webhook.register(viewer, RegisterWebhook(PUBLIC))
    assert await delivery_making.make() == 1
    await _deliver_all()
    go_to(MONDAY, 14)
    await told(owner, task)
    assert await delivery_making.make() == 2
    rows = await db.fetch(
        "select d.channel from delivery d join delivery_notice n on n.delivery_id = d.id order by d.created_at, d.channel"
    )
    assert [row["channel"] for row in rows] == ["EMAIL", "EMAIL", "WEBHOOK"]
    # and of one that is removed nothing is left to do
    await webhook.remove(viewer, ChangeWebhook(made.id))
    assert (
        await db.fetchval("select count(*) from delivery where state = 'PENDING' and channel = 'WEBHOOK'")
        == 0
    )


async def test_what_was_read_in_the_inbox_is_not_sent():
    owner, task = await an_owner()
    key = await told(owner, task)
    await notice.mark_read(await viewer_for(owner), MarkNoticesRead([key]))
    assert await delivery_making.make() == 0


async def test_what_is_said_on_the_last_day_before_long_holidays_is_told_after_them():
    # Given one who was told of something at four, and of more at half past, before long holidays
    owner, task = await an_owner()
    go_to(MONDAY, 16)
    first = await a_delivery(owner, task)
    go_to(MONDAY, 16, 30)
    await told(owner, task, "BLOCKED")
    assert await delivery_making.make() == 0
    # When they are back
    go_to(MONDAY + timedelta(days=11), 9)
    await delivery_making.make()
    # Then what waited is neither given up nor forgotten
    assert (await state_of(first))[0] == "PENDING"
    await db.execute("update delivery set state = 'DELIVERED', settled_at = $1", clock.now())
    assert await delivery_making.make() == 1


async def test_what_could_not_be_told_for_two_weeks_stays_in_the_inbox():
    owner, task = await an_owner()
    await told(owner, task)
    go_to(MONDAY + timedelta(days=15))
    assert await delivery_making.make() == 0


async def test_ten_workers_at_once_make_each_once():
    owner, task = await an_owner()
    people = [owner, *[await a_person() for _ in range(4)]]
    for who in people:
        await told(who, task)
    counts = await asyncio.gather(*(delivery_making.make() for _ in range(10)))
    assert sum(counts) == len(people)
    assert await bundles() == [1] * len(people)


async def test_one_that_waits_for_two_weeks_is_given_up():
    owner, task = await an_owner()
    made = await a_delivery(owner, task)
    go_to(MONDAY + timedelta(days=14), 9)
    await delivery_making.make()
    assert (await state_of(made))[0] == "PENDING"
    go_to(MONDAY + timedelta(days=14), 11)
    await delivery_making.make()
    assert (await state_of(made))[0] == "DEAD"


async def test_what_went_well_is_forgotten_after_a_season_and_the_dead_are_not():
    owner, task = await an_owner()
    await a_delivery(owner, task)
    await _deliver_all()
    go_to(MONDAY, 14)
    dead = await a_delivery(owner, task)
    await db.execute("update delivery set state = 'DEAD', settled_at = $2 where id = $1", dead, clock.now())
    clock.shift(timedelta(days=89))
    await housekeeping.forget_old()
    assert await bundles() == [1, 1]
    clock.shift(timedelta(days=2))
    await housekeeping.forget_old()
    assert [row["id"] for row in await db.fetch("select id from delivery")] == [dead]
    assert await db.fetchval("select count(*) from delivery_notice") == 1


async def test_ten_thousand_are_made_in_a_moment():
    """Whatever the machine: the statements are as many as for one."""
    go_to(MONDAY)
    await mail_is_on()
    task = await a_task()
    await db.execute(
        """
        insert into person (id, email, name, language, version, created_at)
        select gen_random_uuid(), n || '@pln.example', 'Orang', 'id', 1, $1 from generate_series(1, 10000) n
        """,
        clock.now(),
    )
    await db.execute(
        """
        with bundled as (
            insert into digest (id, person_id, created_at)
            select gen_random_uuid(), id, $1 from person where name = 'Orang' returning id, person_id
        )
        insert into notice (id, person_id, digest_id, kind, task_id, due_on, unit_id, created_at)
        select gen_random_uuid(), person_id, id, 'DUE_SOON', $2, $3, $4, $1 from bundled, generate_series(1, 2)
        """,
        clock.now(),
        task.id,
        task.due_on,
        task.unit_id,
    )
    await db.execute("analyze notice; analyze person")
    begun = asyncio.get_running_loop().time()
    assert await delivery_making.make() == 10_000
    took = asyncio.get_running_loop().time() - begun
    assert await db.fetchval("select count(*) from delivery_notice") == 20_000
    assert took < 10


async def _deliver_all() -> None:
    await db.execute(
        "update delivery set state = 'DELIVERED', settled_at = $1 where state = 'PENDING'", clock.now()
    )
