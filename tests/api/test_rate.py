"""How often one caller may ask, what the answers tell about it, and that Valkey is not needed for any of it."""

import asyncio
import re
import signal
import socket
from dataclasses import replace

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import from_url

from jejak.api import rate as rates
from jejak.api.app import create_app
from jejak.api.rate import Rate
from jejak.domain.vocabulary import Language
from jejak.settings import IdentityProvider, Limits
from tests import factories as f
from tests.api.live import code, limited, served
from tests.cli.test_set_up import closed_port
from tests.cli.test_valkey_away import valkey
from tests.client import as_, over
from tests.sql import statements

QUERY = {"query": "{ __typename }"}
# One a minute, so that nothing comes back while a test runs.
THREE = limited(per_minute=1, burst=3)


@pytest.fixture(autouse=True)
async def _connected(database):
    """Every request that is let through looks for its viewer in the database."""


async def ask(client, **headers):
    return await client.post("/graphql", json=QUERY, headers=headers)


async def statuses(client, times, **headers):
    return [(await ask(client, **headers)).status_code for _ in range(times)]


def an_app(settings=THREE, host="10.0.0.1", app=None):
    """An application with buckets of its own, and somebody at an address."""
    return over(app or create_app(settings), client=(host, 1))


async def test_the_burst_is_let_through_and_what_comes_beyond_it_is_told_when_to_come_again():
    client = an_app()
    answers = [await ask(client) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    told = [re.fullmatch(r'"requests";r=(\d);t=(\d+)', a.headers["ratelimit"]).groups() for a in answers[:3]]
    assert [left for left, _ in told] == ["2", "1", "0"]
    # Less what has passed since the first
    for (_, full_in), most in zip(told, (60, 120, 180), strict=True):
        assert most - 20 < int(full_in) <= most
    assert {answer.headers["ratelimit-policy"] for answer in answers} == {'"requests";q=3;w=180'}
    last = answers[-1]
    assert code(last) == "RATE_LIMITED"
    seconds = int(last.headers["retry-after"])
    assert 0 < seconds <= 60
    assert last.headers["ratelimit"] == f'"requests";r=0;t={seconds}'
    assert str(seconds) in last.json()["errors"][0]["message"]


async def test_what_is_told_is_what_an_ordinary_screen_never_meets():
    answer = await ask(an_app(limited(per_minute=Limits().per_minute, burst=Limits().burst)))
    assert answer.headers["ratelimit-policy"] == '"requests";q=120;w=6'
    assert answer.headers["ratelimit"] == '"requests";r=119;t=1'


async def test_who_is_refused_reads_why_in_the_language_of_the_browser():
    client = an_app()
    await statuses(client, 3)
    words = {
        language: (await ask(client, **{"Accept-Language": language})).json()["errors"][0]["message"]
        for language in Language
    }
    assert "Terlalu banyak permintaan" in words[Language.ID]
    assert "Too many requests" in words[Language.EN]


async def test_what_is_refused_asks_the_database_nothing():
    person = await as_(await f.a_person())
    client = an_app()
    await statuses(client, 3, **person.all_headers)
    async with statements() as counted:
        assert (await ask(client, **person.all_headers)).status_code == 429
    assert len(counted) == 0


async def test_each_token_has_its_own_wherever_it_is_used():
    someone = await f.a_person()
    first, second = await as_(someone), await as_(someone)
    app = create_app(THREE)
    here, there = an_app(app=app), an_app(app=app, host="10.0.0.2")
    assert await statuses(here, 3, **first.all_headers) == [200] * 3
    assert await statuses(there, 1, **first.all_headers) == [429]
    assert await statuses(here, 3, **second.all_headers) == [200] * 3
    # and whoever has not signed in at that address is somebody else
    assert await statuses(here, 3) == [200] * 3


async def test_who_is_signed_out_is_known_by_the_address():
    app = create_app(THREE)
    assert await statuses(an_app(app=app), 4) == [200, 200, 200, 429]
    assert await statuses(an_app(app=app, host="10.0.0.2"), 1) == [200]


@pytest.mark.parametrize(("other", "status"), [("2001:db8:1:2:ffff::9", 429), ("2001:db8:1:3::1", 200)])
async def test_a_network_of_ipv6_is_one_address(other, status):
    app = create_app(THREE)
    assert await statuses(an_app(app=app, host="2001:db8:1:2::1"), 3) == [200] * 3
    assert await statuses(an_app(app=app, host=other), 1) == [status]


async def test_an_address_of_ipv4_is_one_however_it_is_written():
    app = create_app(THREE)
    assert await statuses(an_app(app=app, host="10.0.0.2"), 3) == [200] * 3
    assert await statuses(an_app(app=app, host="::ffff:10.0.0.2"), 1) == [429]
    assert await statuses(an_app(app=app, host="::ffff:10.0.0.3"), 1) == [200]


async def test_made_up_tokens_count_for_the_address_that_they_come_from():
    client = an_app()
    tried = [(await ask(client, Authorization=f"Bearer made-up-{n}")).status_code for n in range(5)]
    assert tried == [401, 401, 401, 429, 429]
    assert await statuses(client, 1) == [429]
    # A token that is one is not held up by them
    person = await as_(await f.a_person())
    assert await statuses(client, 1, **person.all_headers) == [200]


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
async def test_made_up_cookies_count_for_the_address_however_the_answer_comes(accept):
    client = an_app()
    tried = []
    for n in range(5):
        answer = await ask(client, Cookie=f"jejak_session=made-up-{n}", Accept=accept)
        tried.append(answer.status_code)
    assert tried == [200, 200, 200, 429, 429]


@pytest.mark.parametrize("name", ["Authorization", "Cookie"])
async def test_signing_in_elsewhere_counts_for_the_address_whoever_one_says_to_be(name):
    identity = IdentityProvider("http://127.0.0.1:1", "jejak", None)
    client = an_app(replace(THREE, public_url="http://jejak.test", identity_provider=identity))
    values = (f"Bearer made-up-{n}" if name == "Authorization" else f"jejak_session={n}" for n in range(5))
    tried = [(await client.get("/sign-in/oidc", headers={name: value})).status_code for value in values]
    assert tried == [502, 502, 502, 429, 429]


async def test_health_and_what_a_browser_asks_first_are_not_counted():
    client = an_app()
    for _ in range(5):
        live = await client.get("/health/live")
        assert live.status_code == 200
        assert "ratelimit" not in live.headers
        assert (await client.options("/graphql")).status_code == 204
    assert await statuses(client, 3) == [200] * 3


async def test_after_the_time_that_was_told_the_next_is_let_through():
    client = an_app(limited(per_minute=60, burst=1))
    refused = await until_refused(client)
    await asyncio.sleep(int(refused.headers["retry-after"]))
    assert await statuses(client, 1) == [200]
    await until_refused(client)


async def until_refused(client):
    """The first that is refused: where the machine is slow, another may have come back meanwhile."""
    async with asyncio.timeout(20):
        while (answer := await ask(client)).status_code == 200:
            pass
    assert answer.status_code == 429
    return answer


async def test_all_processes_count_together(redis_url):
    person = await as_(await f.a_person())
    async with served(THREE, redis_url) as one, served(THREE, redis_url) as other:
        assert await statuses(one, 2, **person.all_headers) == [200, 200]
        assert await statuses(other, 2, **person.all_headers) == [200, 429]
        refused = await ask(one, **person.all_headers)
        assert (refused.status_code, code(refused)) == (429, "RATE_LIMITED")
        assert 0 < int(refused.headers["retry-after"]) <= 60


async def test_what_valkey_keeps_names_no_token_and_is_gone_when_the_bucket_is_full(redis_url):
    person = await as_(await f.a_person())
    async with served(THREE, redis_url) as client, from_url(redis_url) as redis:
        await statuses(client, 1, **person.all_headers)
        (key,) = [key async for key in redis.scan_iter("jejak:rate:*")]
        assert person.token.encode() not in key
        assert 0 < await redis.pttl(key) <= 60_000


async def test_without_valkey_each_process_counts_alone(caplog):
    with closed_port() as port:
        url = f"redis://127.0.0.1:{port}"
        rate = Rate(THREE.limits)
        async with rate.shared(url):
            client = an_app(app=create_app(THREE, rate))
            assert await statuses(client, 5) == [200, 200, 200, 429, 429]
    said = [record.getMessage() for record in caplog.records if "Valkey" in record.getMessage()]
    assert len(said) == 1
    assert "out of reach" in said[0]


async def test_a_valkey_that_never_answers_is_not_waited_for_twice(caplog, monkeypatch):
    monkeypatch.setattr(rates, "PATIENCE_SECONDS", 2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        rate = Rate(THREE.limits)
        async with rate.shared(f"redis://127.0.0.1:{silent.getsockname()[1]}"):
            client = an_app(app=create_app(THREE, rate))
            async with asyncio.timeout(3.9):  # twice is 4 s
                assert await statuses(client, 5) == [200, 200, 200, 429, 429]
    assert len([record for record in caplog.records if "out of reach" in record.getMessage()]) == 1


async def test_a_valkey_that_goes_and_comes_back_is_used_again(tmp_path, caplog):
    with closed_port() as port:
        pass
    url = f"redis://127.0.0.1:{port}"
    rate = Rate(THREE.limits)
    with valkey(port, tmp_path):
        async with rate.shared(url):
            client = an_app(app=create_app(THREE, rate))
            assert await statuses(client, 1) == [200]
    async with rate.shared(url):
        assert await statuses(client, 1) == [200]
        with valkey(port, tmp_path):
            async with asyncio.timeout(20):
                while "Valkey is back" not in caplog.text:
                    await asyncio.sleep(0.05)
            # A new Valkey knows of nothing
            assert await statuses(client, 4) == [200, 200, 200, 429]


async def test_who_is_counted_begins_nothing_anew_where_valkey_goes(tmp_path, caplog):
    with closed_port() as port:
        pass
    rate = Rate(THREE.limits)
    with valkey(port, tmp_path) as server:
        async with rate.shared(f"redis://127.0.0.1:{port}"):
            client = an_app(app=create_app(THREE, rate))
            assert await statuses(client, 2) == [200, 200]
            server.send_signal(signal.SIGSTOP)
            try:
                # Both wait for it at the same time
                answers = await asyncio.gather(ask(client), ask(client))
            finally:
                server.send_signal(signal.SIGCONT)
    assert sorted(answer.status_code for answer in answers) == [200, 429]
    (said,) = [record.getMessage() for record in caplog.records if "out of reach" in record.getMessage()]
    assert not said.endswith(": ")


async def test_where_a_bucket_holds_plenty_nobody_waits_for_valkey(tmp_path, monkeypatch):
    monkeypatch.setattr(rates, "PATIENCE_SECONDS", 20)
    with closed_port() as port:
        pass
    rate = Rate(Limits(per_minute=1, burst=80))
    with valkey(port, tmp_path) as server:
        async with rate.shared(f"redis://127.0.0.1:{port}"):
            server.send_signal(signal.SIGSTOP)
            try:
                async with asyncio.timeout(10):
                    left = [(await rate.take("a")).left for _ in range(5)]
            finally:
                server.send_signal(signal.SIGCONT)
    assert left == [79, 78, 77, 76, 75]


async def test_what_was_let_through_unasked_is_told_to_valkey_soon_and_at_the_end(redis_url):
    rate = Rate(Limits(per_minute=1, burst=80))
    async with from_url(redis_url) as redis:
        async with rate.shared(redis_url):
            await rate.take("a")
            await rate.take("a")
            async with asyncio.timeout(10):
                while await redis.pttl("jejak:rate:a") < 60_000:
                    await asyncio.sleep(0.01)
            await rate.take("a")
        assert 120_000 < await redis.pttl("jejak:rate:a") <= 180_000


async def test_processes_that_ask_valkey_seldom_let_no_more_through_than_their_share(redis_url):
    """An eighth of a burst for each of them, beyond the burst that they share."""
    limits = Limits(per_minute=1, burst=80)
    one, other = Rate(limits), Rate(limits)
    async with one.shared(redis_url), other.shared(redis_url):
        taken = [await rate.take("a") for _ in range(100) for rate in (one, other)]
        assert 80 <= sum(not each.wait for each in taken) <= 100
        # and from then on they agree
        assert [(await rate.take("a")).left for rate in (one, other)] == [0, 0]
        assert (await one.take("a")).wait == pytest.approx((await other.take("a")).wait, abs=1)


@given(st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=60), st.integers(1, 40))
async def test_memory_and_valkey_count_alike(redis_url, callers, burst):
    async with from_url(redis_url) as redis:
        async for key in redis.scan_iter("jejak:rate:*"):
            await redis.delete(key)
    limits = Limits(per_minute=1, burst=burst)
    alone, together = Rate(limits), Rate(limits)
    async with together.shared(redis_url):
        for caller in callers:
            # when
            mine, ours = await alone.take(caller), await together.take(caller)
            # then
            assert (mine.left, bool(mine.wait)) == (ours.left, bool(ours.wait))
            assert abs(mine.full_in - ours.full_in) <= 1


def test_the_fields_are_structured():
    """As the draft's own grammar has them: lists of quoted names with whole numbers."""
    item = re.compile(r'"requests"(;[a-z]+=\d+)+')
    for per_minute, burst in ((1, 1), (7, 3), (1_200, 120), (2**31, 1), (1, 2**31)):
        assert item.fullmatch(Rate(Limits(per_minute=per_minute, burst=burst)).policy)


async def test_the_address_is_the_connections_unless_a_trusted_proxy_names_another(redis_url):
    one = limited(per_minute=1, burst=1)

    async def seen(client: httpx.AsyncClient) -> list[int]:
        return [
            (await ask(client, **{"X-Forwarded-For": given})).status_code
            for given in ("203.0.113.1", "203.0.113.2", "203.0.113.1", "198.51.100.9, 203.0.113.2")
        ]

    async with served(one, redis_url) as client:
        assert await seen(client) == [200, 429, 429, 429]
    async with served(replace(one, trusted_proxies=("127.0.0.0/8",)), redis_url) as client:
        # Of several the nearest that is no proxy of ours: what stands before it anybody may have written.
        assert await seen(client) == [200, 200, 429, 429]
