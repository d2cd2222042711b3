"""The way out that every mail bears."""

import pytest

from jejak.domain import db
from jejak.domain.vocabulary import Language
from tests.client import http
from tests.deliveries import a_delivery, an_owner
from tests.refusals import unchanged


@pytest.fixture(autouse=True)
async def _connected(database):
    """Every test starts from a clean database, connected."""


async def test_looking_at_the_link_ends_nothing():
    owner, task = await an_owner()
    key = await a_delivery(owner, task)
    async with unchanged():
        page = await http().get(f"/unsubscribe/{key}", headers={"Accept-Language": "id"})
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert '<form method="post">' in page.text


async def test_one_click_of_a_mail_program_ends_it():
    owner, task = await an_owner(language=Language.EN)
    key = await a_delivery(owner, task)
    answer = await http().post(f"/unsubscribe/{key}", data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert "No more digests by e-mail" in answer.text
    assert await db.fetchval("select enabled from channel_choice where person_id = $1", owner.id) is False


@pytest.mark.parametrize("key", ["0190d6c6-0000-7000-8000-000000000000", "x", "1" * 500])
async def test_a_link_that_is_none_is_answered_the_same_and_changes_nothing(key):
    async with unchanged():
        answer = await http().post(f"/unsubscribe/{key}")
    assert answer.status_code == 200


async def test_the_button_of_the_page_is_not_foreign():
    """A page without a referrer would be; another site's is."""
    owner, task = await an_owner()
    key = await a_delivery(owner, task)
    page = await http().get(f"/unsubscribe/{key}")
    assert page.headers["referrer-policy"] == "same-origin"
    async with unchanged():
        foreign = await http().post(f"/unsubscribe/{key}", headers={"Origin": "https://evil.example"})
    assert foreign.status_code == 403
    own = await http().post(f"/unsubscribe/{key}", headers={"Origin": "http://jejak.test"})
    assert own.status_code == 200
