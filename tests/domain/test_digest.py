"""What digests say: headings, words, and figures, by what is true at the moment."""

import string
from datetime import date, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jejak.domain import clock, db, delivery, delivery_making, digest, digest_texts, letter
from jejak.domain.digest import Digest, Line, Totals
from jejak.domain.digest_rules import Section, section_of
from jejak.domain.vocabulary import Channel, Language, Role, TaskStatus
from tests import factories as f
from tests.deliveries import a_delivery, an_owner, last, mail_is_on, told
from tests.moments import MONDAY, go_to

S = TaskStatus


@pytest.mark.parametrize(
    ("kind", "status", "overdue", "section"),
    [
        ("DUE_SOON", S.PLANNED, False, Section.DUE),
        ("DUE_SOON", S.PLANNED, True, Section.OVERDUE),
        ("OVERDUE", S.IN_PROGRESS, False, Section.DUE),  # it has got another due date
        ("DUE_TODAY", S.SUBMITTED, False, None),
        ("OVERDUE", S.VERIFIED, False, None),
        ("BLOCKED", S.BLOCKED, True, Section.BLOCKED),
        ("BLOCKED", S.IN_PROGRESS, True, None),
        ("AWAITING_VERIFICATION", S.SUBMITTED, False, Section.TO_VERIFY),
        ("AWAITING_VERIFICATION", S.RETURNED, False, None),
        ("ESCALATED", S.BLOCKED, True, Section.ESCALATED),
        ("ESCALATED", S.SUBMITTED, False, None),
        ("HANDED_OVER", S.PLANNED, False, Section.OTHER),
        ("HANDED_OVER", S.CANCELLED, False, None),
        ("NO_MANAGER", None, False, Section.OTHER),
        ("CHANNEL_PAUSED", None, False, Section.OTHER),
    ],
)
def test_a_notice_stands_under_what_is_true_of_its_task(kind, status, overdue, section):
    assert section_of(kind, status, overdue=overdue) is section


@pytest.mark.parametrize("table", ["_SECTIONS", "_IN_SUBJECT", "_STATUSES", "_CHANNELS", "_PHRASES"])
def test_everything_has_words_in_both_languages_with_the_same_values(table):
    for indonesian, english in getattr(digest_texts, table).values():
        names = [
            {name for _, name, _, _ in string.Formatter().parse(text) if name}
            for text in (indonesian, english)
        ]
        assert names[0] == names[1]
    everything = {"_SECTIONS": Section, "_IN_SUBJECT": Section, "_STATUSES": TaskStatus, "_CHANNELS": Channel}
    if table in everything:
        assert set(getattr(digest_texts, table)) == set(everything[table])


def written(title: str, name: str, unit: str) -> letter.Letter:
    line = Line(uuid4(), "OVERDUE", uuid4(), title, "ULP-1", unit, date(2027, 3, 4), "PLANNED")
    made = Digest(
        delivery_id=uuid4(),
        channel=Channel.EMAIL,
        created_at=clock.now(),
        person_id=uuid4(),
        name=name,
        email="a@pln.example",
        language=Language.ID,
        zone="Asia/Jakarta",
        sections={Section.OVERDUE: (line,)},
        totals=Totals(open=1, overdue=1),
    )
    return letter.letter(made, "https://jejak.example/unsubscribe/1?a=1&b=2")


@given(title=st.text(), name=st.text(), unit=st.text())
def test_nothing_that_people_write_is_taken_for_html_or_for_a_line_of_its_own(title, name, unit):
    plain = written("x", "x", "x")
    found = written(title, name, unit)
    for sign in ("<", ">"):
        assert found.html.count(sign) == plain.html.count(sign)
    assert len([line for line in found.text.split("\n") if line.startswith("- ")]) == 1
    assert "\n" not in found.subject


async def _digest_of(who, key) -> Digest:
    claimed = await delivery.claim(Channel.EMAIL, 10)
    assert [one.id for one in claimed] == [key]
    return (await digest.gather(claimed))[key]


