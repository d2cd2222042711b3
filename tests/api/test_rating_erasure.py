"""What a customer can have undone by themselves: being asked, and what they have said."""

from datetime import timedelta

import orjson
import pytest

from jejak.api.app import create_app
from jejak.domain import clock, db, housekeeping, rating_request, rating_submission, rating_tally, subject
from jejak.domain.errors import Code
from jejak.domain.rating import Answer
from jejak.domain.rating_request import RequestRatings, RequestRow
from jejak.domain.rating_submission import RatingRow, SubmitRatings
from jejak.domain.subject import EraseCustomer
from jejak.domain.vocabulary import RatingChannel, Role, Service, SubmissionOutcome
from tests import factories as f
from tests.client import SETTINGS, over
from tests.rating_pages import Page, a_keeper, a_link, a_request, an_agent, open_page, sent
from tests.refusals import dump, refused, unchanged

PERSONAL = "comment, subject_hash, staff_id"


@pytest.fixture(autouse=True)
async def _connected(database):
    """Every test starts from a clean database, connected."""


@pytest.fixture
async def browser():
    async with over(create_app(SETTINGS)) as client:
        yield client


async def an_answer(browser, path: str, **filled) -> str:
    """The address of its thanks."""
    page = await open_page(browser, path)
    answer = await browser.post(path, data=sent(page, **({"csat": "2"} | filled)))
    assert answer.status_code == 303
    return answer.headers["location"]


async def test_a_customer_who_is_known_is_not_asked_again_until_they_want_to(browser):
    keeper, unit = await a_keeper(), await f.a_unit()
    row = RequestRow(unit.id, Service.COMPLAINT, RatingChannel.CALL, customer_ref="0812 3456")
    path = await a_request(unit, keeper, customer_ref=" 0812 3456")
    stopped = await browser.post(path, data={"do": "stop"})
    shown = await open_page(browser, stopped.headers["location"])
    assert "tidak akan diminta menilai lagi" in shown.text
    assert "set-cookie" not in stopped.headers
    done = await rating_request.create(
        keeper, RequestRatings([row, RequestRow(unit.id, Service.SPKLU, RatingChannel.CALL)])
    )
    assert (done.made[0].path, done.made[0].opted_out) == (None, True)
    assert done.made[1].path is not None
    assert await db.fetchval("select count(*) from rating_request") == 2
    async with unchanged():
        refused_by_it = await browser.post(path, data={"do": "send", "csat": "1"})
    assert refused_by_it.status_code == 410
    await browser.post(path, data={"do": "ask"})
    assert (await rating_request.create(keeper, RequestRatings([row]))).made[0].path is not None
    assert (await open_page(browser, path)).offered["csat"]


async def test_a_browser_that_is_not_to_be_asked_sees_no_question_for_a_year(browser):
    path = f"/r/{(await a_link()).token}"
    async with unchanged():
        stopped = await browser.post(path, data={"do": "stop"})
    assert "Max-Age=31536000" in stopped.headers["set-cookie"]
    assert "HttpOnly" in stopped.headers["set-cookie"]
    for one in (path, f"/r/{(await a_link()).token}"):
        page = await open_page(browser, one)
        assert page.offered == {"do": ["ask"]}
    await browser.post(path, data={"do": "ask"})
    assert (await open_page(browser, path)).offered["csat"]


@pytest.mark.parametrize("kind", ["link", "request"])
async def test_whoever_answered_has_it_made_nameless_and_the_number_stays(browser, kind):
    path = (
        f"/r/{(await a_link()).token}"
        if kind == "link"
        else await a_request(**an_agent(), customer_ref="081234567")
    )
    thanks = await an_answer(browser, path, comment="Nama saya Sri")
    await rating_tally.drain()
    tallies = "select coalesce(sum(csat_2), 0) from rating_tally where monthly"
    before = await db.fetchval(tallies)
    [erase] = [href for href in (await open_page(browser, thanks)).links if "hapus" in href]
    asked = await open_page(browser, erase)
    assert "tanpa identitas" in asked.text
    assert asked.offered == {"do": ["erase"]}
    done = await browser.post(erase, data={"do": "erase"})
    assert "sudah dihapus" in done.text
    assert tuple(await db.fetchrow(f"select csat, {PERSONAL} from rating")) == (2, None, None, None)
    assert await db.fetchval("select count(*) from rating_request") == 0
    assert await db.fetchval(tallies) == before > 0
    async with unchanged():
        assert (await browser.post(erase, data={})).status_code == 200
        # Nothing leads from the message that the customer was sent to what is left.
        token = path.removeprefix("/r/")
        assert not [line for line in await dump() if token in line and "rating " in line]
        if kind == "request":
            assert (await browser.get(path)).status_code == 410


