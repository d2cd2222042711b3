"""R10: an alert reaches whoever manages there, once, at work, through the same digests as everything else."""

import asyncio
from datetime import timedelta

import pytest

from jejak.channels import webhook
from jejak.domain import alert, db, delivery, delivery_making, digest, hand_over, letter, person, reminder
from jejak.domain.access import SYSTEM
from jejak.domain.hand_over import HandOver
from jejak.domain.person import RevokeRole
from jejak.domain.tables.alert import Alert
from jejak.domain.tables.notice import Digest
from jejak.domain.tables.person import Membership, Person
from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import AlertSeverity, Audience, Channel, Language, Role, UnitKind
from tests import factories as f
from tests.alerts import answers, low_csat, only
from tests.deliveries import last, mail_is_on
from tests.moments import MONDAY, go_to
from tests.refusals import unchanged

CRITICAL = {"severity": AlertSeverity.CRITICAL}


async def a_line(**of_rule) -> tuple[Unit, dict[str, Person]]:
    """A ULP whose customers are not content, on a Monday morning, and who manages it and above it."""
    go_to(MONDAY)
    ulp = await f.a_unit(name="ULP Kota")
    up3 = await Unit.objects().get(Unit.id == ulp.parent_id)
    places = {
        "ULP": ulp,
        "UP3": up3,
        "UID": await f.reference_unit("JATIM"),
        "HQ": await f.reference_unit("HQ"),
    }
    people = {name: await f.a_person(Role.MANAGER, place) for name, place in places.items()}
    await only(kinds=[UnitKind.ULP], **of_rule)
    await low_csat(ulp)
    await alert.run()
    return ulp, people


async def told() -> list[tuple]:
    rows = await db.fetch(
        "select n.person_id, u.kind from notice n join unit u on u.id = n.unit_id where n.kind = 'ALERT' order by n.id"
    )
    return [tuple(row) for row in rows]


async def test_who_manages_the_unit_is_told_once_however_many_workers_run():
    _, people = await a_line()
    # nobody at night, by which time it is known
    go_to(MONDAY, 3)
    async with unchanged():
        await reminder.run()
    go_to(MONDAY)
    ran = await asyncio.gather(*(reminder.run() for _ in range(3)))
    assert sum(ran) == 1
    assert await told() == [(people["ULP"].id, "ULP")]
    assert not await Digest.exists().where(Digest.open.eq(True))
    # and the next day nobody again
    go_to(MONDAY + timedelta(days=1))
    await alert.run()
    async with unchanged():
        await reminder.run()


@pytest.mark.parametrize(
    ("of_rule", "wanted"),
    [
        ({"audience": Audience.UP3}, {"UP3"}),
        ({"audience": Audience.HEADQUARTERS}, {"HQ"}),
        (CRITICAL, {"ULP", "UID"}),
        (CRITICAL | {"audience": Audience.REGION}, {"UID"}),
    ],
)
async def test_a_rule_says_who_is_told_and_what_is_critical_is_told_to_the_region_as_well(of_rule, wanted):
    _, people = await a_line(**of_rule)
    await reminder.run()
    assert {who for who, _ in await told()} == {people[name].id for name in wanted}


async def test_without_a_manager_the_next_above_is_told_and_headquarters_that_there_is_none():
    _, people = await a_line()
    for name in ("ULP", "UP3"):
        held = await Membership.objects().get(Membership.person_id == people[name].id)
        await person.revoke(SYSTEM, RevokeRole(held.id))
    await reminder.run()
    assert await told() == [(people["UID"].id, "UID")]
    assert await db.fetchval("select count(*) from vacancy") == 2


async def test_who_manages_both_levels_is_told_once():
    go_to(MONDAY)
    ulp = await f.a_unit()
    boss = await f.a_person(Role.MANAGER, ulp)
    await f.a_role(boss, Role.MANAGER, await f.reference_unit("JATIM"))
    await only(kinds=[UnitKind.ULP], **CRITICAL)
    await low_csat(ulp)
    await alert.run()
    await reminder.run()
    assert await told() == [(boss.id, "ULP")]
    assert await db.fetchval("select count(*) from alert_call") == 0


async def test_what_has_closed_before_anybody_was_at_work_is_not_told():
    ulp, _ = await a_line()
    await answers(ulp, csat_5=400)
    assert await alert.run() == (0, 1)
    async with unchanged():
        await reminder.run()


async def test_a_run_that_dies_half_way_is_made_good_by_the_next(monkeypatch):
    _, people = await a_line(**CRITICAL)

    async def die(*_):
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(reminder, "_finish", die)
        with pytest.raises(RuntimeError):
            await reminder.run()
    await reminder.run()
    assert len(await told()) == 2
    assert not await Digest.exists().where(Digest.open.eq(True))
    assert {who for who, _ in await told()} == {people["ULP"].id, people["UID"].id}


async def delivered(who: Person) -> digest.Digest | None:
    claimed = await delivery.claim(Channel.EMAIL, 10)
    gathered = await digest.gather(claimed)
    return gathered.get(await last(who))


async def test_a_digest_says_the_latest_figures_in_the_persons_language():
    await mail_is_on()
    ulp, people = await a_line()
    await db.execute("update person set language = $2 where id = $1", people["ULP"].id, Language.EN)
    await reminder.run()
    assert await delivery_making.make() == 1
    await answers(ulp, csat_1=10)
    await alert.run()
    said = await delivered(people["ULP"])
    text = letter.text(said)
    assert (
        "Early warnings\n- CSAT at ULP Kota: 40.00 (95 % interval 27.61 to 53.82, n = 50); floor 80.00."
        in text
    )
    assert letter.subject(said) == "Jejak: 1 early warnings"
    ((line,),) = said.sections.values()
    (made,) = await Alert.objects()
    posted = webhook.payload(said)["data"]["sections"][0]["lines"][0]
    assert (line.alert_id, posted["kind"], posted["unit"]["name"]) == (made.id, "ALERT", "ULP Kota")
    assert posted["alertId"]


async def test_what_has_closed_by_the_time_it_would_be_sent_is_left_out():
    await mail_is_on()
    ulp, people = await a_line()
    await reminder.run()
    await delivery_making.make()
    await answers(ulp, csat_5=400)
    await alert.run()
    assert await delivered(people["ULP"]) is None


async def test_an_unread_alert_goes_along_with_the_role():
    ulp, people = await a_line()
    await reminder.run()
    other = await f.a_person(Role.VIEWER, ulp)
    office = await f.a_person(Role.MANAGER, await f.reference_unit("HQ"))
    await f.a_role(office, Role.ADMIN, await f.reference_unit("HQ"))
    wanted = HandOver(people["ULP"].id, other.id, "Mutasi", ulp.id, roles=True)
    await hand_over.hand_over(await f.viewer_for(office), wanted)
    assert [who for who, _ in await told()] == [other.id]
