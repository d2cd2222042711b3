"""Sessions at the API: refreshed, listed, ended; by a program and in a browser."""

import asyncio
from datetime import datetime, timedelta
from http.cookies import SimpleCookie

import httpx
import pytest

from jejak.api.app import create_app
from jejak.api.auth import RequestContext
from jejak.domain import clock, db, sign_in
from jejak.domain.sign_in import SignIn
from jejak.domain.vocabulary import Language, Role
from jejak.graphql.schema import build_schema
from jejak.settings import Limits, Settings
from tests import factories as f
from tests.client import NOBODY, SETTINGS, Client, as_, document, gid, http, over
from tests.refusals import dump, unchanged

TOKENS = "token expiresAt refreshToken refreshExpiresAt csrfToken viewer { id }"
SESSIONS = "{ viewer { sessions { id current browser address client createdAt lastUsedAt expiresAt } } }"


@pytest.fixture(autouse=True)
async def _connected(database):
    """People and their sessions stand in the database."""


async def signed_in(person=None, **more):
    person = person or await f.a_person()
    return await NOBODY.done("signIn", TOKENS, email=person.email, password=f.PASSWORD, **more)


def in_minutes(payload, field="expiresAt") -> float:
    return (datetime.fromisoformat(payload[field]) - clock.now()) / timedelta(minutes=1)


async def test_a_sign_in_gives_a_short_token_and_one_to_refresh_it():
    person = await f.a_person()
    payload = await signed_in(person)
    assert payload["viewer"] == {"id": gid(person)}
    assert payload["csrfToken"] is None
    assert 14.8 < in_minutes(payload) <= 15
    assert 6.9 < in_minutes(payload, "refreshExpiresAt") / 60 / 24 <= 7


async def test_a_refresh_gives_a_new_pair_and_reuse_ends_the_session():
    # given
    person = await f.a_person()
    first = await signed_in(person)
    # when
    second = await NOBODY.done("refreshSession", TOKENS, refreshToken=first["refreshToken"])
    # then
    assert second["viewer"] == {"id": gid(person)}
    await Client(second["token"]).data("{ viewer { id } }")
    again = await NOBODY.do("refreshSession", TOKENS, refreshToken=first["refreshToken"])
    assert again == {name: None for name in second if name != "errors"} | {
        "errors": [
            {
                "code": "SESSION_ENDED",
                "path": ["input", "refreshToken"],
                "message": "Sesi ini sudah berakhir; silakan masuk lagi.",
            }
        ]
    }
    assert (await Client(second["token"]).raw("{ viewer { id } }")).status_code == 401


async def test_of_two_refreshes_at_once_one_wins_and_the_session_ends():
    first = await signed_in()
    answers = await asyncio.gather(
        *(NOBODY.do("refreshSession", TOKENS, refreshToken=first["refreshToken"]) for _ in range(2))
    )
    (won,) = [answer for answer in answers if answer["token"]]
    (lost,) = [answer for answer in answers if answer["errors"]]
    assert lost["errors"][0]["code"] == "SESSION_ENDED"
    assert (await Client(won["token"]).raw("{ viewer { id } }")).status_code == 401


async def test_a_refresh_that_is_badly_asked_for_uses_up_no_token():
    first = await signed_in()
    given = {"refreshToken": first["refreshToken"]}
    async with unchanged():
        bad = "viewer { memberships { unit { children { nodes { id } } } } }"
        _, errors = await NOBODY.post(document("refreshSession", bad), input=given)
    assert [error["extensions"]["code"] for error in errors] == ["INVALID_PAGE"]
    await NOBODY.done("refreshSession", **given)


