"""Where webhooks may go: every way to write an address that is not public."""

import asyncio
import socket
import threading
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jejak.domain import webhook_target
from jejak.domain.webhook_target import Forbidden, Policy, check, permitted, well_formed

INSIDE = [
    "127.0.0.1", "127.8.9.1", "0.1.2.3", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "192.0.0.192", "198.18.0.1", "203.0.113.9", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1", "100::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::", "2002:a00:1::1", "2001:0:7f00:1::",
]  # fmt: skip
OUTSIDE = [
    "1.1.1.1",
    "8.8.8.8",
    "2606:4700:4700::1111",
    "::ffff:1.1.1.1",
    "64:ff9b::101:101",
    "2002:101:101::1",
]


@pytest.fixture(autouse=True)
def _as_it_was():
    webhook_target.allow(Policy())
    yield
    webhook_target.allow(Policy())


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_that_is_not_public_is_not_permitted(address):
    assert not permitted(ip_address(address))


@pytest.mark.parametrize("address", OUTSIDE)
def test_a_public_address_is_permitted(address):
    assert permitted(ip_address(address))


@given(st.ip_addresses(v=4))
def test_an_address_is_no_better_for_being_wrapped(inner):
    wrapped = [ip_address(f"::ffff:{inner}"), ip_address((0x64FF9B << 96) + int(inner))]
    wrapped.append(ip_address((0x2002 << 112) + (int(inner) << 80) + 1))
    assert {permitted(one) for one in wrapped} == {permitted(inner)}


def test_networks_inside_are_permitted_where_that_is_configured():
    private = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
    assert permitted(ip_address("10.1.2.3"), private)
    assert permitted(ip_address("::ffff:10.1.2.3"), private)
    assert permitted(ip_address("fd12::1"), private)
    assert not permitted(ip_address("192.168.0.1"), private)
    assert not permitted(ip_address("127.0.0.1"), private)


@pytest.mark.parametrize(
    "url",
    [
        "https://2130706433/", "https://0x7f000001/", "https://0x7f.1/", "https://017700000001/", "https://127.1/",
        "https://127.0.0.1./", "https://localhost/", "https://localhost./", "https://LOCALHOST/", "https://[::1]/",
        "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/", "https://0/", "https://169.254.169.254/latest",
        "https://10.0.0.1:8443/", "https://no-such-host.invalid/", "https://" + "a" * 64 + ".example/",
    ],
)  # fmt: skip
async def test_a_name_that_leads_inside_or_nowhere_is_forbidden_however_it_is_written(url):
    kept = well_formed(url)
    assert kept is not None
    with pytest.raises(Forbidden):
        await check(kept)


@pytest.mark.parametrize(
    "url", ["https://1.1.1.1/", "https://[2606:4700:4700::1111]:8443/a", "https://16843009/"]
)
async def test_a_public_address_may_be_used(url):
    await check(well_formed(url))


async def test_names_whose_servers_do_not_answer_hold_nothing_else_up(monkeypatch):
    answered = threading.Event()

    def hanging(*_, **__):
        answered.wait(20)
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", hanging)
    asked = [asyncio.create_task(check(f"https://slow{n}.example/")) for n in range(40)]
    await asyncio.sleep(0.1)
    try:
        async with asyncio.timeout(2):
            assert await asyncio.to_thread(int, "1") == 1
    finally:
        answered.set()
        for outcome in await asyncio.gather(*asked, return_exceptions=True):
            assert isinstance(outcome, Forbidden)


async def test_http_is_for_where_it_is_configured():
    assert well_formed("http://1.1.1.1/") is None
    webhook_target.allow(Policy(http=True))
    assert well_formed("http://1.1.1.1/") == "http://1.1.1.1/"
    await check("http://1.1.1.1/")
    webhook_target.allow(Policy())
    with pytest.raises(Forbidden):
        await check("http://1.1.1.1/")


@pytest.mark.parametrize(
    "url",
    [
        "", "hooks.example", "ftp://hooks.example/", "file:///etc/passwd", "gopher://1.1.1.1/", "https://", "https:///x",
        "https://user@1.1.1.1/", "https://user:pass@1.1.1.1/", "https://1.1.1.1@127.0.0.1/", "https://1.1.1.1/#part",
        "https://1.1.1.1:0/", "https://1.1.1.1:99999/", "https://1.1.1.1:x/", "https://1.1.1.1\\@127.0.0.1/",
        "https://1.1.1.1/a b", "https://1.1.1.1/\r\nX: y", "https://[::1", "https://[fe80::1%25eth0]/", "https://./",
        "https://1.1.1.1/" + "x" * 1_000, "https://\uff1127.0.0.1/", "https://hooks.example\u3002local/",
    ],
)  # fmt: skip
def test_what_is_no_address_of_a_webhook_is_none(url):
    assert well_formed(url) is None


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://Hooks.Example", "https://hooks.example/"),
        ("https://hooks.example./a?b=c", "https://hooks.example/a?b=c"),
        ("https://hooks.example:8443/", "https://hooks.example:8443/"),
        ("https://[2606:4700:4700::1111]/", "https://[2606:4700:4700::1111]/"),
    ],
)
def test_an_address_is_kept_in_one_form(given, kept):
    assert well_formed(given) == kept
