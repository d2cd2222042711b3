"""The limit: the same JSON from one hand-written statement, through asyncpg and Litestar as bytes.

No token is looked at and no request counted; the viewer's paths are given at the start. The pool does not clean up after
a single statement, since there is nothing to clean.
"""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import orjson
import uvicorn
import uvloop
from litestar import Litestar, Request, post
from litestar.response import Response

from benchmarks import limit_sql, limit_writes

HttpRequest = Request[Any, Any, Any]
POOL = 10  # connections, as many as the service has
_TAKES = {
    "nested": (limit_sql.NESTED, ()),
    "flat": (limit_sql.FLAT, ("unit", "statuses")),
    "completion": (limit_sql.COMPLETION, ("unit",)),
    "one": (limit_sql.ONE, ("task",)),
}


def app(database_url: str, viewer: limit_writes.Viewer) -> Litestar:
    @asynccontextmanager
    async def pooled(on: Litestar) -> AsyncIterator[None]:
        async with asyncpg.create_pool(
            database_url,
            min_size=1,
            max_size=POOL,
            init=_as_bytes,
            reset=_nothing,
            # What is planned once is not planned again, however little a plan for the values at hand would cost.
            server_settings={"timezone": "UTC", "jit": "off", "plan_cache_mode": "force_generic_plan"},
        ) as pool:
            on.state.pool = pool
            yield

    @post("/{name:str}", status_code=200)
    async def read(name: str, request: HttpRequest) -> Response[bytes]:
        statement, takes = _TAKES[name]
        given = orjson.loads(await request.body())
        async with request.app.state.pool.acquire() as connection:
            body = await connection.fetchval(statement, viewer.paths, *(given[key] for key in takes))
        return Response(body, media_type="application/json")

    @post("/capture", status_code=200)
    async def capture(request: HttpRequest) -> Response[bytes]:
        given = orjson.loads(await request.body())
        async with request.app.state.pool.acquire() as connection:
            body = await limit_writes.capture(connection, viewer, given)
        return Response(body, media_type="application/json")

    @post("/update", status_code=200)
    async def update(request: HttpRequest) -> Response[bytes]:
        given = orjson.loads(await request.body())
        async with request.app.state.pool.acquire() as connection:
            body = await limit_writes.report_progress(connection, viewer, given)
        return Response(body, media_type="application/json")

    return Litestar([read, capture, update], lifespan=[pooled], openapi_config=None, logging_config=None)


async def _as_bytes(connection: asyncpg.Connection) -> None:
    """JSON is handed on as PostgreSQL has written it."""
    await connection.set_type_codec(
        "json", schema="pg_catalog", encoder=str.encode, decoder=lambda value: value, format="binary"
    )


async def _nothing(_: asyncpg.Connection) -> None:
    return None


async def serve(database_url: str, viewer: limit_writes.Viewer) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        config = uvicorn.Config(
            app(database_url, viewer),
            log_config=None,
            access_log=False,
            lifespan="on",
            http="httptools",
            server_header=False,
        )
        # Whoever asks from now on is heard as soon as the pool is there.
        print(f"The limit is up at http://127.0.0.1:{taken.getsockname()[1]}", flush=True)  # noqa: T201
        await uvicorn.Server(config).serve(sockets=[taken])


if __name__ == "__main__":
    url, told = sys.argv[1:]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(url, limit_writes.Viewer(**orjson.loads(told))))