async def test_one_sees_where_one_is_signed_in_and_nobody_else_does():
    # given
    person = await f.a_person()
    headers = {"User-Agent": "Mozilla/5.0 (Android 14)"}
    given = {"input": {"email": person.email, "password": f.PASSWORD}}
    client = over(create_app(SETTINGS), client=("203.0.113.9", 1))
    answer = await client.post(
        "/graphql", json={"query": document("signIn", TOKENS), "variables": given}, headers=headers
    )
    mine = Client(answer.json()["data"]["signIn"]["token"])
    await signed_in(person, browser=True)
    # when
    sessions = (await mine.data(SESSIONS))["viewer"]["sessions"]
    # then
    assert [(one["current"], one["browser"]) for one in sessions] == [(False, True), (True, False)]
    here = sessions[1]
    assert (here["address"], here["client"]) == ("203.0.113.0/24", "Mozilla/5.0 (Android 14)")
    other = await as_(await f.a_person(Role.ADMIN, await f.reference_unit("HQ")))
    assert await other.data("query ($id: ID!) { node(id: $id) { id } }", id=here["id"]) == {"node": None}


async def test_a_session_that_has_ended_is_not_shown():
    person = await f.a_person()
    await signed_in(person)
    clock.shift(timedelta(days=8))
    mine = await as_(person)
    assert len((await mine.data(SESSIONS))["viewer"]["sessions"]) == 1


async def test_ending_another_session_signs_that_one_out():
    person = await f.a_person()
    mine, other = Client((await signed_in(person))["token"]), Client((await signed_in(person))["token"])
    (named,) = [one["id"] for one in (await mine.data(SESSIONS))["viewer"]["sessions"] if not one["current"]]
    left = await mine.done("endSession", "viewer { sessions { current } }", sessionId=named)
    assert left["viewer"]["sessions"] == [{"current": True}]
    assert (await other.raw("{ viewer { id } }")).status_code == 401


@pytest.mark.parametrize("mutation", ["signOut", "endSession"])
async def test_who_has_signed_out_is_nobody_for_the_rest_of_the_request(mutation):
    # given
    mine = Client((await signed_in())["token"])
    (here,) = (await mine.data(SESSIONS))["viewer"]["sessions"]
    ending = (
        "signOut(input: {})" if mutation == "signOut" else f'endSession(input: {{sessionId: "{here["id"]}"}})'
    )
    # when
    _, errors = await mine.post(
        f'mutation {{ {ending} {{ errors {{ code }} }} next: changePassword(input: {{currentPassword: "x", newPassword: "y"}}) {{ errors {{ code }} }} }}'
    )
    # then
    assert [error["extensions"]["code"] for error in errors] == ["UNAUTHENTICATED"]
    assert (await mine.raw("{ viewer { id } }")).status_code == 401


async def test_signing_out_everywhere_ends_every_session():
    person = await f.a_person()
    tokens = [(await signed_in(person))["token"] for _ in range(3)]
    await Client(tokens[0]).done("signOut", everywhere=True)
    for token in tokens:
        assert (await Client(token).raw("{ viewer { id } }")).status_code == 401


async def test_tokens_stand_in_no_event_no_row_and_no_second_answer(caplog):
    # given
    caplog.set_level(0)
    person = await f.a_person(Role.MANAGER)
    first = await signed_in(person)
    second = await NOBODY.done("refreshSession", TOKENS, refreshToken=first["refreshToken"])
    mine = Client(second["token"])
    (held,) = (await mine.data("{ viewer { memberships { id } } }"))["viewer"]["memberships"]
    made = await mine.done(
        "createApiToken",
        "token",
        membershipId=held["id"],
        name="CEM",
        expiresOn=clock.today("Asia/Jakarta").isoformat(),
    )
    secrets = [first["token"], first["refreshToken"], second["token"], second["refreshToken"], made["token"]]
    # when
    shown = await mine.raw("{ viewer { sessions { id client } apiTokens { id name lastUsedAt } } }")
    # then
    kept = "\n".join(await dump())
    for secret in secrets:
        assert secret
        assert secret not in kept
        assert secret not in shown.text
        assert secret not in caplog.text