async def test_the_totals_are_the_persons_own_and_what_waits_for_their_verification():
    # given a manager who owns tasks, and others' tasks
    owner, task = await an_owner()
    unit = await f.Unit.objects().get(f.Unit.id == task.unit_id)
    manager = await f.a_person(Role.MANAGER, unit)
    await f.a_task(unit, owner=owner, status=S.SUBMITTED)
    mine = await f.a_task(unit, owner=manager, due_on=MONDAY + timedelta(days=1))
    await f.a_task(unit, owner=manager, status=S.BLOCKED, due_on=MONDAY + timedelta(days=30))
    await f.a_task(unit, owner=manager, status=S.CANCELLED)
    elsewhere = await f.a_task(await f.a_unit())
    await f.bring(
        elsewhere,
        S.SUBMITTED,
        owner=await f.viewer_for(await f.Person.objects().get(f.Person.id == elsewhere.owner_id)),
        manager=await f.a_viewer(),
    )
    # when
    found = await _digest_of(manager, await a_delivery(manager, mine))
    # then
    assert found.totals == Totals(open=2, overdue=0, due_this_week=1, blocked=1, to_verify=1)
    go_to(MONDAY + timedelta(days=2))
    (again,) = (await digest.gather(await _claimed_again())).values()
    assert again.totals.overdue == 1


async def _claimed_again():
    clock.shift(delivery.LEASE + timedelta(seconds=1))
    return await delivery.claim(Channel.EMAIL, 10)


async def test_of_several_notices_of_a_task_under_one_heading_one_speaks():
    owner, task = await an_owner()
    await told(owner, task, "DUE_SOON")
    await told(owner, task, "BLOCKED")
    found = await _digest_of(owner, await a_delivery(owner, task))
    assert {section: len(lines) for section, lines in found.sections.items()} == {Section.DUE: 1}


async def test_a_notice_of_a_unit_without_a_manager_names_that_unit():
    # given a unit that was passed over, and who keeps the programme at headquarters
    go_to(MONDAY)
    await mail_is_on()
    empty, hq = await f.a_unit(), await f.reference_unit("HQ")
    keeper = await f.a_person(Role.PROGRAMME, hq)
    key = db.new_id()
    await db.execute(
        """
        with v as (insert into vacancy (id, unit_id, opened_at) values ($1, $2, $5) returning id),
        d as (insert into digest (id, person_id, created_at) values ($1, $3, $5) returning id)
        insert into notice (id, person_id, digest_id, unit_id, kind, vacancy_id, created_at)
        select $1, $3, d.id, $4, 'NO_MANAGER', v.id, $5 from v, d
        """,
        key,
        empty.id,
        keeper.id,
        hq.id,
        clock.now(),
    )
    assert await delivery_making.make() == 1
    # when
    found = await _digest_of(keeper, await last(keeper))
    # then
    assert f"{empty.name} belum memiliki manajer" in letter.letter(found).text
    ((line,),) = found.sections.values()
    assert (line.unit_code, line.title) == (empty.code, None)


async def test_that_a_task_is_theirs_is_not_said_once_it_is_anothers():
    owner, task = await an_owner()
    unit = await f.Unit.objects().get(f.Unit.id == task.unit_id)
    await told(owner, task, "HANDED_OVER")
    assert await delivery_making.make() == 1
    key = await last(owner)
    await db.execute("update task set owner_id = $2 where id = $1", task.id, (await f.a_person(unit=unit)).id)
    claimed = await delivery.claim(Channel.EMAIL, 10)
    assert [one.id for one in claimed] == [key]
    assert await digest.gather(claimed) == {}


async def test_what_went_to_another_in_the_inbox_is_not_said_by_a_delivery_under_way():
    owner, task = await an_owner()
    unit = await f.Unit.objects().get(f.Unit.id == task.unit_id)
    await a_delivery(owner, task)
    other = await f.a_person(unit=unit)
    await db.execute("update task set owner_id = $1", other.id)
    await db.execute("update notice set person_id = $1", other.id)
    assert await digest.gather(await delivery.claim(Channel.EMAIL, 10)) == {}
