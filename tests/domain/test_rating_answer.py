"""Answers that cross each other."""

import asyncio

import pytest

from jejak.domain import db, rating_answer, rating_tally, signing, subject
from jejak.domain.errors import Code, Refused
from jejak.domain.rating import Answer
from jejak.domain.subject import EraseCustomer
from jejak.domain.vocabulary import RatingChannel
from tests import factories as f
from tests.rating_pages import a_keeper, a_link, a_request, an_agent
from tests.refusals import refused


@pytest.fixture(autouse=True)
async def _connected(database):
    """Every test starts from a clean database, connected."""


async def test_of_answers_at_the_same_moment_by_one_form_one_is_taken():
    keys = await signing.load()
    link = await a_link()
    form = rating_answer.a_form(keys, await rating_answer.look(keys, link.token))
    receipts = await asyncio.gather(
        *(rating_answer.answer(keys, link.token, form, Answer(csat=score)) for score in (1, 2, 3, 4, 5))
    )
    assert len(set(receipts)) == 1
    assert await db.fetchval("select count(*) from rating") == 1
    assert await db.fetchval("select answered from rating_link") == 1


async def test_of_answers_at_the_same_moment_to_one_request_one_is_taken():
    keys = await signing.load()
    token = (await a_request()).removeprefix("/r/")
    receipts = await asyncio.gather(
        *(rating_answer.answer(keys, token, "", Answer(nps=score)) for score in range(6))
    )
    assert len(set(receipts)) == 1
    await rating_tally.drain()
    assert await db.fetchval("select count(*) from rating") == 1


async def test_whoever_answers_while_they_are_erased_leaves_nothing_of_themselves():
    keys, keeper, unit = await signing.load(), await a_keeper(), await f.a_unit()
    for n in range(5):
        token = (await a_request(unit, keeper, customer_ref=f"PEL-{n}")).removeprefix("/r/")
        await asyncio.gather(
            rating_answer.answer(keys, token, "", Answer(csat=1, comment="Sri")),
            subject.erase(keeper, EraseCustomer(f"PEL-{n}")),
            return_exceptions=True,
        )
        assert (
            await db.fetchval(
                "select count(*) from rating where comment is not null or subject_hash is not null"
            )
            == 0
        )
        assert await db.fetchval("select count(*) from rating_request") == 0


async def test_only_what_the_page_offers_is_said_of_whom_the_customer_met():
    keys = await signing.load()
    for channel, count in (
        (RatingChannel.PLN_MOBILE, 0),
        (RatingChannel.FIELD, 3),
        (RatingChannel.OFFICE, 3),
    ):
        opened = await rating_answer.look(keys, (await a_request(channel=channel)).removeprefix("/r/"))
        assert len(opened.aspects) == count
    token = (await a_request(channel=RatingChannel.FIELD, **an_agent())).removeprefix("/r/")
    (officers, agents) = rating_answer.ASPECTS.values()
    async with refused(Code.INVALID_CHOICE, "aspects"):
        await rating_answer.answer(keys, token, "", Answer(csat=1, aspects=officers))
    await rating_answer.answer(keys, token, "", Answer(csat=1, aspects=agents))
    with pytest.raises(Refused):
        rating_answer.read_receipt(keys, token)