class Browser:
    """Keeps cookies, as a browser does, and what a page of ours knows."""

    def __init__(self, settings: Settings = SETTINGS, base_url: str = "http://jejak.test") -> None:
        self.http = over(create_app(settings), base_url)
        self.csrf: str | None = None

    async def post(self, query: str, *, csrf: str | None = None, **given) -> httpx.Response:
        headers = {"X-CSRF-Token": csrf} if csrf is not None else {}
        return await self.http.post(
            "/graphql", json={"query": query, "variables": {"input": given}}, headers=headers
        )

    async def sign_in(self, person, csrf: str | None = None) -> httpx.Response:
        given = {"email": person.email, "password": f.PASSWORD, "browser": True}
        answer = await self.post(document("signIn", TOKENS), csrf=csrf, **given)
        assert answer.status_code == 200, answer.text
        self.csrf = answer.json()["data"]["signIn"]["csrfToken"]
        return answer

    async def get(self, query: str) -> httpx.Response:
        return await self.http.get("/graphql", params={"query": query})


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["errors"][0]["extensions"]["code"]


async def test_a_browser_gets_its_session_in_a_cookie_and_no_token():
    # given
    person, browser = await f.a_person(), Browser()
    # when
    answer = await browser.sign_in(person)
    # then
    payload = answer.json()["data"]["signIn"]
    assert (payload["token"], payload["refreshToken"]) == (None, None)
    assert 719 < in_minutes(payload) <= 720
    (cookie,) = SimpleCookie(answer.headers["set-cookie"]).values()
    assert cookie.key == "jejak_session"
    assert (cookie["httponly"], cookie["samesite"].lower(), cookie["path"]) == (True, "lax", "/")
    assert (cookie["secure"], cookie["domain"]) == ("", "")
    assert 43_190 <= int(cookie["max-age"]) <= 43_200
    assert cookie.value not in answer.text
    assert (await browser.get("{ viewer { id } }")).json()["data"] == {"viewer": {"id": gid(person)}}


async def test_by_https_the_cookie_is_bound_to_this_very_site():
    browser = Browser(
        Settings(public_url="https://jejak.example", limits=SETTINGS.limits), "https://jejak.example"
    )
    answer = await browser.sign_in(await f.a_person())
    (cookie,) = SimpleCookie(answer.headers["set-cookie"]).values()
    assert cookie.key == "__Host-jejak_session"
    assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")
    assert (await browser.get("{ viewer { id } }")).status_code == 200


@pytest.mark.parametrize("csrf", [None, "", "0" * 64, "é", "x" * 10_000])
async def test_a_cookie_alone_changes_nothing(csrf):
    # given
    browser = Browser()
    await browser.sign_in(await f.a_person())
    for query in ("{ viewer { id } }", "mutation { signOut(input: {}) { errors { code } } }"):
        # when
        async with unchanged():
            headers = {} if csrf is None else {"X-CSRF-Token": csrf.encode()}
            answer = await browser.http.post("/graphql", json={"query": query}, headers=headers)
        # then
        assert code_of(answer) == (403, "WRONG_CSRF_TOKEN")
        assert "X-CSRF-Token" in answer.json()["errors"][0]["message"]


async def test_another_sessions_csrf_token_is_wrong():
    person = await f.a_person()
    mine, other = Browser(), Browser()
    await mine.sign_in(person)
    await other.sign_in(person)
    assert code_of(await mine.post("{ viewer { id } }", csrf=other.csrf)) == (403, "WRONG_CSRF_TOKEN")
    assert (await mine.post("{ viewer { id } }", csrf=mine.csrf)).status_code == 200


async def test_a_page_that_was_reloaded_learns_its_csrf_token_again():
    browser = Browser()
    await browser.sign_in(await f.a_person())
    answer = await browser.get("{ csrfToken }")
    assert answer.json()["data"] == {"csrfToken": browser.csrf}
    assert answer.headers["cache-control"] == "no-store"


async def test_who_comes_by_a_token_has_no_csrf_token_and_needs_none():
    mine = await as_(await f.a_person())
    assert await mine.data("{ csrfToken }") == {"csrfToken": None}


async def test_a_bearer_token_wins_over_a_cookie():
    # given
    browser, other = Browser(), await f.a_person()
    await browser.sign_in(await f.a_person())
    token = (await as_(other)).token
    # when
    answer = await browser.http.post(
        "/graphql",
        json={"query": "{ viewer { id } csrfToken }"},
        headers={"Authorization": f"Bearer {token}"},
    )
    # then
    assert answer.json()["data"] == {"viewer": {"id": gid(other)}, "csrfToken": None}
    wrong = await browser.http.post(
        "/graphql", json={"query": "{ viewer { id } }"}, headers={"Authorization": "Bearer nonsense"}
    )
    assert code_of(wrong) == (401, "UNAUTHENTICATED")


