"""Programs at the API: what a token of theirs reaches, and what it does not."""

from datetime import timedelta

import pytest

from jejak.domain import clock, db
from jejak.domain.vocabulary import Role
from tests import factories as f
from tests.client import Client, as_, gid
from tests.refusals import unchanged
from tests.sql import statements


@pytest.fixture(autouse=True)
async def _connected(database):
    """People, their roles and their tokens stand in the database."""


async def a_program(person, role: Role) -> Client:
    """With a token that acts by the person's role."""
    mine = await as_(person)
    held = (await mine.data("{ viewer { memberships { id role } } }"))["viewer"]["memberships"]
    (membership,) = [one["id"] for one in held if one["role"] == role]
    day = (clock.now() + timedelta(days=30)).date().isoformat()
    made = await mine.done("createApiToken", "token", membershipId=membership, name="CEM", expiresOn=day)
    return Client(made["token"])


async def test_a_program_sees_the_unit_of_its_role_and_no_other():
    # given
    here, there = await f.a_unit(), await f.a_unit()
    person = await f.a_person(Role.VIEWER, here)
    await f.a_role(person, Role.MANAGER, there)
    program = await a_program(person, Role.VIEWER)
    query = "query ($here: ID!, $there: ID!) { here: node(id: $here) { id } there: node(id: $there) { id } viewer { id } }"
    # then
    assert await program.data(query, here=gid(here), there=gid(there)) == {
        "here": {"id": gid(here)},
        "there": None,
        "viewer": {"id": gid(person)},
    }


async def test_a_program_is_shown_the_role_by_which_it_acts_and_its_person_all():
    unit = await f.a_unit()
    person = await f.a_person(Role.VIEWER, unit)
    await f.a_role(person, Role.MANAGER, unit)
    query = "{ viewer { memberships { role } } }"
    program = await a_program(person, Role.MANAGER)
    assert (await program.data(query))["viewer"]["memberships"] == [{"role": "MANAGER"}]
    assert len((await (await as_(person)).data(query))["viewer"]["memberships"]) == 2


async def test_a_program_is_looked_up_by_one_statement():
    program = await a_program(await f.a_person(Role.VIEWER), Role.VIEWER)
    async with statements() as counted:
        await program.data("{ viewer { id } }")
    assert len([text for text in counted.sql if "current_setting('jit')" not in text]) == 2


async def test_a_role_that_is_taken_away_ends_its_programs_at_once():
    # given
    person = await f.a_person(Role.VIEWER)
    program = await a_program(person, Role.VIEWER)
    await program.data("{ viewer { id } }")
    admin = await as_(await f.a_person(Role.ADMIN, await f.reference_unit("HQ")))
    (held,) = (await (await as_(person)).data("{ viewer { memberships { id } } }"))["viewer"]["memberships"]
    # when
    revoked = await admin.done("revokeRole", "membership { apiTokens { id } }", membershipId=held["id"])
    # then
    assert (await program.raw("{ viewer { id } }")).status_code == 401
    assert revoked["membership"] == {"apiTokens": []}


async def test_an_administrator_sees_the_tokens_of_their_units_and_when_each_was_used():
    # given
    unit = await f.a_unit()
    program = await a_program(await f.a_person(Role.MANAGER, unit), Role.MANAGER)
    await program.data("{ viewer { id } }")
    admin = await as_(await f.a_person(Role.ADMIN, unit))
    query = "query ($id: ID!) { unit(id: $id) { memberships(first: 9) { nodes { role apiTokens { id name lastUsedAt } } } } }"
    # when
    nodes = (await admin.data(query, id=gid(unit)))["unit"]["memberships"]["nodes"]
    # then
    (token,) = [token for node in nodes for token in node["apiTokens"]]
    assert token["name"] == "CEM"
    assert token["lastUsedAt"] is not None
    await admin.done("revokeApiToken", apiTokenId=token["id"])
    assert (await program.raw("{ viewer { id } }")).status_code == 401


async def test_a_program_sees_nothing_of_the_account_and_changes_nothing_of_it():
    # given a program with the right to manage everybody
    hq = await f.reference_unit("HQ")
    person, other = await f.a_person(Role.ADMIN, hq), await f.a_person(Role.VIEWER, hq)
    others = await a_program(other, Role.VIEWER)
    program = await a_program(person, Role.ADMIN)
    mine = await as_(person)
    hook = (await mine.done("registerWebhook", "webhook { id }", url="https://1.1.1.1/"))["webhook"]["id"]
    sent = (await mine.done("testWebhook", "delivery { id }", webhookId=hook))["delivery"]["id"]
    feed = (await mine.done("createCalendarFeed", "calendarFeed { id }"))["calendarFeed"]["id"]
    query = """{ viewer { sessions { id } apiTokens { id } memberships { id apiTokens { id } }
        webhooks { id } calendarFeed { id } notificationPreferences { channel } }
        notificationPreferences { channel } deliveries(first: 9) { totalCount } }"""
    everything = await mine.data(query)
    assert (len(everything["notificationPreferences"]), everything["deliveries"]) == (2, {"totalCount": 1})
    own = everything["viewer"]
    assert (own["webhooks"], own["calendarFeed"]) == ([{"id": hook}], {"id": feed})
    assert own["sessions"]
    assert own["apiTokens"]
    # then
    (held,) = own["memberships"]
    assert await program.data(query) == {
        "viewer": {
            "sessions": [],
            "apiTokens": [],
            "memberships": [{"id": held["id"], "apiTokens": []}],
            "webhooks": [],
            "calendarFeed": None,
            "notificationPreferences": [],
        },
        "notificationPreferences": [],
        "deliveries": {"totalCount": 0},
    }
    for key in (own["sessions"][0]["id"], own["apiTokens"][0]["id"], hook, sent, feed):
        assert await program.data("query ($id: ID!) { node(id: $id) { id } }", id=key) == {"node": None}
    day = (clock.now() + timedelta(days=3)).date().isoformat()
    async with unchanged():
        for mutation, given in {
            "changePassword": {"currentPassword": f.PASSWORD, "newPassword": "gajah biru menari pelan"},
            "setLanguage": {"language": "EN"},
            "createApiToken": {"membershipId": held["id"], "name": "another", "expiresOn": day},
            "revokeApiToken": {"apiTokenId": own["apiTokens"][0]["id"]},
            "signOut": {"everywhere": True},
            "endSession": {"sessionId": own["sessions"][0]["id"]},
            "invitePerson": {"personId": gid(other)},
            "updateNotificationPreferences": {"preferences": [{"channel": "EMAIL", "enabled": False}]},
            "registerWebhook": {"url": "https://1.1.1.1/"},
            **{name: {"webhookId": hook} for name in ("rotateWebhookSecret", "removeWebhook", "testWebhook")},
            "resendDelivery": {"deliveryId": sent},
            "createCalendarFeed": {},
            "revokeCalendarFeed": {"calendarFeedId": feed},
        }.items():
            assert [code for code, _ in await program.refusals(mutation, **given)] == ["FORBIDDEN"], mutation
    await others.data("{ viewer { id } }")


async def test_what_a_program_does_stands_in_the_history_as_its_persons():
    unit = await f.a_unit()
    person = await f.a_person(Role.MANAGER, unit)
    program = await a_program(person, Role.MANAGER)
    today = clock.today(unit.timezone).isoformat()
    await program.done(
        "captureJourney", unitId=gid(unit), service="PB_PD", title="x", occurredOn=today, stages=[]
    )
    assert await db.fetchval("select actor_id from event where kind = 'journey.captured'") == person.id
