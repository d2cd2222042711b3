"""Customers answer over HTTP, in a browser that runs no scripts."""

import base64
import hashlib
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from jejak.api.app import create_app
from jejak.domain import clock, db, rating_link, rating_texts, signing, throttle_rules
from jejak.domain.rating_link import RevokeRatingLink
from jejak.domain.vocabulary import Language, RatingChannel
from jejak.settings import Settings
from tests import factories as f
from tests.api.live import at, limited, locked
from tests.client import SETTINGS, over
from tests.rating_pages import FORM, Page, a_keeper, a_link, a_request, an_agent, open_page, sent
from tests.refusals import unchanged


@pytest.fixture(autouse=True)
async def _connected(database):
    """Every test starts from a clean database, connected."""


@pytest.fixture
async def browser():
    """With cookies of its own, and keys that are those of this database."""
    async with over(create_app(SETTINGS)) as client:
        yield client


async def ratings():
    columns = "csat, overall, ces, nps, aspects, comment, channel, service, feature, source"
    return [tuple(row) for row in await db.fetch(f"select {columns} from rating order by id")]


async def test_a_customer_answers_once_and_is_thanked(browser):
    link = await a_link(feature="bayar")
    page = await open_page(browser, f"/r/{link.token}", **{"Accept-Language": "id"})
    answer = await browser.post(
        f"/r/{link.token}?lang=id",
        data=sent(page, csat="5", ces="7", nps="10", aspect=["FAST", "POLITE"], comment=" Cepat\r\nsekali "),
    )
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/r/terima-kasih/")
    thanks = await open_page(browser, answer.headers["location"])
    assert "Terima kasih atas penilaian Anda." in thanks.text
    assert await ratings() == [
        (5, None, 7, 10, ["POLITE", "FAST"], "Cepat\nsekali", "SOCIAL_MEDIA", "COMPLAINT", "BAYAR", "link")
    ]
    assert await db.fetchval("select count(*) from rating_pending") == 1
    assert await db.fetchval("select answered from rating_link") == 1


@pytest.mark.parametrize("language", list(Language))
async def test_the_page_is_whole_in_each_language_without_a_script(browser, language):
    unit = await f.a_unit(name="ULP Rungkut")
    path = await a_request(unit, **an_agent("Dewi"))
    answer = await browser.get(path, headers={"Accept-Language": language.value})
    page = Page.of(answer)
    html = next(given for tag, given in page.tags if tag == "html")
    assert html["lang"] == language.value
    for name in ("how", "good", "comment", "send", "stop", "kept"):
        assert rating_texts.phrase(name, language) in page.text
    for scale in ("ces", "csat", "overall", "nps"):
        assert rating_texts.question(scale, language)[1] in page.text
    assert "ULP Rungkut" in page.text
    assert "Dewi" in page.text
    assert page.offered["nps"] == [*map(str, range(11)), ""]
    assert page.offered["ces"] == [*map(str, range(1, 8)), ""]
    assert page.offered["aspect"] == ["POLITE", "SOLVES", "FAST"]
    assert not {"script", "img", "link", "iframe"} & {tag for tag, _ in page.tags}
    assert "http" not in re.sub(r"\s+", " ", answer.text)
    assert len(answer.content) < 15_000
    other = next(href for href in page.links if href.startswith("?lang="))
    switched = await open_page(browser, path + other)
    assert rating_texts.phrase("send", next(one for one in Language if one != language)) in switched.text


async def test_an_old_phone_that_calls_indonesian_by_its_old_name_is_understood(browser):
    page = await open_page(browser, await a_request(), **{"Accept-Language": "in-ID, en-US;q=0.8"})
    assert "Kirim Penilaian" in page.text


