"""The benchmark's client: a closed loop that counts right answers only."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import repeat

import pytest

from benchmarks import load
from benchmarks.load import Ask, WrongAnswer

ANSWER = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"data": 1}'


class Answering:
    """A server that answers each request with the same bytes, in pieces of a size."""

    def __init__(self, answer: bytes, piece: int = 1_000) -> None:
        self.answer, self.piece = answer, piece
        self.connections = self.answered = self.at_once = self.most_at_once = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                await reader.readexactly(2)
                self.at_once += 1
                self.most_at_once = max(self.at_once, self.most_at_once)
                # Long enough for the others to come, too.
                await asyncio.sleep(0.005)
                self.at_once -= 1
                self.answered += 1
                for start in range(0, len(self.answer), self.piece):
                    await asyncio.sleep(0)
                    writer.write(self.answer[start : start + self.piece])
                if not self.answer:
                    return
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def listening(answering: Answering) -> AsyncIterator[int]:
    server = await asyncio.start_server(answering, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


def asks(request: bytes = load.request("/", b"{}", {})):
    return repeat(Ask(request, lambda body: None if body == b'{"data": 1}' else "another body"))


@pytest.mark.parametrize("piece", [1, 7, 1_000])
async def test_every_connection_asks_again_when_its_answer_is_whole(piece):
    # Given a server whose answers come in pieces
    answering = Answering(ANSWER, piece)
    async with listening(answering) as port:
        # When it is asked over three connections
        answers = await load.ask_for(port, asks(), 3, 0.3)
    # Then three requests at the most were under way, on connections that were kept, and all are counted
    assert answering.connections == 3
    assert answering.most_at_once == 3
    assert len(answers.latencies) == answering.answered >= 3
    assert all(0 < latency < 0.3 for latency in answers.latencies)
    assert 0.3 <= answers.seconds < 1


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (ANSWER.replace(b"200 OK", b"503 No"), "answered: b'HTTP/1.1 503"),
        (ANSWER.replace(b": 1}", b": 2}"), "another body"),
        (ANSWER.replace(b"Content-Length: 11\r\n", b""), "answered"),
        (b"", "the connection was closed"),
    ],
)
async def test_an_answer_that_is_not_right_ends_it(answer, why):
    async with listening(Answering(answer)) as port:
        with pytest.raises(WrongAnswer, match=why):
            await load.ask_for(port, asks(), 2, 5)


async def test_one_answer_is_read_whole():
    async with listening(Answering(ANSWER, 5)) as port:
        assert await load.ask_once(port, load.request("/", b"{}", {})) == b'{"data": 1}'
