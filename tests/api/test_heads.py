"""The head of a request, on a real socket: bounded in size and in time, and otherwise as ever."""

import asyncio
import contextlib

import pytest

from jejak.api import heads
from tests.api.live import served
from tests.client import SETTINGS

LIVE = b"GET /health/live HTTP/1.1\r\nHost: jejak.test\r\n"


@pytest.fixture
async def connection(database, redis_url):
    """A function that opens a connection to a server of the test's own."""
    writers = []

    async with served(SETTINGS, redis_url) as client:

        async def opened():
            reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
            writers.append(writer)
            return reader, writer

        yield opened
        for writer in writers:
            writer.close()


async def to_its_end(reader):
    async with asyncio.timeout(20):
        return await reader.read()


async def one_answer(reader):
    async with asyncio.timeout(20):
        head = await reader.readuntil(b"\r\n\r\n")
        return head + await reader.readuntil(b"}")


@pytest.mark.parametrize(
    ("begins", "goes_on"),
    [
        (LIVE, b"X-More: " + b"x" * 1_000 + b"\r\n"),
        (LIVE + b"X-Long: ", b"x" * 1_000),
        (b"GET /graphql?query=", b"x" * 1_000),
    ],
)
async def test_a_head_that_goes_on_and_on_is_cut_off(connection, begins, goes_on):
    # No byte more than it takes: what nobody reads has the system drop the answer.
    too_much = (begins + goes_on * 100)[: heads.MOST_BYTES + 1]
    reader, writer = await connection()
    writer.write(too_much)
    assert (await to_its_end(reader)).startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize("sent", [b"", b"GET", LIVE])
async def test_a_head_that_does_not_end_is_not_waited_for(connection, monkeypatch, sent):
    monkeypatch.setattr(heads, "SECONDS", 0.2)
    reader, writer = await connection()
    writer.write(sent)
    assert (await to_its_end(reader)).startswith(b"HTTP/1.1 408 ")


async def test_the_next_head_on_a_connection_is_not_waited_for_either(connection, monkeypatch):
    monkeypatch.setattr(heads, "SECONDS", 0.2)
    reader, writer = await connection()
    writer.write(LIVE + b"\r\n")
    assert (await one_answer(reader)).startswith(b"HTTP/1.1 200 ")
    writer.write(LIVE)
    assert (await to_its_end(reader)).startswith(b"HTTP/1.1 408 ")


async def test_one_connection_serves_many_requests_one_after_the_other_and_at_once(connection):
    reader, writer = await connection()
    for _ in range(3):
        writer.write(LIVE + b"X-Some: " + b"x" * 30_000 + b"\r\n\r\n")
        assert (await one_answer(reader)).startswith(b"HTTP/1.1 200 ")
    writer.write((LIVE + b"\r\n") * 3)
    for _ in range(3):
        assert (await one_answer(reader)).startswith(b"HTTP/1.1 200 ")


async def test_a_body_may_take_its_time(connection, monkeypatch):
    monkeypatch.setattr(heads, "SECONDS", 0.1)
    reader, writer = await connection()
    body = b'{"query": "{ __typename }"}'
    writer.write(b"POST /graphql HTTP/1.1\r\nHost: jejak.test\r\nContent-Type: application/json\r\n")
    writer.write(f"Content-Length: {len(body)}\r\n\r\n".encode())
    await asyncio.sleep(0.3)
    writer.write(body)
    assert b'"__typename":"Query"' in await one_answer(reader)


CHUNKED = LIVE.replace(b"GET", b"POST").replace(b"/health/live", b"/graphql") + (
    b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
)


@pytest.mark.parametrize("trailer", [b"X-More: " + b"x" * 1_000 + b"\r\n", b"X-Long: ", b""])
async def test_trailers_that_go_on_and_on_are_cut_off(connection, trailer):
    reader, writer = await connection()
    writer.write(CHUNKED + b"0\r\n" + trailer)
    await writer.drain()
    with contextlib.suppress(ConnectionError):
        for _ in range(200):
            writer.write(trailer if trailer.endswith(b"\n") else b"x" * 1_000)
            await writer.drain()
    with contextlib.suppress(ConnectionError):
        assert await to_its_end(reader) == b""


async def test_trailers_and_large_bodies_in_chunks_are_read(connection):
    reader, writer = await connection()
    body = b'{"query": "{ __typename }"' + b" " * 200_000 + b"}"
    writer.write(CHUNKED)
    for start in range(0, len(body), 10_000):
        chunk = body[start : start + 10_000]
        writer.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
    writer.write(b"0\r\nX-Some: " + b"x" * 30_000 + b"\r\n\r\n")
    assert b'"__typename":"Query"' in await one_answer(reader)
    # and the connection goes on
    writer.write(LIVE + b"\r\n")
    assert b"HTTP/1.1 200 " in await one_answer(reader)