async def test_every_input_has_a_label_and_every_question_a_legend(browser):
    """That each input lies in a label and a fieldset the parser sees to itself."""
    path = await a_request(channel=RatingChannel.FIELD)
    page = await open_page(browser, path)
    tags = [tag for tag, _ in page.tags]
    assert tags.count("fieldset") == tags.count("legend") == 5
    assert ("label", {"for": "comment"}) in page.tags
    area = next(given for tag, given in page.tags if tag == "textarea")
    assert area["id"] == "comment"
    assert page.open_tags == []
    assert "Petugas sopan & berseragam" in page.text


async def test_the_pages_headers_keep_everything_else_out(browser):
    answer = await browser.get(f"/r/{(await a_link()).token}")
    style = re.search(r"<style>(.*)</style>", answer.text, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = answer.headers["content-security-policy"]
    assert f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'" in policy
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"
    assert answer.headers["cache-control"] == "no-store"
    # Else a browser would send the page's own form as foreign.
    assert answer.headers["referrer-policy"] == "same-origin"
    assert (await browser.head(f"/r/{(await a_link()).token}")).status_code == 200


async def test_a_form_that_is_sent_twice_is_one_answer(browser):
    link = await a_link()
    page = await open_page(browser, f"/r/{link.token}")
    first = await browser.post(f"/r/{link.token}", data=sent(page, csat="4"))
    second = await browser.post(f"/r/{link.token}", data=sent(page, csat="1"))
    assert first.headers["location"] == second.headers["location"]
    assert [row[0] for row in await ratings()] == [4]
    assert await db.fetchval("select answered from rating_link") == 1


async def test_a_request_is_answered_once_for_ever(browser):
    path = await a_request(customer_ref="0812-3456", valid_days=30)
    page = await open_page(browser, path)
    first = await browser.post(path, data=sent(page, nps="0"))
    clock.shift(timedelta(days=45))
    second = await browser.post(path, data=sent(page, nps="10"))
    assert first.headers["location"] == second.headers["location"]
    again = await open_page(browser, path)
    assert "Terima kasih" in again.text
    assert [row[3] for row in await ratings()] == [0]


async def test_whoever_answered_a_shared_link_is_thanked_and_may_go_on(browser):
    link = await a_link()
    page = await open_page(browser, f"/r/{link.token}")
    await browser.post(f"/r/{link.token}", data=sent(page, csat="4"))
    again = await open_page(browser, f"/r/{link.token}")
    assert "Terima kasih" in again.text
    assert again.offered == {}
    next_one = await open_page(browser, f"/r/{link.token}{again.links[-1]}")
    await browser.post(f"/r/{link.token}", data=sent(next_one, csat="2"))
    assert [row[0] for row in await ratings()] == [4, 2]
    # Of another link this says nothing.
    assert (await open_page(browser, f"/r/{(await a_link()).token}")).offered["csat"]


async def test_what_is_missing_or_wrong_is_said_and_what_was_filled_in_stays(browser):
    path = await a_request(channel=RatingChannel.CALL)
    page = await open_page(browser, path)
    async with unchanged():
        empty = await browser.post(path, data=sent(page, comment="Lama", aspect="SOLVES"))
        long = await browser.post(path, data=sent(page, csat="3", nps="0", comment="x" * 2_001))
        bad = [
            await browser.post(path, data=sent(page, **wrong))
            for wrong in ({"csat": "6"}, {"nps": "-1"}, {"csat": "x"}, {"aspect": "GOOD_WORK", "csat": "5"}, {"aspect": "x"})
        ]  # fmt: skip
    assert [one.status_code for one in (empty, long, *bad)] == [400] * 7
    shown = Page.of(empty)
    assert "Jawablah paling sedikit satu pertanyaan" in shown.text
    assert "Lama" in shown.text
    assert shown.checked == {("aspect", "SOLVES")}
    assert Page.of(long).checked == {("csat", "3"), ("nps", "0")}
    assert all("tidak dapat dibaca" in one.text for one in bad)


async def test_a_page_that_was_open_for_long_is_sent_once_more(browser):
    link = await a_link()
    page = await open_page(browser, f"/r/{link.token}")
    clock.shift(timedelta(hours=13))
    async with unchanged():
        late = await browser.post(f"/r/{link.token}", data=sent(page, csat="4", comment="Baik"))
        other = await a_form_of_another_link(browser)
        strange = await browser.post(f"/r/{link.token}", data=sent(other, csat="4"))
    assert (late.status_code, strange.status_code) == (400, 400)
    fresh = Page.of(late)
    assert fresh.checked == {("csat", "4")}
    assert (await browser.post(f"/r/{link.token}", data=sent(fresh, csat="4"))).status_code == 303


async def a_form_of_another_link(browser):
    # Made before the tables are compared would be a change.
    other = await db.fetchval("select token from rating_link order by created_at limit 1")
    page = await open_page(browser, f"/r/{other}")
    page.fields["form"] = page.fields["form"][:-4] + "AAAA"
    return page


async def test_a_forged_link_is_no_page_and_the_database_is_not_asked(browser, database):
    link, path = await a_link(), await a_request()
    await open_page(browser, f"/r/{link.token}")
    token = path.removeprefix("/r/")
    forged = [
        token[:-1] + ("A" if token[-1] != "A" else "B"),
        "B" + token[1:],
        token[:5] + ("A" if token[5] != "A" else "B") + token[6:],
        token + "=",
        token + "A",
        "x",
        "%00",
        "A" * 40,
        "x" * 500,
        "é" * 40,
    ]
    async with (
        locked(database, "rating_link"),
        locked(database, "rating_request"),
        locked(database, "signing_key"),
    ):
        answers = [await browser.get(f"/r/{one}") for one in forged]
        answers += [await browser.post(f"/r/{forged[0]}", data={"csat": "5"})]
        answers += [await browser.get(f"/r/hapus/{token}"), await browser.post(f"/r/hapus/{token}", data={})]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    assert await ratings() == []


async def test_an_ended_link_says_so(browser):
    keeper = await a_keeper()
    link, path = await a_link(viewer=keeper), await a_request(valid_days=1)
    page = await open_page(browser, path)
    of_link = await open_page(browser, f"/r/{link.token}")
    await rating_link.revoke(keeper, RevokeRatingLink(link.id))
    clock.shift(timedelta(days=1))
    async with unchanged():
        answers = [
            await browser.get(path),
            await browser.get(f"/r/{link.token}"),
            await browser.post(path, data=sent(page, csat="5")),
            await browser.post(f"/r/{link.token}", data=sent(of_link, csat="5")),
        ]
    assert [answer.status_code for answer in answers] == [410] * 4
    assert all("sudah tidak berlaku" in answer.text for answer in answers)


async def test_another_host_and_another_sites_form_are_refused():
    settings = Settings(public_url="https://jejak.pln.example", limits=SETTINGS.limits)
    path = await a_request()
    own = at(settings, "https://jejak.pln.example")
    page = await open_page(own, path)
    async with unchanged():
        assert (await at(settings, "https://evil.example").get(path)).status_code == 421
        foreign = await own.post(path, data=sent(page, csat="1"), headers={"Origin": "https://evil.example"})
        assert foreign.status_code == 403
    done = await own.post(path, data=sent(page, csat="5"), headers={"Origin": "https://jejak.pln.example"})
    assert done.status_code == 303


async def test_names_and_reviews_are_text_and_nothing_else(browser):
    evil = '"><script>alert(1)</script>'
    unit = await f.a_unit(name=f"ULP {evil}")
    path = await a_request(unit, **an_agent(f"Budi {evil}"))
    page = await open_page(browser, path)
    assert "script" not in {tag for tag, _ in page.tags}
    assert f"Budi {evil}" in page.text
    wrong = await browser.post(path, data=sent(page, comment=f"</textarea>{evil}", form=evil, csat=evil))
    shown = Page.of(wrong)
    assert "script" not in {tag for tag, _ in shown.tags}
    assert f"</textarea>{evil}" in shown.text


async def test_a_body_that_is_no_small_form_is_refused_on_a_page(browser):
    path = await a_request()
    async with unchanged():
        large = await browser.post(path, data={"comment": "x" * 70_000})
        many = await browser.post(path, data={"aspect": ["FAST"] * 50})
        other = await browser.post(path, content=b"{}", headers={"Content-Type": "application/json"})
        nul = await browser.post(path, content=b"csat=5&comment=%00%ff", headers={"Content-Type": FORM})
    assert [one.status_code for one in (large, many, other, nul)] == [413, 400, 415, 400]
    assert {one.headers["content-type"] for one in (large, many, other, nul)} == {"text/html; charset=utf-8"}


async def test_a_hundred_answers_by_a_shared_link_are_enough_for_an_address(browser):
    link = await a_link()
    page = await open_page(browser, f"/r/{link.token}")
    await browser.post(f"/r/{link.token}", data=sent(page, csat="4"))
    await db.execute("update throttle set failures = $1", throttle_rules.ANSWERS.free)
    told = [
        (
            await browser.post(
                f"/r/{link.token}", data=sent(await open_page(browser, f"/r/{link.token}?again=1"), csat="5")
            )
        ).status_code
        for _ in range(3)
    ]
    assert told == [303, 429, 429]
    assert len(await ratings()) == 2
    # That says nothing of another link, nor of what one customer was sent.
    other, own = await a_link(), await a_request()
    for path in (f"/r/{other.token}", own):
        answer = await browser.post(path, data=sent(await open_page(browser, path), csat="5"))
        assert answer.status_code == 303


async def test_requests_of_an_address_are_limited():
    path = await a_request()
    async with at(limited(per_minute=1, burst=3)) as client:
        assert [(await client.get(path)).status_code for _ in range(4)] == [200, 200, 200, 429]


async def test_the_pages_work_while_nothing_of_a_minute_ago_is_known(browser):
    """A new key signs, what the old one signed holds, and one that was deleted opens nothing."""
    old = await a_link()
    clock.shift(signing.RENEWED_AFTER + timedelta(days=1))
    await signing.renew()
    await signing.renew()
    assert [row["number"] for row in await db.fetch("select number from signing_key order by 1")] == [0, 1, 2]
    new = await a_link()
    assert new.token[:2] != old.token[:2]
    assert (await browser.get(f"/r/{new.token}")).status_code == 200
    assert (await browser.get(f"/r/{old.token}")).status_code == 410  # its time is over
    clock.shift(signing.KEPT - signing.RENEWED_AFTER)
    await signing.renew()
    assert [row["number"] for row in await db.fetch("select number from signing_key order by 1")] == [0, 2, 3]
    async with over(create_app(SETTINGS)) as later:
        assert (await later.get(f"/r/{old.token}")).status_code == 404


async def test_a_failure_is_a_page_and_no_log_tells_what_was_written(browser, monkeypatch, caplog):
    path = await a_request(customer_ref="081299988877")
    page = await open_page(browser, path)
    # As a bug would have it: PostgreSQL refuses the row, and names it.
    monkeypatch.setattr("jejak.domain.rating.checked", lambda _, given: replace(given, csat=9))
    caplog.set_level("DEBUG")
    async with unchanged():
        answer = await browser.post(path, data=sent(page, csat="1", comment="rahasia sekali"))
    assert answer.status_code == 500
    assert "Layanan sedang terganggu" in answer.text
    ours = [record for record in caplog.records if record.name.startswith("jejak")]
    told = "\n".join(f"{record.getMessage()} {record.exc_text or ''}" for record in ours)
    assert "violates check constraint" in told
    for secret in ("rahasia", "081299988877", path.removeprefix("/r/")):
        assert secret not in told
