"""`jejak doctor`: a line for everything, and an exit code that scripts can read."""

import re


def test_all_is_well_also_beside_a_running_up(shell, an_up):
    said = shell.well("doctor", "--data", an_up.prepared.data).splitlines()
    assert [line.split()[:2] for line in said] == [
        ["ok", "jejak"],
        ["ok", "database"],
        ["ok", "migrations"],
        ["ok", "valkey"],
    ]
    assert re.search(r"PostgreSQL \d+\.\d+ \(embedded\)", said[1])
    assert re.search(r"Valkey \d+\.\d+\.\d+ \(embedded\)", said[3])


def test_servers_out_of_reach_are_named_both(shell):
    ended = shell.run(
        "doctor", DATABASE_URL="postgresql://127.0.0.1:1/jejak", REDIS_URL="redis://127.0.0.1:1"
    )
    assert ended.code == 1
    [well, database, valkey] = ended.out.splitlines()
    assert well.startswith("ok   jejak")
    assert database.startswith("BAD  database   cannot reach the database")
    assert valkey.startswith("BAD  valkey     cannot be reached")
    assert valkey.endswith("(REDIS_URL)")
    assert ended.err == "Error: not everything is well; the lines marked BAD say what to do\n"
