"""`jejak status`: for people, and for monitoring that reads its exit code."""

import json

from tests.cli.process import until


def test_beside_a_running_up_all_is_well(shell, an_up):
    data = an_up.prepared.data
    until(lambda: shell.run("status", "--data", data).code == 0, "the worker has told of itself", 20)
    said = shell.well("status", "--data", data)
    assert "alive" in said
    assert f":{an_up.process.pid}" in said
    assert [
        name for name in ("relay", "completion", "snapshot", "ladder", "forgetting") if name not in said
    ] == []
    told = json.loads(shell.well("status", "--json", "--data", data))
    assert told["healthy"]
    assert told["troubles"] == []
    assert told["queueLength"] >= 0
    assert [worker["pid"] for worker in told["workers"]] == [an_up.process.pid]


def test_without_a_worker_it_says_so_in_one_line_and_ends_with_1(shell, prepared):
    ended = shell.run("status", "--json", "--data", prepared.data)
    assert ended.code == 1
    # What happened when the folder was prepared may have waited for a while by now.
    assert ended.err.startswith("Error: no worker lives; start one: jejak worker")
    assert ended.err.count("\n") == 1
    assert json.loads(ended.out)["troubles"][0] == "NO_WORKER"


def test_valkey_out_of_reach_is_said_and_no_error(shell, prepared):
    ended = shell.run("status", "--data", prepared.data, REDIS_URL="redis://127.0.0.1:1")
    assert ended.code == 1
    assert "Valkey is out of reach" in ended.out
    assert "Valkey is out of reach" in ended.err
    assert ended.err.count("\n") == 1


def test_where_nothing_is_it_says_what_to_do(shell):
    assert shell.refused("status").endswith("does not exist yet; run: jejak up\n")
    assert not (shell.folder / "jejak-data").exists()


def test_a_database_without_migrations_is_refused(shell, blank_url, redis_url):
    said = shell.refused("status", DATABASE_URL=blank_url, REDIS_URL=redis_url)
    assert said.endswith("run: jejak migrate\n")
