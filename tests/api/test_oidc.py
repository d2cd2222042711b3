"""Signing in at an identity provider, over HTTP with a real one: the way there and back, and every way to go wrong."""

from datetime import timedelta
from http.cookies import SimpleCookie
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from jejak.api.app import create_app
from jejak.domain import clock, db
from jejak.settings import IdentityProvider, Settings
from tests import factories as f
from tests.api import provider as providers
from tests.api.provider import SECRET, Provider, a_provider
from tests.client import SETTINGS, gid, http, over
from tests.refusals import unchanged

# As a browser says that its user is led here from another site.
LED_HERE = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


@pytest.fixture(autouse=True)
async def _connected(database):
    """People, their sessions and what is under way stand in the database."""


@pytest.fixture
def provider():
    with a_provider() as running:
        yield running


class Browser:
    """A browser at our site, which can go to the provider and come back."""

    def __init__(
        self, provider: Provider, *, public_url: str = "http://jejak.test", secret: str | None = SECRET
    ) -> None:
        identity = IdentityProvider(provider.issuer, "jejak", secret)
        settings = Settings(public_url=public_url, identity_provider=identity, limits=SETTINGS.limits)
        self.http = over(create_app(settings), public_url)

    async def set_out(self, return_to: str | None = "/tasks?late=1") -> str:
        """The address at the provider that it is sent to."""
        answer = await self.http.get("/sign-in/oidc", params={"return_to": return_to} if return_to else {})
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    async def come_back(self, address: str, who: str = "sri") -> str:
        """Signs in at the provider; where that leads."""
        async with httpx.AsyncClient() as outside:
            answer = await outside.post(address, data={"sub": who})
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]

    async def arrive(self, address: str) -> httpx.Response:
        return await self.http.get(address, headers=LED_HERE)

    async def sign_in(self, who: str = "sri", return_to: str | None = "/tasks?late=1") -> httpx.Response:
        return await self.arrive(await self.come_back(await self.set_out(return_to), who))


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Of a plain answer: coded, with words, without a session."""
    assert "session" not in answer.headers.get("set-cookie", "")
    (error,) = answer.json()["errors"]
    assert error["message"]
    return answer.status_code, error["extensions"]["code"]


async def test_a_person_comes_back_signed_in_where_they_wanted_to_go(provider):
    # given
    person, browser = await f.a_person(email="sri@pln.example"), Browser(provider)
    # when
    answer = await browser.sign_in()
    # then
    assert (answer.status_code, answer.headers["location"]) == (303, "/tasks?late=1")
    shown = await browser.http.get(
        "/graphql", params={"query": "{ viewer { id sessions { browser } } csrfToken }"}
    )
    data = shown.json()["data"]
    assert data["viewer"] == {"id": gid(person), "sessions": [{"browser": True}]}
    assert data["csrfToken"]


async def test_what_is_asked_of_the_provider(provider):
    browser = Browser(provider)
    parts = urlsplit(await browser.set_out())
    given = {name: value for name, (value,) in parse_qs(parts.query).items()}
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{provider.issuer}/oauth2/authorize"
    assert given | {"state": "", "nonce": "", "code_challenge": ""} == {
        "response_type": "code",
        "client_id": "jejak",
        "redirect_uri": "http://jejak.test/sign-in/oidc/callback",
        "scope": "openid email",
        "state": "",
        "nonce": "",
        "code_challenge": "",
        "code_challenge_method": "S256",
    }
    assert min(len(given[name]) for name in ("state", "nonce", "code_challenge")) >= 43
    again = parse_qs(urlsplit(await browser.set_out()).query)
    assert all(again[name] != [given[name]] for name in ("state", "nonce", "code_challenge"))


@pytest.mark.parametrize("secret", [SECRET, None])
async def test_the_code_is_redeemed_with_the_verifier_and_as_the_client(provider, secret):
    await f.a_person(email="sri@pln.example")
    answer = await Browser(provider, secret=secret).sign_in()
    # This provider knows no public clients: of those it is looked at what they send.
    assert answer.status_code == (303 if secret else 403)
    sent = provider.sent[provider.asked.index("/oauth2/token")]
    assert len(sent["code_verifier"]) >= 43
    assert (sent["authorization"] is None) == (secret is None)
    assert sent.get("client_id") == (None if secret else "jejak")


async def test_the_cookies_are_out_of_reach_and_by_https_bound_to_this_site(provider):
    await f.a_person(email="sri@pln.example")
    browser = Browser(provider, public_url="https://jejak.example")
    begun = await browser.http.get("/sign-in/oidc")
    back = await browser.arrive(await browser.come_back(begun.headers["location"]))
    for answer, name in ((begun, "__Host-jejak_sign_in"), (back, "__Host-jejak_session")):
        (cookie,) = SimpleCookie(answer.headers["set-cookie"]).values()
        assert cookie.key == name
        assert (cookie["httponly"], cookie["secure"], cookie["samesite"].lower()) == (True, True, "lax")
        assert (cookie["path"], cookie["domain"]) == ("/", "")


async def test_there_is_no_such_way_where_no_provider_is_set():
    for path in ("/sign-in/oidc", "/sign-in/oidc/callback"):
        assert refusal(await http().get(path)) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    "return_to",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "javascript:alert(1)",
        "tasks",
        " /tasks",
        "/" + "x" * 2_000,
        "/\u2028",
    ],
)
async def test_nobody_is_led_to_another_site(provider, return_to):
    answer = await Browser(provider).http.get("/sign-in/oidc", params={"return_to": return_to})
    assert refusal(answer) == (400, "BAD_REQUEST")
    assert await db.fetchval("select count(*) from provider_sign_in") == 0


async def test_who_names_no_place_goes_to_the_start(provider):
    await f.a_person(email="sri@pln.example")
    assert (await Browser(provider).sign_in(return_to=None)).headers["location"] == "/"


@pytest.mark.parametrize(
    ("return_to", "location"),
    [
        ("/tugas/é", "/tugas/%C3%A9"),
        ("/cari?q=日本 x", "/cari?q=%E6%97%A5%E6%9C%AC%20x"),
        ("/a%20b?c=d&e=%C3%A9#f", "/a%20b?c=d&e=%C3%A9#f"),
    ],
)
async def test_a_place_of_any_letters_is_gone_on_to(provider, return_to, location):
    await f.a_person(email="sri@pln.example")
    answer = await Browser(provider).sign_in(return_to=return_to)
    assert (answer.status_code, answer.headers["location"]) == (303, location)


async def test_two_tabs_come_back_each_to_its_own_place(provider):
    await f.a_person(email="sri@pln.example")
    browser = Browser(provider)
    first, second = await browser.set_out("/a"), await browser.set_out("/b")
    for address, place in ((first, "/a"), (second, "/b")):
        answer = await browser.arrive(await browser.come_back(address))
        assert answer.headers["location"] == place


async def test_an_answer_is_good_once(provider):
    await f.a_person(email="sri@pln.example")
    browser = Browser(provider)
    address = await browser.come_back(await browser.set_out())
    await browser.arrive(address)
    assert refusal(await browser.arrive(address)) == (400, "SIGN_IN_EXPIRED")


async def test_an_answer_is_good_in_the_browser_that_began_it_only(provider):
    """Else somebody could be signed in as another, by a link."""
    await f.a_person(email="sri@pln.example")
    mine, other = Browser(provider), Browser(provider)
    address = await mine.come_back(await mine.set_out())
    await other.set_out()
    for browser in (other, Browser(provider)):
        assert refusal(await browser.arrive(address)) == (400, "SIGN_IN_EXPIRED")
    assert (await mine.arrive(address)).status_code == 303


@pytest.mark.parametrize("state", ["state=", "state=made-up", "", "state=%00", "state=%ff"])
async def test_an_answer_to_nothing_that_was_asked_is_refused(provider, state):
    browser = Browser(provider)
    await browser.set_out()
    answer = await browser.arrive(f"/sign-in/oidc/callback?code=x&{state}")
    assert refusal(answer) == (400, "SIGN_IN_EXPIRED")


async def test_who_takes_too_long_starts_again(provider):
    browser = Browser(provider)
    address = await browser.come_back(await browser.set_out())
    clock.shift(timedelta(minutes=11))
    assert refusal(await browser.arrive(address)) == (400, "SIGN_IN_EXPIRED")


async def test_who_says_no_at_the_provider_is_not_signed_in(provider):
    browser = Browser(provider)
    address = await browser.set_out()
    (state,) = parse_qs(urlsplit(address).query)["state"]
    answer = await browser.arrive(f"/sign-in/oidc/callback?error=access_denied&state={state}")
    assert refusal(answer) == (403, "SIGN_IN_REFUSED")


async def test_a_code_that_is_none_is_refused(provider):
    browser = Browser(provider)
    (state,) = parse_qs(urlsplit(await browser.set_out()).query)["state"]
    answer = await browser.arrive(f"/sign-in/oidc/callback?code=made-up&state={state}")
    assert refusal(answer) == (403, "SIGN_IN_REFUSED")


async def test_an_answer_of_another_provider_is_refused(provider):
    await f.a_person(email="sri@pln.example")
    browser = Browser(provider)
    address = await browser.come_back(await browser.set_out())
    assert refusal(await browser.arrive(f"{address}&iss=https://evil.example")) == (403, "SIGN_IN_REFUSED")


async def test_a_nonce_that_is_not_ours_is_refused(provider):
    """As of a token that somebody else was given, and slips in here."""
    await f.a_person(email="sri@pln.example")
    browser = Browser(provider)
    address = await browser.set_out()
    (nonce,) = parse_qs(urlsplit(address).query)["nonce"]
    answer = await browser.arrive(await browser.come_back(address.replace(nonce, "another-nonce")))
    assert refusal(answer) == (403, "SIGN_IN_REFUSED")


def without(name: str):
    return lambda claims: {key: value for key, value in claims.items() if key != name}


CLAIMS = {
    "another issuer": lambda claims: claims | {"iss": "https://evil.example"},
    "another audience": lambda claims: claims | {"aud": "another-client"},
    "audiences without us": lambda claims: claims | {"aud": ["a", "b"]},
    "for us and others, by nobody knows whom": lambda claims: claims | {"aud": ["jejak", "other"]},
    "for us and others, by another": lambda claims: claims | {"aud": ["jejak", "other"], "azp": "other"},
    "given to another": lambda claims: claims | {"azp": "other"},
    "expired": lambda claims: claims | {"exp": claims["iat"] - 3_600},
    "expired at no time": lambda claims: claims | {"exp": "never"},
    "of tomorrow": lambda claims: claims | {"iat": claims["iat"] + 86_400},
    "another nonce": lambda claims: claims | {"nonce": "another"},
    "several nonces": lambda claims: claims | {"nonce": ["another"]},
    **{f"without {name}": without(name) for name in ("iss", "aud", "exp", "iat", "nonce", "sub")},
}


@pytest.mark.parametrize("wrong", CLAIMS)
async def test_a_token_that_is_not_for_this_sign_in_is_refused(provider, wrong):
    # given
    await f.a_person(email="sri@pln.example")
    provider.change = CLAIMS[wrong]
    # when
    answer = await Browser(provider).sign_in()
    # then
    assert refusal(answer) == (403, "SIGN_IN_REFUSED")
    assert await db.fetchval("select count(*) from session") == 0


@pytest.mark.parametrize(
    "claims", [{"aud": ["jejak"]}, {"aud": ["other", "jejak"], "azp": "jejak"}, {"azp": "jejak"}], ids=str
)
async def test_a_token_for_us_among_others_is_good_where_it_was_given_to_us(provider, claims):
    await f.a_person(email="sri@pln.example")
    provider.change = lambda given: given | claims
    assert (await Browser(provider).sign_in()).status_code == 303


@pytest.mark.parametrize(
    "sign",
    [
        providers.by_another_key,
        providers.by_our_own_secret,
        providers.by_nobody,
        providers.by_a_key_that_says_it_is_right,
        lambda claims, key: "no token at all",
        lambda claims, key: "a.b.c",
    ],
)
async def test_a_token_that_the_provider_has_not_signed_is_refused(provider, sign):
    await f.a_person(email="sri@pln.example")
    provider.sign = sign
    assert refusal(await Browser(provider).sign_in()) == (403, "SIGN_IN_REFUSED")


async def test_the_providers_keys_are_asked_for_again_when_they_are_replaced(provider):
    # given
    await f.a_person(email="sri@pln.example")
    browser = Browser(provider)
    assert (await browser.sign_in()).status_code == 303
    asked = provider.asked.count("/jwks")
    # when
    provider.rotate = True
    # then: not at once, lest made-up tokens have us ask for each
    assert refusal(await browser.sign_in()) == (403, "SIGN_IN_REFUSED")
    assert provider.asked.count("/jwks") == asked == 1
    clock.shift(timedelta(seconds=61))
    assert (await browser.sign_in()).status_code == 303
    assert provider.asked.count("/jwks") == 2


@pytest.mark.parametrize(
    "keys",
    [{}, [], {"keys": []}, {"keys": 1}, {"keys": [1]}, {"keys": [{"kty": "RSA"}]}, {"keys": [{"kty": "RSA", "n": "!", "e": "AQAB"}]}],
    ids=str,
)  # fmt: skip
async def test_keys_that_cannot_be_read_are_the_providers_fault_and_no_bug(provider, keys):
    await f.a_person(email="sri@pln.example")
    provider.keys = keys
    assert refusal(await Browser(provider).sign_in()) == (502, "SIGN_IN_UNAVAILABLE")


async def test_keys_of_other_kinds_beside_the_right_one_do_no_harm(provider):
    await f.a_person(email="sri@pln.example")
    async with httpx.AsyncClient() as outside:
        given = (await outside.get(f"{provider.issuer}/jwks")).json()["keys"]
    of_tomorrow = {"kty": "ML-DSA", "kid": "tomorrow"}
    secret = OctKey.import_key(SECRET).as_dict(private=True)
    provider.keys = {
        "keys": [of_tomorrow, secret | {"kid": "secret"}, *(key | {"kid": "right"} for key in given)]
    }
    for sign, status in (
        (lambda claims, key: jwt.encode({"alg": "RS256", "kid": "right"}, claims, key), 303),
        (
            lambda claims, _: jwt.encode(
                {"alg": "HS256", "kid": "secret"}, claims, OctKey.import_key(SECRET)
            ),
            403,
        ),
        (lambda claims, key: jwt.encode({"alg": "RS256", "kid": "unknown"}, claims, key), 403),
    ):
        provider.sign = sign
        assert (await Browser(provider).sign_in()).status_code == status


async def test_what_went_wrong_is_logged_without_what_was_sent(provider, caplog):
    browser = Browser(provider)
    (state,) = parse_qs(urlsplit(await browser.set_out()).query)["state"]
    await browser.arrive(f"/sign-in/oidc/callback?code=a-code-of-somebody&state={state}")
    own = [record.getMessage() for record in caplog.records if record.name.startswith("jejak")]
    assert own
    assert not any(told in line for line in own for told in ("a-code-of-somebody", state, SECRET))


async def test_what_the_provider_says_of_itself_is_asked_for_once_an_hour(provider):
    await f.a_person(email="sri@pln.example")
    browser = Browser(provider)
    for _ in range(3):
        assert (await browser.sign_in()).status_code == 303
    assert provider.asked.count("/.well-known/openid-configuration") == 1
    clock.shift(timedelta(minutes=61))
    provider.change = lambda claims: claims | {"exp": claims["exp"] + 7_200}
    assert (await browser.sign_in()).status_code == 303
    assert provider.asked.count("/.well-known/openid-configuration") == 2


@pytest.mark.parametrize("who", ["unverified", "silent", "text", "nameless"])
async def test_an_address_that_the_provider_has_not_verified_is_nobodys(provider, who):
    await f.a_person(email="sri@pln.example")
    assert refusal(await Browser(provider).sign_in(who)) == (403, "EMAIL_NOT_VERIFIED")


async def test_nobody_is_made_on_the_fly(provider):
    await f.a_person(email="sri@pln.example")
    browser = Browser(provider)
    address = await browser.come_back(await browser.set_out(), "nobody")
    people = await db.fetchval("select count(*) from person")
    assert refusal(await browser.arrive(address)) == (403, "NO_ACCOUNT")
    assert await db.fetchval("select count(*) from person") == people


async def test_an_address_that_comes_by_another_way_counts_for_the_same_person_only(provider):
    # given
    person, browser = await f.a_person(email="sri@pln.example"), Browser(provider)
    provider.change = lambda claims: {
        key: value for key, value in claims.items() if key not in {"email", "email_verified"}
    }
    # when
    assert (await browser.sign_in()).status_code == 303
    # then
    assert "/userinfo" in provider.asked
    assert await db.fetchval("select person_id from session") == person.id
    provider.change = lambda claims: without("email")(claims) | {"sub": "somebody else"}
    assert refusal(await browser.sign_in()) == (403, "SIGN_IN_REFUSED")


@pytest.mark.parametrize("down", ["/.well-known/openid-configuration", "/jwks"])
async def test_a_provider_that_is_away_is_told_and_comes_back(provider, down):
    await f.a_person(email="sri@pln.example")
    provider.down = {down}
    browser = Browser(provider)
    if down == "/jwks":
        answer = await browser.sign_in()
    else:
        answer = await browser.http.get("/sign-in/oidc")
    assert refusal(answer) == (502, "SIGN_IN_UNAVAILABLE")
    provider.down = set()
    assert (await browser.sign_in()).status_code == 303


async def test_a_provider_that_nobody_answers_for_is_told():
    nowhere = Provider(issuer="http://localhost:9")
    assert refusal(await Browser(nowhere).http.get("/sign-in/oidc")) == (502, "SIGN_IN_UNAVAILABLE")


async def test_a_provider_that_calls_itself_otherwise_is_none(provider):
    """Discovery by one name must not give tokens of another."""
    provider.calls_itself = "https://evil.example"
    async with unchanged():
        answer = await Browser(provider).http.get("/sign-in/oidc")
    assert refusal(answer) == (502, "SIGN_IN_UNAVAILABLE")


async def test_a_refusal_is_in_the_browsers_language(provider):
    answer = await Browser(provider).http.get(
        "/sign-in/oidc/callback", headers=LED_HERE | {"Accept-Language": "en"}
    )
    assert answer.json()["errors"][0]["message"].startswith("This sign-in has expired")