async def test_a_cookies_token_is_no_bearer_token():
    browser = Browser()
    answer = await browser.sign_in(await f.a_person())
    (cookie,) = SimpleCookie(answer.headers["set-cookie"]).values()
    assert (await Client(cookie.value).raw("{ viewer { id } }")).status_code == 401


@pytest.mark.parametrize("stale", ["ended", "made up"])
async def test_a_stale_cookie_is_nobody_and_stands_in_no_sign_ins_way(stale):
    # given
    person, browser = await f.a_person(), Browser()
    if stale == "ended":
        await browser.sign_in(person)
        await db.execute("delete from session")
    else:
        browser.http.cookies.set("jejak_session", "jejak_browser_nonsense")
    # when
    asked = await browser.get("{ viewer { id } }")
    # then
    assert asked.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    await browser.sign_in(person)
    assert (await browser.get("{ viewer { id } }")).json()["data"] == {"viewer": {"id": gid(person)}}


async def test_signing_out_takes_the_cookie_back():
    browser = Browser()
    await browser.sign_in(await f.a_person())
    kept = dict(browser.http.cookies)
    answer = await browser.post(document("signOut"), csrf=browser.csrf)
    assert answer.json()["data"]["signOut"]["errors"] == []
    assert dict(browser.http.cookies) == {}
    cookie = "; ".join(f"{name}={value}" for name, value in kept.items())
    again = await http().get("/graphql", params={"query": "{ viewer { id } }"}, headers={"Cookie": cookie})
    assert again.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_program_that_signs_out_leaves_the_browsers_cookie_alone():
    browser = Browser()
    await browser.sign_in(await f.a_person())
    token = (await as_(await f.a_person())).token
    answer = await browser.http.post(
        "/graphql",
        json={"query": "mutation { signOut(input: {}) { errors { code } } }"},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert "set-cookie" not in answer.headers
    assert (await browser.get("{ viewer { id } }")).status_code == 200


async def test_an_answer_that_can_bear_no_cookie_begins_no_session_in_one():
    """As on a socket, where the session would be lost, and its CSRF token of no use."""
    # given
    person = await f.a_person()
    context = RequestContext(None, Language.ID, "a-request")
    given = {"email": person.email, "password": f.PASSWORD, "browser": True}
    # when
    async with unchanged():
        result = await build_schema().execute(
            document("signIn", TOKENS), variable_values={"input": given}, context_value=context
        )
    # then
    assert [error.extensions["code"] for error in result.errors] == ["BAD_REQUEST"]


async def test_browsers_behind_one_address_are_counted_apart():
    """An office has one address. A cookie that stands for nobody counts for the address, lest each be a new caller."""
    # given
    limits = Limits(burst=3, per_minute=1)
    app = create_app(Settings(limits=limits))
    people = [await f.a_person() for _ in range(2)]
    cookies = [
        (await sign_in.sign_in(SignIn(person.email, f.PASSWORD, browser=True))).token for person in people
    ]

    async def statuses(cookie: str, times: int) -> list[int]:
        browser = over(app)
        browser.cookies.set("jejak_session", cookie)
        return [
            (await browser.get("/graphql", params={"query": "{ __typename }"})).status_code
            for _ in range(times)
        ]

    # then
    for cookie in cookies:
        assert await statuses(cookie, 4) == [200, 200, 200, 429]
    made_up = [status for n in range(4) for status in await statuses(f"jejak_browser_{n}", 1)]
    assert made_up == [200, 200, 200, 429]


async def test_a_browser_may_sign_in_again_as_somebody_else():
    browser, other = Browser(), await f.a_person()
    await browser.sign_in(await f.a_person())
    await browser.sign_in(other, csrf=browser.csrf)
    assert (await browser.get("{ viewer { id } }")).json()["data"] == {"viewer": {"id": gid(other)}}