async def test_a_customer_is_erased_on_request_and_the_event_names_nobody(browser):
    keeper, unit = await a_keeper(), await f.a_unit()
    path = await a_request(unit, keeper, customer_ref="PEL-55", **an_agent())
    await an_answer(browser, path, comment="Nama saya Sri")
    waiting = await a_request(unit, keeper, customer_ref="pel-55")
    other = await a_request(unit, keeper, customer_ref="PEL-56")
    await an_answer(browser, other, comment="Biasa saja")
    row = RatingRow(
        "CEM-1",
        Service.COMPLAINT,
        RatingChannel.CALL,
        clock.now(),
        Answer(csat=1, comment="Lama"),
        unit_id=unit.id,
        customer_ref="Pel-55",
    )
    sent_by_program = SubmitRatings("CEM", [row])
    await rating_submission.submit(keeper, sent_by_program)
    done = await subject.erase(keeper, EraseCustomer(" PEL-55 "))
    assert (done.ratings, done.requests) == (2, 2)
    assert await db.fetchval("select count(*) from rating where comment is not null") == 1
    assert (await browser.get(waiting)).status_code == 410
    # What a program has sent once is not counted again, whoever erased what of it.
    sent = await rating_submission.submit(keeper, sent_by_program)
    assert list(sent.made.values()) == [SubmissionOutcome.ALREADY_THERE]
    told = await db.fetchrow("select subject_type, after from event where kind = 'customer.erased'")
    assert told is not None
    assert orjson.loads(told["after"]) == {"ratings": 2, "requests": 2}
    kept = "\n".join(await dump())
    assert "PEL-5" not in kept.upper().replace("ULP-5", "")
    assert not [line for line in await dump() if line.startswith("rating") and "Sri" in line]
    again = await subject.erase(keeper, EraseCustomer("PEL-55"))
    assert (again.ratings, again.requests) == (0, 0)


async def test_only_the_programme_erases_customers():
    admin, keeper = await f.a_viewer(Role.ADMIN, await f.reference_unit("HQ")), await a_keeper()
    async with refused(Code.FORBIDDEN):
        await subject.erase(admin, EraseCustomer("PEL-55"))
    async with refused(Code.REQUIRED, "customer_ref"):
        await subject.erase(keeper, EraseCustomer("  "))


async def test_what_customers_wrote_is_forgotten_after_13_months_and_requests_30_days_after_their_end(
    browser,
):
    unit = await f.a_unit()
    await an_answer(browser, await a_request(unit, customer_ref="PEL-1", valid_days=30), comment="Lama")
    await a_request(unit, customer_ref="PEL-2", valid_days=30)
    clock.shift(timedelta(days=59))
    await housekeeping.forget_old()
    assert await db.fetchval("select count(*) from rating_request") == 2
    clock.shift(timedelta(days=2))
    await housekeeping.forget_old()
    assert await db.fetchval("select count(*) from rating_request") == 0
    assert await db.fetchval("select comment from rating") == "Lama"
    clock.shift(subject.RATING_TEXT_KEPT - timedelta(days=60))
    await housekeeping.forget_old()
    row = await db.fetchrow("select csat, comment, subject_hash, external_id from rating")
    assert row is not None
    assert tuple(row)[:3] == (2, None, None)
    assert row["external_id"].startswith("erased:")
    assert not await db.fetchval(f"select count(*) from rating where {subject.PERSONAL}")


async def test_nothing_that_is_kept_names_a_customer(browser):
    """Neither a table, as those of retries and of events, nor what is said to the browser."""
    keeper, unit = await a_keeper(), await f.a_unit()
    row = RequestRow(unit.id, Service.COMPLAINT, RatingChannel.CALL, customer_ref="081299988877")
    wanted = RequestRatings([row], client_mutation_id="call-1")
    first = (await rating_request.create(keeper, wanted)).made[0]
    assert first == (await rating_request.create(keeper, wanted)).made[0]
    assert first.path is not None
    page = Page.of(await browser.get(first.path))
    await browser.post(first.path, data=sent(page, csat="5"))
    assert "081299988877" not in "\n".join(await dump())
    digest = await db.fetchval("select digest from client_mutation")
    # Whoever has the table and guesses at the number finds nothing to compare with.
    assert digest != rating_request.idempotency._digest(wanted)
